/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/recovery.h - root's signing key, from and into a recovery file or shares; shares.md.
 *
 * A recovery file is sealed.h with magic mirsalr1 over root's signing seed 32 ‖ team 32. What is
 * opened here is right in itself; whether it is a store's root is rootword.h's.
 */
#ifndef MIR_RECOVERY_H
#define MIR_RECOVERY_H

#include "buf.h"
#include "keys.h"

/* From where: one recovery file, or shares in files and typed. Borrowed for the call. */
struct mir_root_source {
    const char *const *paths;
    size_t path_count;
    struct mir_bytes text;       /* shares as typed, may be empty */
    struct mir_bytes passphrase; /* of a recovery file */
};

/* In mir_secret_alloc memory. */
struct mir_root {
    struct mir_sign_secret sign;
    struct mir_sign_public public_key;
    mirsal_hash team;
    uint32_t team_size; /* how many bytes of team are known: 32, or 5 from shares */
    uint32_t threshold; /* 1 and 1 of a recovery file */
    uint32_t count;
    uint32_t given; /* how many shares rebuilt it; 1 of a recovery file */
};

/*
 * *out is given. NOT_AUTHENTIC says what is wrong with file or shares; WRONG_PASSPHRASE; USAGE
 * with field "recovery_passphrase" where a file needs one and there is none; USAGE for a recovery
 * file beside other files; NOT_FOUND.
 */
mirsal_code mir_root_open(struct mir_root **out,
    const mirsal_env *env,
    const struct mir_root_source *source,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_root_close(struct mir_root *root); /* accepts NULL */

/* Where to. shares 0: one file, sealed by the passphrase; else PATH.1 to PATH.shares. */
struct mir_root_target {
    const char *path;
    struct mir_bytes passphrase;
    uint32_t kdf_passes; /* 0: 3 passes, 64 MiB */
    uint32_t kdf_memory_kib;
    uint32_t threshold;
    uint32_t shares;
};
/*
 * Whole or not at all; what was written is read back, and of shares each opens with its
 * neighbours. root->team is known whole. STORE_EXISTS for a file that is there; BAD_VALUE.
 */
mirsal_code mir_root_write(const struct mir_root *root,
    const mirsal_env *env,
    const struct mir_root_target *target,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Removes what mir_root_write wrote. */
void mir_root_unwrite(const mirsal_env *env, const struct mir_root_target *target);

#endif
