/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/figures.c - what the view of incidents shows of their claims; see the header.
 */
#include "figures.h"

#include "fail.h"
#include "sort.h"

#include <string.h>

/* An incident and what belongs to it, to be listed each once. */
struct pair {
    mirsal_id incident;
    mirsal_id other;
};

struct pairs {
    struct pair *pairs;
    size_t count;
};

static const mirsal_id no_id;

static int compare_pairs(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(struct pair));
}

static mirsal_code begin_pairs(struct pairs *out,
    struct mir_arena *arena,
    size_t room,
    mirsal_error *err)
{
    out->count = 0;
    out->pairs = mir_arena_alloc(arena, room + 1, sizeof *out->pairs);
    return out->pairs == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
}

static void add_pairs(struct pairs *out,
    const mirsal_id *scope,
    size_t count,
    const mirsal_id *other)
{
    for (size_t i = 0; memcmp(other, &no_id, sizeof no_id) != 0 && i < count; i++) {
        out->pairs[out->count++] = (struct pair){ scope[i], *other };
    }
}

/* Sorts; each pair once. */
static void end_pairs(struct pairs *out)
{
    size_t kept = 0;
    mir_sort(out->pairs, out->count, sizeof *out->pairs, compare_pairs, NULL);
    for (size_t i = 0; i < out->count; i++) {
        if (kept == 0 || memcmp(&out->pairs[kept - 1], &out->pairs[i], sizeof *out->pairs) != 0) {
            out->pairs[kept++] = out->pairs[i];
        }
    }
    out->count = kept;
}

static mirsal_code list_actors(struct pairs *out,
    struct mir_arena *arena,
    const struct mir_tally_input *input,
    mirsal_error *err)
{
    size_t room = 0;
    for (size_t i = 0; i < input->attribution_count; i++) {
        room += input->attributions[i].scope_count;
    }
    mirsal_code rc = begin_pairs(out, arena, room, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < input->attribution_count; i++) {
        const struct mir_tally_attribution *attribution = &input->attributions[i];
        if (attribution->perpetrator && !attribution->retracted) {
            add_pairs(out, attribution->scope, attribution->scope_count, &attribution->actor);
        }
    }
    if (rc == MIRSAL_OK) {
        end_pairs(out);
    }
    return rc;
}

static mirsal_code list_sources(struct pairs *out,
    struct mir_arena *arena,
    const struct mir_tally_input *input,
    mirsal_error *err)
{
    size_t room = 0;
    for (size_t i = 0; i < input->claim_count; i++) {
        room += input->claims[i].scope_count;
    }
    mirsal_code rc = begin_pairs(out, arena, room, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < input->claim_count; i++) {
        const struct mir_tally_claim *claim = &input->claims[i];
        if (!claim->retracted) {
            add_pairs(out, claim->scope, claim->scope_count, &claim->root);
        }
    }
    if (rc == MIRSAL_OK) {
        end_pairs(out);
    }
    return rc;
}

/* Binds the ids that belong to the incident, one after another; null for none. */
static mirsal_code bind_ids(sqlite3_stmt *save,
    int at,
    struct mir_buf *ids,
    const struct pairs *pairs,
    const mirsal_id *incident,
    mirsal_error *err)
{
    size_t low = 0;
    size_t high = pairs->count;
    mir_buf_reset(ids);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(&pairs->pairs[middle].incident, incident, sizeof *incident) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (;
         low < pairs->count && memcmp(&pairs->pairs[low].incident, incident, sizeof *incident) == 0;
         low++) {
        mir_buf_append(ids, pairs->pairs[low].other.bytes, sizeof pairs->pairs[low].other.bytes);
    }
    mirsal_code rc = mir_buf_finish(ids, err);
    if (rc == MIRSAL_OK && ids->size > 0) {
        mir_sql_bind_blob(save, at, ids->data, ids->size);
    }
    return rc;
}

static void bind_figure(sqlite3_stmt *save, int at, const struct mir_tally_figure *figure)
{
    mir_sql_bind_int(save, at, (int64_t)figure->min);
    if (figure->has_best) {
        mir_sql_bind_int(save, at + 1, (int64_t)figure->best);
    }
    if (!figure->open) {
        mir_sql_bind_int(save, at + 2, (int64_t)figure->max);
    }
}

/* Is anything said of this? A figure of nothing is 0 to 0 and closed. */
static int is_stated(const struct mir_tally_figure *figure)
{
    return figure->min > 0 || figure->max > 0 || figure->open || figure->has_best;
}

struct saving {
    struct mir_store *store;
    struct pairs actors;
    struct pairs sources;
    struct mir_buf ids[2];
};

static mirsal_code save_incident(struct saving *saving,
    int64_t number,
    const mirsal_id *id,
    const struct mir_tally_row *row,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR REPLACE INTO figures (no, killed_min, killed_best, killed_max, wounded_min,"
        " wounded_best, wounded_max, actors, sources) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    sqlite3_stmt *save = NULL;
    mirsal_code rc = mir_sql_prepare(&save, saving->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(save, 1, number);
    for (int i = 0; row != NULL && i < MIR_TALLY_OUTCOMES; i++) {
        const struct mir_tally_figure *figure = &row->figures[i][MIR_TALLY_TOTAL];
        if (is_stated(figure)) {
            bind_figure(save, 2 + 3 * i, figure);
        }
    }
    rc = bind_ids(save, 8, &saving->ids[0], &saving->actors, id, err);
    if (rc == MIRSAL_OK) {
        rc = bind_ids(save, 9, &saving->ids[1], &saving->sources, id, err);
    }
    if (rc != MIRSAL_OK) {
        mir_sql_release(save);
        return rc;
    }
    return mir_sql_done(saving->store->sql, save, err);
}

static mirsal_code save_all(struct saving *saving,
    const struct mir_tally *tally,
    const struct mir_tally_data *data,
    const struct mir_row_numbers *incidents,
    struct mir_arena *arena,
    mirsal_error *err)
{
    const struct mir_tally_row **rows = mir_arena_alloc(arena, incidents->count + 1, sizeof *rows);
    if (rows == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < tally->row_count; i++) {
        uint32_t code = tally->rows[i].codes[MIR_TALLY_BY_PLACE];
        if (code > 0 && code <= incidents->count) {
            rows[code - 1] = &tally->rows[i];
        }
    }
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < incidents->count; i++) {
        rc = save_incident(
            saving, incidents->numbers[i], &data->input.incidents[i].id, rows[i], err);
    }
    return rc;
}

mirsal_code mir_figures_save(struct mir_store *store,
    const struct mir_tally_data *data,
    const struct mir_row_numbers *incidents,
    struct mir_arena *arena,
    mirsal_error *err)
{
    static const enum mir_tally_dimension by[] = { MIR_TALLY_BY_PLACE };
    const struct mir_tally_query query = { .by = by, .by_count = 1 };
    struct saving saving = { .store = store };
    struct mir_tally tally = { 0 };
    mir_buf_init(&saving.ids[0], store->env, (size_t)16 << 20);
    mir_buf_init(&saving.ids[1], store->env, (size_t)16 << 20);
    mirsal_code rc = mir_tally_evaluate(&tally, &data->input, &query, store->env, err);
    if (rc == MIRSAL_OK) {
        rc = list_actors(&saving.actors, arena, &data->input, err);
    }
    if (rc == MIRSAL_OK) {
        rc = list_sources(&saving.sources, arena, &data->input, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_all(&saving, &tally, data, incidents, arena, err);
    }
    mir_tally_fini(&tally);
    mir_buf_fini(&saving.ids[0]);
    mir_buf_fini(&saving.ids[1]);
    return rc;
}
