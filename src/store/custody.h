/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/custody.h - who is known to hold a changeset: relays, and other readers.
 */
#ifndef MIR_CUSTODY_H
#define MIR_CUSTODY_H

#include "store.h"

/* A relay that served it here, or took it from here. */
struct mir_custody_relay {
    mirsal_hash identity;
    struct mir_bytes url;
};
/* By arrival number; in arena. */
mirsal_code mir_custody_relays(struct mir_custody_relay **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Devices whose receipts that count name it or a later one of its chain, ascending; in arena. */
mirsal_code mir_custody_readers(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Changesets of data that are held here, and that no relay and no other reader is known to hold:
 * by others' devices, and by former ones of this person. */
mirsal_code mir_custody_only_here(uint64_t *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
