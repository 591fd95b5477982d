/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/merge_calls.c - another store, merged where it lies.
 */
#include "evidence_out.h"
#include "fail.h"
#include "foreign.h"
#include "guest.h"
#include "handle.h"
#include "json_out.h"
#include "merging.h"

#include <mirsal/merge.h>

static void put(struct mir_buf *out, const char *key, uint64_t value)
{
    mir_json_key(out, key);
    mir_json_uint(out, value);
}

static void close_answer(struct mir_buf *out, const struct mir_store *guest, int own_team)
{
    mir_json_key(out, "team_id");
    mir_json_hash(out, &guest->team);
    mir_json_key(out, "own_team");
    mir_json_bool(out, own_team);
    mir_json_close(out, '}');
}

static mirsal_code merge_own(struct mir_buf *reply,
    uint64_t *review,
    mirsal_store *store,
    struct mir_store *guest,
    const mirsal_merge_options *options,
    mirsal_error *err)
{
    const struct mir_merging merging = { options->progress, options->progress_context };
    struct mir_merged merged = { 0 };
    int64_t heard_above = 0;
    size_t evidence = 0;
    mirsal_code rc = mir_evidence_last(&heard_above, store->store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_merge_chains(&merged, store->store, guest, &merging, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    *review = merged.counts.conflicts_opened + merged.counts.quarantined + merged.refused;
    mir_json_open(reply, '{');
    put(reply, "changesets", merged.changesets);
    put(reply, "records", merged.records);
    put(reply, "conflicts_opened", merged.counts.conflicts_opened);
    put(reply, "quarantined", merged.counts.quarantined);
    put(reply, "refused", merged.refused);
    rc = mir_evidence_write(reply, &evidence, store->store, heard_above, err);
    *review += evidence;
    close_answer(reply, guest, 1);
    return rc;
}

static mirsal_code merge_foreign(struct mir_buf *reply,
    uint64_t *review,
    mirsal_store *store,
    struct mir_store *guest,
    const mirsal_merge_options *options,
    mirsal_error *err)
{
    const struct mir_foreign_merging merging = { options->progress, options->progress_context };
    struct mir_import_counts counts = { 0 };
    struct mir_foreign_back back = { 0 };
    mirsal_code rc = mir_foreign_merge(&counts, &back, store->store, guest, &merging, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    *review = counts.conflicts_opened + counts.rejected + back.to_delete;
    mir_json_open(reply, '{');
    put(reply, "changesets", counts.changesets);
    put(reply, "records", counts.added);
    put(reply, "updated", counts.updated);
    put(reply, "unchanged", counts.unchanged);
    put(reply, "withdrawn", back.withdrawn);
    put(reply, "shown_again", back.shown_again);
    put(reply, "to_delete", back.to_delete);
    put(reply, "conflicts_opened", counts.conflicts_opened);
    put(reply, "quarantined", 0);
    put(reply, "refused", counts.rejected);
    close_answer(reply, guest, 0);
    return MIRSAL_OK;
}

static mirsal_code merge(struct mir_buf *reply,
    uint64_t *review,
    mirsal_store *store,
    const mirsal_merge_options *options,
    mirsal_error *err)
{
    const struct mir_store_options other = { .env = &store->env,
        .directory = options->path,
        .passphrase = { (const uint8_t *)options->passphrase, options->passphrase_size } };
    struct mir_store *guest = NULL;
    mirsal_code rc = mir_guest_open(&guest, &other, err);
    if (rc == MIRSAL_OK) {
        rc = mir_hash_equal(&guest->team, &store->store->team)
                 ? merge_own(reply, review, store, guest, options, err)
                 : merge_foreign(reply, review, store, guest, options, err);
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
