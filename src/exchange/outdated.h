/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/outdated.h - what of a handoff a later one of the same team has overtaken.
 *
 * Files come in any order, and twice. A record that a later handoff told of, which this store has
 * accepted, stays as that one left it; of an earlier one only what the later withheld is taken.
 */
#ifndef MIR_OUTDATED_H
#define MIR_OUTDATED_H

#include "handovers.h"

struct mir_outdated {
    struct mir_accepted_handoff *accepted; /* later ones of the same team alone */
    size_t count;
};

/*
 * Later: what is, over any steps, an update of this handoff; else what was made later by the
 * clocks of its signers. All of it in the arena.
 */
mirsal_code mir_outdated_read(struct mir_outdated *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handoff_manifest *manifest,
    mirsal_error *err) MIRSAL_MUST_USE;

/* 1 when a later one shows the record, or took it back. type 0: not known. */
int mir_outdated_record(const struct mir_outdated *outdated,
    uint32_t type,
    const mirsal_id *record);
/* 1 when a later one tells of this field: it shows the record and does not withhold the field, or
 * it took the record back. */
int mir_outdated_field(const struct mir_outdated *outdated,
    const struct mir_handoff_record *record,
    uint32_t field);

#endif
