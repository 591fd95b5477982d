/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/members.h - the control changesets held, as the model's facts, and what follows from them;
 * protocol/control.md 5 and 6. Shared by replica and relay log.
 */
#ifndef MIR_MEMBERS_H
#define MIR_MEMBERS_H

#include "membership.h"
#include "sql.h"

struct mir_store;

/* One evaluation; membership borrows the facts. */
struct mir_members {
    const mirsal_env *env;
    struct mir_arena arena;
    struct mir_control *facts;
    size_t count;
    struct mir_membership membership;
    mirsal_hash digest; /* control.md 6.2 */
};

/*
 * Reads every control changeset held and evaluates. Proofs of joins are judged once and kept in
 * join_proof. Runs inside the caller's transaction where one is open. *out is given.
 */
mirsal_code mir_members_load(struct mir_members **out,
    const mirsal_env *env,
    struct mir_sql *sql,
    const mirsal_hash *team,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_members_free(struct mir_members *members); /* accepts NULL */

/* Replaces store->members and store->membership. */
mirsal_code mir_members_refresh(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* This device, where it is a member of at least that role and has not ended; NULL otherwise. */
const struct mir_member *mir_members_self(const struct mir_store *store, enum mir_role least);
/* NOT_ALLOWED where that is NULL. */
mirsal_code mir_members_need(const struct mir_store *store, enum mir_role least, mirsal_error *err)
    MIRSAL_MUST_USE;

/* 1 when this device may read the compartment and is not write-only. */
int mir_members_reads(const struct mir_store *store, uint32_t compartment);
/* 1 when it was another device before: what that one could open, it opens, whoever it is now. */
int mir_members_opens(const struct mir_store *store);

/* control.md 6.3; *has = 0 where main is not read. Either of the others may be NULL. */
mirsal_code mir_store_digest(mirsal_hash *out, int *has, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
