/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tallyread.c - from the tables to the input of a tally; see the header.
 */
#include "tallyread.h"

#include "fail.h"
#include "list.h"
#include "parts.h"
#include "shows.h"
#include "sort.h"
#include "tallyclaims.h"

#include <string.h>

static const mirsal_id no_id;

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_id));
}

/* The number of a place among those found; they are sorted at the end. */
struct place_of {
    mirsal_id place;
    mirsal_id governorate;
};

/* A place's governorate: the one it names, or itself when it is one. */
static mirsal_code find_governorate(mirsal_id *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *place,
    mirsal_error *err)
{
    struct mir_full_row row;
    int64_t number = 0;
    *out = no_id;
    if (memcmp(place, &no_id, sizeof no_id) == 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_rows_find(&number, store, place, err);
    if (rc != MIRSAL_OK || number == 0) {
        return rc;
    }
    rc = mir_rows_read(&row, arena, store, number, err);
    if (rc == MIRSAL_OK) {
        rc = mir_rows_ref(out, store, &row, "admin1", err);
    }
    if (rc == MIRSAL_OK && memcmp(out, &no_id, sizeof no_id) == 0 &&
        strcmp(mir_rows_code(&row, "kind"), "governorate") == 0) {
        *out = *place;
    }
    return rc;
}

static uint32_t month_of(int32_t day)
{
    /* As mir_shows_day counts, without the day. */
    int64_t shifted = (int64_t)day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    month = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (month <= 2 ? 1 : 0);
    return year < 1 ? 0 : (uint32_t)(year * 12 + month - 1);
}

static void describe_incident(struct mir_tally_incident *out, const struct mir_full_row *row)
{
    int64_t start = 0;
    int64_t end = 0;
    int64_t code = 0;
    struct mir_bytes date = mir_rows_cell(row, "date");
    memset(out, 0, sizeof *out);
    out->id = row->row.id;
    out->withdrawn = mir_row_is_out(row->row.withdrawn);
    out->cluster = strcmp(mir_rows_code(row, "kind"), "cluster") == 0;
    out->has_date = mir_part_int(&start, date, 0) && mir_part_int(&end, date, 1) &&
                    start >= INT32_MIN && end <= INT32_MAX && start <= end;
    if (out->has_date) {
        out->date_start = (int32_t)start;
        out->date_end = (int32_t)end;
        out->codes[MIR_TALLY_BY_MONTH] = month_of((int32_t)start);
    }
    out->codes[MIR_TALLY_BY_EVENT_TYPE] =
        mir_rows_int(&code, row, "event_type") ? (uint32_t)code : 0;
    out->codes[MIR_TALLY_BY_GRADING] = mir_rows_int(&code, row, "grading") ? (uint32_t)code : 0;
}

static mirsal_code find_places(struct place_of *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    mirsal_code rc = mir_rows_ref(&out->place, store, row, "place", err);
    return rc == MIRSAL_OK ? find_governorate(&out->governorate, arena, store, &out->place, err)
                           : rc;
}

static uint32_t place_number(const struct mir_tally_data *data, const mirsal_id *id)
{
    size_t low = 0;
    size_t high = data->place_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&data->places[middle], id, sizeof *id);
        if (order == 0) {
            return (uint32_t)middle + 1;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return 0;
}

static mirsal_code number_places(struct mir_tally_data *out,
    struct mir_arena *arena,
    struct mir_tally_incident *incidents,
    const struct place_of *places,
    size_t count,
    mirsal_error *err)
{
    out->places = mir_arena_alloc(arena, count * 2 + 1, sizeof *out->places);
    if (out->places == NULL) {
        return no_memory(err);
    }
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        out->places[total++] = places[i].place;
        out->places[total++] = places[i].governorate;
    }
    mir_sort(out->places, total, sizeof *out->places, compare_ids, NULL);
    for (size_t i = 0; i < total; i++) {
        if (memcmp(&out->places[i], &no_id, sizeof no_id) != 0 &&
            (out->place_count == 0 ||
                memcmp(&out->places[out->place_count - 1], &out->places[i], sizeof no_id) != 0)) {
            out->places[out->place_count++] = out->places[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        incidents[i].codes[MIR_TALLY_BY_PLACE] = place_number(out, &places[i].place);
        incidents[i].codes[MIR_TALLY_BY_GOVERNORATE] = place_number(out, &places[i].governorate);
    }
    return MIRSAL_OK;
}

/* Marks the incidents that the filter leaves out; incidents ascend by id. */
static mirsal_code filter_incidents(struct mir_tally_incident *incidents,
    size_t count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_tally_filter *filter,
    mirsal_error *err)
{
    for (size_t i = 0; filter->grading_count > 0 && i < count; i++) {
        incidents[i].excluded = 1;
        for (size_t j = 0; j < filter->grading_count; j++) {
            if (incidents[i].codes[MIR_TALLY_BY_GRADING] == filter->gradings[j]) {
                incidents[i].excluded = 0;
            }
        }
    }
    const struct mir_schema_type *type =
        mir_schema_type_by_name(store->projection->schema, "incident");
    if (filter->where == NULL || type == NULL) {
        return MIRSAL_OK;
    }
    const struct mir_list list = {
        .type = type->id, .where = filter->where, .sort = "id", .all = 1
    };
    struct mir_items items;
    mirsal_code rc = mir_list(&items, arena, store, &list, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        while (at < items.count &&
               memcmp(&items.items[at].id, &incidents[i].id, sizeof incidents[i].id) < 0) {
            at++;
        }
        if (at == items.count ||
            memcmp(&items.items[at].id, &incidents[i].id, sizeof incidents[i].id) != 0) {
            incidents[i].excluded = 1;
        }
    }
    return MIRSAL_OK;
}

/* Incidents as rows have them. */
static mirsal_code list_incidents(struct mir_tally_incident **out,
    struct mir_arena *arena,
    const struct mir_row_set *rows,
    mirsal_error *err)
{
    *out = mir_arena_alloc(arena, rows->numbers.count + 1, sizeof **out);
    if (*out == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < rows->numbers.count; i++) {
        describe_incident(&(*out)[i], &rows->rows[i]);
    }
    return mir_tally_join_source_ids(*out, arena, rows, err);
}

mirsal_code mir_tally_read(struct mir_tally_data *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_tally_filter *filter,
    mirsal_error *err)
{
    static const char *const types[] = { "casualty", "attribution", "assessment", "link" };
    struct mir_row_set rows = { 0 };
    struct mir_row_set others = { 0 };
    struct mir_tally_incident *incidents = NULL;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_rows_take_all(&rows, arena, store, "incident", err);
    for (size_t i = 0; rc == MIRSAL_OK && i < sizeof types / sizeof types[0]; i++) {
        rc = mir_rows_take_all(&others, arena, store, types[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = list_incidents(&incidents, arena, &rows, err);
    }
    size_t count = rows.numbers.count;
    struct place_of *places = mir_arena_alloc(arena, count + 1, sizeof *places);
    if (rc == MIRSAL_OK && places == NULL) {
        rc = no_memory(err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = find_places(&places[i], arena, store, &rows.rows[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = number_places(out, arena, incidents, places, count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = filter_incidents(incidents, count, arena, store, filter, err);
    }
    out->input.incidents = incidents;
    out->input.incident_count = count;
    return rc == MIRSAL_OK ? mir_tally_read_claims(&out->input, arena, store, &others, err) : rc;
}

mirsal_code mir_tally_read_some(struct mir_tally_data *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_row_set *incidents,
    const struct mir_row_set *others,
    mirsal_error *err)
{
    struct mir_tally_incident *read = NULL;
    memset(out, 0, sizeof *out);
    mirsal_code rc = list_incidents(&read, arena, incidents, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < incidents->numbers.count; i++) {
        memset(read[i].codes, 0, sizeof read[i].codes);
        read[i].codes[MIR_TALLY_BY_PLACE] = (uint32_t)i + 1;
        read[i].has_date = 1;
    }
    out->input.incidents = read;
    out->input.incident_count = incidents->numbers.count;
    return rc == MIRSAL_OK ? mir_tally_read_claims(&out->input, arena, store, others, err) : rc;
}

static void append_code(struct mir_buf *out,
    struct mir_store *store,
    const char *name,
    uint32_t code)
{
    const struct mir_schema_type *type =
        mir_schema_type_by_name(store->projection->schema, "incident");
    int component = 0;
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, name);
    const struct mir_schema_code *found =
        field == NULL || field->shape.vocabulary == NULL
            ? NULL
            : mir_schema_code_by_id(field->shape.vocabulary, code);
    mir_buf_append_text(out, found == NULL ? "" : found->code);
}

mirsal_code mir_tally_code_text(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_tally_data *data,
    enum mir_tally_dimension dimension,
    uint32_t code,
    mirsal_error *err)
{
    if (code == 0) {
        return MIRSAL_OK;
    }
    switch (dimension) {
    case MIR_TALLY_BY_PLACE:
    case MIR_TALLY_BY_GOVERNORATE:
        return code > data->place_count ? MIRSAL_OK
                                        : mir_shows_name(out, store, &data->places[code - 1], err);
    case MIR_TALLY_BY_EVENT_TYPE:
        append_code(out, store, "event_type", code);
        break;
    case MIR_TALLY_BY_MONTH:
        mir_buf_append_format(out, "%04u-%02u", code / 12, code % 12 + 1);
        break;
    case MIR_TALLY_BY_GRADING:
        append_code(out, store, "grading", code);
        break;
    case MIR_TALLY_CODES:
    case MIR_TALLY_BY_SOURCE:
    case MIR_TALLY_DIMENSIONS:
        break;
    }
    return mir_buf_finish(out, err);
}
