/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/check_calls.c - the state of a store, and whether it is whole.
 */
#include "answers.h"
#include "env.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "members.h"
#include "rebuild.h"
#include "verify.h"

#include <string.h>

mirsal_code mirsal_status(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_answer_status(&reply, store->store, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}

static int is_zero(const mirsal_hash *hash)
{
    static const mirsal_hash zero;
    return memcmp(hash->bytes, zero.bytes, sizeof zero.bytes) == 0;
}

static void write_problem(struct mir_buf *reply, const mirsal_hash *changeset, const char *text)
{
    mir_json_item(reply);
    mir_json_open(reply, '{');
    mir_json_key(reply, "changeset");
    if (is_zero(changeset)) {
        mir_json_null(reply);
    } else {
        mir_json_hash(reply, changeset);
    }
    mir_json_key(reply, "problem");
    mir_json_text(reply, text);
    mir_json_close(reply, '}');
}

/* unread: why the check itself came to an end, or NULL. */
static void write_verified(struct mir_buf *reply,
    const struct mir_verify_result *result,
    const char *unread)
{
    static const mirsal_hash none;
    const size_t max = sizeof result->problems / sizeof result->problems[0];
    uint64_t count = result->problem_count + (unread != NULL);
    mir_json_open(reply, '{');
    mir_json_key(reply, "ok");
    mir_json_bool(reply, count == 0);
    mir_json_key(reply, "changesets");
    mir_json_uint(reply, result->changesets);
    mir_json_key(reply, "opened");
    mir_json_uint(reply, result->opened);
    mir_json_key(reply, "sealed_only");
    mir_json_uint(reply, result->sealed_only);
    mir_json_key(reply, "headers_only");
    mir_json_uint(reply, result->headers_only);
    mir_json_key(reply, "problem_count");
    mir_json_uint(reply, count);
    mir_json_key(reply, "problems");
    mir_json_open(reply, '[');
    for (size_t i = 0; i < max && i < result->problem_count; i++) {
        write_problem(reply, &result->problems[i].changeset, result->problems[i].text);
    }
    if (unread != NULL) {
        write_problem(reply, &none, unread);
    }
    mir_json_close(reply, ']');
    mir_json_close(reply, '}');
}

/* Damage of the disk is one thing, signed content that does not fit another. */
static mirsal_code judge(const struct mir_verify_result *result, mirsal_error *err)
{
    const size_t max = sizeof result->problems / sizeof result->problems[0];
    for (size_t i = 0; result->damaged_pages == 0 && i < max && i < result->problem_count; i++) {
        if (!is_zero(&result->problems[i].changeset)) {
            return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "%llu problems, the first: %s",
                (unsigned long long)result->problem_count, result->problems[i].text);
        }
    }
    if (result->problem_count > 0) {
        return mir_fail(err, MIRSAL_CORRUPT, "%llu problems, the first: %s",
            (unsigned long long)result->problem_count, result->problems[0].text);
    }
    return MIRSAL_OK;
}

mirsal_code mirsal_verify(mirsal_text *out, mirsal_store *store, int deep, mirsal_error *err)
{
    struct mir_verify_result *result = mir_alloc(&store->env, sizeof *result);
    struct mir_buf reply;
    mirsal_error why = { 0 };
    mir_buf_init(&reply, &store->env, MIR_REPLY_SIZE_MAX);
    *out = (mirsal_text){ 0 };
    if (result == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory to verify");
    }
    mirsal_code found = mir_store_refresh(store->store, &why);
    if (found == MIRSAL_OK) {
        found = mir_verify(result, store->store, deep, &why);
    }
    if (found != MIRSAL_OK && err != NULL) {
        *err = why;
    }
    int unread = found == MIRSAL_CORRUPT || found == MIRSAL_IO;
    mirsal_code rc = found == MIRSAL_OK || unread ? MIRSAL_OK : found;
    if (found == MIRSAL_OK) {
        found = judge(result, err);
    }
    if (rc == MIRSAL_OK) {
        write_verified(&reply, result, unread ? why.message : NULL);
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_release(&store->env, result, sizeof *result);
    return rc == MIRSAL_OK ? found : rc;
}

mirsal_code mirsal_rebuild(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash digest;
    int has = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK && store->txn != NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_alone(store->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_rebuild(store->store, err);
        mir_store_share(store->store);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_digest(&digest, &has, store->store, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "digest");
        if (has) {
            mir_json_hash(&reply, &digest);
        } else {
            mir_json_null(&reply);
        }
        mir_json_close(&reply, '}');
    }
    rc = mir_reply_end(out, &reply, rc, err);
    /* Nothing that was committed changed; the tables only came to be again. */
    mir_handle_forget(store);
    return rc;
}
