/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/fields.c - see the header. Each kind of the schema has its form in JSON; parts of
 * several components are gathered by compound.c.
 */
#include "fields.h"

#include "compound.h"
#include "fail.h"
#include "mir_limits.h"
#include "pack.h"
#include "sort.h"
#include "text.h"

#include <jansson.h>
#include <string.h>

static const struct mir_bytes no_key = { NULL, 0 };
static const uint8_t packed_flags[2] = { 0, 1 };

static struct mir_bytes text_of(const json_t *json)
{
    return (struct mir_bytes){ (const uint8_t *)json_string_value(json), json_string_length(json) };
}

static mirsal_code bad_form(const char *name, const char *form, mirsal_error *err)
{
    return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is not %s", name, form);
}

mirsal_code mir_field_named(const struct mir_schema_field **out,
    int *component,
    const struct mir_schema_type *type,
    const char *name,
    mirsal_error *err)
{
    *component = -1;
    *out = mir_schema_field_by_name(component, type, name);
    if (*out == NULL) {
        return mir_fail_field(
            err, MIRSAL_UNKNOWN_FIELD, name, "%s has no field of this name", type->name);
    }
    return MIRSAL_OK;
}

mirsal_code mir_register_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    struct mir_bytes value = { NULL, 0 };
    mirsal_code rc = mir_values_keep(&value, values, values->scratch, err);
    return rc != MIRSAL_OK ? rc : mir_entry_put(entry, values, field, no_key, value, err);
}

mirsal_code mir_set_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int present,
    mirsal_error *err)
{
    struct mir_bytes key = { NULL, 0 };
    mirsal_code rc = mir_values_keep(&key, values, values->scratch, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_bytes value = { &packed_flags[present ? 1 : 0], 1 };
    return mir_entry_put(entry, values, field, key, value, err);
}

static mirsal_code check_text(const char *name, struct mir_bytes text, mirsal_error *err)
{
    if (!mir_utf8_valid(text.data, text.size)) {
        return mir_fail_field(err, MIRSAL_NOT_UTF8, name, "%s is not UTF-8", name);
    }
    if (text.size > MIR_TEXT_SIZE_MAX) {
        return mir_fail_field(
            err, MIRSAL_TOO_LARGE, name, "%s has over %u bytes", name, (unsigned)MIR_TEXT_SIZE_MAX);
    }
    return MIRSAL_OK;
}

mirsal_code mir_langtext_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes language,
    struct mir_bytes text,
    mirsal_error *err)
{
    struct mir_bytes key = { NULL, 0 };
    struct mir_bytes value = { NULL, 0 };
    if (!mir_language_valid(language)) {
        return bad_form(field->name, "in a language named by its tag", err);
    }
    mirsal_code rc = check_text(field->name, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_reset(values->scratch);
    mir_pack_text(values->scratch, language.data, language.size);
    rc = mir_values_keep(&key, values, values->scratch, err);
    mir_buf_reset(values->scratch);
    if (text.size == 0) {
        mir_pack_array(values->scratch, 0);
    } else {
        mir_pack_text(values->scratch, text.data, text.size);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_values_keep(&value, values, values->scratch, err);
    }
    return rc != MIRSAL_OK ? rc : mir_entry_put(entry, values, field, key, value, err);
}

static mirsal_code langtext_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const json_t *json,
    mirsal_error *err)
{
    const struct mir_bytes und = { (const uint8_t *)"und", 3 };
    if (json_is_string(json)) {
        return json_string_length(json) == 0
                   ? MIRSAL_OK
                   : mir_langtext_put(entry, values, field, und, text_of(json), err);
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *pair = json_array_get(json, i);
        const json_t *language = json_array_get(pair, 0);
        const json_t *text = json_array_get(pair, 1);
        if (json_array_size(pair) != 2 || !json_is_string(language) || !json_is_string(text)) {
            return bad_form(field->name, "[[language, text], …]", err);
        }
        if (json_string_length(text) == 0) {
            continue;
        }
        mirsal_code rc =
            mir_langtext_put(entry, values, field, text_of(language), text_of(text), err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return json_is_array(json) ? MIRSAL_OK : bad_form(field->name, "[[language, text], …]", err);
}

mirsal_code mir_name_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_bytes parts[3],
    int present,
    mirsal_error *err)
{
    const struct mir_schema_code *kind = NULL;
    if (parts[2].size > 0) {
        kind = mir_schema_code_by_text(
            field->shape.vocabulary, (const char *)parts[2].data, parts[2].size);
        if (kind == NULL) {
            return bad_form(field->name, "of a kind in its list", err);
        }
    }
    if (!mir_language_valid(parts[0]) || parts[1].size == 0) {
        return bad_form(field->name, "a language's tag and a name", err);
    }
    mirsal_code rc = check_text(field->name, parts[1], err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_reset(values->scratch);
    mir_pack_array(values->scratch, kind == NULL ? 2 : 3);
    mir_pack_text(values->scratch, parts[0].data, parts[0].size);
    mir_pack_text(values->scratch, parts[1].data, parts[1].size);
    if (kind != NULL) {
        mir_pack_int(values->scratch, kind->id);
    }
    return mir_set_put(entry, values, field, present, err);
}

static mirsal_code name_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const json_t *json,
    int present,
    mirsal_error *err)
{
    struct mir_bytes parts[3] = { { (const uint8_t *)"und", 3 }, { NULL, 0 }, { NULL, 0 } };
    size_t size = json_array_size(json);
    if (json_is_string(json)) {
        parts[1] = text_of(json);
    } else if (size < 2 || size > 3) {
        return bad_form(field->name, "[language, name] or [language, name, kind]", err);
    }
    for (size_t i = 0; i < size; i++) {
        if (!json_is_string(json_array_get(json, i))) {
            return bad_form(field->name, "[language, name] or [language, name, kind]", err);
        }
        parts[i] = text_of(json_array_get(json, i));
    }
    if (parts[1].size == 0) {
        return MIRSAL_OK;
    }
    return mir_name_put(entry, values, field, parts, present, err);
}

/* Components by place in an array, or by name in an object; packed behind the scratch's bytes. */
static mirsal_code pack_tuple(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const json_t *json,
    mirsal_error *err)
{
    size_t known = 0;
    size_t named = 0;
    if (!json_is_object(json) && !json_is_array(json)) {
        return bad_form(field->name, "an array of its components", err);
    }
    if (json_array_size(json) > field->component_count) {
        return bad_form(field->name, "of so many components", err);
    }
    mir_pack_array(out, field->component_count);
    for (uint32_t i = 0; i < field->component_count; i++) {
        const struct mir_schema_component *component = &field->components[i];
        const json_t *part =
            json_is_object(json) ? json_object_get(json, component->name) : json_array_get(json, i);
        named += part != NULL;
        if (part == NULL || json_is_null(part)) {
            mir_pack_nil(out);
            continue;
        }
        known++;
        mirsal_code rc =
            mir_scalar_json(out, values, &component->shape, component->name, part, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    if (known == 0 || (json_is_object(json) && json_object_size(json) != named)) {
        return bad_form(field->name, "an array of its components", err);
    }
    return MIRSAL_OK;
}

mirsal_code mir_set_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct json_t *json,
    int present,
    mirsal_error *err)
{
    struct mir_schema_shape element = mir_element_shape(&field->shape);
    if (!json_is_array(json)) {
        return bad_form(field->name, "an array", err);
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *item = json_array_get(json, i);
        mirsal_code rc = MIRSAL_OK;
        if (field->shape.kind == MIR_KIND_NAMES) {
            rc = name_json(entry, values, field, item, present, err);
        } else {
            mir_buf_reset(values->scratch);
            rc = element.kind == MIR_KIND_TUPLE
                     ? pack_tuple(values->scratch, values, field, item, err)
                     : mir_scalar_json(values->scratch, values, &element, field->name, item, err);
            if (rc == MIRSAL_OK) {
                rc = mir_set_put(entry, values, field, present, err);
            }
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

static int compare_items(const void *a, const void *b, void *context)
{
    const struct mir_bytes *left = a;
    const struct mir_bytes *right = b;
    (void)context;
    return mir_bytes_compare(*left, *right);
}

/* Sorted and each once, unless they are tuples. */
static size_t order_items(struct mir_bytes *items, size_t count, enum mir_kind element)
{
    if (element == MIR_KIND_TUPLE || count == 0) {
        return count;
    }
    mir_sort(items, count, sizeof *items, compare_items, NULL);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++) {
        if (!mir_bytes_equal(items[i], items[kept - 1])) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

mirsal_code mir_list_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct json_t *json,
    mirsal_error *err)
{
    struct mir_schema_shape element = mir_element_shape(&field->shape);
    size_t count = json_array_size(json);
    struct mir_bytes *items = mir_arena_alloc(values->arena, count + 1, sizeof *items);
    if (!json_is_array(json)) {
        return bad_form(field->name, "an array", err);
    }
    if (items == NULL) {
        return mir_fail_field(err, MIRSAL_TOO_LARGE, field->name, "%s is too long", field->name);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(json, i);
        mir_buf_reset(values->scratch);
        mirsal_code rc =
            element.kind == MIR_KIND_TUPLE
                ? pack_tuple(values->scratch, values, field, item, err)
                : mir_scalar_json(values->scratch, values, &element, field->name, item, err);
        if (rc == MIRSAL_OK) {
            rc = mir_values_keep(&items[i], values, values->scratch, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    count = order_items(items, count, element.kind);
    mir_buf_reset(values->scratch);
    mir_pack_array(values->scratch, count);
    for (size_t i = 0; i < count; i++) {
        mir_buf_append(values->scratch, items[i].data, items[i].size);
    }
    return mir_register_put(entry, values, field, err);
}

mirsal_code mir_withdrawal_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes reason,
    mirsal_error *err)
{
    mirsal_code rc = check_text(field->name, reason, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_reset(values->scratch);
    mir_pack_array(values->scratch, 2);
    mir_pack_text(values->scratch, reason.data, reason.size);
    mir_pack_array(values->scratch, 0);
    return mir_register_put(entry, values, field, err);
}

static mirsal_code single_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const json_t *json,
    mirsal_error *err)
{
    int empty = json_is_string(json) && json_string_length(json) == 0;
    if (empty && field->shape.kind == MIR_KIND_TEXT) {
        return MIRSAL_OK;
    }
    mir_buf_reset(values->scratch);
    mirsal_code rc =
        mir_scalar_json(values->scratch, values, &field->shape, field->name, json, err);
    return rc != MIRSAL_OK ? rc : mir_register_put(entry, values, field, err);
}

mirsal_code mir_field_json(struct mir_entry *entry,
    struct mir_values *values,
    const char *name,
    const struct json_t *json,
    mirsal_error *err)
{
    const struct mir_schema_field *field = NULL;
    int component = -1;
    mirsal_code rc = mir_field_named(&field, &component, entry->type, name, err);
    if (rc != MIRSAL_OK || json_is_null(json)) {
        return rc;
    }
    if (component >= 0) {
        return mir_compound_json(entry, values, field, component, json, err);
    }
    switch ((int)field->shape.kind) {
    case MIR_KIND_LANGTEXT:
        return langtext_json(entry, values, field, json, err);
    case MIR_KIND_NAMES:
    case MIR_KIND_SET:
        rc = mir_set_json(entry, values, field, json, 1, err);
        return rc != MIRSAL_OK ? rc : mir_entry_replace(entry, values, field, no_key, err);
    case MIR_KIND_LIST:
        if (json_is_array(json) && json_array_size(json) == 0) {
            return MIRSAL_OK;
        }
        return mir_list_json(entry, values, field, json, err);
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
        return mir_compound_json(entry, values, field, -1, json, err);
    case MIR_KIND_WITHDRAWAL:
        if (!json_is_string(json) || json_string_length(json) == 0) {
            return bad_form(field->name, "a reason", err);
        }
        return mir_withdrawal_put(entry, values, field, text_of(json), err);
    default:
        return single_json(entry, values, field, json, err);
    }
}
