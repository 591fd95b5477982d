/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/parts.h - parts of domain values: components, texts, references. What has another shape has
 * no parts.
 */
#ifndef MIR_PARTS_H
#define MIR_PARTS_H

#include "buf.h"
#include "cells.h"
#include "reader.h"
#include "schema.h"

/* The integer at a place of an array, or (place 0) the value itself; 0 when there is none. */
int mir_part_int(int64_t *out, struct mir_bytes value, uint32_t place);
/* The element at a place of an array, as encoded; empty when there is none. */
struct mir_bytes mir_part_at(struct mir_bytes value, uint32_t place);
/* The bytes of a `bin` or `str` without their head; empty when it is neither. *is_text: a str. */
struct mir_bytes mir_part_content(int *is_text, struct mir_bytes value);
/* The text that a register shows (of names: the name), borrowed; empty when it shows none. */
struct mir_bytes mir_part_text(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value);

/* Goes over the references of a register, each as encoded: bin 16, or str for a source id. */
struct mir_refs {
    struct mir_reader reader;
    uint32_t left;
};
void mir_refs_begin(struct mir_refs *refs,
    const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value);
int mir_refs_next(struct mir_refs *refs, struct mir_bytes *ref);

/* The references that a whole cell names: one, those of a list or set, or each tuple's first. */
struct mir_named_refs {
    struct mir_cell cell;
    int keyed;
    int tuples;
};
void mir_named_begin(struct mir_named_refs *refs,
    const struct mir_schema_field *field,
    struct mir_bytes cell);
int mir_named_next(struct mir_named_refs *refs, struct mir_bytes *ref);

#endif
