/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/teamschema.c - the team's schema in force; see the header. meta.schema holds the bytes of a
 * schema that is not the program's own.
 */
#include "teamschema.h"

#include "env.h"
#include "fail.h"
#include "layout.h"
#include "mir_limits.h"
#include "schema_decode.h"
#include "sql.h"

#include <string.h>

mirsal_code mir_team_schema_default(uint32_t *version,
    mirsal_hash *hash,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_schema schema;
    struct mir_bytes bytes = mir_schema_default_bytes();
    mir_arena_init(&arena, env, MIR_SCHEMA_MEMORY_MAX);
    mirsal_code rc = mir_schema_decode(&schema, &arena, bytes, err);
    if (rc == MIRSAL_OK) {
        *version = schema.version;
        mir_schema_hash(hash, bytes);
    }
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code decode(struct mir_store *store, struct mir_bytes bytes, mirsal_error *err)
{
    store->schema = mir_arena_alloc(&store->schema_arena, 1, sizeof *store->schema);
    if (store->schema == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = mir_schema_decode(store->schema, &store->schema_arena, bytes, err);
    return rc == MIRSAL_OK ? mir_schema_dictionary(&store->dictionary, store->schema, err) : rc;
}

mirsal_code mir_team_schema_load(struct mir_store *store, mirsal_error *err)
{
    struct mir_buf kept;
    mirsal_hash hash;
    mir_team_schema_drop(store);
    mir_arena_init(&store->schema_arena, store->env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&store->dictionary, store->env, MIR_DICTIONARY_SIZE_MAX);
    mir_buf_init(&kept, store->env, MIR_SCHEMA_SIZE_MAX);
    mirsal_code rc = mir_meta_bytes(&kept, store->sql, "schema", err);
    struct mir_bytes bytes = kept.size > 0 ? mir_buf_bytes(&kept) : mir_schema_default_bytes();
    if (rc == MIRSAL_OK) {
        mir_schema_hash(&hash, bytes);
        if (store->membership != NULL && store->membership->has_genesis &&
            memcmp(hash.bytes, store->membership->schema.hash.bytes, sizeof hash.bytes) != 0) {
            rc = mir_fail(err, MIRSAL_VERSION, "the team's schema is not the one held here");
        }
    }
    if (rc == MIRSAL_OK) {
        rc = decode(store, bytes, err);
    }
    mir_buf_fini(&kept);
    if (rc != MIRSAL_OK) {
        mir_team_schema_drop(store);
    }
    return rc;
}

void mir_team_schema_drop(struct mir_store *store)
{
    store->schema = NULL;
    mir_buf_fini(&store->dictionary);
    mir_arena_fini(&store->schema_arena);
    memset(&store->dictionary, 0, sizeof store->dictionary);
    memset(&store->schema_arena, 0, sizeof store->schema_arena);
}

int mir_team_schema_dictionary(struct mir_bytes *out,
    struct mir_store *store,
    uint32_t schema_version)
{
    if (store->schema == NULL || store->schema->version != schema_version) {
        return 0;
    }
    *out = mir_buf_bytes(&store->dictionary);
    return 1;
}
