/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/canonical.h - a record that stands, with its references as a reader resolves them now.
 *
 * A reference that was written as a source id, before its record was there, is compared as the id
 * of
 * that record. Registers keep their places, so that those of the original are found again.
 */
#ifndef MIR_CANONICAL_H
#define MIR_CANONICAL_H

#include "entry.h"

mirsal_code mir_canonical_record(struct mir_record *out,
    struct mir_values *values,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Elements that an entry takes from a set, by the keys under which they stand. */
void mir_canonical_restore(struct mir_entry *entry,
    const struct mir_record *canonical,
    const struct mir_record *record);

#endif
