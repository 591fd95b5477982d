/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/identity.c - which device a store is; see the header.
 */
#include "identity.h"

#include "changeset.h"
#include "fail.h"
#include "install.h"
#include "keychange.h"
#include "layout.h"
#include "sql.h"

#include <string.h>

enum mir_signing mir_identity_signing(const struct mir_store *store)
{
    if (!mir_equal(store->device.bytes, store->keys->sign_public.bytes, sizeof(mirsal_hash))) {
        return MIR_SIGNS_INVITED;
    }
    if (store->behind) {
        return MIR_SIGNS_BEHIND;
    }
    return store->moved ? MIR_SIGNS_MOVED : MIR_SIGNS;
}

const char *mir_identity_reason(enum mir_signing signing)
{
    static const char *const reasons[] = { NULL, "restored", "behind", "moved" };
    return reasons[signing];
}

mirsal_code mir_identity_check(const struct mir_store *store, mirsal_error *err)
{
    static const char *const texts[] = { NULL, "this store was restored: it signs after an invite",
        "a newer state of this device exists elsewhere: it signs as a new device, after an invite",
        "this store was copied or moved here: it signs after `sync --moved`, or after an invite" };
    enum mir_signing signing = mir_identity_signing(store);
    return signing == MIR_SIGNS ? MIRSAL_OK
                                : mir_fail(err, MIRSAL_NOT_ALLOWED, "%s", texts[signing]);
}

static struct mir_install_place place_of(const struct mir_store *store)
{
    return (struct mir_install_place){ store->env, store->directory, store->state };
}

void mir_identity_look(struct mir_store *store)
{
    const struct mir_install_place place = place_of(store);
    store->moved = !mir_install_fits(&place);
}

mirsal_code mir_identity_settle(struct mir_store *store, mirsal_error *err)
{
    const struct mir_install_place place = place_of(store);
    mirsal_code rc = mir_install_write(&place, err);
    store->moved = store->moved && rc != MIRSAL_OK;
    return rc;
}

mirsal_code mir_identity_renew(struct mir_store *store, mirsal_error *err)
{
    struct mir_device_keys *keys = mir_secret_alloc(sizeof *keys);
    if (keys == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_device_keys_make(keys, store->env);
    keys->database = store->keys->database;
    mirsal_code rc = mir_identity_set(store, &store->device, err);
    if (rc == MIRSAL_OK) {
        rc = mir_keys_replace(store, keys, err);
    }
    if (rc == MIRSAL_OK) {
        *store->keys = *keys;
        rc = mir_identity_settle(store, err);
    }
    mir_secret_free(keys);
    return rc;
}

static mirsal_code load_former(struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT key FROM former";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mir_buf_reset(&store->former);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&row, store->sql, statement, err)) == MIRSAL_OK &&
           row) {
        struct mir_bytes key = mir_sql_column(statement, 0);
        if (key.size == sizeof(mirsal_hash)) {
            mir_buf_append(&store->former, key.data, key.size);
        }
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(&store->former, err) : rc;
}

mirsal_code mir_identity_load(struct mir_store *store, mirsal_error *err)
{
    struct mir_buf device;
    mir_buf_init(&device, store->env, sizeof store->device.bytes);
    mirsal_code rc = mir_meta_bytes(&device, store->sql, "device", err);
    if (rc == MIRSAL_OK) {
        const uint8_t *key = device.size == sizeof store->device.bytes
                                 ? device.data
                                 : store->keys->sign_public.bytes;
        memcpy(store->device.bytes, key, sizeof store->device.bytes);
        rc = load_former(store, err);
    }
    mir_buf_fini(&device);
    return rc;
}

int mir_identity_is_own(const struct mir_store *store, const mirsal_hash *device)
{
    int own = mir_hash_equal(device, &store->device);
    for (size_t at = 0; at < store->former.size && !own; at += sizeof(mirsal_hash)) {
        own = memcmp(store->former.data + at, device->bytes, sizeof device->bytes) == 0;
    }
    return own;
}

static mirsal_code write_device(struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    struct mir_bytes value = { device->bytes, sizeof device->bytes };
    return mir_meta_set_bytes(store->sql, "device", value, err);
}

mirsal_code mir_identity_set(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
{
    mirsal_code rc = mir_sql_run(store->sql, "BEGIN IMMEDIATE", err);
    if (rc == MIRSAL_OK) {
        rc = write_device(store, device, err);
    }
    return rc == MIRSAL_OK ? mir_sql_run(store->sql, "COMMIT", err) : rc;
}

mirsal_code mir_identity_turn(struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "INSERT INTO former (key) VALUES (?1) ON CONFLICT DO NOTHING";
    static const char leave_text[] = "INSERT OR IGNORE INTO left_head (id) SELECT id FROM own_head;"
                                     "DELETE FROM own_head";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, store->device.bytes, sizeof store->device.bytes);
        rc = mir_sql_done(store->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(store->sql, leave_text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    memcpy(store->device.bytes, store->keys->sign_public.bytes, sizeof store->device.bytes);
    rc = write_device(store, &store->device, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_int(store->sql, "behind", 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(store->sql, "seen", (struct mir_bytes){ NULL, 0 }, err);
    }
    store->behind = 0;
    return rc == MIRSAL_OK ? load_former(store, err) : rc;
}
