/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/record_in.h - a record from JSON: {"type":…, fields…, "children":[records]}.
 *
 * "id" and "source_id" name it; "meta", "conflicts" and "history", which answers add to a record,
 * are passed over. Any other key that is no field of the type is UNKNOWN_FIELD.
 */
#ifndef MIR_RECORD_IN_H
#define MIR_RECORD_IN_H

#include "entry.h"

struct mir_record_in {
    const char *type;      /* where "type" is absent, or NULL */
    const char *source_id; /* another key that holds the source id, or NULL */
};

/* One JSON value, strictly. NOT_UTF8, TOO_LARGE, BAD_VALUE. *out is given: mir_json_drop it. */
mirsal_code mir_json_load(struct json_t **out, const char *json, size_t size, mirsal_error *err)
    MIRSAL_MUST_USE;
void mir_json_drop(struct json_t *json); /* accepts NULL */

/* UNKNOWN_TYPE beside the codes of values. An "id" without source id becomes "id:UUID". */
mirsal_code mir_record_parse(struct mir_entries *out,
    struct mir_values *values,
    const struct json_t *json,
    const struct mir_record_in *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Fields alone, of a type that is known: no "type", "id" or "children". */
mirsal_code mir_fields_parse(struct mir_entry *out,
    struct mir_values *values,
    const struct json_t *json,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Moves what a key of a record holds into its `raw`, as text; drops it where the type has none. 0
 * when the record has no such key, or it is one that names the record.
 */
int mir_record_spare(struct json_t *json, struct mir_values *values, const char *key);

#endif
