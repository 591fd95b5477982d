/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/backup.h - a store in one sealed file, and back.
 *
 * A backup holds what the store can read and nothing that signs. A restored store reads at once; it
 * is a new device, and signs after an invite.
 */
#ifndef MIRSAL_BACKUP_H
#define MIRSAL_BACKUP_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes a backup of the store as it stands to path, 0600, sealed by the store's passphrase; others
 * may write meanwhile. A backup that is there is replaced once the new one is whole; STORE_EXISTS
 * for any other file. *out is given: {"backup","size"}. DISK_FULL, IO; MISUSE within a transaction.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_backup(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    mirsal_error *err);

/** What becomes of a backup. Pointers are borrowed. */
typedef struct mirsal_restore_options {
    uint32_t version;
    const char *path;
    const char *invite; /**< enrols the store at once; NULL: later, by mirsal_join on it */
    const char *label;  /**< with invite; NULL: the invite's, or the one that the device had */
} mirsal_restore_options;
#define MIRSAL_RESTORE_OPTIONS_INIT                                                                \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Makes a store of a backup, in a folder that is missing or empty; the passphrase is the backup's.
 * The whole file is verified before the store exists: after a failure nothing is left. *out is
 * open; *answer is given: the keys of mirsal_join's, its state "waiting" and its reason "restored"
 * without an invite. NOT_AUTHENTIC (damaged, cut, no backup), WRONG_PASSPHRASE, STORE_EXISTS,
 * NOT_FOUND; NOT_ALLOWED: the invite is another team's.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_restore(mirsal_store **out,
    mirsal_text *answer,
    const mirsal_store_options *store,
    const mirsal_restore_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
