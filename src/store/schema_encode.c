/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema_encode.c - writes a schema's compiled form; see the header.
 */
#include "schema_encode.h"

#include "msgpack.h"

#include <string.h>

#define FORM              1u
#define SCHEMA_LENGTH     6u
#define VOCABULARY_LENGTH 3u
#define CODE_LENGTH       6u
#define TYPE_LENGTH       7u
#define FIELD_LENGTH      13u
#define COMPONENT_LENGTH  8u

static void write_text(struct mir_buf *out, const char *text)
{
    mir_mp_write_str(out, text, strlen(text));
}

static void write_bound(struct mir_buf *out, int has, int64_t bound)
{
    if (has) {
        mir_mp_write_int(out, bound);
    } else {
        mir_mp_write_nil(out);
    }
}

static void write_vocabulary(struct mir_buf *out, const struct mir_schema_vocabulary *vocabulary)
{
    mir_mp_write_array(out, VOCABULARY_LENGTH);
    mir_mp_write_uint(out, vocabulary->id);
    write_text(out, vocabulary->name);
    mir_mp_write_array(out, vocabulary->code_count);
    for (uint32_t i = 0; i < vocabulary->code_count; i++) {
        const struct mir_schema_code *code = &vocabulary->codes[i];
        mir_mp_write_array(out, CODE_LENGTH);
        mir_mp_write_uint(out, code->id);
        write_text(out, code->code);
        write_text(out, code->en);
        write_text(out, code->ar);
        mir_mp_write_uint(out, code->rank);
        mir_mp_write_array(out, code->alias_count);
        for (uint32_t j = 0; j < code->alias_count; j++) {
            write_text(out, code->aliases[j]);
        }
    }
}

static void write_component(struct mir_buf *out, const struct mir_schema_component *component)
{
    const struct mir_schema_shape *shape = &component->shape;
    mir_mp_write_array(out, COMPONENT_LENGTH);
    write_text(out, component->name);
    write_text(out, component->en);
    write_text(out, component->ar);
    mir_mp_write_uint(out, shape->kind);
    mir_mp_write_uint(out, shape->vocabulary_id);
    mir_mp_write_uint(out, shape->refers);
    write_bound(out, shape->has_min, shape->min);
    write_bound(out, shape->has_max, shape->max);
}

static void write_field(struct mir_buf *out, const struct mir_schema_field *field)
{
    const struct mir_schema_shape *shape = &field->shape;
    mir_mp_write_array(out, FIELD_LENGTH);
    mir_mp_write_uint(out, field->id);
    write_text(out, field->name);
    write_text(out, field->en);
    write_text(out, field->ar);
    mir_mp_write_uint(out, shape->kind);
    mir_mp_write_uint(out, shape->element);
    mir_mp_write_uint(out, shape->vocabulary_id);
    mir_mp_write_uint(out, shape->refers);
    mir_mp_write_uint(out, field->policy);
    mir_mp_write_uint(out, field->sensitivity);
    write_bound(out, shape->has_min, shape->min);
    write_bound(out, shape->has_max, shape->max);
    mir_mp_write_array(out, field->component_count);
    for (uint32_t i = 0; i < field->component_count; i++) {
        write_component(out, &field->components[i]);
    }
}

static void write_type(struct mir_buf *out, const struct mir_schema_type *type)
{
    mir_mp_write_array(out, TYPE_LENGTH);
    mir_mp_write_uint(out, type->id);
    write_text(out, type->name);
    write_text(out, type->en);
    write_text(out, type->ar);
    mir_mp_write_uint(out, type->compartment);
    mir_mp_write_uint(out, type->parent_id);
    mir_mp_write_array(out, type->field_count);
    for (uint32_t i = 0; i < type->field_count; i++) {
        write_field(out, &type->fields[i]);
    }
}

void mir_schema_encode(struct mir_buf *out, const struct mir_schema *schema)
{
    mir_mp_write_array(out, SCHEMA_LENGTH);
    mir_mp_write_uint(out, FORM);
    write_text(out, schema->name);
    mir_mp_write_uint(out, schema->version);
    mir_mp_write_array(out, schema->vocabulary_count);
    for (uint32_t i = 0; i < schema->vocabulary_count; i++) {
        write_vocabulary(out, &schema->vocabularies[i]);
    }
    mir_mp_write_array(out, schema->type_count);
    for (uint32_t i = 0; i < schema->type_count; i++) {
        write_type(out, &schema->types[i]);
    }
    mir_mp_write_array(out, schema->phrase_count);
    for (uint32_t i = 0; i < schema->phrase_count; i++) {
        write_text(out, schema->phrases[i]);
    }
}
