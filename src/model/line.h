/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/line.h - the states of the changesets of one data chain; protocol/control.md 5.7 and 5.11
 * to 5.13.
 *
 * What is known of most devices says the same of each of their changesets: mir_line_is_plain, and
 * then judge.h answers at once while the chain does not fork. Any other chain is judged whole.
 */
#ifndef MIR_LINE_H
#define MIR_LINE_H

#include "membership.h"

/*
 * States before the content is looked at: ACCEPTED, or why not. headers are all that is held of the
 * chain of one device and compartment, in any order; out has one verdict for each. A pure function
 * of the sets; headers of fork proofs are added. NO_MEMORY.
 */
mirsal_code mir_line_judge(struct mir_verdict *out,
    const struct mir_membership *membership,
    const struct mir_data_header *headers,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * The same; and causes[i], left alone where nothing cut it, is the changeset of what did: of
 * several a cut before a loss of the role before the device's own retire, then the lowest id.
 */
mirsal_code mir_line_causes(struct mir_verdict *out,
    mirsal_hash *causes,
    const struct mir_membership *membership,
    const struct mir_data_header *headers,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

/* 1 when no cut, retire, role statement or fork proof can make data of the device differ. */
int mir_line_is_plain(const struct mir_membership *membership, const mirsal_hash *device);

/* What the one who keeps a chain knows about the adopt of a changeset. */
struct mir_adoption {
    mirsal_hash by;
    int as_admin;
};
/* Adopts in force that name the changeset; the count, and the first in *first. */
size_t mir_membership_adopted(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    struct mir_adoption *first);

#endif
