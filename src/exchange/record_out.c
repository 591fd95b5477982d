/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/record_out.c - see the header. What the schema in force does not know is left out.
 */
#include "record_out.h"

#include "fail.h"
#include "json_out.h"
#include "pack.h"
#include "scalar.h"
#include "sort.h"

#include <stdio.h>
#include <string.h>

/* Pieces of JSON written one after another, to be sorted. */
struct pieces {
    struct mir_buf bytes;
    struct piece {
        size_t start;
        size_t size;
    } * items;
    size_t count;
};

static void write_code(struct mir_buf *out,
    const struct mir_schema_vocabulary *vocabulary,
    int64_t number)
{
    const struct mir_schema_code *code = number < 0 || number > UINT32_MAX || vocabulary == NULL
                                             ? NULL
                                             : mir_schema_code_by_id(vocabulary, (uint32_t)number);
    if (code == NULL) {
        mir_json_int(out, number);
    } else {
        mir_json_text(out, code->code);
    }
}

static void write_time(struct mir_buf *out, struct mir_bytes value)
{
    struct mir_reader reader;
    mir_reader_init(&reader, value.data, value.size);
    (void)mir_packed_next(&reader);
    int64_t ms = mir_packed_next(&reader).number;
    int64_t offset = mir_packed_next(&reader).number;
    mir_json_time(out, ms, (int)offset, ms % 1000 != 0);
}

/* One value without parts. */
static mirsal_code write_scalar(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_shape *shape,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_packed item = mir_packed_of(value);
    mirsal_hash hash = { 0 };
    if (item.kind == MIR_PACKED_NIL || mir_packed_unknown(value)) {
        mir_json_null(out);
        return MIRSAL_OK;
    }
    switch ((int)shape->kind) {
    case MIR_KIND_CODE:
        write_code(out, shape->vocabulary, item.number);
        break;
    case MIR_KIND_REF:
        return form->reference(form->context, out, value, changeset, err);
    case MIR_KIND_FLAG:
        mir_json_bool(out, item.number != 0);
        break;
    case MIR_KIND_DAY:
        mir_json_day(out, item.number);
        break;
    case MIR_KIND_TIME:
        write_time(out, value);
        break;
    case MIR_KIND_BYTES32:
        if (item.bytes.size == sizeof hash.bytes) {
            memcpy(hash.bytes, item.bytes.data, sizeof hash.bytes);
        }
        mir_json_hash(out, &hash);
        break;
    default:
        if (item.kind == MIR_PACKED_INT) {
            mir_json_int(out, item.number);
        } else {
            mir_json_bytes(out, item.bytes);
        }
    }
    return MIRSAL_OK;
}

static int is_degrees(const struct mir_schema_field *field, uint32_t component)
{
    return field->shape.kind == MIR_KIND_POINT && component < 2;
}

static mirsal_code write_component(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    uint32_t component,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    if (is_degrees(field, component)) {
        mir_json_degrees(out, mir_packed_of(value).number);
        return MIRSAL_OK;
    }
    return write_scalar(out, form, &field->components[component].shape, value, changeset, err);
}

/* An element that is a tuple: an array, nil components null. */
static mirsal_code write_tuple(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&reader, value.data, value.size);
    size_t count = mir_packed_next(&reader).count;
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < field->component_count && i < count && rc == MIRSAL_OK; i++) {
        mir_json_item(out);
        rc = write_component(out, form, field, i, mir_packed_whole(&reader), changeset, err);
    }
    mir_json_close(out, ']');
    return rc;
}

/* [language, text] or [language, text, kind]. */
static void write_name(struct mir_buf *out,
    const struct mir_schema_field *field,
    struct mir_bytes key)
{
    struct mir_reader reader;
    mir_reader_init(&reader, key.data, key.size);
    size_t count = mir_packed_next(&reader).count;
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        struct mir_packed part = mir_packed_next(&reader);
        mir_json_item(out);
        if (part.kind == MIR_PACKED_INT) {
            write_code(out, field->shape.vocabulary, part.number);
        } else {
            mir_json_bytes(out, part.bytes);
        }
    }
    mir_json_close(out, ']');
}

static mirsal_code write_element(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    struct mir_bytes element,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_schema_shape shape = mir_element_shape(&field->shape);
    if (field->shape.kind == MIR_KIND_NAMES) {
        write_name(out, field, element);
        return MIRSAL_OK;
    }
    if (shape.kind == MIR_KIND_TUPLE) {
        return write_tuple(out, form, field, element, changeset, err);
    }
    return write_scalar(out, form, &shape, element, changeset, err);
}

static void write_spoken(struct mir_buf *out, const struct mir_shown *shown)
{
    mir_json_open(out, '[');
    mir_json_bytes(out, mir_packed_of(shown->key).bytes);
    mir_json_item(out);
    mir_json_bytes(out, mir_packed_of(shown->value).bytes);
    mir_json_close(out, ']');
}

static int compare_pieces(const void *a, const void *b, void *context)
{
    const struct piece *left = a;
    const struct piece *right = b;
    const struct mir_buf *bytes = context;
    return mir_bytes_compare((struct mir_bytes){ bytes->data + left->start, left->size },
        (struct mir_bytes){ bytes->data + right->start, right->size });
}

static mirsal_code pieces_open(struct pieces *pieces,
    const struct mir_record_out *form,
    const struct mir_buf *out,
    size_t count,
    mirsal_error *err)
{
    *pieces = (struct pieces){ 0 };
    mir_buf_init(&pieces->bytes, out->env, out->size_max);
    pieces->items = mir_arena_alloc(form->arena, count + 1, sizeof *pieces->items);
    if (pieces->items == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return MIRSAL_OK;
}

static void piece_begin(struct pieces *pieces)
{
    pieces->items[pieces->count].start = pieces->bytes.size;
}

static void piece_end(struct pieces *pieces)
{
    struct piece *piece = &pieces->items[pieces->count++];
    piece->size = pieces->bytes.size - piece->start;
}

/* As an array, in the order of the text. */
static mirsal_code pieces_close(struct mir_buf *out,
    struct pieces *pieces,
    int sorted,
    mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(&pieces->bytes, err);
    if (rc == MIRSAL_OK && sorted) {
        mir_sort(
            pieces->items, pieces->count, sizeof *pieces->items, compare_pieces, &pieces->bytes);
    }
    mir_json_open(out, '[');
    for (size_t i = 0; i < pieces->count && rc == MIRSAL_OK; i++) {
        mir_json_item(out);
        mir_buf_append(out, pieces->bytes.data + pieces->items[i].start, pieces->items[i].size);
    }
    mir_json_close(out, ']');
    mir_buf_fini(&pieces->bytes);
    return rc;
}

static mirsal_code write_list(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    mirsal_error *err)
{
    struct mir_reader reader;
    struct pieces pieces;
    mir_reader_init(&reader, shown->value.data, shown->value.size);
    size_t count = mir_packed_next(&reader).count;
    mirsal_code rc = pieces_open(&pieces, form, out, count, err);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        piece_begin(&pieces);
        rc = write_element(
            &pieces.bytes, form, field, mir_packed_whole(&reader), shown->changeset, err);
        piece_end(&pieces);
    }
    if (rc != MIRSAL_OK) {
        mir_buf_fini(&pieces.bytes);
        return rc;
    }
    return pieces_close(out, &pieces, field->shape.element != MIR_KIND_TUPLE, err);
}

/* Components that are known, as keys with their values. */
static mirsal_code write_components(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&reader, shown->value.data, shown->value.size);
    size_t count = mir_packed_next(&reader).count;
    for (uint32_t i = 0; i < field->component_count && i < count && rc == MIRSAL_OK; i++) {
        struct mir_bytes value = mir_packed_whole(&reader);
        if (mir_packed_of(value).kind != MIR_PACKED_NIL) {
            mir_json_key(out, field->components[i].name);
            rc = write_component(out, form, field, i, value, shown->changeset, err);
        }
    }
    return rc;
}

static int has_components(const struct mir_schema_field *field)
{
    return field->shape.kind == MIR_KIND_DATE || field->shape.kind == MIR_KIND_POINT ||
           field->shape.kind == MIR_KIND_TUPLE;
}

mirsal_code mir_shown_write(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    struct mir_reader reader;
    if (mir_schema_key_form(field) == MIR_KEY_SET) {
        return write_element(out, form, field, shown->key, shown->changeset, err);
    }
    if (mir_packed_unknown(shown->value)) {
        mir_json_null(out);
        return MIRSAL_OK;
    }
    switch ((int)field->shape.kind) {
    case MIR_KIND_LANGTEXT:
        mir_json_open(out, '[');
        write_spoken(out, shown);
        mir_json_close(out, ']');
        break;
    case MIR_KIND_LIST:
        return write_list(out, form, field, shown, err);
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
        mir_json_open(out, '{');
        rc = write_components(out, form, field, shown, err);
        mir_json_close(out, '}');
        break;
    case MIR_KIND_WITHDRAWAL:
        mir_reader_init(&reader, shown->value.data, shown->value.size);
        (void)mir_packed_next(&reader);
        mir_json_bytes(out, mir_packed_next(&reader).bytes);
        break;
    default:
        return write_scalar(out, form, &field->shape, shown->value, shown->changeset, err);
    }
    return rc;
}

/* All registers of a field that has keys: texts by language, elements of a set. */
static mirsal_code write_keyed(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    size_t count,
    mirsal_error *err)
{
    struct pieces pieces;
    mirsal_code rc = pieces_open(&pieces, form, out, count, err);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        if (mir_packed_unknown(shown[i].value)) {
            continue;
        }
        piece_begin(&pieces);
        if (field->shape.kind == MIR_KIND_LANGTEXT) {
            write_spoken(&pieces.bytes, &shown[i]);
        } else {
            rc = write_element(&pieces.bytes, form, field, shown[i].key, shown[i].changeset, err);
        }
        piece_end(&pieces);
    }
    if (rc != MIRSAL_OK || pieces.count == 0) {
        mir_buf_fini(&pieces.bytes);
        return rc;
    }
    mir_json_key(out, field->name);
    return pieces_close(out, &pieces, 1, err);
}

static mirsal_code write_field(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    size_t count,
    mirsal_error *err)
{
    if (mir_schema_key_form(field) != MIR_KEY_NONE) {
        return write_keyed(out, form, field, shown, count, err);
    }
    if (mir_packed_unknown(shown->value)) {
        return MIRSAL_OK;
    }
    if (has_components(field)) {
        return write_components(out, form, field, shown, err);
    }
    mir_json_key(out, field->name);
    return mir_shown_write(out, form, field, shown, err);
}

mirsal_code mir_fields_write(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_record *record,
    const struct mir_schema_field *skip,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    size_t end = 0;
    for (size_t i = 0; i < record->register_count && rc == MIRSAL_OK; i = end) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(form->schema, record->registers[i].field);
        end = i + 1;
        while (end < record->register_count &&
               record->registers[end].field == record->registers[i].field) {
            end++;
        }
        if (field != NULL && field != skip) {
            rc = write_field(out, form, field, &record->registers[i], end - i, err);
        }
    }
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

mirsal_code mir_record_write(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_record *record,
    mirsal_error *err)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(form->schema, record->type);
    mir_json_key(out, "type");
    mir_json_text(out, type == NULL ? "unknown" : type->name);
    mir_json_key(out, "id");
    mir_json_uuid(out, &record->id);
    return mir_fields_write(out, form, record, NULL, err);
}

void mir_register_name(char out[96], const struct mir_schema_field *field, struct mir_bytes key)
{
    if (field->shape.kind != MIR_KIND_LANGTEXT || key.size == 0) {
        (void)snprintf(out, 96, "%s", field->name);
        return;
    }
    struct mir_bytes language = mir_packed_of(key).bytes;
    (void)snprintf(
        out, 96, "%s:%.*s", field->name, (int)language.size, (const char *)language.data);
}
