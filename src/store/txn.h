/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/txn.h - a local transaction: writes gathered, sealed into changesets, stored and
 * projected at commit.
 *
 * One body per compartment touched (closed and continued at the sealing cadence of
 * protocol/changeset.md 6). Fields of another compartment than the record's become edits there.
 * Parents are found here: the live writes of the register that this store shows. Nothing is
 * durable before mir_txn_commit returns MIRSAL_OK, all is after.
 */
#ifndef MIR_TXN_H
#define MIR_TXN_H

#include "store.h"

struct mir_txn;

enum mir_txn_kind {
    MIR_TXN_LONE,  /* one save: BODY_LONE_SIZE */
    MIR_TXN_BATCH, /* an import by a reader: BODY_BATCH_SIZE */
};

/*
 * NOT_ALLOWED when this device may not write (not a member is no reason: its join seals at once),
 * LOCKED.
 */
mirsal_code mir_txn_begin(struct mir_txn **out,
    struct mir_store *store,
    enum mir_txn_kind kind,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A base drawn earlier, before anything is written: the same creations give the same ids. */
void mir_txn_set_base(struct mir_txn *txn, const uint8_t base[8]);
/* A new record; its id is known at once. compartment -1: the type's own (main, or protected). */
mirsal_code mir_txn_create(mirsal_id *out,
    struct mir_txn *txn,
    uint32_t type,
    int compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Writes one register. key: encoded MessagePack (language str, set element), size 0 for none.
 * value: canonical MessagePack of the field's kind (checked: BAD_VALUE, OUT_OF_RANGE,
 * MIN_ABOVE_MAX, NOT_UTF8, TOO_LARGE), copied. A register written twice keeps the second value.
 * UNKNOWN_FIELD, NOT_FOUND, NOT_ALLOWED (a monitor writes only to registers of records
 * it made itself).
 */
mirsal_code mir_txn_write(struct mir_txn *txn,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_txn_result {
    uint32_t changesets;
    mirsal_hash changeset; /* the first data changeset's id */
    uint32_t conflicts_opened;
};
/* Ends the transaction either way. On failure nothing was written. */
mirsal_code mir_txn_commit(struct mir_txn_result *out, struct mir_txn *txn, mirsal_error *err)
    MIRSAL_MUST_USE;
void mir_txn_rollback(struct mir_txn *txn); /* accepts NULL */

#endif
