/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/record_in.c - see the header. Children wait in a list with their parent's place, so that
 * no call calls itself.
 */
#include "record_in.h"

#include "fail.h"
#include "fields.h"
#include "pack.h"
#include "text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct pending {
    const json_t *json;
    size_t parent;
};

mirsal_code mir_json_load(struct json_t **out, const char *json, size_t size, mirsal_error *err)
{
    json_error_t why;
    *out = NULL;
    if (!mir_utf8_valid(json, size)) {
        return mir_fail(err, MIRSAL_NOT_UTF8, "not UTF-8");
    }
    *out = json_loadb(json, size, JSON_REJECT_DUPLICATES, &why);
    if (*out != NULL) {
        return MIRSAL_OK;
    }
    switch ((int)json_error_code(&why)) {
    case json_error_out_of_memory:
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    case json_error_numeric_overflow:
        return mir_fail(err, MIRSAL_OUT_OF_RANGE, "a number is out of range");
    case json_error_duplicate_key:
        return mir_fail(err, MIRSAL_BAD_VALUE, "a key stands there twice");
    default:
        return mir_fail(err, MIRSAL_BAD_VALUE, "not JSON at byte %d", why.position);
    }
}

void mir_json_drop(struct json_t *json)
{
    json_decref(json);
}

static int is_reserved(const char *key)
{
    static const char *const reserved[] = { "type", "id", "children", "meta", "conflicts",
        "history" };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (strcmp(key, reserved[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code find_type(const struct mir_schema_type **out,
    struct mir_values *values,
    const json_t *json,
    const char *fallback,
    mirsal_error *err)
{
    const json_t *given = json_object_get(json, "type");
    const char *name = json_is_string(given) ? json_string_value(given) : fallback;
    if (given != NULL && !json_is_string(given)) {
        return mir_fail_field(err, MIRSAL_UNKNOWN_TYPE, "type", "the type is not text");
    }
    if (name == NULL) {
        return mir_fail_field(err, MIRSAL_UNKNOWN_TYPE, "type", "no type is given");
    }
    *out = mir_schema_type_by_name(values->schema, name);
    if (*out == NULL) {
        return mir_fail_field(err, MIRSAL_UNKNOWN_TYPE, "type", "no such record type");
    }
    return MIRSAL_OK;
}

/* The source id as a field of the record, once however it was given. */
static mirsal_code put_source_id(struct mir_entry *entry,
    struct mir_values *values,
    struct mir_bytes text,
    mirsal_error *err)
{
    const struct mir_schema_field *field = NULL;
    int component = -1;
    mirsal_code rc = mir_field_named(&field, &component, entry->type, "source_id", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_reset(values->scratch);
    rc = mir_scalar_text(values->scratch, values, &field->shape, "source_id", text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_register_put(entry, values, field, err);
    }
    if (rc == MIRSAL_OK) {
        struct mir_bytes none = { NULL, 0 };
        entry->source_id = mir_packed_of(mir_entry_find(entry, field, none)->value).bytes;
    }
    return rc;
}

static mirsal_code source_from_json(struct mir_entry *entry,
    struct mir_values *values,
    const char *key,
    const json_t *json,
    mirsal_error *err)
{
    char digits[24];
    if (json_is_integer(json)) {
        int size = snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(json));
        return put_source_id(
            entry, values, (struct mir_bytes){ (const uint8_t *)digits, (size_t)size }, err);
    }
    if (!json_is_string(json) || json_string_length(json) == 0) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, key, "%s is no source id", key);
    }
    return put_source_id(entry, values,
        (struct mir_bytes){ (const uint8_t *)json_string_value(json), json_string_length(json) },
        err);
}

static mirsal_code take_id(struct mir_entry *entry,
    struct mir_values *values,
    const json_t *json,
    mirsal_error *err)
{
    char text[3 + MIR_UUID_TEXT_SIZE] = "id:";
    const json_t *given = json_object_get(json, "id");
    if (given == NULL || json_is_null(given)) {
        return MIRSAL_OK;
    }
    if (!json_is_string(given) ||
        !mir_uuid_parse(&entry->id, json_string_value(given), json_string_length(given))) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "id", "id is not a UUID");
    }
    entry->has_id = 1;
    if (entry->source_id.size > 0) {
        return MIRSAL_OK;
    }
    mir_uuid_format(text + 3, &entry->id);
    struct mir_bytes source = { (const uint8_t *)text, strlen(text) };
    uint8_t *kept = mir_arena_copy(values->arena, source.data, source.size);
    if (kept == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
    }
    entry->source_id = (struct mir_bytes){ kept, source.size };
    return MIRSAL_OK;
}

static mirsal_code take_fields(struct mir_entry *entry,
    struct mir_values *values,
    const json_t *json,
    const char *source_key,
    mirsal_error *err)
{
    json_t *object = json_incref((json_t *)(uintptr_t)json);
    mirsal_code rc = MIRSAL_OK;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        int component = -1;
        int is_source = source_key != NULL && strcmp(key, source_key) == 0;
        if (is_reserved(key)) {
            continue;
        }
        if (is_source || (strcmp(key, "source_id") == 0 && !json_is_null(value))) {
            rc = is_source || source_key == NULL ? source_from_json(entry, values, key, value, err)
                                                 : MIRSAL_OK;
        }
        int field = mir_schema_field_by_name(&component, entry->type, key) != NULL;
        if (rc == MIRSAL_OK && strcmp(key, "source_id") != 0 && (field || !is_source)) {
            rc = mir_field_json(entry, values, key, value, err);
        }
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    json_decref(object);
    return rc;
}

mirsal_code mir_fields_parse(struct mir_entry *out,
    struct mir_values *values,
    const struct json_t *json,
    mirsal_error *err)
{
    static const char *const refused[] = { "type", "id", "children" };
    if (!json_is_object(json)) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "not a JSON object");
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (json_object_get(json, refused[i]) != NULL) {
            return mir_fail_field(
                err, MIRSAL_UNKNOWN_FIELD, refused[i], "%s cannot be written", refused[i]);
        }
    }
    return take_fields(out, values, json, NULL, err);
}

/* How many records the JSON holds, and where: each child behind its parent. */
static mirsal_code collect(struct pending **out,
    size_t *count,
    struct mir_values *values,
    const json_t *json,
    mirsal_error *err)
{
    size_t capacity = 8;
    struct pending *list = mir_arena_alloc(values->arena, capacity, sizeof *list);
    *count = 1;
    if (list == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
    }
    list[0] = (struct pending){ json, 0 };
    for (size_t i = 0; i < *count; i++) {
        const json_t *children = json_object_get(list[i].json, "children");
        if (!json_is_object(list[i].json) ||
            (children != NULL && !json_is_array(children) && !json_is_null(children))) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, children == NULL ? "" : "children",
                children == NULL ? "not a JSON object" : "children is not an array");
        }
        size_t more = json_array_size(children);
        if (*count + more > capacity) {
            struct pending *old = list;
            capacity = 2 * (*count + more);
            list = mir_arena_alloc(values->arena, capacity, sizeof *list);
            if (list == NULL) {
                return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
            }
            memcpy(list, old, *count * sizeof *list);
        }
        for (size_t k = 0; k < more; k++) {
            list[(*count)++] = (struct pending){ json_array_get(children, k), i };
        }
    }
    *out = list;
    return MIRSAL_OK;
}

mirsal_code mir_record_parse(struct mir_entries *out,
    struct mir_values *values,
    const struct json_t *json,
    const struct mir_record_in *options,
    mirsal_error *err)
{
    struct pending *list = NULL;
    size_t count = 0;
    mirsal_code rc = collect(&list, &count, values, json, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_entry *entries = mir_arena_alloc(values->arena, count, sizeof *entries);
    if (entries == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
    }
    for (size_t i = 0; i < count; i++) {
        struct mir_entry *entry = &entries[i];
        entry->parent = list[i].parent;
        rc = find_type(&entry->type, values, list[i].json, i == 0 ? options->type : NULL, err);
        if (rc == MIRSAL_OK) {
            rc = take_fields(entry, values, list[i].json, options->source_id, err);
        }
        if (rc == MIRSAL_OK) {
            rc = take_id(entry, values, list[i].json, err);
        }
        if (rc == MIRSAL_OK && i > 0 && entry->type->parent == NULL) {
            rc = mir_fail_field(
                err, MIRSAL_BAD_VALUE, "children", "%s has no parent", entry->type->name);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    *out = (struct mir_entries){ entries, count };
    return MIRSAL_OK;
}

/* A value as text; NULL without memory. */
static const char *text_of(struct mir_values *values, const json_t *value)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    size_t size = json_dumpb(value, NULL, 0, flags);
    char *text = mir_arena_alloc(values->arena, size + 1, 1);
    if (text == NULL || json_dumpb(value, text, size, flags) != size) {
        return NULL;
    }
    text[size] = '\0';
    return text;
}

int mir_record_spare(struct json_t *json, struct mir_values *values, const char *key)
{
    static const char *const kept[] = { "type", "id", "source_id", "children", "raw" };
    const json_t *value = json_object_get(json, key);
    const char *name = json_string_value(json_object_get(json, "type"));
    const struct mir_schema_type *type =
        name == NULL ? NULL : mir_schema_type_by_name(values->schema, name);
    int component = -1;
    if (value == NULL || type == NULL || strncmp(key, "origin", 6) == 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strcmp(key, kept[i]) == 0) {
            return 0;
        }
    }
    const char *content = text_of(values, value);
    if (mir_schema_field_by_name(&component, type, "raw") != NULL && content != NULL) {
        json_t *raw = json_object_get(json, "raw");
        if (!json_is_array(raw)) {
            raw = json_array();
            (void)json_object_set_new(json, "raw", raw);
        }
        (void)json_array_append_new(raw, json_pack("[s,s]", key, content));
    }
    return json_object_del(json, key) == 0;
}
