/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purgetree.h - what is purged with a record: all that hangs from it, and from nothing that
 * stays. A claim about an incident that nobody may read any more tells of it, too.
 */
#ifndef MIR_PURGETREE_H
#define MIR_PURGETREE_H

#include "read.h"

#define MIR_PURGE_RECORDS_MAX 2048u /* of one order */

/*
 * The record, then those that go with it, in arena. A child that another record is a parent of too,
 * held or not, and not purged, stays, with what hangs from it. Children that this device cannot
 * read are not found. TOO_LARGE: over MIR_PURGE_RECORDS_MAX.
 */
mirsal_code mir_purge_tree(mirsal_id **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
