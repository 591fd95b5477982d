/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/parts.c - parts of domain values; see the header.
 */
#include "parts.h"

#include "msgpack.h"

#include <string.h>

struct mir_bytes mir_part_at(struct mir_bytes value, uint32_t place)
{
    struct mir_reader reader;
    mir_reader_init(&reader, value.data, value.size);
    if (mir_mp_peek(&reader) != MIR_MP_ARRAY || mir_mp_read_array(&reader, UINT32_MAX) <= place) {
        return (struct mir_bytes){ NULL, 0 };
    }
    for (uint32_t i = 0; i < place; i++) {
        (void)mir_mp_read_value(&reader, SIZE_MAX);
    }
    return mir_mp_read_value(&reader, SIZE_MAX);
}

int mir_part_int(int64_t *out, struct mir_bytes value, uint32_t place)
{
    struct mir_reader reader;
    struct mir_bytes part = value;
    *out = 0;
    mir_reader_init(&reader, value.data, value.size);
    if (mir_mp_peek(&reader) == MIR_MP_ARRAY) {
        part = mir_part_at(value, place);
    } else if (place > 0) {
        return 0;
    }
    mir_reader_init(&reader, part.data, part.size);
    if (mir_mp_peek(&reader) != MIR_MP_INT) {
        return 0;
    }
    *out = mir_mp_read_int(&reader);
    return mir_reader_ok(&reader);
}

struct mir_bytes mir_part_content(int *is_text, struct mir_bytes value)
{
    struct mir_reader reader;
    struct mir_bytes content = { NULL, 0 };
    mir_reader_init(&reader, value.data, value.size);
    *is_text = mir_mp_peek(&reader) == MIR_MP_STR;
    if (*is_text) {
        content = mir_mp_read_str(&reader, SIZE_MAX);
    } else if (mir_mp_peek(&reader) == MIR_MP_BIN) {
        content = mir_mp_read_bin(&reader, SIZE_MAX);
    }
    return mir_reader_ok(&reader) ? content : (struct mir_bytes){ NULL, 0 };
}

/* The content of a str, else empty. */
static struct mir_bytes text_of(struct mir_bytes value)
{
    int is_text = 0;
    struct mir_bytes content = mir_part_content(&is_text, value);
    return is_text ? content : (struct mir_bytes){ NULL, 0 };
}

struct mir_bytes mir_part_text(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value)
{
    switch (mir_schema_key_form(field)) {
    case MIR_KEY_NONE:
    case MIR_KEY_TEXT:
        return text_of(value);
    case MIR_KEY_SET:
        break;
    }
    if (field->shape.kind == MIR_KIND_NAMES) {
        return text_of(mir_part_at(key, 1));
    }
    return text_of(key);
}

void mir_refs_begin(struct mir_refs *refs,
    const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value)
{
    int keyed = mir_schema_key_form(field) == MIR_KEY_SET;
    struct mir_bytes bytes = keyed ? key : value;
    memset(refs, 0, sizeof *refs);
    mir_reader_init(&refs->reader, bytes.data, bytes.size);
    if (field->shape.kind == MIR_KIND_REF ||
        (field->shape.kind == MIR_KIND_SET && field->shape.element == MIR_KIND_REF)) {
        refs->left = bytes.size > 0 ? 1 : 0;
    } else if (field->shape.kind == MIR_KIND_LIST && field->shape.element == MIR_KIND_REF &&
               bytes.size > 0) {
        refs->left = mir_mp_read_array(&refs->reader, UINT32_MAX);
    }
}

int mir_refs_next(struct mir_refs *refs, struct mir_bytes *ref)
{
    while (refs->left > 0) {
        refs->left--;
        enum mir_mp_type type = mir_mp_peek(&refs->reader);
        *ref = mir_mp_read_value(&refs->reader, SIZE_MAX);
        if (!mir_reader_ok(&refs->reader)) {
            refs->left = 0;
        } else if (type == MIR_MP_BIN || type == MIR_MP_STR) {
            return 1;
        }
    }
    *ref = (struct mir_bytes){ NULL, 0 };
    return 0;
}

void mir_named_begin(struct mir_named_refs *refs,
    const struct mir_schema_field *field,
    struct mir_bytes cell)
{
    /* A list is an array of its elements, as the cell of a set is. */
    refs->keyed = field->shape.kind == MIR_KIND_LIST || field->shape.kind == MIR_KIND_SET;
    refs->tuples = refs->keyed && field->shape.element == MIR_KIND_TUPLE;
    mir_cell_begin(&refs->cell, refs->keyed ? MIR_KEY_SET : MIR_KEY_NONE, cell);
}

int mir_named_next(struct mir_named_refs *refs, struct mir_bytes *ref)
{
    struct mir_bytes key;
    struct mir_bytes value;
    if (!mir_cell_next(&refs->cell, &key, &value)) {
        *ref = (struct mir_bytes){ NULL, 0 };
        return 0;
    }
    *ref = refs->tuples ? mir_part_at(key, 0) : refs->keyed ? key : value;
    return 1;
}
