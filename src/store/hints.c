/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/hints.c - after a batch of applies: figures, hints and suggestions of what was touched.
 *
 * Some rows are taken at a time with all that hangs together with them (bearing.h), so that memory
 * does not grow with the store; neighbours that were touched too are then settled already.
 */
#include "project.h"

#include "bearing.h"
#include "fail.h"
#include "figures.h"
#include "hint.h"
#include "policy.h"
#include "tallylinks.h"
#include "touch.h"

#include <string.h>

#define ROWS_AT_ONCE 512u
#define MEMORY_MAX   ((size_t)1 << 30) /* of what hangs together */

struct settling {
    struct mir_store *store;
    struct mir_arena arena;
    int64_t rows[ROWS_AT_ONCE]; /* ascending */
    size_t count;
    struct mir_bearing bearing;
};

static mirsal_code read_touched(struct settling *settling, mirsal_error *err)
{
    static const char text[] = "SELECT no FROM touched ORDER BY no LIMIT ?1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    settling->count = 0;
    mirsal_code rc = mir_sql_prepare(&find, settling->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, ROWS_AT_ONCE);
    while (settling->count < ROWS_AT_ONCE &&
           (rc = mir_sql_step(&there, settling->store->sql, find, err)) == MIRSAL_OK && there) {
        settling->rows[settling->count++] = mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code forget_touched(struct mir_store *store,
    const char *text,
    int64_t row,
    mirsal_error *err)
{
    sqlite3_stmt *drop = NULL;
    mirsal_code rc = mir_sql_prepare(&drop, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(drop, 1, row);
    return mir_sql_done(store->sql, drop, err);
}

/* Those that were read, and what was settled with them. A link may have been left out. */
static mirsal_code end_touched(struct settling *settling, mirsal_error *err)
{
    static const char until_text[] = "DELETE FROM touched WHERE no <= ?1";
    static const char one_text[] = "DELETE FROM touched WHERE no = ?1";
    int64_t last = settling->rows[settling->count - 1];
    const struct mir_row_numbers *numbers = &settling->bearing.incidents.numbers;
    mirsal_code rc = forget_touched(settling->store, until_text, last, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < numbers->count; i++) {
        if (numbers->numbers[i] > last) {
            rc = forget_touched(settling->store, one_text, numbers->numbers[i], err);
        }
    }
    return rc;
}

static mirsal_code drop_hints(struct mir_store *store, const mirsal_id *incident, mirsal_error *err)
{
    static const char text[] = "DELETE FROM review WHERE record = ?1 AND kind BETWEEN ?2 AND ?3";
    sqlite3_stmt *drop = NULL;
    mirsal_code rc = mir_sql_prepare(&drop, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(drop, 1, incident->bytes, sizeof incident->bytes);
    mir_sql_bind_int(drop, 2, MIR_REVIEW_ROOT_SOURCE);
    mir_sql_bind_int(drop, 3, MIR_REVIEW_ACTORS);
    return mir_sql_done(store->sql, drop, err);
}

static enum mir_review_kind review_kind(enum mir_hint_kind kind)
{
    switch (kind) {
    case MIR_HINT_MEDIAN:
        return MIR_REVIEW_MEDIAN;
    case MIR_HINT_SUBSET:
        return MIR_REVIEW_SUBSET;
    case MIR_HINT_ROOT_SOURCE:
        return MIR_REVIEW_ROOT_SOURCE;
    case MIR_HINT_ACTORS:
        break;
    }
    return MIR_REVIEW_ACTORS;
}

static mirsal_code save_hint(struct mir_store *store,
    const struct mir_hint *hint,
    mirsal_error *err)
{
    static const mirsal_id no_id;
    mirsal_id others[2] = { hint->record, hint->other };
    size_t count = memcmp(&hint->other, &no_id, sizeof no_id) == 0 ? 1 : 2;
    const struct mir_bytes bytes = { others[0].bytes, count * sizeof others[0] };
    const struct mir_review item = {
        .record = hint->incident,
        .kind = review_kind(hint->kind),
        .key = bytes,
        .others = bytes,
    };
    return mir_touch_review(NULL, store, &item, 1, err);
}

static mirsal_code save_hints(struct settling *settling,
    const struct mir_tally_data *data,
    mirsal_error *err)
{
    struct mir_hints hints = { 0 };
    mirsal_code rc = mir_hints_find(&hints, &data->input, settling->store->env, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < data->input.incident_count; i++) {
        rc = drop_hints(settling->store, &data->input.incidents[i].id, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < hints.count; i++) {
        rc = save_hint(settling->store, &hints.items[i], err);
    }
    mir_hints_fini(&hints);
    return rc;
}

/* merge.md 7: a link that says two are one, by somebody who may only suggest it. */
static mirsal_code suggest_link(struct mir_store *store,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    mirsal_id subject;
    int may = 1;
    int component = 0;
    mirsal_code rc = MIRSAL_OK;
    const char *relation = mir_rows_code(row, "rel");
    if (!mir_row_is_out(row->row.withdrawn) &&
        (strcmp(relation, "same_as") == 0 || strcmp(relation, "duplicate_of") == 0)) {
        rc = mir_rows_ref(&subject, store, row, "a", err);
        if (rc == MIRSAL_OK) {
            rc = mir_tally_may_decide(&may, store, &row->author, &subject, err);
        }
    }
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, row->row.table->type, "rel");
    const struct mir_review item = {
        .record = row->row.id,
        .kind = MIR_REVIEW_SUGGESTION,
        .field = field == NULL ? 0 : field->id,
    };
    return rc == MIRSAL_OK ? mir_touch_review(NULL, store, &item, !may, err) : rc;
}

static mirsal_code suggest_links(struct settling *settling, mirsal_error *err)
{
    const struct mir_row_set *others = &settling->bearing.others;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < others->numbers.count; i++) {
        if (strcmp(others->rows[i].row.table->type->name, "link") == 0) {
            rc = suggest_link(settling->store, &others->rows[i], err);
        }
    }
    return rc;
}

static mirsal_code settle_some(struct settling *settling, mirsal_error *err)
{
    struct mir_store *store = settling->store;
    struct mir_tally_data data;
    mir_arena_reset(&settling->arena);
    mirsal_code rc = mir_bearing_gather(
        &settling->bearing, &settling->arena, store, settling->rows, settling->count, err);
    if (rc == MIRSAL_OK) {
        rc = mir_tally_read_some(&data, &settling->arena, store, &settling->bearing.incidents,
            &settling->bearing.others, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_figures_save(
            store, &data, &settling->bearing.incidents.numbers, &settling->arena, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_hints(settling, &data, err);
    }
    if (rc == MIRSAL_OK) {
        rc = suggest_links(settling, err);
    }
    return rc == MIRSAL_OK ? end_touched(settling, err) : rc;
}

mirsal_code mir_project_settle(struct mir_store *store, mirsal_error *err)
{
    struct settling settling = { .store = store };
    if (store->projection == NULL) {
        return MIRSAL_OK;
    }
    mir_arena_init(&settling.arena, store->env, MEMORY_MAX);
    mirsal_code rc = read_touched(&settling, err);
    while (rc == MIRSAL_OK && settling.count > 0) {
        rc = settle_some(&settling, err);
        if (rc == MIRSAL_OK) {
            rc = read_touched(&settling, err);
        }
    }
    mir_arena_fini(&settling.arena);
    return rc;
}
