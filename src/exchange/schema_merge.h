/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/schema_merge.h - a schema's JSON read; what is only new is put into the schema that it
 * extends (schema.md 8.4).
 */
#ifndef MIR_SCHEMA_MERGE_H
#define MIR_SCHEMA_MERGE_H

#include "schema.h"

#include <jansson.h>

/* *out (given, json_decref) is a whole schema, not yet judged. BAD_VALUE, TOO_LARGE. */
mirsal_code mir_schema_read_json(json_t **out,
    const struct mir_schema *base,
    struct mir_bytes json,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
