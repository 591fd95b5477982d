/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlein.h - a bundle, or one part of it, taken into a store; protocol/bundle.md 3.
 */
#ifndef MIR_BUNDLEIN_H
#define MIR_BUNDLEIN_H

#include "accept.h"
#include "store.h"

struct mir_bundle_source {
    const char *path;
    struct mir_bytes passphrase; /* size 0: none */
    /* Other than 0: stop, CANCELLED. May be NULL. */
    int (*progress)(void *context, uint64_t done, uint64_t all);
    void *progress_context;
};

struct mir_bundle_taken {
    uint8_t bundle[16];
    int has_head; /* 0: cut before anything of it was whole */
    uint32_t part;
    mirsal_hash device; /* who made it, by its own word */
    uint64_t time_ms;
    uint64_t changesets; /* that were not held */
    uint64_t duplicates;
    uint64_t left_out; /* that this device may not hold */
    uint64_t words;    /* of relays, taken */
    uint64_t bytes;    /* of the file */
    int resumed;       /* it went on where an earlier run had stopped */
    int cut;
    struct mir_accept_counts counts;
    uint32_t wrote; /* control changesets that this obliged the device to write */
};

/*
 * What came whole is stored in transactions of bounded size; a run that ends early is gone on with
 * by the next one on the same file. Codes of mir_bundle_file_open; NOT_AUTHENTIC also where the
 * file was changed further on: what stood before that place is stored, and *out tells of it
 * whatever is returned. Outside of transactions.
 */
mirsal_code mir_bundle_take(struct mir_bundle_taken *out,
    struct mir_store *store,
    const struct mir_bundle_source *source,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
