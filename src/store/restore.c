/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/restore.c - a backup becomes a store; see backup.h.
 *
 * What the stream gives out is written to the claimed folder as it comes, the database still sealed
 * under the backup's own key. Only after the stream's end was verified is it copied into the
 * store's database; the `keys` file comes last, and without it the folder is no store.
 */
#include "backup.h"

#include "epochkeys.h"
#include "fail.h"
#include "folder.h"
#include "identity.h"
#include "layout.h"
#include "longfile.h"
#include "reader.h"
#include "sealed.h"
#include "snapshot.h"
#include "sql.h"
#include "stream.h"

#include <string.h>

#define EPOCHS_SIZE_MAX ((size_t)16 << 20)
#define PIECE_SIZE      65536u
#define HEAD_SIZE       (MIR_SEALED_OVERHEAD + 32u)

enum step { STEP_DESCRIPTION, STEP_ENTRY, STEP_BYTES, STEP_DONE };

struct unpacking {
    struct mir_store *store;
    struct mir_long_in in;
    struct mir_stream stream;
    uint8_t head[HEAD_SIZE];
    struct mir_buf clear; /* given out, not yet used */
    enum step step;
    struct mir_long_out file; /* of the entry at hand */
    uint64_t left;            /* bytes of it to come */
    int has_database;
    int in_memory;         /* the entry at hand is gathered in epochs */
    struct mir_buf epochs; /* of MIR_BACKUP_EPOCHS */
    mirsal_hash team;
    mirsal_hash device;
    struct mir_seal_key database;
    uint8_t piece[PIECE_SIZE];
};

static mirsal_code refuse(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the backup is damaged");
}

/* Whether size bytes are there. */
static int has(const struct unpacking *unpacking, size_t size)
{
    return unpacking->clear.size >= size;
}

static mirsal_code take_description(int *more, struct unpacking *unpacking, mirsal_error *err)
{
    struct mir_reader reader;
    *more = has(unpacking, MIR_BACKUP_DESCRIPTION);
    if (!*more) {
        return MIRSAL_OK;
    }
    mir_reader_init(&reader, unpacking->clear.data, MIR_BACKUP_DESCRIPTION);
    mir_reader_copy(&reader, unpacking->team.bytes, sizeof unpacking->team.bytes);
    mir_reader_copy(&reader, unpacking->device.bytes, sizeof unpacking->device.bytes);
    (void)mir_reader_be64(&reader);
    mir_reader_copy(&reader, unpacking->database.bytes, sizeof unpacking->database.bytes);
    mir_buf_consume(&unpacking->clear, MIR_BACKUP_DESCRIPTION);
    unpacking->step = STEP_ENTRY;
    return mir_reader_finish(&reader, "backup", err);
}

/* A plain name: no folder, no hidden file, nothing that is not whole. */
static int is_plain(struct mir_bytes name)
{
    return name.size > 0 && memchr(name.data, '/', name.size) == NULL &&
           memchr(name.data, '.', name.size) == NULL && memchr(name.data, 0, name.size) == NULL;
}

static mirsal_code begin_entry(struct unpacking *unpacking,
    uint8_t kind,
    struct mir_bytes name,
    mirsal_error *err)
{
    char folder[MIR_PATH_MAX];
    char path[MIR_PATH_MAX];
    char text[MIR_BACKUP_NAME_MAX + 1u] = MIR_NAME_SNAPSHOT;
    const char *directory = unpacking->store->directory;
    mirsal_code rc = MIRSAL_OK;
    unpacking->in_memory = kind == MIR_BACKUP_EPOCHS;
    unpacking->step = STEP_BYTES;
    if (unpacking->in_memory) {
        return MIRSAL_OK;
    }
    if (kind == MIR_BACKUP_DATABASE && name.size == 0 && !unpacking->has_database) {
        unpacking->has_database = 1;
        rc = mir_path_join(path, directory, text, err);
    } else if (kind == MIR_BACKUP_MEDIA && is_plain(name)) {
        memcpy(text, name.data, name.size);
        text[name.size] = '\0';
        rc = mir_path_join(folder, directory, "media", err);
        rc = rc == MIRSAL_OK ? mir_path_join(path, folder, text, err) : rc;
    } else {
        return refuse(err);
    }
    return rc == MIRSAL_OK ? mir_long_out_open(&unpacking->file, path, err) : rc;
}

static mirsal_code take_entry(int *more, struct unpacking *unpacking, mirsal_error *err)
{
    const uint8_t *bytes = unpacking->clear.data;
    size_t name_size = 0;
    *more = has(unpacking, 1);
    if (*more && bytes[0] == MIR_BACKUP_END) {
        mir_buf_consume(&unpacking->clear, 1);
        unpacking->step = STEP_DONE;
        return MIRSAL_OK;
    }
    *more = has(unpacking, 2);
    if (*more) {
        name_size = bytes[1];
        *more = has(unpacking, 2 + name_size + 8);
    }
    if (!*more) {
        return MIRSAL_OK;
    }
    struct mir_reader reader;
    mir_reader_init(&reader, bytes + 2 + name_size, 8);
    unpacking->left = mir_reader_be64(&reader);
    struct mir_bytes name = { bytes + 2, name_size };
    mirsal_code rc = begin_entry(unpacking, bytes[0], name, err);
    mir_buf_consume(&unpacking->clear, 2 + name_size + 8);
    return rc;
}

static mirsal_code take_bytes(int *more, struct unpacking *unpacking, mirsal_error *err)
{
    struct mir_bytes bytes = mir_buf_bytes(&unpacking->clear);
    bytes.size = bytes.size < unpacking->left ? bytes.size : (size_t)unpacking->left;
    mirsal_code rc = MIRSAL_OK;
    if (unpacking->in_memory) {
        mir_buf_append(&unpacking->epochs, bytes.data, bytes.size);
        rc = mir_buf_finish(&unpacking->epochs, err);
    } else {
        rc = mir_long_out_write(&unpacking->file, bytes, err);
    }
    unpacking->left -= bytes.size;
    mir_buf_consume(&unpacking->clear, bytes.size);
    *more = unpacking->left == 0;
    if (rc == MIRSAL_OK && *more) {
        unpacking->step = STEP_ENTRY;
        rc = unpacking->in_memory ? MIRSAL_OK : mir_long_out_finish(&unpacking->file, err);
    }
    return rc;
}

/* Uses all of the clear bytes that can be used. */
static mirsal_code take(struct unpacking *unpacking, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    int more = 1;
    while (rc == MIRSAL_OK && more) {
        switch (unpacking->step) {
        case STEP_DESCRIPTION:
            rc = take_description(&more, unpacking, err);
            break;
        case STEP_ENTRY:
            rc = take_entry(&more, unpacking, err);
            break;
        case STEP_BYTES:
            rc = take_bytes(&more, unpacking, err);
            break;
        case STEP_DONE:
            rc = unpacking->clear.size > 0 ? refuse(err) : MIRSAL_OK;
            more = 0;
            break;
        }
    }
    return rc;
}

/* Damage of whatever kind has one name; what the disk or the passphrase says keeps its own. */
static mirsal_code as_damage(mirsal_code rc, mirsal_error *err)
{
    int is_damage = rc == MIRSAL_CORRUPT || rc == MIRSAL_VERSION || rc == MIRSAL_MALFORMED ||
                    rc == MIRSAL_NOT_AUTHENTIC || rc == MIRSAL_LIMIT;
    return is_damage ? refuse(err) : rc;
}

static mirsal_code open_head(struct unpacking *unpacking,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    const mirsal_env *env = unpacking->store->env;
    MIR_WIPED_SEAL struct mir_seal_key key;
    struct mir_buf clear;
    size_t size = 0;
    size_t got = 1;
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(&clear, env, sizeof key.bytes);
    while (rc == MIRSAL_OK && size < HEAD_SIZE && got > 0) {
        rc = mir_long_in_read(&got, &unpacking->in, unpacking->head + size, HEAD_SIZE - size, err);
        size += got;
    }
    if (rc == MIRSAL_OK) {
        struct mir_bytes head = { unpacking->head, size };
        rc = mir_sealed_open(&clear, NULL, head, MIR_BACKUP_MAGIC, passphrase, err);
    }
    if (rc == MIRSAL_OK && clear.size != sizeof key.bytes) {
        rc = refuse(err);
    }
    if (rc == MIRSAL_OK) {
        memcpy(key.bytes, clear.data, sizeof key.bytes);
        mir_stream_reader_init(
            &unpacking->stream, env, &key, (struct mir_bytes){ unpacking->head, HEAD_SIZE });
    }
    mir_buf_fini(&clear);
    return as_damage(rc, err);
}

static mirsal_code unpack(struct unpacking *unpacking, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    size_t got = 1;
    while (rc == MIRSAL_OK && got > 0) {
        rc = mir_long_in_read(&got, &unpacking->in, unpacking->piece, PIECE_SIZE, err);
        if (rc == MIRSAL_OK && got > 0) {
            struct mir_bytes sealed = { unpacking->piece, got };
            rc = mir_stream_read(&unpacking->clear, &unpacking->stream, sealed, err);
        }
        if (rc == MIRSAL_OK && got > 0) {
            rc = take(unpacking, err);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_stream_read_end(&unpacking->clear, &unpacking->stream, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take(unpacking, err);
    }
    if (rc == MIRSAL_OK && (unpacking->step != STEP_DONE || !unpacking->has_database)) {
        rc = refuse(err);
    }
    return as_damage(rc, err);
}

/* The private halves, under this store's key: the rows that came are under another's. */
static mirsal_code keep_epochs(struct unpacking *unpacking, mirsal_error *err)
{
    struct mir_store *store = unpacking->store;
    struct mir_reader reader;
    mir_reader_init(&reader, unpacking->epochs.data, unpacking->epochs.size);
    mirsal_code rc = mir_sql_run(store->sql, "BEGIN IMMEDIATE; DELETE FROM epoch_secret", err);
    while (rc == MIRSAL_OK && mir_reader_left(&reader) > 0) {
        MIR_WIPED_AGREE struct mir_agree_secret secret;
        struct mir_agree_public fits;
        mirsal_hash public_key;
        uint32_t compartment = mir_reader_be32(&reader);
        uint32_t number = mir_reader_be32(&reader);
        mir_reader_copy(&reader, secret.bytes, sizeof secret.bytes);
        if (!mir_reader_ok(&reader)) {
            return refuse(err);
        }
        mir_agree_public_of(&fits, &secret);
        memcpy(public_key.bytes, fits.bytes, sizeof public_key.bytes);
        rc = mir_epoch_keep(store, compartment, number, &secret, &public_key, err);
    }
    return rc == MIRSAL_OK ? mir_sql_run(store->sql, "COMMIT", err) : rc;
}

/* The verified database becomes the store's, and the store is that device's without its keys. */
static mirsal_code fill(struct unpacking *unpacking, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_store *store = unpacking->store;
    mirsal_code rc = mir_path_join(path, store->directory, MIR_NAME_SNAPSHOT, err);
    if (rc == MIRSAL_OK) {
        rc = mir_snapshot_read(store, path, &unpacking->database, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_remove(path, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_layout_check(store->sql, MIR_LAYOUT_REPLICA, err);
    }
    if (rc == MIRSAL_OK) {
        rc = keep_epochs(unpacking, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_identity_set(store, &unpacking->device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_start(store, err);
    }
    if (rc == MIRSAL_OK && !mir_hash_equal(&store->team, &unpacking->team)) {
        rc = refuse(err);
    }
    return rc;
}

mirsal_code mir_backup_restore(struct mir_store **out,
    const struct mir_store_options *options,
    const char *path,
    mirsal_error *err)
{
    *out = NULL;
    struct unpacking *unpacking = mir_secret_alloc(sizeof *unpacking);
    if (unpacking == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_buf_init(&unpacking->clear, options->env, SIZE_MAX / 2);
    mir_buf_init(&unpacking->epochs, options->env, EPOCHS_SIZE_MAX);
    mirsal_code rc = mir_long_in_open(&unpacking->in, path, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_claim(&unpacking->store, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = open_head(unpacking, options->passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        rc = unpack(unpacking, err);
    }
    if (rc == MIRSAL_OK) {
        rc = fill(unpacking, err);
    }
    mir_long_out_drop(&unpacking->file);
    mir_long_in_close(&unpacking->in);
    if (rc == MIRSAL_OK) {
        *out = unpacking->store;
    } else {
        mir_store_close(unpacking->store);
    }
    mir_stream_fini(&unpacking->stream);
    mir_buf_fini(&unpacking->epochs);
    mir_buf_fini(&unpacking->clear);
    mir_secret_free(unpacking);
    return rc;
}
