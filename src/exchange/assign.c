/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/assign.c - see the header.
 */
#include "assign.h"

#include "compound.h"
#include "fail.h"
#include "fields.h"
#include "pack.h"
#include "text.h"

#include <jansson.h>
#include <string.h>

static const struct mir_bytes no_key = { NULL, 0 };

/* The bytes up to the separator; *rest is what follows it, or empty. */
static struct mir_bytes cut(struct mir_bytes text, uint8_t separator, struct mir_bytes *rest)
{
    const uint8_t *at = text.size > 0 ? memchr(text.data, separator, text.size) : NULL;
    if (at == NULL) {
        *rest = (struct mir_bytes){ NULL, 0 };
        return text;
    }
    size_t head = (size_t)(at - text.data);
    *rest = (struct mir_bytes){ at + 1, text.size - head - 1 };
    return (struct mir_bytes){ text.data, head };
}

mirsal_code mir_assignment_name(struct mir_assignment *out,
    struct mir_bytes name,
    mirsal_error *err)
{
    struct mir_bytes after = { NULL, 0 };
    struct mir_bytes head = cut(name, ':', &after);
    out->language = cut(after, ':', &out->kind);
    if (!mir_utf8_valid(head.data, head.size)) {
        return mir_fail(err, MIRSAL_NOT_UTF8, "the field's name is not UTF-8");
    }
    if (head.size == 0) {
        return mir_fail(err, MIRSAL_USAGE, "an assignment is FIELD=VALUE");
    }
    if (head.size >= sizeof out->name) {
        return mir_fail(err, MIRSAL_UNKNOWN_FIELD, "no field has so long a name");
    }
    memcpy(out->name, head.data, head.size);
    out->name[head.size] = '\0';
    return MIRSAL_OK;
}

mirsal_code mir_assignment_parse(struct mir_assignment *out, const char *text, mirsal_error *err)
{
    const char *equals = strchr(text, '=');
    memset(out, 0, sizeof *out);
    if (equals == NULL || equals == text) {
        return mir_fail(err, MIRSAL_USAGE, "an assignment is FIELD=VALUE");
    }
    size_t size = (size_t)(equals - text);
    if (text[size - 1] == '+' || text[size - 1] == '-') {
        out->operation = text[size - 1] == '+' ? MIR_ASSIGN_ADD : MIR_ASSIGN_REMOVE;
        size--;
    }
    out->value = (struct mir_bytes){ (const uint8_t *)equals + 1, strlen(equals + 1) };
    return mir_assignment_name(out, (struct mir_bytes){ (const uint8_t *)text, size }, err);
}

static struct mir_bytes trim(struct mir_bytes text)
{
    while (text.size > 0 && text.data[0] == ' ') {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && text.data[text.size - 1] == ' ') {
        text.size--;
    }
    return text;
}

static mirsal_code load_json(json_t **out,
    const struct mir_schema_field *field,
    struct mir_bytes text,
    mirsal_error *err)
{
    json_error_t why;
    *out = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &why);
    if (*out == NULL) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, field->name, "%s is not JSON", field->name);
    }
    return MIRSAL_OK;
}

static mirsal_code assign_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_assignment *assignment,
    mirsal_error *err)
{
    json_t *json = NULL;
    mirsal_code rc = load_json(&json, field, assignment->value, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (field->shape.kind == MIR_KIND_LIST) {
        rc = mir_list_json(entry, values, field, json, err);
    } else if (field->shape.kind == MIR_KIND_LANGTEXT) {
        rc = mir_field_json(entry, values, field->name, json, err);
    } else {
        rc = mir_set_json(
            entry, values, field, json, assignment->operation != MIR_ASSIGN_REMOVE, err);
    }
    json_decref(json);
    return rc;
}

/* Comma-separated elements of a set, or of a list as a JSON array would have them. */
static mirsal_code assign_elements(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_assignment *assignment,
    mirsal_error *err)
{
    struct mir_schema_shape element = mir_element_shape(&field->shape);
    struct mir_bytes rest = assignment->value;
    while (rest.size > 0) {
        struct mir_bytes item = trim(cut(rest, ',', &rest));
        if (item.size == 0) {
            continue;
        }
        mir_buf_reset(values->scratch);
        mirsal_code rc = mir_scalar_text(values->scratch, values, &element, field->name, item, err);
        if (rc == MIRSAL_OK) {
            rc = mir_set_put(entry, values, field, assignment->operation != MIR_ASSIGN_REMOVE, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code assign_set(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_assignment *assignment,
    mirsal_error *err)
{
    int structured = assignment->value.size > 0 && assignment->value.data[0] == '[';
    int tuples = field->shape.element == MIR_KIND_TUPLE;
    mirsal_code rc = structured || (tuples && assignment->value.size > 0)
                         ? assign_json(entry, values, field, assignment, err)
                         : assign_elements(entry, values, field, assignment, err);
    if (rc == MIRSAL_OK && assignment->operation == MIR_ASSIGN_REPLACE) {
        rc = mir_entry_replace(entry, values, field, no_key, err);
    }
    return rc;
}

static struct mir_bytes language_of(const struct mir_values *values,
    const struct mir_assignment *assignment)
{
    const char *given =
        values->language == NULL || values->language[0] == '\0' ? "und" : values->language;
    return assignment->language.size > 0
               ? assignment->language
               : (struct mir_bytes){ (const uint8_t *)given, strlen(given) };
}

static mirsal_code assign_names(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_assignment *assignment,
    mirsal_error *err)
{
    struct mir_bytes parts[3] = { language_of(values, assignment), assignment->value,
        assignment->kind };
    mirsal_code rc = MIRSAL_OK;
    if (assignment->language.size == 0 &&
        (assignment->value.size == 0 || assignment->value.data[0] == '[')) {
        return assign_set(entry, values, field, assignment, err);
    }
    if (parts[1].size > 0) {
        rc = mir_name_put(
            entry, values, field, parts, assignment->operation != MIR_ASSIGN_REMOVE, err);
    }
    if (rc == MIRSAL_OK && assignment->operation == MIR_ASSIGN_REPLACE) {
        rc = mir_entry_replace(entry, values, field, parts[0], err);
    }
    return rc;
}

/* Elements of a list go the way of a set's, through a JSON array of texts. */
static mirsal_code assign_list(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_assignment *assignment,
    mirsal_error *err)
{
    struct mir_bytes rest = assignment->value;
    mirsal_code rc = MIRSAL_OK;
    if (rest.size > 0 &&
        (rest.data[0] == '[' || mir_element_shape(&field->shape).kind == MIR_KIND_TUPLE)) {
        return assign_json(entry, values, field, assignment, err);
    }
    json_t *items = json_array();
    if (items == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    while (rest.size > 0 && rc == MIRSAL_OK) {
        struct mir_bytes item = trim(cut(rest, ',', &rest));
        if (item.size > 0 &&
            json_array_append_new(items, json_stringn((const char *)item.data, item.size)) != 0) {
            rc = mir_fail_field(err, MIRSAL_NOT_UTF8, field->name, "%s is not UTF-8", field->name);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_list_json(entry, values, field, items, err);
    }
    json_decref(items);
    return rc;
}

static mirsal_code assign_single(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes text,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (field->shape.kind == MIR_KIND_WITHDRAWAL && text.size > 0) {
        return mir_withdrawal_put(entry, values, field, text, err);
    }
    mir_buf_reset(values->scratch);
    if (text.size == 0) {
        mir_pack_array(values->scratch, 0);
    } else {
        rc = mir_scalar_text(values->scratch, values, &field->shape, field->name, text, err);
    }
    return rc != MIRSAL_OK ? rc : mir_register_put(entry, values, field, err);
}

static mirsal_code check_operators(const struct mir_schema_field *field,
    const struct mir_assignment *assignment,
    int component,
    mirsal_error *err)
{
    enum mir_kind kind = field->shape.kind;
    int keyed = mir_schema_key_form(field) == MIR_KEY_SET;
    if (assignment->operation != MIR_ASSIGN_REPLACE && !keyed) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, assignment->name, "%s is not a set", assignment->name);
    }
    int spoken = component < 0 && (kind == MIR_KIND_LANGTEXT || kind == MIR_KIND_NAMES);
    if ((assignment->language.size > 0 && !spoken) ||
        (assignment->kind.size > 0 && kind != MIR_KIND_NAMES)) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, assignment->name, "%s has no language", assignment->name);
    }
    return MIRSAL_OK;
}

mirsal_code mir_assign_one(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_assignment *assignment,
    mirsal_error *err)
{
    const struct mir_schema_field *field = NULL;
    int component = -1;
    mirsal_code rc = mir_field_named(&field, &component, entry->type, assignment->name, err);
    if (rc == MIRSAL_OK && !mir_utf8_valid(assignment->value.data, assignment->value.size)) {
        rc = mir_fail_field(
            err, MIRSAL_NOT_UTF8, assignment->name, "%s is not UTF-8", assignment->name);
    }
    if (rc == MIRSAL_OK) {
        rc = check_operators(field, assignment, component, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (component >= 0) {
        return mir_compound_text(entry, values, field, component, assignment->value, err);
    }
    switch ((int)field->shape.kind) {
    case MIR_KIND_LANGTEXT:
        if (assignment->language.size == 0 && assignment->value.size > 1 &&
            memcmp(assignment->value.data, "[[", 2) == 0) {
            return assign_json(entry, values, field, assignment, err);
        }
        return mir_langtext_put(
            entry, values, field, language_of(values, assignment), assignment->value, err);
    case MIR_KIND_NAMES:
        return assign_names(entry, values, field, assignment, err);
    case MIR_KIND_SET:
        return assign_set(entry, values, field, assignment, err);
    case MIR_KIND_LIST:
        return assign_list(entry, values, field, assignment, err);
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
        return mir_compound_text(entry, values, field, -1, assignment->value, err);
    default:
        return assign_single(entry, values, field, assignment->value, err);
    }
}

mirsal_code mir_assign(struct mir_entry *entry,
    struct mir_values *values,
    const char *const *assignments,
    size_t count,
    mirsal_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct mir_assignment assignment;
        mirsal_code rc = mir_assignment_parse(&assignment, assignments[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_assign_one(entry, values, &assignment, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}
