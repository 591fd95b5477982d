/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_tally.c - tally (answers.h): figures by the model, from what store reads, with
 * the records behind each number and what they were computed from.
 */
#include "answers.h"

#include "dates.h"
#include "fail.h"
#include "json_out.h"
#include "members.h"
#include "pack.h"
#include "reach.h"
#include "tally.h"
#include "tallyread.h"
#include "tell.h"
#include "text.h"

#include <string.h>

static const char *const dimension_names[MIR_TALLY_DIMENSIONS] = {
    [MIR_TALLY_BY_PLACE] = "place",
    [MIR_TALLY_BY_GOVERNORATE] = "governorate",
    [MIR_TALLY_BY_EVENT_TYPE] = "event_type",
    [MIR_TALLY_BY_MONTH] = "month",
    [MIR_TALLY_BY_GRADING] = "grading",
    [MIR_TALLY_BY_ACTOR] = "actor",
    [MIR_TALLY_BY_SOURCE] = "source",
};
static const char *const outcome_names[MIR_TALLY_OUTCOMES] = { "killed", "wounded" };

#define GRADINGS_MAX 32u

struct request {
    const struct mir_answer_tally *given;
    struct mir_tally_query query;
    enum mir_tally_dimension by[MIR_TALLY_DIMENSIONS];
    struct mir_tally_filter filter;
    uint32_t gradings[GRADINGS_MAX];
};

static mirsal_code parse_by(struct request *request, const char *text, mirsal_error *err)
{
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, ",");
        size_t found = 0;
        while (
            found < MIR_TALLY_DIMENSIONS && (strlen(dimension_names[found]) != size ||
                                                memcmp(dimension_names[found], text, size) != 0)) {
            found++;
        }
        for (size_t i = 0; i < request->query.by_count; i++) {
            found = request->by[i] == found ? MIR_TALLY_DIMENSIONS : found;
        }
        if (found == MIR_TALLY_DIMENSIONS) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, "by",
                "by takes place, governorate, actor, source, event_type, month, grading");
        }
        request->by[request->query.by_count++] = (enum mir_tally_dimension)found;
        text += size;
        text += *text == ',';
    }
    request->query.by = request->by;
    return MIRSAL_OK;
}

/* Codes of the vocabulary grading; "none" is an incident without one. */
static mirsal_code parse_gradings(struct request *request,
    const struct mir_schema *schema,
    const char *text,
    mirsal_error *err)
{
    const struct mir_schema_vocabulary *vocabulary =
        mir_schema_vocabulary_by_name(schema, "grading");
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, ",");
        const struct mir_schema_code *code =
            vocabulary == NULL ? NULL : mir_schema_code_by_text(vocabulary, text, size);
        int none = size == 4 && memcmp(text, "none", 4) == 0;
        if ((code == NULL && !none) || request->filter.grading_count == GRADINGS_MAX) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, "grading", "no such grading");
        }
        request->gradings[request->filter.grading_count++] = code == NULL ? 0 : code->id;
        text += size;
        text += *text == ',';
    }
    request->filter.gradings = request->gradings;
    return MIRSAL_OK;
}

static mirsal_code parse_day(int32_t *first,
    int32_t *last,
    int *has,
    const char *name,
    const char *text,
    mirsal_error *err)
{
    struct mir_period period = { 0 };
    *has = text != NULL;
    if (text != NULL && !mir_period_parse(&period, text, strlen(text))) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is not a date", name);
    }
    *first = period.first;
    *last = period.last;
    return MIRSAL_OK;
}

static mirsal_code parse_request(struct request *request,
    const struct mir_store *store,
    const struct mir_answer_tally *given,
    mirsal_error *err)
{
    int32_t unused = 0;
    memset(request, 0, sizeof *request);
    request->given = given;
    request->filter.where = given->where;
    mirsal_code rc = parse_by(request, given->by, err);
    if (rc == MIRSAL_OK) {
        rc = parse_gradings(request, store->schema, given->grading, err);
    }
    if (rc == MIRSAL_OK) {
        rc = parse_day(
            &request->query.since, &unused, &request->query.has_since, "since", given->since, err);
    }
    if (rc == MIRSAL_OK) {
        rc = parse_day(
            &unused, &request->query.until, &request->query.has_until, "until", given->until, err);
    }
    return rc;
}

static void write_optional(struct mir_buf *out, const char *key, const char *text)
{
    mir_json_key(out, key);
    if (text == NULL) {
        mir_json_null(out);
    } else {
        mir_json_text(out, text);
    }
}

static mirsal_code write_head(struct mir_buf *out,
    const struct request *request,
    struct mir_store *store,
    mirsal_error *err)
{
    mirsal_hash digest = { 0 };
    uint8_t frontier[16];
    char text[33];
    int has = 0;
    mirsal_code rc = mir_store_digest(&digest, &has, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_reach_frontier(frontier, store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_key(out, "query");
    mir_json_open(out, '{');
    write_optional(out, "by", request->given->by);
    write_optional(out, "since", request->given->since);
    write_optional(out, "until", request->given->until);
    write_optional(out, "where", request->given->where);
    write_optional(out, "grading", request->given->grading);
    mir_json_close(out, '}');
    mir_json_key(out, "as_of");
    mir_json_open(out, '{');
    mir_json_key(out, "digest");
    if (has) {
        mir_json_hash(out, &digest);
    } else {
        mir_json_null(out);
    }
    mir_hex_encode(text, frontier, sizeof frontier);
    write_optional(out, "frontier", text);
    mir_json_close(out, '}');
    mir_json_key(out, "policy");
    mir_json_hash(out, &store->membership->schema.hash);
    return MIRSAL_OK;
}

/* The keys min, best, max, open. */
static void write_range(struct mir_buf *out, const struct mir_tally_figure *figure)
{
    mir_json_key(out, "min");
    mir_json_uint(out, figure->min);
    mir_json_key(out, "best");
    if (figure->has_best) {
        mir_json_uint(out, figure->best);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "max");
    if (figure->open) {
        mir_json_null(out);
    } else {
        mir_json_uint(out, figure->max);
    }
    mir_json_key(out, "open");
    mir_json_bool(out, figure->open);
}

static void write_figures(struct mir_buf *out, struct mir_tally_figure (*figures)[MIR_TALLY_GROUPS])
{
    for (size_t outcome = 0; outcome < MIR_TALLY_OUTCOMES; outcome++) {
        mir_json_key(out, outcome_names[outcome]);
        mir_json_open(out, '{');
        write_range(out, &figures[outcome][MIR_TALLY_TOTAL]);
        for (size_t group = MIR_TALLY_TOTAL + 1; group < MIR_TALLY_GROUPS; group++) {
            mir_json_key(out, mir_tally_group_name((enum mir_tally_group)group));
            mir_json_open(out, '{');
            write_range(out, &figures[outcome][group]);
            mir_json_close(out, '}');
        }
        mir_json_close(out, '}');
    }
}

static void write_ids(struct mir_buf *out, const char *key, const mirsal_id *ids, size_t count)
{
    mir_json_key(out, key);
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        mir_json_item(out);
        mir_json_uuid(out, &ids[i]);
    }
    mir_json_close(out, ']');
}

/* A name of an actor in English, or the first; of a source the one it is known by. */
static struct mir_bytes name_of(const struct mir_record *record, const struct mir_schema *schema)
{
    static const char *const fields[] = { "public_name", "public_alias", "display_name" };
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, record->type);
    struct mir_bytes name = { NULL, 0 };
    int component = -1;
    for (size_t i = 0; type != NULL && i < record->register_count; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(schema, record->registers[i].field);
        struct mir_reader reader;
        if (field == NULL || field->shape.kind != MIR_KIND_NAMES) {
            continue;
        }
        mir_reader_init(&reader, record->registers[i].key.data, record->registers[i].key.size);
        (void)mir_packed_next(&reader);
        struct mir_bytes language = mir_packed_next(&reader).bytes;
        struct mir_bytes text = mir_packed_next(&reader).bytes;
        if (language.size == 2 && memcmp(language.data, "en", 2) == 0) {
            return text;
        }
        name = name.size == 0 ? text : name;
    }
    for (size_t i = 0; type != NULL && name.size == 0 && i < 3; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_name(&component, type, fields[i]);
        const struct mir_shown *shown =
            field == NULL ? NULL
                          : mir_record_find(record, field->id, (struct mir_bytes){ NULL, 0 });
        name = shown == NULL ? name : mir_packed_of(shown->value).bytes;
    }
    return name;
}

static mirsal_code write_named(struct mir_buf *out,
    struct mir_tell *tell,
    const char *key,
    const mirsal_id *id,
    mirsal_error *err)
{
    static const mirsal_id nobody;
    struct mir_record record = { 0 };
    mirsal_code rc = MIRSAL_OK;
    char id_key[32];
    mir_json_key(out, key);
    if (memcmp(id, &nobody, sizeof nobody) == 0) {
        mir_json_null(out);
        return MIRSAL_OK;
    }
    uint32_t type = 0;
    rc = mir_read_type(&type, tell->work.store, id, err);
    if (rc == MIRSAL_OK && type != 0) {
        rc = mir_read_record(&record, &tell->work.arena, tell->work.store, id, err);
    }
    struct mir_bytes name = name_of(&record, tell->work.store->schema);
    if (name.size > 0) {
        mir_json_bytes(out, name);
    } else {
        mir_json_uuid(out, id);
    }
    size_t size = strlen(key);
    memcpy(id_key, key, size);
    memcpy(id_key + size, "_id", 4);
    mir_json_key(out, id_key);
    mir_json_uuid(out, id);
    return rc;
}

/* A code's text; null, or what stands for it, where there is none. */
static mirsal_code write_code(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_tally_data *data,
    enum mir_tally_dimension dimension,
    uint32_t code,
    mirsal_error *err)
{
    mir_buf_reset(&tell->work.scratch);
    mirsal_code rc =
        mir_tally_code_text(&tell->work.scratch, tell->work.store, data, dimension, code, err);
    if (rc == MIRSAL_OK && tell->work.scratch.size == 0) {
        mir_json_null(out);
    } else if (rc == MIRSAL_OK) {
        mir_json_bytes(out, mir_buf_bytes(&tell->work.scratch));
    }
    return rc;
}

static mirsal_code write_groups(struct mir_buf *out,
    struct mir_tell *tell,
    const struct request *request,
    const struct mir_tally_data *data,
    const struct mir_tally_row *row,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < request->query.by_count && rc == MIRSAL_OK; i++) {
        enum mir_tally_dimension dimension = request->by[i];
        const char *key = dimension_names[dimension];
        if (dimension == MIR_TALLY_BY_ACTOR) {
            rc = write_named(out, tell, key, &row->actor, err);
        } else if (dimension == MIR_TALLY_BY_SOURCE) {
            rc = write_named(out, tell, key, &row->source, err);
        } else {
            mir_json_key(out, key);
            rc = write_code(out, tell, data, dimension, row->codes[dimension], err);
        }
    }
    return rc;
}

static mirsal_code write_gradings(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_tally_data *data,
    const struct mir_tally_row *row,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, "gradings");
    mir_json_open(out, '{');
    for (size_t i = 0; i < row->grading_count && rc == MIRSAL_OK; i++) {
        char key[64] = "none";
        mir_buf_reset(&tell->work.scratch);
        rc = mir_tally_code_text(&tell->work.scratch, tell->work.store, data, MIR_TALLY_BY_GRADING,
            row->gradings[i].code, err);
        size_t size = tell->work.scratch.size;
        if (size > 0 && size < sizeof key) {
            memcpy(key, tell->work.scratch.data, size);
            key[size] = '\0';
        }
        mir_json_key(out, key);
        mir_json_uint(out, row->gradings[i].incidents);
    }
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code write_row(struct mir_buf *out,
    struct mir_tell *tell,
    const struct request *request,
    const struct mir_tally_data *data,
    struct mir_tally_row *row,
    mirsal_error *err)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    mirsal_code rc = write_groups(out, tell, request, data, row, err);
    mir_json_key(out, "incidents");
    mir_json_uint(out, row->incidents);
    mir_json_key(out, "without_figures");
    mir_json_uint(out, row->without_figures);
    write_figures(out, row->figures);
    mir_json_key(out, "sole");
    mir_json_open(out, '{');
    mir_json_key(out, "incidents");
    mir_json_uint(out, row->sole.incidents);
    write_figures(out, row->sole.figures);
    mir_json_close(out, '}');
    if (rc == MIRSAL_OK) {
        rc = write_gradings(out, tell, data, row, err);
    }
    write_ids(out, "ids", row->ids, row->id_count);
    write_ids(out, "claims", row->claims, row->claim_count);
    mir_json_close(out, '}');
    return rc;
}

/* A day of a toll; *has = 0 where it says none. */
static int32_t day_of(int *has,
    const struct mir_record *record,
    const struct mir_schema *schema,
    const char *name)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, record->type);
    int component = -1;
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, name);
    const struct mir_shown *shown =
        field == NULL ? NULL : mir_record_find(record, field->id, (struct mir_bytes){ NULL, 0 });
    struct mir_packed item = { 0 };
    if (shown != NULL) {
        item = mir_packed_of(shown->value);
    }
    *has = item.kind == MIR_PACKED_INT;
    return (int32_t)item.number;
}

/* Sources' own tolls whose days meet the period. */
static mirsal_code write_tolls(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_tally_query *query,
    mirsal_error *err)
{
    struct mir_store *store = tell->work.store;
    const struct mir_schema_type *type = mir_schema_type_by_name(store->schema, "toll");
    struct mir_items items = { 0 };
    struct mir_list list = { .type = type == NULL ? 0 : type->id };
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, "tolls");
    mir_json_open(out, '[');
    if (type != NULL) {
        rc = mir_list(&items, &tell->kept, store, &list, err);
    }
    for (size_t i = 0; i < items.count && rc == MIRSAL_OK; i++) {
        struct mir_record record = { 0 };
        int has_from = 0;
        int has_to = 0;
        mir_work_reset(&tell->work);
        rc = mir_read_record(&record, &tell->work.arena, store, &items.items[i].id, err);
        int32_t from = day_of(&has_from, &record, store->schema, "from");
        int32_t to = day_of(&has_to, &record, store->schema, "to");
        if (rc != MIRSAL_OK || (query->has_since && has_to && to < query->since) ||
            (query->has_until && has_from && from > query->until)) {
            continue;
        }
        mir_json_item(out);
        mir_json_open(out, '{');
        rc = mir_record_write(out, &tell->form, &record, err);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    return rc;
}

static mirsal_code write_tally(struct mir_buf *out,
    struct mir_tell *tell,
    const struct request *request,
    const struct mir_tally_data *data,
    mirsal_error *err)
{
    struct mir_tally tally = { 0 };
    mirsal_code rc =
        mir_tally_evaluate(&tally, &data->input, &request->query, tell->work.store->env, err);
    mir_json_open(out, '{');
    if (rc == MIRSAL_OK) {
        rc = write_head(out, request, tell->work.store, err);
    }
    mir_json_key(out, "rows");
    mir_json_open(out, '[');
    for (size_t i = 0; i < tally.row_count && rc == MIRSAL_OK; i++) {
        rc = write_row(out, tell, request, data, &tally.rows[i], err);
    }
    mir_json_close(out, ']');
    write_ids(out, "boundary", tally.boundary, tally.boundary_count);
    if (rc == MIRSAL_OK) {
        rc = write_tolls(out, tell, &request->query, err);
    }
    mir_json_close(out, '}');
    mir_tally_fini(&tally);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

mirsal_code mir_answer_tally(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_answer_tally *tally,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_arena read = { 0 };
    struct mir_tally_data data = { 0 };
    struct request request;
    mirsal_code rc = parse_request(&request, store, tally, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_tell_begin(&tell, store, NULL, NULL);
    mir_arena_init(&read, store->env, (size_t)1 << 30);
    rc = mir_tally_read(&data, &read, store, &request.filter, err);
    if (rc == MIRSAL_OK) {
        rc = write_tally(out, &tell, &request, &data, err);
    }
    mir_arena_fini(&read);
    mir_tell_end(&tell);
    return rc;
}
