/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffparts.h - what the two modes of making a handoff share.
 */
#ifndef MIR_HANDOFFPARTS_H
#define MIR_HANDOFFPARTS_H

#include "handoffmake.h"

/* A record that is handed over. */
struct mir_handoff_part {
    struct mir_handoff_record entry;
    struct mir_bytes payload; /* mode author: its RECORD */
    int dropped;              /* its proof is not at hand */
};

/* Mode author: a changeset of which something is shown. */
struct mir_handoff_shown_changeset {
    mirsal_hash id;
    mirsal_hash device;
    int64_t no;
    struct mir_bytes payload; /* its CHANGESET */
};

struct mir_handoff_maker {
    struct mir_store *store;
    const struct mir_handoff_making *making;
    struct mir_arena *arena; /* of what is made */
    struct mir_arena record; /* of one record */
    struct mir_buf payload;
    struct mir_buf leaf;
    struct mir_buf shown; /* rows of mir_handoff_made */
    struct mir_handoff_digest digest;
    uint8_t secret[32];
    struct mir_handoff_part *parts;                 /* as making->records */
    struct mir_handoff_shown_changeset *changesets; /* mode author: ascending by id */
    size_t changeset_count;
};

/* Judges the fields of a record: entry's withheld list, and 1 in shows[i] for each register that
 * is shown. Lives in maker->arena, shows in maker->record. */
mirsal_code mir_handoff_judge(uint8_t **shows,
    struct mir_handoff_maker *maker,
    struct mir_handoff_record *entry,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A row of `shown`. */
void mir_handoff_note(struct mir_handoff_maker *maker,
    const mirsal_id *record,
    const struct mir_shown *shown,
    const uint8_t salt[16],
    const mirsal_hash *leaf);

/* Mode attested: the entry, and in maker->payload the RECORD, of one record. note: 1 adds rows to
 * shown. */
mirsal_code mir_handoff_attest(struct mir_handoff_maker *maker,
    struct mir_handoff_part *part,
    const struct mir_handoff_chosen *chosen,
    int note,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Mode author: every part with its payload, and changesets with theirs. Parts that cannot be
 * proven are dropped. */
mirsal_code mir_handoff_prove(struct mir_handoff_maker *maker, mirsal_error *err) MIRSAL_MUST_USE;

#endif
