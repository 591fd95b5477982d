/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/merger.h - the reader server: DATA/store, a member of its team, kept in step with the
 * relay's own log.
 *
 * A thread of its own. It syncs like any device, over a pipe in memory in place of HTTP: what the
 * relay may not serve it, it does not get.
 */
#ifndef MIR_MERGER_H
#define MIR_MERGER_H

#include "session.h"
#include "teams.h"

struct mir_merger;

struct mir_merger_options {
    const mirsal_env *env;
    const char *store; /* directory */
    const char *state; /* of its nonce */
    struct mir_bytes passphrase;
    struct mir_teams *teams;
    struct mir_responder *responder;
    const struct mir_relay_keys *(*keys)(void *context); /* those in force */
    void *keys_context;
};

/* NO_STORE when the directory holds none; codes of mir_store_open. */
mirsal_code mir_merger_start(struct mir_merger **out,
    const struct mir_merger_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Something of this team was committed: sync soon. Any thread. */
void mir_merger_wake(struct mir_merger *merger, const mirsal_hash *team);
/* Ends the thread after the round it is in. Accepts NULL. */
void mir_merger_stop(struct mir_merger *merger);

#endif
