/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/hosting.h - a replica as the responder of a sync sees it (sync/peer.h): a device that
 * serves others of its team, protocol/sync.md 10.
 *
 * The hosting is one for a store while it serves; each exchange makes a visit. Exchanges may come
 * from several threads: every call of a visit takes the lock that the options give, and holds it
 * for that call alone. Whoever uses the store meanwhile takes it too.
 */
#ifndef MIR_HOSTING_H
#define MIR_HOSTING_H

#include "peer.h"
#include "store.h"

struct mir_hosting;
struct mir_visit;

struct mir_hosting_options {
    void *lock_context;
    void (*lock)(void *lock_context); /* NULL: one thread */
    void (*unlock)(void *lock_context);
};

/* Draws the Noise key and the store epoch. store is borrowed; *out is given. */
mirsal_code mir_hosting_open(struct mir_hosting **out,
    struct mir_store *store,
    const struct mir_hosting_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After the last visit. Accepts NULL. */
void mir_hosting_close(struct mir_hosting *hosting);
/* Appends the answer of GET /v1/relay. */
void mir_hosting_announce(struct mir_buf *out, const struct mir_hosting *hosting);

/* *out is given; one thread at a time. */
mirsal_code mir_visit_open(struct mir_visit **out, struct mir_hosting *hosting, mirsal_error *err)
    MIRSAL_MUST_USE;
void mir_visit_close(struct mir_visit *visit); /* accepts NULL */
/* The vtable, borrowed from the visit. */
const struct mir_sync_host *mir_visit_host(struct mir_visit *visit);

#endif
