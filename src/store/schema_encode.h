/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema_encode.h - a schema's compiled bytes; protocol/schema.md 6.
 */
#ifndef MIR_SCHEMA_ENCODE_H
#define MIR_SCHEMA_ENCODE_H

#include "schema.h"

/* Appends what mir_schema_decode reads back as the same schema; the buffer keeps a failure. */
void mir_schema_encode(struct mir_buf *out, const struct mir_schema *schema);

#endif
