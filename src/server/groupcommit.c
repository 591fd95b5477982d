/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/groupcommit.c - group commit: many connections' changesets in one durable transaction.
 */
#include "env.h"
#include "fail.h"
#include "teamlog.h"
#include <string.h>

static mirsal_code append(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    void *log,
    const struct mir_queued *item,
    mirsal_error *err)
{
    return mir_relay_log_append(taken, arrival, reject, log,
        item->has_sender ? &item->sender : NULL, &item->changeset, err);
}

/* One transaction over all batches taken. *stored counts changesets newly held. */
static mirsal_code store_group(uint64_t *stored,
    struct mir_team *team,
    struct batch *first,
    mirsal_error *err)
{
    const struct mir_relay_keys *keys = team->owner->options.keys;
    mirsal_hash identity;
    memcpy(identity.bytes, keys->identity.bytes, sizeof(identity.bytes));
    mirsal_code rc = mir_relay_log_begin(team->log, err);
    for (struct batch *batch = first; batch != NULL && rc == MIRSAL_OK; batch = batch->next) {
        rc = mir_queued_store(batch->outcome, batch->list, append, team->log, err);
        *stored += batch->outcome->stored;
    }
    if (rc == MIRSAL_OK && *stored > 0) {
        rc = mir_relay_log_checkpoint(team->log, &identity, &keys->secret, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_commit(team->log, err);
    }
    if (rc != MIRSAL_OK) {
        mir_relay_log_rollback(team->log);
    }
    return rc;
}

static void reset_outcome(struct mir_sync_outcome *outcome)
{
    mir_buf_reset(&outcome->rejects);
    mir_buf_reset(&outcome->ranges);
    outcome->stored = 0;
}

/* Called with the lock held, gives it up while storing. */
static void lead(struct mir_team *team)
{
    struct batch *first = team->waiting;
    mirsal_error err = { 0 };
    uint64_t stored = 0;
    team->waiting = NULL;
    team->last = &team->waiting;
    team->leading = 1;
    pthread_mutex_unlock(&team->lock);
    mirsal_code rc = store_group(&stored, team, first, &err);
    pthread_mutex_lock(&team->lock);
    team->leading = 0;
    if (rc == MIRSAL_OK && stored > 0) {
        team->totals.changesets += stored;
        team->totals.commits++;
    }
    for (struct batch *batch = first; batch != NULL; batch = batch->next) {
        if (rc != MIRSAL_OK) {
            reset_outcome(batch->outcome);
        }
        batch->rc = rc;
        batch->err = err;
        batch->done = 1;
    }
    pthread_cond_broadcast(&team->changed);
}

mirsal_code mir_team_commit(struct mir_team *team,
    const struct mir_queued *list,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct batch batch = { .list = list, .outcome = outcome };
    pthread_mutex_lock(&team->lock);
    *team->last = &batch;
    team->last = &batch.next;
    while (!batch.done) {
        if (team->leading) {
            pthread_cond_wait(&team->changed, &team->lock);
        } else {
            lead(team);
        }
    }
    pthread_mutex_unlock(&team->lock);
    if (batch.rc != MIRSAL_OK) {
        if (err != NULL) {
            *err = batch.err;
        }
        return batch.rc;
    }
    const struct mir_teams_options *options = &team->owner->options;
    if (outcome->stored > 0 && options->on_commit != NULL) {
        options->on_commit(options->on_commit_context, &team->id);
    }
    return MIRSAL_OK;
}
