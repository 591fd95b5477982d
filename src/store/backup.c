/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/backup.c - a backup is written; see the header.
 */
#include "backup.h"

#include "env.h"
#include "epochkeys.h"
#include "fail.h"
#include "longfile.h"
#include "sealed.h"
#include "snapshot.h"
#include "stream.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define PIECE_SIZE 65536u

struct writing {
    struct mir_store *store;
    struct mir_long_out file;
    struct mir_stream stream;
    struct mir_seal_key database;
    struct mir_buf head;
    struct mir_buf sealed;
    uint64_t size;
    uint8_t piece[PIECE_SIZE];
};

/* To the file, as what was sealed of it so far. */
static mirsal_code flush(struct writing *writing, mirsal_error *err)
{
    mirsal_code rc = mir_long_out_write(&writing->file, mir_buf_bytes(&writing->sealed), err);
    writing->size += writing->sealed.size;
    mir_buf_reset(&writing->sealed);
    return rc;
}

static mirsal_code put(struct writing *writing, const void *data, size_t size, mirsal_error *err)
{
    struct mir_bytes clear = { data, size };
    mirsal_code rc = mir_stream_write(&writing->sealed, &writing->stream, clear, err);
    return rc == MIRSAL_OK ? flush(writing, err) : rc;
}

/* The sealed head, and the stream that it opens. */
static mirsal_code begin(struct writing *writing, mirsal_error *err)
{
    const mirsal_env *env = writing->store->env;
    MIR_WIPED_SEAL struct mir_seal_key key;
    uint8_t prefix[MIR_STREAM_PREFIX_SIZE];
    mir_random(env, key.bytes, sizeof key.bytes);
    mir_random(env, prefix, sizeof prefix);
    mirsal_code rc = mir_sealed_put(&writing->head, MIR_BACKUP_MAGIC, writing->store->lock,
        (struct mir_bytes){ key.bytes, sizeof key.bytes }, err);
    if (rc == MIRSAL_OK) {
        mir_stream_writer_init(&writing->stream, env, &key, prefix, mir_buf_bytes(&writing->head));
        writing->size = writing->head.size;
        rc = mir_long_out_write(&writing->file, mir_buf_bytes(&writing->head), err);
    }
    return rc;
}

static mirsal_code put_description(struct writing *writing, mirsal_error *err)
{
    struct mir_store *store = writing->store;
    struct mir_buf clear;
    mir_buf_init(&clear, store->env, MIR_BACKUP_DESCRIPTION);
    mir_buf_append(&clear, store->team.bytes, sizeof store->team.bytes);
    mir_buf_append(&clear, store->device.bytes, sizeof store->device.bytes);
    mir_buf_append_be64(&clear, mir_now_ms(store->env));
    mir_buf_append(&clear, writing->database.bytes, sizeof writing->database.bytes);
    mirsal_code rc = mir_buf_finish(&clear, err);
    if (rc == MIRSAL_OK) {
        rc = put(writing, clear.data, clear.size, err);
    }
    mir_buf_fini(&clear);
    return rc;
}

static mirsal_code put_entry_head(struct writing *writing,
    uint8_t kind,
    const char *name,
    uint64_t size,
    mirsal_error *err)
{
    struct mir_buf clear;
    size_t name_size = strlen(name);
    MIR_ASSERT(name_size <= MIR_BACKUP_NAME_MAX);
    mir_buf_init(&clear, writing->store->env, 10 + MIR_BACKUP_NAME_MAX);
    mir_buf_append_u8(&clear, kind);
    mir_buf_append_u8(&clear, (uint8_t)name_size);
    mir_buf_append(&clear, name, name_size);
    mir_buf_append_be64(&clear, size);
    mirsal_code rc = mir_buf_finish(&clear, err);
    if (rc == MIRSAL_OK) {
        rc = put(writing, clear.data, clear.size, err);
    }
    mir_buf_fini(&clear);
    return rc;
}

static mirsal_code put_file(struct writing *writing,
    uint8_t kind,
    const char *name,
    const char *path,
    mirsal_error *err)
{
    struct mir_long_in in;
    uint64_t left = 0;
    mirsal_code rc = mir_long_in_open(&in, path, err);
    if (rc == MIRSAL_OK) {
        left = in.size;
        rc = put_entry_head(writing, kind, name, in.size, err);
    }
    while (rc == MIRSAL_OK && left > 0) {
        size_t got = 0;
        size_t room = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;
        rc = mir_long_in_read(&got, &in, writing->piece, room, err);
        if (rc == MIRSAL_OK && got == 0) {
            rc = mir_fail(err, MIRSAL_IO, "a file became shorter while it was read");
        }
        if (rc == MIRSAL_OK) {
            rc = put(writing, writing->piece, got, err);
            left -= got;
        }
    }
    mir_long_in_close(&in);
    return rc;
}

static mirsal_code add_epoch(void *context,
    const struct mir_epoch_public *name,
    const struct mir_agree_secret *secret,
    mirsal_error *err)
{
    struct mir_buf *clear = context;
    mir_buf_append_be32(clear, name->compartment);
    mir_buf_append_be32(clear, name->number);
    mir_buf_append(clear, secret->bytes, sizeof secret->bytes);
    return mir_buf_finish(clear, err);
}

static mirsal_code put_epochs(struct writing *writing, mirsal_error *err)
{
    struct mir_buf clear;
    mir_buf_init(&clear, writing->store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_epoch_each(writing->store, add_epoch, &clear, err);
    if (rc == MIRSAL_OK) {
        rc = put_entry_head(writing, MIR_BACKUP_EPOCHS, "", clear.size, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put(writing, clear.data, clear.size, err);
    }
    mir_buf_fini(&clear);
    return rc;
}

/* Media files have their final name once they are whole, and never change after. */
static mirsal_code put_media(struct writing *writing, mirsal_error *err)
{
    char folder[MIR_PATH_MAX];
    char path[MIR_PATH_MAX];
    struct dirent *entry = NULL;
    mirsal_code rc = mir_path_join(folder, writing->store->directory, "media", err);
    DIR *open_folder = rc == MIRSAL_OK ? opendir(folder) : NULL;
    if (rc == MIRSAL_OK && open_folder == NULL) {
        return mir_file_fail(err, "the folder cannot be read");
    }
    while (rc == MIRSAL_OK && (entry = readdir(open_folder)) != NULL) {
        if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') != NULL) {
            continue; /* not whole yet */
        }
        rc = mir_path_join(path, folder, entry->d_name, err);
        if (rc == MIRSAL_OK) {
            rc = put_file(writing, MIR_BACKUP_MEDIA, entry->d_name, path, err);
        }
        rc = rc == MIRSAL_NOT_FOUND ? MIRSAL_OK : rc; /* purged since */
    }
    if (open_folder != NULL) {
        (void)closedir(open_folder);
    }
    return rc;
}

static mirsal_code write_all(struct writing *writing, const char *snapshot, mirsal_error *err)
{
    static const uint8_t end = MIR_BACKUP_END;
    mirsal_code rc = begin(writing, err);
    if (rc == MIRSAL_OK) {
        rc = put_description(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put_epochs(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put_file(writing, MIR_BACKUP_DATABASE, "", snapshot, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put_media(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put(writing, &end, sizeof end, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_stream_write_end(&writing->sealed, &writing->stream, err);
    }
    return rc == MIRSAL_OK ? flush(writing, err) : rc;
}

/* Database and epochs of one moment. */
static mirsal_code copy_state(struct writing *writing, const char *snapshot, mirsal_error *err)
{
    mirsal_code rc = mir_store_read_begin(writing->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_snapshot_write(writing->store, snapshot, &writing->database, err);
    if (rc == MIRSAL_OK) {
        rc = write_all(writing, snapshot, err);
    }
    mir_store_read_end(writing->store);
    mirsal_code removed = mir_file_remove(snapshot, rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? removed : rc;
}

/* Only a backup is written over. */
static mirsal_code check_target(const char *path, mirsal_error *err)
{
    char begins[MIR_SEALED_MAGIC_SIZE];
    struct mir_long_in in;
    size_t got = 0;
    if (!mir_file_exists(path)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_long_in_open(&in, path, err);
    if (rc == MIRSAL_OK) {
        rc = mir_long_in_read(&got, &in, begins, sizeof begins, err);
    }
    mir_long_in_close(&in);
    if (rc == MIRSAL_OK &&
        (got != sizeof begins || memcmp(begins, MIR_BACKUP_MAGIC, sizeof begins) != 0)) {
        rc = mir_fail(err, MIRSAL_STORE_EXISTS, "the file exists and is no backup");
    }
    return rc;
}

mirsal_code mir_backup_write(uint64_t *size,
    struct mir_store *store,
    const char *path,
    mirsal_error *err)
{
    char snapshot[MIR_PATH_MAX];
    *size = 0;
    int length = snprintf(snapshot, sizeof snapshot, "%s.snapshot", path);
    if (length < 0 || (size_t)length >= sizeof snapshot) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    struct writing *writing = mir_secret_alloc(sizeof *writing);
    if (writing == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    writing->store = store;
    mir_buf_init(&writing->head, store->env, MIR_SEALED_SIZE_MAX);
    mir_buf_init(&writing->sealed, store->env, SIZE_MAX / 2);
    mir_random(store->env, writing->database.bytes, sizeof writing->database.bytes);
    mirsal_code rc = check_target(path, err);
    if (rc == MIRSAL_OK) {
        rc = mir_long_out_open(&writing->file, path, err);
    }
    if (rc == MIRSAL_OK) {
        rc = copy_state(writing, snapshot, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_long_out_finish(&writing->file, err);
    }
    *size = rc == MIRSAL_OK ? writing->size : 0;
    mir_long_out_drop(&writing->file);
    mir_stream_fini(&writing->stream);
    mir_buf_fini(&writing->sealed);
    mir_buf_fini(&writing->head);
    mir_secret_free(writing);
    return rc;
}
