/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/hints.c - after a batch of applies: figures, hints and suggestions of what was touched.
 *
 * An incident's figures and hints hang on its claims, on the incidents that those claims cover too
 * and on its links. So what was touched is read with its neighbours, and only the touched incidents
 * are saved anew. When they are
 * a good part of the store, reading everything is cheaper.
 */
#include "project.h"

#include "fail.h"
#include "figures.h"
#include "hint.h"
#include "policy.h"
#include "tallylinks.h"
#include "touch.h"

#include <string.h>

#define TOUCHED_FEW  100   /* up to these, never all of the store */
#define TOUCHED_MANY 20000 /* from these, always */

struct settling {
    struct mir_store *store;
    struct mir_arena arena;
    struct mir_row_numbers incidents; /* the touched ones first */
    size_t fresh_count;
    struct mir_row_numbers others;
    struct mir_row_numbers links; /* touched */
};

static mirsal_code add_incident(struct settling *settling, const mirsal_id *id, mirsal_error *err)
{
    struct mir_row row;
    mirsal_code rc = mir_projection_find_any(&row, settling->store, id, err);
    if (rc != MIRSAL_OK || row.table == NULL || strcmp(row.table->type->name, "incident") != 0) {
        return rc;
    }
    return mir_rows_add(&settling->incidents, &settling->arena, row.no, err);
}

static mirsal_code add_refs(struct settling *settling,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err)
{
    mirsal_id *ids = NULL;
    size_t count = 0;
    mirsal_code rc =
        mir_rows_refs(&ids, &count, &settling->arena, settling->store, row, field, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = add_incident(settling, &ids[i], err);
    }
    return rc;
}

/* The incidents that a touched record bears on. */
static mirsal_code add_touched(struct settling *settling, const mirsal_id *id, mirsal_error *err)
{
    struct mir_full_row row;
    int64_t number = 0;
    mirsal_code rc = mir_rows_find(&number, settling->store, id, err);
    if (rc != MIRSAL_OK || number == 0) {
        return rc;
    }
    rc = mir_rows_read(&row, &settling->arena, settling->store, number, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const char *type = row.row.table->type->name;
    if (strcmp(type, "incident") == 0) {
        return mir_rows_add(&settling->incidents, &settling->arena, number, err);
    }
    if (strcmp(type, "casualty") == 0 || strcmp(type, "attribution") == 0) {
        return add_refs(settling, &row, "scope", err);
    }
    if (strcmp(type, "assessment") == 0) {
        return add_refs(settling, &row, "subject", err);
    }
    if (strcmp(type, "link") == 0) {
        rc = mir_rows_add(&settling->links, &settling->arena, number, err);
        if (rc == MIRSAL_OK) {
            rc = add_refs(settling, &row, "a", err);
        }
        return rc == MIRSAL_OK ? add_refs(settling, &row, "b", err) : rc;
    }
    return MIRSAL_OK;
}

static mirsal_code read_touched(mirsal_id **out,
    size_t *count,
    struct settling *settling,
    mirsal_error *err)
{
    static const char text[] = "SELECT record, count(*) OVER () FROM touched";
    sqlite3_stmt *find = NULL;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, settling->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (;;) {
        int row = 0;
        rc = mir_sql_step(&row, settling->store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_bytes id = mir_sql_column(find, 0);
        if (*out == NULL) {
            *out = mir_arena_alloc(
                &settling->arena, (size_t)mir_sql_column_int(find, 1), sizeof **out);
        }
        if (*out == NULL || id.size != sizeof(mirsal_id)) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            break;
        }
        memcpy((*out)[(*count)++].bytes, id.data, id.size);
    }
    mir_sql_release(find);
    return rc;
}

/* Everything there is. */
static mirsal_code gather_all(struct settling *settling, mirsal_error *err)
{
    static const char *const types[] = { "casualty", "attribution", "assessment", "link" };
    struct mir_store *store = settling->store;
    mirsal_code rc = mir_rows_all(&settling->incidents, &settling->arena, store, "incident", err);
    for (size_t i = 0; rc == MIRSAL_OK && i < sizeof types / sizeof types[0]; i++) {
        rc = mir_rows_all(&settling->others, &settling->arena, store, types[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_rows_all(&settling->links, &settling->arena, store, "link", err);
    }
    settling->fresh_count = settling->incidents.count;
    return rc;
}

static int is_fresh(const struct settling *settling, int64_t number)
{
    return mir_rows_place(&settling->incidents, number) < settling->fresh_count;
}

/* The other ends of links on touched incidents. Every link is read with them. */
static mirsal_code add_linked(struct settling *settling, mirsal_error *err)
{
    struct mir_row_numbers links = { 0 };
    mirsal_code rc = mir_rows_all(&links, &settling->arena, settling->store, "link", err);
    for (size_t i = 0; rc == MIRSAL_OK && i < links.count; i++) {
        struct mir_full_row row;
        mirsal_id ends[2];
        int64_t numbers[2] = { 0, 0 };
        rc = mir_rows_read(&row, &settling->arena, settling->store, links.numbers[i], err);
        for (int j = 0; rc == MIRSAL_OK && j < 2; j++) {
            rc = mir_rows_ref(&ends[j], settling->store, &row, j == 0 ? "a" : "b", err);
            if (rc == MIRSAL_OK) {
                rc = mir_rows_find(&numbers[j], settling->store, &ends[j], err);
            }
        }
        if (rc != MIRSAL_OK ||
            !(is_fresh(settling, numbers[0]) || is_fresh(settling, numbers[1]))) {
            continue;
        }
        rc = mir_rows_add(&settling->others, &settling->arena, links.numbers[i], err);
        for (int j = 0; rc == MIRSAL_OK && j < 2; j++) {
            rc = add_incident(settling, &ends[j], err);
        }
    }
    return rc;
}

/* The incidents that claims on touched incidents cover too. */
static mirsal_code add_covered(struct settling *settling, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < settling->fresh_count; i++) {
        struct mir_row_numbers children = { 0 };
        mirsal_id id;
        rc = mir_projection_id(&id, settling->store, settling->incidents.numbers[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_rows_children(&children, &settling->arena, settling->store, &id, err);
        }
        for (size_t j = 0; rc == MIRSAL_OK && j < children.count; j++) {
            struct mir_full_row row;
            rc = mir_rows_read(&row, &settling->arena, settling->store, children.numbers[j], err);
            if (rc == MIRSAL_OK && strcmp(row.row.table->type->name, "casualty") == 0) {
                rc = add_refs(settling, &row, "scope", err);
            }
        }
    }
    return rc;
}

static mirsal_code gather_touched(struct settling *settling,
    const mirsal_id *touched,
    size_t count,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = add_touched(settling, &touched[i], err);
    }
    settling->fresh_count = settling->incidents.count;
    if (rc == MIRSAL_OK && settling->fresh_count > 0) {
        rc = add_linked(settling, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_covered(settling, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < settling->incidents.count; i++) {
        mirsal_id id;
        rc = mir_projection_id(&id, settling->store, settling->incidents.numbers[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_rows_children(&settling->others, &settling->arena, settling->store, &id, err);
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

/* Hints of touched incidents; data's incidents are in the order of settling's. */
static mirsal_code save_hints(struct settling *settling,
    const struct mir_tally_data *data,
    mirsal_error *err)
{
    struct mir_hints hints = { 0 };
    mirsal_code rc = mir_hints_find(&hints, &data->input, settling->store->env, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < settling->fresh_count; i++) {
        rc = drop_hints(settling->store, &data->input.incidents[i].id, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < hints.count; i++) {
        int64_t number = 0;
        rc = mir_rows_find(&number, settling->store, &hints.items[i].incident, err);
        if (rc == MIRSAL_OK && is_fresh(settling, number)) {
            rc = save_hint(settling->store, &hints.items[i], err);
        }
    }
    mir_hints_fini(&hints);
    return rc;
}

/* merge.md 7: a link that says two are one, by somebody who may only suggest it. */
static mirsal_code suggest_link(struct settling *settling, int64_t number, mirsal_error *err)
{
    struct mir_full_row row;
    mirsal_id subject;
    int may = 1;
    mirsal_code rc = mir_rows_read(&row, &settling->arena, settling->store, number, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const char *relation = mir_rows_code(&row, "rel");
    if (!mir_row_is_out(row.row.withdrawn) &&
        (strcmp(relation, "same_as") == 0 || strcmp(relation, "duplicate_of") == 0)) {
        rc = mir_rows_ref(&subject, settling->store, &row, "a", err);
        if (rc == MIRSAL_OK) {
            rc = mir_tally_may_decide(&may, settling->store, &row.author, &subject, err);
        }
    }
    int component = 0;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, row.row.table->type, "rel");
    const struct mir_review item = {
        .record = row.row.id,
        .kind = MIR_REVIEW_SUGGESTION,
        .field = field == NULL ? 0 : field->id,
    };
    return rc == MIRSAL_OK ? mir_touch_review(NULL, settling->store, &item, !may, err) : rc;
}

static mirsal_code save_settled(struct settling *settling, mirsal_error *err)
{
    struct mir_tally_data data;
    uint8_t *fresh = mir_arena_alloc(&settling->arena, settling->incidents.count + 1, 1);
    if (fresh == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(fresh, 1, settling->fresh_count);
    mirsal_code rc = mir_tally_read_some(
        &data, &settling->arena, settling->store, &settling->incidents, &settling->others, err);
    if (rc == MIRSAL_OK) {
        rc = mir_figures_save(
            settling->store, &data, &settling->incidents, fresh, &settling->arena, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_hints(settling, &data, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < settling->links.count; i++) {
        rc = suggest_link(settling, settling->links.numbers[i], err);
    }
    return rc;
}

/* Reading all costs about a third for each record of what reading some does. */
static mirsal_code is_all_cheaper(int *all,
    struct mir_store *store,
    size_t touched,
    mirsal_error *err)
{
    static const char text[] = "SELECT counter FROM projected";
    sqlite3_stmt *find = NULL;
    int row = 0;
    *all = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, find, err);
    }
    if (rc == MIRSAL_OK && row) {
        *all = touched > TOUCHED_FEW &&
               (touched > TOUCHED_MANY || mir_sql_column_int(find, 0) / 3 < (int64_t)touched);
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_project_settle(struct mir_store *store, mirsal_error *err)
{
    struct settling settling = { .store = store };
    mirsal_id *touched = NULL;
    size_t count = 0;
    int all = 0;
    if (store->projection == NULL) {
        return MIRSAL_OK;
    }
    mir_arena_init(&settling.arena, store->env, (size_t)1 << 30);
    mirsal_code rc = read_touched(&touched, &count, &settling, err);
    if (rc == MIRSAL_OK && count > 0) {
        rc = is_all_cheaper(&all, store, count, err);
        if (rc == MIRSAL_OK) {
            rc = all ? gather_all(&settling, err) : gather_touched(&settling, touched, count, err);
        }
        if (rc == MIRSAL_OK) {
            rc = save_settled(&settling, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_sql_run(store->sql, "DELETE FROM touched", err);
        }
    }
    mir_arena_fini(&settling.arena);
    return rc;
}
