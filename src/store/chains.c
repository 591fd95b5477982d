/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chains.c - the set of changesets held; see the header.
 *
 * The arrival number is SQLite's rowid: highest plus one, and no row is ever deleted, so numbers
 * leave no gap below the highest that was committed.
 */
#include "chains.h"

#include "fail.h"

#include <string.h>

/* Columns of MIR_CHAIN_COLUMNS. */
enum column {
    COLUMN_NO,
    COLUMN_ID,
    COLUMN_DEVICE,
    COLUMN_COMPARTMENT,
    COLUMN_SEQ,
    COLUMN_STATE,
    COLUMN_REASON,
    COLUMN_PROJECTED,
    COLUMN_STAMP,
    COLUMN_RECEIVED,
    COLUMN_SIZE,
    COLUMN_AUTHORITY,
    COLUMN_KEPT,
};

static int read_hash(mirsal_hash *out, sqlite3_stmt *statement, int at)
{
    struct mir_bytes bytes = mir_sql_column(statement, at);
    if (bytes.size != sizeof out->bytes) {
        return 0;
    }
    memcpy(out->bytes, bytes.data, sizeof out->bytes);
    return 1;
}

mirsal_code mir_device_no(int64_t *no,
    struct mir_sql *sql,
    const mirsal_hash *key,
    int make,
    mirsal_error *err)
{
    static const char find_text[] = "SELECT no FROM device WHERE key = ?1";
    static const char make_text[] = "INSERT INTO device (key) VALUES (?1)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *no = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, find_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, key->bytes, sizeof key->bytes);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *no = mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    if (rc != MIRSAL_OK || row || !make) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, sql, make_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, key->bytes, sizeof key->bytes);
    rc = mir_sql_done(sql, statement, err);
    if (rc == MIRSAL_OK) {
        *no = sqlite3_last_insert_rowid(mir_sql_handle(sql));
    }
    return rc;
}

mirsal_code mir_device_key(mirsal_hash *out, struct mir_sql *sql, int64_t no, mirsal_error *err)
{
    static const char text[] = "SELECT key FROM device WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && (!row || !read_hash(out, statement, 0))) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a device's key is missing");
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_chain_read_row(struct mir_chain_row *out,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    int64_t state = mir_sql_column_int(statement, COLUMN_STATE);
    int64_t kept = mir_sql_column_int(statement, COLUMN_KEPT);
    out->no = mir_sql_column_int(statement, COLUMN_NO);
    out->device = mir_sql_column_int(statement, COLUMN_DEVICE);
    out->compartment = (uint8_t)mir_sql_column_int(statement, COLUMN_COMPARTMENT);
    out->seq = (uint64_t)mir_sql_column_int(statement, COLUMN_SEQ);
    out->state = (enum mir_held)state;
    out->reason = (enum mir_reason)mir_sql_column_int(statement, COLUMN_REASON);
    out->projected = mir_sql_column_int(statement, COLUMN_PROJECTED) != 0;
    out->kept = (enum mir_kept)kept;
    out->stamp = (uint64_t)mir_sql_column_int(statement, COLUMN_STAMP);
    out->received_ms = (uint64_t)mir_sql_column_int(statement, COLUMN_RECEIVED);
    out->size = (uint32_t)mir_sql_column_int(statement, COLUMN_SIZE);
    if (state < 0 || state > MIR_STATE_PURGED || kept < 0 || kept > MIR_KEPT_RESIDUE ||
        !read_hash(&out->id, statement, COLUMN_ID) ||
        !read_hash(&out->authority, statement, COLUMN_AUTHORITY)) {
        out->no = 0;
        return mir_fail(err, MIRSAL_CORRUPT, "a changeset's row is damaged");
    }
    return MIRSAL_OK;
}

/* Steps once, reads the row if there is one, and releases. */
static mirsal_code take_row(struct mir_chain_row *out,
    struct mir_sql *sql,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        rc = mir_chain_read_row(out, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_chain_find(struct mir_chain_row *out,
    struct mir_sql *sql,
    const mirsal_hash *id,
    mirsal_error *err)
{
    static const char text[] = "SELECT " MIR_CHAIN_COLUMNS " FROM changeset WHERE id = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, id->bytes, sizeof id->bytes);
    return take_row(out, sql, statement, err);
}

mirsal_code mir_chain_row(struct mir_chain_row *out,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err)
{
    static const char text[] = "SELECT " MIR_CHAIN_COLUMNS " FROM changeset WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    return take_row(out, sql, statement, err);
}

mirsal_code mir_chain_head(struct mir_chain_row *out,
    struct mir_sql *sql,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err)
{
    static const char text[] = "SELECT " MIR_CHAIN_COLUMNS " FROM changeset"
                               " WHERE device = ?1 AND compartment = ?2"
                               " ORDER BY seq DESC, id LIMIT 1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, compartment);
    return take_row(out, sql, statement, err);
}

mirsal_code mir_chain_at(struct mir_chain_row *out,
    struct mir_sql *sql,
    int64_t device,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *but,
    mirsal_error *err)
{
    static const char text[] = "SELECT " MIR_CHAIN_COLUMNS " FROM changeset"
                               " WHERE device = ?1 AND compartment = ?2 AND seq = ?3 AND id <> ?4"
                               " ORDER BY id LIMIT 1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, compartment);
    mir_sql_bind_int(statement, 3, (int64_t)seq);
    mir_sql_bind_blob(
        statement, 4, but != NULL ? but->bytes : NULL, but != NULL ? sizeof but->bytes : 0);
    return take_row(out, sql, statement, err);
}

mirsal_code mir_chain_fork(uint64_t *seq,
    struct mir_sql *sql,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err)
{
    static const char text[] = "SELECT seq FROM fork WHERE device = ?1 AND compartment = ?2";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *seq = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, compartment);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *seq = (uint64_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code mark_fork(struct mir_sql *sql,
    int64_t device,
    const struct mir_header *header,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO fork (device, compartment, seq) VALUES (?1, ?2, ?3)"
                               " ON CONFLICT (device, compartment)"
                               " DO UPDATE SET seq = min(seq, excluded.seq)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, header->compartment);
    mir_sql_bind_int(statement, 3, (int64_t)header->seq);
    return mir_sql_done(sql, statement, err);
}

static mirsal_code insert_row(struct mir_sql *sql,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO changeset (id, device, compartment, seq, state, reason, received, size,"
        " authority, kept) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, row->id.bytes, sizeof row->id.bytes);
    mir_sql_bind_int(statement, 2, row->device);
    mir_sql_bind_int(statement, 3, row->compartment);
    mir_sql_bind_int(statement, 4, (int64_t)row->seq);
    mir_sql_bind_int(statement, 5, row->state);
    mir_sql_bind_int(statement, 6, row->reason);
    mir_sql_bind_int(statement, 7, (int64_t)row->received_ms);
    mir_sql_bind_int(statement, 8, row->size);
    mir_sql_bind_blob(statement, 9, row->authority.bytes, sizeof row->authority.bytes);
    mir_sql_bind_int(statement, 10, row->kept);
    return mir_sql_done(sql, statement, err);
}

static mirsal_code insert_content(struct mir_sql *sql,
    int64_t no,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO content (no, header, signature, body) VALUES (?1, ?2, ?3, ?4)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    mir_sql_bind_blob(statement, 2, changeset->header.data, changeset->header.size);
    mir_sql_bind_blob(statement, 3, changeset->signature.data, changeset->signature.size);
    mir_sql_bind_blob(statement, 4, changeset->residue ? NULL : changeset->body.data,
        changeset->residue ? 0 : changeset->body.size);
    return mir_sql_done(sql, statement, err);
}

mirsal_code mir_chain_insert(struct mir_chain_row *out,
    int *forks,
    struct mir_sql *sql,
    const struct mir_changeset *changeset,
    uint64_t now_ms,
    struct mir_verdict verdict,
    mirsal_error *err)
{
    const struct mir_header *header = &changeset->fields;
    struct mir_chain_row other;
    *forks = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_device_no(&out->device, sql, &header->device, 1, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_at(
            &other, sql, out->device, header->compartment, header->seq, &changeset->id, err);
    }
    if (rc == MIRSAL_OK && other.no != 0) {
        *forks = 1;
        rc = mark_fork(sql, out->device, header, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->id = changeset->id;
    out->compartment = header->compartment;
    out->seq = header->seq;
    out->state = verdict.state;
    out->reason = verdict.reason;
    out->received_ms = now_ms;
    out->size =
        (uint32_t)(changeset->header.size + changeset->signature.size + changeset->body.size);
    out->authority = header->authority;
    out->kept = changeset->residue ? MIR_KEPT_RESIDUE : MIR_KEPT_WHOLE;
    rc = insert_row(sql, out, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->no = sqlite3_last_insert_rowid(mir_sql_handle(sql));
    return insert_content(sql, out->no, changeset, err);
}

mirsal_code mir_chain_set(struct mir_sql *sql,
    int64_t no,
    struct mir_verdict verdict,
    mirsal_error *err)
{
    static const char text[] = "UPDATE changeset SET state = ?2, reason = ?3 WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    mir_sql_bind_int(statement, 2, verdict.state);
    mir_sql_bind_int(statement, 3, verdict.reason);
    return mir_sql_done(sql, statement, err);
}

mirsal_code mir_chain_set_projected(struct mir_sql *sql,
    int64_t no,
    uint64_t stamp,
    mirsal_error *err)
{
    static const char text[] = "UPDATE changeset SET projected = 1, stamp = ?2 WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    mir_sql_bind_int(statement, 2, (int64_t)stamp);
    return mir_sql_done(sql, statement, err);
}

static int copy_into(struct mir_bytes *out, struct mir_arena *arena, struct mir_bytes from)
{
    out->size = from.size;
    out->data = mir_arena_copy(arena, from.data, from.size);
    return out->data != NULL;
}

static mirsal_code load(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    const char *text,
    int64_t no,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && !row) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a changeset's content is missing");
    }
    if (rc == MIRSAL_OK && (!copy_into(&out->header, arena, mir_sql_column(statement, 0)) ||
                               !copy_into(&out->signature, arena, mir_sql_column(statement, 1)) ||
                               !copy_into(&out->body, arena, mir_sql_column(statement, 2)))) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_sql_release(statement);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (out->signature.size != MIR_SIGNATURE_SIZE ||
        mir_header_decode(&out->fields, out->header, NULL) != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_CORRUPT, "a changeset's header is damaged");
    }
    mir_changeset_id(&out->id, out->header);
    return MIRSAL_OK;
}

mirsal_code mir_chain_load_left(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT header, signature, coalesce((SELECT bytes FROM residue WHERE changeset = ?1"
        " ORDER BY named DESC, hash LIMIT 1), x'') FROM content WHERE no = ?1";
    mirsal_code rc = load(out, arena, sql, text, no, err);
    out->residue = 1;
    return rc;
}

/* A body that is empty: forgotten, or purged. */
static mirsal_code load_kept(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err)
{
    struct mir_chain_row row;
    mirsal_code rc = mir_chain_row(&row, sql, no, err);
    return rc == MIRSAL_OK && row.kept == MIR_KEPT_RESIDUE
               ? mir_chain_load_left(out, arena, sql, no, err)
               : rc;
}

mirsal_code mir_chain_load(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err)
{
    static const char text[] = "SELECT header, signature, body FROM content WHERE no = ?1";
    mirsal_code rc = load(out, arena, sql, text, no, err);
    return rc == MIRSAL_OK && out->body.size == 0 ? load_kept(out, arena, sql, no, err) : rc;
}

mirsal_code mir_chain_load_header(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err)
{
    static const char text[] = "SELECT header, signature, x'' FROM content WHERE no = ?1";
    return load(out, arena, sql, text, no, err);
}
