/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/teamschema.c - which schemas are held and which is in use; see the header.
 */
#include "teamschema.h"

#include "changeset.h"
#include "env.h"
#include "fail.h"
#include "layout.h"
#include "members.h"
#include "mir_limits.h"
#include "schema_decode.h"
#include "schema_extends.h"
#include "sql.h"
#include "statements.h"

#include <string.h>

#define STATEMENT_MEMORY_MAX ((size_t)4 << 20)

/* One that control names, or the default. */
struct mir_held_schema {
    struct mir_held_schema *next; /* ascending by version, then hash */
    uint32_t version;
    mirsal_hash hash;
    int readable; /* this program can use it */
    int named;    /* genesis or a statement that counts names it */
    int by_root;  /* root does */
    struct mir_schema schema;
    struct mir_arena arena;
    struct mir_buf dictionary;
};

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

static int is_usable(const struct mir_held_schema *held, uint32_t version)
{
    return held->named && held->readable && held->version == version;
}

static struct mir_held_schema *held_by_hash(const struct mir_store *store, const mirsal_hash *hash)
{
    struct mir_held_schema *held = store->schemas;
    while (held != NULL && !mir_hash_equal(&held->hash, hash)) {
        held = held->next;
    }
    return held;
}

static struct mir_held_schema *held_at(const struct mir_store *store,
    uint32_t version,
    uint32_t place)
{
    for (struct mir_held_schema *held = store->schemas; held != NULL; held = held->next) {
        if (is_usable(held, version) && place-- == 0) {
            return held;
        }
    }
    return NULL;
}

/* Bytes of the statement that brings this hash, where one is held and its bytes have it. */
static mirsal_code read_statement(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *id,
    const mirsal_hash *hash,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_control_body body;
    mirsal_hash real;
    mir_arena_init(&arena, store->env, STATEMENT_MEMORY_MAX);
    mirsal_code rc = mir_statements_read(&body, &arena, store, id, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && out->size == 0 && i < body.say_count; i++) {
        if (body.says[i].kind != MIR_SAY_SCHEMA ||
            !mir_hash_equal(&body.says[i].schema.hash, hash)) {
            continue;
        }
        struct mir_bytes bytes = body.says[i].schema.schema;
        mir_schema_hash(&real, bytes);
        if (mir_hash_equal(&real, hash)) {
            mir_buf_append(out, bytes.data, bytes.size);
            rc = mir_buf_finish(out, err);
        }
    }
    mir_arena_fini(&arena);
    return rc;
}

/* Appends nothing where the bytes are not held. */
static mirsal_code find_bytes(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *hash,
    mirsal_error *err)
{
    struct mir_bytes own = mir_schema_default_bytes();
    mirsal_hash real;
    mir_schema_hash(&real, own);
    if (mir_hash_equal(&real, hash)) {
        mir_buf_append(out, own.data, own.size);
        return mir_buf_finish(out, err);
    }
    mirsal_code rc = mir_meta_bytes(out, store->sql, "schema", err);
    mir_schema_hash(&real, mir_buf_bytes(out));
    if (rc != MIRSAL_OK || mir_hash_equal(&real, hash)) {
        return rc;
    }
    mir_buf_reset(out);
    for (size_t i = 0; rc == MIRSAL_OK && i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        for (size_t j = 0; rc == MIRSAL_OK && out->size == 0 && j < fact->statement_count; j++) {
            if (fact->statements[j].kind == MIR_STATEMENT_SCHEMA &&
                mir_hash_equal(&fact->statements[j].schema.hash, hash)) {
                rc = read_statement(out, store, &fact->id, hash, err);
            }
        }
    }
    return rc;
}

static void free_held(const mirsal_env *env, struct mir_held_schema *held)
{
    mir_buf_fini(&held->dictionary);
    mir_arena_fini(&held->arena);
    mir_release(env, held, sizeof *held);
}

/* What this program cannot read is kept as such: a newer one may, and nothing is lost. */
static mirsal_code read_held(struct mir_held_schema *held,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    mirsal_code rc = mir_schema_decode(&held->schema, &held->arena, bytes, err);
    if (rc == MIRSAL_OK && held->schema.version == held->version) {
        rc = mir_schema_dictionary(&held->dictionary, &held->schema, err);
        held->readable = rc == MIRSAL_OK;
    }
    return rc == MIRSAL_NO_MEMORY ? rc : MIRSAL_OK;
}

static mirsal_code add_held(struct mir_store *store,
    const struct mir_schema_version *name,
    mirsal_error *err)
{
    struct mir_buf bytes;
    mir_buf_init(&bytes, store->env, MIR_SCHEMA_SIZE_MAX);
    struct mir_held_schema *held = NULL;
    struct mir_held_schema **place = &store->schemas;
    mirsal_code rc = find_bytes(&bytes, store, &name->hash, err);
    if (rc != MIRSAL_OK || bytes.size == 0) {
        goto out;
    }
    held = mir_alloc(store->env, sizeof *held);
    if (held == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        goto out;
    }
    held->version = name->version;
    held->hash = name->hash;
    mir_arena_init(&held->arena, store->env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&held->dictionary, store->env, MIR_DICTIONARY_SIZE_MAX);
    rc = read_held(held, mir_buf_bytes(&bytes), err);
    if (rc != MIRSAL_OK) {
        free_held(store->env, held);
        goto out;
    }
    while (
        *place != NULL && ((*place)->version < held->version ||
                              ((*place)->version == held->version &&
                                  memcmp(&(*place)->hash, &held->hash, sizeof held->hash) < 0))) {
        place = &(*place)->next;
    }
    held->next = *place;
    *place = held;
out:
    mir_buf_fini(&bytes);
    return rc;
}

static const struct mir_statement *find_genesis(const struct mir_members *members)
{
    for (size_t i = 0; members != NULL && i < members->count; i++) {
        const struct mir_statement *first = members->facts[i].statements;
        if (first != NULL && first->kind == MIR_STATEMENT_GENESIS && first->genesis.is_team) {
            return first;
        }
    }
    return NULL;
}

/* schema.md 8.3: from that of genesis on, each that extends the one before. */
static struct mir_held_schema *choose(const struct mir_store *store)
{
    const struct mir_statement *genesis = find_genesis(store->members);
    struct mir_held_schema *chosen =
        genesis != NULL ? held_by_hash(store, &genesis->genesis.schema_hash) : NULL;
    if (chosen == NULL || !chosen->readable) {
        return NULL;
    }
    for (struct mir_held_schema *held = store->schemas; held != NULL; held = held->next) {
        if (held->named && held->readable && held->version > chosen->version &&
            mir_schema_extends(&held->schema, &chosen->schema, held->by_root, NULL) == MIRSAL_OK) {
            chosen = held;
        }
    }
    return chosen;
}

static mirsal_code hold_named(struct mir_store *store, mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    struct mir_schema_version own;
    mirsal_code rc = mir_team_schema_default(&own.version, &own.hash, store->env, err);
    if (rc == MIRSAL_OK && held_by_hash(store, &own.hash) == NULL) {
        rc = add_held(store, &own, err);
    }
    for (struct mir_held_schema *held = store->schemas; held != NULL; held = held->next) {
        held->named = 0;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->schema_count; i++) {
        const struct mir_schema_version *name = &membership->schemas[i];
        if (held_by_hash(store, &name->hash) == NULL) {
            rc = add_held(store, name, err);
        }
        struct mir_held_schema *held = held_by_hash(store, &name->hash);
        if (held != NULL && held->version == name->version) {
            held->named = 1;
            held->by_root = name->by_root;
        }
    }
    return rc;
}

mirsal_code mir_team_schema_follow(struct mir_store *store, mirsal_error *err)
{
    mirsal_hash own;
    mirsal_code rc = hold_named(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_held_schema *chosen = choose(store);
    store->schema_lacking = chosen == NULL;
    if (chosen == NULL) {
        mir_schema_hash(&own, mir_schema_default_bytes());
        chosen = held_by_hash(store, &own);
    }
    store->schema = &chosen->schema;
    return MIRSAL_OK;
}

void mir_team_schema_drop(struct mir_store *store)
{
    struct mir_held_schema *held = store->schemas;
    store->schema = NULL;
    store->schemas = NULL;
    while (held != NULL) {
        struct mir_held_schema *next = held->next;
        free_held(store->env, held);
        held = next;
    }
}

mirsal_code mir_team_schema_keep(struct mir_store *store, struct mir_bytes bytes, mirsal_error *err)
{
    return mir_meta_set_bytes(store->sql, "schema", bytes, err);
}

static const struct mir_held_schema *in_use(const struct mir_store *store)
{
    const struct mir_held_schema *held = store->schemas;
    while (held != NULL && &held->schema != store->schema) {
        held = held->next;
    }
    return held;
}

/* All that decides what the tables hold. */
static mirsal_code write_mark(struct mir_buf *mark,
    const struct mir_store *store,
    mirsal_error *err)
{
    const struct mir_held_schema *used = in_use(store);
    mir_buf_append_u8(mark, store->schema_lacking ? 1 : 0);
    if (used != NULL) {
        mir_buf_append(mark, used->hash.bytes, sizeof used->hash.bytes);
    }
    for (const struct mir_held_schema *held = store->schemas; held != NULL; held = held->next) {
        if (held->named && held->readable) {
            mir_buf_append(mark, held->hash.bytes, sizeof held->hash.bytes);
        }
    }
    return mir_buf_finish(mark, err);
}

mirsal_code mir_team_schema_differs(int *differs, struct mir_store *store, mirsal_error *err)
{
    struct mir_buf mark;
    struct mir_buf kept;
    mir_buf_init(&mark, store->env, SIZE_MAX / 2);
    mir_buf_init(&kept, store->env, SIZE_MAX / 2);
    mirsal_code rc = write_mark(&mark, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_bytes(&kept, store->sql, "tables_by", err);
    }
    *differs = rc == MIRSAL_OK && !mir_bytes_equal(mir_buf_bytes(&mark), mir_buf_bytes(&kept));
    mir_buf_fini(&kept);
    mir_buf_fini(&mark);
    return rc;
}

mirsal_code mir_team_schema_made(struct mir_store *store, mirsal_error *err)
{
    struct mir_buf mark;
    mir_buf_init(&mark, store->env, SIZE_MAX / 2);
    mirsal_code rc = write_mark(&mark, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(store->sql, "tables_by", mir_buf_bytes(&mark), err);
    }
    mir_buf_fini(&mark);
    return rc;
}

uint32_t mir_team_schema_held(uint32_t *named,
    const struct mir_store *store,
    uint32_t schema_version)
{
    uint32_t count = 0;
    *named = 0;
    for (size_t i = 0; i < store->membership->schema_count; i++) {
        *named += store->membership->schemas[i].version == schema_version;
    }
    while (held_at(store, schema_version, count) != NULL) {
        count++;
    }
    return count;
}

int mir_team_schema_dictionary(struct mir_bytes *out,
    const struct mir_store *store,
    uint32_t schema_version,
    uint32_t place)
{
    const struct mir_held_schema *held = held_at(store, schema_version, place);
    if (held == NULL) {
        return 0;
    }
    *out = mir_buf_bytes(&held->dictionary);
    return 1;
}

uint32_t mir_team_schema_place(const struct mir_store *store)
{
    const struct mir_held_schema *used = in_use(store);
    uint32_t place = 0;
    while (used != NULL && held_at(store, used->version, place) != NULL &&
           held_at(store, used->version, place) != used) {
        place++;
    }
    return place;
}

int mir_team_schema_clashes(const struct mir_store *store,
    uint32_t schema_version,
    uint32_t place,
    uint32_t field)
{
    const struct mir_held_schema *held = held_at(store, schema_version, place);
    if (held == NULL || &held->schema == store->schema) {
        return 0;
    }
    const struct mir_schema_field *meant = mir_schema_field_by_id(&held->schema, field);
    const struct mir_schema_field *used = mir_schema_field_by_id(store->schema, field);
    return used != NULL && (meant == NULL || !mir_schema_same_meaning(meant, used));
}
