/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/bundle.h - what a sync would carry, in files: by stick, card or mail, both ways.
 *
 * A bundle is sealed to devices of the team, or by a passphrase. Nothing in it is trusted but what
 * its authors signed: it may come late, twice, cut, in parts and in any order.
 */
#ifndef MIRSAL_BUNDLE_H
#define MIRSAL_BUNDLE_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes done, and all as far as known. Other than 0 ends the call: CANCELLED. */
typedef int (*mirsal_bundle_progress)(void *context, uint64_t done, uint64_t all);

/** What to write. Pointers are borrowed. */
typedef struct mirsal_bundle_export_options {
    uint32_t version;
    const char *path;       /**< with split: of parts path.001, path.002, … */
    const char *to;         /**< one device, as in device list */
    const void *passphrase; /**< whoever has it; NULL and no device: all devices that may read */
    size_t passphrase_size;
    uint32_t kdf_ms;   /**< work per passphrase; 0 = 500 */
    const char *since; /**< a bundle of the other side: what its device holds is left out */
    uint64_t split;    /**< bytes of a part at most; 0: one file */
    mirsal_bundle_progress progress; /**< or NULL */
    void *progress_context;
} mirsal_bundle_export_options;
#define MIRSAL_BUNDLE_EXPORT_OPTIONS_INIT                                                          \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Writes a bundle: each file has its name once it is whole and synced. With split, a call that was
 * interrupted is gone on with by the same call. *out is given:
 * {"changesets","media","bytes","bundle","parts","resumed"}. The passphrase opens the file of since
 * too. A bundle of that name is replaced, by parts also all parts of it; STORE_EXISTS: the file is
 * something else. NOT_ALLOWED, NOT_AUTHENTIC, BAD_VALUE, TOO_LARGE, NO_ACCESS, DISK_FULL, IO;
 * MISUSE within a transaction.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_bundle_export(mirsal_text *out,
    mirsal_store *store,
    const mirsal_bundle_export_options *options,
    mirsal_error *err);

/** What to read. Pointers are borrowed. */
typedef struct mirsal_bundle_import_options {
    uint32_t version;
    const char *path;       /**< a bundle, a part of one, or the path that split was given */
    const void *passphrase; /**< or NULL */
    size_t passphrase_size;
    const char *frontier; /**< or where to write, for its maker, what is held now: its next since */
    mirsal_bundle_progress progress; /**< or NULL */
    void *progress_context;
} mirsal_bundle_import_options;
#define MIRSAL_BUNDLE_IMPORT_OPTIONS_INIT                                                          \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/** What an import met that a person has to look at; the answer names it. */
typedef struct mirsal_bundle_result {
    int incomplete; /**< something was cut off, or parts are missing */
    uint64_t conflicts_opened, quarantined;
    uint64_t evidence; /**< found by it against relays */
} mirsal_bundle_result;

/**
 * Takes a bundle in. What came whole is stored whatever follows; an interrupted call is gone on
 * with by the next one. *result is given, unless NULL, and *out:
 * {"changesets","media","bytes","duplicates","left_out","cut","missing","bundle","device","words",
 * "projected","conflicts_opened","quarantined","resumed","evidence"}, with "cut_parts" and, where
 * files are parts of other bundles, "others":[{"bundle","missing"}].
 * NOT_AUTHENTIC: sealed to others, another team's, or changed: what stood before the change is
 * stored. WRONG_PASSPHRASE; USAGE with field "passphrase" where one is wanted; NOT_FOUND. Of parts
 * the message names those that failed: the others are stored.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_bundle_import(mirsal_text *out,
    mirsal_bundle_result *result,
    mirsal_store *store,
    const mirsal_bundle_import_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
