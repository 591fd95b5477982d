/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schema_extends.h - does a schema only add to another? protocol/schema.md 8.
 */
#ifndef MIR_SCHEMA_EXTENDS_H
#define MIR_SCHEMA_EXTENDS_H

#include "schema.h"

/*
 * OK when everything of `older` stands in `newer` with the same id and meaning; labels, aliases and
 * phrases may differ. by_root: policies and ranks may be looser, ranges wider. BAD_VALUE names in
 * err->field what was changed or is missing. Both are finished.
 */
mirsal_code mir_schema_extends(const struct mir_schema *newer,
    const struct mir_schema *older,
    int by_root,
    mirsal_error *err) MIRSAL_MUST_USE;

/* 1 when a value and key of this field mean the same in the other schema's field of its id. */
int mir_schema_same_meaning(const struct mir_schema_field *a, const struct mir_schema_field *b);

#endif
