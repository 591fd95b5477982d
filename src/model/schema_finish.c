/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schema_finish.c - checks a schema as a whole, ties its parts together and indexes it.
 */
#include "schema.h"

#include "fail.h"
#include "mir_limits.h"
#include "sort.h"

#include <string.h>

static const char *const reserved_names[] = { "type", "id", "children", "meta", "conflicts",
    "history" };

static mirsal_code broken(const struct mir_schema_field *field,
    const char *reason,
    mirsal_error *err)
{
    return mir_fail_field(err, MIRSAL_MALFORMED, field->name, "schema: %s.%s: %s",
        field->type->name, field->name, reason);
}

static mirsal_code take_index(void **out,
    const struct mir_schema *schema,
    size_t count,
    size_t size,
    mirsal_error *err)
{
    *out = count > 0 ? mir_arena_alloc(schema->arena, count, size) : NULL;
    return count == 0 || *out != NULL
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_NO_MEMORY, "no room for the schema's indexes");
}

/* --- vocabularies --- */

static int order_spellings(const void *a, const void *b, void *context)
{
    const struct mir_schema_spelling *left = a;
    const struct mir_schema_spelling *right = b;
    (void)context;
    int order = strcmp(left->text, right->text);
    if (order != 0) {
        return order;
    }
    return left->code->id < right->code->id ? -1 : left->code->id > right->code->id;
}

static const char *copy_folded(struct mir_arena *arena, const char *text)
{
    char *copy = mir_arena_copy(arena, text, strlen(text));
    for (char *at = copy; at != NULL && *at != 0; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at - 'A' + 'a');
        }
    }
    return copy;
}

static size_t list_spellings(struct mir_schema_spelling *out,
    const struct mir_schema_code *code,
    struct mir_arena *arena)
{
    size_t count = 0;
    out[count++] = (struct mir_schema_spelling){ copy_folded(arena, code->code), code };
    out[count++] = (struct mir_schema_spelling){ copy_folded(arena, code->en), code };
    out[count++] = (struct mir_schema_spelling){ copy_folded(arena, code->ar), code };
    for (uint32_t i = 0; i < code->alias_count; i++) {
        out[count++] = (struct mir_schema_spelling){ copy_folded(arena, code->aliases[i]), code };
    }
    return count;
}

/* Sorted, each text once; a text of two codes is refused. */
static mirsal_code unite_spellings(struct mir_schema_vocabulary *vocabulary, mirsal_error *err)
{
    struct mir_schema_spelling *all = vocabulary->spellings;
    uint32_t kept = 0;
    mir_sort(all, vocabulary->spelling_count, sizeof *all, order_spellings, NULL);
    for (uint32_t i = 0; i < vocabulary->spelling_count; i++) {
        if (kept == 0 || strcmp(all[kept - 1].text, all[i].text) != 0) {
            all[kept++] = all[i];
        } else if (all[kept - 1].code != all[i].code) {
            return mir_fail_field(err, MIRSAL_MALFORMED, vocabulary->name,
                "schema: %s: one text for the codes %s and %s", vocabulary->name,
                all[kept - 1].code->code, all[i].code->code);
        }
    }
    vocabulary->spelling_count = kept;
    return MIRSAL_OK;
}

static mirsal_code index_vocabulary(const struct mir_schema *schema,
    struct mir_schema_vocabulary *vocabulary,
    mirsal_error *err)
{
    void *room = NULL;
    size_t count = 0;
    size_t filled = 0;
    for (uint32_t i = 0; i < vocabulary->code_count; i++) {
        count += 3 + vocabulary->codes[i].alias_count;
    }
    mirsal_code rc = take_index(&room, schema, count, sizeof *vocabulary->spellings, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    vocabulary->spellings = room;
    for (uint32_t i = 0; i < vocabulary->code_count; i++) {
        filled +=
            list_spellings(vocabulary->spellings + filled, &vocabulary->codes[i], schema->arena);
    }
    for (size_t i = 0; i < filled; i++) {
        if (vocabulary->spellings[i].text == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "no room for the schema's indexes");
        }
    }
    vocabulary->spelling_count = (uint32_t)filled;
    return unite_spellings(vocabulary, err);
}

/* --- shapes --- */

static int is_number(enum mir_kind kind)
{
    return kind == MIR_KIND_INT || kind == MIR_KIND_DAY;
}

/* Vocabulary, type and bounds fit the kind of what is held, and exist. */
static mirsal_code tie_shape(struct mir_schema_shape *shape,
    const struct mir_schema *schema,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    enum mir_kind held = shape->element != MIR_KIND_NONE ? shape->element : shape->kind;
    int coded = held == MIR_KIND_CODE || held == MIR_KIND_NAMES;
    if (coded != (shape->vocabulary_id != 0)) {
        return broken(field, "a code, and names, have a vocabulary; nothing else", err);
    }
    if (coded) {
        shape->vocabulary = mir_schema_vocabulary_by_id(schema, shape->vocabulary_id);
        if (shape->vocabulary == NULL) {
            return broken(field, "unknown vocabulary", err);
        }
    }
    if (shape->refers != 0 &&
        (held != MIR_KIND_REF || mir_schema_type_by_id(schema, shape->refers) == NULL)) {
        return broken(field, "refers to what is no type, or is no reference", err);
    }
    if ((shape->has_min || shape->has_max) && !is_number(shape->kind)) {
        return broken(field, "bounds of what is no number", err);
    }
    if (shape->has_min && shape->has_max && shape->min > shape->max) {
        return broken(field, "min above max", err);
    }
    return MIRSAL_OK;
}

static int is_kind(enum mir_kind kind)
{
    return kind >= MIR_KIND_INT && kind <= MIR_KIND_WITHDRAWAL;
}

static int is_element(enum mir_kind kind)
{
    return kind == MIR_KIND_CODE || kind == MIR_KIND_REF || kind == MIR_KIND_TEXT ||
           kind == MIR_KIND_TUPLE;
}

static int is_component(enum mir_kind kind)
{
    return kind == MIR_KIND_INT || kind == MIR_KIND_CODE || kind == MIR_KIND_TEXT ||
           kind == MIR_KIND_REF || kind == MIR_KIND_DAY || kind == MIR_KIND_FLAG;
}

static int has_components(const struct mir_schema_field *field)
{
    return field->shape.kind == MIR_KIND_DATE || field->shape.kind == MIR_KIND_POINT ||
           field->shape.kind == MIR_KIND_TUPLE || field->shape.element == MIR_KIND_TUPLE;
}

/* date: day, day, code. point: int, int, code, code. */
static int fixed_components_fit(const struct mir_schema_field *field)
{
    static const enum mir_kind of_date[] = { MIR_KIND_DAY, MIR_KIND_DAY, MIR_KIND_CODE };
    static const enum mir_kind of_point[] = { MIR_KIND_INT, MIR_KIND_INT, MIR_KIND_CODE,
        MIR_KIND_CODE };
    const enum mir_kind *wanted = NULL;
    uint32_t count = 0;
    if (field->shape.kind == MIR_KIND_DATE) {
        wanted = of_date;
        count = MIR_SCHEMA_DATE_COMPONENTS;
    } else if (field->shape.kind == MIR_KIND_POINT) {
        wanted = of_point;
        count = MIR_SCHEMA_POINT_COMPONENTS;
    } else {
        return 1;
    }
    int fit = field->component_count == count;
    for (uint32_t i = 0; fit && i < count; i++) {
        fit = field->components[i].shape.kind == wanted[i];
    }
    return fit;
}

static mirsal_code tie_components(const struct mir_schema *schema,
    struct mir_schema_field *field,
    mirsal_error *err)
{
    if (has_components(field) != (field->component_count > 0) || !fixed_components_fit(field)) {
        return broken(field, "components that do not fit the kind", err);
    }
    for (uint32_t i = 0; i < field->component_count; i++) {
        struct mir_schema_component *component = &field->components[i];
        if (!is_component(component->shape.kind) || component->shape.element != MIR_KIND_NONE) {
            return broken(field, "a component of a kind that none can be", err);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(field->components[j].name, component->name) == 0) {
                return broken(field, "a component's name twice", err);
            }
        }
        mirsal_code rc = tie_shape(&component->shape, schema, field, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code check_policy(const struct mir_schema_field *field, mirsal_error *err)
{
    enum mir_kind kind = field->shape.kind;
    enum mir_policy policy = field->policy;
    if (policy < MIR_POLICY_REVIEW || policy > MIR_POLICY_DERIVED) {
        return broken(field, "unknown policy", err);
    }
    int keyed = policy == MIR_POLICY_SET || policy == MIR_POLICY_LOG;
    int elements = kind == MIR_KIND_SET || kind == MIR_KIND_NAMES;
    if (keyed != elements && !(elements && policy == MIR_POLICY_DERIVED)) {
        return broken(field, "sets and names are set, log or derived; nothing else is", err);
    }
    if (policy == MIR_POLICY_LATTICE && kind != MIR_KIND_CODE) {
        return broken(field, "only a code can be lattice", err);
    }
    if (kind == MIR_KIND_WITHDRAWAL && policy != MIR_POLICY_REVIEW) {
        return broken(field, "a withdrawal is review", err);
    }
    return MIRSAL_OK;
}

static mirsal_code tie_field(const struct mir_schema *schema,
    struct mir_schema_field *field,
    mirsal_error *err)
{
    struct mir_schema_shape *shape = &field->shape;
    if (!is_kind(shape->kind)) {
        return broken(field, "unknown kind", err);
    }
    int holds = shape->kind == MIR_KIND_SET || shape->kind == MIR_KIND_LIST;
    if (holds ? !is_element(shape->element) : shape->element != MIR_KIND_NONE) {
        return broken(field, "sets and lists have an element; nothing else", err);
    }
    if (field->type->compartment == 1 && field->sensitivity < 2) {
        return broken(field, "a protected type has fields of S2 and S3 only", err);
    }
    mirsal_code rc = check_policy(field, err);
    if (rc == MIRSAL_OK) {
        rc = tie_shape(shape, schema, field, err);
    }
    if (rc == MIRSAL_OK) {
        rc = tie_components(schema, field, err);
    }
    return rc;
}

/* --- types --- */

/* Components of these stand in the type's namespace: each names its register. */
static int shares_names(const struct mir_schema_field *field)
{
    return field->shape.kind == MIR_KIND_DATE || field->shape.kind == MIR_KIND_POINT ||
           field->shape.kind == MIR_KIND_TUPLE;
}

static int order_names(const void *a, const void *b, void *context)
{
    const struct mir_schema_name *left = a;
    const struct mir_schema_name *right = b;
    (void)context;
    int order = strcmp(left->name, right->name);
    if (order != 0) {
        return order;
    }
    return left->field->id < right->field->id ? -1 : left->field->id > right->field->id;
}

static mirsal_code check_names(const struct mir_schema_type *type, mirsal_error *err)
{
    for (uint32_t i = 0; i < type->name_count; i++) {
        if (i > 0 && strcmp(type->names[i - 1].name, type->names[i].name) == 0) {
            return broken(type->names[i].field, "a name twice in one type", err);
        }
        for (size_t j = 0; j < sizeof reserved_names / sizeof reserved_names[0]; j++) {
            if (strcmp(type->names[i].name, reserved_names[j]) == 0) {
                return broken(type->names[i].field, "a reserved name", err);
            }
        }
    }
    return MIRSAL_OK;
}

static mirsal_code index_names(const struct mir_schema *schema,
    struct mir_schema_type *type,
    mirsal_error *err)
{
    void *room = NULL;
    size_t count = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        count += 1 + (shares_names(&type->fields[i]) ? type->fields[i].component_count : 0);
    }
    if (count > MIR_SCHEMA_NAMES_MAX) {
        return mir_fail_field(err, MIRSAL_LIMIT, type->name, "schema: %zu names in a type", count);
    }
    mirsal_code rc = take_index(&room, schema, count, sizeof *type->names, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    type->names = room;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct mir_schema_field *field = &type->fields[i];
        type->names[type->name_count++] = (struct mir_schema_name){ field->name, field, -1 };
        for (uint32_t j = 0; shares_names(field) && j < field->component_count; j++) {
            type->names[type->name_count++] =
                (struct mir_schema_name){ field->components[j].name, field, (int)j };
        }
    }
    mir_sort(type->names, type->name_count, sizeof *type->names, order_names, NULL);
    return check_names(type, err);
}

static const struct mir_schema_field *whole_field(const struct mir_schema_type *type,
    const char *name)
{
    int component = 0;
    const struct mir_schema_field *field = mir_schema_field_by_name(&component, type, name);
    return component == -1 ? field : NULL;
}

/* What every type has, and the field that names the parent. */
static mirsal_code tie_type(struct mir_schema_type *type, mirsal_error *err)
{
    const struct mir_schema_field *source_id = whole_field(type, "source_id");
    const struct mir_schema_field *withdrawn = whole_field(type, "withdrawn");
    if (source_id == NULL || source_id->shape.kind != MIR_KIND_TEXT ||
        source_id->policy != MIR_POLICY_ONCE || withdrawn == NULL ||
        withdrawn->shape.kind != MIR_KIND_WITHDRAWAL) {
        return mir_fail_field(err, MIRSAL_MALFORMED, type->name,
            "schema: type %s lacks source_id or withdrawn", type->name);
    }
    for (uint32_t i = 0; i < type->field_count && type->parent_id != 0; i++) {
        const struct mir_schema_field *field = &type->fields[i];
        if (field->id == type->parent_id &&
            (field->shape.kind == MIR_KIND_REF || field->shape.element == MIR_KIND_REF)) {
            type->parent = field;
        }
    }
    if ((type->parent_id != 0) != (type->parent != NULL)) {
        return mir_fail_field(err, MIRSAL_MALFORMED, type->name,
            "schema: the parent field of %s is no reference of it", type->name);
    }
    return MIRSAL_OK;
}

static int order_types(const void *a, const void *b, void *context)
{
    (void)context;
    return strcmp((*(const struct mir_schema_type *const *)a)->name,
        (*(const struct mir_schema_type *const *)b)->name);
}

static int order_fields(const void *a, const void *b, void *context)
{
    uint32_t left = (*(const struct mir_schema_field *const *)a)->id;
    uint32_t right = (*(const struct mir_schema_field *const *)b)->id;
    (void)context;
    return left < right ? -1 : left > right;
}

/* All types by name and all fields by id; both are unique over the schema. */
static mirsal_code index_all(struct mir_schema *schema, mirsal_error *err)
{
    void *types = NULL;
    void *fields = NULL;
    uint32_t at = 0;
    mirsal_code rc =
        take_index(&types, schema, schema->type_count, sizeof *schema->types_by_name, err);
    if (rc == MIRSAL_OK) {
        rc = take_index(&fields, schema, schema->field_count, sizeof *schema->fields, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    schema->types_by_name = types;
    schema->fields = fields;
    for (uint32_t i = 0; i < schema->type_count; i++) {
        schema->types_by_name[i] = &schema->types[i];
        for (uint32_t j = 0; j < schema->types[i].field_count; j++) {
            schema->fields[at++] = &schema->types[i].fields[j];
        }
    }
    mir_sort(schema->types_by_name, schema->type_count, sizeof *schema->types_by_name, order_types,
        NULL);
    mir_sort(schema->fields, at, sizeof *schema->fields, order_fields, NULL);
    for (uint32_t i = 1; i < schema->type_count; i++) {
        if (order_types(&schema->types_by_name[i - 1], &schema->types_by_name[i], NULL) == 0) {
            return mir_fail_field(err, MIRSAL_MALFORMED, schema->types_by_name[i]->name,
                "schema: type %s twice", schema->types_by_name[i]->name);
        }
    }
    for (uint32_t i = 1; i < at; i++) {
        if (schema->fields[i - 1]->id == schema->fields[i]->id) {
            return broken(schema->fields[i], "a field id twice", err);
        }
    }
    return MIRSAL_OK;
}

static mirsal_code finish_vocabularies(const struct mir_schema *schema, mirsal_error *err)
{
    for (uint32_t i = 0; i < schema->vocabulary_count; i++) {
        struct mir_schema_vocabulary *vocabulary = &schema->vocabularies[i];
        if (mir_schema_vocabulary_by_name(schema, vocabulary->name) != vocabulary) {
            return mir_fail_field(err, MIRSAL_MALFORMED, vocabulary->name,
                "schema: vocabulary %s twice", vocabulary->name);
        }
        mirsal_code rc = index_vocabulary(schema, vocabulary, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code finish_type(const struct mir_schema *schema,
    struct mir_schema_type *type,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; i < type->field_count && rc == MIRSAL_OK; i++) {
        rc = tie_field(schema, &type->fields[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = index_names(schema, type, err);
    }
    return rc == MIRSAL_OK ? tie_type(type, err) : rc;
}

mirsal_code mir_schema_finish(struct mir_schema *schema, mirsal_error *err)
{
    mirsal_code rc = finish_vocabularies(schema, err);
    for (uint32_t i = 0; i < schema->type_count && rc == MIRSAL_OK; i++) {
        rc = finish_type(schema, &schema->types[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = index_all(schema, err);
    }
    schema->finished = rc == MIRSAL_OK;
    return rc;
}
