/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/columns.h - one column of a clear body: all writes of one field to the records of one entry.
 *
 * protocol/changeset.md 3.2 and 3.3. In memory a column is a row of writes in order of (record,
 * key).
 */
#ifndef MIR_COLUMNS_H
#define MIR_COLUMNS_H

#include "body.h"
#include "reader.h"
#include "values.h"

enum mir_column_form {
    MIR_FORM_PLAIN = 0,
    MIR_FORM_INTEGERS = 1,
    MIR_FORM_TUPLES = 2,
};

/* What the columns of one body share. */
struct mir_columns {
    struct mir_created created;
    struct mir_body *body;   /* decoding: writes are added here */
    uint32_t writes_max;     /* room in body->writes */
    struct mir_arena *arena; /* decoding: long values */
    struct mir_buf parts;    /* scratch */
    struct mir_buf values;   /* scratch */
    int left;                /* numbers of records one by one: what is left of a body */
};

/* One entry of `creates`: the places of its records among all records created. */
struct mir_entry {
    uint32_t first;
    uint32_t count;
};

/*
 * Appends `[field, key_form, form, data]`. writes are those of one field to records of the entry,
 * in order of (record, key), count ≥ 1. BAD_VALUE or LIMIT when a key or value is none that a body
 * may hold.
 */
mirsal_code mir_column_encode(struct mir_buf *out,
    struct mir_columns *columns,
    const struct mir_entry *entry,
    const struct mir_write *writes,
    uint32_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Reads one column and adds its writes to the body. Failure is the reader's. Gives the field. */
uint32_t mir_column_decode(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_entry *entry);

/* One part of a column of tuples: where to read next, and the integer before. */
struct mir_column_part {
    size_t at;
    int64_t previous;
};

/*
 * The form that the values of a column ask for, and for tuples their length. count ≥ 1. Gives 0
 * when memory is out.
 */
int mir_column_form(enum mir_column_form *form,
    uint32_t *length,
    struct mir_columns *columns,
    const struct mir_write *writes,
    uint32_t count);
/* count zeroed elements at the start of a scratch; NULL when memory is out. */
void *mir_columns_scratch(struct mir_buf *buf, size_t count, size_t size);

/* A write added to the body, or NULL and the reader fails (too many leaves). */
struct mir_write *mir_columns_add(struct mir_columns *columns, struct mir_reader *reader);

#endif
