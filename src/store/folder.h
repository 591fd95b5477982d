/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/folder.h - what lies in a store's folder, by name, and how it is removed or wiped.
 */
#ifndef MIR_FOLDER_H
#define MIR_FOLDER_H

#include <mirsal/types.h>

#define MIR_NAME_KEYS     "keys"
#define MIR_NAME_DATABASE "store.db"
#define MIR_NAME_LOCK     "lock"
#define MIR_NAME_MEDIA    "media"
#define MIR_NAME_INSTALL  "install"  /* install.h */
#define MIR_NAME_SNAPSHOT "snapshot" /* while a backup is restored */

/* All but `keys` that a store or an interrupted making of one may have left; ends with NULL. */
extern const char *const mir_folder_names[];

/*
 * Removes all that a store keeps but `keys` and `lock`. Database files by the VFS that is named
 * (NULL: the system's), others by the system. What is not there is removed already.
 */
mirsal_code mir_folder_clear(const char *directory, const char *vfs, mirsal_error *err)
    MIRSAL_MUST_USE;

/*
 * Destroys the keys first, in place; then removes everything of the store's, the `keys` file
 * last, and the folder where nothing else is in it. Needs no passphrase and waits for nobody:
 * whoever has the store open is told by mir_store_begin. After an interruption the store is
 * WIPED, and the next call goes on. state: where the store's nonce lies (install.h), or NULL.
 * *keys_ms (may be NULL): what destroying the keys took. NO_STORE.
 */
mirsal_code mir_folder_wipe(uint64_t *keys_ms,
    const mirsal_env *env,
    const char *directory,
    const char *vfs,
    const char *state,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
