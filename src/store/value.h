/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/value.h - is this a value of this field? Canonical MessagePack against the schema;
 * protocol/schema.md gives each kind its shape, `[]` is unknown.
 */
#ifndef MIR_VALUE_H
#define MIR_VALUE_H

#include "buf.h"
#include "schema.h"

/*
 * key and value as a write carries them. Codes: BAD_VALUE, OUT_OF_RANGE, MIN_ABOVE_MAX, NOT_UTF8,
 * TOO_LARGE, each naming the field in err->field. Codes of vocabularies that the schema does not
 * hold are BAD_VALUE. An edit may write 0 to a set's element.
 */
mirsal_code mir_value_check(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The lowest role number whose write of these codes counts (schema.md 5.4). */
uint32_t mir_value_rank(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value);

/* The field that bounds this one (schema.md 2.6): `…_min` and `…_max`, `from` and `to`; or NULL. */
const struct mir_schema_field *mir_value_counterpart(int *is_low,
    const struct mir_schema_field *field);
/* 0 when both are integers and low is above high. */
int mir_value_in_order(struct mir_bytes low, struct mir_bytes high);

/* 1 for the value "unknown": the empty array. */
int mir_value_is_unknown(struct mir_bytes value);

#endif
