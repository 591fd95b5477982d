/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/orgkeys.h - the organisation's keys that a store holds; protocol/handoff.md 1. They stand
 * in the sealed database, oldest first; the newest is the one that is shown.
 */
#ifndef MIR_ORGKEYS_H
#define MIR_ORGKEYS_H

#include "orgkey.h"
#include "store.h"

/* Holds secrets: an arena of its own, whose memory is wiped, or one that the caller ends soon. */
struct mir_org_held {
    struct mir_org_key key;
    struct mir_org_secret secret;
};

/* All that are held, in arena. */
mirsal_code mir_org_keys_held(struct mir_org_held **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The newest; made where there is none. In a transaction of its own. NOT_ALLOWED. */
mirsal_code mir_org_key_need(struct mir_org_held *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Keeps one made elsewhere (the clear text of its file). NOT_AUTHENTIC, NOT_ALLOWED: of another
 * team. *out lives in arena. */
mirsal_code mir_org_key_take(struct mir_org_held *out,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes secret,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
