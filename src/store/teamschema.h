/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/teamschema.h - the team's schemas: those held, the one in use, and the dictionaries of all
 * their versions; protocol/schema.md 8.
 *
 * Bytes come from the program (the default), from meta.schema (given at joining or founding) and
 * from `schema` statements. What was read once stays in memory until the store closes, so that
 * pointers into a schema outlive a turn to the next.
 */
#ifndef MIR_TEAMSCHEMA_H
#define MIR_TEAMSCHEMA_H

#include "store.h"

/* Version and hash of the schema that this build carries, for genesis. */
mirsal_code mir_team_schema_default(uint32_t *version,
    mirsal_hash *hash,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Follows the control held: reads what it names and sets store->schema to the one in use. Where
 * that is not held, schema_lacking is set and store->schema is the default: nothing can be recorded
 * by it, and the team's data waits.
 */
mirsal_code mir_team_schema_follow(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_team_schema_drop(struct mir_store *store);

/* Keeps the compiled bytes of a schema that no statement brought yet. */
mirsal_code mir_team_schema_keep(struct mir_store *store, struct mir_bytes bytes, mirsal_error *err)
    MIRSAL_MUST_USE;

/*
 * What the tables were made by: all schemas held, and the one in use. *differs: it is not what they
 * were made by last, so that all is to be projected anew.
 */
mirsal_code mir_team_schema_differs(int *differs, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_team_schema_made(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Several schemas may have one version; place counts those held, ascending by hash. */
uint32_t mir_team_schema_held(uint32_t *named,
    const struct mir_store *store,
    uint32_t schema_version);
/* 1 and the preset dictionary (borrowed), or 0. */
int mir_team_schema_dictionary(struct mir_bytes *out,
    const struct mir_store *store,
    uint32_t schema_version,
    uint32_t place);
uint32_t mir_team_schema_place(const struct mir_store *store); /* of the one in use */
/*
 * 1 when a write of that field under that schema may mean something else under the one in use:
 * another's field has its id, or the schema of the write has no such field.
 */
int mir_team_schema_clashes(const struct mir_store *store,
    uint32_t schema_version,
    uint32_t place,
    uint32_t field);

#endif
