/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/schema_merge.c - an extension put into the schema that it extends; see the header.
 *
 * An item is known by its name. One without id gets a number made of its names, so that two admins
 * who add different things while they cannot reach each other do not give both one number.
 */
#include "schema_merge.h"

#include "fail.h"
#include "schema_in.h"
#include "schema_out.h"

#include <string.h>

#define DERIVED_MIN   65536u
#define DERIVED_COUNT 1000000000u
#define TYPE_MIN      1024u
#define TYPE_COUNT    3072u

/* One list of named things, and the list within each. */
struct level {
    const char *items;     /* member of the whole: vocabularies or types */
    const char *inner;     /* member of an item: codes or fields */
    const char *inner_key; /* what an inner item is known by */
};

struct merging {
    json_t *whole;
    mirsal_error *err;
};

static mirsal_code wrong(struct merging *merging, const char *where, const char *what)
{
    return mir_fail_field(merging->err, MIRSAL_BAD_VALUE, where, "schema: %s: %s", where, what);
}

static json_int_t id_of(const json_t *item)
{
    return json_integer_value(json_object_get(item, "id"));
}

static json_t *find(const json_t *items, const char *key, const json_t *name)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        if (json_is_string(name) && json_equal(json_object_get(item, key), name)) {
            return item;
        }
    }
    return NULL;
}

static int has_id(const json_t *items, json_int_t id)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (id_of(json_array_get(items, i)) == id) {
            return 1;
        }
    }
    return 0;
}

/* Field ids are unique over all types. */
static int is_taken(const struct merging *merging,
    const struct level *level,
    const json_t *list,
    json_int_t id)
{
    const json_t *types = json_object_get(merging->whole, "types");
    if (has_id(list, id)) {
        return 1;
    }
    for (size_t i = 0; strcmp(level->inner, "fields") == 0 && i < json_array_size(types); i++) {
        if (has_id(json_object_get(json_array_get(types, i), "fields"), id)) {
            return 1;
        }
    }
    return 0;
}

/* FNV-1a. */
static uint32_t hash_names(const char *outer, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *at = outer; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    }
    hash = (hash ^ (uint8_t)'.') * 16777619u;
    for (const char *at = name; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    }
    return hash;
}

/* Where an item lacks an id it gets one; it stands by its id. Takes the item. */
static mirsal_code insert(struct merging *merging,
    const struct level *level,
    json_t *list,
    json_t *item,
    const char *outer)
{
    const char *key = outer[0] == '\0' ? "name" : level->inner_key;
    const char *name = json_string_value(json_object_get(item, key));
    size_t at = 0;
    if (name == NULL) {
        json_decref(item);
        return wrong(merging, outer[0] == '\0' ? level->items : outer, "an item without a name");
    }
    if (json_object_get(item, "id") == NULL) {
        int is_type = outer[0] == '\0' && strcmp(level->items, "types") == 0;
        uint32_t low = is_type ? TYPE_MIN : DERIVED_MIN;
        uint32_t count = is_type ? TYPE_COUNT : DERIVED_COUNT;
        uint32_t id = hash_names(outer, name) % count;
        while (is_taken(merging, level, list, (json_int_t)low + id)) {
            id = (id + 1) % count;
        }
        (void)json_object_set_new(item, "id", json_integer((json_int_t)low + id));
    }
    while (at < json_array_size(list) && id_of(json_array_get(list, at)) < id_of(item)) {
        at++;
    }
    return json_array_insert_new(list, at, item) == 0
               ? MIRSAL_OK
               : mir_fail(merging->err, MIRSAL_NO_MEMORY, "out of memory");
}

/* Members of an item that is there already; what may not change is judged by the whole later. */
static mirsal_code overwrite(struct merging *merging,
    json_t *item,
    const json_t *given,
    const char *but,
    const char *where)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, key, value)
    {
        if (strcmp(key, but) == 0) {
            continue;
        }
        if (strcmp(key, "id") == 0 && !json_equal(value, json_object_get(item, "id"))) {
            return wrong(merging, where, "the name has another id");
        }
        if (json_object_set(item, key, value) != 0) {
            return mir_fail(merging->err, MIRSAL_NO_MEMORY, "out of memory");
        }
    }
    return MIRSAL_OK;
}

static mirsal_code merge_inner(struct merging *merging,
    const struct level *level,
    json_t *item,
    const json_t *given,
    const char *where)
{
    json_t *list = json_object_get(item, level->inner);
    const json_t *news = json_object_get(given, level->inner);
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < json_array_size(news); i++) {
        const json_t *one = json_array_get(news, i);
        const json_t *name = json_object_get(one, level->inner_key);
        json_t *there = find(list, level->inner_key, name);
        if (!json_is_object(one)) {
            rc = wrong(merging, where, "an item is no object");
        } else if (there != NULL) {
            rc = overwrite(merging, there, one, "", json_string_value(name));
        } else {
            rc = insert(merging, level, list, json_copy((json_t *)(uintptr_t)one), where);
        }
    }
    return rc;
}

/* What every type has, where an extension's new type does not say it itself. */
static mirsal_code add_required(struct merging *merging, const struct level *level, json_t *type)
{
    static const char required[] =
        "[{\"name\":\"source_id\",\"kind\":\"text\",\"policy\":\"once\",\"sensitivity\":1,"
        "\"en\":\"Source id\",\"ar\":\"معرّف المصدر\"},"
        "{\"name\":\"withdrawn\",\"kind\":\"withdrawal\",\"policy\":\"review\","
        "\"sensitivity\":1,\"en\":\"Withdrawn\",\"ar\":\"مسحوب\"}]";
    const char *where = json_string_value(json_object_get(type, "name"));
    json_t *fields = json_object_get(type, "fields");
    json_t *items = json_loadb(required, sizeof required - 1, 0, NULL);
    mirsal_code rc =
        items != NULL ? MIRSAL_OK : mir_fail(merging->err, MIRSAL_NO_MEMORY, "out of memory");
    for (size_t i = 0; rc == MIRSAL_OK && i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        if (find(fields, "name", json_object_get(item, "name")) == NULL) {
            if (json_is_integer(json_object_get(type, "compartment")) &&
                json_integer_value(json_object_get(type, "compartment")) == 1) {
                (void)json_object_set_new(item, "sensitivity", json_integer(2));
            }
            rc = insert(merging, level, fields, json_copy(item), where);
        }
    }
    json_decref(items);
    return rc;
}

static mirsal_code merge_new(struct merging *merging,
    const struct level *level,
    json_t *list,
    const json_t *given,
    const char *where)
{
    json_t *item = json_copy((json_t *)(uintptr_t)given);
    if (item == NULL || json_object_set_new(item, level->inner, json_array()) != 0) {
        json_decref(item);
        return mir_fail(merging->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    if (strcmp(level->items, "types") == 0 && json_object_get(item, "parent") == NULL) {
        (void)json_object_set_new(item, "parent", json_null());
    }
    mirsal_code rc = insert(merging, level, list, item, "");
    if (rc == MIRSAL_OK) {
        rc = merge_inner(merging, level, item, given, where);
    }
    return rc == MIRSAL_OK && strcmp(level->items, "types") == 0
               ? add_required(merging, level, item)
               : rc;
}

static mirsal_code merge_level(struct merging *merging,
    const struct level *level,
    const json_t *extension)
{
    json_t *list = json_object_get(merging->whole, level->items);
    const json_t *news = json_object_get(extension, level->items);
    mirsal_code rc = MIRSAL_OK;
    if (news != NULL && !json_is_array(news)) {
        return wrong(merging, level->items, "not an array");
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < json_array_size(news); i++) {
        const json_t *given = json_array_get(news, i);
        const json_t *name = json_object_get(given, "name");
        const json_t *inner = json_object_get(given, level->inner);
        json_t *there = find(list, "name", name);
        if (!json_is_string(name) || (inner != NULL && !json_is_array(inner))) {
            rc = wrong(merging, level->items, "an item without a name, or not of this form");
        } else if (there == NULL) {
            rc = merge_new(merging, level, list, given, json_string_value(name));
        } else {
            rc = overwrite(merging, there, given, level->inner, json_string_value(name));
            if (rc == MIRSAL_OK) {
                rc = merge_inner(merging, level, there, given, json_string_value(name));
            }
        }
    }
    return rc;
}

static mirsal_code merge_rest(struct merging *merging,
    const struct mir_schema *base,
    const json_t *extension)
{
    static const char *const known[] = { "extends", "schema", "version", "vocabularies", "types",
        "phrases", NULL };
    const json_t *version = json_object_get(extension, "version");
    const json_t *phrases = json_object_get(extension, "phrases");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)extension, key, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0) {
            i++;
        }
        if (known[i] == NULL) {
            return wrong(merging, "schema", "a member that nobody knows");
        }
    }
    json_int_t next = (json_int_t)base->version + 1;
    (void)json_object_set_new(merging->whole, "version",
        version != NULL ? json_incref((json_t *)(uintptr_t)version) : json_integer(next));
    if (json_object_get(extension, "schema") != NULL) {
        (void)json_object_set(merging->whole, "schema", json_object_get(extension, "schema"));
    }
    if (phrases != NULL &&
        (!json_is_array(phrases) || json_array_extend(json_object_get(merging->whole, "phrases"),
                                        (json_t *)(uintptr_t)phrases) != 0)) {
        return wrong(merging, "phrases", "not an array");
    }
    return MIRSAL_OK;
}

static mirsal_code merge(json_t **out,
    const struct mir_schema *base,
    const json_t *extension,
    const mirsal_env *env,
    mirsal_error *err)
{
    static const struct level levels[] = { { "vocabularies", "codes", "code" },
        { "types", "fields", "name" } };
    const json_t *of = json_object_get(extension, "extends");
    struct merging merging = { NULL, err };
    struct mir_buf text;
    if (!json_is_integer(of) || json_integer_value(of) != (json_int_t)base->version) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "extends",
            "schema: it does not extend version %u, which is in use", base->version);
    }
    mir_buf_init(&text, env, MIR_SCHEMA_JSON_MAX);
    mir_schema_out(&text, base);
    mirsal_code rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        merging.whole = json_loadb((const char *)text.data, text.size, 0, NULL);
        rc = merging.whole != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < sizeof levels / sizeof levels[0]; i++) {
        rc = merge_level(&merging, &levels[i], extension);
    }
    if (rc == MIRSAL_OK) {
        rc = merge_rest(&merging, base, extension);
    }
    mir_buf_fini(&text);
    *out = merging.whole;
    return rc;
}

mirsal_code mir_schema_read_json(json_t **out,
    const struct mir_schema *base,
    struct mir_bytes json,
    const mirsal_env *env,
    mirsal_error *err)
{
    json_error_t reason;
    *out = NULL;
    if (json.size > MIR_SCHEMA_JSON_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the schema's file is too large");
    }
    json_t *given = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &reason);
    if (given == NULL) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "schema: not JSON, line %d", reason.line);
    }
    if (json_object_get(given, "extends") == NULL) {
        *out = given;
        return MIRSAL_OK;
    }
    mirsal_code rc = merge(out, base, given, env, err);
    json_decref(given);
    if (rc != MIRSAL_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}
