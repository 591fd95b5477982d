/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/rows.h - records by their row numbers, with their author: for what reads many of them.
 */
#ifndef MIR_ROWS_H
#define MIR_ROWS_H

#include "projection.h"

/* Row numbers, each once, ascending by the records' ids where a whole table was listed. */
struct mir_row_numbers {
    int64_t *numbers;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* of a hash table: places in numbers, from 1; a power of two of them */
    size_t slot_count;
};
/* The number's place, SIZE_MAX when it is not there. */
size_t mir_rows_place(const struct mir_row_numbers *numbers, int64_t number);
/* A number that is there already is left. */
mirsal_code mir_rows_add(struct mir_row_numbers *out,
    struct mir_arena *arena,
    int64_t number,
    mirsal_error *err) MIRSAL_MUST_USE;
/* All of a type, by its name; none when the schema has no such type. */
mirsal_code mir_rows_all(struct mir_row_numbers *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *type,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The record's number; 0 when it is not held. */
mirsal_code mir_rows_find(int64_t *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;

/* One record: cells lie in the arena; those of long texts (langtext, names) are left empty. */
struct mir_full_row {
    struct mir_row row;
    struct mir_author author; /* of the creating changeset */
    struct mir_bytes *cells;  /* as row.table->columns */
};
mirsal_code mir_rows_read(struct mir_full_row *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t number,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Records that were read, each once, in the order in which they were met. */
struct mir_row_set {
    struct mir_row_numbers numbers;
    struct mir_full_row *rows; /* as numbers.numbers; they move when one is taken */
};
/* Reads the record into the set unless it is there already. */
mirsal_code mir_rows_take(struct mir_row_set *set,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t number,
    mirsal_error *err) MIRSAL_MUST_USE;
/* All of a type, by its name. */
mirsal_code mir_rows_take_all(struct mir_row_set *set,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *type,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A field's cell by its name; empty when nothing stands there. */
struct mir_bytes mir_rows_cell(const struct mir_full_row *row, const char *field);
/* A code or integer field; 0 when there is none. */
int mir_rows_int(int64_t *out, const struct mir_full_row *row, const char *field);
/* The code's text; "" when there is none. */
const char *mir_rows_code(const struct mir_full_row *row, const char *field);
/* The record that a reference of a changeset means; zeros for none. An id is that, held or not; a
 * source id is looked up. */
mirsal_code mir_rows_meant(mirsal_id *out,
    struct mir_store *store,
    uint32_t refers,
    struct mir_bytes ref,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The record that the field's reference means. */
mirsal_code mir_rows_ref(mirsal_id *out,
    struct mir_store *store,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The records that a list or set of references means. */
mirsal_code mir_rows_refs(mirsal_id **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Who wrote what the field without keys shows. */
mirsal_code mir_rows_winner(struct mir_author *out,
    struct mir_store *store,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
