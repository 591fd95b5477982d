/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/record.h - recording and reading: transactions, queries, lists, the review queue, tallies.
 *
 * Records come and go as JSON in the one form of INTERFACE section 3, or as assignments in the
 * command line's
 * form (section 2). A record is named by its UUID, a unique prefix of 6 hex digits or more, or
 * @SOURCE_ID.
 */
#ifndef MIRSAL_RECORD_H
#define MIRSAL_RECORD_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Begins a transaction on this handle. Records are read as they were before it until the commit.
 * LOCKED, NOT_ALLOWED; MISUSE when one is open.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_begin(mirsal_store *store, mirsal_error *err);

/**
 * A new record from JSON: {"type":…, fields…, "children":[…]}. *out is its id, known at once.
 * UNKNOWN_TYPE, UNKNOWN_FIELD, BAD_VALUE, OUT_OF_RANGE, MIN_ABOVE_MAX, NOT_UTF8, TOO_LARGE;
 * err->field names it.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_insert(mirsal_id *out,
    mirsal_store *store,
    const char *json,
    size_t size,
    mirsal_error *err);

/**
 * A new record from FIELD=VALUE assignments; parent (or NULL) fills the type's parent field;
 * compartment NULL = the type's.
 */
typedef struct mirsal_add_options {
    uint32_t version;
    const char *type;
    const char *const *assignments;
    size_t count;
    const char *parent;
    const char *compartment;
    const char *language; /**< for bare text assignments; NULL = und */
} mirsal_add_options;
#define MIRSAL_ADD_OPTIONS_INIT                                                                    \
    {                                                                                              \
        .version = 1u                                                                              \
    }
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_add(mirsal_id *out,
    mirsal_store *store,
    const mirsal_add_options *options,
    mirsal_error *err);

/**
 * JSON object of fields to write. NOT_FOUND, AMBIGUOUS_ID, NOT_ALLOWED beside insert's.
 * *superseded is 1 when a new record was made. It copies what this device can read; its `show`
 * names in meta.sealed_in where the old one may hold more.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_update(mirsal_id *out,
    int *superseded,
    mirsal_store *store,
    const char *record,
    const char *json,
    size_t size,
    mirsal_error *err);
/** As mirsal_update, from assignments (FIELD=VALUE, FIELD+=V, FIELD-=V, FIELD:LANG=TEXT). */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_edit(mirsal_id *out,
    int *superseded,
    mirsal_store *store,
    const char *record,
    const char *const *assignments,
    size_t count,
    const char *language,
    mirsal_error *err);
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_withdraw(mirsal_id *out,
    mirsal_store *store,
    const char *record,
    const char *reason,
    mirsal_error *err);

/** What a commit sealed. */
typedef struct mirsal_commit_result {
    uint32_t changesets;
    mirsal_hash changeset; /**< the first data changeset */
} mirsal_commit_result;

/**
 * Durable when it returns OK: survives kill -9 and power loss. Otherwise nothing was written. out
 * may be NULL.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_commit(mirsal_commit_result *out,
    mirsal_store *store,
    mirsal_error *err);
MIRSAL_API void mirsal_rollback(mirsal_store *store);

/** A prepared, read-only SQL query over the views, one per record type. */
typedef struct mirsal_query mirsal_query;
/**
 * *out is given: mirsal_query_close it before the store. BAD_VALUE names what SQLite says of the
 * text.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_query_open(mirsal_query **out,
    mirsal_store *store,
    const char *sql,
    mirsal_error *err);
/** Binds text (NULL: null) to parameter at, from 1. Copied. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_query_bind(mirsal_query *query,
    int at,
    const char *text,
    mirsal_error *err);
/** *row is 1 when there is one. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_query_step(int *row,
    mirsal_query *query,
    mirsal_error *err);
MIRSAL_API int mirsal_query_columns(const mirsal_query *query);
/** Borrowed until the next step; NULL for SQL NULL and out of range. */
MIRSAL_API const char *mirsal_query_name(const mirsal_query *query, int column);
MIRSAL_API const char *mirsal_query_text(const mirsal_query *query, int column);
MIRSAL_API int64_t mirsal_query_int(const mirsal_query *query, int column);
MIRSAL_API void mirsal_query_close(mirsal_query *query); /**< accepts NULL */

/** `show`: one JSON object. history adds every write of every register. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_show(mirsal_text *out,
    mirsal_store *store,
    const char *record,
    int history,
    mirsal_error *err);

/** `list`. NULL or 0 leaves a condition out. */
typedef struct mirsal_list_options {
    uint32_t version;
    const char *type;
    const char *where; /**< SQL expression over the type's view */
    const char *since; /**< YYYY[-MM[-DD]] */
    const char *until;
    const char *bbox;  /**< W,S,E,N */
    const char *near_; /**< LAT,LON,KM */
    uint64_t limit;
    const char *sort;
    int all; /**< withdrawn and quarantined too */
} mirsal_list_options;
#define MIRSAL_LIST_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .version = 1u                                                                              \
    }
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_list(mirsal_store *store,
    const mirsal_list_options *options,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_search(mirsal_store *store,
    const char *text,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);
/** since: a cursor from an earlier line, or NULL for all. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_changes(mirsal_store *store,
    const char *since,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);

/** The review queue; all: beyond the kinds values and withdrawn. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_conflicts(mirsal_store *store,
    int all,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);
/**
 * Settles a register, in a transaction of its own: pick ≥ 1 chooses what `conflicts` numbered, else
 * value in the command line's form. reason is needed (USAGE). *out is given.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_resolve(mirsal_text *out,
    mirsal_store *store,
    const char *record,
    const char *field,
    uint32_t pick,
    const char *value,
    const char *reason,
    mirsal_error *err);

/** A signed judgement on one field or figure of a record, in a transaction of its own. */
typedef struct mirsal_assess_options {
    uint32_t version;
    const char *record;
    const char *field;
    const char *value; /**< or min, max, best (texts of numbers) */
    const char *min;
    const char *max;
    const char *best;
    const char *const *rejects; /**< CLAIM=REASON */
    size_t rejects_count;
    const char *reason;
} mirsal_assess_options;
#define MIRSAL_ASSESS_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .version = 1u                                                                              \
    }
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_assess(mirsal_text *out,
    mirsal_store *store,
    const mirsal_assess_options *options,
    mirsal_error *err);

/** `tally`: casualties counted over clusters, with the records behind each number. */
typedef struct mirsal_tally_options {
    uint32_t version;
    const char *by; /**< place,governorate,actor,source,event_type,month,grading, or NULL */
    const char *since;
    const char *until;
    const char *where;
    const char *grading;
} mirsal_tally_options;
#define MIRSAL_TALLY_OPTIONS_INIT                                                                  \
    {                                                                                              \
        .version = 1u                                                                              \
    }
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_tally(mirsal_text *out,
    mirsal_store *store,
    const mirsal_tally_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
