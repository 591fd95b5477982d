/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/peers.c - the relays this device knows; see the header and team.h.
 */
#include "peers.h"

#include "fail.h"
#include "membership.h"
#include "sql.h"
#include "statements.h"
#include "team.h"

#include <string.h>

#define URL_SIZE_MAX 2048u

static mirsal_code copy_column(struct mir_bytes *out,
    struct mir_arena *arena,
    sqlite3_stmt *statement,
    int at,
    mirsal_error *err)
{
    struct mir_bytes column = mir_sql_column(statement, at);
    out->data = mir_arena_copy(arena, column.data, column.size);
    out->size = column.size;
    return out->data != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

mirsal_code mir_peer_keep(struct mir_store *store,
    struct mir_bytes url,
    const mirsal_hash *identity,
    uint32_t key_serial,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO peer (url, identity, key_serial) VALUES (?1, ?2, ?3)"
                               " ON CONFLICT (identity) DO UPDATE SET url = excluded.url,"
                               " key_serial = max(key_serial, excluded.key_serial)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(statement, 1, (const char *)url.data, url.size);
    mir_sql_bind_blob(statement, 2, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_int(statement, 3, key_serial);
    return mir_sql_done(store->sql, statement, err);
}

mirsal_code mir_peer_find(int64_t *no,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err)
{
    static const char text[] = "SELECT no FROM peer WHERE identity = ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *no = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, identity->bytes, sizeof identity->bytes);
    rc = mir_sql_step(&row, store->sql, statement, err);
    *no = rc == MIRSAL_OK && row ? mir_sql_column_int(statement, 0) : 0;
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_peer_newest(int *has,
    struct mir_bytes *url,
    mirsal_hash *identity,
    uint32_t *key_serial,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT url, identity, key_serial FROM peer ORDER BY no DESC LIMIT 1";
    sqlite3_stmt *statement = NULL;
    *has = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(has, store->sql, statement, err);
    }
    if (rc == MIRSAL_OK && *has) {
        struct mir_bytes key = mir_sql_column(statement, 1);
        if (key.size != sizeof identity->bytes) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a relay's identity is damaged");
        } else {
            memcpy(identity->bytes, key.data, sizeof identity->bytes);
            *key_serial = (uint32_t)mir_sql_column_int(statement, 2);
            rc = copy_column(url, arena, statement, 0, err);
        }
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_peer_learn(struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < store->membership->relay_count; i++) {
        const struct mir_relay *relay = &store->membership->relays[i];
        int64_t no = 0;
        if (!relay->in_use) {
            continue;
        }
        rc = mir_peer_find(&no, store, &relay->identity, err);
        if (rc == MIRSAL_OK && no == 0) {
            rc = mir_peer_keep(store, relay->url, &relay->identity, 0, err);
        }
    }
    return rc;
}

static int is_said(const struct mir_store *store, const mirsal_hash *identity, struct mir_bytes url)
{
    for (size_t i = 0; i < store->membership->relay_count; i++) {
        const struct mir_relay *relay = &store->membership->relays[i];
        if (memcmp(relay->identity.bytes, identity->bytes, sizeof identity->bytes) == 0) {
            return relay->in_use && mir_bytes_equal(relay->url, url);
        }
    }
    return 0;
}

static mirsal_code keep_token(struct mir_store *store,
    const mirsal_hash *identity,
    struct mir_bytes token,
    mirsal_error *err)
{
    static const char text[] = "UPDATE peer SET token = ?2 WHERE identity = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_blob(statement, 2, token.data, token.size);
    return mir_sql_done(store->sql, statement, err);
}

mirsal_code mir_relay_add(struct mir_store *store,
    const char *url,
    const mirsal_hash *identity,
    struct mir_bytes token,
    mirsal_error *err)
{
    struct mir_say say = { .kind = MIR_SAY_RELAY };
    const struct mir_member *member =
        mir_membership_device(store->membership, mir_store_device(store));
    say.relay.identity = *identity;
    say.relay.url = (struct mir_bytes){ (const uint8_t *)url, strlen(url) };
    say.relay.in_use = 1;
    if (say.relay.url.size == 0 || say.relay.url.size > URL_SIZE_MAX) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "not the URL of a relay");
    }
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_peer_keep(store, say.relay.url, identity, 0, err);
    if (rc == MIRSAL_OK && token.size > 0) {
        rc = keep_token(store, identity, token, err);
    }
    if (rc == MIRSAL_OK && member != NULL && member->role == MIR_ROLE_ADMIN &&
        !is_said(store, identity, say.relay.url)) {
        rc = mir_statements_say_one(NULL, store, &say, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static mirsal_code read_peer(struct mir_peer *out,
    struct mir_arena *arena,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct mir_bytes identity = mir_sql_column(statement, 2);
    if (identity.size != sizeof out->identity.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a relay's identity is damaged");
    }
    memcpy(out->identity.bytes, identity.data, sizeof out->identity.bytes);
    out->no = mir_sql_column_int(statement, 0);
    out->key_serial = (uint32_t)mir_sql_column_int(statement, 3);
    out->registered = mir_sql_column_int(statement, 4) != 0;
    out->contradicted = (int)mir_sql_column_int(statement, 5);
    out->hints = (uint32_t)mir_sql_column_int(statement, 6);
    out->last_sync_ms = (uint64_t)mir_sql_column_int(statement, 7);
    return copy_column(&out->url, arena, statement, 1, err);
}

mirsal_code mir_relay_list(struct mir_peer **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "SELECT no, url, identity, key_serial, registered, (SELECT kind"
                               " FROM contradiction AS c WHERE c.relay = identity AND"
                               " (store_epoch IS NULL OR c.epoch = store_epoch)"
                               " ORDER BY c.no LIMIT 1),"
                               " hints, last_sync, (SELECT count(*) FROM peer) FROM peer"
                               " ORDER BY no";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        if (*out == NULL) {
            *out = mir_arena_alloc(arena, (size_t)mir_sql_column_int(statement, 8), sizeof **out);
        }
        if (*out == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            break;
        }
        rc = read_peer(&(*out)[*count], arena, statement, err);
        *count += rc == MIRSAL_OK;
    }
    mir_sql_release(statement);
    return rc;
}
