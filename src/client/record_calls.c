/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/record_calls.c - transactions, and what is written in them.
 */
#include "edit.h"
#include "fail.h"
#include "handle.h"

#include <mirsal/record.h>
#include <string.h>

mirsal_code mirsal_begin(mirsal_store *store, mirsal_error *err)
{
    if (store->txn != NULL) {
        return mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    return mir_txn_begin(&store->txn, store->store, MIR_TXN_LONE, err);
}

static mirsal_code check_open(const mirsal_store *store, mirsal_error *err)
{
    return store->txn != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_MISUSE, "no transaction is open");
}

mirsal_code mirsal_insert(mirsal_id *out,
    mirsal_store *store,
    const char *json,
    size_t size,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    mirsal_code rc = check_open(store, err);
    return rc == MIRSAL_OK ? mir_record_insert(out, store->txn, store->store, json, size, err) : rc;
}

mirsal_code mirsal_add(mirsal_id *out,
    mirsal_store *store,
    const mirsal_add_options *options,
    mirsal_error *err)
{
    struct mir_add add;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_handle_add(&add, options, err);
    if (rc == MIRSAL_OK) {
        rc = check_open(store, err);
    }
    return rc == MIRSAL_OK ? mir_record_add(out, store->txn, store->store, &add, err) : rc;
}

static void give_edited(mirsal_id *out, int *superseded, const struct mir_edited *edited)
{
    *out = edited->id;
    if (superseded != NULL) {
        *superseded = edited->superseded;
    }
}

mirsal_code mirsal_update(mirsal_id *out,
    int *superseded,
    mirsal_store *store,
    const char *record,
    const char *json,
    size_t size,
    mirsal_error *err)
{
    struct mir_edited edited = { 0 };
    mirsal_code rc = check_open(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_record_update(&edited, store->txn, store->store, record, json, size, err);
    }
    give_edited(out, superseded, &edited);
    return rc;
}

mirsal_code mirsal_edit(mirsal_id *out,
    int *superseded,
    mirsal_store *store,
    const char *record,
    const char *const *assignments,
    size_t count,
    const char *language,
    mirsal_error *err)
{
    struct mir_edited edited = { 0 };
    mirsal_code rc = check_open(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_record_edit(
            &edited, store->txn, store->store, record, assignments, count, language, err);
    }
    give_edited(out, superseded, &edited);
    return rc;
}

mirsal_code mirsal_withdraw(mirsal_id *out,
    mirsal_store *store,
    const char *record,
    const char *reason,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    mirsal_code rc = check_open(store, err);
    if (rc == MIRSAL_OK && reason == NULL) {
        rc = mir_fail_field(err, MIRSAL_USAGE, "reason", "a withdrawal without a reason");
    }
    return rc == MIRSAL_OK ? mir_record_withdraw(out, store->txn, store->store, record, reason, err)
                           : rc;
}

mirsal_code mirsal_commit(mirsal_commit_result *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_txn_result result = { 0 };
    if (out != NULL) {
        memset(out, 0, sizeof *out);
    }
    mirsal_code rc = check_open(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_txn *txn = store->txn;
    store->txn = NULL;
    rc = mir_txn_commit(&result, txn, err);
    if (rc != MIRSAL_OK) {
        mir_handle_forget(store);
        return rc;
    }
    if (out != NULL) {
        out->changesets = result.changesets;
        out->changeset = result.changeset;
    }
    mir_handle_tell(store);
    return MIRSAL_OK;
}

void mirsal_rollback(mirsal_store *store)
{
    mir_txn_rollback(store->txn);
    store->txn = NULL;
    mir_handle_forget(store);
}
