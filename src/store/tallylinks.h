/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tallylinks.h - which links between incidents count: those of the author of what they change
 * or of coordinators and above; of contradicting ones the one ranked higher (merge.md 7).
 */
#ifndef MIR_TALLYLINKS_H
#define MIR_TALLYLINKS_H

#include "rows.h"
#include "tally.h"

enum mir_link_kind { LINK_SAME, LINK_NOT_SAME, LINK_PART };

/* A link that counts. */
struct mir_counted_link {
    mirsal_id a;
    mirsal_id b;
    enum mir_link_kind kind;
    struct mir_author author;
};

struct mir_tally_links {
    struct mir_counted_link *links; /* with room for one more */
    size_t count;
};

/* Adds the link of a row when it counts. */
mirsal_code mir_tally_read_link(struct mir_tally_links *out,
    struct mir_store *store,
    const struct mir_full_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Those that no denial outranks become the tally's. */
mirsal_code mir_tally_give_links(struct mir_tally_input *out,
    struct mir_arena *arena,
    const struct mir_tally_links *links,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when a is ranked above b: role, stamp, changeset. */
int mir_tally_outranks(const struct mir_author *a, const struct mir_author *b);

/* Whether a record may change what counts: its author is the subject's, or a coordinator. */
mirsal_code mir_tally_may_decide(int *may,
    struct mir_store *store,
    const struct mir_author *author,
    const mirsal_id *subject,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
