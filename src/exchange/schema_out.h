/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/schema_out.h - a schema as JSON; protocol/schema.md 1.
 */
#ifndef MIR_SCHEMA_OUT_H
#define MIR_SCHEMA_OUT_H

#include "schema.h"

/* Appends the whole form, from which schema_in.h compiles the same bytes. */
void mir_schema_out(struct mir_buf *out, const struct mir_schema *schema);

#endif
