/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/residues.c - residues held, and since when purges are ordered here; see the header.
 */
#include "residues.h"

#include "fail.h"
#include "hash.h"
#include "residue.h"

#include <string.h>

#define DAY_MS ((uint64_t)86400000)

struct asked {
    const mirsal_hash *changeset;
    uint64_t now_ms;
};

static mirsal_code note_time(struct mir_sql *sql,
    const mirsal_hash *said,
    uint64_t now_ms,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR IGNORE INTO purge (id, ordered, destroyed) VALUES (?1, ?2, 0)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, said->bytes, sizeof said->bytes);
        mir_sql_bind_int(statement, 2, (int64_t)now_ms);
        rc = mir_sql_done(sql, statement, err);
    }
    return rc;
}

mirsal_code mir_ordered_follow(struct mir_sql *sql,
    const struct mir_membership *membership,
    uint64_t now_ms,
    mirsal_error *err)
{
    const struct mir_purges *purges = &membership->purges;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->count; i++) {
        const struct mir_purge *order = &purges->items[i];
        if (order->level != MIR_PURGE_ORDERED) {
            continue;
        }
        rc = note_time(sql, &order->id, now_ms, err);
        for (size_t n = 0; rc == MIRSAL_OK && n < order->naming_count; n++) {
            rc = note_time(sql, &order->namings[n].said, now_ms, err);
        }
    }
    return rc;
}

int mir_ordered_names(const struct mir_purge *order, const mirsal_hash *changeset)
{
    for (size_t i = 0; order->level == MIR_PURGE_ORDERED && i < order->changeset_count; i++) {
        if (mir_hash_equal(&order->changesets[i], changeset)) {
            return 1;
        }
    }
    return 0;
}

int mir_ordered_record(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    const mirsal_id *record)
{
    const struct mir_purges *purges = &membership->purges;
    for (size_t i = 0; i < purges->count; i++) {
        const struct mir_purge *order = &purges->items[i];
        if (!mir_ordered_names(order, changeset)) {
            continue;
        }
        for (size_t r = 0; r < order->record_count; r++) {
            if (memcmp(order->records[r].bytes, record->bytes, sizeof record->bytes) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

void mir_ordered_mark(mirsal_hash *out,
    const struct mir_membership *membership,
    const mirsal_hash *changeset)
{
    const struct mir_purges *purges = &membership->purges;
    mirsal_hash mark;
    memset(&mark, 0, sizeof mark);
    for (size_t i = 0; i < purges->count; i++) {
        if (mir_ordered_names(&purges->items[i], changeset)) {
            const struct mir_bytes parts[] = { { mark.bytes, sizeof mark.bytes },
                { purges->items[i].id.bytes, sizeof purges->items[i].id.bytes } };
            mirsal_hash next;
            mir_hash_parts(&next, MIR_CONTEXT_STATE, parts, 2);
            mark = next;
        }
    }
    *out = mark;
}

mirsal_code mir_ordered_order_due(int *due,
    struct mir_sql *sql,
    const struct mir_membership *membership,
    const mirsal_hash *order,
    uint64_t now_ms,
    mirsal_error *err)
{
    static const char text[] = "SELECT ordered FROM purge WHERE id = ?1";
    uint64_t days = (uint64_t)membership->policies[MIR_TEAM_PURGE_DAYS];
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *due = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, order->bytes, sizeof order->bytes);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        uint64_t since = (uint64_t)mir_sql_column_int(statement, 0);
        *due = since <= now_ms && now_ms - since >= days * DAY_MS;
    }
    mir_sql_release(statement);
    return rc;
}

/* 1 when the order itself names the changeset, not a naming alone. */
static int stands_in(const struct mir_purge *order, const mirsal_hash *changeset)
{
    for (size_t i = 0; i < order->own_count; i++) {
        if (mir_hash_equal(&order->changesets[i], changeset)) {
            return 1;
        }
    }
    return 0;
}

/* Of an order of level 2 that names the changeset: its time, and a naming's where it needs one. */
static mirsal_code have_come(int *due,
    struct mir_sql *sql,
    const struct mir_membership *membership,
    const struct mir_purge *order,
    const struct asked *asked,
    mirsal_error *err)
{
    const struct mir_purge_naming *first = NULL;
    uint64_t now_ms = asked->now_ms;
    mirsal_code rc = mir_ordered_order_due(due, sql, membership, &order->id, now_ms, err);
    if (rc != MIRSAL_OK || !*due || stands_in(order, asked->changeset)) {
        return rc;
    }
    size_t count = mir_purge_namings(order, asked->changeset, &first);
    *due = 0;
    for (size_t i = 0; rc == MIRSAL_OK && !*due && i < count; i++) {
        rc = mir_ordered_order_due(due, sql, membership, &first[i].said, now_ms, err);
    }
    return rc;
}

mirsal_code mir_ordered_due(int *due,
    struct mir_sql *sql,
    const struct mir_membership *membership,
    const mirsal_hash *changeset,
    uint64_t now_ms,
    mirsal_error *err)
{
    const struct asked asked = { changeset, now_ms };
    const struct mir_purges *purges = &membership->purges;
    mirsal_code rc = MIRSAL_OK;
    int any = 0;
    int all = 1;
    for (size_t i = 0; rc == MIRSAL_OK && all && i < purges->count; i++) {
        if (mir_ordered_names(&purges->items[i], changeset)) {
            any = 1;
            rc = have_come(&all, sql, membership, &purges->items[i], &asked, err);
        }
    }
    *due = rc == MIRSAL_OK && any && all;
    return rc;
}

const struct mir_residue *mir_residues_named(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    struct mir_bytes residue)
{
    const struct mir_residue *first = NULL;
    mirsal_hash hash;
    if (mir_purges_of_body(membership, changeset) != MIR_PURGE_ORDERED) {
        return NULL;
    }
    mir_residue_hash(&hash, residue);
    size_t count = mir_purges_residues(membership, changeset, &first);
    for (size_t i = 0; i < count; i++) {
        if (first[i].size == residue.size && mir_hash_equal(&first[i].hash, &hash)) {
            return &first[i];
        }
    }
    return NULL;
}

static int knows_naming(struct mir_causal *causal,
    uint32_t said,
    const struct mir_purge *order,
    const mirsal_hash *changeset)
{
    const struct mir_purge_naming *first = NULL;
    size_t count = mir_purge_namings(order, changeset, &first);
    for (size_t i = 0; i < count; i++) {
        uint32_t word = mir_causal_find(causal, &first[i].said);
        if (word != MIR_CAUSAL_NOBODY && mir_causal_knows(causal, said, word)) {
            return 1;
        }
    }
    return 0;
}

int mir_residues_good(struct mir_causal *causal,
    const struct mir_membership *membership,
    const struct mir_residue *residue)
{
    const struct mir_purges *purges = &membership->purges;
    uint32_t said = mir_causal_find(causal, &residue->said);
    int good = said != MIR_CAUSAL_NOBODY;
    for (size_t i = 0; good && i < purges->count; i++) {
        const struct mir_purge *order = &purges->items[i];
        if (mir_ordered_names(order, &residue->changeset)) {
            uint32_t word = mir_causal_find(
                causal, mir_hash_is_zero(&order->second) ? &order->id : &order->second);
            good = word != MIR_CAUSAL_NOBODY && mir_causal_knows(causal, said, word) &&
                   (stands_in(order, &residue->changeset) ||
                       knows_naming(causal, said, order, &residue->changeset));
        }
    }
    return good;
}

mirsal_code mir_residues_put(struct mir_sql *sql,
    const struct mir_residue_row *row,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO residue (changeset, hash, mark, named, own, made, bytes)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (changeset, hash) DO UPDATE SET"
        " mark = coalesce(excluded.mark, mark), named = max(named, excluded.named),"
        " own = max(own, excluded.own)";
    sqlite3_stmt *statement = NULL;
    mirsal_hash hash;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_residue_hash(&hash, row->bytes);
    mir_sql_bind_int(statement, 1, row->changeset);
    mir_sql_bind_blob(statement, 2, hash.bytes, sizeof hash.bytes);
    if (row->mark != NULL) {
        mir_sql_bind_blob(statement, 3, row->mark->bytes, sizeof row->mark->bytes);
    } else {
        mir_sql_bind_null(statement, 3);
    }
    mir_sql_bind_int(statement, 4, row->named);
    mir_sql_bind_int(statement, 5, row->own);
    mir_sql_bind_int(statement, 6, (int64_t)row->now_ms);
    mir_sql_bind_blob(statement, 7, row->bytes.data, row->bytes.size);
    return mir_sql_done(sql, statement, err);
}

mirsal_code mir_residues_count(uint64_t *count,
    struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *mark,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT count(*) FROM residue WHERE changeset = ?1 AND (?2 IS NULL OR mark = ?2)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, changeset);
    if (mark != NULL) {
        mir_sql_bind_blob(statement, 2, mark->bytes, sizeof mark->bytes);
    } else {
        mir_sql_bind_null(statement, 2);
    }
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *count = (uint64_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_residues_keep(struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *mark,
    mirsal_error *err)
{
    static const char text[] =
        "DELETE FROM residue WHERE changeset = ?1 AND (mark IS NULL OR mark <> ?2)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, changeset);
    mir_sql_bind_blob(statement, 2, mark->bytes, sizeof mark->bytes);
    return mir_sql_done(sql, statement, err);
}

mirsal_code mir_residues_list(struct mir_buf *out,
    struct mir_sql *sql,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT hash FROM residue WHERE changeset = ?1 ORDER BY named DESC, hash";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, changeset);
    while ((rc = mir_sql_step(&row, sql, statement, err)) == MIRSAL_OK && row) {
        struct mir_bytes hash = mir_sql_column(statement, 0);
        if (hash.size == sizeof(mirsal_hash)) {
            mir_buf_append(out, hash.data, hash.size);
        }
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

mirsal_code mir_residues_bytes(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *hash,
    mirsal_error *err)
{
    static const char text[] = "SELECT bytes FROM residue WHERE changeset = ?1 AND hash = ?2";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *out = (struct mir_bytes){ 0 };
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, changeset);
    mir_sql_bind_blob(statement, 2, hash->bytes, sizeof hash->bytes);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes bytes = mir_sql_column(statement, 0);
        out->size = bytes.size;
        out->data = mir_arena_copy(arena, bytes.data, bytes.size);
        rc = out->data != NULL ? rc : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_residues_choose(struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *hash,
    mirsal_error *err)
{
    static const char text[] = "DELETE FROM residue WHERE changeset = ?1 AND hash <> ?2";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, changeset);
    mir_sql_bind_blob(statement, 2, hash->bytes, sizeof hash->bytes);
    return mir_sql_done(sql, statement, err);
}

mirsal_code mir_residues_drop_body(struct mir_sql *sql, int64_t changeset, mirsal_error *err)
{
    static const char content_text[] = "UPDATE content SET body = x'', clear = NULL WHERE no = ?1";
    static const char row_text[] = "UPDATE changeset SET kept = 3, projected = 0 WHERE no = ?1";
    const char *const texts[] = { content_text, row_text };
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < 2; i++) {
        sqlite3_stmt *statement = NULL;
        rc = mir_sql_prepare(&statement, sql, texts[i], err);
        if (rc == MIRSAL_OK) {
            mir_sql_bind_int(statement, 1, changeset);
            rc = mir_sql_done(sql, statement, err);
        }
    }
    return rc;
}
