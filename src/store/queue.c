/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/queue.c - the review queue read; see history.h.
 */
#include "history.h"

#include "fail.h"
#include "projection.h"

#include <string.h>

const char *mir_review_kind_name(enum mir_review_kind kind)
{
    switch (kind) {
#define KIND_NAME(name, number, text, severity)                                                    \
    case MIR_REVIEW_##name:                                                                        \
        return text;
        MIR_REVIEW_KINDS(KIND_NAME)
#undef KIND_NAME
    }
    return "";
}

int mir_review_severity(enum mir_review_kind kind)
{
    switch (kind) {
#define KIND_SEVERITY(name, number, text, severity)                                                \
    case MIR_REVIEW_##name:                                                                        \
        return severity;
        MIR_REVIEW_KINDS(KIND_SEVERITY)
#undef KIND_SEVERITY
    }
    return 0;
}

static int keep_bytes(struct mir_bytes *out, struct mir_arena *arena, struct mir_bytes bytes)
{
    *out = (struct mir_bytes){ NULL, bytes.size };
    if (bytes.size > 0) {
        out->data = mir_arena_copy(arena, bytes.data, bytes.size);
    }
    return bytes.size == 0 || out->data != NULL;
}

static mirsal_code take_item(struct mir_review *item,
    struct mir_arena *arena,
    sqlite3_stmt *find,
    mirsal_error *err)
{
    struct mir_bytes record = mir_sql_column(find, 0);
    if (record.size != sizeof item->record.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a review item of another size");
    }
    memcpy(item->record.bytes, record.data, record.size);
    item->kind = (enum mir_review_kind)mir_sql_column_int(find, 1);
    item->field = (uint32_t)mir_sql_column_int(find, 2);
    if (!keep_bytes(&item->key, arena, mir_sql_column(find, 3)) ||
        !keep_bytes(&item->others, arena, mir_sql_column(find, 4))) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return MIRSAL_OK;
}

mirsal_code mir_review_list(struct mir_review **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    int all,
    mirsal_error *err)
{
    static const char all_text[] =
        "SELECT record, kind, field, key, others, count(*) OVER () FROM review"
        " WHERE kind <= ?2 ORDER BY record, kind, field, key";
    static const char one_text[] =
        "SELECT record, kind, field, key, others, count(*) OVER () FROM review"
        " WHERE record = ?1 AND kind <= ?2 ORDER BY record, kind, field, key";
    sqlite3_stmt *find = NULL;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, record == NULL ? all_text : one_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (record != NULL) {
        mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    }
    mir_sql_bind_int(find, 2, all ? INT32_MAX : MIR_REVIEW_WITHDRAWN);
    for (;;) {
        int there = 0;
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        if (*out == NULL) {
            *out = mir_arena_alloc(arena, (size_t)mir_sql_column_int(find, 5), sizeof **out);
        }
        if (*out == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            break;
        }
        rc = take_item(&(*out)[*count], arena, find, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        (*count)++;
    }
    mir_sql_release(find);
    for (size_t i = 0; rc == MIRSAL_OK && i < *count; i++) {
        rc = mir_read_type(&(*out)[i].type, store, &(*out)[i].record, err);
    }
    return rc;
}
