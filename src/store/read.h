/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/read.h - ids, references and whole records, as the projection shows them.
 *
 * Values and keys are canonical MessagePack, as in changesets; who makes JSON or text of them knows
 * the schema. Results live in the arena that was given. Nothing here writes.
 */
#ifndef MIR_READ_H
#define MIR_READ_H

#include "store.h"

/* Who wrote: a changeset that was applied. */
struct mir_author {
    int64_t changeset; /* its arrival number here (custody is known by it) */
    mirsal_hash id;    /* the changeset's */
    mirsal_hash device;
    uint64_t stamp;
    uint8_t compartment;
    uint8_t role;      /* the device's, now */
    uint8_t own;       /* this device */
    int64_t device_no; /* device.no */
};

enum mir_record_state {
    MIR_RECORD_ACCEPTED,
    MIR_RECORD_WITHDRAWN,   /* taken out of lists and counts */
    MIR_RECORD_QUARANTINED, /* of a type that the schema in force does not know */
    MIR_RECORD_PURGED,
};
/* "accepted", "withdrawn" …, static. */
const char *mir_record_state_name(enum mir_record_state state);

/* What a register shows: its winner. */
struct mir_shown {
    uint32_t field;
    struct mir_bytes key;   /* empty where the field has none */
    struct mir_bytes value; /* of a set's element 1: absent elements are not listed */
    int64_t changeset;      /* the winner's author: mir_read_author */
    int conflict;           /* the register is in the review queue (values, once) */
};

/* Where fields of a record may lie that this device cannot read: their chains do not come to it. */
enum {
    MIR_SEALED_HERE = 1,     /* the compartment where it was created */
    MIR_SEALED_PROTECTED = 2 /* the protected one, when that is another */
};

struct mir_record {
    mirsal_id id;
    uint32_t type;       /* 0: not known, of a purged record of which nothing is held */
    uint8_t compartment; /* where it was created */
    enum mir_record_state state;
    struct mir_author created;
    struct mir_author updated;   /* the newest accepted write, by stamp then changeset id */
    struct mir_shown *registers; /* ascending by field, then by key's bytes */
    size_t register_count;
    uint32_t conflicts; /* its review items of the kinds values and withdrawn */
    int sealed;         /* MIR_SEALED_…: where it may have fields that this device cannot read */
};

/* An id with its type, of lists. */
struct mir_item {
    mirsal_id id;
    uint32_t type;
    int boundary; /* a list's period cuts through its dates */
};
struct mir_items {
    struct mir_item *items;
    size_t count;
};

/*
 * A UUID, a unique prefix of it (6 hex digits or more, without dashes), or @SOURCE_ID. type 0: any.
 * NOT_FOUND, AMBIGUOUS_ID.
 */
mirsal_code mir_read_resolve(mirsal_id *out,
    struct mir_store *store,
    uint32_t type,
    const char *text,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * The record a source id (its text) means in a write of device (NULL: this store's own view): the
 * author's own first, then the lowest id of an importer ranked coordinator or above. type 0: any.
 * *found = 0 when none is held. changeset.md 3.
 */
mirsal_code mir_read_source_id(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;
/* All records that carry the source id, ascending by id. */
mirsal_code mir_read_source_ids(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A reference as written (bin 16, or str: a source id) by the author of changeset. *found as above;
 * an id is found only when its record is held, *out is set all the same. */
mirsal_code mir_read_reference(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The record's type; *type = 0 when it is not held. */
mirsal_code mir_read_type(uint32_t *type,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * NOT_FOUND also for an id that only orphan writes name. A purged record has its id, type and state
 * alone; it is found although nothing of it is held, and has no author then.
 */
mirsal_code mir_read_record(struct mir_record *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The register of a record read; NULL when nothing stands. key: encoded, empty for none. */
const struct mir_shown *mir_record_find(const struct mir_record *record,
    uint32_t field,
    struct mir_bytes key);
/* Records whose type's parent field names this one: by type, then in order of creation. */
mirsal_code mir_read_children(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* By arrival number. NOT_FOUND when that changeset was never applied. */
mirsal_code mir_read_author(struct mir_author *out,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_read_counts {
    uint64_t records;     /* purged ones are none */
    uint64_t conflicts;   /* review items of the kinds values and withdrawn */
    uint64_t review;      /* all review items */
    uint64_t orphans;     /* writes to records that do not exist */
    uint64_t quarantined; /* single writes */
};
mirsal_code mir_read_counts(struct mir_read_counts *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Parents that children name, by id or source id, and that no table holds: read through. */
mirsal_code mir_read_dangling(uint64_t *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Single writes quarantined for one reason (enum mir_write_reason of history.h). */
mirsal_code mir_read_quarantined(uint64_t *count,
    struct mir_store *store,
    int reason,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
