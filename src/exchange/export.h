/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/export.h - a directory of JSON Lines with its manifest.
 *
 * Lines are sorted by source id, keys stand in schema order, references are source ids: two stores
 * with equal digests that read the same compartments write the same bytes (on the same day, where
 * something may leave until a day). What is withheld (disclose.h) is counted in the manifest. The
 * directory is written aside, under a name beside it, and renamed when it is whole.
 */
#ifndef MIR_EXPORT_H
#define MIR_EXPORT_H

#include "disclose.h"

/* SHA-256, which lies in a folder that exchange does not see. */
struct mir_export_hash {
    void *context;
    void (*begin)(void *context);
    void (*update)(void *context, const void *data, size_t size);
    void (*end)(void *context, uint8_t out[32]);
};

struct mir_export {
    const char *format; /* "jsonl" or NULL; others: BAD_VALUE */
    const char *directory;
    const char *where; /* a condition over `incident`, or NULL: all records of all types */
    const struct mir_disclosure *disclosure; /* NULL: for the team itself, all */
    struct mir_export_hash hash;
    mirsal_hash digest; /* of the store, for the manifest */
    int has_digest;
    const uint8_t *sealed; /* numbers of compartments that this device cannot read, ascending */
    size_t sealed_count;
};

/*
 * Appends the `export` answer. STORE_EXISTS when the directory is there and is not empty; DISK_FULL
 * and IO with the errno in err->detail, and nothing is left behind.
 */
mirsal_code mir_export_run(struct mir_buf *answer,
    struct mir_store *store,
    const struct mir_export *export_,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
