/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_records.c - list, search, changes (answers.h).
 */
#include "answers.h"

#include "dates.h"
#include "fail.h"
#include "history.h"
#include "json_out.h"
#include "pack.h"
#include "shadow.h"
#include "tell.h"

#include <string.h>

#define CHANGES_PAGE 1000u
#define DEGREE       INT64_C(10000000)

static mirsal_code parse_period(struct mir_period *out,
    int *has,
    const char *name,
    const char *text,
    mirsal_error *err)
{
    *has = text != NULL;
    if (text != NULL && !mir_period_parse(out, text, strlen(text))) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is not a date", name);
    }
    return MIRSAL_OK;
}

/* count decimal numbers with commas between, as ten-millionths. */
static mirsal_code parse_degrees(int64_t *out,
    size_t count,
    struct mir_tell *tell,
    const char *name,
    const char *text,
    mirsal_error *err)
{
    const struct mir_schema_shape shape = { .kind = MIR_KIND_INT,
        .has_min = 1,
        .has_max = 1,
        .min = -100000 * DEGREE,
        .max = 100000 * DEGREE };
    for (size_t i = 0; i < count; i++) {
        size_t size = strcspn(text, ",");
        struct mir_bytes part = { (const uint8_t *)text, size };
        mir_buf_reset(&tell->work.scratch);
        mirsal_code rc = mir_degrees_text(&tell->work.scratch, &shape, name, part, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        out[i] = mir_packed_of(mir_buf_bytes(&tell->work.scratch)).number;
        text += size;
        if ((i + 1 < count) != (*text == ',')) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s has %zu numbers", name, count);
        }
        text += *text == ',';
    }
    return MIRSAL_OK;
}

static mirsal_code check_area(const struct mir_list *list, mirsal_error *err)
{
    const int64_t lat[] = { list->south, list->north, list->near_lat };
    const int64_t lon[] = { list->west, list->east, list->near_lon };
    for (size_t i = 0; i < 3; i++) {
        if (lat[i] < -90 * DEGREE || lat[i] > 90 * DEGREE || lon[i] < -180 * DEGREE ||
            lon[i] > 180 * DEGREE) {
            const char *name = i < 2 ? "bbox" : "near";
            return mir_fail_field(err, MIRSAL_OUT_OF_RANGE, name, "%s is out of range", name);
        }
    }
    if (list->south > list->north) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "bbox", "bbox is W,S,E,N");
    }
    return list->near_m < 0
               ? mir_fail_field(err, MIRSAL_OUT_OF_RANGE, "near", "near is out of range")
               : MIRSAL_OK;
}

static mirsal_code parse_list(struct mir_list *out,
    struct mir_tell *tell,
    const struct mir_answer_list *list,
    mirsal_error *err)
{
    const struct mir_schema_type *type =
        mir_schema_type_by_name(tell->work.store->schema, list->type);
    struct mir_period since = { 0 };
    struct mir_period until = { 0 };
    int64_t box[4] = { 0 };
    int64_t near_[3] = { 0 };
    if (type == NULL) {
        return mir_fail_field(err, MIRSAL_UNKNOWN_TYPE, "type", "no such record type");
    }
    mirsal_code rc = parse_period(&since, &out->has_since, "since", list->since, err);
    if (rc == MIRSAL_OK) {
        rc = parse_period(&until, &out->has_until, "until", list->until, err);
    }
    if (rc == MIRSAL_OK && list->bbox != NULL) {
        rc = parse_degrees(box, 4, tell, "bbox", list->bbox, err);
    }
    if (rc == MIRSAL_OK && list->near_ != NULL) {
        rc = parse_degrees(near_, 3, tell, "near", list->near_, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->type = type->id;
    out->where = list->where;
    out->since = since.first;
    out->until = until.last;
    out->has_box = list->bbox != NULL;
    out->west = box[0];
    out->south = box[1];
    out->east = box[2];
    out->north = box[3];
    out->has_near = list->near_ != NULL;
    out->near_lat = near_[0];
    out->near_lon = near_[1];
    out->near_m = near_[2] / (DEGREE / 1000);
    out->limit = list->limit;
    out->sort = list->sort;
    out->all = list->all;
    return check_area(out, err);
}

/* shadowed: only what stands in quarantine; *told = lines given. */
static mirsal_code list_line(uint64_t *told,
    struct mir_tell *tell,
    const struct mir_item *item,
    int shadowed,
    mirsal_error *err)
{
    struct mir_record record = { 0 };
    struct mir_buf *out = &tell->line;
    mir_work_reset(&tell->work);
    mirsal_code rc = mir_read_record(&record, &tell->work.arena, tell->work.store, &item->id, err);
    if (rc == MIRSAL_OK && shadowed && record.state != MIR_RECORD_QUARANTINED) {
        return MIRSAL_OK;
    }
    (*told)++;
    if (rc == MIRSAL_OK) {
        rc = mir_tell_record(out, tell, &record, err);
    }
    if (rc == MIRSAL_OK && item->boundary) {
        mir_json_key(out, "boundary");
        mir_json_bool(out, 1);
    }
    mir_json_close(out, '}');
    return rc == MIRSAL_OK ? mir_tell_line(tell, err) : rc;
}

/* Of what is quarantined, in the shadow, as many as are left of the limit. */
static mirsal_code list_items(uint64_t *told,
    struct mir_tell *tell,
    struct mir_arena *found,
    const struct mir_list *list,
    mirsal_error *err)
{
    struct mir_store *store = tell->work.store;
    struct mir_list sought = *list;
    struct mir_items items = { 0 };
    if (store->shadowed) {
        sought.limit = 0;
    }
    mirsal_code rc = mir_list(&items, found, store, &sought, err);
    for (size_t i = 0; i < items.count && rc == MIRSAL_OK; i++) {
        if (list->limit != 0 && *told == list->limit) {
            break;
        }
        rc = list_line(told, tell, &items.items[i], store->shadowed, err);
    }
    return rc;
}

/* What is quarantined comes behind the rest, in the same order among itself. */
mirsal_code mir_answer_list(struct mir_store *store,
    const struct mir_answer_list *list,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_arena found = { 0 };
    struct mir_list parsed = { 0 };
    mir_tell_begin(&tell, store, line, context);
    uint64_t told = 0;
    int any = 0;
    mir_arena_init(&found, store->env, MIR_WORK_MEMORY_MAX);
    mirsal_code rc = parse_list(&parsed, &tell, list, err);
    if (rc == MIRSAL_OK) {
        rc = list_items(&told, &tell, &found, &parsed, err);
    }
    if (rc == MIRSAL_OK && list->all && (list->limit == 0 || told < list->limit)) {
        rc = mir_shadow_begin(&any, store, err);
    }
    if (rc == MIRSAL_OK && any) {
        rc = list_items(&told, &tell, &found, &parsed, err);
        mir_shadow_end(store);
    }
    mir_arena_fini(&found);
    mir_tell_end(&tell);
    return rc;
}

static void put_type(struct mir_buf *out, const struct mir_schema *schema, uint32_t id)
{
    const struct mir_schema_type *type = id == 0 ? NULL : mir_schema_type_by_id(schema, id);
    mir_json_key(out, "type");
    if (type == NULL) {
        mir_json_null(out);
    } else {
        mir_json_text(out, type->name);
    }
}

mirsal_code mir_answer_search(struct mir_store *store,
    const char *text,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_search_hit *hits = NULL;
    size_t count = 0;
    mir_tell_begin(&tell, store, line, context);
    mirsal_code rc = mir_search(&hits, &count, &tell.work.arena, store, text, 0, err);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mir_json_open(&tell.line, '{');
        mir_json_key(&tell.line, "id");
        mir_json_uuid(&tell.line, &hits[i].id);
        put_type(&tell.line, store->schema, hits[i].type);
        mir_json_key(&tell.line, "snippet");
        mir_json_bytes(&tell.line, hits[i].snippet);
        mir_json_close(&tell.line, '}');
        rc = mir_tell_line(&tell, err);
    }
    mir_tell_end(&tell);
    return rc;
}

static mirsal_code parse_cursor(uint64_t *out, const char *text, mirsal_error *err)
{
    *out = 0;
    for (size_t i = 0; text != NULL && text[i] != '\0'; i++) {
        if (text[i] < '0' || text[i] > '9' || i >= 18) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, "since", "no such cursor");
        }
        *out = *out * 10 + (uint64_t)(text[i] - '0');
    }
    return MIRSAL_OK;
}

static mirsal_code change_line(struct mir_tell *tell,
    const struct mir_change *change,
    mirsal_error *err)
{
    const struct mir_schema *schema = tell->work.store->schema;
    struct mir_buf *out = &tell->line;
    mir_json_open(out, '{');
    mir_json_key(out, "cursor");
    mir_buf_append_format(out, "\"%llu\"", (unsigned long long)change->cursor);
    mir_json_key(out, "id");
    mir_json_uuid(out, &change->record);
    put_type(out, schema, change->type);
    mir_json_key(out, "fields");
    mir_json_open(out, '[');
    for (size_t i = 0; i < change->field_count; i++) {
        const struct mir_schema_field *field = mir_schema_field_by_id(schema, change->fields[i]);
        if (field != NULL) {
            mir_json_item(out);
            mir_json_text(out, field->name);
        }
    }
    mir_json_close(out, ']');
    mir_json_key(out, "changeset");
    mir_json_hash(out, &change->changeset);
    mir_json_close(out, '}');
    return mir_tell_line(tell, err);
}

mirsal_code mir_answer_changes(struct mir_store *store,
    const char *since,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_change *changes = NULL;
    size_t count = CHANGES_PAGE;
    uint64_t cursor = 0;
    mir_tell_begin(&tell, store, line, context);
    mirsal_code rc = parse_cursor(&cursor, since, err);
    while (rc == MIRSAL_OK && count == CHANGES_PAGE) {
        mir_work_reset(&tell.work);
        rc = mir_history_changes(
            &changes, &count, &tell.work.arena, store, cursor, CHANGES_PAGE, err);
        for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
            cursor = changes[i].cursor;
            rc = change_line(&tell, &changes[i], err);
        }
    }
    mir_tell_end(&tell);
    return rc;
}
