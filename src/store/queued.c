/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/queued.c - changesets on their way into a host's set; see the header.
 */
#include "queued.h"

#include "env.h"
#include "fail.h"

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

mirsal_code mir_queued_store(struct mir_sync_outcome *outcome,
    const struct mir_queued *list,
    mir_queued_append append,
    void *set,
    mirsal_error *err)
{
    for (const struct mir_queued *item = list; item != NULL; item = item->next) {
        int taken = 0;
        uint64_t arrival = 0;
        struct mir_reject reject;
        if (chain_stopped(outcome, &item->changeset)) {
            continue;
        }
        memset(&reject, 0, sizeof reject);
        mirsal_code rc = append(&taken, &arrival, &reject, set, item, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (arrival > 0) {
            note_arrival(outcome, arrival);
        }
        if (reject.code != 0) {
            mir_buf_append(&outcome->rejects, &reject, sizeof reject);
        }
    }
    mirsal_code rc = mir_buf_finish(&outcome->rejects, err);
    return rc == MIRSAL_OK ? mir_buf_finish(&outcome->ranges, err) : rc;
}
