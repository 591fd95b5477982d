/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/import.h - JSON Lines in: one record a line, with its children, all or nothing.
 *
 * Read as a stream: memory holds one line, one batch's parsed lines, and the source ids seen. Each
 * batch is a transaction of its own, durable before the next begins; what fails ends the import
 * with the batches before it kept, and the same file again goes on where it stopped.
 */
#ifndef MIR_IMPORT_H
#define MIR_IMPORT_H

#include "store.h"

#define MIR_IMPORT_LINE_MAX     ((size_t)16 << 20)
#define MIR_IMPORT_REJECTED_MAX 1000u /* listed; all are counted */

/* Gives the next bytes of the input: *size 0 at the end. Returns 0, or an errno value. */
typedef int (*mir_import_read)(void *context, void *buffer, size_t capacity, size_t *size);

struct mir_import {
    const char *type;      /* of lines without "type", or NULL */
    const char *source_id; /* name of the JSON key that holds the source id, or NULL */
    int dry_run;           /* judges and counts, writes nothing */
    int foreign;           /* of foreign.h: of another team, and may change what came from there */
    mir_import_read read;
    void *read_context;
    void (*progress)(void *context, uint64_t lines); /* or NULL */
    void *progress_context;
};

struct mir_import_counts {
    uint64_t rows; /* lines that are not blank */
    uint64_t added, updated, unchanged;
    uint64_t left_sealed; /* corrected records of which this device may not have read all */
    uint64_t rejected;
    uint64_t changesets;
    uint64_t conflicts_opened;
};

/*
 * Appends the `import` answer, which holds the first rejected lines. IO: the input could not be
 * read (err->detail); any code of mir_txn_commit.
 */
mirsal_code mir_import_run(struct mir_buf *answer,
    struct mir_import_counts *counts,
    struct mir_store *store,
    const struct mir_import *import,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
