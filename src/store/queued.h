/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/queued.h - changesets on their way into a host's set (sync/peer.h: put, commit, discard):
 * copies in a list, and what became of them.
 */
#ifndef MIR_QUEUED_H
#define MIR_QUEUED_H

#include "changeset.h"
#include "peer.h"

/* One allocation, the bytes behind the struct. */
struct mir_queued {
    struct mir_queued *next;
    size_t size; /* of this allocation */
    int has_sender;
    mirsal_hash sender;
    struct mir_changeset changeset;
};
mirsal_code mir_queued_make(struct mir_queued **out,
    const mirsal_env *env,
    const mirsal_hash *sender,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_queued_free(const mirsal_env *env, struct mir_queued *list);

/* As mir_relay_log_append. */
typedef mirsal_code (*mir_queued_append)(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    void *set,
    const struct mir_queued *item,
    mirsal_error *err);
/*
 * Appends a list in order, within the caller's transaction, and adds to the outcome. After a reject
 * the later items of that chain are left out, but for a fork.
 */
mirsal_code mir_queued_store(struct mir_sync_outcome *outcome,
    const struct mir_queued *list,
    mir_queued_append append,
    void *set,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
