/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/teamschema.h - the team's schema in force, and the dictionaries of the versions held.
 */
#ifndef MIR_TEAMSCHEMA_H
#define MIR_TEAMSCHEMA_H

#include "store.h"

/* Version and hash of the schema that this build carries, for genesis. */
mirsal_code mir_team_schema_default(uint32_t *version,
    mirsal_hash *hash,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Fills store->schema. VERSION when the team's schema is not held. */
mirsal_code mir_team_schema_load(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_team_schema_drop(struct mir_store *store);
/* 1 and the preset dictionary of that version (borrowed), or 0. */
int mir_team_schema_dictionary(struct mir_bytes *out,
    struct mir_store *store,
    uint32_t schema_version);

#endif
