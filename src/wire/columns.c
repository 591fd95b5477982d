/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/columns.c - chooses a column's form by its values, and writes it.
 *
 * A form follows from the values alone (mir_column_form), so a reader derives it again from what it
 * has read and refuses a column in another form.
 */
#include "columns.h"

#include "checked.h"
#include "fail.h"
#include "msgpack.h"

#include <string.h>

static int can_subtract(int64_t *previous, int64_t value)
{
    int64_t difference = 0;
    int fits = mir_sub_i64(&difference, value, *previous);
    *previous = value;
    return fits;
}

static int are_integers(const struct mir_write *writes, uint32_t count)
{
    int64_t previous = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct mir_reader reader;
        mir_reader_init(&reader, writes[i].value.data, writes[i].value.size);
        int64_t value = mir_mp_read_int(&reader);
        if (!mir_reader_ok(&reader) || !can_subtract(&previous, value)) {
            return 0;
        }
    }
    return 1;
}

/* The length all tuples have, if each is an array of that many elements; else 0. */
static uint32_t common_length(const struct mir_write *writes, uint32_t count)
{
    uint32_t length = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct mir_reader reader;
        mir_reader_init(&reader, writes[i].value.data, writes[i].value.size);
        uint32_t own = mir_mp_read_array(&reader, UINT32_MAX);
        if (own == 0 || (i > 0 && own != length)) {
            return 0;
        }
        length = own;
    }
    return length;
}

static int tuple_fits(struct mir_bytes tuple, struct mir_column_part *parts, uint32_t length)
{
    struct mir_reader reader;
    mir_reader_init(&reader, tuple.data, tuple.size);
    (void)mir_mp_read_array(&reader, UINT32_MAX);
    for (uint32_t p = 0; p < length; p++) {
        if (mir_mp_read_nil_if(&reader)) {
            continue;
        }
        int64_t value = mir_mp_read_int(&reader);
        if (!mir_reader_ok(&reader) || !can_subtract(&parts[p].previous, value)) {
            return 0;
        }
    }
    return 1;
}

void *mir_columns_scratch(struct mir_buf *buf, size_t count, size_t size)
{
    size_t total = 0;
    mir_buf_reset(buf);
    return mir_mul_size(&total, count, size) ? mir_buf_extend(buf, total) : NULL;
}

int mir_column_form(enum mir_column_form *form,
    uint32_t *length,
    struct mir_columns *columns,
    const struct mir_write *writes,
    uint32_t count)
{
    *form = MIR_FORM_PLAIN;
    *length = 0;
    if (writes[0].key_form != MIR_KEY_NONE) {
        return 1;
    }
    if (are_integers(writes, count)) {
        *form = MIR_FORM_INTEGERS;
        return 1;
    }
    uint32_t common = common_length(writes, count);
    if (common == 0) {
        return 1;
    }
    struct mir_column_part *parts = mir_columns_scratch(&columns->parts, common, sizeof *parts);
    if (parts == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!tuple_fits(writes[i].value, parts, common)) {
            return 1;
        }
    }
    *form = MIR_FORM_TUPLES;
    *length = common;
    return 1;
}

static mirsal_code encode_cell(struct mir_buf *out,
    const struct mir_columns *columns,
    const struct mir_write *writes,
    uint32_t count)
{
    mirsal_code code = MIRSAL_OK;
    if (writes[0].key_form == MIR_KEY_NONE) {
        return mir_value_shorten(out, writes[0].value, &columns->created);
    }
    mir_mp_write_array(out, count);
    for (uint32_t i = 0; i < count && code == MIRSAL_OK; i++) {
        int keyed = writes[i].key_form == MIR_KEY_TEXT;
        if (keyed) {
            mir_mp_write_array(out, 2);
        }
        code = mir_value_shorten(out, writes[i].key, &columns->created);
        if (keyed && code == MIRSAL_OK) {
            code = mir_value_shorten(out, writes[i].value, &columns->created);
        }
    }
    return code;
}

static mirsal_code encode_plain(struct mir_buf *out,
    const struct mir_columns *columns,
    const struct mir_entry *entry,
    const struct mir_write *writes,
    uint32_t count)
{
    mirsal_code code = MIRSAL_OK;
    uint32_t at = 0;
    mir_mp_write_array(out, entry->count);
    for (uint32_t i = 0; i < entry->count && code == MIRSAL_OK; i++) {
        uint32_t cell = 0;
        while (at + cell < count && writes[at + cell].create == entry->first + i) {
            cell++;
        }
        if (cell == 0) {
            mir_mp_write_nil(out);
        } else {
            code = encode_cell(out, columns, &writes[at], cell);
            at += cell;
        }
    }
    MIR_ASSERT(code != MIRSAL_OK || at == count);
    return code;
}

/* Differences cannot overflow: mir_column_form tried them. */
static void write_difference(struct mir_buf *out, int64_t *previous, int64_t value)
{
    int64_t difference = 0;
    int fits = mir_sub_i64(&difference, value, *previous);
    MIR_ASSERT(fits);
    mir_mp_write_int(out, difference);
    *previous = value;
}

static void encode_integers(struct mir_buf *out,
    const struct mir_entry *entry,
    const struct mir_write *writes,
    uint32_t count)
{
    int64_t previous = 0;
    uint32_t at = 0;
    mir_mp_write_array(out, entry->count);
    for (uint32_t i = 0; i < entry->count; i++) {
        if (at < count && writes[at].create == entry->first + i) {
            struct mir_reader reader;
            mir_reader_init(&reader, writes[at].value.data, writes[at].value.size);
            write_difference(out, &previous, mir_mp_read_int(&reader));
            at++;
        } else {
            mir_mp_write_nil(out);
        }
    }
}

static void encode_present(struct mir_buf *out,
    const struct mir_entry *entry,
    const struct mir_write *writes,
    uint32_t count)
{
    uint32_t at = 0;
    if (count == entry->count) {
        mir_mp_write_nil(out);
        return;
    }
    mir_mp_write_array(out, entry->count);
    for (uint32_t i = 0; i < entry->count; i++) {
        int present = at < count && writes[at].create == entry->first + i;
        mir_mp_write_uint(out, present ? 1 : 0);
        at += present ? 1 : 0;
    }
}

/* Part after part; each value's place of its next part is kept in the scratch. */
static mirsal_code encode_tuples(struct mir_buf *out,
    struct mir_columns *columns,
    const struct mir_entry *entry,
    const struct mir_write *writes,
    uint32_t count,
    uint32_t length)
{
    size_t *next = mir_columns_scratch(&columns->parts, count, sizeof *next);
    if (next == NULL) {
        return MIRSAL_NO_MEMORY;
    }
    mir_mp_write_array(out, length + 2);
    mir_mp_write_uint(out, length);
    encode_present(out, entry, writes, count);
    for (uint32_t p = 0; p < length; p++) {
        int64_t previous = 0;
        mir_mp_write_array(out, count);
        for (uint32_t i = 0; i < count; i++) {
            struct mir_reader reader;
            mir_reader_init(&reader, writes[i].value.data, writes[i].value.size);
            if (p == 0) {
                (void)mir_mp_read_array(&reader, UINT32_MAX);
            } else {
                reader.at = next[i];
            }
            if (mir_mp_read_nil_if(&reader)) {
                mir_mp_write_nil(out);
            } else {
                write_difference(out, &previous, mir_mp_read_int(&reader));
            }
            next[i] = reader.at;
        }
    }
    return MIRSAL_OK;
}

/* Integers and tuples are copied by their meaning, so their bytes are checked beforehand. */
static mirsal_code check_values(struct mir_columns *columns,
    const struct mir_write *writes,
    uint32_t count)
{
    mirsal_code code = MIRSAL_OK;
    mir_buf_reset(&columns->values);
    for (uint32_t i = 0; i < count && code == MIRSAL_OK; i++) {
        mir_buf_reset(&columns->values);
        code = mir_value_shorten(&columns->values, writes[i].value, &columns->created);
    }
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(&columns->values, NULL);
    }
    return code;
}

mirsal_code mir_column_encode(struct mir_buf *out,
    struct mir_columns *columns,
    const struct mir_entry *entry,
    const struct mir_write *writes,
    uint32_t count,
    mirsal_error *err)
{
    enum mir_column_form form = MIR_FORM_PLAIN;
    uint32_t length = 0;
    mirsal_code code = MIRSAL_OK;
    MIR_ASSERT(count > 0);
    if (!mir_column_form(&form, &length, columns, writes, count)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a column");
    }
    mir_mp_write_array(out, 4);
    mir_mp_write_uint(out, writes[0].field);
    mir_mp_write_uint(out, writes[0].key_form);
    mir_mp_write_uint(out, form);
    if (form == MIR_FORM_PLAIN) {
        code = encode_plain(out, columns, entry, writes, count);
    } else {
        code = check_values(columns, writes, count);
        if (code == MIRSAL_OK && form == MIR_FORM_INTEGERS) {
            encode_integers(out, entry, writes, count);
        } else if (code == MIRSAL_OK) {
            code = encode_tuples(out, columns, entry, writes, count, length);
        }
    }
    if (code == MIRSAL_MALFORMED) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "a value that no body can hold");
    }
    return code == MIRSAL_OK ? code : mir_fail(err, code, "a column of %u values", count);
}
