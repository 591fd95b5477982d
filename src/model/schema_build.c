/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schema_build.c - builds a schema item by item; what protocol/schema.md 2 to 5 demand.
 *
 * Items are copied into the arena as they come; each container's room is taken when it begins, so
 * that no pointer into it ever moves. What needs the whole is checked by schema_finish.c.
 */
#include "schema.h"

#include "fail.h"
#include "mir_limits.h"

#include <string.h>

#define NAME_SIZE_MAX  47u /* fits mirsal_error.field */
#define COMPONENTS_MAX 16u
#define RANK_MAX       3u

static mirsal_code no_room(const struct mir_schema *schema, size_t need, mirsal_error *err)
{
    return need > schema->arena->used_max - schema->arena->used
               ? mir_fail(err, MIRSAL_LIMIT, "schema too large")
               : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory for the schema");
}

/* Room for count items; an empty container takes none. */
static mirsal_code take_room(void **out,
    struct mir_schema *schema,
    uint32_t count,
    size_t size,
    mirsal_error *err)
{
    *out = NULL;
    if (count > MIR_SCHEMA_ITEMS_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "schema with %u items in one place", count);
    }
    if (count > 0) {
        *out = mir_arena_alloc(schema->arena, count, size);
    }
    return count == 0 || *out != NULL ? MIRSAL_OK : no_room(schema, count * size, err);
}

static int is_name(struct mir_bytes text)
{
    if (text.size == 0 || text.size > NAME_SIZE_MAX || text.data[0] < 'a' || text.data[0] > 'z') {
        return 0;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '_') {
            return 0;
        }
    }
    return 1;
}

static int is_label(struct mir_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return 0;
        }
    }
    return text.size > 0;
}

static mirsal_code copy_name(const char **out,
    struct mir_schema *schema,
    struct mir_bytes name,
    mirsal_error *err)
{
    if (!is_name(name)) {
        return mir_fail(err, MIRSAL_MALFORMED, "a name in the schema is not a name");
    }
    *out = mir_arena_copy(schema->arena, name.data, name.size);
    return *out != NULL ? MIRSAL_OK : no_room(schema, name.size, err);
}

static mirsal_code copy_label(const char **out,
    struct mir_schema *schema,
    struct mir_bytes label,
    const char *name,
    mirsal_error *err)
{
    if (!is_label(label)) {
        return mir_fail_field(err, MIRSAL_MALFORMED, name, "a label or text is empty or broken");
    }
    *out = mir_arena_copy(schema->arena, label.data, label.size);
    return *out != NULL ? MIRSAL_OK : no_room(schema, label.size, err);
}

static mirsal_code copy_words(const char **name,
    const char **en,
    const char **ar,
    struct mir_schema *schema,
    const struct mir_schema_words *words,
    mirsal_error *err)
{
    mirsal_code rc = copy_name(name, schema, words->name, err);
    if (rc == MIRSAL_OK) {
        rc = copy_label(en, schema, words->en, *name, err);
    }
    if (rc == MIRSAL_OK) {
        rc = copy_label(ar, schema, words->ar, *name, err);
    }
    return rc;
}

/* An item of a container that is full, or does not exist: the announced counts do not fit. */
static mirsal_code too_many(const char *what, mirsal_error *err)
{
    return mir_fail(err, MIRSAL_MALFORMED, "more %s than announced", what);
}

static mirsal_code check_id(uint32_t id, uint32_t before, const char *name, mirsal_error *err)
{
    return id > before ? MIRSAL_OK
                       : mir_fail_field(err, MIRSAL_MALFORMED, name, "id %u does not ascend", id);
}

mirsal_code mir_schema_begin(struct mir_schema *schema,
    struct mir_arena *arena,
    struct mir_bytes name,
    uint32_t version,
    struct mir_schema_counts counts,
    mirsal_error *err)
{
    void *room = NULL;
    *schema = (struct mir_schema){ .arena = arena };
    mirsal_code rc = MIRSAL_OK;
    if (name.size > NAME_SIZE_MAX) {
        return mir_fail(err, MIRSAL_MALFORMED, "the schema's name is too long");
    }
    if (version == 0 || counts.types == 0) {
        return mir_fail(err, MIRSAL_MALFORMED, "a schema without version or types");
    }
    rc = copy_label(&schema->name, schema, name, "schema", err);
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, counts.vocabularies, sizeof *schema->vocabularies, err);
        schema->vocabularies = room;
    }
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, counts.types, sizeof *schema->types, err);
        schema->types = room;
    }
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, counts.phrases, sizeof *schema->phrases, err);
        schema->phrases = room;
    }
    schema->version = version;
    schema->vocabulary_max = counts.vocabularies;
    schema->type_max = counts.types;
    schema->phrase_max = counts.phrases;
    return rc;
}

mirsal_code mir_schema_add_vocabulary(struct mir_schema *schema,
    uint32_t id,
    struct mir_bytes name,
    uint32_t code_count,
    mirsal_error *err)
{
    void *room = NULL;
    if (schema->vocabulary_count == schema->vocabulary_max || schema->type_count > 0) {
        return too_many("vocabularies", err);
    }
    struct mir_schema_vocabulary *vocabulary = &schema->vocabularies[schema->vocabulary_count];
    mirsal_code rc = copy_name(&vocabulary->name, schema, name, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint32_t before = schema->vocabulary_count > 0 ? vocabulary[-1].id : 0;
    rc = check_id(id, before, vocabulary->name, err);
    if (rc == MIRSAL_OK && code_count == 0) {
        rc = mir_fail_field(err, MIRSAL_MALFORMED, vocabulary->name, "a vocabulary without codes");
    }
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, code_count, sizeof *vocabulary->codes, err);
    }
    vocabulary->id = id;
    vocabulary->codes = room;
    schema->code_max = code_count;
    schema->vocabulary_count++;
    return rc;
}

mirsal_code mir_schema_add_code(struct mir_schema *schema,
    uint32_t id,
    uint32_t rank,
    const struct mir_schema_words *words,
    uint32_t alias_count,
    mirsal_error *err)
{
    void *room = NULL;
    struct mir_schema_vocabulary *vocabulary =
        schema->vocabulary_count > 0 ? &schema->vocabularies[schema->vocabulary_count - 1] : NULL;
    if (vocabulary == NULL || vocabulary->code_count == schema->code_max) {
        return too_many("codes", err);
    }
    struct mir_schema_code *code = &vocabulary->codes[vocabulary->code_count];
    mirsal_code rc = copy_words(&code->code, &code->en, &code->ar, schema, words, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = check_id(id, vocabulary->code_count > 0 ? code[-1].id : 0, code->code, err);
    if (rc == MIRSAL_OK && rank > RANK_MAX) {
        rc = mir_fail_field(err, MIRSAL_MALFORMED, code->code, "no role has rank %u", rank);
    }
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, alias_count, sizeof *code->aliases, err);
    }
    code->id = id;
    code->rank = rank;
    code->aliases = room;
    schema->alias_max = alias_count;
    vocabulary->code_count++;
    return rc;
}

mirsal_code mir_schema_add_alias(struct mir_schema *schema,
    struct mir_bytes alias,
    mirsal_error *err)
{
    struct mir_schema_vocabulary *vocabulary =
        schema->vocabulary_count > 0 ? &schema->vocabularies[schema->vocabulary_count - 1] : NULL;
    if (vocabulary == NULL || vocabulary->code_count == 0) {
        return too_many("aliases", err);
    }
    struct mir_schema_code *code = &vocabulary->codes[vocabulary->code_count - 1];
    if (code->alias_count == schema->alias_max) {
        return too_many("aliases", err);
    }
    mirsal_code rc = copy_label(&code->aliases[code->alias_count], schema, alias, code->code, err);
    code->alias_count += rc == MIRSAL_OK;
    return rc;
}

mirsal_code mir_schema_add_type(struct mir_schema *schema,
    const struct mir_schema_type *given,
    const struct mir_schema_words *words,
    uint32_t field_count,
    mirsal_error *err)
{
    void *room = NULL;
    if (schema->type_count == schema->type_max) {
        return too_many("types", err);
    }
    struct mir_schema_type *type = &schema->types[schema->type_count];
    mirsal_code rc = copy_words(&type->name, &type->en, &type->ar, schema, words, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = check_id(given->id, schema->type_count > 0 ? type[-1].id : 0, type->name, err);
    if (rc == MIRSAL_OK && given->id > MIR_SCHEMA_TYPE_ID_MAX) {
        rc = mir_fail_field(err, MIRSAL_LIMIT, type->name, "a type's id is %u", given->id);
    }
    if (rc == MIRSAL_OK && given->compartment > 1) {
        rc = mir_fail_field(err, MIRSAL_MALFORMED, type->name, "a type's compartment is 0 or 1");
    }
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, field_count, sizeof *type->fields, err);
    }
    type->id = given->id;
    type->compartment = given->compartment;
    type->parent_id = given->parent_id;
    type->fields = room;
    schema->type_field_max = field_count;
    schema->type_count++;
    return rc;
}

static mirsal_code check_field(const struct mir_schema_field_given *given,
    uint32_t before,
    const char *name,
    mirsal_error *err)
{
    mirsal_code rc = check_id(given->id, before, name, err);
    if (rc == MIRSAL_OK && given->sensitivity > 3) {
        rc = mir_fail_field(err, MIRSAL_MALFORMED, name, "sensitivity %u", given->sensitivity);
    }
    if (rc == MIRSAL_OK && given->component_count > COMPONENTS_MAX) {
        rc = mir_fail_field(err, MIRSAL_LIMIT, name, "%u components", given->component_count);
    }
    return rc;
}

mirsal_code mir_schema_add_field(struct mir_schema *schema,
    const struct mir_schema_field_given *given,
    mirsal_error *err)
{
    void *room = NULL;
    struct mir_schema_type *type =
        schema->type_count > 0 ? &schema->types[schema->type_count - 1] : NULL;
    if (type == NULL || type->field_count == schema->type_field_max) {
        return too_many("fields", err);
    }
    struct mir_schema_field *field = &type->fields[type->field_count];
    mirsal_code rc = copy_words(&field->name, &field->en, &field->ar, schema, &given->words, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = check_field(given, type->field_count > 0 ? field[-1].id : 0, field->name, err);
    if (rc == MIRSAL_OK) {
        rc = take_room(&room, schema, given->component_count, sizeof *field->components, err);
    }
    field->id = given->id;
    field->shape = given->shape;
    field->shape.vocabulary = NULL;
    field->policy = given->policy;
    field->sensitivity = given->sensitivity;
    field->components = room;
    field->type = type;
    schema->component_max = given->component_count;
    schema->field_count++;
    type->field_count++;
    return rc;
}

mirsal_code mir_schema_add_component(struct mir_schema *schema,
    const struct mir_schema_words *words,
    const struct mir_schema_shape *shape,
    mirsal_error *err)
{
    struct mir_schema_type *type =
        schema->type_count > 0 ? &schema->types[schema->type_count - 1] : NULL;
    if (type == NULL || type->field_count == 0) {
        return too_many("components", err);
    }
    struct mir_schema_field *field = &type->fields[type->field_count - 1];
    if (field->component_count == schema->component_max) {
        return too_many("components", err);
    }
    struct mir_schema_component *component = &field->components[field->component_count];
    mirsal_code rc =
        copy_words(&component->name, &component->en, &component->ar, schema, words, err);
    component->shape = *shape;
    component->shape.vocabulary = NULL;
    field->component_count += rc == MIRSAL_OK;
    return rc;
}

mirsal_code mir_schema_add_phrase(struct mir_schema *schema,
    struct mir_bytes phrase,
    mirsal_error *err)
{
    if (schema->phrase_count == schema->phrase_max) {
        return too_many("phrases", err);
    }
    mirsal_code rc =
        copy_label(&schema->phrases[schema->phrase_count], schema, phrase, "phrases", err);
    schema->phrase_count += rc == MIRSAL_OK;
    return rc;
}
