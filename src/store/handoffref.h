/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffref.h - references as record ids, where the store holds the record;
 * protocol/handoff.md 4.2.
 */
#ifndef MIR_HANDOFFREF_H
#define MIR_HANDOFFREF_H

#include "read.h"
#include "store.h"

/*
 * The register with every source id in key and value that means a record held replaced by its id.
 * Bytes live in arena, or stay as they were.
 */
mirsal_code mir_handoff_resolve(struct mir_shown *shown,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_schema_field *field,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
