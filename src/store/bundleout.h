/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundleout.h - a bundle written to a file or to parts of one; protocol/bundle.md 2.
 *
 * A part has its name once it is whole and synced. Of a bundle in parts the whole ones are
 * remembered, so that a later run of the same order goes on after them; what was not whole is
 * written again, under another key.
 */
#ifndef MIR_BUNDLEOUT_H
#define MIR_BUNDLEOUT_H

#include "store.h"

#define MIR_BUNDLE_PART_MIN 131072u

struct mir_bundle_order_out {
    const char *path;
    const mirsal_hash *to;       /* one device; NULL: see passphrase */
    struct mir_bytes passphrase; /* size 0 and no device: all devices that may read */
    uint32_t kdf_passes;
    uint32_t kdf_memory_kib;
    const char *since;                 /* a part 1 that another device wrote; NULL: all */
    struct mir_bytes since_passphrase; /* of that file, where it has one */
    uint64_t part_size;                /* 0: one file */
    int frontier_only; /* no changesets: what this device holds, for the next delta */
    /* Other than 0: stop, CANCELLED. May be NULL. */
    int (*progress)(void *context, uint64_t done, uint64_t all);
    void *progress_context;
};

struct mir_bundle_written {
    uint8_t bundle[16];
    uint64_t changesets;
    uint64_t bytes; /* of all files */
    uint32_t parts;
    uint32_t resumed; /* parts that stood before */
};

/*
 * NOT_ALLOWED: that device is none; NOT_AUTHENTIC, BAD_VALUE: the frontier; TOO_LARGE: a changeset
 * that no part can hold, a file that the disk cannot; STORE_EXISTS: the path is that of another
 * kind of file; DISK_FULL, IO. Outside of transactions.
 */
mirsal_code mir_bundle_write(struct mir_bundle_written *out,
    struct mir_store *store,
    const struct mir_bundle_order_out *order,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
