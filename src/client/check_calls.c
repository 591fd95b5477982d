/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/check_calls.c - the state of a store, and whether it is whole.
 */
#include "answers.h"
#include "env.h"
#include "evidence_out.h"
#include "fail.h"
#include "forkproof.h"
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

/* Evidence, and no damage: chains whose device signed two changesets for one place. */
static mirsal_code write_forks(struct mir_buf *reply, struct mir_store *store, mirsal_error *err)
{
    struct mir_fork *forks = NULL;
    size_t count = 0;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, MIR_REPLY_SIZE_MAX);
    mirsal_code rc = mir_forks(&forks, &count, &arena, store, err);
    mir_json_key(reply, "forks");
    mir_json_open(reply, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        mir_json_item(reply);
        mir_json_open(reply, '{');
        mir_json_key(reply, "device");
        mir_json_hash(reply, &forks[i].device);
        mir_json_key(reply, "compartment");
        mir_json_uint(reply, forks[i].compartment);
        mir_json_key(reply, "seq");
        mir_json_uint(reply, forks[i].seq);
        mir_json_key(reply, "changesets");
        mir_json_open(reply, '[');
        for (int j = 0; j < 2; j++) {
            mir_json_item(reply);
            mir_json_hash(reply, &forks[i].ids[j]);
        }
        mir_json_close(reply, ']');
        mir_json_key(reply, "proven");
        mir_json_bool(reply, forks[i].proven);
        mir_json_close(reply, '}');
    }
    mir_json_close(reply, ']');
    mir_arena_fini(&arena);
    return rc;
}

/* unread: why the check itself came to an end, or NULL. */
static mirsal_code write_verified(struct mir_buf *reply,
    struct mir_store *store,
    const struct mir_verify_result *result,
    const char *unread,
    mirsal_error *err)
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
    mir_json_key(reply, "purged");
    mir_json_uint(reply, result->purged);
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
    mirsal_code rc = unread == NULL ? write_forks(reply, store, err) : MIRSAL_OK;
    if (rc == MIRSAL_OK && unread == NULL) {
        rc = mir_evidence_write(reply, NULL, store, 0, err);
    }
    mir_json_close(reply, '}');
    return rc;
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
        rc = write_verified(&reply, store->store, result, unread ? why.message : NULL, err);
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
