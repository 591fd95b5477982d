/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema_decode.h - from a schema's compiled bytes to struct mir_schema; protocol/schema.md 6
 * and 7. The default schema's bytes are part of the program.
 */
#ifndef MIR_SCHEMA_DECODE_H
#define MIR_SCHEMA_DECODE_H

#include "arena.h"
#include "buf.h"
#include "schema.h"

/* Static. */
struct mir_bytes mir_schema_default_bytes(void);

/*
 * Strings are copied into the arena, whose ceiling should be MIR_SCHEMA_MEMORY_MAX; bytes may go.
 * Codes: MALFORMED, LIMIT, VERSION (a compiled form this program does not know), NO_MEMORY.
 */
mirsal_code mir_schema_decode(struct mir_schema *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;

/* H(POLICY, bytes): the schema's id in genesis and in schema statements. */
void mir_schema_hash(mirsal_hash *out, struct mir_bytes bytes);

/* Appends the preset dictionary, at most MIR_DICTIONARY_SIZE_MAX bytes. LIMIT, NO_MEMORY. */
mirsal_code mir_schema_dictionary(struct mir_buf *out,
    const struct mir_schema *schema,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
