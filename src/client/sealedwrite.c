/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/sealedwrite.c - see the header.
 */
#include "sealedwrite.h"

#include "fail.h"

#include <string.h>

#define PIECE       (4u * MIR_STREAM_CHUNK_SIZE)
#define PENDING_MAX ((size_t)64 << 20)

/* What is pending goes to the disk. */
static mirsal_code flush(struct mir_sealed_out *file, mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(&file->pending, err);
    if (rc == MIRSAL_OK && file->pending.size > 0) {
        mir_sha256_update(&file->sha, file->pending.data, file->pending.size);
        rc = mir_long_out_write(&file->out, mir_buf_bytes(&file->pending), err);
    }
    mir_buf_reset(&file->pending);
    return rc;
}

mirsal_code mir_sealed_out_begin(struct mir_sealed_out *file,
    const mirsal_env *env,
    const char *path,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_readers *readers,
    mirsal_error *err)
{
    memset(file, 0, sizeof *file);
    mir_buf_init(&file->pending, env, PENDING_MAX);
    mir_sha256_init(&file->sha);
    mirsal_code rc = mir_sealedfile_begin(&file->pending, &file->file, env, kind, readers, err);
    if (rc == MIRSAL_OK) {
        rc = mir_long_out_open(&file->out, path, err);
    }
    return rc == MIRSAL_OK ? flush(file, err) : rc;
}

mirsal_code mir_sealed_out_write(struct mir_sealed_out *file,
    struct mir_bytes clear,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    while (clear.size > 0 && rc == MIRSAL_OK) {
        size_t size = clear.size < PIECE ? clear.size : PIECE;
        rc = mir_sealedfile_write(
            &file->pending, &file->file, (struct mir_bytes){ clear.data, size }, err);
        clear.data += size;
        clear.size -= size;
        rc = rc == MIRSAL_OK ? flush(file, err) : rc;
    }
    return rc;
}

mirsal_code mir_sealed_out_seal(struct mir_sealed_out *file, mirsal_error *err)
{
    mirsal_code rc = mir_sealedfile_write_end(&file->pending, &file->file, err);
    rc = rc == MIRSAL_OK ? flush(file, err) : rc;
    if (rc == MIRSAL_OK) {
        mir_sha256_final(&file->sha, &file->sha256);
    }
    return rc;
}

mirsal_code mir_sealed_out_finish(struct mir_sealed_out *file, mirsal_error *err)
{
    return mir_long_out_finish(&file->out, err);
}

void mir_sealed_out_end(struct mir_sealed_out *file)
{
    mir_long_out_drop(&file->out);
    mir_buf_fini(&file->pending);
    mir_sealedfile_fini(&file->file);
}

/* What reading a sealed file needs. */
struct reading {
    struct mir_long_in in;
    struct mir_sealedfile file;
    struct mir_buf clear;
    struct mir_sha256 sha;
    uint8_t piece[16384];
    mir_sealed_take take;
    void *context;
};

static mirsal_code give(struct reading *reading, mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(&reading->clear, err);
    if (rc == MIRSAL_OK && reading->clear.size > 0) {
        rc = reading->take(reading->context, mir_buf_bytes(&reading->clear), &reading->file, err);
    }
    mir_buf_reset(&reading->clear);
    return rc;
}

static mirsal_code read_all(struct reading *reading, int *at_end, mirsal_error *err)
{
    size_t size = 1;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && size > 0) {
        rc = mir_long_in_read(&size, &reading->in, reading->piece, sizeof reading->piece, err);
        if (rc == MIRSAL_OK && size > 0) {
            mir_sha256_update(&reading->sha, reading->piece, size);
            rc = mir_sealedfile_read(
                &reading->clear, &reading->file, (struct mir_bytes){ reading->piece, size }, err);
            rc = rc == MIRSAL_OK ? give(reading, err) : rc;
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_read_end(&reading->clear, &reading->file, err);
        *at_end = rc != MIRSAL_OK;
        rc = rc == MIRSAL_OK ? give(reading, err) : rc;
    }
    return rc;
}

mirsal_code mir_sealed_in(const char *path,
    const mirsal_env *env,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_keys *keys,
    mir_sealed_take take,
    void *context,
    mirsal_hash *sha256,
    int *at_end,
    mirsal_error *err)
{
    struct reading *reading = mir_secret_alloc(sizeof *reading);
    *at_end = 0;
    if (reading == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    reading->take = take;
    reading->context = context;
    mir_buf_init(&reading->clear, env, PENDING_MAX);
    mir_sha256_init(&reading->sha);
    mirsal_code rc = mir_long_in_open(&reading->in, path, err);
    if (rc == MIRSAL_OK) {
        mir_sealedfile_reader_init(&reading->file, env, kind, keys);
        rc = read_all(reading, at_end, err);
    }
    if (rc == MIRSAL_OK && sha256 != NULL) {
        mir_sha256_final(&reading->sha, sha256);
    }
    mir_long_in_close(&reading->in);
    mir_buf_fini(&reading->clear);
    mir_sealedfile_fini(&reading->file);
    mir_secret_free(reading);
    return rc;
}
