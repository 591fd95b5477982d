/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/history.h - what was written: a register's writes, a changeset's writes, changes since a
 * cursor, the review queue.
 */
#ifndef MIR_HISTORY_H
#define MIR_HISTORY_H

#include "read.h"

/* Why a single write does not count (merge.md 4 to 6). NAME, value, printed name. */
#define MIR_WRITE_REASONS(X)                                                                       \
    X(NONE, 0, "")                                                                                 \
    X(SCHEMA, 1, "schema")           /* field or type unknown to the schema in force */            \
    X(TYPE, 2, "type")               /* field of another type, or its key has another form */      \
    X(VALUE, 3, "value")             /* not of the field's kind or range */                        \
    X(COMPARTMENT, 4, "compartment") /* not where the field's writes stand */                      \
    X(POLICY, 5, "policy")           /* derived, or log taken back */                              \
    X(ORPHAN, 6, "orphan")           /* its record does not exist here */                          \
    X(PURGED, 7, "purged")           /* an order in force names its record: void (merge.md 9) */

enum mir_write_reason {
#define MIR_WRITE_REASON_ENUM(name, number, text) MIR_WRITE_##name = (number),
    MIR_WRITE_REASONS(MIR_WRITE_REASON_ENUM)
#undef MIR_WRITE_REASON_ENUM
};
const char *mir_write_reason_name(enum mir_write_reason reason);

/* One write of a register, whether it counts or not. */
struct mir_written {
    mirsal_id record;
    uint32_t field;
    struct mir_bytes key;
    struct mir_bytes value;
    struct mir_bytes parents; /* names of 16 bytes, one after another */
    struct mir_author author;
    enum mir_write_reason reason;
    int live;
    int winner;
};
struct mir_writings {
    struct mir_written *writes;
    size_t count;
};

/* Of a purged record nothing is told. */
/* All writes held of one register: the winner first, then other live ones, then the rest, each
 * group descending by stamp, changeset id. key: encoded, empty for none. */
mirsal_code mir_history_register(struct mir_writings *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err) MIRSAL_MUST_USE;
/* All writes held of a record, ascending by field, key, then as above. */
mirsal_code mir_history_record(struct mir_writings *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err) MIRSAL_MUST_USE;
/* What an applied changeset wrote, ascending by record, field, key; live and winner as of now. */
mirsal_code mir_history_changeset(struct mir_writings *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The records that an applied changeset created, by type, in order of creation. */
mirsal_code mir_history_created(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Arrival numbers of the changesets that wrote to a record, ascending. */
mirsal_code mir_history_changesets(int64_t **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err) MIRSAL_MUST_USE;

/* One record that one changeset created or wrote to. */
struct mir_change {
    uint64_t cursor;
    mirsal_id record;
    uint32_t type; /* 0 while the record does not exist */
    mirsal_hash changeset;
    const uint32_t *fields; /* ascending */
    size_t field_count;
};
/*
 * Up to limit changes (0: all) after the cursor (0: from the beginning), in the order they were
 * applied here. Cursors only grow; a rebuild gives every change anew, above all earlier cursors.
 */
mirsal_code mir_history_changes(struct mir_change **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    uint64_t cursor,
    size_t limit,
    mirsal_error *err) MIRSAL_MUST_USE;

/* NAME, value, printed name, severity 1 to 3. */
#define MIR_REVIEW_KINDS(X)                                                                        \
    X(VALUES, 1, "values", 2)                                                                      \
    X(WITHDRAWN, 2, "withdrawn", 2)                                                                \
    X(SUGGESTION, 3, "suggestion", 1)                                                              \
    X(ORPHAN, 4, "orphan", 1)                                                                      \
    X(ONCE, 5, "once", 1)                                                                          \
    X(ROOT_SOURCE, 6, "root_source", 2)                                                            \
    X(SUBSET, 7, "subset", 2)                                                                      \
    X(MEDIAN, 8, "median", 2)                                                                      \
    X(ACTORS, 9, "actors", 1)                                                                      \
    X(DUPLICATE, 10, "duplicate", 1)                                                               \
    X(VICTIM, 11, "victim", 1)                                                                     \
    X(TOLL, 12, "toll", 1)                                                                         \
    X(SECRET, 13, "secret", 3)                                                                     \
    X(GRADING, 14, "grading", 1)

enum mir_review_kind {
#define MIR_REVIEW_KIND_ENUM(name, number, text, severity) MIR_REVIEW_##name = (number),
    MIR_REVIEW_KINDS(MIR_REVIEW_KIND_ENUM)
#undef MIR_REVIEW_KIND_ENUM
};
const char *mir_review_kind_name(enum mir_review_kind kind);
int mir_review_severity(enum mir_review_kind kind);

/* One item of the review queue. */
struct mir_review {
    mirsal_id record;
    uint32_t type;  /* 0 when the record does not exist */
    uint32_t field; /* 0 where the item is about the whole record */
    struct mir_bytes key;
    enum mir_review_kind kind;
    /* Ids of 16 bytes, one after another: the claim (or actor) that a hint is about, then what it
     * is measured against. key is no register's key in hints (root_source and above). */
    struct mir_bytes others;
};
/* The queue by record, kind, field, key; record NULL: the whole. all 0: values and withdrawn. */
mirsal_code mir_review_list(struct mir_review **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    int all,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
