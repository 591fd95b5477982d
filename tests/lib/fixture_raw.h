/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_raw.h - one half of a conversation by hand: any frames in a good carriage.
 */
#ifndef FIXTURE_RAW_H
#define FIXTURE_RAW_H

#include "carriage.h"
#include "fixture_drive.h"

struct fixture_raw {
    const mirsal_env *env;
    struct mir_noise_handshake handshake;
    struct mir_noise_transport transport;
    int has_transport;
    uint8_t session[MIR_SESSION_SIZE];
};

void fixture_raw_init(struct fixture_raw *raw, const mirsal_env *env);

/* A client: the request into out, replaced; and the frames of its answer into clear, replaced. */
void fixture_raw_first(struct fixture_raw *raw,
    struct mir_buf *out,
    const struct fixture_replica *device,
    struct mir_bytes frames);
void fixture_raw_later(struct fixture_raw *raw,
    struct mir_buf *out,
    uint32_t counter,
    struct mir_bytes frames);
void fixture_raw_answer(struct fixture_raw *raw, struct mir_buf *clear, const struct mir_buf *body);
/* Kind of the n-th frame in clear; NONE when there are fewer. payload may be NULL. */
enum mir_frame_kind fixture_raw_frame(const struct mir_buf *clear,
    uint32_t index,
    struct mir_bytes *payload);

/* A relay: reads a first request, then answers with these frames. */
void fixture_raw_accept(struct fixture_raw *raw,
    const struct mir_buf *request,
    const struct fixture_replica *relay);
void fixture_raw_reply(struct fixture_raw *raw, struct mir_buf *out, struct mir_bytes frames);

#endif
