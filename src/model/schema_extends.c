/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schema_extends.c - what an extension keeps; see the header.
 */
#include "schema_extends.h"

#include "fail.h"

#include <string.h>

static mirsal_code differs(const char *name, const char *what, mirsal_error *err)
{
    return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "schema: %s: %s", name, what);
}

static mirsal_code keeps_codes(const struct mir_schema_vocabulary *newer,
    const struct mir_schema_vocabulary *older,
    int by_root,
    mirsal_error *err)
{
    for (uint32_t i = 0; i < older->code_count; i++) {
        const struct mir_schema_code *before = &older->codes[i];
        const struct mir_schema_code *now = mir_schema_code_by_id(newer, before->id);
        if (now == NULL) {
            return differs(before->code, "a code may not be taken out", err);
        }
        if (strcmp(now->code, before->code) != 0) {
            return differs(before->code, "its id may not get another code", err);
        }
        if (now->rank > before->rank || (now->rank < before->rank && !by_root)) {
            return differs(before->code, "its rank may not change", err);
        }
    }
    return MIRSAL_OK;
}

/* 1 when every id of older has the same code in newer. */
static int same_codes(const struct mir_schema_vocabulary *newer,
    const struct mir_schema_vocabulary *older)
{
    for (uint32_t i = 0; older != NULL && i < older->code_count; i++) {
        const struct mir_schema_code *now =
            newer != NULL ? mir_schema_code_by_id(newer, older->codes[i].id) : NULL;
        if (now != NULL && strcmp(now->code, older->codes[i].code) != 0) {
            return 0;
        }
    }
    return 1;
}

static int same_form(const struct mir_schema_shape *a, const struct mir_schema_shape *b)
{
    return a->kind == b->kind && a->element == b->element && a->vocabulary_id == b->vocabulary_id &&
           a->refers == b->refers;
}

/* A bound that is there may go or move outwards, but none may come. */
static int is_wider(const struct mir_schema_shape *newer, const struct mir_schema_shape *older)
{
    return (!newer->has_min || (older->has_min && newer->min <= older->min)) &&
           (!newer->has_max || (older->has_max && newer->max >= older->max));
}

static int same_bounds(const struct mir_schema_shape *a, const struct mir_schema_shape *b)
{
    return a->has_min == b->has_min && a->has_max == b->has_max &&
           (!a->has_min || a->min == b->min) && (!a->has_max || a->max == b->max);
}

static mirsal_code keeps_shape(const char *name,
    const struct mir_schema_shape *newer,
    const struct mir_schema_shape *older,
    int by_root,
    mirsal_error *err)
{
    if (!same_form(newer, older)) {
        return differs(name, "its kind, vocabulary or type referred to may not change", err);
    }
    if (!same_bounds(newer, older) && !(by_root && is_wider(newer, older))) {
        return differs(name, "its range may not change", err);
    }
    return MIRSAL_OK;
}

/* Places of policies from strict to loose; 0: not among them. */
static int looseness(enum mir_policy policy)
{
    switch (policy) {
    case MIR_POLICY_ONCE:
        return 1;
    case MIR_POLICY_RANKED:
        return 2;
    case MIR_POLICY_REVIEW:
        return 3;
    case MIR_POLICY_LATEST:
        return 4;
    case MIR_POLICY_NONE:
    case MIR_POLICY_SET:
    case MIR_POLICY_LOG:
    case MIR_POLICY_LATTICE:
    case MIR_POLICY_DERIVED:
        break;
    }
    return 0;
}

static int is_looser(const struct mir_schema_field *newer, const struct mir_schema_field *older)
{
    return looseness(older->policy) > 0 && looseness(newer->policy) > looseness(older->policy) &&
           strcmp(older->name, "source_id") != 0;
}

static mirsal_code keeps_field(const struct mir_schema_field *newer,
    const struct mir_schema_field *older,
    int by_root,
    mirsal_error *err)
{
    const char *name = older->name;
    if (newer == NULL || newer->type->id != older->type->id) {
        return differs(name, "a field may not be taken out", err);
    }
    if (strcmp(newer->name, name) != 0) {
        return differs(name, "its id may not get another name", err);
    }
    if (newer->sensitivity != older->sensitivity) {
        return differs(name, "its sensitivity may not change", err);
    }
    if (newer->policy != older->policy && !(by_root && is_looser(newer, older))) {
        return differs(name, "its policy may not change", err);
    }
    if (newer->component_count != older->component_count) {
        return differs(name, "its components may not change", err);
    }
    mirsal_code rc = keeps_shape(name, &newer->shape, &older->shape, by_root, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < older->component_count; i++) {
        const struct mir_schema_component *before = &older->components[i];
        const struct mir_schema_component *now = &newer->components[i];
        rc = strcmp(now->name, before->name) != 0
                 ? differs(name, "its components may not change", err)
                 : keeps_shape(before->name, &now->shape, &before->shape, by_root, err);
    }
    return rc;
}

static mirsal_code keeps_type(const struct mir_schema *newer,
    const struct mir_schema_type *older,
    int by_root,
    mirsal_error *err)
{
    const struct mir_schema_type *now = mir_schema_type_by_id(newer, older->id);
    mirsal_code rc = MIRSAL_OK;
    if (now == NULL) {
        return differs(older->name, "a type may not be taken out", err);
    }
    if (strcmp(now->name, older->name) != 0 || now->compartment != older->compartment ||
        now->parent_id != older->parent_id) {
        return differs(older->name, "a type's name, compartment and parent may not change", err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < older->field_count; i++) {
        const struct mir_schema_field *field = &older->fields[i];
        rc = keeps_field(mir_schema_field_by_id(newer, field->id), field, by_root, err);
    }
    return rc;
}

mirsal_code mir_schema_extends(const struct mir_schema *newer,
    const struct mir_schema *older,
    int by_root,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < older->vocabulary_count; i++) {
        const struct mir_schema_vocabulary *before = &older->vocabularies[i];
        const struct mir_schema_vocabulary *now = mir_schema_vocabulary_by_id(newer, before->id);
        rc = now == NULL || strcmp(now->name, before->name) != 0
                 ? differs(before->name, "a vocabulary may not be taken out or renamed", err)
                 : keeps_codes(now, before, by_root, err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < older->type_count; i++) {
        rc = keeps_type(newer, &older->types[i], by_root, err);
    }
    return rc;
}

int mir_schema_same_meaning(const struct mir_schema_field *a, const struct mir_schema_field *b)
{
    int same = strcmp(a->name, b->name) == 0 && a->type->id == b->type->id &&
               same_form(&a->shape, &b->shape) && a->sensitivity == b->sensitivity &&
               a->component_count == b->component_count &&
               same_codes(a->shape.vocabulary, b->shape.vocabulary);
    for (uint32_t i = 0; same && i < a->component_count; i++) {
        const struct mir_schema_component *left = &a->components[i];
        const struct mir_schema_component *right = &b->components[i];
        same = strcmp(left->name, right->name) == 0 && same_form(&left->shape, &right->shape) &&
               same_codes(left->shape.vocabulary, right->shape.vocabulary);
    }
    return same;
}
