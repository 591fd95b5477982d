/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/frames.h - the frames of sync, protocol/sync.md 2: plain structs, their encoding, and the
 * splitter that finds frames in a stream of bytes.
 *
 * A run's payload (changeset.md 8) is opaque here. Decoders refuse whatever does not parse whole,
 * lists that are not in their order, and counts over the limits; nothing is reserved by claimed
 * counts. Bytes in decoded structs are borrowed from the payload unless said otherwise.
 */
#ifndef MIR_FRAMES_H
#define MIR_FRAMES_H

#include "arena.h"
#include "buf.h"
#include "changeset.h"
#include "mir_limits.h"
#include "relay.h"

enum mir_frame_kind {
    MIR_FRAME_NONE = 0, /* of the splitter: no whole frame yet */
    MIR_FRAME_REGISTER = 1,
    MIR_FRAME_HELLO = 2,
    MIR_FRAME_RUN = 3,
    MIR_FRAME_STATE = 4,
    MIR_FRAME_PAGE = 5,
    MIR_FRAME_REJECT = 6,
    MIR_FRAME_HEADERS = 7,
    MIR_FRAME_VECTOR = 8,
    MIR_FRAME_CHECKPOINT = 9,
    MIR_FRAME_END = 10,
    MIR_FRAME_REFUSE = 11,
    /* Of bundles alone (bundle.h). */
    MIR_FRAME_BUNDLE = 16,
    MIR_FRAME_PURGED = 17,
    MIR_FRAME_WORD = 18,
    MIR_FRAME_CLOSE = 19,
};

enum mir_hello_flag {
    MIR_HELLO_VECTOR = 1, /* VECTOR follows */
    MIR_HELLO_JOINS = 2,  /* a new device whose join is in this push */
    MIR_HELLO_SIGN = 4,   /* a signed acknowledgement is wanted */
};

enum mir_state_hint {
    MIR_HINT_FORK = 1,
    MIR_HINT_BEHIND = 2,
    MIR_HINT_CLOCK = 4,
    MIR_HINT_VECTOR = 8,
    MIR_HINT_CHECKPOINT = 16,
    MIR_HINT_WAITING = 32,
    MIR_HINT_QUOTA = 64,
};

enum mir_refuse_code {
    MIR_REFUSE_TEAM = 1,
    MIR_REFUSE_DEVICE = 2,
    MIR_REFUSE_TOKEN = 3,
    MIR_REFUSE_QUOTA = 4,
    MIR_REFUSE_MALFORMED = 5,
    MIR_REFUSE_VERSION = 6,
    MIR_REFUSE_REMOVED = 7,
    MIR_REFUSE_INTERNAL = 8,
};

enum mir_reject_code {
    MIR_REJECT_FORK = 1, /* kept all the same */
    MIR_REJECT_SIGNATURE = 2,
    MIR_REJECT_GAP = 3,
    MIR_REJECT_AUTHORITY = 4,
    MIR_REJECT_ADMISSION = 5, /* not admitted, or quota */
    MIR_REJECT_MALFORMED = 6,
    MIR_REJECT_PURGED = 7,
};

struct mir_cursor {
    uint8_t compartment;
    uint64_t arrival;
};

/* Head of an own chain: the first 8 bytes of its id. */
struct mir_own_head {
    uint8_t compartment;
    uint64_t seq;
    uint8_t id[8];
};

/* About 17 KiB: lives in a session, not on the stack. */
struct mir_hello {
    uint8_t team[16];
    int has_epoch;
    uint8_t store_epoch[8];
    uint32_t cursor_count; /* ascending by compartment */
    struct mir_cursor cursors[MIR_WANTS_MAX];
    int has_checkpoint;
    uint64_t checkpoint_size;
    uint8_t checkpoint_root[16];
    uint32_t head_count; /* ascending by (compartment, seq, id) */
    struct mir_own_head heads[MIR_HEADS_MAX];
    uint32_t want_count; /* ascending, without control */
    uint8_t wants[MIR_WANTS_MAX];
    uint64_t budget;
    uint64_t time_ms;
    uint32_t flags;
};

struct mir_state {
    uint32_t head_count;
    struct mir_own_head heads[MIR_HEADS_MAX];
    uint8_t store_epoch[8];
    int has_checkpoint;
    struct mir_checkpoint checkpoint;
    struct mir_bytes proof; /* 32-byte nodes; data NULL for nil */
    uint64_t time_ms;
    uint32_t hints;
    uint32_t key_serial;
    int has_session;
    uint8_t session[16];
    int has_signed; /* the acknowledgement of `heads`, signed, of a log of that size */
    uint64_t signed_size;
    uint8_t signature[64];
};

struct mir_register_frame {
    struct mir_bytes token;
    struct mir_bytes genesis; /* a lone changeset */
};

struct mir_reject {
    mirsal_hash device;
    uint8_t compartment;
    uint64_t seq; /* the first that was not taken; the rest of its run was not either */
    enum mir_reject_code code;
    char text[MIR_ERROR_TEXT_MAX + 1u]; /* for people; holds no content */
};

struct mir_signed_header {
    struct mir_bytes header;
    const uint8_t *signature; /* 64 bytes */
};

struct mir_headers {
    uint32_t count;
    struct mir_signed_header *items; /* of the arena */
};

struct mir_vector_entry {
    uint32_t device; /* index into devices */
    uint8_t compartment;
    uint64_t seq;
    uint8_t tag[8];
};

struct mir_vector {
    uint32_t device_count;
    mirsal_hash *devices; /* ascending */
    uint32_t entry_count;
    struct mir_vector_entry *entries; /* ascending by (device, compartment, seq, tag) */
};

struct mir_end {
    int more;
    int has_frontier;
    uint8_t frontier[16];
};

struct mir_refuse {
    enum mir_refuse_code code;
    char text[MIR_ERROR_TEXT_MAX + 1u];
};

/* Each appends one whole frame; failure stays in out (mir_buf_finish). */
void mir_frame_write(struct mir_buf *out, enum mir_frame_kind kind, struct mir_bytes payload);
/* As mir_frame_write of a payload gathered in a buffer, whose failure passes on; releases it. */
void mir_frame_finish(struct mir_buf *out, enum mir_frame_kind kind, struct mir_buf *payload);
void mir_register_write(struct mir_buf *out, const struct mir_register_frame *frame);
void mir_hello_write(struct mir_buf *out, const struct mir_hello *frame);
void mir_state_write(struct mir_buf *out, const struct mir_state *frame);
void mir_page_write(struct mir_buf *out, const struct mir_cursor *frame);
void mir_reject_write(struct mir_buf *out, const struct mir_reject *frame);
void mir_headers_write(struct mir_buf *out, const struct mir_headers *frame);
void mir_vector_write(struct mir_buf *out, const struct mir_vector *frame);
/* The vector of a list of heads, which it sorts. Lists live in the arena. LIMIT, NO_MEMORY. */
mirsal_code mir_vector_of(struct mir_vector *out,
    struct mir_heads *heads,
    const uint8_t handshake_hash[32],
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_checkpoint_write(struct mir_buf *out, const struct mir_checkpoint *frame);
void mir_end_write(struct mir_buf *out, const struct mir_end *frame);
void mir_refuse_write(struct mir_buf *out, enum mir_refuse_code code, const char *text);

/* Each decodes one payload. MALFORMED or LIMIT. */
mirsal_code mir_register_read(struct mir_register_frame *out,
    struct mir_bytes payload,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_hello_read(struct mir_hello *out, struct mir_bytes payload, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_state_read(struct mir_state *out, struct mir_bytes payload, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_page_read(struct mir_cursor *out, struct mir_bytes payload, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_reject_read(struct mir_reject *out, struct mir_bytes payload, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_headers_read(struct mir_headers *out,
    struct mir_bytes payload,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_vector_read(struct mir_vector *out,
    struct mir_bytes payload,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_checkpoint_read(struct mir_checkpoint *out,
    struct mir_bytes payload,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_end_read(struct mir_end *out, struct mir_bytes payload, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_refuse_read(struct mir_refuse *out, struct mir_bytes payload, mirsal_error *err)
    MIRSAL_MUST_USE;

struct mir_frame {
    enum mir_frame_kind kind;
    struct mir_bytes payload;
};

/* Bytes in, frames out. Holds at most one frame and what was fed after it. */
struct mir_splitter {
    struct mir_buf pending;
    size_t at;
    int of_bundle;
};
void mir_splitter_init(struct mir_splitter *splitter, const mirsal_env *env);
/* The frames of a bundle: RUN, VECTOR and those of bundles alone; no other kind is known. */
void mir_splitter_init_bundle(struct mir_splitter *splitter, const mirsal_env *env);
void mir_splitter_fini(struct mir_splitter *splitter);
/* Takes a copy; at most NOISE_MESSAGE_MAX bytes at once, after next has given NONE. */
mirsal_code mir_splitter_feed(struct mir_splitter *splitter,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The next whole frame (borrowed until the next call), or NONE. PROTOCOL for an unknown kind,
 * LIMIT for a size over FRAME_SIZE_MAX: both as soon as the frame's head is there. */
mirsal_code mir_splitter_next(struct mir_splitter *splitter,
    struct mir_frame *out,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when no begun frame waits for its rest. */
int mir_splitter_empty(const struct mir_splitter *splitter);

#endif
