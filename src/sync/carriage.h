/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/carriage.h - HTTP bodies around Noise messages: framing, padding; protocol/sync.md 1.
 */
#ifndef MIR_CARRIAGE_H
#define MIR_CARRIAGE_H

#include "mir_limits.h"
#include "noise.h"
#include "reader.h"

#define MIR_CARRIAGE_FIRST    1u /* first byte of the first request of a session */
#define MIR_CARRIAGE_LATER    2u
#define MIR_SESSION_SIZE      16u
/* Clear bytes of one transport message. */
#define MIR_MESSAGE_CLEAR_MAX (MIR_NOISE_MESSAGE_MAX - MIR_NOISE_TAG_SIZE)

#define MIR_PROLOGUE_SIZE 48u
void mir_prologue(uint8_t out[MIR_PROLOGUE_SIZE], const mirsal_hash *identity);

/* Finds messages in a body that comes in pieces: (u16 size ‖ message)… u16 0 ‖ zeros. */
struct mir_unpacker {
    struct mir_buf message;
    uint32_t wanted; /* size of the message being gathered */
    uint32_t size_bytes;
    uint32_t size; /* the bytes of it read so far, as a number */
    int ended;     /* the u16 0 was read */
};
void mir_unpacker_init(struct mir_unpacker *unpacker, const mirsal_env *env);
void mir_unpacker_fini(struct mir_unpacker *unpacker); /* accepts a zeroed struct */
/* For the next body. */
void mir_unpacker_restart(struct mir_unpacker *unpacker);
/*
 * Takes from input up to the end of the next message; message is borrowed until the next call,
 * its data NULL when input is used up first. MALFORMED for other than zeros after the end.
 */
mirsal_code mir_unpacker_next(struct mir_unpacker *unpacker,
    struct mir_reader *input,
    struct mir_bytes *message,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Takes the rest of input, which must be zeros. MALFORMED. */
mirsal_code mir_padding_check(struct mir_reader *input, mirsal_error *err) MIRSAL_MUST_USE;

/* Seals clear into messages and appends them with their sizes. */
mirsal_code mir_carriage_seal(struct mir_buf *out,
    struct mir_noise_transport *transport,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Bytes on the wire of so many clear bytes sealed so. */
uint64_t mir_carriage_sealed_size(uint64_t clear);
/* Appends zeros so that before + the size of out is a multiple of HTTP_PAD. */
void mir_carriage_pad(struct mir_buf *out, uint64_t before);
uint64_t mir_carriage_padded(uint64_t size);

#endif
