/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purgebodies.h - which bodies held here tell of a record, and those of them that no purge
 * order names yet; protocol/control.md 5.16.
 */
#ifndef MIR_PURGEBODIES_H
#define MIR_PURGEBODIES_H

#include "store.h"

/*
 * The changesets held whose bodies hold leaves of one of the records, ascending by id, in arena:
 * those that are projected, and those that are not (waiting, quarantined) where they open here.
 */
mirsal_code mir_purge_bodies(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *records,
    size_t record_count,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * What an admin's device owes: of each order of level 2 a naming of the bodies that tell of its
 * records, open here, and that none with that record names. Appends struct mir_say to says, what
 * they name in arena. Nothing on other devices, and on a frozen one.
 */
mirsal_code mir_purge_name_bodies(struct mir_buf *says,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
