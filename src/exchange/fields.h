/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/fields.h - a field's value from JSON, into an entry.
 */
#ifndef MIR_FIELDS_H
#define MIR_FIELDS_H

#include "entry.h"

/* A name of the type's namespace: a field or a component. UNKNOWN_FIELD. */
mirsal_code mir_field_named(const struct mir_schema_field **out,
    int *component,
    const struct mir_schema_type *type,
    const char *name,
    mirsal_error *err) MIRSAL_MUST_USE;

/* One key of a JSON record. null is no write, and so is an empty text or list. */
mirsal_code mir_field_json(struct mir_entry *entry,
    struct mir_values *values,
    const char *name,
    const struct json_t *json,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Elements of a set: a JSON array; value 1 puts them in, 0 takes them out. */
mirsal_code mir_set_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct json_t *json,
    int present,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The list's array, in its canonical order. An empty one gives the value "unknown". */
mirsal_code mir_list_json(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct json_t *json,
    mirsal_error *err) MIRSAL_MUST_USE;
/* One element of a set, packed in the scratch buffer already. */
mirsal_code mir_set_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int present,
    mirsal_error *err) MIRSAL_MUST_USE;
/* One element of names; kind empty: none. */
mirsal_code mir_name_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const struct mir_bytes parts[3], /* language, text, kind */
    int present,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Text in one language; empty text: known to be unknown. */
mirsal_code mir_langtext_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes language,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A register without key, packed in the scratch buffer already. */
mirsal_code mir_register_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A withdrawal: reason, and the changesets seen. */
mirsal_code mir_withdrawal_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes reason,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
