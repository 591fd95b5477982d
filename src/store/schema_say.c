/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema_say.c - the `schema` statement; see the header.
 */
#include "schema_say.h"

#include "accept.h"
#include "fail.h"
#include "members.h"
#include "mir_limits.h"
#include "schema_decode.h"
#include "schema_encode.h"
#include "schema_extends.h"
#include "statements.h"

#include <string.h>

static mirsal_code say(struct mir_store *store,
    const struct mir_root *root,
    struct mir_bytes compiled,
    const struct mir_schema *schema,
    mirsal_error *err)
{
    struct mir_say one = { .kind = MIR_SAY_SCHEMA };
    one.schema.version = schema->version;
    one.schema.schema = compiled;
    mir_schema_hash(&one.schema.hash, compiled);
    return mir_statements_say_as(NULL, store, root, &one, 1, err);
}

mirsal_code mir_schema_say(struct mir_store *store, struct mir_bytes compiled, mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_schema schema;
    mir_arena_init(&arena, store->env, MIR_SCHEMA_MEMORY_MAX);
    mirsal_code rc = mir_schema_decode(&schema, &arena, compiled, err);
    if (rc == MIRSAL_OK) {
        rc = say(store, NULL, compiled, &schema, err);
    }
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code is_same(int *same,
    const struct mir_store *store,
    struct mir_bytes compiled,
    mirsal_error *err)
{
    struct mir_buf used;
    mir_buf_init(&used, store->env, MIR_SCHEMA_SIZE_MAX);
    mir_schema_encode(&used, store->schema);
    mirsal_code rc = mir_buf_finish(&used, err);
    *same = rc == MIRSAL_OK && mir_bytes_equal(mir_buf_bytes(&used), compiled);
    mir_buf_fini(&used);
    return rc;
}

static mirsal_code check(int *same,
    struct mir_store *store,
    int by_root,
    struct mir_bytes compiled,
    const struct mir_schema *schema,
    mirsal_error *err)
{
    mirsal_code rc = by_root ? MIRSAL_OK : mir_members_need(store, MIR_ROLE_ADMIN, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (store->schema_lacking) {
        return mir_fail(err, MIRSAL_VERSION, "the team's schema has not come: sync first");
    }
    rc = is_same(same, store, compiled, err);
    if (rc != MIRSAL_OK || *same) {
        return rc;
    }
    rc = mir_schema_extends(schema, store->schema, by_root, err);
    if (rc == MIRSAL_OK && schema->version <= store->schema->version) {
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "version", "version %u is in use: count it up",
            store->schema->version);
    }
    return rc;
}

mirsal_code mir_schema_extend(struct mir_store *store,
    const struct mir_root *root,
    struct mir_bytes compiled,
    mirsal_error *err)
{
    struct mir_accept_counts counts;
    struct mir_arena arena;
    struct mir_schema schema;
    int same = 0;
    memset(&counts, 0, sizeof counts);
    mir_arena_init(&arena, store->env, MIR_SCHEMA_MEMORY_MAX);
    mirsal_code rc = mir_schema_decode(&schema, &arena, compiled, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = check(&same, store, root != NULL, compiled, &schema, err);
    if (rc == MIRSAL_OK && !same) {
        rc = say(store, root, compiled, &schema, err);
    }
    if (rc == MIRSAL_OK && !same) {
        rc = mir_accept_settle(&counts, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
    }
out:
    mir_arena_fini(&arena);
    return rc;
}
