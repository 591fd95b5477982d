/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_show.c - show (answers.h). A write's reason is the text of a note on the record
 * that its author made in the same transaction (edit.h, resolve).
 */
#include "answers.h"

#include "compartments.h"
#include "fail.h"
#include "history.h"
#include "json_out.h"
#include "pack.h"
#include "review_out.h"
#include "tell.h"
#include "text.h"
#include "timeline.h"
#include "work.h"

#include <string.h>

/* Notes on the record: whose, when, and what they say. */
struct reasons {
    struct reason {
        struct mir_author author;
        struct mir_bytes text;
    } * items;
    size_t count;
};

/* Whence a record of another team came, or null. */
static void write_origin(struct mir_buf *out,
    const struct mir_store *store,
    const struct mir_record *record)
{
    static const char *const keys[] = { "team_id", "name", "record", "source_id", "mode", "handoff",
        "author" };
    const struct mir_shown *shown = mir_work_origin(store, record);
    struct mir_reader reader;
    if (shown == NULL) {
        mir_json_null(out);
        return;
    }
    const struct mir_schema_field *field = mir_schema_field_by_id(store->schema, shown->field);
    mir_reader_init(&reader, shown->value.data, shown->value.size);
    size_t count = mir_packed_next(&reader).count;
    mir_json_open(out, '{');
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && i < field->component_count; i++) {
        struct mir_packed item = { 0 };
        if (i < count) {
            item = mir_packed_next(&reader);
        }
        const struct mir_schema_code *code =
            item.kind == MIR_PACKED_INT
                ? mir_schema_code_by_id(
                      field->components[i].shape.vocabulary, (uint32_t)item.number)
                : NULL;
        mir_json_key(out, keys[i]);
        if (item.kind == MIR_PACKED_TEXT) {
            mir_json_bytes(out, item.bytes);
        } else if (code != NULL) {
            mir_json_text(out, code->code);
        } else {
            mir_json_null(out);
        }
    }
    mir_json_close(out, '}');
}

/* A compartment's name, or its number where this device does not know the name. */
static mirsal_code write_compartment(struct mir_buf *out,
    struct mir_tell *tell,
    uint32_t number,
    mirsal_error *err)
{
    struct mir_bytes name;
    mirsal_code rc = mir_compartment_name(&name, &tell->kept, tell->work.store, number, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (name.size == 0) {
        mir_json_uint(out, number);
    } else {
        mir_json_bytes(out, name);
    }
    return rc;
}

static mirsal_code write_sealed(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_record *record,
    mirsal_error *err)
{
    const uint32_t numbers[] = { record->compartment, 1 };
    mirsal_code rc = MIRSAL_OK;
    if (record->sealed == 0) {
        return rc;
    }
    mir_json_key(out, "sealed");
    mir_json_bool(out, 1);
    mir_json_key(out, "sealed_in");
    mir_json_open(out, '[');
    for (size_t i = 0; i < 2 && rc == MIRSAL_OK; i++) {
        if ((record->sealed & (1 << i)) != 0) {
            mir_json_item(out);
            rc = write_compartment(out, tell, numbers[i], err);
        }
    }
    mir_json_close(out, ']');
    return rc;
}

static mirsal_code write_meta(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_record *record,
    mirsal_error *err)
{
    mir_json_key(out, "meta");
    mir_json_open(out, '{');
    mir_json_key(out, "created");
    mir_json_open(out, '{');
    mirsal_code rc = mir_tell_author(out, tell, &record->created, err);
    if (rc == MIRSAL_OK) {
        rc = mir_tell_bracket(out, tell, record->created.changeset, record->created.stamp, err);
    }
    mir_json_close(out, '}');
    mir_json_key(out, "updated");
    mir_json_open(out, '{');
    if (rc == MIRSAL_OK) {
        rc = mir_tell_author(out, tell, &record->updated, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_tell_bracket(out, tell, record->updated.changeset, record->updated.stamp, err);
    }
    mir_json_close(out, '}');
    mir_json_key(out, "state");
    mir_json_text(out, mir_record_state_name(record->state));
    mir_json_key(out, "origin");
    write_origin(out, tell->work.store, record);
    mir_json_key(out, "custody");
    if (rc == MIRSAL_OK) {
        rc = mir_tell_custody(out, tell, record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_timeline_held(out, tell, record->updated.changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_sealed(out, tell, record, err);
    }
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code keep_reason(struct reasons *reasons,
    const struct mir_record *child,
    const struct mir_schema *schema)
{
    const struct mir_schema_type *note = mir_schema_type_by_name(schema, "note");
    int component = -1;
    const struct mir_schema_field *field = note == NULL || child->type != note->id
                                               ? NULL
                                               : mir_schema_field_by_name(&component, note, "text");
    const struct mir_shown *shown =
        field == NULL ? NULL : mir_record_find(child, field->id, (struct mir_bytes){ NULL, 0 });
    if (shown != NULL) {
        reasons->items[reasons->count++] =
            (struct reason){ child->created, mir_packed_of(shown->value).bytes };
    }
    return MIRSAL_OK;
}

static mirsal_code write_children(struct mir_buf *out,
    struct reasons *reasons,
    struct mir_tell *tell,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_items items = { 0 };
    struct mir_arena *arena = &tell->work.arena;
    mirsal_code rc = mir_read_children(&items, arena, tell->work.store, id, err);
    reasons->items = mir_arena_alloc(arena, items.count + 1, sizeof *reasons->items);
    if (rc == MIRSAL_OK && reasons->items == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_json_key(out, "children");
    mir_json_open(out, '[');
    for (size_t i = 0; i < items.count && rc == MIRSAL_OK; i++) {
        struct mir_record child = { 0 };
        rc = mir_read_record(&child, arena, tell->work.store, &items.items[i].id, err);
        if (rc == MIRSAL_OK) {
            rc = keep_reason(reasons, &child, tell->work.store->schema);
        }
        mir_json_item(out);
        if (rc == MIRSAL_OK) {
            rc = mir_tell_record(out, tell, &child, err);
        }
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    return rc;
}

static mirsal_code write_conflicts(struct mir_buf *out,
    struct mir_tell *tell,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_review *items = NULL;
    size_t count = 0;
    mirsal_code rc =
        mir_review_list(&items, &count, &tell->work.arena, tell->work.store, id, 1, err);
    mir_json_key(out, "conflicts");
    mir_json_open(out, '[');
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mir_json_item(out);
        rc = mir_review_write(out, tell, &items[i], err);
    }
    mir_json_close(out, ']');
    return rc;
}

/* What quarantined the write, or why its author decided so; null. */
static void write_reason(struct mir_buf *out,
    const struct mir_written *write,
    const struct reasons *reasons)
{
    mir_json_key(out, "reason");
    if (write->reason != MIR_WRITE_NONE) {
        mir_json_text(out, mir_write_reason_name(write->reason));
        return;
    }
    for (size_t i = 0; i < reasons->count; i++) {
        const struct mir_author *author = &reasons->items[i].author;
        if (author->stamp == write->author.stamp &&
            memcmp(&author->device, &write->author.device, sizeof author->device) == 0) {
            mir_json_bytes(out, reasons->items[i].text);
            return;
        }
    }
    mir_json_null(out);
}

static void write_parents(struct mir_buf *out, struct mir_bytes parents)
{
    char text[33];
    mir_json_key(out, "parents");
    mir_json_open(out, '[');
    for (size_t at = 0; at + 16 <= parents.size; at += 16) {
        mir_hex_encode(text, parents.data + at, 16);
        mir_json_item(out);
        mir_json_text(out, text);
    }
    mir_json_close(out, ']');
}

static mirsal_code write_past(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_written *write,
    const struct reasons *reasons,
    mirsal_error *err)
{
    const struct mir_schema_field *field =
        mir_schema_field_by_id(tell->work.store->schema, write->field);
    struct mir_shown shown = { .field = write->field,
        .key = write->key,
        .value = write->value,
        .changeset = write->author.changeset };
    int raw = field == NULL || write->reason == MIR_WRITE_VALUE || write->reason == MIR_WRITE_TYPE;
    mirsal_code rc = MIRSAL_OK;
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "field");
    if (field == NULL) {
        mir_json_uint(out, write->field);
    } else {
        mir_json_text(out, field->name);
    }
    mir_json_key(out, "value");
    if (raw) {
        mir_json_null(out);
    } else {
        rc = mir_shown_write(out, &tell->form, field, &shown, err);
    }
    if (!raw && mir_schema_key_form(field) == MIR_KEY_SET) {
        mir_json_key(out, "present");
        mir_json_bool(out, mir_packed_of(write->value).number != 0);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_tell_author(out, tell, &write->author, err);
    }
    write_parents(out, write->parents);
    mir_json_key(out, "winner");
    mir_json_bool(out, write->winner);
    mir_json_key(out, "live");
    mir_json_bool(out, write->live);
    write_reason(out, write, reasons);
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code write_history(struct mir_buf *out,
    struct mir_tell *tell,
    const mirsal_id *id,
    const struct reasons *reasons,
    mirsal_error *err)
{
    struct mir_writings written = { 0 };
    mirsal_code rc = mir_history_record(&written, &tell->work.arena, tell->work.store, id, err);
    mir_json_key(out, "history");
    mir_json_open(out, '[');
    for (size_t i = 0; i < written.count && rc == MIRSAL_OK; i++) {
        rc = write_past(out, tell, &written.writes[i], reasons, err);
    }
    mir_json_close(out, ']');
    return rc;
}

/* Nothing of it is told but that it is purged. */
static void write_purged(struct mir_buf *out)
{
    mir_json_key(out, "children");
    mir_json_open(out, '[');
    mir_json_close(out, ']');
    mir_json_key(out, "meta");
    mir_json_open(out, '{');
    mir_json_key(out, "state");
    mir_json_text(out, mir_record_state_name(MIR_RECORD_PURGED));
    mir_json_close(out, '}');
}

mirsal_code mir_answer_show(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_id *record,
    int history,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_record read = { 0 };
    struct reasons reasons = { 0 };
    mir_tell_begin(&tell, store, NULL, NULL);
    mirsal_code rc = mir_read_record(&read, &tell.work.arena, store, record, err);
    mir_json_open(out, '{');
    if (rc == MIRSAL_OK) {
        rc = mir_record_write(out, &tell.form, &read, err);
    }
    if (rc == MIRSAL_OK && read.state == MIR_RECORD_PURGED) {
        write_purged(out);
        goto out;
    }
    if (rc == MIRSAL_OK) {
        rc = write_children(out, &reasons, &tell, record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_meta(out, &tell, &read, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_conflicts(out, &tell, record, err);
    }
    if (rc == MIRSAL_OK && history) {
        rc = write_history(out, &tell, record, &reasons, err);
    }
out:
    mir_json_close(out, '}');
    mir_tell_end(&tell);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}
