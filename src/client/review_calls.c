/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/review_calls.c - settling a register and judging a figure: each in a transaction of its
 * own, answered with the record and the changeset.
 */
#include "edit.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"

#include <mirsal/record.h>
#include <string.h>

static mirsal_code write_settled(mirsal_text *out,
    const mirsal_store *store,
    const mirsal_id *id,
    const mirsal_commit_result *result,
    mirsal_error *err)
{
    struct mir_buf reply;
    mir_buf_init(&reply, &store->env, MIR_REPLY_SIZE_MAX);
    mir_json_open(&reply, '{');
    mir_json_key(&reply, "id");
    mir_json_uuid(&reply, id);
    mir_json_key(&reply, "changeset");
    if (result->changesets > 0) {
        mir_json_hash(&reply, &result->changeset);
    } else {
        mir_json_null(&reply);
    }
    mir_json_close(&reply, '}');
    return mir_reply_end(out, &reply, MIRSAL_OK, err);
}

static mirsal_code finish(mirsal_text *out,
    mirsal_store *store,
    const mirsal_id *id,
    mirsal_code rc,
    mirsal_error *err)
{
    mirsal_commit_result result;
    if (rc != MIRSAL_OK) {
        mirsal_rollback(store);
        return rc;
    }
    rc = mirsal_commit(&result, store, err);
    return rc == MIRSAL_OK ? write_settled(out, store, id, &result, err) : rc;
}

mirsal_code mirsal_resolve(mirsal_text *out,
    mirsal_store *store,
    const char *record,
    const char *field,
    uint32_t pick,
    const char *value,
    const char *reason,
    mirsal_error *err)
{
    const struct mir_resolve resolve = {
        .record = record, .field = field, .pick = pick, .value = value, .reason = reason
    };
    mirsal_id id = { { 0 } };
    *out = (mirsal_text){ 0 };
    mirsal_code rc = mirsal_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_record_resolve(&id, store->txn, store->store, &resolve, err);
    return finish(out, store, &id, rc, err);
}

mirsal_code mirsal_assess(mirsal_text *out,
    mirsal_store *store,
    const mirsal_assess_options *options,
    mirsal_error *err)
{
    const struct mir_assess assess = { .record = options->record,
        .field = options->field,
        .value = options->value,
        .min = options->min,
        .max = options->max,
        .best = options->best,
        .rejects = options->rejects,
        .reject_count = options->rejects_count,
        .reason = options->reason };
    mirsal_id id = { { 0 } };
    *out = (mirsal_text){ 0 };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK) {
        rc = mirsal_begin(store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_record_assess(&id, store->txn, store->store, &assess, err);
    return finish(out, store, &id, rc, err);
}
