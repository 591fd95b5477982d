/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/apply.h - entries into a transaction.
 */
#ifndef MIR_APPLY_H
#define MIR_APPLY_H

#include "edit.h"
#include "entry.h"

struct mir_work;

/* A new record; compartment as of mir_txn_create. */
mirsal_code mir_entry_create(mirsal_id *out,
    const struct mir_entry *entry,
    struct mir_txn *txn,
    int compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_entry_write(const struct mir_entry *entry,
    struct mir_txn *txn,
    const mirsal_id *record,
    mirsal_error *err) MIRSAL_MUST_USE;
/* What is to be made anew is no purged record, and hangs from none. NOT_ALLOWED. */
mirsal_code mir_entry_refuse_purged(const struct mir_entry *entry,
    const struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * What an edit makes of a settled entry: writes to the record, or a new one that supersedes it.
 * NOT_ALLOWED.
 */
mirsal_code mir_entry_edit(struct mir_edited *out,
    struct mir_entry *entry,
    struct mir_work *work,
    struct mir_txn *txn,
    const struct mir_record *current,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A record with an id of elsewhere has the source id "id:UUID", unless it has one. */
mirsal_code mir_entry_name_by_id(struct mir_entry *entry,
    struct mir_values *values,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The source id "id:UUID" of the record itself is no write. */
void mir_entry_drop_own_name(struct mir_entry *entry, const mirsal_id *id);
/*
 * Records from..count-1, each below its parent: ids[i] is set for them, and given for those before.
 */
mirsal_code mir_entries_create(mirsal_id *ids,
    const struct mir_entries *entries,
    size_t from,
    struct mir_values *values,
    struct mir_txn *txn,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
