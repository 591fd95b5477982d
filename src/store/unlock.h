/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/unlock.h - a store's database for a program that reads it without the store's own code.
 */
#ifndef MIR_UNLOCK_H
#define MIR_UNLOCK_H

#include "files.h"
#include "store.h"

/* A database that may be read. In mir_secret_alloc memory. */
struct mir_unlocked {
    struct mir_seal_key key;
    char path[MIR_PATH_MAX];
    int lock; /* the store's, shared; mir_file_unlock after the last read */
};

/*
 * What mir_store_open does with the passphrase, with all that follows from a wrong one, from one
 * too many, or from a decoy's; a store that stays is not written to. On failure nothing is held.
 * Codes of mir_store_open.
 */
mirsal_code mir_store_unlock(struct mir_unlocked *out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
