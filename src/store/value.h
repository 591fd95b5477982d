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

/* 1 for the value "unknown": the empty array. */
int mir_value_is_unknown(struct mir_bytes value);

#endif
