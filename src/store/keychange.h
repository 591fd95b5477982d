/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keychange.h - the `keys` file of an open store is changed: another passphrase, a duress
 * passphrase, a limit of tries.
 *
 * Salt and costs stay with the file, so that one derivation tries both slots and a change of one
 * passphrase keeps the other: the slot that the store was not opened by is copied as it stands,
 * since nobody knows what it holds. Each call replaces the file whole (keyimage.h): after a crash
 * it is the old one or the new one. WRONG_PASSPHRASE when another process changed the passphrase
 * since this store was opened; WIPED.
 */
#ifndef MIR_KEYCHANGE_H
#define MIR_KEYCHANGE_H

#include "keyfile.h"

/* 0 where the keys are not sealed. */
int mir_passphrase_is_set(const struct mir_store *store);

/*
 * A passphrase of another cost is one of a file that had none: passes and memory are for that case
 * (0: 3 passes, 64 MiB). BAD_VALUE for one that opens the other slot.
 */
mirsal_code mir_passphrase_change(struct mir_store *store,
    struct mir_bytes passphrase,
    uint32_t kdf_passes,
    uint32_t kdf_memory_kib,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * The other slot holds the decoy from here on, whatever it held. BAD_VALUE for the passphrase that
 * opens the store; USAGE for a store without one.
 */
mirsal_code mir_passphrase_duress(struct mir_store *store,
    struct mir_bytes passphrase,
    const struct mir_decoy *decoy,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The other slot holds random bytes from here on. */
mirsal_code mir_passphrase_duress_remove(struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* 0: any number of tries. OUT_OF_RANGE; USAGE for a store without a passphrase. */
mirsal_code mir_passphrase_limit(struct mir_store *store, uint32_t limit, mirsal_error *err)
    MIRSAL_MUST_USE;
/*
 * The store's slot holds these keys from here on; store->keys is the caller's to bring up to date.
 */
mirsal_code mir_keys_replace(struct mir_store *store,
    const struct mir_device_keys *keys,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
