/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/voiding.c - records that a purge order names: void, and no more void; protocol/merge.md 9.
 *
 * The table `purged` holds the records that the projection treats as void. Where the membership
 * names others, their registers are judged anew: writes.h finds each write void, or not, and takes
 * cells, search, review queue and digest with it. Nothing of a record is lost by that, so that an
 * order that is lifted brings back what is still held.
 */
#include "project.h"

#include "bearing.h"
#include "fail.h"
#include "layout.h"
#include "membership.h"
#include "projection.h"
#include "review.h"
#include "touch.h"

#include <string.h>

#define KEY_RECALLED "recalled"

static mirsal_code change_purged(struct mir_store *store,
    const char *text,
    const mirsal_id *record,
    mirsal_error *err)
{
    sqlite3_stmt *change = NULL;
    mirsal_code rc = mir_sql_prepare(&change, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(change, 1, record->bytes, sizeof record->bytes);
    return mir_sql_done(store->sql, change, err);
}

static mirsal_code is_listed(int *listed,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    mirsal_code rc =
        mir_sql_prepare(&find, store->sql, "SELECT 1 FROM purged WHERE record = ?1", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    rc = mir_sql_step(listed, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

/* Records that are void here and that no order in force names; appended. */
static mirsal_code list_lifted(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, "SELECT record FROM purged", err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK &&
           there) {
        struct mir_bytes bytes = mir_sql_column(find, 0);
        mirsal_id record;
        if (bytes.size != sizeof record.bytes) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a record's id of another size");
            break;
        }
        memcpy(record.bytes, bytes.data, bytes.size);
        if (!mir_projection_is_purged(store, &record)) {
            mir_buf_append(out, record.bytes, sizeof record.bytes);
        }
    }
    mir_sql_release(find);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

/* Those that orders in force name and that are not void here yet; appended. */
static mirsal_code list_new(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->record_count; i++) {
        int listed = 0;
        rc = is_listed(&listed, store, &purges->records[i].id, err);
        if (!listed) {
            mir_buf_append(out, purges->records[i].id.bytes, sizeof purges->records[i].id.bytes);
        }
    }
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

/* What only cells hold gets its rows first: the cells are about to be emptied. */
static mirsal_code judge_again(struct mir_store *store, const mirsal_id *record, mirsal_error *err)
{
    struct mir_review orphan = { .record = *record, .kind = MIR_REVIEW_ORPHAN };
    struct mir_row row;
    mir_arena_reset(&store->projection->scratch);
    mirsal_code rc = mir_projection_find_any(&row, store, record, err);
    if (rc == MIRSAL_OK && row.table != NULL) {
        rc = mir_review_materialise(store, &row, err);
    }
    if (rc == MIRSAL_OK) {
        rc = change_purged(store, "DELETE FROM orphan WHERE record = ?1", record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_touch_review(NULL, store, &orphan, 0, err);
    }
    return rc == MIRSAL_OK ? mir_review_resettle(store, record, err) : rc;
}

static mirsal_code judge_all(struct mir_store *store,
    const struct mir_buf *records,
    const char *text,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t at = 0; rc == MIRSAL_OK && at < records->size; at += sizeof(mirsal_id)) {
        mirsal_id record;
        memcpy(record.bytes, records->data + at, sizeof record.bytes);
        rc = change_purged(store, text, &record, err);
        if (rc == MIRSAL_OK) {
            rc = judge_again(store, &record, err);
        }
    }
    return rc;
}

/*
 * Registers of recalled records enter no digest. Where others are recalled than before, which is
 * rare, digests are made from the tables: *settled = 0 then.
 */
static mirsal_code note_recalled(int *settled, struct mir_store *store, mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    const struct mir_bytes now = { (const uint8_t *)purges->recalled,
        purges->recalled_count * sizeof *purges->recalled };
    struct mir_buf before;
    mir_buf_init(&before, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_meta_bytes(&before, store->sql, KEY_RECALLED, err);
    *settled = rc == MIRSAL_OK && mir_bytes_equal(mir_buf_bytes(&before), now);
    mir_buf_fini(&before);
    return rc == MIRSAL_OK && !*settled ? mir_meta_set_bytes(store->sql, KEY_RECALLED, now, err)
                                        : rc;
}

static mirsal_code renew_digests(struct mir_store *store, mirsal_error *err)
{
    uint32_t compartments[MIR_COMPARTMENT_CONTROL];
    sqlite3_stmt *find = NULL;
    size_t count = 0;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, "SELECT compartment FROM digest", err);
    while (rc == MIRSAL_OK && count < MIR_COMPARTMENT_CONTROL &&
           (rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK && there) {
        compartments[count++] = (uint32_t)mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        mirsal_hash sum;
        rc = mir_project_digest_recompute(&sum, store, compartments[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_projection_digest_save(store, compartments[i], &sum, err);
        }
    }
    return rc;
}

/* Judges both lists anew. */
static mirsal_code judge_changed(struct mir_store *store,
    const struct mir_buf *lifted,
    const struct mir_buf *fresh,
    mirsal_error *err)
{
    mirsal_code rc = mir_projection_begin(store, MIR_COMPARTMENT_MAIN, err);
    if (rc == MIRSAL_OK) {
        rc = judge_all(store, lifted, "DELETE FROM purged WHERE record = ?1", err);
    }
    if (rc == MIRSAL_OK) {
        rc = judge_all(store, fresh, "INSERT INTO purged (record) VALUES (?1)", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bearing_touch_all(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_projection_end(store, err);
    }
    if (rc == MIRSAL_OK && store->on_change != NULL) {
        store->on_change(store->on_change_context, NULL, 0);
    }
    return rc;
}

mirsal_code mir_project_purges(struct mir_store *store, mirsal_error *err)
{
    struct mir_buf lifted;
    struct mir_buf fresh;
    int settled = 0;
    mir_buf_init(&lifted, store->env, SIZE_MAX / 2);
    mir_buf_init(&fresh, store->env, SIZE_MAX / 2);
    mirsal_code rc = list_lifted(&lifted, store, err);
    if (rc == MIRSAL_OK) {
        rc = list_new(&fresh, store, err);
    }
    if (rc == MIRSAL_OK && lifted.size + fresh.size > 0) {
        rc = judge_changed(store, &lifted, &fresh, err);
    }
    if (rc == MIRSAL_OK) {
        rc = note_recalled(&settled, store, err);
    }
    if (rc == MIRSAL_OK && !settled) {
        rc = renew_digests(store, err);
    }
    mir_buf_fini(&fresh);
    mir_buf_fini(&lifted);
    return rc;
}
