/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/columns_read.c - reads one column into writes.
 *
 * What comes from a peer is bounded by its own bytes: a cell takes at least one, and values given
 * as differences grow by nine at most.
 */
#include "columns.h"

#include "checked.h"
#include "mir_limits.h"
#include "msgpack.h"

#define TUPLE_SIZE_MAX MIR_VALUE_SIZE_MAX /* each part takes at least a byte */

struct mir_write *mir_columns_add(struct mir_columns *columns, struct mir_reader *reader)
{
    struct mir_body *body = columns->body;
    if (mir_reader_ok(reader) && body->writes_count == columns->writes_max) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "too many leaves");
    }
    return mir_reader_ok(reader) ? &body->writes[body->writes_count++] : NULL;
}

/* One value or element read for the record at a place; NULL after failure. */
static struct mir_write *add_write(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_write *like,
    uint32_t create)
{
    struct mir_write *write = mir_columns_add(columns, reader);
    if (write != NULL) {
        *write = *like;
        write->create = create;
        write->record = columns->created.creates[create].record;
    }
    return write;
}

static void decode_cell(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_write *like,
    uint32_t create)
{
    static const uint8_t present[1] = { 1 };
    uint32_t count = 1;
    struct mir_bytes before = { 0 };
    if (like->key_form != MIR_KEY_NONE) {
        count = mir_mp_read_array(reader, UINT32_MAX);
        if (count == 0) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "an empty cell that is not nil");
        }
    }
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        struct mir_write *write = add_write(columns, reader, like, create);
        if (write == NULL) {
            return;
        }
        if (like->key_form == MIR_KEY_TEXT) {
            mir_mp_read_array_exact(reader, 2);
        }
        if (like->key_form != MIR_KEY_NONE) {
            write->key = mir_value_read(reader, &columns->created, columns->arena);
            if (i > 0 && mir_bytes_compare(before, write->key) >= 0) {
                mir_reader_fail(reader, MIRSAL_MALFORMED, "keys that do not ascend");
            }
            before = write->key;
        }
        if (like->key_form == MIR_KEY_SET) {
            write->value = (struct mir_bytes){ present, sizeof present };
        } else {
            write->value = mir_value_read(reader, &columns->created, columns->arena);
        }
    }
}

static void decode_plain(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_write *like,
    const struct mir_entry *entry)
{
    mir_mp_read_array_exact(reader, entry->count);
    for (uint32_t i = 0; i < entry->count && mir_reader_ok(reader); i++) {
        if (!mir_mp_read_nil_if(reader)) {
            decode_cell(columns, reader, like, entry->first + i);
        }
    }
}

/* An integer given as the difference to the one before. */
static int64_t read_difference(struct mir_reader *reader, int64_t *previous)
{
    int64_t value = 0;
    int64_t difference = mir_mp_read_int(reader);
    if (!mir_add_i64(&value, *previous, difference)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a sum of differences over 64 bits");
    }
    *previous = mir_reader_ok(reader) ? value : 0;
    return *previous;
}

static void decode_integers(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_write *like,
    const struct mir_entry *entry)
{
    int64_t previous = 0;
    mir_buf_reset(&columns->values);
    mir_mp_read_array_exact(reader, entry->count);
    for (uint32_t i = 0; i < entry->count && mir_reader_ok(reader); i++) {
        if (mir_mp_read_nil_if(reader)) {
            continue;
        }
        size_t before = columns->values.size;
        mir_mp_write_int(&columns->values, read_difference(reader, &previous));
        struct mir_write *write = add_write(columns, reader, like, entry->first + i);
        if (write != NULL) {
            write->value.size = columns->values.size - before;
        }
    }
}

/* Reads who is present; gives how many. The row's start is kept in *row. */
static uint32_t decode_present(struct mir_reader *reader,
    const struct mir_entry *entry,
    size_t *row)
{
    uint32_t count = 0;
    *row = 0;
    if (mir_mp_read_nil_if(reader)) {
        return entry->count;
    }
    mir_mp_read_array_exact(reader, entry->count);
    *row = reader->at;
    for (uint32_t i = 0; i < entry->count && mir_reader_ok(reader); i++) {
        uint64_t present = mir_mp_read_uint(reader);
        if (present > 1) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "neither present nor absent");
        }
        count += (uint32_t)present;
    }
    if (count == 0 || count == entry->count) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "presence that says nothing");
    }
    return mir_reader_ok(reader) ? count : 0;
}

/* Passes over the parts and notes where each begins. */
static void find_parts(struct mir_reader *reader,
    struct mir_column_part *parts,
    uint32_t length,
    uint32_t count)
{
    for (uint32_t p = 0; p < length && mir_reader_ok(reader); p++) {
        mir_mp_read_array_exact(reader, count);
        parts[p].at = reader->at;
        for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
            if (!mir_mp_read_nil_if(reader)) {
                (void)mir_mp_read_int(reader);
            }
        }
    }
}

/* Writes the next tuple, one element of each part. */
static void read_tuple(struct mir_columns *columns,
    struct mir_reader *walk,
    struct mir_column_part *parts,
    uint32_t length)
{
    mir_mp_write_array(&columns->values, length);
    for (uint32_t p = 0; p < length && mir_reader_ok(walk); p++) {
        walk->at = parts[p].at;
        if (mir_mp_read_nil_if(walk)) {
            mir_mp_write_nil(&columns->values);
        } else {
            mir_mp_write_int(&columns->values, read_difference(walk, &parts[p].previous));
        }
        parts[p].at = walk->at;
    }
}

static void decode_tuples(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_write *like,
    const struct mir_entry *entry)
{
    size_t row = 0;
    uint32_t outer = mir_mp_read_array(reader, TUPLE_SIZE_MAX);
    uint64_t length = mir_mp_read_uint(reader);
    if (length < 1 || length > TUPLE_SIZE_MAX || outer != length + 2) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "tuples of another length");
        return;
    }
    uint32_t count = decode_present(reader, entry, &row);
    struct mir_column_part *parts =
        mir_columns_scratch(&columns->parts, (size_t)length, sizeof *parts);
    if (parts == NULL) {
        mir_reader_fail(reader, MIRSAL_NO_MEMORY, "no memory for a column");
        return;
    }
    find_parts(reader, parts, (uint32_t)length, count);
    mir_buf_reset(&columns->values);
    struct mir_reader walk = *reader;
    for (uint32_t i = 0; i < entry->count && mir_reader_ok(&walk) && mir_reader_ok(reader); i++) {
        if (row > 0) {
            walk.at = row;
            uint64_t present = mir_mp_read_uint(&walk);
            row = walk.at;
            if (present == 0) {
                continue;
            }
        }
        size_t before = columns->values.size;
        read_tuple(columns, &walk, parts, (uint32_t)length);
        struct mir_write *write = add_write(columns, reader, like, entry->first + i);
        if (write != NULL) {
            write->value.size = columns->values.size - before;
            if (write->value.size > MIR_VALUE_SIZE_MAX) {
                mir_reader_fail(reader, MIRSAL_LIMIT, "a value over its limit");
            }
        }
    }
    if (!mir_reader_ok(&walk)) {
        mir_reader_fail(reader, walk.failed, walk.what);
    }
}

/* Moves the values gathered in the scratch to the arena, and points the writes to them. */
static void keep_values(struct mir_columns *columns, struct mir_reader *reader, uint32_t first)
{
    struct mir_body *body = columns->body;
    if (mir_reader_ok(reader) && columns->values.failed != MIRSAL_OK) {
        mir_reader_fail(reader, columns->values.failed, "no memory for a column");
    }
    if (!mir_reader_ok(reader)) {
        return;
    }
    struct mir_bytes all = mir_buf_bytes(&columns->values);
    uint8_t *kept = mir_arena_copy(columns->arena, all.data, all.size);
    if (kept == NULL) {
        mir_reader_fail(reader, MIRSAL_NO_MEMORY, "no memory for a column");
        return;
    }
    size_t at = 0;
    for (uint32_t i = first; i < body->writes_count; i++) {
        body->writes[i].value.data = &kept[at];
        at += body->writes[i].value.size;
    }
}

uint32_t mir_column_decode(struct mir_columns *columns,
    struct mir_reader *reader,
    const struct mir_entry *entry)
{
    struct mir_body *body = columns->body;
    uint32_t first = body->writes_count;
    enum mir_column_form derived = MIR_FORM_PLAIN;
    uint32_t length = 0;
    mir_mp_read_array_exact(reader, 4);
    uint64_t field = mir_mp_read_uint(reader);
    uint64_t key_form = mir_mp_read_uint(reader);
    uint64_t form = mir_mp_read_uint(reader);
    if (field > UINT32_MAX || key_form > MIR_KEY_SET || form > MIR_FORM_TUPLES) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a column of no known form");
    }
    if (!mir_reader_ok(reader)) {
        return 0;
    }
    const struct mir_write like = { .field = (uint32_t)field,
        .key_form = (enum mir_key_form)key_form };
    if (form == MIR_FORM_PLAIN) {
        decode_plain(columns, reader, &like, entry);
    } else if (form == MIR_FORM_INTEGERS) {
        decode_integers(columns, reader, &like, entry);
        keep_values(columns, reader, first);
    } else {
        decode_tuples(columns, reader, &like, entry);
        keep_values(columns, reader, first);
    }
    if (mir_reader_ok(reader) && body->writes_count == first) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a column without a write");
    }
    if (!mir_reader_ok(reader)) {
        return 0;
    }
    if (!mir_column_form(
            &derived, &length, columns, &body->writes[first], body->writes_count - first)) {
        mir_reader_fail(reader, MIRSAL_NO_MEMORY, "no memory for a column");
    } else if (derived != form) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a column in another form than its own");
    }
    return (uint32_t)field;
}
