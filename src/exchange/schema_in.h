/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/schema_in.h - a schema's JSON to its compiled bytes; protocol/schema.md 1, 6 and 8.
 */
#ifndef MIR_SCHEMA_IN_H
#define MIR_SCHEMA_IN_H

#include "schema.h"

#define MIR_SCHEMA_JSON_MAX ((size_t)8 << 20)

/*
 * Appends the compiled bytes of json, which is a whole schema, or what is new beside base where
 * it has the member "extends" (schema.md 8.6). The result extends base; by_root: looser where
 * root may. BAD_VALUE, TOO_LARGE: err->field names the type, field, vocabulary or code.
 */
mirsal_code mir_schema_compile(struct mir_buf *out,
    const struct mir_schema *base,
    int by_root,
    struct mir_bytes json,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
