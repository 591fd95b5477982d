/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/groupcommit.c - group commit: many connections' changesets in one durable transaction.
 */
#include "env.h"
#include "fail.h"
#include "teamlog.h"
#include <string.h>

/* Copies bytes to *at, which moves behind them. */
static void keep(struct mir_bytes *bytes, uint8_t **at)
{
    if (bytes->size > 0) {
        memcpy(*at, bytes->data, bytes->size);
    }
    bytes->data = *at;
    *at += bytes->size;
}

mirsal_code mir_queued_make(struct mir_queued **out,
    const mirsal_env *env,
    const mirsal_hash *sender,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    size_t size = sizeof(struct mir_queued) + changeset->header.size + changeset->signature.size +
                  changeset->body.size;
    struct mir_queued *queued = mir_alloc(env, size);
    *out = NULL;
    if (queued == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a changeset of %zu bytes", size);
    }
    uint8_t *bytes = (uint8_t *)(queued + 1);
    queued->size = size;
    queued->has_sender = sender != NULL;
    if (sender != NULL) {
        queued->sender = *sender;
    }
    queued->changeset = *changeset;
    keep(&queued->changeset.header, &bytes);
    keep(&queued->changeset.signature, &bytes);
    keep(&queued->changeset.body, &bytes);
    *out = queued;
    return MIRSAL_OK;
}

void mir_queued_free(const mirsal_env *env, struct mir_queued *list)
{
    while (list != NULL) {
        struct mir_queued *next = list->next;
        mir_release(env, list, list->size);
        list = next;
    }
}

/* Whether an earlier reject of this batch stops the chain (a fork is kept and stops nothing). */
static int chain_stopped(const struct mir_sync_outcome *outcome,
    const struct mir_changeset *changeset)
{
    size_t count = outcome->rejects.size / sizeof(struct mir_reject);
    for (size_t i = 0; i < count; i++) {
        struct mir_reject reject;
        memcpy(&reject, outcome->rejects.data + i * sizeof(reject), sizeof(reject));
        if (reject.code != MIR_REJECT_FORK && reject.compartment == changeset->fields.compartment &&
            memcmp(&reject.device, &changeset->fields.device, sizeof(reject.device)) == 0) {
            return 1;
        }
    }
    return 0;
}

static void note_arrival(struct mir_sync_outcome *outcome, uint64_t arrival)
{
    struct mir_sync_range range = { arrival, arrival };
    outcome->stored++;
    if (outcome->ranges.size >= sizeof(range)) {
        uint8_t *last = outcome->ranges.data + outcome->ranges.size - sizeof(range);
        memcpy(&range, last, sizeof(range));
        if (range.last + 1u == arrival) {
            range.last = arrival;
            memcpy(last, &range, sizeof(range));
            return;
        }
        range.first = range.last = arrival;
    }
    mir_buf_append(&outcome->ranges, &range, sizeof(range));
}

static mirsal_code append_batch(struct mir_team *team, struct batch *batch, mirsal_error *err)
{
    for (const struct mir_queued *item = batch->list; item != NULL; item = item->next) {
        int taken = 0;
        uint64_t arrival = 0;
        struct mir_reject reject;
        if (chain_stopped(batch->outcome, &item->changeset)) {
            continue;
        }
        memset(&reject, 0, sizeof(reject));
        mirsal_code rc = mir_relay_log_append(&taken, &arrival, &reject, team->log,
            item->has_sender ? &item->sender : NULL, &item->changeset, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (arrival > 0) {
            note_arrival(batch->outcome, arrival);
        }
        if (reject.code != 0) {
            mir_buf_append(&batch->outcome->rejects, &reject, sizeof(reject));
        }
    }
    mirsal_code rc = mir_buf_finish(&batch->outcome->rejects, err);
    return rc == MIRSAL_OK ? mir_buf_finish(&batch->outcome->ranges, err) : rc;
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
        rc = append_batch(team, batch, err);
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
