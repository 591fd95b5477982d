/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/hostparts.c - the queue of a host and its reading calls; see the header.
 */
#include "hostparts.h"

static mirsal_code queue_up(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_host_parts *parts = context;
    struct mir_queued *queued;
    (void)team; /* named again, and the same, at commit */
    mirsal_code rc = mir_queued_make(&queued, parts->env, device, changeset, err);
    if (rc == MIRSAL_OK) {
        *parts->last = queued;
        parts->last = &queued->next;
    }
    return rc;
}

static void discard(void *context)
{
    mir_host_parts_fini(context);
}

static void leave(struct mir_host_parts *parts)
{
    if (parts->leave != NULL) {
        parts->leave(parts);
    }
}

static mirsal_code give_own_heads(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    struct mir_heads *out,
    mirsal_error *err)
{
    struct mir_host_parts *parts = context;
    struct mir_served *served = NULL;
    mirsal_code rc = parts->find(&served, parts, team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_own_heads(served, device, out, err);
        leave(parts);
    }
    return rc;
}

static mirsal_code give_header(void *context,
    const mirsal_hash *team,
    const mirsal_hash *id,
    struct mir_buf *out,
    uint8_t signature[64],
    mirsal_error *err)
{
    struct mir_host_parts *parts = context;
    struct mir_served *served = NULL;
    mirsal_code rc = parts->find(&served, parts, team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_header(served, id, out, signature, err);
        leave(parts);
    }
    return rc;
}

static mirsal_code give_read(void *context,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err)
{
    struct mir_host_parts *parts = context;
    struct mir_served *served = NULL;
    mirsal_code rc = parts->find(&served, parts, query->team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_read(served, query, sink, size, ended, err);
        leave(parts);
    }
    return rc;
}

static mirsal_code give_heads(void *context,
    const mirsal_hash *team,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err)
{
    struct mir_host_parts *parts = context;
    struct mir_served *served = NULL;
    mirsal_code rc = parts->find(&served, parts, team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_heads(served, device, wants, out, size, err);
        leave(parts);
    }
    return rc;
}

static mirsal_code give_holds(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_vector_entry *entry,
    const uint8_t handshake_hash[32],
    int *held,
    mirsal_error *err)
{
    struct mir_host_parts *parts = context;
    struct mir_served *served = NULL;
    mirsal_code rc = parts->find(&served, parts, team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_holds(served, device, entry, handshake_hash, held, err);
        leave(parts);
    }
    return rc;
}

void mir_host_parts_fini(struct mir_host_parts *parts)
{
    mir_queued_free(parts->env, parts->first);
    parts->first = NULL;
    parts->last = &parts->first;
}

void mir_host_parts_fill(struct mir_sync_host *host, struct mir_host_parts *parts)
{
    parts->first = NULL;
    parts->last = &parts->first;
    host->context = parts;
    host->put = queue_up;
    host->discard = discard;
    host->own_heads = give_own_heads;
    host->header = give_header;
    host->read = give_read;
    host->heads = give_heads;
    host->holds = give_holds;
}
