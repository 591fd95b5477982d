/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/timeline.h - what became of a changeset or a record beside what was written: who
 * acknowledged it, who read it, what was said of it. Lines with the key "event".
 */
#ifndef MIR_TIMELINE_H
#define MIR_TIMELINE_H

#include "history.h"
#include "reach.h"
#include "tell.h"

/* What a changeset did to the record: "written", "edited", "withdrawn". */
const char *mir_timeline_event(const struct mir_record *record,
    const struct mir_writings *written,
    int64_t changeset,
    const struct mir_schema *schema);
/* After a changeset's own line: "acknowledged" by each relay, signed (proof: the word, hex) or not
 * (null); "receipted" by each other reader. */
mirsal_code mir_timeline_changeset(struct mir_tell *tell,
    const struct mir_reach_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The key "held": which relays hold the changeset, since when by their own signed word, and how
 * many other readers. */
mirsal_code mir_timeline_held(struct mir_buf *out,
    struct mir_tell *tell,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After all of a record's changesets: "assessed" and "custody" of records that hang from it,
 * "purge", "purge_approved" and "purged" of orders that name it. */
mirsal_code mir_timeline_record(struct mir_tell *tell, const mirsal_id *record, mirsal_error *err)
    MIRSAL_MUST_USE;
/* timeline_handed.c. Behind that: "handed_over", "retracted" and "signed_for" of each handoff that
 * names it; of a record of another team "accepted" and "taken_back". */
mirsal_code mir_timeline_handed(struct mir_tell *tell, const mirsal_id *record, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
