/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/host.h - the responder's view (sync/peer.h) of this relay's logs, for one exchange.
 */
#ifndef MIR_HOST_H
#define MIR_HOST_H

#include "peer.h"
#include "teams.h"

struct mir_host;

struct mir_host_options {
    const mirsal_env *env;
    struct mir_teams *teams;
    const struct mir_relay_keys *keys; /* a copy that stays while the exchange lives */
};

/* *out is given; one thread at a time. */
mirsal_code mir_host_open(struct mir_host **out,
    const struct mir_host_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_host_close(struct mir_host *host); /* accepts NULL */
/* The vtable, borrowed from the host. */
const struct mir_sync_host *mir_host_vtable(struct mir_host *host);

#endif
