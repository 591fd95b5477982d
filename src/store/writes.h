/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/writes.h - one register with every write held of it: loaded, judged, evaluated, saved.
 *
 * The one place where a second write meets the first. Saving moves what changed: rows of `write`,
 * the record's cell, indexes, review queue and digest.
 */
#ifndef MIR_WRITES_H
#define MIR_WRITES_H

#include "projection.h"
#include "registers.h"

/* What stands beside a struct mir_register_write of the same index. */
struct mir_write_held {
    int64_t changeset;
    int64_t device;
    int own;
    uint32_t compartment;
    uint32_t schema_version;
    uint32_t schema_place;
    enum mir_write_reason reason;
    int stored; /* it has a row of `write` */
    enum mir_write_state old_state;
    enum mir_write_reason old_reason;
};

struct mir_writes {
    struct mir_row row;            /* row.table NULL: the record does not exist */
    const struct mir_table *table; /* of the field; NULL: the field is unknown */
    uint32_t column;
    uint32_t field;
    struct mir_bytes key;
    int other_type; /* the record exists, and is of another type than the field's */
    struct mir_bytes cell;
    struct mir_register_write *writes;
    struct mir_write_held *held;
    size_t count;
    size_t capacity;
    struct mir_register result;
};

/* A write that arrives. */
struct mir_incoming {
    int64_t changeset;
    const mirsal_hash *id;
    const mirsal_hash *device;
    const struct mir_project_author *author;
    uint32_t compartment;
    uint32_t schema_version;
    uint32_t schema_place;
    uint64_t stamp;
    struct mir_bytes value;
    const struct mir_ref *parents;
    uint32_t parents_count;
};

/* All memory is the projection's scratch arena. room: writes that will be added. */
mirsal_code mir_writes_load(struct mir_writes *out,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    size_t room,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Adds it to those loaded, and its row; a changeset that is there already is left. */
mirsal_code mir_writes_add(struct mir_writes *writes,
    struct mir_store *store,
    const struct mir_incoming *incoming,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Judges and evaluates; changes nothing in the store. */
mirsal_code mir_writes_evaluate(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Evaluates, and saves what changed. */
mirsal_code mir_writes_settle(struct mir_writes *writes, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Gives the write that only the cell holds its row; nothing else changes. */
mirsal_code mir_writes_materialise(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What merge.md 5 says of one write by what is known without its record; NONE: nothing. */
enum mir_write_reason mir_write_judge(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value,
    uint8_t role);
/* *has = 1 when rows of `write` stand for the register; without, its writes are in the cells. */
mirsal_code mir_writes_held(int *has,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
