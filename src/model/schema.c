/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schema.c - lookups in a finished schema; protocol/schema.md.
 *
 * Everything is found by halving a sorted array that schema_build.c made.
 */
#include "schema.h"

#include <string.h>

/* Compares a key with the item at a place: below 0 when the key comes first. */
typedef int (*probe)(const void *items, size_t at, const void *key);

struct spelling_key {
    const char *text;
    size_t size;
};

#define NOWHERE SIZE_MAX

static size_t find(const void *items, size_t count, probe compare, const void *key)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(items, middle, key);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NOWHERE;
}

static int order_ids(const void *key, uint32_t id)
{
    uint32_t wanted = *(const uint32_t *)key;
    return wanted < id ? -1 : wanted > id;
}

static int probe_type_id(const void *items, size_t at, const void *key)
{
    return order_ids(key, ((const struct mir_schema_type *)items)[at].id);
}

static int probe_type_name(const void *items, size_t at, const void *key)
{
    return strcmp(key, ((const struct mir_schema_type *const *)items)[at]->name);
}

static int probe_field_id(const void *items, size_t at, const void *key)
{
    return order_ids(key, ((const struct mir_schema_field *const *)items)[at]->id);
}

static int probe_name(const void *items, size_t at, const void *key)
{
    return strcmp(key, ((const struct mir_schema_name *)items)[at].name);
}

static int probe_vocabulary_id(const void *items, size_t at, const void *key)
{
    return order_ids(key, ((const struct mir_schema_vocabulary *)items)[at].id);
}

static int probe_code_id(const void *items, size_t at, const void *key)
{
    return order_ids(key, ((const struct mir_schema_code *)items)[at].id);
}

static unsigned char fold(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte - 'A' + 'a') : byte;
}

static int probe_spelling(const void *items, size_t at, const void *key)
{
    const struct spelling_key *wanted = key;
    const char *text = ((const struct mir_schema_spelling *)items)[at].text;
    for (size_t i = 0; i < wanted->size; i++) {
        int a = fold((unsigned char)wanted->text[i]);
        int b = (unsigned char)text[i];
        if (a != b || b == 0) {
            return a < b ? -1 : 1;
        }
    }
    return text[wanted->size] == 0 ? 0 : -1;
}

const struct mir_schema_type *mir_schema_type_by_id(const struct mir_schema *schema, uint32_t id)
{
    size_t at = find(schema->types, schema->type_count, probe_type_id, &id);
    return at == NOWHERE ? NULL : &schema->types[at];
}

const struct mir_schema_type *mir_schema_type_by_name(const struct mir_schema *schema,
    const char *name)
{
    size_t at = find(schema->types_by_name, schema->type_count, probe_type_name, name);
    return at == NOWHERE ? NULL : schema->types_by_name[at];
}

const struct mir_schema_field *mir_schema_field_by_id(const struct mir_schema *schema, uint32_t id)
{
    size_t at = find(schema->fields, schema->field_count, probe_field_id, &id);
    return at == NOWHERE ? NULL : schema->fields[at];
}

const struct mir_schema_field *mir_schema_field_by_name(int *component,
    const struct mir_schema_type *type,
    const char *name)
{
    size_t at = find(type->names, type->name_count, probe_name, name);
    if (component != NULL) {
        *component = at == NOWHERE ? -1 : type->names[at].component;
    }
    return at == NOWHERE ? NULL : type->names[at].field;
}

const struct mir_schema_vocabulary *mir_schema_vocabulary_by_id(const struct mir_schema *schema,
    uint32_t id)
{
    size_t at = find(schema->vocabularies, schema->vocabulary_count, probe_vocabulary_id, &id);
    return at == NOWHERE ? NULL : &schema->vocabularies[at];
}

const struct mir_schema_vocabulary *mir_schema_vocabulary_by_name(const struct mir_schema *schema,
    const char *name)
{
    for (uint32_t i = 0; i < schema->vocabulary_count; i++) {
        if (strcmp(schema->vocabularies[i].name, name) == 0) {
            return &schema->vocabularies[i];
        }
    }
    return NULL;
}

const struct mir_schema_code *mir_schema_code_by_id(const struct mir_schema_vocabulary *vocabulary,
    uint32_t id)
{
    size_t at = find(vocabulary->codes, vocabulary->code_count, probe_code_id, &id);
    return at == NOWHERE ? NULL : &vocabulary->codes[at];
}

const struct mir_schema_code *mir_schema_code_by_text(
    const struct mir_schema_vocabulary *vocabulary,
    const char *text,
    size_t size)
{
    struct spelling_key key = { text, size };
    size_t at = find(vocabulary->spellings, vocabulary->spelling_count, probe_spelling, &key);
    return at == NOWHERE ? NULL : vocabulary->spellings[at].code;
}

enum mir_key_form mir_schema_key_form(const struct mir_schema_field *field)
{
    if (field->shape.kind == MIR_KIND_LANGTEXT) {
        return MIR_KEY_TEXT;
    }
    return field->shape.kind == MIR_KIND_SET || field->shape.kind == MIR_KIND_NAMES ? MIR_KEY_SET
                                                                                    : MIR_KEY_NONE;
}

uint32_t mir_schema_field_compartment(const struct mir_schema_field *field,
    uint32_t record_compartment)
{
    return field->sensitivity >= 2 ? 1 : record_compartment;
}

int mir_schema_type_allows(const struct mir_schema_type *type, uint32_t compartment)
{
    return type->compartment == 1 ? compartment == 1 : compartment < 255;
}

const char *mir_kind_name(enum mir_kind kind)
{
    switch (kind) {
#define KIND_NAME(name, number, text)                                                              \
    case MIR_KIND_##name:                                                                          \
        return text;
        MIR_KINDS(KIND_NAME)
#undef KIND_NAME
    case MIR_KIND_NONE:
        break;
    }
    return "none";
}
