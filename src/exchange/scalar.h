/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/scalar.h - single values from text and from JSON: numbers, codes, references, days,
 * times, hashes, flags; packed behind what a buffer holds.
 *
 * Codes: BAD_VALUE, OUT_OF_RANGE, NOT_UTF8, TOO_LARGE, of references NOT_FOUND and AMBIGUOUS_ID;
 * err->field is the name that was given. Nothing of a value stands in an error's text.
 */
#ifndef MIR_SCALAR_H
#define MIR_SCALAR_H

#include "arena.h"
#include "buf.h"
#include "schema.h"

struct json_t; /* jansson's */

/* How references find records. *found = 0 and a type of 0: none is held. type 0: any. */
struct mir_lookup {
    void *context;
    /* A prefix of an id. NOT_FOUND, AMBIGUOUS_ID. */
    mirsal_code (*prefix)(void *context,
        mirsal_id *out,
        uint32_t type,
        struct mir_bytes text,
        mirsal_error *err);
    mirsal_code (*source)(void *context,
        mirsal_id *out,
        int *found,
        uint32_t type,
        struct mir_bytes source_id,
        mirsal_error *err);
    mirsal_code (*type)(void *context, uint32_t *type, const mirsal_id *id, mirsal_error *err);
};

/* What turning outside values into a store's values needs. */
struct mir_values {
    const struct mir_schema *schema;
    struct mir_arena *arena;         /* results live here */
    struct mir_buf *scratch;         /* emptied by each use */
    const struct mir_lookup *lookup; /* NULL: no record is held */
    const char *language;            /* of bare text in languages, NULL: und */
};

/* name: of the field or component, for err->field. Empty text is BAD_VALUE. */
mirsal_code mir_scalar_text(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_shape *shape,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_scalar_json(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_shape *shape,
    const char *name,
    const struct json_t *json,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Decimal degrees as ten-millionths, rounded: lat and lon, whose shape is a bounded int. */
mirsal_code mir_degrees_text(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_degrees_json(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    const struct json_t *json,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The kind of a single value: of a set or list that of its element. */
struct mir_schema_shape mir_element_shape(const struct mir_schema_shape *shape);
/* The buffer's bytes in the arena. */
mirsal_code mir_values_keep(struct mir_bytes *out,
    struct mir_values *values,
    const struct mir_buf *packed,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * References: by UUID, a prefix of it or @SOURCE_ID; and by source id alone. Packed as the id of
 * the
 * record where that is known, else as the source id, which means the record as soon as one with it
 * arrives.
 */
mirsal_code mir_reference_text(struct mir_buf *out,
    struct mir_values *values,
    uint32_t refers,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_reference_source(struct mir_buf *out,
    struct mir_values *values,
    uint32_t refers,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Text of 1 to 35 bytes, letters, digits and hyphens. */
int mir_language_valid(struct mir_bytes tag);

#endif
