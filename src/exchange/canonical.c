/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/canonical.c - see the header.
 */
#include "canonical.h"

#include "fail.h"
#include "pack.h"
#include "sort.h"

#include <string.h>

static int holds_references(const struct mir_schema_field *field)
{
    int holds = mir_element_shape(&field->shape).kind == MIR_KIND_REF;
    for (uint32_t i = 0; i < field->component_count; i++) {
        holds = holds || field->components[i].shape.kind == MIR_KIND_REF;
    }
    return holds;
}

/* One reference, or any other value as it is. */
static mirsal_code put_value(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_shape *shape,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct mir_packed item = mir_packed_of(value);
    if (shape->kind == MIR_KIND_REF && item.kind == MIR_PACKED_TEXT) {
        return mir_reference_source(out, values, shape->refers, "reference", item.bytes, err);
    }
    mir_buf_append(out, value.data, value.size);
    return MIRSAL_OK;
}

/* A reference, or a tuple that may hold some. */
static mirsal_code put_element(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes element,
    mirsal_error *err)
{
    struct mir_schema_shape shape = mir_element_shape(&field->shape);
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    if (shape.kind != MIR_KIND_TUPLE) {
        return put_value(out, values, &shape, element, err);
    }
    mir_reader_init(&reader, element.data, element.size);
    size_t count = mir_packed_next(&reader).count;
    mir_pack_array(out, count);
    for (uint32_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        const struct mir_schema_shape any = { .kind = MIR_KIND_NONE };
        const struct mir_schema_shape *part =
            i < field->component_count ? &field->components[i].shape : &any;
        rc = put_value(out, values, part, mir_packed_whole(&reader), err);
    }
    return rc;
}

static int compare_elements(const void *a, const void *b, void *context)
{
    const struct mir_bytes *left = a;
    const struct mir_bytes *right = b;
    (void)context;
    return mir_bytes_compare(*left, *right);
}

static mirsal_code put_list(struct mir_bytes *out,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&reader, value.data, value.size);
    size_t count = mir_packed_next(&reader).count;
    struct mir_bytes *items = mir_arena_alloc(values->arena, count + 1, sizeof *items);
    if (items == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
    }
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mir_buf_reset(values->scratch);
        rc = put_element(values->scratch, values, field, mir_packed_whole(&reader), err);
        if (rc == MIRSAL_OK) {
            rc = mir_values_keep(&items[i], values, values->scratch, err);
        }
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (field->shape.element != MIR_KIND_TUPLE) {
        mir_sort(items, count, sizeof *items, compare_elements, NULL);
    }
    mir_buf_reset(values->scratch);
    mir_pack_array(values->scratch, count);
    for (size_t i = 0; i < count; i++) {
        mir_buf_append(values->scratch, items[i].data, items[i].size);
    }
    return mir_values_keep(out, values, values->scratch, err);
}

static mirsal_code put_register(struct mir_shown *shown,
    struct mir_values *values,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    int set = mir_schema_key_form(field) == MIR_KEY_SET;
    struct mir_bytes *place = set ? &shown->key : &shown->value;
    if (field->shape.kind == MIR_KIND_LIST) {
        return put_list(place, values, field, *place, err);
    }
    mir_buf_reset(values->scratch);
    mirsal_code rc = put_element(values->scratch, values, field, *place, err);
    return rc != MIRSAL_OK ? rc : mir_values_keep(place, values, values->scratch, err);
}

mirsal_code mir_canonical_record(struct mir_record *out,
    struct mir_values *values,
    const struct mir_record *record,
    mirsal_error *err)
{
    *out = *record;
    out->registers =
        mir_arena_alloc(values->arena, record->register_count + 1, sizeof *out->registers);
    if (out->registers == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
    }
    for (size_t i = 0; i < record->register_count; i++) {
        out->registers[i] = record->registers[i];
        const struct mir_schema_field *field =
            mir_schema_field_by_id(values->schema, record->registers[i].field);
        mirsal_code rc = field != NULL && holds_references(field)
                             ? put_register(&out->registers[i], values, field, err)
                             : MIRSAL_OK;
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

void mir_canonical_restore(struct mir_entry *entry,
    const struct mir_record *canonical,
    const struct mir_record *record)
{
    for (size_t i = 0; i < entry->count; i++) {
        struct mir_entry_write *write = &entry->writes[i];
        int absent = mir_schema_key_form(write->field) == MIR_KEY_SET && write->value.size == 1 &&
                     write->value.data[0] == 0;
        for (size_t k = 0; absent && k < canonical->register_count; k++) {
            if (canonical->registers[k].field == write->field->id &&
                mir_bytes_equal(canonical->registers[k].key, write->key)) {
                write->key = record->registers[k].key;
                break;
            }
        }
    }
}
