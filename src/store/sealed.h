/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sealed.h - a small file sealed by a passphrase: the store's keys, a team's recovery file.
 *
 * magic 8 ‖ version u8 ‖ kdf u8 (0 none, 1 Argon2id13) ‖ salt 16 ‖ passes u32 ‖ memory KiB u32 ‖
 * box (nonce 24 ‖ sealed), all before the box being its associated data. Without a kdf the key is
 * all zeros: the box then shows damage and keeps nothing secret.
 */
#ifndef MIR_SEALED_H
#define MIR_SEALED_H

#include "buf.h"
#include "password.h"

#define MIR_SEALED_MAGIC_SIZE 8u
#define MIR_SEALED_SIZE_MAX   4096u /* of a file */
#define MIR_SEALED_OVERHEAD   (34u + MIR_BOX_OVERHEAD)

/* A passphrase as a key, with what made it. Holds a secret: keep it in mir_secret_alloc. */
struct mir_sealed_lock {
    uint8_t has_kdf;
    struct mir_kdf kdf;
    struct mir_seal_key key;
};

/* A fresh salt. passphrase of size 0: no kdf. BAD_VALUE for parameters out of range. */
mirsal_code mir_sealed_lock_make(struct mir_sealed_lock *out,
    const mirsal_env *env,
    uint32_t passes,
    uint32_t memory_kib,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Appends MIR_SEALED_OVERHEAD + clear.size bytes; magic is 8 bytes. */
mirsal_code mir_sealed_put(struct mir_buf *out,
    const char *magic,
    const struct mir_sealed_lock *lock,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Replaces the file whole. */
mirsal_code mir_sealed_write(const char *path,
    const mirsal_env *env,
    const char *magic,
    const struct mir_sealed_lock *lock,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;

/* As mir_sealed_read, of all of sealed. */
mirsal_code mir_sealed_open(struct mir_buf *clear,
    struct mir_sealed_lock *lock,
    struct mir_bytes sealed,
    const char *magic,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Appends the clear bytes; fills *lock (may be NULL) with what opened the file. NOT_FOUND, CORRUPT,
 * VERSION, WRONG_PASSPHRASE (also: one given to a file without, and the other way round).
 */
mirsal_code mir_sealed_read(struct mir_buf *clear,
    struct mir_sealed_lock *lock,
    const char *path,
    const char *magic,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
