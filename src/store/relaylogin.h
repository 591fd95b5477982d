/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relaylogin.h - the inside of a relay's log, shared by the relay*.c files alone.
 */
#ifndef MIR_RELAYLOGIN_H
#define MIR_RELAYLOGIN_H

#include "chains.h"
#include "entrance.h"
#include "members.h"
#include "relaylog.h"

struct mir_relay_log {
    const mirsal_env *env;
    struct mir_sql *sql;
    struct mir_served served; /* its team, what was evaluated, an arena for one changeset */
    struct mir_relay_quota quota;
    int wipe; /* pages or WAL may hold something of what was purged */
};

/* relaytree.c: the arrival log as a tree, its full subtrees kept by (level, place). */
mirsal_code mir_relay_tree_append(struct mir_relay_log *log,
    uint64_t arrival,
    const mirsal_hash *id,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What an append of that id wrote stands as it was written, given that all before it does. */
mirsal_code mir_relay_tree_check(struct mir_relay_log *log,
    uint64_t arrival,
    const mirsal_hash *id,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * relaypurge.c: drops what is due, inside the write transaction; wipes pages and WAL after it, or
 * another time.
 */
mirsal_code mir_relay_purge(struct mir_relay_log *log, mirsal_error *err) MIRSAL_MUST_USE;
void mir_relay_wipe(struct mir_relay_log *log);
/* A residue: refused unless it is named; kept where its changeset is held (row->no not 0). */
mirsal_code mir_relay_take_residue(int *taken,
    struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* REJECT 7 for a body that comes too late. */
mirsal_code mir_relay_judge_purged(struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Bytes newly stored so far, by device number; 0: of the whole team. */
mirsal_code mir_relay_usage(uint64_t *out,
    struct mir_relay_log *log,
    int64_t device,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
