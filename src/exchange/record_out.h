/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/record_out.h - a record, a register and a value as JSON, in the one form of import,
 * export, list and show: keys in schema order, sets sorted, what is unknown left out.
 */
#ifndef MIR_RECORD_OUT_H
#define MIR_RECORD_OUT_H

#include "read.h"

/* Appends a reference (bin 16, or a source id) as JSON; changeset: who wrote it. */
typedef mirsal_code (*mir_reference_out)(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err);

struct mir_record_out {
    const struct mir_schema *schema;
    struct mir_arena *arena; /* for sorting */
    mir_reference_out reference;
    void *context;
};

/* "type", "id" and the fields, without braces, so that a caller goes on. */
mirsal_code mir_record_write(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The fields alone; skip: one that the caller writes itself, or NULL. */
mirsal_code mir_fields_write(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_record *record,
    const struct mir_schema_field *skip,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * What one write says: text in a language as [[language, text]], components as an object, unknown
 * as null. Of a set's element the element itself.
 */
mirsal_code mir_shown_write(struct mir_buf *out,
    const struct mir_record_out *form,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    mirsal_error *err) MIRSAL_MUST_USE;

/* "title", "title:ar": as commands take it. out has room for 96 bytes. */
void mir_register_name(char out[96], const struct mir_schema_field *field, struct mir_bytes key);

#endif
