/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/cells.h - what one field of one record shows, as one MessagePack value.
 *
 * Without keys: the value. Keyed text: an array of [key, value]; a set: an array of the keys that
 * are present. Entries ascend by the bytes of their keys. No entry: no cell (SQL NULL).
 */
#ifndef MIR_CELLS_H
#define MIR_CELLS_H

#include "buf.h"
#include "keyform.h"
#include "reader.h"

/* The value of a set's present element. */
extern const struct mir_bytes mir_cell_present;

struct mir_cell {
    enum mir_key_form form;
    struct mir_reader reader;
    uint32_t left;
};
/* Goes over the registers of a cell; an empty one has none. */
void mir_cell_begin(struct mir_cell *cell, enum mir_key_form form, struct mir_bytes bytes);
/* 1 with key (empty for no key) and value, borrowed; 0 at the end. */
int mir_cell_next(struct mir_cell *cell, struct mir_bytes *key, struct mir_bytes *value);
/* 1 when the register is shown. */
int mir_cell_find(struct mir_bytes *value,
    enum mir_key_form form,
    struct mir_bytes bytes,
    struct mir_bytes key);

/*
 * Appends the cell with one register set anew: value empty, or 0 in a set, takes it out. Appends
 * nothing when no entry is left.
 */
void mir_cell_put(struct mir_buf *out,
    enum mir_key_form form,
    struct mir_bytes old,
    struct mir_bytes key,
    struct mir_bytes value);

#endif
