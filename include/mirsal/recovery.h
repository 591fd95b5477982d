/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/recovery.h - the team's root key: proven, rebuilt, and what it alone may say.
 *
 * Whoever holds the recovery file with its passphrase, or as many shares as are needed, can act as
 * root. Root's key is never kept in a store.
 */
#ifndef MIRSAL_RECOVERY_H
#define MIRSAL_RECOVERY_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where root's key is opened from: one recovery file, or shares. Pointers are borrowed. */
typedef struct mirsal_root_source {
    uint32_t version;
    const char *const *paths; /**< one recovery file, or files that hold shares */
    size_t path_count;
    const char *text;       /**< shares as typed, or NULL */
    const void *passphrase; /**< of the recovery file */
    size_t passphrase_size;
} mirsal_root_source;
#define MIRSAL_ROOT_SOURCE_INIT                                                                    \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Proves that root's key opens. With a store (may be NULL) also that it is the root of its team,
 * and notes there that a person did so now. Without one env is used (NULL: the system's).
 * NOT_AUTHENTIC says what is wrong; WRONG_PASSPHRASE; USAGE with err->field "recovery_passphrase"
 * where a recovery file needs one; NOT_FOUND. *out is given: {"team_id" (its beginning alone, from
 * shares without a store),"kind":"file|shares","threshold","shares","given","of_store",
 * "drilled_at"|null}.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_team_drill(mirsal_text *out,
    mirsal_store *store,
    const mirsal_root_source *source,
    const mirsal_env *env,
    mirsal_error *err);

/** What mirsal_recover does with root's key. Pointers are borrowed. */
typedef struct mirsal_recover_options {
    uint32_t version;
    const char *recovery_path; /**< root is written there anew, as by mirsal_team_create; or NULL */
    const void *recovery_passphrase;
    size_t recovery_passphrase_size;
    uint32_t threshold; /**< with shares: how many of them are needed, 2 or more */
    uint32_t shares;    /**< 0: a file sealed by the passphrase; else PATH.1 to PATH.shares */
    int admin;          /**< this store's device becomes an admin */
    const char *person; /**< whose device it is, or NULL */
    uint32_t kdf_ms;    /**< of the new file; 0 = 500 */
} mirsal_recover_options;
#define MIRSAL_RECOVER_OPTIONS_INIT                                                                \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Root's key is written anew, says that this device is an admin, or both. The store is needed
 * alone: LOCKED. As mirsal_team_drill; STORE_EXISTS for a file that is there. Earlier recovery
 * files and shares go on opening the same key. *out is given:
 * {"team_id","recovery"|null,"threshold","shares","files":[…],"role","drilled":false}.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_recover(mirsal_text *out,
    mirsal_store *store,
    const mirsal_root_source *source,
    const mirsal_recover_options *options,
    mirsal_error *err);

/**
 * Gives a device a role: "observer", "monitor", "coordinator" or "admin". To and from admin root's
 * word is needed (source; else NULL). person may be NULL. BAD_VALUE, NOT_FOUND, NOT_ALLOWED, and as
 * mirsal_team_drill.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_role(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const char *role,
    const char *person,
    const mirsal_root_source *source,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
