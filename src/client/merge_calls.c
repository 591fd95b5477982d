/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/merge_calls.c - another store, merged where it lies.
 */
#include "fail.h"
#include "guest.h"
#include "handle.h"
#include "json_out.h"
#include "merging.h"

#include <mirsal/merge.h>

static void write_answer(struct mir_buf *out,
    const struct mir_merged *merged,
    const struct mir_store *guest,
    int own_team)
{
    mir_json_open(out, '{');
    mir_json_key(out, "changesets");
    mir_json_uint(out, merged->changesets);
    mir_json_key(out, "records");
    mir_json_uint(out, merged->records);
    mir_json_key(out, "conflicts_opened");
    mir_json_uint(out, merged->counts.conflicts_opened);
    mir_json_key(out, "quarantined");
    mir_json_uint(out, merged->counts.quarantined);
    mir_json_key(out, "refused");
    mir_json_uint(out, merged->refused);
    mir_json_key(out, "team_id");
    mir_json_hash(out, &guest->team);
    mir_json_key(out, "own_team");
    mir_json_bool(out, own_team);
    mir_json_close(out, '}');
}

static mirsal_code merge(struct mir_buf *reply,
    uint64_t *review,
    mirsal_store *store,
    const mirsal_merge_options *options,
    mirsal_error *err)
{
    const struct mir_merging merging = { options->progress, options->progress_context };
    const struct mir_store_options other = { .env = &store->env,
        .directory = options->path,
        .passphrase = { (const uint8_t *)options->passphrase, options->passphrase_size } };
    struct mir_merged merged = { 0 };
    struct mir_store *guest = NULL;
    mirsal_code rc = mir_guest_open(&guest, &other, err);
    if (rc == MIRSAL_OK && !mir_hash_equal(&guest->team, &store->store->team)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "that store is another team's");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_merge_chains(&merged, store->store, guest, &merging, err);
    }
    if (rc == MIRSAL_OK) {
        *review = merged.counts.conflicts_opened + merged.counts.quarantined + merged.refused;
        write_answer(reply, &merged, guest, 1);
    }
    mir_store_close(guest);
    return rc;
}

mirsal_code mirsal_merge(mirsal_text *out,
    uint64_t *review,
    mirsal_store *store,
    const mirsal_merge_options *options,
    mirsal_error *err)
{
    struct mir_buf reply;
    uint64_t found = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK && (store->txn != NULL || options->path == NULL)) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open, or no path was given");
    }
    if (rc == MIRSAL_OK) {
        rc = merge(&reply, &found, store, options, err);
    }
    if (review != NULL) {
        *review = found;
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
