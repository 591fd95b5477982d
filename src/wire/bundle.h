/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/bundle.h - what stands in a part of a bundle beside the frames of sync; protocol/bundle.md
 * 2: its signed head, the list of what was purged, the close, and the order of all.
 */
#ifndef MIR_BUNDLE_H
#define MIR_BUNDLE_H

#include "frames.h"
#include "sealedfile.h"

/* Behind the sealed file: tells a part that was cut from one that was changed. */
#define MIR_BUNDLE_MARK      "mirsale1"
#define MIR_BUNDLE_MARK_SIZE 8u

struct mir_bundle_head {
    uint8_t bundle[16]; /* one for all parts */
    uint32_t part;      /* from 1 */
    mirsal_hash team;
    mirsal_hash device; /* who made and signed it */
    uint64_t time_ms;
    uint8_t tag_key[32]; /* of VECTOR's tags, in the place of a handshake hash */
};

struct mir_bundle_close {
    int last;            /* no part follows */
    uint64_t changesets; /* of this part */
    uint64_t media;      /* chunks of this part */
};

/* mac is that of the sealed file whose content begins with this frame. */
void mir_bundle_head_write(struct mir_buf *out,
    const struct mir_bundle_head *head,
    const uint8_t mac[32],
    const struct mir_sign_secret *secret);
/* MALFORMED, VERSION, BAD_SIGNATURE. */
mirsal_code mir_bundle_head_read(struct mir_bundle_head *out,
    struct mir_bytes payload,
    const uint8_t mac[32],
    mirsal_error *err) MIRSAL_MUST_USE;

void mir_bundle_close_write(struct mir_buf *out, const struct mir_bundle_close *close);
mirsal_code mir_bundle_close_read(struct mir_bundle_close *out,
    struct mir_bytes payload,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Ids of changesets whose bodies were destroyed, ascending, each once. */
void mir_purged_write(struct mir_buf *out, const mirsal_hash *ids, uint32_t count);
/* ids live in arena. */
mirsal_code mir_purged_read(mirsal_hash **ids,
    uint32_t *count,
    struct mir_bytes payload,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Where a reader stands in a part. Zeroed: at its beginning. */
struct mir_bundle_order {
    uint8_t step; /* kind of the frame before */
    uint32_t part;
};
/* PROTOCOL for a frame that may not stand here; after BUNDLE the caller sets part. */
mirsal_code mir_bundle_order(struct mir_bundle_order *order,
    enum mir_frame_kind kind,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
