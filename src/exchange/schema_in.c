/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/schema_in.c - a schema's JSON to its compiled bytes; see the header.
 *
 * The model's builder judges names, ids and what belongs together; this file finds the members of
 * each object, refuses those that nobody asked for, and numbers what is named.
 */
#include "schema_in.h"

#include "fail.h"
#include "mir_limits.h"
#include "schema_encode.h"
#include "schema_extends.h"
#include "schema_merge.h"

#include <jansson.h>
#include <string.h>

struct compiling {
    struct mir_schema *schema;
    const json_t *vocabularies;
    const json_t *types;
    mirsal_error *err;
};

static mirsal_code wrong(struct compiling *compiling, const char *where, const char *what)
{
    return mir_fail_field(compiling->err, MIRSAL_BAD_VALUE, where, "schema: %s: %s", where, what);
}

/* An object with these members and none beside; keys end with NULL, a '?' begins optional ones. */
static mirsal_code check_keys(struct compiling *compiling,
    const json_t *object,
    const char *where,
    const char *const *keys)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object)) {
        return wrong(compiling, where, "not an object");
    }
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (keys[i][0] != '?' && json_object_get(object, keys[i]) == NULL) {
            return mir_fail_field(compiling->err, MIRSAL_BAD_VALUE, where,
                "schema: %s: %s is missing", where, keys[i]);
        }
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i] + (keys[i][0] == '?'), key) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            return wrong(compiling, where, "a member that nobody knows");
        }
    }
    return MIRSAL_OK;
}

static struct mir_bytes text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? (struct mir_bytes){ (const uint8_t *)json_string_value(value),
        json_string_length(value) }
                                 : (struct mir_bytes){ NULL, 0 };
}

static const char *name_of(const json_t *object, const char *key)
{
    const char *name = json_string_value(json_object_get(object, key));
    return name != NULL ? name : "schema";
}

static mirsal_code read_u32(uint32_t *out,
    struct compiling *compiling,
    const json_t *object,
    const char *key,
    const char *where)
{
    const json_t *value = json_object_get(object, key);
    *out = 0;
    if (value == NULL) {
        return MIRSAL_OK;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > UINT32_MAX) {
        return mir_fail_field(compiling->err, MIRSAL_BAD_VALUE, where,
            "schema: %s: %s is no number that fits", where, key);
    }
    *out = (uint32_t)json_integer_value(value);
    return MIRSAL_OK;
}

static mirsal_code read_count(uint32_t *out,
    struct compiling *compiling,
    const json_t *array,
    const char *where)
{
    *out = 0;
    if (array != NULL && !json_is_array(array)) {
        return wrong(compiling, where, "not an array");
    }
    if (json_array_size(array) > MIR_SCHEMA_ITEMS_MAX) {
        return mir_fail_field(compiling->err, MIRSAL_TOO_LARGE, where, "too many in one place");
    }
    *out = (uint32_t)json_array_size(array);
    return MIRSAL_OK;
}

static struct mir_schema_words words_of(const json_t *object, const char *name)
{
    struct mir_schema_words words;
    words.name = text_of(object, name);
    words.en = text_of(object, "en");
    words.ar = text_of(object, "ar");
    return words;
}

/* The id of the item of that name; 0 when there is none. */
static uint32_t id_named(const json_t *items, const json_t *name)
{
    size_t at;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)items, at, item)
    {
        if (json_is_string(name) && json_equal(json_object_get(item, "name"), name)) {
            json_int_t id = json_integer_value(json_object_get(item, "id"));
            return id > 0 && id <= UINT32_MAX ? (uint32_t)id : 0;
        }
    }
    return 0;
}

static mirsal_code add_code(struct compiling *compiling, const json_t *code)
{
    static const char *const keys[] = { "id", "code", "en", "ar", "?rank", "?aliases", NULL };
    const char *where = name_of(code, "code");
    const json_t *aliases = json_object_get(code, "aliases");
    struct mir_schema_words words = words_of(code, "code");
    uint32_t id = 0;
    uint32_t rank = 0;
    uint32_t count = 0;
    mirsal_code rc = check_keys(compiling, code, where, keys);
    if (rc == MIRSAL_OK) {
        rc = read_u32(&id, compiling, code, "id", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_u32(&rank, compiling, code, "rank", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&count, compiling, aliases, where);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_add_code(compiling->schema, id, rank, &words, count, compiling->err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        const json_t *alias = json_array_get(aliases, i);
        struct mir_bytes text = { (const uint8_t *)json_string_value(alias),
            json_string_length(alias) };
        rc = json_is_string(alias) ? mir_schema_add_alias(compiling->schema, text, compiling->err)
                                   : wrong(compiling, where, "an alias is no text");
    }
    return rc;
}

static mirsal_code add_vocabulary(struct compiling *compiling, const json_t *vocabulary)
{
    static const char *const keys[] = { "id", "name", "codes", NULL };
    const char *where = name_of(vocabulary, "name");
    const json_t *codes = json_object_get(vocabulary, "codes");
    uint32_t id = 0;
    uint32_t count = 0;
    mirsal_code rc = check_keys(compiling, vocabulary, where, keys);
    if (rc == MIRSAL_OK) {
        rc = read_u32(&id, compiling, vocabulary, "id", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&count, compiling, codes, where);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_add_vocabulary(
            compiling->schema, id, text_of(vocabulary, "name"), count, compiling->err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = add_code(compiling, json_array_get(codes, i));
    }
    return rc;
}

static mirsal_code read_kind(enum mir_kind *out,
    struct compiling *compiling,
    const json_t *object,
    const char *key,
    const char *where)
{
    const json_t *value = json_object_get(object, key);
    *out = MIR_KIND_NONE;
    if (value == NULL) {
        return MIRSAL_OK;
    }
    for (int kind = MIR_KIND_INT; json_is_string(value) && kind <= MIR_KIND_WITHDRAWAL; kind++) {
        if (strcmp(mir_kind_name((enum mir_kind)kind), json_string_value(value)) == 0) {
            *out = (enum mir_kind)kind;
            return MIRSAL_OK;
        }
    }
    return wrong(compiling, where, "no such kind");
}

static mirsal_code read_bound(int *has,
    int64_t *out,
    struct compiling *compiling,
    const json_t *value,
    const char *where)
{
    *has = value != NULL && !json_is_null(value);
    *out = 0;
    if (*has && !json_is_integer(value)) {
        return wrong(compiling, where, "min and max are whole numbers");
    }
    *out = *has ? json_integer_value(value) : 0;
    return MIRSAL_OK;
}

static mirsal_code read_shape(struct mir_schema_shape *shape,
    struct compiling *compiling,
    const json_t *object,
    const char *where)
{
    const json_t *vocabulary = json_object_get(object, "vocabulary");
    const json_t *refers = json_object_get(object, "refers");
    memset(shape, 0, sizeof *shape);
    mirsal_code rc = read_kind(&shape->kind, compiling, object, "kind", where);
    if (rc == MIRSAL_OK) {
        rc = read_kind(&shape->element, compiling, object, "element", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_bound(
            &shape->has_min, &shape->min, compiling, json_object_get(object, "min"), where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_bound(
            &shape->has_max, &shape->max, compiling, json_object_get(object, "max"), where);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    shape->vocabulary_id = id_named(compiling->vocabularies, vocabulary);
    shape->refers = id_named(compiling->types, refers);
    if (vocabulary != NULL && shape->vocabulary_id == 0) {
        return wrong(compiling, where, "no such vocabulary");
    }
    if (refers != NULL && shape->refers == 0) {
        return wrong(compiling, where, "it refers to no type");
    }
    return MIRSAL_OK;
}

static mirsal_code add_component(struct compiling *compiling, const json_t *component)
{
    static const char *const keys[] = { "name", "kind", "en", "ar", "?vocabulary", "?refers",
        "?min", "?max", NULL };
    const char *where = name_of(component, "name");
    struct mir_schema_words words = words_of(component, "name");
    struct mir_schema_shape shape;
    mirsal_code rc = check_keys(compiling, component, where, keys);
    if (rc == MIRSAL_OK) {
        rc = read_shape(&shape, compiling, component, where);
    }
    return rc == MIRSAL_OK
               ? mir_schema_add_component(compiling->schema, &words, &shape, compiling->err)
               : rc;
}

static mirsal_code read_policy(enum mir_policy *out,
    struct compiling *compiling,
    const json_t *field,
    const char *where)
{
    struct mir_bytes text = text_of(field, "policy");
    for (int policy = MIR_POLICY_REVIEW; text.size > 0 && policy <= MIR_POLICY_DERIVED; policy++) {
        if (strcmp(mir_policy_name((enum mir_policy)policy), (const char *)text.data) == 0) {
            *out = (enum mir_policy)policy;
            return MIRSAL_OK;
        }
    }
    return wrong(compiling, where, "no such policy");
}

static mirsal_code add_field(struct compiling *compiling, const json_t *field)
{
    static const char *const keys[] = { "id", "name", "kind", "policy", "sensitivity", "en", "ar",
        "?element", "?vocabulary", "?components", "?refers", "?min", "?max", NULL };
    const char *where = name_of(field, "name");
    const json_t *components = json_object_get(field, "components");
    struct mir_schema_field_given given = { .words = words_of(field, "name") };
    mirsal_code rc = check_keys(compiling, field, where, keys);
    if (rc == MIRSAL_OK) {
        rc = read_u32(&given.id, compiling, field, "id", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_u32(&given.sensitivity, compiling, field, "sensitivity", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_policy(&given.policy, compiling, field, where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_shape(&given.shape, compiling, field, where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&given.component_count, compiling, components, where);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_add_field(compiling->schema, &given, compiling->err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < given.component_count; i++) {
        rc = add_component(compiling, json_array_get(components, i));
    }
    return rc;
}

static mirsal_code add_type(struct compiling *compiling, const json_t *type)
{
    static const char *const keys[] = { "id", "name", "en", "ar", "parent", "fields",
        "?compartment", NULL };
    const char *where = name_of(type, "name");
    const json_t *fields = json_object_get(type, "fields");
    const json_t *parent = json_object_get(type, "parent");
    struct mir_schema_words words = words_of(type, "name");
    struct mir_schema_type given = { 0 };
    uint32_t count = 0;
    mirsal_code rc = check_keys(compiling, type, where, keys);
    if (rc == MIRSAL_OK) {
        rc = read_u32(&given.id, compiling, type, "id", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_u32(&given.compartment, compiling, type, "compartment", where);
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&count, compiling, fields, where);
    }
    given.parent_id = id_named(fields, parent);
    if (rc == MIRSAL_OK && !json_is_null(parent) && given.parent_id == 0) {
        rc = wrong(compiling, where, "no field of that name for the parent");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_add_type(compiling->schema, &given, &words, count, compiling->err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = add_field(compiling, json_array_get(fields, i));
    }
    return rc;
}

static mirsal_code add_phrases(struct compiling *compiling, const json_t *phrases)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < json_array_size(phrases); i++) {
        const json_t *phrase = json_array_get(phrases, i);
        struct mir_bytes text = { (const uint8_t *)json_string_value(phrase),
            json_string_length(phrase) };
        rc = json_is_string(phrase) ? mir_schema_add_phrase(compiling->schema, text, compiling->err)
                                    : wrong(compiling, "phrases", "a phrase is no text");
    }
    return rc;
}

static mirsal_code build(struct compiling *compiling, struct mir_arena *arena, const json_t *whole)
{
    static const char *const keys[] = { "schema", "version", "vocabularies", "types", "phrases",
        NULL };
    const json_t *phrases = json_object_get(whole, "phrases");
    struct mir_schema_counts counts = { 0 };
    uint32_t version = 0;
    mirsal_code rc = check_keys(compiling, whole, "schema", keys);
    if (rc == MIRSAL_OK) {
        rc = read_u32(&version, compiling, whole, "version", "version");
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&counts.vocabularies, compiling, compiling->vocabularies, "vocabularies");
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&counts.types, compiling, compiling->types, "types");
    }
    if (rc == MIRSAL_OK) {
        rc = read_count(&counts.phrases, compiling, phrases, "phrases");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_begin(
            compiling->schema, arena, text_of(whole, "schema"), version, counts, compiling->err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < counts.vocabularies; i++) {
        rc = add_vocabulary(compiling, json_array_get(compiling->vocabularies, i));
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < counts.types; i++) {
        rc = add_type(compiling, json_array_get(compiling->types, i));
    }
    if (rc == MIRSAL_OK) {
        rc = add_phrases(compiling, phrases);
    }
    return rc == MIRSAL_OK ? mir_schema_finish(compiling->schema, compiling->err) : rc;
}

static mirsal_code write_bytes(struct mir_buf *out,
    const struct mir_schema *schema,
    mirsal_error *err)
{
    size_t before = out->size;
    mir_schema_encode(out, schema);
    mirsal_code rc = mir_buf_finish(out, err);
    if (rc == MIRSAL_OK && out->size - before > MIR_SCHEMA_SIZE_MAX) {
        rc = MIRSAL_LIMIT;
    }
    return rc;
}

mirsal_code mir_schema_compile(struct mir_buf *out,
    const struct mir_schema *base,
    int by_root,
    struct mir_bytes json,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_schema schema;
    json_t *whole = NULL;
    mir_arena_init(&arena, out->env, MIR_SCHEMA_MEMORY_MAX);
    mirsal_code rc = mir_schema_read_json(&whole, base, json, out->env, err);
    if (rc == MIRSAL_OK) {
        struct compiling compiling = { &schema, json_object_get(whole, "vocabularies"),
            json_object_get(whole, "types"), err };
        rc = build(&compiling, &arena, whole);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_extends(&schema, base, by_root, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_bytes(out, &schema, err);
    }
    /* What a peer's bytes would be refused for is a mistake of the file here. */
    if (rc == MIRSAL_MALFORMED && err != NULL) {
        err->code = MIRSAL_BAD_VALUE;
    }
    rc = rc == MIRSAL_MALFORMED ? MIRSAL_BAD_VALUE : rc;
    if (rc == MIRSAL_LIMIT) {
        rc = mir_fail(err, MIRSAL_TOO_LARGE, "the schema is too large");
    }
    json_decref(whole);
    mir_arena_fini(&arena);
    return rc;
}
