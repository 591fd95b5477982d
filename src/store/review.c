/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/review.c - a record as a whole after its registers changed; see the header.
 */
#include "review.h"

#include "bearing.h"
#include "cells.h"
#include "fail.h"
#include "msgpack.h"
#include "parts.h"
#include "touch.h"
#include "writes.h"

#include <string.h>

mirsal_code mir_review_mark(struct mir_store *store, const struct mir_row *row, mirsal_error *err)
{
    sqlite3_stmt *mark = NULL;
    mirsal_code rc = mir_sql_prepare(&mark, store->sql, row->table->mark, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(mark, 1, row->no);
    mir_sql_bind_int(mark, 2, row->updated);
    mir_sql_bind_int(mark, 3, row->withdrawn);
    mir_sql_bind_int(mark, 4, row->changeset);
    return mir_sql_done(store->sql, mark, err);
}

/* 1 when some write of the changeset to the record is accepted. */
static mirsal_code counts_here(int *counts,
    struct mir_store *store,
    const mirsal_id *record,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT 1 FROM write WHERE changeset = ?1 AND record = ?2 AND reason = 0 LIMIT 1";
    sqlite3_stmt *find = NULL;
    *counts = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, changeset);
    mir_sql_bind_blob(find, 2, record->bytes, sizeof record->bytes);
    rc = mir_sql_step(counts, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

/* Moves `updated` when the changeset is newer by (stamp, id) than the one it names. */
static mirsal_code move_updated(struct mir_row *row,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_author old;
    struct mir_author new;
    int counts = 0;
    mirsal_code rc = counts_here(&counts, store, &row->id, changeset, err);
    if (rc != MIRSAL_OK || !counts) {
        return rc;
    }
    rc = mir_read_author(&old, store, row->updated, err);
    if (rc == MIRSAL_OK) {
        rc = mir_read_author(&new, store, changeset, err);
    }
    if (rc == MIRSAL_OK &&
        (new.stamp > old.stamp || (new.stamp == old.stamp &&memcmp(new.id.bytes, old.id.bytes,
                                                    sizeof new.id.bytes) > 0))) {
        row->updated = changeset;
    }
    return rc;
}

/* May this write take the record out, or only suggest it? */
static int decides(const struct mir_writes *writes, size_t at, int64_t creator)
{
    return mir_role_resolves(writes->writes[at].role) || writes->held[at].device == creator;
}

static int is_before(const struct mir_register_write *a, const struct mir_register_write *b)
{
    if (a->role != b->role) {
        return a->role > b->role;
    }
    if (a->depth != b->depth) {
        return a->depth > b->depth;
    }
    if (a->stamp != b->stamp) {
        return a->stamp > b->stamp;
    }
    return memcmp(a->changeset.bytes, b->changeset.bytes, sizeof a->changeset.bytes) > 0;
}

/* The live withdrawal that decides, or (suggested) the first that cannot; SIZE_MAX: none. */
static size_t find_withdrawal(const struct mir_writes *writes, int64_t creator, int *suggested)
{
    size_t best = SIZE_MAX;
    *suggested = 0;
    for (size_t i = 0; i < writes->count; i++) {
        const struct mir_register_write *write = &writes->writes[i];
        if (!write->live) {
            continue;
        }
        if (!decides(writes, i, creator)) {
            *suggested = *suggested || mir_part_at(write->value, 0).size > 0;
        } else if (best == SIZE_MAX || is_before(write, &writes->writes[best])) {
            best = i;
        }
    }
    return best;
}

static int lists_changeset(struct mir_bytes value, struct mir_bytes id)
{
    struct mir_bytes list = mir_part_at(value, 1);
    struct mir_reader reader;
    mir_reader_init(&reader, list.data, list.size);
    uint32_t count =
        mir_mp_peek(&reader) == MIR_MP_ARRAY ? mir_mp_read_array(&reader, UINT32_MAX) : 0;
    for (uint32_t i = 0; i < count && mir_reader_ok(&reader); i++) {
        if (mir_bytes_equal(mir_mp_read_bin(&reader, 32), id)) {
            return 1;
        }
    }
    return 0;
}

/* Is a live write of the record outside the withdrawal's list? */
static mirsal_code find_unseen(int *unseen,
    struct mir_store *store,
    const struct mir_row *row,
    const struct mir_writes *writes,
    size_t withdrawal,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT a.id FROM applied a WHERE a.changeset = ?2"
        " UNION SELECT a.id FROM write w CROSS JOIN applied a ON a.changeset = w.changeset"
        " WHERE w.record = ?1 AND w.state > 0 AND w.field <> ?3";
    sqlite3_stmt *find = NULL;
    int there = 0;
    *unseen = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, row->id.bytes, sizeof row->id.bytes);
    mir_sql_bind_int(find, 2, row->changeset);
    mir_sql_bind_int(find, 3, writes->field);
    const struct mir_register_write *write = &writes->writes[withdrawal];
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there || *unseen) {
            break;
        }
        struct mir_bytes id = mir_sql_column(find, 0);
        struct mir_bytes own = { write->changeset.bytes, sizeof write->changeset.bytes };
        *unseen = !mir_bytes_equal(id, own) && !lists_changeset(write->value, id);
    }
    mir_sql_release(find);
    return rc;
}

/* merge.md 7. */
static mirsal_code judge_withdrawal(struct mir_row *row, struct mir_store *store, mirsal_error *err)
{
    uint32_t field = row->table->columns[row->table->withdrawn].field->id;
    struct mir_writes writes;
    struct mir_author creator;
    int unseen = 0;
    int suggested = 0;
    mirsal_code rc =
        mir_writes_load(&writes, store, &row->id, field, (struct mir_bytes){ NULL, 0 }, 0, err);
    if (rc == MIRSAL_OK) {
        rc = mir_writes_evaluate(&writes, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_read_author(&creator, store, row->changeset, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    size_t at = find_withdrawal(&writes, creator.device_no, &suggested);
    int out = at != SIZE_MAX && mir_part_at(writes.writes[at].value, 0).size > 0;
    row->withdrawn = out ? MIR_ROW_TAKEN_OUT : suggested ? MIR_ROW_SUGGESTED : MIR_ROW_STANDS;
    if (out) {
        rc = find_unseen(&unseen, store, row, &writes, at, err);
    }
    struct mir_review item = { .record = row->id, .kind = MIR_REVIEW_WITHDRAWN, .field = field };
    int changed = 0;
    if (rc == MIRSAL_OK) {
        rc = mir_touch_review(&changed, store, &item, unseen, err);
        store->projection->opened += changed && unseen ? 1u : 0u;
    }
    if (rc == MIRSAL_OK) {
        item.kind = MIR_REVIEW_SUGGESTION;
        rc = mir_touch_review(NULL, store, &item, row->withdrawn == MIR_ROW_SUGGESTED, err);
    }
    return rc;
}

static mirsal_code has_withdrawal(int *has,
    struct mir_store *store,
    const struct mir_row *row,
    mirsal_error *err)
{
    sqlite3_stmt *read = NULL;
    int there = 0;
    *has = row->withdrawn != MIR_ROW_STANDS;
    if (*has || row->table->withdrawn < 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&read, store->sql, row->table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row->no);
    rc = mir_sql_step(&there, store->sql, read, err);
    if (rc == MIRSAL_OK && there) {
        *has = mir_sql_column(read, (int)MIR_ROW_CELLS + row->table->withdrawn).size > 0;
    }
    mir_sql_release(read);
    return rc;
}

mirsal_code mir_review_record(struct mir_store *store,
    const mirsal_id *record,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_row row;
    int has = 0;
    mirsal_code rc = mir_projection_find_any(&row, store, record, err);
    if (rc != MIRSAL_OK || row.table == NULL) {
        return rc;
    }
    int64_t updated = row.updated;
    enum mir_row_withdrawn withdrawn = row.withdrawn;
    rc = move_updated(&row, store, changeset, err);
    if (rc == MIRSAL_OK) {
        rc = has_withdrawal(&has, store, &row, err);
    }
    if (rc == MIRSAL_OK && has) {
        rc = judge_withdrawal(&row, store, err);
    }
    if (mir_projection_is_purged(store, record)) {
        row.withdrawn = MIR_ROW_PURGED;
    }
    if (rc == MIRSAL_OK && (row.updated != updated || row.withdrawn != withdrawn)) {
        rc = mir_review_mark(store, &row, err);
    }
    if (rc == MIRSAL_OK && row.withdrawn != withdrawn) {
        rc = mir_bearing_touch(store, row.table, row.no, err);
    }
    return rc;
}

/* A register that has rows. */
struct named {
    uint32_t field;
    int64_t changeset;
    struct mir_bytes key;
};

static mirsal_code list_registers(struct named **out,
    size_t *count,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] = "SELECT field, key, max(changeset), count(*) OVER () FROM write"
                               " WHERE record = ?1 GROUP BY field, key";
    struct mir_arena *arena = &store->projection->scratch;
    sqlite3_stmt *find = NULL;
    int there = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        size_t total = (size_t)mir_sql_column_int(find, 3);
        *out = *out == NULL ? mir_arena_alloc(arena, total, sizeof **out) : *out;
        struct mir_bytes key = mir_sql_column(find, 1);
        const uint8_t *kept = key.size == 0 ? NULL : mir_arena_copy(arena, key.data, key.size);
        if (*out == NULL || (key.size > 0 && kept == NULL)) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            break;
        }
        (*out)[(*count)++] = (struct named){ .field = (uint32_t)mir_sql_column_int(find, 0),
            .changeset = mir_sql_column_int(find, 2),
            .key = { kept, key.size } };
    }
    mir_sql_release(find);
    return rc;
}

/* Every changeset that wrote to the record may be its newest. */
static mirsal_code settle_record(struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] = "SELECT DISTINCT w.changeset FROM write w"
                               " CROSS JOIN applied a ON a.changeset = w.changeset"
                               " WHERE w.record = ?1 AND w.reason = 0"
                               " ORDER BY a.stamp DESC, a.id DESC LIMIT 1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    rc = mir_sql_step(&there, store->sql, find, err);
    int64_t newest = there ? mir_sql_column_int(find, 0) : 0;
    mir_sql_release(find);
    return rc == MIRSAL_OK ? mir_review_record(store, record, newest, err) : rc;
}

mirsal_code mir_review_resettle(struct mir_store *store, const mirsal_id *record, mirsal_error *err)
{
    struct named *registers = NULL;
    size_t count = 0;
    mirsal_code rc = list_registers(&registers, &count, store, record, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct mir_writes writes;
        rc = mir_writes_load(&writes, store, record, registers[i].field, registers[i].key, 0, err);
        if (rc == MIRSAL_OK) {
            rc = mir_writes_materialise(&writes, store, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_writes_settle(&writes, store, err);
        }
    }
    return rc == MIRSAL_OK ? settle_record(store, record, err) : rc;
}

static mirsal_code materialise_cell(struct mir_store *store,
    const struct mir_row *row,
    const struct mir_column *column,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    mirsal_code rc = MIRSAL_OK;
    mir_cell_begin(&cell, column->form, bytes);
    while (rc == MIRSAL_OK && mir_cell_next(&cell, &key, &value)) {
        struct mir_writes writes;
        rc = mir_writes_load(&writes, store, &row->id, column->field->id, key, 0, err);
        if (rc == MIRSAL_OK) {
            rc = mir_writes_materialise(&writes, store, err);
        }
    }
    return rc;
}

mirsal_code mir_review_materialise(struct mir_store *store,
    const struct mir_row *row,
    mirsal_error *err)
{
    struct mir_arena *arena = &store->projection->scratch;
    uint32_t count = row->table->column_count;
    struct mir_bytes *cells = mir_arena_alloc(arena, (size_t)count + 1, sizeof *cells);
    sqlite3_stmt *read = NULL;
    int there = 0;
    if (cells == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = mir_sql_prepare(&read, store->sql, row->table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row->no);
    rc = mir_sql_step(&there, store->sql, read, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && there && i < count; i++) {
        struct mir_bytes cell = mir_sql_column(read, (int)(MIR_ROW_CELLS + i));
        if (cell.size > 0) {
            cells[i] = (struct mir_bytes){ mir_arena_copy(arena, cell.data, cell.size), cell.size };
            rc = cells[i].data == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : rc;
        }
    }
    mir_sql_release(read);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = materialise_cell(store, row, &row->table->columns[i], cells[i], err);
    }
    return rc;
}
