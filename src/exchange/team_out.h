/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/team_out.h - pieces that several answers about a team have.
 */
#ifndef MIR_TEAM_OUT_H
#define MIR_TEAM_OUT_H

#include "store.h"
#include "team.h"

/* "compartments":[…], without a comma's care of what follows. */
mirsal_code mir_compartments_write(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* "relays":[…] and "last_sync" of the newest. */
mirsal_code mir_relays_write(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* "active", "waiting", "frozen", "cut" or "retired"; NULL is a device of which no join is held. */
const char *mir_member_state(const struct mir_member *member);
/* "words" and "words_ar": the device's fingerprint, for two people to compare. */
void mir_words_key_write(struct mir_buf *out,
    const struct mir_store *store,
    const struct mir_member *member);
/*
 * "cuts", "freezes", "could_read", "to_turn": the words on the device that count, and which
 * compartments it held keys of, since when, how much of what is held here, and whether the epoch
 * that writers use is among them.
 */
mirsal_code mir_exposure_write(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_member *member,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The text, or null where it is empty. */
void mir_optional_write(struct mir_buf *out, const char *key, struct mir_bytes text);

#endif
