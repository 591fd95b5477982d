/* SPDX-License-Identifier: Apache-2.0 */
/* store/handed.c - handoffs that hold purged records; see the header. */
#include "handed.h"

#include "fail.h"
#include "handoff.h"
#include "msgpack.h"
#include "sql.h"

#include <string.h>

#define ARENA_MAX ((size_t)256 << 20)
#define SHOWN_MAX ((size_t)1 << 30)
#define VALUE_MAX ((size_t)1 << 20)

static int names_record(const struct mir_purge *order, const void *record)
{
    for (size_t i = 0; i < order->record_count; i++) {
        if (memcmp(order->records[i].bytes, record, sizeof order->records[i].bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static int holds_any(const struct mir_handoff_manifest *manifest, const struct mir_purge *order)
{
    for (uint32_t i = 0; i < manifest->record_count; i++) {
        if (names_record(order, manifest->records[i].id.bytes)) {
            return 1;
        }
    }
    return 0;
}

static int copy_names(struct mir_handed *out,
    struct mir_arena *arena,
    const struct mir_handoff_manifest *manifest)
{
    struct mir_bytes *names =
        mir_arena_alloc(arena, (size_t)manifest->recipient_count + 1, sizeof *names);
    for (uint32_t i = 0; names != NULL && i < manifest->recipient_count; i++) {
        struct mir_bytes name = manifest->recipients[i].name;
        names[i] = (struct mir_bytes){ mir_arena_copy(arena, name.data, name.size), name.size };
        if (name.size > 0 && names[i].data == NULL) {
            return 0;
        }
    }
    out->names = names;
    out->name_count = manifest->recipient_count;
    return names != NULL;
}

static mirsal_code count_handoffs(size_t *out, struct mir_store *store, mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, "SELECT count(*) FROM handoff", err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&there, store->sql, find, err);
    }
    *out = rc == MIRSAL_OK && there ? (size_t)mir_sql_column_int(find, 0) : 0;
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_handed_of(struct mir_handed **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *order,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    struct mir_arena reading;
    size_t most = 0;
    int there = 0;
    mir_arena_init(&reading, store->env, ARENA_MAX);
    *count = 0;
    *out = NULL;
    mirsal_code rc = count_handoffs(&most, store, err);
    if (rc == MIRSAL_OK) {
        *out = mir_arena_alloc(arena, most + 1, sizeof **out);
        rc = *out == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(
            &find, store->sql, "SELECT id, made, manifest FROM handoff ORDER BY made, no", err);
    }
    while (rc == MIRSAL_OK && *count < most &&
           (rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK && there) {
        struct mir_handoff_manifest manifest;
        struct mir_handed *handed = &(*out)[*count];
        mir_arena_reset(&reading);
        rc = mir_handoff_manifest_read(&manifest, &reading, mir_sql_column(find, 2), err);
        if (rc != MIRSAL_OK || !holds_any(&manifest, order)) {
            continue;
        }
        memcpy(handed->handoff, manifest.handoff, sizeof handed->handoff);
        handed->made_ms = (uint64_t)mir_sql_column_int(find, 1);
        rc = copy_names(handed, arena, &manifest)
                 ? MIRSAL_OK
                 : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        (*count)++;
    }
    mir_sql_release(find);
    mir_arena_fini(&reading);
    return rc;
}

/* Rows [record, field, key, salt, leaf hash] but those of the order's records. */
static mirsal_code keep_others(struct mir_buf *out,
    struct mir_bytes shown,
    const struct mir_purge *order,
    mirsal_error *err)
{
    struct mir_reader reader;
    mir_reader_init(&reader, shown.data, shown.size);
    while (mir_reader_ok(&reader) && mir_reader_left(&reader) > 0) {
        uint8_t record[sizeof(mirsal_id)];
        size_t from = reader.at;
        mir_mp_read_array_exact(&reader, 5);
        mir_mp_read_bin_exact(&reader, record, sizeof record);
        for (int i = 0; i < 4 && mir_reader_ok(&reader); i++) {
            (void)mir_mp_read_value(&reader, VALUE_MAX);
        }
        struct mir_bytes row = mir_reader_since(&reader, from);
        if (mir_reader_ok(&reader) && !names_record(order, record)) {
            mir_buf_append(out, row.data, row.size);
        }
    }
    if (!mir_reader_ok(&reader)) {
        return mir_fail(err, MIRSAL_CORRUPT, "what a handoff showed is damaged");
    }
    return mir_buf_finish(out, err);
}

static mirsal_code forget_in(struct mir_store *store,
    int64_t no,
    const struct mir_purge *order,
    mirsal_error *err)
{
    sqlite3_stmt *read = NULL;
    sqlite3_stmt *save = NULL;
    struct mir_buf kept;
    int there = 0;
    int less = 0;
    mir_buf_init(&kept, store->env, SHOWN_MAX);
    mirsal_code rc =
        mir_sql_prepare(&read, store->sql, "SELECT shown FROM handoff WHERE no = ?1", err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(read, 1, no);
        rc = mir_sql_step(&there, store->sql, read, err);
    }
    if (rc == MIRSAL_OK && there) {
        struct mir_bytes shown = mir_sql_column(read, 0);
        rc = keep_others(&kept, shown, order, err);
        less = kept.size < shown.size;
    }
    mir_sql_release(read);
    if (rc == MIRSAL_OK && less) {
        rc = mir_sql_prepare(&save, store->sql, "UPDATE handoff SET shown = ?2 WHERE no = ?1", err);
    }
    if (rc == MIRSAL_OK && less) {
        mir_sql_bind_int(save, 1, no);
        mir_sql_bind_blob(save, 2, kept.data, kept.size);
        rc = mir_sql_done(store->sql, save, err);
    }
    mir_buf_fini(&kept);
    return rc;
}

mirsal_code mir_handed_forget(struct mir_store *store,
    const struct mir_purge *order,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    struct mir_buf numbers;
    int there = 0;
    mir_buf_init(&numbers, store->env, SHOWN_MAX);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, "SELECT no FROM handoff", err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK &&
           there) {
        int64_t no = mir_sql_column_int(find, 0);
        mir_buf_append(&numbers, &no, sizeof no);
    }
    mir_sql_release(find);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&numbers, err);
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < numbers.size; at += sizeof(int64_t)) {
        int64_t no = 0;
        memcpy(&no, numbers.data + at, sizeof no);
        rc = forget_in(store, no, order, err);
    }
    mir_buf_fini(&numbers);
    return rc;
}
