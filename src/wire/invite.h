/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/invite.h - the invite string mirsal1…; protocol/control.md 4.
 */
#ifndef MIR_INVITE_H
#define MIR_INVITE_H

#include "statement.h"

#define MIR_INVITE_PREFIX     "mirsal1"
#define MIR_INVITE_PROOFS_MAX 16u
#define MIR_INVITE_EPOCHS_MAX 16u

struct mir_invite_string {
    mirsal_hash team;
    struct mir_bytes changesets[MIR_INVITE_PROOFS_MAX]; /* lone forms, the invite last */
    uint32_t changeset_count;
    uint8_t secret[32];     /* Ed25519 seed */
    struct mir_bytes label; /* size 0: nil */
    struct mir_bytes relay_url;
    int has_relay;
    mirsal_hash relay_identity;
    uint32_t relay_serial;
    struct mir_epoch_public epochs[MIR_INVITE_EPOCHS_MAX];
    uint32_t epoch_count;
    uint8_t role;
    int protected_;
    int in_person;
};

/* Appends the string. LIMIT. */
mirsal_code mir_invite_write(struct mir_buf *out,
    const struct mir_invite_string *invite,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Blanks around the string are ignored; bytes live in arena. MALFORMED, LIMIT, VERSION. */
mirsal_code mir_invite_read(struct mir_invite_string *out,
    struct mir_arena *arena,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
