/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/teams.h - the teams a relay serves: one log file each, readers shared out, commits in
 * groups.
 *
 * Group commit: batches of many connections wait for one durable transaction. Whoever comes first
 * leads: it takes all batches that wait, stores them, commits once, and wakes their owners. No
 * thread of its own. All functions may be called from any thread.
 */
#ifndef MIR_TEAMS_H
#define MIR_TEAMS_H

#include "files.h"
#include "queued.h"
#include "relaykeys.h"
#include "relaylog.h"

struct mir_teams;
struct mir_team;

struct mir_teams_options {
    const mirsal_env *env;
    const char *folder; /* teams/, made when missing */
    struct mir_relay_quota quota;
    const struct mir_relay_keys *keys; /* borrowed: identity and secret sign checkpoints */
    /* Called after each commit that stored something, in the committing thread. May be NULL. */
    void (*on_commit)(void *context, const mirsal_hash *team);
    void *on_commit_context;
};

mirsal_code mir_teams_open(struct mir_teams **out,
    const struct mir_teams_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_teams_close(struct mir_teams *teams); /* accepts NULL */
/* Before anything is served: logs that were brought here from elsewhere begin anew. */
mirsal_code mir_teams_settle(struct mir_teams *teams, mirsal_error *err) MIRSAL_MUST_USE;

/* By a prefix of the id: NOT_FOUND, AMBIGUOUS_ID. Borrowed while teams is open. */
mirsal_code mir_teams_find(struct mir_team **out,
    struct mir_teams *teams,
    const uint8_t *prefix,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
size_t mir_teams_count(struct mir_teams *teams);
struct mir_team *mir_teams_at(struct mir_teams *teams, size_t index);
/* The team of a genesis; made when it is not there. PEER codes for the genesis. */
mirsal_code mir_teams_register(struct mir_team **out,
    struct mir_teams *teams,
    struct mir_bytes genesis,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Takes the team away and deletes its file; nobody may be using it. */
mirsal_code mir_teams_remove(struct mir_teams *teams, struct mir_team *team, mirsal_error *err)
    MIRSAL_MUST_USE;

const mirsal_hash *mir_team_id(const struct mir_team *team);
const char *mir_team_path(const struct mir_team *team);

/* A log for reading, for this thread alone until it is given back. */
mirsal_code mir_team_borrow(struct mir_relay_log **out, struct mir_team *team, mirsal_error *err)
    MIRSAL_MUST_USE;
void mir_team_give_back(struct mir_team *team, struct mir_relay_log *log); /* accepts NULL */

/* Stores a list, in order, durably, together with what others wait for. Blocks. */
mirsal_code mir_team_commit(struct mir_team *team,
    const struct mir_queued *list,
    struct mir_sync_outcome *outcome,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_team_totals {
    uint64_t changesets; /* stored since the start */
    uint64_t commits;    /* durable transactions that stored them */
};
void mir_teams_totals(struct mir_team_totals *out, struct mir_teams *teams);

#endif
