/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tables.h - the projection's tables: described by the schema, made, extended, emptied.
 */
#ifndef MIR_TABLES_H
#define MIR_TABLES_H

#include "projection.h"

/* Fills in schema, tables and table_count. Texts stay in the arena for the projection's life. */
mirsal_code mir_tables_describe(struct mir_projection *projection,
    const struct mir_schema *schema,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Makes what is missing; writes nothing where nothing is. */
mirsal_code mir_tables_make(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Makes the indexes of words and places anew, empty: their own pages keep what was taken out of
 * them. mir_tables_empty does the rest.
 */
mirsal_code mir_tables_renew(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_tables_empty(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
