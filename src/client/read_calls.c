/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/read_calls.c - records shown, listed, searched and counted; queries of others.
 *
 * What other handles committed is seen from the call on. Nothing here writes.
 */
#include "answers.h"
#include "edit.h"
#include "env.h"
#include "fail.h"
#include "handle.h"
#include "query.h"
#include "reach.h"
#include "shadow.h"

#include <mirsal/record.h>
#include <mirsal/team.h>
#include <string.h>

#define UUID_DIGITS 32u

static mirsal_code show(struct mir_buf *reply,
    struct mir_store *store,
    const char *record,
    int history,
    mirsal_error *err)
{
    mirsal_id id;
    mirsal_code rc = mir_record_named(&id, store, 0, record, err);
    return rc == MIRSAL_OK ? mir_answer_show(reply, store, &id, history, err) : rc;
}

/* What is not found may stand in quarantine. */
mirsal_code mirsal_show(mirsal_text *out,
    mirsal_store *store,
    const char *record,
    int history,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_error why = { 0 };
    int any = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = show(&reply, store->store, record, history, &why);
        if (rc == MIRSAL_NOT_FOUND && mir_shadow_begin(&any, store->store, NULL) == MIRSAL_OK &&
            any) {
            mir_buf_reset(&reply);
            rc = show(&reply, store->store, record, history, &why);
            mir_shadow_end(store->store);
        }
        if (rc != MIRSAL_OK && err != NULL) {
            *err = why;
        }
    }
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_list(mirsal_store *store,
    const mirsal_list_options *options,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    const struct mir_answer_list list = { .type = options->type,
        .where = options->where,
        .since = options->since,
        .until = options->until,
        .bbox = options->bbox,
        .near_ = options->near_,
        .limit = options->limit,
        .sort = options->sort,
        .all = options->all };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK && options->type == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a list without a type");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_refresh(store->store, err);
    }
    return rc == MIRSAL_OK ? mir_answer_list(store->store, &list, line, context, err) : rc;
}

mirsal_code mirsal_search(mirsal_store *store,
    const char *text,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_refresh(store->store, err);
    return rc == MIRSAL_OK ? mir_answer_search(store->store, text, line, context, err) : rc;
}

mirsal_code mirsal_changes(mirsal_store *store,
    const char *since,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_refresh(store->store, err);
    return rc == MIRSAL_OK ? mir_answer_changes(store->store, since, line, context, err) : rc;
}

mirsal_code mirsal_conflicts(mirsal_store *store,
    int all,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_refresh(store->store, err);
    return rc == MIRSAL_OK ? mir_answer_conflicts(store->store, NULL, all, line, context, err) : rc;
}

/* A record, or a changeset: *changeset is 0 for a record. A prefix names the one that begins so. */
static mirsal_code find_logged(mirsal_id *id,
    int64_t *changeset,
    mirsal_store *store,
    const char *text,
    mirsal_error *err)
{
    mirsal_error why = { 0 };
    mirsal_code of_changeset = mir_reach_named(changeset, NULL, store->store, text, err);
    if (of_changeset != MIRSAL_OK && of_changeset != MIRSAL_AMBIGUOUS_ID) {
        return of_changeset;
    }
    mirsal_code rc = mir_record_named(id, store->store, 0, text, &why);
    if (rc == MIRSAL_NOT_FOUND && (*changeset != 0 || of_changeset != MIRSAL_OK)) {
        return of_changeset;
    }
    if (rc == MIRSAL_OK && strlen(text) < UUID_DIGITS && *changeset != 0) {
        return mir_fail(err, MIRSAL_AMBIGUOUS_ID, "a record and a changeset begin like this");
    }
    if (rc != MIRSAL_OK && err != NULL) {
        *err = why;
    }
    *changeset = 0;
    return rc;
}

mirsal_code mirsal_log(mirsal_store *store,
    const char *record,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_id id;
    int64_t changeset = 0;
    mirsal_code rc = mir_store_refresh(store->store, err);
    if (rc == MIRSAL_OK && record != NULL) {
        rc = find_logged(&id, &changeset, store, record, err);
    }
    if (rc == MIRSAL_OK && changeset != 0) {
        return mir_answer_log_changeset(store->store, changeset, line, context, err);
    }
    const mirsal_id *of = record != NULL ? &id : NULL;
    return rc == MIRSAL_OK ? mir_answer_log(store->store, of, line, context, err) : rc;
}

mirsal_code mirsal_tally(mirsal_text *out,
    mirsal_store *store,
    const mirsal_tally_options *options,
    mirsal_error *err)
{
    const struct mir_answer_tally tally = { .by = options->by,
        .since = options->since,
        .until = options->until,
        .where = options->where,
        .grading = options->grading };
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_read_begin(store->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_tally(&reply, store->store, &tally, err);
        mir_store_read_end(store->store);
    }
    return mir_reply_end(out, &reply, rc, err);
}

struct mirsal_query {
    const mirsal_env *env;
    struct mir_query *query;
};

mirsal_code mirsal_query_open(mirsal_query **out,
    mirsal_store *store,
    const char *sql,
    mirsal_error *err)
{
    *out = NULL;
    mirsal_code rc = mir_store_refresh(store->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mirsal_query *query = mir_alloc(&store->env, sizeof *query);
    if (query == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a query");
    }
    query->env = &store->env;
    rc = mir_query_open(&query->query, store->store, sql, err);
    if (rc != MIRSAL_OK) {
        mirsal_query_close(query);
        return rc;
    }
    *out = query;
    return MIRSAL_OK;
}

mirsal_code mirsal_query_bind(mirsal_query *query, int at, const char *text, mirsal_error *err)
{
    return mir_query_bind(query->query, at, text, err);
}

mirsal_code mirsal_query_step(int *row, mirsal_query *query, mirsal_error *err)
{
    return mir_query_step(row, query->query, err);
}

int mirsal_query_columns(const mirsal_query *query)
{
    return mir_query_columns(query->query);
}

const char *mirsal_query_name(const mirsal_query *query, int column)
{
    return mir_query_name(query->query, column);
}

const char *mirsal_query_text(const mirsal_query *query, int column)
{
    return mir_query_text(query->query, column);
}

int64_t mirsal_query_int(const mirsal_query *query, int column)
{
    return mir_query_int(query->query, column);
}

void mirsal_query_close(mirsal_query *query)
{
    if (query != NULL) {
        mir_query_close(query->query);
        mir_release(query->env, query, sizeof *query);
    }
}
