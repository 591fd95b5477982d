/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/cells.c - what one field of one record shows; see the header.
 */
#include "cells.h"

#include "msgpack.h"

static const uint8_t present_byte[] = { 1 };
const struct mir_bytes mir_cell_present = { present_byte, 1 };

void mir_cell_begin(struct mir_cell *cell, enum mir_key_form form, struct mir_bytes bytes)
{
    cell->form = form;
    mir_reader_init(&cell->reader, bytes.data, bytes.size);
    cell->left = bytes.size == 0 ? 0 : 1;
    if (bytes.size > 0 && form != MIR_KEY_NONE) {
        cell->left = mir_mp_read_array(&cell->reader, UINT32_MAX);
    }
}

int mir_cell_next(struct mir_cell *cell, struct mir_bytes *key, struct mir_bytes *value)
{
    *key = (struct mir_bytes){ NULL, 0 };
    *value = (struct mir_bytes){ NULL, 0 };
    if (cell->left == 0) {
        return 0;
    }
    cell->left--;
    switch (cell->form) {
    case MIR_KEY_NONE:
        *value = mir_mp_read_value(&cell->reader, SIZE_MAX);
        break;
    case MIR_KEY_TEXT:
        mir_mp_read_array_exact(&cell->reader, 2);
        *key = mir_mp_read_value(&cell->reader, SIZE_MAX);
        *value = mir_mp_read_value(&cell->reader, SIZE_MAX);
        break;
    case MIR_KEY_SET:
        *key = mir_mp_read_value(&cell->reader, SIZE_MAX);
        *value = mir_cell_present;
        break;
    }
    if (!mir_reader_ok(&cell->reader)) {
        cell->left = 0;
        return 0;
    }
    return 1;
}

int mir_cell_find(struct mir_bytes *value,
    enum mir_key_form form,
    struct mir_bytes bytes,
    struct mir_bytes key)
{
    struct mir_cell cell;
    struct mir_bytes found;
    mir_cell_begin(&cell, form, bytes);
    while (mir_cell_next(&cell, &found, value)) {
        if (mir_bytes_equal(found, key)) {
            return 1;
        }
    }
    *value = (struct mir_bytes){ NULL, 0 };
    return 0;
}

static void append_entry(struct mir_buf *out,
    enum mir_key_form form,
    struct mir_bytes key,
    struct mir_bytes value)
{
    if (form == MIR_KEY_TEXT) {
        mir_mp_write_array(out, 2);
    }
    mir_buf_append(out, key.data, key.size);
    if (form == MIR_KEY_TEXT) {
        mir_buf_append(out, value.data, value.size);
    }
}

void mir_cell_put(struct mir_buf *out,
    enum mir_key_form form,
    struct mir_bytes old,
    struct mir_bytes key,
    struct mir_bytes value)
{
    if (form == MIR_KEY_NONE) {
        mir_buf_append(out, value.data, value.size);
        return;
    }
    int shown = value.size > 0 && !(form == MIR_KEY_SET && value.data[0] == 0);
    struct mir_cell cell;
    struct mir_bytes entry_key;
    struct mir_bytes entry_value;
    uint32_t count = shown ? 1 : 0;
    mir_cell_begin(&cell, form, old);
    while (mir_cell_next(&cell, &entry_key, &entry_value)) {
        count += mir_bytes_equal(entry_key, key) ? 0 : 1;
    }
    if (count == 0) {
        return;
    }
    mir_mp_write_array(out, count);
    mir_cell_begin(&cell, form, old);
    while (mir_cell_next(&cell, &entry_key, &entry_value)) {
        int order = mir_bytes_compare(entry_key, key);
        if (order >= 0 && shown) {
            append_entry(out, form, key, value);
            shown = 0;
        }
        if (order != 0) {
            append_entry(out, form, entry_key, entry_value);
        }
    }
    if (shown) {
        append_entry(out, form, key, value);
    }
}
