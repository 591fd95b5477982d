/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/tell.h - pieces that several answers share: who wrote, where a record stands, records
 * beside their meta.
 */
#ifndef MIR_TELL_H
#define MIR_TELL_H

#include "answers.h"
#include "record_out.h"
#include "work.h"

#define MIR_TELL_LABELS 64u

struct mir_tell {
    struct mir_work work;
    struct mir_record_out form;
    struct mir_arena kept; /* labels */
    struct mir_tell_label {
        mirsal_hash device;
        struct mir_bytes label;
    } labels[MIR_TELL_LABELS];
    size_t label_count;
    struct mir_buf line;
    mir_line give; /* of lines */
    void *context;
};

/* give NULL: an answer without lines. */
void mir_tell_begin(struct mir_tell *tell, struct mir_store *store, mir_line give, void *context);
void mir_tell_end(struct mir_tell *tell);
/* Gives the line and empties it. CANCELLED. */
mirsal_code mir_tell_line(struct mir_tell *tell, mirsal_error *err) MIRSAL_MUST_USE;

/* A device's label, or null. */
mirsal_code mir_tell_label(struct mir_buf *out,
    struct mir_tell *tell,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The keys device, label, role, stamp, changeset. */
mirsal_code mir_tell_author(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_author *author,
    mirsal_error *err) MIRSAL_MUST_USE;
/* "after", "before", "clock": when it was made, apart from what its author claims (bracket.h). */
mirsal_code mir_tell_bracket(struct mir_buf *out,
    struct mir_tell *tell,
    int64_t changeset,
    uint64_t stamp,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The record's fields with "meta":{"state","updated","conflicts"}, without the last brace. */
mirsal_code mir_tell_record(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;
/* "device", "relay" or "readers": where all that a record shows lies by now. */
mirsal_code mir_tell_custody(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
