/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/orgkeys.c - see the header. meta.org_keys is an array of secrets' arrays, one bin each.
 */
#include "orgkeys.h"

#include "fail.h"
#include "layout.h"
#include "members.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "team.h"

#include <string.h>

#define META_NAME "org_keys"
#define KEYS_MAX  64u
#define KEPT_MAX  ((size_t)KEYS_MAX * (MIR_ORG_KEY_SIZE_MAX + 8))

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code read_one(struct mir_org_held *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    uint8_t *kept = mir_arena_copy(arena, bytes.data, bytes.size);
    return kept == NULL ? no_memory(err)
                        : mir_org_secret_read(
                              &out->key, &out->secret, (struct mir_bytes){ kept, bytes.size }, err);
}

mirsal_code mir_org_keys_held(struct mir_org_held **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_buf kept;
    struct mir_reader reader;
    uint32_t held = 0;
    *count = 0;
    mir_buf_init(&kept, store->env, KEPT_MAX);
    mirsal_code rc = mir_meta_bytes(&kept, store->sql, META_NAME, err);
    mir_reader_init(&reader, kept.data, kept.size);
    if (rc == MIRSAL_OK && kept.size > 0) {
        held = mir_mp_read_array(&reader, KEYS_MAX);
    }
    *out = mir_arena_alloc(arena, (size_t)held + 1, sizeof **out);
    if (rc == MIRSAL_OK && *out == NULL) {
        rc = no_memory(err);
    }
    for (uint32_t i = 0; i < held && rc == MIRSAL_OK; i++) {
        struct mir_bytes one = mir_mp_read_bin(&reader, MIR_ORG_KEY_SIZE_MAX);
        rc = read_one(&(*out)[i], arena, one, err);
    }
    if (rc == MIRSAL_OK && kept.size > 0) {
        rc = mir_reader_finish(&reader, "organisation keys", err);
    }
    if (rc == MIRSAL_OK) {
        *count = held;
    }
    mir_buf_fini(&kept);
    return rc;
}

static int same(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Writes those held and this one, which becomes the newest. */
static mirsal_code keep(struct mir_store *store,
    const struct mir_org_held *held,
    size_t count,
    const struct mir_org_held *newest,
    mirsal_error *err)
{
    struct mir_buf all;
    struct mir_buf one;
    uint32_t others = 0;
    mir_buf_init(&all, store->env, KEPT_MAX);
    mir_buf_init(&one, store->env, MIR_ORG_KEY_SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        others += !same(&held[i].key.sign, &newest->key.sign);
    }
    mirsal_code rc = MIRSAL_OK;
    if (others >= KEYS_MAX) {
        rc = mir_fail(err, MIRSAL_TOO_LARGE, "%u organisation keys are held already", KEYS_MAX);
    }
    mir_mp_write_array(&all, others + 1);
    for (size_t i = 0; i <= count && rc == MIRSAL_OK; i++) {
        const struct mir_org_held *key = i < count ? &held[i] : newest;
        if (i < count && same(&held[i].key.sign, &newest->key.sign)) {
            continue;
        }
        mir_buf_reset(&one);
        rc = mir_org_secret_write(&one, &key->key, &key->secret, err);
        mir_mp_write_bin(&all, one.data, one.size);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&all, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(store->sql, META_NAME, mir_buf_bytes(&all), err);
    }
    mir_buf_fini(&one);
    mir_buf_fini(&all);
    return rc;
}

/* Inside a transaction. */
static mirsal_code make(struct mir_org_held *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_bytes name = { NULL, 0 };
    mirsal_code rc = mir_team_name(&name, arena, store, err);
    if (rc == MIRSAL_OK) {
        name.size = name.size > MIR_HANDOFF_TEXT_SIZE_MAX ? 0 : name.size;
        mir_org_make(&out->key, &out->secret, &store->team, name, store->env);
        rc = keep(store, NULL, 0, out, err);
    }
    return rc;
}

mirsal_code mir_org_key_need(struct mir_org_held *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_org_held *held = NULL;
    size_t count = 0;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_members_need(store, MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK) {
        rc = mir_org_keys_held(&held, &count, arena, store, err);
    }
    if (rc == MIRSAL_OK && count > 0) {
        *out = held[count - 1];
    } else if (rc == MIRSAL_OK) {
        rc = make(out, arena, store, err);
    }
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}

mirsal_code mir_org_key_take(struct mir_org_held *out,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes secret,
    mirsal_error *err)
{
    struct mir_org_held *held = NULL;
    size_t count = 0;
    mirsal_code rc = read_one(out, arena, secret, err);
    if (rc == MIRSAL_OK && !same(&out->key.team, &store->team)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "this is the key of another team");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_org_keys_held(&held, &count, arena, store, err);
    if (rc == MIRSAL_OK) {
        rc = keep(store, held, count, out, err);
    }
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}
