/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/compound.h - registers of several components: dates, points, tuples.
 */
#ifndef MIR_COMPOUND_H
#define MIR_COMPOUND_H

#include "entry.h"

/* Takes one component from text, or from JSON. component -1: the whole register, as text. */
mirsal_code mir_compound_text(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_compound_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    const struct json_t *json,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The register's value. standing: what it shows now, empty for nothing. */
mirsal_code mir_compound_value(struct mir_bytes *out,
    struct mir_values *values,
    const struct mir_entry_parts *parts,
    struct mir_bytes standing,
    mirsal_error *err) MIRSAL_MUST_USE;

/* 1 for the names of a lower and an upper bound: min, max; X_min, X_max; from, to. */
int mir_compound_bounds(const char *low, const char *high);

#endif
