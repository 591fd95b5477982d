/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/snapshot.h - the store's database as it stands, copied into a file sealed under a key of
 * its own, and back. Others may write meanwhile: the copy is one state. No clear page reaches a
 * disk.
 */
#ifndef MIR_SNAPSHOT_H
#define MIR_SNAPSHOT_H

#include "store.h"

/* Makes the file at path, in place of one that is there. DISK_FULL, IO, LOCKED, CORRUPT. */
mirsal_code mir_snapshot_write(struct mir_store *store,
    const char *path,
    const struct mir_seal_key *key,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Fills the store's database, which nobody else has open, from such a file. CORRUPT. */
mirsal_code mir_snapshot_read(struct mir_store *store,
    const char *path,
    const struct mir_seal_key *key,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
