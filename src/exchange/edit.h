/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/edit.h - what people do to records: add, edit, withdraw, resolve, assess.
 *
 * Everything is written into the caller's transaction (store/txn.h) and is durable when that is
 * committed. A call that fails before it writes leaves the transaction as it was; one that fails
 * while writing (NO_MEMORY, IO …) leaves it to be rolled back. Codes of values: UNKNOWN_FIELD,
 * BAD_VALUE, OUT_OF_RANGE, MIN_ABOVE_MAX, NOT_UTF8, TOO_LARGE, with err->field; of records:
 * NOT_FOUND, AMBIGUOUS_ID; of rights: NOT_ALLOWED. What a transaction has written is not seen by
 * later calls in it: records are read as they were committed.
 */
#ifndef MIR_EDIT_H
#define MIR_EDIT_H

#include "read.h"
#include "txn.h"

/* A UUID, a unique prefix of it, or @SOURCE_ID: then the newest of a line of corrections. */
mirsal_code mir_record_named(mirsal_id *out,
    struct mir_store *store,
    uint32_t type,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_add {
    const char *type;
    const char *const *assignments; /* FIELD=VALUE, FIELD:LANG=TEXT, FIELD+=VALUE */
    size_t count;
    const char *parent;      /* record, or NULL */
    const char *compartment; /* a number, "main" or "protected"; NULL: the type's */
    const char *language;    /* of bare text, NULL: und */
};
/* UNKNOWN_TYPE. */
mirsal_code mir_record_add(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const struct mir_add *add,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same from JSON (record_json.h), with its children. *out is the record's id. */
mirsal_code mir_record_insert(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *json,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_edited {
    mirsal_id id;
    int superseded; /* a `once` field was written: id is a new record that names the old one */
    mirsal_id old;  /* then: the old one */
    size_t writes;  /* 0: everything was so already, nothing was written */
};
mirsal_code mir_record_edit(struct mir_edited *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *record,
    const char *const *assignments,
    size_t count,
    const char *language,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same from a JSON object of fields; null and absent fields stay. */
mirsal_code mir_record_update(struct mir_edited *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *record,
    const char *json,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
/* reason empty takes a withdrawal back. */
mirsal_code mir_record_withdraw(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *record,
    const char *reason,
    mirsal_error *err) MIRSAL_MUST_USE;

/* For a record of another team that its origin took back; nobody does it by hand. */
mirsal_code mir_record_take_back(struct mir_txn *txn,
    struct mir_store *store,
    const mirsal_id *record,
    const char *reason,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_resolve {
    const char *record;
    const char *field; /* a field, FIELD:LANG, or a component's name */
    uint32_t pick;     /* as `conflicts` numbers, from 1; 0: value counts */
    const char *value; /* command line's form; of a component: FIELD=VALUE goes before others */
    const char *language;
    const char *reason; /* kept as a note on the record */
};
/* USAGE without a reason, or without pick and value. NOT_FOUND: no such pick. */
mirsal_code mir_record_resolve(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const struct mir_resolve *resolve,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_assess {
    const char *record;
    const char *field;
    const char *value; /* or min, max, best; NULL where not given */
    const char *min;
    const char *max;
    const char *best;
    const char *const *rejects; /* CLAIM=REASON */
    size_t reject_count;
    const char *reason;
};
/* A new assessment of the record. *out is the assessment's id. */
mirsal_code mir_record_assess(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const struct mir_assess *assess,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
