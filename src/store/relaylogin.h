/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relaylogin.h - the inside of a relay's log, shared by the relay*.c files alone.
 */
#ifndef MIR_RELAYLOGIN_H
#define MIR_RELAYLOGIN_H

#include "chains.h"
#include "members.h"
#include "relaylog.h"

struct mir_relay_log {
    const mirsal_env *env;
    struct mir_sql *sql;
    struct mir_served served; /* its team, what was evaluated, an arena for one changeset */
    struct mir_relay_quota quota;
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

/* Bytes newly stored so far, by device number; 0: of the whole team. */
mirsal_code mir_relay_usage(uint64_t *out,
    struct mir_relay_log *log,
    int64_t device,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
