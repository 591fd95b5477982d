/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffmake.h - the content of a handoff, from records that were chosen;
 * protocol/handoff.md 2 to 6. What is shown of them is the caller's rule
 * (exchange/handoff_choose.h).
 */
#ifndef MIR_HANDOFFMAKE_H
#define MIR_HANDOFFMAKE_H

#include "handoff.h"
#include "read.h"
#include "store.h"

enum mir_handoff_show {
    MIR_HANDOFF_SHOW,
    MIR_HANDOFF_WITHHOLD, /* and say so */
    MIR_HANDOFF_OMIT,     /* never shown, never named */
};

struct mir_handoff_chosen {
    mirsal_id id;
    uint32_t type;
};

/* Borrowed for the call. */
struct mir_handoff_making {
    enum mir_handoff_mode mode;
    const struct mir_org_key *recipients; /* in any order, each once */
    uint32_t recipient_count;
    struct mir_bytes purpose;
    struct mir_bytes terms;
    int has_until;
    int64_t until;
    uint32_t release;
    const struct mir_handoff_chosen *records; /* ascending by type, id */
    size_t record_count;
    const struct mir_handoff_left *left; /* likewise */
    size_t left_count;
    enum mir_handoff_show (*shows)(void *context,
        const struct mir_record *record,
        const struct mir_schema_field *field);
    void *shows_context;
    int is_update;
    uint8_t update_of[16];
    const struct mir_handoff_retraction *retractions;
    uint32_t retraction_count;
    const struct mir_handoff_superseded *supersedes;
    uint32_t supersede_count;
    /* Takes the content, piece by piece. NULL: nothing is made but the counts. */
    mirsal_code (*write)(void *context, struct mir_bytes content, mirsal_error *err);
    void *write_context;
};

/* What was made; its bytes live in the arena that was given. */
struct mir_handoff_made {
    uint8_t handoff[16];
    uint64_t made_ms;
    struct mir_bytes manifest;
    mirsal_hash manifest_hash;
    uint8_t secret[32];     /* of the trees (4.1), to show what was withheld later */
    struct mir_bytes shown; /* rows [record, field, key, salt, leaf hash], one after another */
    uint32_t records;
    uint32_t withheld; /* fields, over all records */
    uint32_t left;
    uint32_t authors;
    /* What the caller was told to withhold, filled in by the caller: fields u32, one after another.
     * The manifest tells of those alone that some record had. */
    struct mir_bytes held_back;
};

/*
 * Within one read of the store. NOT_ALLOWED: this device is no coordinator, or no statement held
 * shows it; TOO_LARGE.
 */
mirsal_code mir_handoff_make(struct mir_handoff_made *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handoff_making *making,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Keeps in the store that it was given away: table `handoff`. In a transaction of its own. */
mirsal_code mir_handoff_keep(struct mir_store *store,
    const struct mir_handoff_made *made,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
