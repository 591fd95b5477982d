/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/schema_out.c - a schema as JSON; see the header. What has its usual value is left out.
 */
#include "schema_out.h"

#include "json_out.h"

static void put_text(struct mir_buf *out, const char *key, const char *text)
{
    mir_json_key(out, key);
    mir_json_text(out, text);
}

static void put_number(struct mir_buf *out, const char *key, uint64_t number)
{
    mir_json_key(out, key);
    mir_json_uint(out, number);
}

static void put_labels(struct mir_buf *out, const char *en, const char *ar)
{
    put_text(out, "en", en);
    put_text(out, "ar", ar);
}

static void put_vocabulary(struct mir_buf *out, const struct mir_schema_vocabulary *vocabulary)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    put_number(out, "id", vocabulary->id);
    put_text(out, "name", vocabulary->name);
    mir_json_key(out, "codes");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < vocabulary->code_count; i++) {
        const struct mir_schema_code *code = &vocabulary->codes[i];
        mir_json_item(out);
        mir_json_open(out, '{');
        put_number(out, "id", code->id);
        put_text(out, "code", code->code);
        put_labels(out, code->en, code->ar);
        if (code->rank > 0) {
            put_number(out, "rank", code->rank);
        }
        if (code->alias_count > 0) {
            mir_json_key(out, "aliases");
            mir_json_open(out, '[');
            for (uint32_t j = 0; j < code->alias_count; j++) {
                mir_json_item(out);
                mir_json_text(out, code->aliases[j]);
            }
            mir_json_close(out, ']');
        }
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
}

static void put_shape(struct mir_buf *out,
    const struct mir_schema *schema,
    const struct mir_schema_shape *shape)
{
    put_text(out, "kind", mir_kind_name(shape->kind));
    if (shape->element != MIR_KIND_NONE) {
        put_text(out, "element", mir_kind_name(shape->element));
    }
    if (shape->vocabulary != NULL) {
        put_text(out, "vocabulary", shape->vocabulary->name);
    }
    if (shape->refers != 0) {
        put_text(out, "refers", mir_schema_type_by_id(schema, shape->refers)->name);
    }
    if (shape->has_min) {
        mir_json_key(out, "min");
        mir_json_int(out, shape->min);
    }
    if (shape->has_max) {
        mir_json_key(out, "max");
        mir_json_int(out, shape->max);
    }
}

static void put_field(struct mir_buf *out,
    const struct mir_schema *schema,
    const struct mir_schema_field *field)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    put_number(out, "id", field->id);
    put_text(out, "name", field->name);
    put_shape(out, schema, &field->shape);
    put_text(out, "policy", mir_policy_name(field->policy));
    put_number(out, "sensitivity", field->sensitivity);
    put_labels(out, field->en, field->ar);
    if (field->component_count > 0) {
        mir_json_key(out, "components");
        mir_json_open(out, '[');
        for (uint32_t i = 0; i < field->component_count; i++) {
            const struct mir_schema_component *component = &field->components[i];
            mir_json_item(out);
            mir_json_open(out, '{');
            put_text(out, "name", component->name);
            put_shape(out, schema, &component->shape);
            put_labels(out, component->en, component->ar);
            mir_json_close(out, '}');
        }
        mir_json_close(out, ']');
    }
    mir_json_close(out, '}');
}

static void put_type(struct mir_buf *out,
    const struct mir_schema *schema,
    const struct mir_schema_type *type)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    put_number(out, "id", type->id);
    put_text(out, "name", type->name);
    put_labels(out, type->en, type->ar);
    mir_json_key(out, "parent");
    if (type->parent != NULL) {
        mir_json_text(out, type->parent->name);
    } else {
        mir_json_null(out);
    }
    if (type->compartment > 0) {
        put_number(out, "compartment", type->compartment);
    }
    mir_json_key(out, "fields");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < type->field_count; i++) {
        put_field(out, schema, &type->fields[i]);
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
}

void mir_schema_out(struct mir_buf *out, const struct mir_schema *schema)
{
    mir_json_open(out, '{');
    put_text(out, "schema", schema->name);
    put_number(out, "version", schema->version);
    mir_json_key(out, "vocabularies");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < schema->vocabulary_count; i++) {
        put_vocabulary(out, &schema->vocabularies[i]);
    }
    mir_json_close(out, ']');
    mir_json_key(out, "types");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < schema->type_count; i++) {
        put_type(out, schema, &schema->types[i]);
    }
    mir_json_close(out, ']');
    mir_json_key(out, "phrases");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < schema->phrase_count; i++) {
        mir_json_item(out);
        mir_json_text(out, schema->phrases[i]);
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
}
