/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/cells_test.c - Cells keep their entries in order, one per key, and vanish with the
 * last.
 */
#include "cells.h"
#include "test_env.h"

#include <string.h>

static struct mir_bytes bytes(const char *text)
{
    return (struct mir_bytes){ (const uint8_t *)text, strlen(text) };
}

static void put_entry(struct mir_buf *cell,
    enum mir_key_form form,
    struct mir_bytes key,
    struct mir_bytes value)
{
    uint8_t copy[64];
    struct mir_bytes old = { copy, cell->size };
    assert_true(cell->size <= sizeof copy);
    memcpy(copy, cell->data, cell->size);
    mir_buf_reset(cell);
    mir_cell_put(cell, form, old, key, value);
}

static void sets_are_ordered_and_emptied(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf cell;
    struct mir_bytes value;
    test_env_init(&test, 1);
    mir_buf_init(&cell, &test.env, 1024);
    mir_buf_append_u8(&cell, 0);
    mir_buf_reset(&cell);
    put_entry(&cell, MIR_KEY_SET, bytes("\x07"), bytes("\x01"));
    put_entry(&cell, MIR_KEY_SET, bytes("\x03"), bytes("\x01"));
    put_entry(&cell, MIR_KEY_SET, bytes("\x07"), bytes("\x01"));
    assert_int_equal(cell.size, 3);
    assert_memory_equal(cell.data, "\x92\x03\x07", 3);
    assert_true(mir_cell_find(&value, MIR_KEY_SET, mir_buf_bytes(&cell), bytes("\x07")));
    assert_true(mir_bytes_equal(value, mir_cell_present));
    put_entry(&cell, MIR_KEY_SET, bytes("\x03"), (struct mir_bytes){ (const uint8_t *)"\x00", 1 });
    assert_false(mir_cell_find(&value, MIR_KEY_SET, mir_buf_bytes(&cell), bytes("\x03")));
    put_entry(&cell, MIR_KEY_SET, bytes("\x07"), bytes(""));
    assert_int_equal(cell.size, 0);
    mir_buf_fini(&cell);
    test_env_fini(&test);
}

static void texts_are_replaced(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf cell;
    struct mir_bytes value;
    test_env_init(&test, 1);
    mir_buf_init(&cell, &test.env, 1024);
    mir_buf_append_u8(&cell, 0);
    mir_buf_reset(&cell);
    put_entry(&cell, MIR_KEY_TEXT,
        bytes("\xa2"
              "en"),
        bytes("\xa1"
              "x"));
    put_entry(&cell, MIR_KEY_TEXT,
        bytes("\xa2"
              "ar"),
        bytes("\xa1"
              "y"));
    put_entry(&cell, MIR_KEY_TEXT,
        bytes("\xa2"
              "en"),
        bytes("\xa1"
              "z"));
    assert_true(mir_cell_find(&value, MIR_KEY_TEXT, mir_buf_bytes(&cell),
        bytes("\xa2"
              "en")));
    assert_memory_equal(value.data,
        "\xa1"
        "z",
        2);
    struct mir_cell iterator;
    struct mir_bytes key;
    mir_cell_begin(&iterator, MIR_KEY_TEXT, mir_buf_bytes(&cell));
    assert_true(mir_cell_next(&iterator, &key, &value));
    assert_memory_equal(key.data,
        "\xa2"
        "ar",
        3);
    assert_true(mir_cell_next(&iterator, &key, &value));
    assert_false(mir_cell_next(&iterator, &key, &value));
    mir_buf_fini(&cell);
    test_env_fini(&test);
}

static void damaged_cells_end(void **state)
{
    (void)state;
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    mir_cell_begin(&cell, MIR_KEY_SET, bytes("\x93\x01"));
    assert_false(mir_cell_next(&cell, &key, &value));
    mir_cell_begin(&cell, MIR_KEY_TEXT, bytes("\x91\x01"));
    assert_false(mir_cell_next(&cell, &key, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_ordered_and_emptied),
        cmocka_unit_test(texts_are_replaced),
        cmocka_unit_test(damaged_cells_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
