/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/schema_calls.c - the team's schema is shown and extended; see the header.
 */
#include "schema_calls.h"

#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "mir_limits.h"
#include "recovery_out.h"
#include "schema_decode.h"
#include "schema_in.h"
#include "schema_out.h"
#include "schema_say.h"

#include <mirsal/team.h>
#include <string.h>

mirsal_code mir_schema_given(struct mir_buf *out,
    const void *json,
    size_t size,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_schema base;
    if (size == 0) {
        return MIRSAL_OK;
    }
    mir_arena_init(&arena, env, MIR_SCHEMA_MEMORY_MAX);
    mirsal_code rc = mir_schema_decode(&base, &arena, mir_schema_default_bytes(), err);
    if (rc == MIRSAL_OK) {
        rc = mir_schema_compile(out, &base, 0, (struct mir_bytes){ json, size }, err);
    }
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mirsal_schema_show(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK && store->store->schema_lacking) {
        rc = mir_fail(err, MIRSAL_VERSION, "the team's schema has not come: sync first");
    }
    if (rc == MIRSAL_OK) {
        mir_schema_out(&reply, store->store->schema);
    }
    return mir_reply_end(out, &reply, rc, err);
}

static void write_extended(struct mir_buf *reply, const struct mir_schema *schema)
{
    mir_json_open(reply, '{');
    mir_json_key(reply, "schema");
    mir_json_text(reply, schema->name);
    mir_json_key(reply, "schema_version");
    mir_json_uint(reply, schema->version);
    mir_json_key(reply, "types");
    mir_json_uint(reply, schema->type_count);
    mir_json_key(reply, "fields");
    mir_json_uint(reply, schema->field_count);
    mir_json_key(reply, "vocabularies");
    mir_json_uint(reply, schema->vocabulary_count);
    mir_json_close(reply, '}');
}

mirsal_code mirsal_schema_extend(mirsal_text *out,
    mirsal_store *store,
    const void *json,
    size_t size,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    struct mir_root *root = NULL;
    struct mir_buf reply;
    struct mir_buf compiled;
    mir_buf_init(&compiled, &store->env, MIR_SCHEMA_SIZE_MAX);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_schema_compile(
            &compiled, store->store->schema, source != NULL, (struct mir_bytes){ json, size }, err);
    }
    if (rc == MIRSAL_OK && source != NULL) {
        rc = mir_root_given(&root, store->store, source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_schema_extend(store->store, root, mir_buf_bytes(&compiled), err);
    }
    if (rc == MIRSAL_OK) {
        write_extended(&reply, store->store->schema);
    }
    mir_root_close(root);
    mir_buf_fini(&compiled);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
