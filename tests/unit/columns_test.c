/* SPDX-License-Identifier: Apache-2.0 */
/* unit/columns_test.c - the form that values decide, and its bytes. */
#include "columns.h"

#include "test_body.h"

#include <string.h>

#define RECORDS 4u

static struct test_env test;
static struct test_body body;
static struct mir_columns columns;
static struct mir_buf out;
static const struct mir_entry entry = { 0, RECORDS };

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 7);
    test_body_init(&body, &test.env);
    for (uint32_t i = 0; i < RECORDS; i++) {
        (void)test_body_create(&body, 1, i);
    }
    memset(&columns, 0, sizeof columns);
    mir_buf_init(&columns.parts, &test.env, SIZE_MAX);
    mir_buf_init(&columns.values, &test.env, SIZE_MAX);
    mir_buf_init(&out, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_created_init(&columns.created, &body.arena, body.body.creates, RECORDS), 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&out);
    mir_buf_fini(&columns.parts);
    mir_buf_fini(&columns.values);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

struct cell {
    const char *bytes;
    size_t size;
};
#define CELL(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define NO_CELL                                                                                    \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

static mirsal_code encode(const struct cell cells[RECORDS])
{
    body.body.writes_count = 0;
    mir_buf_reset(&out);
    for (uint32_t i = 0; i < RECORDS; i++) {
        if (cells[i].bytes != NULL) {
            (void)test_body_write(&body, i, 5, cells[i].bytes, cells[i].size);
        }
    }
    return mir_column_encode(
        &out, &columns, &entry, body.body.writes, body.body.writes_count, NULL);
}

/* The column's data, after `[5, 0, form`. */
static void gives(const struct cell cells[RECORDS], enum mir_column_form form, struct cell data)
{
    assert_int_equal(encode(cells), MIRSAL_OK);
    assert_memory_equal(out.data, "\x94\x05\x00", 3);
    assert_int_equal(out.data[3], form);
    assert_int_equal(out.size - 4, data.size);
    assert_memory_equal(&out.data[4], data.bytes, data.size);
}

static void integers_as_differences(void **state)
{
    (void)state;
    const struct cell rising[RECORDS] = { CELL("\xcd\x03\xe8"), NO_CELL, CELL("\xcd\x03\xea"),
        CELL("\xcd\x03\xe7") };
    const struct cell data = CELL("\x94\xcd\x03\xe8\xc0\x02\xfd");
    gives(rising, MIR_FORM_INTEGERS, data);
    const struct cell one[RECORDS] = { NO_CELL, NO_CELL, CELL("\xff"), NO_CELL };
    const struct cell one_data = CELL("\x94\xc0\xc0\xff\xc0");
    gives(one, MIR_FORM_INTEGERS, one_data);
}

static void a_difference_that_does_not_fit(void **state)
{
    (void)state;
    const struct cell wide[RECORDS] = { CELL("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), CELL("\x01"),
        NO_CELL, NO_CELL };
    const struct cell data = CELL("\x94\xd3\x80\x00\x00\x00\x00\x00\x00\x00\x01\xc0\xc0");
    gives(wide, MIR_FORM_PLAIN, data);
    const struct cell fits[RECORDS] = { CELL("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), CELL("\xff"),
        NO_CELL, NO_CELL };
    const struct cell fits_data = CELL(
        "\x94\xd3\x80\x00\x00\x00\x00\x00\x00\x00\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\xc0\xc0");
    gives(fits, MIR_FORM_INTEGERS, fits_data);
    const struct cell tuples[RECORDS] = { CELL("\x91\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        CELL("\x91\x01"), NO_CELL, NO_CELL };
    const struct cell tuples_data =
        CELL("\x94\x91\xd3\x80\x00\x00\x00\x00\x00\x00\x00\x91\x01\xc0\xc0");
    gives(tuples, MIR_FORM_PLAIN, tuples_data);
}

static void tuples_part_by_part(void **state)
{
    (void)state;
    const struct cell all[RECORDS] = { CELL("\x92\x0a\x05"), CELL("\x92\x0c\xc0"),
        CELL("\x92\xc0\x04"), CELL("\x92\x0b\xc0") };
    const struct cell all_data = CELL("\x94\x02\xc0\x94\x0a\x02\xc0\xff\x94\x05\xc0\xff\xc0");
    gives(all, MIR_FORM_TUPLES, all_data);
    const struct cell some[RECORDS] = { NO_CELL, CELL("\x92\x0c\x01"), NO_CELL,
        CELL("\x92\x0b\x03") };
    const struct cell some_data = CELL("\x94\x02\x94\x00\x01\x00\x01\x92\x0c\xff\x92\x01\x02");
    gives(some, MIR_FORM_TUPLES, some_data);
    const struct cell nils[RECORDS] = { CELL("\x91\xc0"), NO_CELL, NO_CELL, NO_CELL };
    const struct cell nils_data = CELL("\x93\x01\x94\x01\x00\x00\x00\x91\xc0");
    gives(nils, MIR_FORM_TUPLES, nils_data);
}

static void everything_else_is_plain(void **state)
{
    (void)state;
    const struct cell texts[RECORDS] = { CELL("\xa1x"), NO_CELL, CELL("\x07"), NO_CELL };
    const struct cell texts_data = CELL("\x94\xa1x\xc0\x07\xc0");
    gives(texts, MIR_FORM_PLAIN, texts_data);
    const struct cell unknown[RECORDS] = { CELL("\x90"), CELL("\x91\x01"), NO_CELL, NO_CELL };
    const struct cell unknown_data = CELL("\x94\x90\x91\x01\xc0\xc0");
    gives(unknown, MIR_FORM_PLAIN, unknown_data);
    const struct cell lengths[RECORDS] = { CELL("\x91\x01"), CELL("\x92\x01\x02"), NO_CELL,
        NO_CELL };
    const struct cell lengths_data = CELL("\x94\x91\x01\x92\x01\x02\xc0\xc0");
    gives(lengths, MIR_FORM_PLAIN, lengths_data);
    const struct cell mixed[RECORDS] = { CELL("\x91\xa1x"), CELL("\x91\x01"), NO_CELL, NO_CELL };
    const struct cell mixed_data = CELL("\x94\x91\xa1x\x91\x01\xc0\xc0");
    gives(mixed, MIR_FORM_PLAIN, mixed_data);
}

static void keys_make_cells_of_several(void **state)
{
    (void)state;
    struct mir_write *write = test_body_write(&body, 1, 9, "\xa1z", 2);
    test_body_key(&body, write, MIR_KEY_TEXT,
        "\xa2"
        "ar",
        3);
    write = test_body_write(&body, 1, 9, "\xa1y", 2);
    test_body_key(&body, write, MIR_KEY_TEXT,
        "\xa2"
        "en",
        3);
    write = test_body_write(&body, 3, 9, "\x01", 1);
    test_body_key(&body, write, MIR_KEY_TEXT,
        "\xa2"
        "ar",
        3);
    assert_int_equal(
        mir_column_encode(&out, &columns, &entry, body.body.writes, 3, NULL), MIRSAL_OK);
    static const char texts[] = "\x94\x09\x01\x00\x94\xc0\x92\x92\xa2"
                                "ar\xa1z\x92\xa2"
                                "en\xa1y\xc0\x91\x92\xa2"
                                "ar\x01";
    assert_int_equal(out.size, sizeof texts - 1);
    assert_memory_equal(out.data, texts, out.size);
    mir_buf_reset(&out);
    for (uint32_t i = 0; i < 3; i++) {
        body.body.writes[i].key_form = MIR_KEY_SET;
    }
    assert_int_equal(
        mir_column_encode(&out, &columns, &entry, body.body.writes, 3, NULL), MIRSAL_OK);
    static const char set[] = "\x94\x09\x02\x00\x94\xc0\x92\xa2"
                              "ar\xa2"
                              "en\xc0\x91\xa2"
                              "ar";
    assert_int_equal(out.size, sizeof set - 1);
    assert_memory_equal(out.data, set, out.size);
}

static void values_are_checked(void **state)
{
    (void)state;
    const struct cell trailing[RECORDS] = { CELL("\x01\x02"), NO_CELL, NO_CELL, NO_CELL };
    assert_int_equal(encode(trailing), MIRSAL_BAD_VALUE);
    const struct cell tuple[RECORDS] = { CELL("\x91\x01\x02"), NO_CELL, NO_CELL, NO_CELL };
    assert_int_equal(encode(tuple), MIRSAL_BAD_VALUE);
    const struct cell longer[RECORDS] = { CELL("\xcc\x01"), NO_CELL, NO_CELL, NO_CELL };
    assert_int_equal(encode(longer), MIRSAL_BAD_VALUE);
    const struct cell nil[RECORDS] = { CELL("\xc0"), NO_CELL, NO_CELL, NO_CELL };
    assert_int_equal(encode(nil), MIRSAL_BAD_VALUE);
    const struct cell deep[RECORDS] = { CELL("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01"), NO_CELL,
        NO_CELL, NO_CELL };
    assert_int_equal(encode(deep), MIRSAL_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(integers_as_differences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_difference_that_does_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tuples_part_by_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(everything_else_is_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_make_cells_of_several, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_checked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
