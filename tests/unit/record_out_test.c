/* SPDX-License-Identifier: Apache-2.0 */
/* unit/record_out_test.c - JSON in, JSON out: every kind of the schema, in schema order, sorted. */
#include "record_out.h"

#include "pack.h"
#include "test_entries.h"

#include <stdio.h>
#include <string.h>

static void comes_back_as(struct test_entries *test, const char *in, const char *out)
{
    const char *got = test_entries_json(test, in);
    if (got == NULL) {
        print_error("%s: %s\n", test->error.field, test->error.message);
    }
    assert_non_null(got);
    assert_string_equal(got, out);
}

static void keys_follow_the_schema_and_sets_are_sorted(void **state)
{
    struct test_entries *test = *state;
    comes_back_as(test,
        "{\"title\":[[\"en\",\"b\"],[\"ar\",\"ا\"]],\"means\":[\"mortar\",\"barrel_bomb\"],"
        "\"lon\":36.49474,\"lat\":35.59209,\"date_start\":\"2019-11-17\",\"type\":\"incident\","
        "\"source_id\":\"seed:I1\",\"raid_seq\":0,\"event_type\":\"غارة جوية\","
        "\"local_time_from\":60,\"parties\":[[{\"source_id\":\"A1\"},\"attacker\"]]}",
        "{\"source_id\":\"seed:I1\",\"event_type\":\"air_drone_strike\","
        "\"date_start\":\"2019-11-17\",\"date_end\":\"2019-11-17\",\"date_prec\":\"day\","
        "\"local_time_from\":60,\"lat\":35.59209,\"lon\":36.49474,\"raid_seq\":0,"
        "\"means\":[\"barrel_bomb\",\"mortar\"],"
        "\"parties\":[[{\"source_id\":\"A1\"},\"attacker\"]],"
        "\"title\":[[\"ar\",\"ا\"],[\"en\",\"b\"]]}");
}

static void what_comes_out_goes_in_again(void **state)
{
    struct test_entries *test = *state;
    static const char *const records[] = {
        "{\"type\":\"casualty\",\"scope\":[{\"source_id\":\"a\"},{\"source_id\":\"b\"}],"
        "\"outcome\":\"killed\",\"min\":5,\"max\":5,\"quality\":\"exact\","
        "\"includes\":[[\"female\",\"adult\"],[null,\"child\"],[\"female\",\"adult\"]],"
        "\"retracted\":false,\"as_of\":\"2019-11-17T12:00:00Z\"}",
        "{\"type\":\"observation\",\"observed_ts\":\"2019-11-17T12:00:00.500+03:00\","
        "\"text\":[[\"ar\",\"نص\"]],\"device_lat\":-0.0000001,\"device_lon\":180.0}",
        "{\"type\":\"place\",\"names\":[[\"ar\",\"سراقب\"],"
        "[\"en\",\"Saraqeb\",\"transliteration\"]],"
        "\"kind\":\"town\",\"lat\":35.86447,\"lon\":36.80591}",
        "{\"type\":\"toll\",\"from\":\"2019-11-01\",\"to\":\"2019-11-17\","
        "\"figures\":[[\"killed\",\"civilian\",null,48,48]]}",
        "{\"type\":\"media\",\"sha256\":"
        "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"size\":12}",
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        char first[2048];
        char again[2048];
        const char *got = test_entries_json(test, records[i]);
        if (got == NULL) {
            print_error("%zu %s: %s\n", i, test->error.field, test->error.message);
        }
        assert_non_null(got);
        (void)snprintf(first, sizeof first, "%s", got);
        const char *comma = strchr(records[i], ',');
        (void)snprintf(again, sizeof again, "{%s", comma + 1);
        assert_string_equal(first, again);
    }
}

static void what_is_empty_or_null_is_left_out(void **state)
{
    struct test_entries *test = *state;
    comes_back_as(test,
        "{\"type\":\"incident\",\"title\":[[\"ar\",\"\"]],\"summary\":\"\",\"rel_text\":null,"
        "\"means\":[],\"date_start\":null,\"lat\":null,\"lon\":null,\"grading_reason\":\"\"}",
        "{}");
}

static void one_register_is_told_alone(void **state)
{
    struct test_entries *test = *state;
    struct mir_record_out form = { &test->schema, &test->arena, NULL, NULL };
    const struct mir_schema_type *type = mir_schema_type_by_name(&test->schema, "incident");
    int component = -1;
    const struct mir_schema_field *date = mir_schema_field_by_name(&component, type, "date_end");
    static const uint8_t days[] = { 0x93, 0xcd, 0x47, 0x29, 0xcd, 0x47, 0x2a, 2 };
    struct mir_shown shown = { .field = date->id, .value = { days, sizeof days } };
    char name[96];
    assert_int_equal(mir_shown_write(&test->text, &form, date, &shown, &test->error), MIRSAL_OK);
    mir_buf_append_u8(&test->text, 0);
    assert_string_equal((const char *)test->text.data,
        "{\"date_start\":\"2019-11-17\",\"date_end\":\"2019-11-18\",\"date_prec\":\"days\"}");
    const struct mir_schema_field *title = mir_schema_field_by_name(&component, type, "title");
    shown = (struct mir_shown){ .field = title->id,
        .key = { (const uint8_t *)"\xa2"
                                  "ar",
            3 },
        .value = { (const uint8_t *)"\xa1x", 2 } };
    mir_buf_reset(&test->text);
    assert_int_equal(mir_shown_write(&test->text, &form, title, &shown, &test->error), MIRSAL_OK);
    mir_buf_append_u8(&test->text, 0);
    assert_string_equal((const char *)test->text.data, "[[\"ar\",\"x\"]]");
    mir_register_name(name, title, shown.key);
    assert_string_equal(name, "title:ar");
    mir_register_name(name, date, (struct mir_bytes){ NULL, 0 });
    assert_string_equal(name, "date");
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(keys_follow_the_schema_and_sets_are_sorted),
        WITH_ENTRIES(what_comes_out_goes_in_again),
        WITH_ENTRIES(what_is_empty_or_null_is_left_out),
        WITH_ENTRIES(one_register_is_told_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
