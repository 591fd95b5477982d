/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answers.h - what commands say about a store, as JSON with the keys of the interface.
 *
 * One object is appended to a buffer; JSON Lines are given to a callback one by one, without the
 * line break, and are the callee's for the call. A callback that returns other than 0 ends the
 * answer with CANCELLED. Nothing here writes.
 */
#ifndef MIR_ANSWERS_H
#define MIR_ANSWERS_H

#include "list.h"

typedef int (*mir_line)(void *context, const char *json, size_t size);

/* show: the record, its children, meta, conflicts; history adds every write of every register. */
mirsal_code mir_answer_show(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_id *record,
    int history,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Conditions in the command line's form; NULL or 0: none. */
struct mir_answer_list {
    const char *type;
    const char *where;
    const char *since; /* YYYY, YYYY-MM or YYYY-MM-DD */
    const char *until;
    const char *bbox;  /* W,S,E,N */
    const char *near_; /* LAT,LON,KM */
    uint64_t limit;
    const char *sort;
    int all;
};
mirsal_code mir_answer_list(struct mir_store *store,
    const struct mir_answer_list *list,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_answer_search(struct mir_store *store,
    const char *text,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
/* since: the cursor of an earlier line, or NULL: from the beginning. BAD_VALUE. */
mirsal_code mir_answer_changes(struct mir_store *store,
    const char *since,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
/* all 0: the kinds values and withdrawn. record NULL: of every record. */
mirsal_code mir_answer_conflicts(struct mir_store *store,
    const mirsal_id *record,
    int all,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Changesets held, in order of arrival; record NULL: all. Of one record its timeline: lines have an
 * "event", and what relays, readers, assessors and purges did stands between them. */
mirsal_code mir_answer_log(struct mir_store *store,
    const mirsal_id *record,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

/* One changeset with who acknowledged and received it. */
mirsal_code mir_answer_log_changeset(struct mir_store *store,
    int64_t changeset,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What was handed to others, with what is owed to them, and what was accepted; prefix: of an id, or
 * NULL. NOT_FOUND. */
mirsal_code mir_answer_handed(struct mir_store *store,
    const char *prefix,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

/* BAD_VALUE with err->field "by", "since", "until", "grading" or what the condition breaks. */
struct mir_answer_tally {
    const char *by; /* comma-separated dimensions, or NULL: one row */
    const char *since;
    const char *until;
    const char *where;
    const char *grading; /* comma-separated codes */
};
mirsal_code mir_answer_tally(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_answer_tally *tally,
    mirsal_error *err) MIRSAL_MUST_USE;

mirsal_code mir_answer_status(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_answer_team(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_answer_relays(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_answer_devices(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* One of them, with what its loss exposes. NOT_FOUND. */
mirsal_code mir_answer_device(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same with "adopted". */
mirsal_code mir_answer_adopted(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *device,
    uint64_t adopted,
    mirsal_error *err) MIRSAL_MUST_USE;
/* purge: one order; purge list: all. NOT_FOUND. */
mirsal_code mir_answer_purge(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_answer_purges(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
