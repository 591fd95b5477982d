/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/hostparts.h - what every host (sync/peer.h) over tables of chains has in common: the queue
 * of what came, and the reading calls, each on the set of the team that is named.
 *
 * A struct mir_host_parts is the first member of an adapter's context.
 */
#ifndef MIR_HOSTPARTS_H
#define MIR_HOSTPARTS_H

#include "queued.h"
#include "served.h"

struct mir_host_parts {
    const mirsal_env *env;
    /* The set of a team, borrowed until the next call; NOT_FOUND. */
    mirsal_code (*find)(struct mir_served **out,
        struct mir_host_parts *parts,
        const mirsal_hash *team,
        mirsal_error *err);
    /* What was found is not used any more. May be NULL. */
    void (*leave)(struct mir_host_parts *parts);
    struct mir_queued *first;
    struct mir_queued **last;
};

/*
 * Sets context, put, discard, own_heads, header, read, heads and holds; the adapter env, find and
 * leave.
 */
void mir_host_parts_fill(struct mir_sync_host *host, struct mir_host_parts *parts);
/* Empties the queue. */
void mir_host_parts_fini(struct mir_host_parts *parts);

#endif
