/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/compound.c - see the header. A component given as empty text is known to be unknown: of
 * the days of a date or the degrees of a point, that makes the whole register unknown.
 */
#include "compound.h"

#include "dates.h"
#include "fail.h"
#include "pack.h"

#include <jansson.h>
#include <string.h>

#define SAID    2
#define IMPLIED 1

int mir_compound_bounds(const char *low, const char *high)
{
    size_t size = strlen(low);
    if (strcmp(low, "from") == 0) {
        return strcmp(high, "to") == 0;
    }
    if (size < 3 || strlen(high) != size || strcmp(low + size - 3, "min") != 0 ||
        strcmp(high + size - 3, "max") != 0 || memcmp(low, high, size - 3) != 0) {
        return 0;
    }
    return size == 3 || low[size - 4] == '_';
}

static mirsal_code put_number(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    int given,
    int64_t number,
    mirsal_error *err)
{
    struct mir_entry_part part = { .given = given };
    mir_buf_reset(values->scratch);
    mir_pack_int(values->scratch, number);
    mirsal_code rc = mir_values_keep(&part.value, values, values->scratch, err);
    return rc != MIRSAL_OK ? rc : mir_entry_part(entry, values, field, component, part, err);
}

/* The id of a precision's code; a vocabulary without it leaves the precision open. */
static const struct mir_schema_code *precision_code(const struct mir_schema_field *field,
    enum mir_date_precision precision)
{
    const char *code = mir_date_precision_code(precision);
    return mir_schema_code_by_text(field->components[2].shape.vocabulary, code, strlen(code));
}

static mirsal_code date_text(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    struct mir_bytes text,
    mirsal_error *err)
{
    struct mir_period period = { 0 };
    const char *name = component < 0 ? field->name : field->components[component].name;
    if (!mir_period_parse(&period, (const char *)text.data, text.size)) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is not a date", name);
    }
    if (component == 1) {
        return put_number(entry, values, field, 1, SAID, period.last, err);
    }
    mirsal_code rc = put_number(entry, values, field, 0, SAID, period.first, err);
    if (rc == MIRSAL_OK) {
        int range = memchr(text.data, '/', text.size) != NULL;
        rc = put_number(entry, values, field, 1, range ? SAID : IMPLIED, period.last, err);
    }
    const struct mir_schema_code *code = precision_code(field, period.precision);
    if (rc == MIRSAL_OK && code != NULL) {
        rc = put_number(entry, values, field, 2, IMPLIED, code->id, err);
    }
    return rc;
}

static int is_degrees(const struct mir_schema_field *field, int component)
{
    return field->shape.kind == MIR_KIND_POINT && component < 2;
}

static mirsal_code one_text(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    struct mir_bytes text,
    mirsal_error *err)
{
    const struct mir_schema_component *part = &field->components[component];
    struct mir_entry_part given = { .given = SAID };
    mirsal_code rc = MIRSAL_OK;
    if (text.size > 0) {
        mir_buf_reset(values->scratch);
        rc = is_degrees(field, component)
                 ? mir_degrees_text(values->scratch, &part->shape, part->name, text, err)
                 : mir_scalar_text(values->scratch, values, &part->shape, part->name, text, err);
        if (rc == MIRSAL_OK) {
            rc = mir_values_keep(&given.value, values, values->scratch, err);
        }
    }
    return rc != MIRSAL_OK ? rc : mir_entry_part(entry, values, field, component, given, err);
}

/* "LAT,LON", or one value of each component of a tuple. */
static mirsal_code whole_text(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes text,
    mirsal_error *err)
{
    size_t start = 0;
    uint32_t component = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != ',') {
            continue;
        }
        if (component == field->component_count) {
            return mir_fail_field(
                err, MIRSAL_BAD_VALUE, field->name, "%s has too many parts", field->name);
        }
        struct mir_bytes part = { text.data + start, i - start };
        mirsal_code rc = one_text(entry, values, field, (int)component, part, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        component++;
        start = i + 1;
    }
    return MIRSAL_OK;
}

mirsal_code mir_compound_text(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    struct mir_bytes text,
    mirsal_error *err)
{
    static const uint8_t unknown[1] = { 0x90 };
    if (component < 0 && text.size == 0) {
        return mir_entry_put(entry, values, field, (struct mir_bytes){ NULL, 0 },
            (struct mir_bytes){ unknown, sizeof unknown }, err);
    }
    if (field->shape.kind == MIR_KIND_DATE && component < 2 && text.size > 0) {
        return date_text(entry, values, field, component, text, err);
    }
    return component < 0 ? whole_text(entry, values, field, text, err)
                         : one_text(entry, values, field, component, text, err);
}

mirsal_code mir_compound_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    const struct json_t *json,
    mirsal_error *err)
{
    const char *name = component < 0 ? field->name : field->components[component].name;
    if (json_is_string(json)) {
        struct mir_bytes text = { (const uint8_t *)json_string_value(json),
            json_string_length(json) };
        int numeric = component >= 0 && field->components[component].shape.kind == MIR_KIND_INT;
        if (text.size > 0 && !numeric) {
            return mir_compound_text(entry, values, field, component, text, err);
        }
    }
    if (component < 0 || field->components[component].shape.kind == MIR_KIND_DAY) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is given as text", name);
    }
    const struct mir_schema_component *part = &field->components[component];
    struct mir_entry_part given = { .given = SAID };
    mir_buf_reset(values->scratch);
    mirsal_code rc = is_degrees(field, component)
                         ? mir_degrees_json(values->scratch, &part->shape, name, json, err)
                         : mir_scalar_json(values->scratch, values, &part->shape, name, json, err);
    if (rc == MIRSAL_OK) {
        rc = mir_values_keep(&given.value, values, values->scratch, err);
    }
    return rc != MIRSAL_OK ? rc : mir_entry_part(entry, values, field, component, given, err);
}

/* The components that stand now, as encoded values; empty where nil or nothing stands. */
static void read_standing(struct mir_bytes *out,
    const struct mir_schema_field *field,
    struct mir_bytes standing)
{
    struct mir_reader reader;
    mir_reader_init(&reader, standing.data, standing.size);
    struct mir_packed head = mir_packed_next(&reader);
    for (uint32_t i = 0; i < field->component_count; i++) {
        out[i] = (struct mir_bytes){ NULL, 0 };
        if (i < head.count) {
            struct mir_bytes value = mir_packed_whole(&reader);
            int nil = value.size == 1 && value.data[0] == 0xc0;
            out[i] = nil ? out[i] : value;
        }
    }
}

static mirsal_code missing(const struct mir_schema_field *field,
    uint32_t component,
    mirsal_error *err)
{
    const char *name = field->components[component].name;
    return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is missing", name);
}

/* A date's days and a point's degrees: both, and what follows from them. */
static mirsal_code judge_pair(struct mir_bytes *values,
    int *unknown,
    const struct mir_entry_parts *parts,
    mirsal_error *err)
{
    const struct mir_entry_part *given = parts->parts;
    const struct mir_schema_field *field = parts->field;
    *unknown = (given[0].given == SAID && given[0].value.size == 0) ||
               (given[1].given == SAID && given[1].value.size == 0);
    if (*unknown) {
        return MIRSAL_OK;
    }
    if (field->shape.kind == MIR_KIND_POINT && !given[0].given != !given[1].given) {
        return missing(field, given[0].given ? 1 : 0, err);
    }
    for (uint32_t i = 0; i < 2; i++) {
        if (values[i].size == 0) {
            return missing(field, i, err);
        }
    }
    if (field->shape.kind == MIR_KIND_DATE &&
        mir_packed_of(values[0]).number > mir_packed_of(values[1]).number) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, field->components[1].name, "%s is before %s",
            field->components[1].name, field->components[0].name);
    }
    return MIRSAL_OK;
}

/* Days that were said one by one have the precision of their span. */
static mirsal_code judge_precision(struct mir_bytes *values,
    struct mir_values *context,
    const struct mir_entry_parts *parts,
    mirsal_error *err)
{
    const struct mir_entry_part *given = parts->parts;
    if (parts->field->shape.kind != MIR_KIND_DATE || given[2].given == SAID ||
        given[1].given != SAID) {
        return MIRSAL_OK;
    }
    enum mir_date_precision precision = mir_period_precision(
        (int32_t)mir_packed_of(values[0]).number, (int32_t)mir_packed_of(values[1]).number);
    const struct mir_schema_code *code = precision_code(parts->field, precision);
    if (code == NULL) {
        values[2] = (struct mir_bytes){ NULL, 0 };
        return MIRSAL_OK;
    }
    mir_buf_reset(context->scratch);
    mir_pack_int(context->scratch, code->id);
    return mir_values_keep(&values[2], context, context->scratch, err);
}

static mirsal_code judge_bounds(const struct mir_schema_field *field,
    const struct mir_bytes *values,
    mirsal_error *err)
{
    for (uint32_t i = 0; i < field->component_count; i++) {
        for (uint32_t k = 0; k < field->component_count; k++) {
            const char *low = field->components[i].name;
            const char *high = field->components[k].name;
            if (values[i].size > 0 && values[k].size > 0 && mir_compound_bounds(low, high) &&
                mir_packed_of(values[i]).number > mir_packed_of(values[k]).number) {
                return mir_fail_field(err, MIRSAL_MIN_ABOVE_MAX, low, "%s is above %s", low, high);
            }
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_compound_value(struct mir_bytes *out,
    struct mir_values *values,
    const struct mir_entry_parts *parts,
    struct mir_bytes standing,
    mirsal_error *err)
{
    const struct mir_schema_field *field = parts->field;
    struct mir_bytes found[MIR_ENTRY_COMPONENTS] = { 0 };
    int tuple = field->shape.kind == MIR_KIND_TUPLE;
    int unknown = 1;
    mirsal_code rc = MIRSAL_OK;
    read_standing(found, field, standing);
    for (uint32_t i = 0; i < field->component_count; i++) {
        found[i] = parts->parts[i].given ? parts->parts[i].value : found[i];
        unknown = unknown && found[i].size == 0;
    }
    rc = tuple ? judge_bounds(field, found, err) : judge_pair(found, &unknown, parts, err);
    if (rc == MIRSAL_OK && !unknown) {
        rc = judge_precision(found, values, parts, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_reset(values->scratch);
    mir_pack_array(values->scratch, unknown ? 0 : field->component_count);
    for (uint32_t i = 0; !unknown && i < field->component_count; i++) {
        if (found[i].size == 0) {
            mir_pack_nil(values->scratch);
        } else {
            mir_buf_append(values->scratch, found[i].data, found[i].size);
        }
    }
    return mir_values_keep(out, values, values->scratch, err);
}
