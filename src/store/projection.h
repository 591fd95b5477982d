/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/projection.h - the projection's tables, and what its parts share.
 *
 *   r_<type>(no, id, changeset, updated, compartment, withdrawn, f<field>…)  one row per record
 *   write(record, field, key, changeset, value, parents, reason, state)      see below
 *   applied(changeset, seq, id, device, compartment, stamp, first, last)     changesets applied
 *   author(device, key, role, own)                                           their devices
 *   purged(record)                                                           void records
 *   review, orphan, stray, child, bears, touched, digest, projected, words, points, figures
 *
 * A cell of r_<type> holds what a field shows, as canonical MessagePack: the winner's value, or of
 * keyed fields the array of [key, value] or of present keys. A register with no row in `write` has
 * one write, the creating changeset's, and the cell is it; with the second write the first one gets
 * its row too. no is counter × 4096 + type, so that it names the table.
 */
#ifndef MIR_PROJECTION_H
#define MIR_PROJECTION_H

#include "history.h"
#include "project.h"
#include "sql.h"

#define MIR_TYPE_BITS 12u
#define MIR_TYPE_MASK ((int64_t)0xfff)

struct mir_column {
    const struct mir_schema_field *field;
    enum mir_key_form form;
    int searched;       /* its texts are found by search */
    int bears;          /* figures of what it names hang on its record (bearing.h) */
    const char *update; /* cell ?2 of row ?1 */
};

struct mir_table {
    const struct mir_schema_type *type;
    struct mir_column *columns; /* as type->fields */
    uint32_t column_count;
    int source_id; /* places in columns, -1 none */
    int withdrawn;
    int parent;
    int point;
    int date;
    int settles; /* figures hang on its records (bearing.h) */
    const char *view;
    const char *insert; /* ?1 no, id, changeset, compartment, ?5… cells */
    const char *find;   /* by id ?1: no, changeset, updated, compartment, withdrawn */
    const char *read;   /* by id ?1: as find, then the cells */
    const char *read_no;
    const char *read_lean; /* by no, without the cells of long texts */
    const char *twins;     /* rows of source id ?2: no */
    const char *source;    /* records of source id ?1 with their author: id, key, role, own */
    const char *mark;      /* row ?1: updated ?2, withdrawn ?3, changeset ?4 */
};

/* First columns of find and read. */
enum mir_row_column {
    MIR_ROW_NO,
    MIR_ROW_CHANGESET,
    MIR_ROW_UPDATED,
    MIR_ROW_COMPARTMENT,
    MIR_ROW_WITHDRAWN,
    MIR_ROW_ID,
    MIR_ROW_CELLS,
};

enum mir_row_withdrawn {
    MIR_ROW_STANDS = 0,
    MIR_ROW_TAKEN_OUT = 1,
    MIR_ROW_SUGGESTED = 2, /* by somebody who may only suggest it */
    MIR_ROW_PURGED = 3,    /* void: its cells are empty */
};
/* Out of lists and counts. */
int mir_row_is_out(enum mir_row_withdrawn withdrawn);

/* state of a row of `write` */
enum mir_write_state { MIR_STATE_PAST = 0, MIR_STATE_LIVE = 1, MIR_STATE_WINNER = 2 };

/* A record's row without its cells. */
struct mir_row {
    const struct mir_table *table; /* NULL: no such record */
    mirsal_id id;
    int64_t no;
    int64_t changeset;
    int64_t updated;
    uint32_t compartment;
    enum mir_row_withdrawn withdrawn;
};

struct mir_projection {
    int has_functions;      /* of views, on this connection */
    struct mir_arena arena; /* texts of statements, which SQLite's cache knows by address */
    const struct mir_schema *schema;
    uint32_t schema_version;
    struct mir_table *tables; /* as schema->types */
    uint32_t table_count;
    uint32_t recent;          /* where a record was found last: the next is often its like */
    struct mir_arena scratch; /* of one apply */
    struct mir_buf bytes;     /* of one digest */
    struct mir_buf cell;
    struct mir_buf text;

    /* While applying. */
    int64_t seq;
    int64_t counter; /* of records */
    int orphans;     /* 1: some record is named by orphan writes */
    uint32_t compartment;
    mirsal_hash digest; /* of compartment */
    uint32_t opened;    /* registers that entered the review queue */
};

/* NULL when the schema in force does not know it. */
const struct mir_table *mir_projection_table(const struct mir_projection *projection,
    uint32_t type);
/* *column is its place; NULL when the schema in force does not know the field. */
const struct mir_table *mir_projection_field(uint32_t *column,
    const struct mir_projection *projection,
    uint32_t field);
const struct mir_table *mir_projection_table_of_no(const struct mir_projection *projection,
    int64_t no);
/* out->table is NULL when that table has no such record. */
mirsal_code mir_projection_find(struct mir_row *out,
    struct mir_store *store,
    const struct mir_table *table,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* An order in force names the record (control.md 5.16), held or not. */
int mir_projection_is_purged(const struct mir_store *store, const mirsal_id *record);
/* 1 when an order on it was lifted that had been of level 2: it enters no digest (6.1). */
int mir_projection_is_recalled(const struct mir_store *store, const mirsal_id *record);
/* In any table. */
mirsal_code mir_projection_find_any(struct mir_row *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* A row's id by its number. */
mirsal_code mir_projection_id(mirsal_id *out,
    struct mir_store *store,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Around what changes registers: counters and the compartment's digest are held meanwhile. */
mirsal_code mir_projection_begin(struct mir_store *store, uint32_t compartment, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_projection_end(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/* Adds (sign 1) or takes (sign -1) a term of a compartment's digest. */
mirsal_code mir_projection_digest_change(struct mir_store *store,
    uint32_t compartment,
    const mirsal_hash *term,
    int sign,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_projection_digest_load(mirsal_hash *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_projection_digest_save(struct mir_store *store,
    uint32_t compartment,
    const mirsal_hash *digest,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
