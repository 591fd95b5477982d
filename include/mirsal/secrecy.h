/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/secrecy.h - passphrases of a store, and wiping it.
 *
 * Answers are JSON objects; each *out is given (mirsal_text_free). Passphrases are borrowed for the
 * call and not kept. Each change replaces the `keys` file whole: a crash leaves the old one or the
 * new one. WRONG_PASSPHRASE when another process changed the passphrase since the store was opened;
 * WIPED.
 */
#ifndef MIRSAL_SECRECY_H
#define MIRSAL_SECRECY_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Another passphrase for the store: {"changed":true}. A duress passphrase and a limit stay as they
 * are, and so does what opening costs; kdf_ms (0 = 500) is for a store that had no passphrase.
 * USAGE for an empty one, BAD_VALUE for the duress passphrase.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_passphrase_change(mirsal_text *out,
    mirsal_store *store,
    const void *passphrase,
    size_t size,
    uint32_t kdf_ms,
    mirsal_error *err);

/** A second passphrase, that destroys the store and opens a decoy in its place. */
typedef struct mirsal_duress_options {
    uint32_t version;
    const void *passphrase;
    size_t passphrase_size;
    const char *name;  /**< of the decoy's team, at most 120 bytes; NULL: "Notes" */
    const char *label; /**< of the decoy's device, at most 120 bytes; NULL: none */
    int remove; /**< 1: the duress passphrase opens nothing from here on; the rest is unused */
} mirsal_duress_options;
#define MIRSAL_DURESS_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Sets it, in the place of an earlier one: {"duress":true}, or false where it was removed. The
 * `keys` file looks the same with and without. BAD_VALUE for the store's own passphrase; USAGE for
 * a store without a passphrase; TOO_LARGE with err->field.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_passphrase_duress(mirsal_text *out,
    mirsal_store *store,
    const mirsal_duress_options *options,
    mirsal_error *err);

/**
 * After this many wrong tries one after another the store is destroyed; 0: any number, as at first.
 * A try is counted on the disk before the passphrase is looked at. {"limit":N}. OUT_OF_RANGE above
 * 1,000; USAGE for a store without a passphrase.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_passphrase_limit(mirsal_text *out,
    mirsal_store *store,
    uint32_t tries,
    mirsal_error *err);

/**
 * Destroys the store in options->directory: the keys first, then everything else. Needs no
 * passphrase; whoever has the store open gets WIPED from the next transaction. Interrupted, the
 * store cannot be opened (WIPED) and the next call goes on. {"wiped":true}. NO_STORE.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_wipe(mirsal_text *out,
    const mirsal_store_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
