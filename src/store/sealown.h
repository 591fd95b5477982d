/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sealown.h - a body of this device becomes the next changeset of its chain: sealed to the
 * epoch in use, signed, stored, projected.
 */
#ifndef MIR_SEALOWN_H
#define MIR_SEALOWN_H

#include "body.h"
#include "changeset.h"
#include "store.h"

struct mir_sealed_body {
    mirsal_hash id;
    uint32_t body_size;
    uint32_t conflicts_opened;
};

/*
 * Inside the caller's transaction. body is put into the order of the wire; arena holds what sealing
 * needs. NOT_ALLOWED where no epoch may be used, codes of mir_changeset_seal.
 */
mirsal_code mir_seal_own(struct mir_sealed_body *out,
    struct mir_store *store,
    uint8_t compartment,
    struct mir_body *body,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Fills a seal for the next changeset of this device's chain: place, authority, keys of the device.
 * In control, authority is the device's newest control changeset, or the invite's, or genesis.
 */
mirsal_code mir_seal_next(struct mir_seal *out,
    struct mir_store *store,
    uint8_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;

/* For mir_sort over struct mir_ref. */
int mir_compare_refs(const void *a, const void *b, void *context);

#endif
