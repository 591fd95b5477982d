/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sealed.c - a small file sealed by a passphrase; see the header.
 */
#include "sealed.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "reader.h"

#include <string.h>

#define SEALED_VERSION 1u
#define HEAD_SIZE      34u
#define PASSES_DEFAULT 3u
#define MEMORY_DEFAULT 65536u
#define NONCE_SIZE     24u
static const char wrong_passphrase[] = "the passphrase does not open this";

mirsal_code mir_sealed_lock_make(struct mir_sealed_lock *out,
    const mirsal_env *env,
    uint32_t passes,
    uint32_t memory_kib,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (passphrase.size == 0) {
        return MIRSAL_OK;
    }
    out->has_kdf = 1;
    out->kdf.passes = passes != 0 ? passes : PASSES_DEFAULT;
    out->kdf.memory_kib = memory_kib != 0 ? memory_kib : MEMORY_DEFAULT;
    mir_random(env, out->kdf.salt, sizeof out->kdf.salt);
    return mir_kdf_derive(&out->key, &out->kdf, passphrase, err);
}

mirsal_code mir_sealed_put(struct mir_buf *out,
    const char *magic,
    const struct mir_sealed_lock *lock,
    struct mir_bytes clear,
    mirsal_error *err)
{
    uint8_t nonce[NONCE_SIZE];
    uint8_t head[HEAD_SIZE];
    size_t begins = out->size;
    struct mir_bytes aad = { head, HEAD_SIZE };
    mir_buf_append(out, magic, MIR_SEALED_MAGIC_SIZE);
    mir_buf_append_u8(out, SEALED_VERSION);
    mir_buf_append_u8(out, lock->has_kdf);
    mir_buf_append(out, lock->kdf.salt, sizeof lock->kdf.salt);
    mir_buf_append_be32(out, lock->kdf.passes);
    mir_buf_append_be32(out, lock->kdf.memory_kib);
    mirsal_code rc = mir_buf_finish(out, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    memcpy(head, out->data + begins, HEAD_SIZE);
    mir_random(out->env, nonce, sizeof nonce);
    mir_box_seal(out, &lock->key, nonce, aad, clear);
    return mir_buf_finish(out, err);
}

mirsal_code mir_sealed_write(const char *path,
    const mirsal_env *env,
    const char *magic,
    const struct mir_sealed_lock *lock,
    struct mir_bytes clear,
    mirsal_error *err)
{
    struct mir_buf file;
    mir_buf_init(&file, env, MIR_SEALED_SIZE_MAX);
    mirsal_code rc = mir_sealed_put(&file, magic, lock, clear, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(path, mir_buf_bytes(&file), err);
    }
    mir_buf_fini(&file);
    return rc;
}

static mirsal_code read_head(struct mir_sealed_lock *out,
    struct mir_reader *reader,
    const char *magic,
    mirsal_error *err)
{
    struct mir_bytes begins = mir_reader_take(reader, MIR_SEALED_MAGIC_SIZE);
    uint8_t version = mir_reader_u8(reader);
    out->has_kdf = mir_reader_u8(reader);
    mir_reader_copy(reader, out->kdf.salt, sizeof out->kdf.salt);
    out->kdf.passes = mir_reader_be32(reader);
    out->kdf.memory_kib = mir_reader_be32(reader);
    if (!mir_reader_ok(reader) || memcmp(begins.data, magic, MIR_SEALED_MAGIC_SIZE) != 0) {
        return mir_fail(err, MIRSAL_CORRUPT, "not a file of this kind");
    }
    if (version != SEALED_VERSION) {
        return mir_fail(err, MIRSAL_VERSION, "a sealed file of another version");
    }
    if (out->has_kdf > 1 || mir_reader_left(reader) < MIR_BOX_OVERHEAD) {
        return mir_fail(err, MIRSAL_CORRUPT, "the sealed file is damaged");
    }
    return MIRSAL_OK;
}

static mirsal_code open_box(struct mir_buf *clear,
    struct mir_sealed_lock *lock,
    struct mir_reader *reader,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    if (lock->has_kdf != (passphrase.size > 0)) {
        return mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
    }
    mirsal_code rc = MIRSAL_OK;
    if (lock->has_kdf) {
        rc = mir_kdf_derive(&lock->key, &lock->kdf, passphrase, err);
        if (rc == MIRSAL_BAD_VALUE) {
            return mir_fail(err, MIRSAL_CORRUPT, "the sealed file is damaged");
        }
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_bytes aad = { reader->data, HEAD_SIZE };
    struct mir_bytes box = mir_reader_take(reader, mir_reader_left(reader));
    rc = mir_box_open(clear, &lock->key, aad, box, err);
    if (rc == MIRSAL_NOT_AUTHENTIC && lock->has_kdf) {
        return mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
    }
    if (rc == MIRSAL_NOT_AUTHENTIC) {
        return mir_fail(err, MIRSAL_CORRUPT, "the sealed file is damaged");
    }
    return rc;
}

mirsal_code mir_sealed_open(struct mir_buf *clear,
    struct mir_sealed_lock *lock,
    struct mir_bytes sealed,
    const char *magic,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_reader reader;
    struct mir_sealed_lock used;
    memset(&used, 0, sizeof used);
    mir_reader_init(&reader, sealed.data, sealed.size);
    mirsal_code rc = read_head(&used, &reader, magic, err);
    if (rc == MIRSAL_OK) {
        rc = open_box(clear, &used, &reader, passphrase, err);
    }
    if (rc == MIRSAL_OK && lock != NULL) {
        *lock = used;
    }
    mir_wipe(&used, sizeof used);
    return rc;
}

mirsal_code mir_sealed_read(struct mir_buf *clear,
    struct mir_sealed_lock *lock,
    const char *path,
    const char *magic,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_buf file;
    mir_buf_init(&file, clear->env, MIR_SEALED_SIZE_MAX);
    mirsal_code rc = mir_file_read(&file, path, MIR_SEALED_SIZE_MAX, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_open(clear, lock, mir_buf_bytes(&file), magic, passphrase, err);
    } else if (rc == MIRSAL_TOO_LARGE) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "not a file of this kind");
    }
    mir_buf_fini(&file);
    return rc;
}
