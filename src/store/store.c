/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/store.c - one replica on disk; see the header.
 *
 * A store exists once its `keys` file does, which is written last: what an interrupted create left
 * is removed by the next one. What is kept in memory (team, stamp, membership) is read again when
 * another handle committed, or after a rollback.
 */
#include "store.h"

#include "accept.h"
#include "env.h"
#include "fail.h"
#include "files.h"
#include "folder.h"
#include "forget.h"
#include "identity.h"
#include "install.h"
#include "keyfile.h"
#include "layout.h"
#include "members.h"
#include "project.h"
#include "sql.h"
#include "team.h"
#include "teamschema.h"
#include "vault.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy_text(const mirsal_env *env, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mir_alloc(env, size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

static void release_text(const mirsal_env *env, char *text)
{
    if (text != NULL) {
        mir_release(env, text, strlen(text) + 1);
    }
}

mirsal_code mir_store_blank(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    const mirsal_env *env = options->env;
    *out = NULL;
    struct mir_store *store = mir_alloc(env, sizeof *store);
    if (store == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    store->env = env;
    store->lock_file = -1;
    store->stale = 1;
    mir_buf_init(&store->former, env, SIZE_MAX / 2);
    store->keys = mir_secret_alloc(sizeof *store->keys);
    store->lock = mir_secret_alloc(sizeof *store->lock);
    store->directory = copy_text(env, options->directory);
    store->vfs = options->vfs != NULL ? copy_text(env, options->vfs) : NULL;
    store->state = options->state != NULL ? copy_text(env, options->state) : NULL;
    *out = store;
    if (store->keys == NULL || store->lock == NULL || store->directory == NULL ||
        (options->vfs != NULL && store->vfs == NULL) ||
        (options->state != NULL && store->state == NULL)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return MIRSAL_OK;
}

static mirsal_code open_database(struct mir_store *store, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_vault_options sealed = { .under = store->vfs, .key = &store->keys->database };
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_DATABASE, err);
    if (rc == MIRSAL_OK) {
        rc = mir_vault_open(&store->vault, store->env, &sealed, err);
    }
    if (rc == MIRSAL_OK) {
        struct mir_sql_options options = { .path = path, .vault = store->vault };
        rc = mir_sql_open(&store->sql, store->env, &options, err);
    }
    return rc;
}

static void set_device(struct mir_store *store)
{
    memcpy(store->device.bytes, store->keys->sign_public.bytes, sizeof store->device.bytes);
}

static mirsal_code claim_folder(struct mir_store *store, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    mirsal_code rc = mir_folder_make(&store->folder_made, store->directory, err);
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, store->directory, MIR_NAME_KEYS, err);
    }
    if (rc == MIRSAL_OK && mir_file_exists(path)) {
        rc = mir_fail(err, MIRSAL_STORE_EXISTS, "a store is already here");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_folder_holds_only(store->directory, mir_folder_names, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, store->directory, MIR_NAME_LOCK, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_lock(&store->lock_file, path, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_folder_clear(store->directory, store->vfs, err);
    }
    return rc;
}

/* So that SQLite gives its files the mode of this one. */
static mirsal_code make_database_file(struct mir_store *store, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    if (store->vfs != NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_DATABASE, err);
    return rc == MIRSAL_OK ? mir_file_replace(path, (struct mir_bytes){ NULL, 0 }, err) : rc;
}

static mirsal_code create_layout(struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = mir_sql_run(store->sql, "BEGIN IMMEDIATE", err);
    if (rc == MIRSAL_OK) {
        rc = mir_layout_create(store->sql, MIR_LAYOUT_REPLICA, err);
    }
    return rc == MIRSAL_OK ? mir_sql_run(store->sql, "COMMIT", err) : rc;
}

/* In a folder that holds nothing but what keeps others out. */
static mirsal_code make_place(struct mir_store *store, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    int made = 0;
    mir_device_keys_make(store->keys, store->env);
    set_device(store);
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_MEDIA, err);
    if (rc == MIRSAL_OK) {
        rc = mir_folder_make(&made, path, err);
    }
    if (rc == MIRSAL_OK) {
        rc = make_database_file(store, err);
    }
    return rc == MIRSAL_OK ? open_database(store, err) : rc;
}

static mirsal_code make_empty(struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = make_place(store, err);
    return rc == MIRSAL_OK ? create_layout(store, err) : rc;
}

mirsal_code mir_store_claim(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    struct mir_store *store = NULL;
    *out = NULL;
    mirsal_code rc = mir_store_blank(&store, options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_lock_make(store->lock, options->env, options->kdf_passes,
            options->kdf_memory_kib, options->passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        rc = claim_folder(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = make_place(store, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_close(store);
        return rc;
    }
    *out = store;
    return MIRSAL_OK;
}

mirsal_code mir_store_create(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_claim(out, options, err);
    if (rc == MIRSAL_OK) {
        rc = create_layout(*out, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_close(*out);
        *out = NULL;
    }
    return rc;
}

mirsal_code mir_store_publish(struct mir_store *store, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_KEYS, err);
    if (rc == MIRSAL_OK) {
        rc = mir_identity_settle(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_write(path, store->env, store->lock, store->keys, store->tries_limit, err);
    }
    if (rc == MIRSAL_OK) {
        store->published = 1;
        mir_file_share(store->lock_file);
    }
    return rc;
}

/* *slot is what the passphrase opens. */
static mirsal_code read_keys(struct mir_slot *slot,
    struct mir_store *store,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    char keys[MIR_PATH_MAX];
    char lock[MIR_PATH_MAX];
    mirsal_code rc = mir_path_join(keys, store->directory, MIR_NAME_KEYS, err);
    if (rc == MIRSAL_OK && !mir_file_exists(keys)) {
        rc = mir_fail(err, MIRSAL_NO_STORE, "no store here");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(lock, store->directory, MIR_NAME_LOCK, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_lock(&store->lock_file, lock, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_read(slot, store->lock, keys, store->env, options->passphrase, err);
    }
    if (rc == MIRSAL_WIPED) {
        /* By the last of the tries, or by who was interrupted: the rest is removed by now. */
        (void)!mir_file_remove(lock, NULL);
        mir_install_remove(
            &(struct mir_install_place){ store->env, store->directory, store->state });
        (void)!mir_folder_clear(store->directory, store->vfs, NULL);
    }
    if (rc == MIRSAL_OK) {
        *store->keys = slot->keys;
        set_device(store);
    }
    return rc;
}

/*
 * Of another version, which may know more of it than this one: closing would copy what its WAL
 * holds into the database.
 */
static void leave_as_it_is(struct mir_store *store)
{
    char path[MIR_PATH_MAX];
    struct stat status;
    if (mir_path_join(path, store->directory, MIR_NAME_DATABASE "-wal", NULL) == MIRSAL_OK &&
        stat(path, &status) == 0 && status.st_size > 0) {
        (void)sqlite3_db_config(
            mir_sql_handle(store->sql), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
}

static mirsal_code open_tables(struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = open_database(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_layout_check(store->sql, MIR_LAYOUT_REPLICA, err);
    }
    if (rc == MIRSAL_VERSION) {
        leave_as_it_is(store);
    }
    if (rc == MIRSAL_NO_STORE && store->sql != NULL) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the store's database is empty");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_start(store, err);
    }
    if (rc == MIRSAL_OK) {
        mir_identity_look(store);
    }
    return rc;
}

/* In the place of a store whose keys are destroyed. Until it is published the slot stays as it was,
 * and the next who opens it makes the decoy. */
static mirsal_code make_decoy(struct mir_store *store,
    const struct mir_slot *slot,
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    const struct mir_team_options team = { .name = slot->decoy.name,
        .label = slot->decoy.label[0] != '\0' ? slot->decoy.label : NULL,
        .founded_ms = slot->decoy.founded_ms };
    mir_file_unlock(store->lock_file);
    store->lock_file = -1;
    store->published = 0;
    store->tries_limit = slot->limit;
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_LOCK, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_remove(path, err); /* so that whoever has the old store open is told */
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_lock(&store->lock_file, path, 1, err);
    }
    if (rc == MIRSAL_OK) {
        mir_install_remove(
            &(struct mir_install_place){ store->env, store->directory, store->state });
        rc = mir_folder_clear(store->directory, store->vfs, err);
    }
    if (rc == MIRSAL_OK) {
        rc = make_empty(store, err);
    }
    return rc == MIRSAL_OK ? mir_team_create(store, &team, err) : rc;
}

/* Alone, so that of two who come at once one makes it and the other opens it. */
static mirsal_code open_decoy(struct mir_store *store, struct mir_slot *slot, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_key_image image;
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_KEYS, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_keyfile_again(slot, &image, path, store->env, store->lock, err);
    if (rc == MIRSAL_OK && slot->kind == MIR_SLOT_DECOY) {
        rc = make_decoy(store, slot, err);
    } else if (rc == MIRSAL_OK) {
        *store->keys = slot->keys;
        set_device(store);
        rc = open_tables(store, err);
    }
    mir_key_image_close(&image);
    return rc;
}

mirsal_code mir_store_open(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    struct mir_store *store = NULL;
    *out = NULL;
    mirsal_code rc = mir_store_blank(&store, options, err);
    struct mir_slot *slot = mir_secret_alloc(sizeof *slot);
    if (store != NULL) {
        store->published = 1;
    }
    if (rc == MIRSAL_OK && slot == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    if (rc == MIRSAL_OK) {
        rc = read_keys(slot, store, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = slot->kind == MIR_SLOT_DECOY ? open_decoy(store, slot, err) : open_tables(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_forget(store, err);
    }
    mir_secret_free(slot);
    if (rc != MIRSAL_OK) {
        mir_store_close(store);
        return rc;
    }
    *out = store;
    return MIRSAL_OK;
}

void mir_store_close(struct mir_store *store)
{
    if (store == NULL) {
        return;
    }
    const mirsal_env *env = store->env;
    mir_store_rollback(store);
    if (store->projection != NULL) {
        mir_project_close(store);
    }
    mir_team_schema_drop(store);
    mir_members_free(store->members);
    mir_members_free(store->judged);
    mir_sql_close(store->sql);
    mir_vault_close(store->vault);
    if (!store->published && store->lock_file >= 0) {
        char path[MIR_PATH_MAX];
        (void)!mir_folder_clear(store->directory, store->vfs, NULL);
        if (mir_path_join(path, store->directory, MIR_NAME_LOCK, NULL) == MIRSAL_OK) {
            (void)unlink(path);
        }
        if (store->folder_made) {
            (void)rmdir(store->directory);
        }
    }
    mir_file_unlock(store->lock_file);
    mir_buf_fini(&store->former);
    mir_secret_free(store->keys);
    mir_secret_free(store->lock);
    release_text(env, store->directory);
    release_text(env, store->vfs);
    release_text(env, store->state);
    mir_release(env, store, sizeof *store);
}

static mirsal_code reload(struct mir_store *store, mirsal_error *err)
{
    int64_t stamp = 0;
    int64_t behind = 0;
    int64_t write_only = 0;
    mirsal_code rc = mir_meta_int(&stamp, store->sql, "stamp", err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_int(&behind, store->sql, "behind", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_int(&write_only, store->sql, "write_only", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_identity_load(store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    store->stamp = (uint64_t)stamp;
    store->behind = behind != 0;
    store->write_only = write_only != 0;
    rc = mir_members_refresh(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_team_schema_follow(store, err);
    }
    /* Whoever brought another schema has made its tables. */
    return rc == MIRSAL_OK && store->projection != NULL ? mir_project_prepare(store, err) : rc;
}

/* Inside a transaction, so that what is read belongs together. */
static mirsal_code reload_if_changed(struct mir_store *store, mirsal_error *err)
{
    int64_t version = 0;
    mirsal_code rc = mir_sql_data_version(&version, store->sql, err);
    if (rc == MIRSAL_OK && (store->stale || version != store->data_version)) {
        store->stale = 1;
        rc = reload(store, err);
        if (rc == MIRSAL_OK) {
            store->stale = 0;
            store->data_version = version;
        }
    }
    return rc;
}

mirsal_code mir_store_start(struct mir_store *store, mirsal_error *err)
{
    struct mir_buf team;
    mir_buf_init(&team, store->env, sizeof store->team.bytes);
    mirsal_code rc = mir_meta_bytes(&team, store->sql, "team", err);
    if (rc == MIRSAL_OK && team.size != sizeof store->team.bytes) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the store names no team");
    }
    if (rc == MIRSAL_OK) {
        memcpy(store->team.bytes, team.data, team.size);
        rc = mir_store_begin(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_project_prepare(store, err);
        if (rc == MIRSAL_OK) {
            rc = mir_accept_start(store, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_store_commit(store, err);
        } else {
            mir_store_rollback(store);
        }
    }
    mir_buf_fini(&team);
    return rc;
}

static mirsal_code check_there(const struct mir_store *store, mirsal_error *err)
{
    return mir_file_lock_gone(store->lock_file)
               ? mir_fail(err, MIRSAL_WIPED, "the store was wiped while it was open")
               : MIRSAL_OK;
}

mirsal_code mir_store_begin(struct mir_store *store, mirsal_error *err)
{
    if (store->transaction_depth > 0) {
        store->transaction_depth++;
        return MIRSAL_OK;
    }
    mirsal_code rc = check_there(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(store->sql, "BEGIN IMMEDIATE", err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    store->transaction_depth = 1;
    rc = reload_if_changed(store, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
    }
    return rc;
}

mirsal_code mir_store_commit(struct mir_store *store, mirsal_error *err)
{
    MIR_ASSERT(store->transaction_depth > 0);
    if (store->transaction_depth > 1) {
        store->transaction_depth--;
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_run(store->sql, "COMMIT", err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    store->transaction_depth = 0;
    return MIRSAL_OK;
}

void mir_store_rollback(struct mir_store *store)
{
    if (store->transaction_depth == 0) {
        return;
    }
    /* SQLite may have rolled back by itself, then this fails and nothing is lost by it. */
    (void)sqlite3_exec(mir_sql_handle(store->sql), "ROLLBACK", NULL, NULL, NULL);
    store->transaction_depth = 0;
    mir_members_free(store->judged);
    store->judged = NULL;
    store->control_came = 0;
    store->keys_came = 0;
    store->stale = 1;
}

mirsal_code mir_store_read_begin(struct mir_store *store, mirsal_error *err)
{
    if (store->transaction_depth > 0) {
        store->transaction_depth++;
        return MIRSAL_OK;
    }
    mirsal_code rc = check_there(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(store->sql, "BEGIN", err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    store->transaction_depth = 1;
    rc = reload_if_changed(store, err);
    if (rc != MIRSAL_OK) {
        mir_store_read_end(store);
    }
    return rc;
}

void mir_store_read_end(struct mir_store *store)
{
    MIR_ASSERT(store->transaction_depth > 0);
    store->transaction_depth--;
    if (store->transaction_depth == 0) {
        (void)sqlite3_exec(mir_sql_handle(store->sql), "COMMIT", NULL, NULL, NULL);
    }
}

mirsal_code mir_store_refresh(struct mir_store *store, mirsal_error *err)
{
    if (store->transaction_depth > 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_store_read_begin(store, err);
    if (rc == MIRSAL_OK) {
        mir_store_read_end(store);
    }
    return rc;
}

mirsal_code mir_store_alone(struct mir_store *store, mirsal_error *err)
{
    return mir_file_alone(store->lock_file, err);
}

void mir_store_share(struct mir_store *store)
{
    mir_file_share(store->lock_file);
}

const mirsal_hash *mir_store_device(const struct mir_store *store)
{
    return &store->device;
}
