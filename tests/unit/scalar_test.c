/* SPDX-License-Identifier: Apache-2.0 */
/* unit/scalar_test.c - single values from text and JSON, and the code that each bad one gets. */
#include "scalar.h"

#include "test_entries.h"

#include <jansson.h>
#include <string.h>

static const struct mir_schema_field *field_of(struct test_entries *test,
    const char *type,
    const char *name)
{
    int component = -1;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, mir_schema_type_by_name(&test->schema, type), name);
    assert_non_null(field);
    return field;
}

static mirsal_code from_text(struct test_entries *test,
    const char *type,
    const char *name,
    const char *text)
{
    const struct mir_schema_field *field = field_of(test, type, name);
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    mir_buf_reset(&test->scratch);
    memset(&test->error, 0, sizeof test->error);
    mirsal_code rc =
        mir_scalar_text(&test->scratch, &test->values, &field->shape, name, bytes, &test->error);
    if (rc != MIRSAL_OK) {
        assert_string_equal(test->error.field, name);
    }
    return rc;
}

static mirsal_code from_json(struct test_entries *test,
    const char *type,
    const char *name,
    const char *json)
{
    const struct mir_schema_field *field = field_of(test, type, name);
    json_t *loaded = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(loaded);
    mir_buf_reset(&test->scratch);
    mirsal_code rc =
        mir_scalar_json(&test->scratch, &test->values, &field->shape, name, loaded, &test->error);
    json_decref(loaded);
    return rc;
}

static void a_code_is_found_by_code_label_and_alias(void **state)
{
    struct test_entries *test = *state;
    static const char *const spellings[] = { "air_drone_strike", "AIR_DRONE_STRIKE",
        "Air/drone strike", "غارة جوية", "Airstrike" };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        assert_int_equal(from_text(test, "incident", "event_type", spellings[i]), MIRSAL_OK);
        assert_int_equal(test->scratch.size, 1);
        assert_int_equal(test->scratch.data[0], 10);
    }
    assert_int_equal(from_text(test, "incident", "event_type", "airstrik"), MIRSAL_BAD_VALUE);
}

static void each_bad_text_has_its_code(void **state)
{
    struct test_entries *test = *state;
    static const struct {
        const char *type;
        const char *field;
        const char *text;
        mirsal_code code;
    } cases[] = {
        { "casualty", "min", "-1", MIRSAL_OUT_OF_RANGE },
        { "casualty", "min", "1000001", MIRSAL_OUT_OF_RANGE },
        { "casualty", "min", "99999999999999999999", MIRSAL_OUT_OF_RANGE },
        { "casualty", "min", "five", MIRSAL_BAD_VALUE },
        { "casualty", "min", "5.5", MIRSAL_BAD_VALUE },
        { "casualty", "min", "", MIRSAL_BAD_VALUE },
        { "casualty", "min", "-", MIRSAL_BAD_VALUE },
        { "casualty", "min", "7", MIRSAL_OK },
        { "report", "published", "2019-02-30", MIRSAL_BAD_VALUE },
        { "report", "published", "2019-02-28", MIRSAL_OK },
        { "report", "received_ts", "yesterday", MIRSAL_BAD_VALUE },
        { "report", "content_hash", "abc", MIRSAL_BAD_VALUE },
        { "report", "source", "not an id", MIRSAL_BAD_VALUE },
        { "report", "url", "\xff\xfe", MIRSAL_NOT_UTF8 },
        { "source", "is_public", "perhaps", MIRSAL_BAD_VALUE },
        { "source", "is_public", "yes", MIRSAL_OK },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            from_text(test, cases[i].type, cases[i].field, cases[i].text), cases[i].code);
    }
}

static void json_numbers_are_whole(void **state)
{
    struct test_entries *test = *state;
    assert_int_equal(from_json(test, "casualty", "min", "5"), MIRSAL_OK);
    assert_int_equal(from_json(test, "casualty", "min", "5.0"), MIRSAL_OK);
    assert_int_equal(test->scratch.data[0], 5);
    assert_int_equal(from_json(test, "casualty", "min", "5.5"), MIRSAL_BAD_VALUE);
    assert_int_equal(from_json(test, "casualty", "min", "\"5\""), MIRSAL_BAD_VALUE);
    assert_int_equal(from_json(test, "casualty", "min", "true"), MIRSAL_BAD_VALUE);
    assert_int_equal(from_json(test, "casualty", "min", "-5"), MIRSAL_OUT_OF_RANGE);
    assert_int_equal(from_json(test, "source", "is_public", "true"), MIRSAL_OK);
    assert_int_equal(from_json(test, "source", "is_public", "2"), MIRSAL_BAD_VALUE);
    assert_int_equal(from_json(test, "incident", "event_type", "7"), MIRSAL_BAD_VALUE);
}

static int64_t degrees(struct test_entries *test, const char *text)
{
    const struct mir_schema_shape shape = {
        .kind = MIR_KIND_INT, .has_min = 1, .has_max = 1, .min = -1800000000, .max = 1800000000
    };
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    mir_buf_reset(&test->scratch);
    assert_int_equal(
        mir_degrees_text(&test->scratch, &shape, "lon", bytes, &test->error), MIRSAL_OK);
    uint32_t value = 0;
    const uint8_t *data = test->scratch.data;
    if (data[0] == 0xce || data[0] == 0xd2) {
        value =
            (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
    } else {
        value = (uint32_t)(int32_t)(int8_t)data[0];
    }
    return (int32_t)value;
}

static void degrees_round_at_the_seventh_place(void **state)
{
    struct test_entries *test = *state;
    assert_int_equal(degrees(test, "36.49474"), 364947400);
    assert_int_equal(degrees(test, "-36.4947412"), -364947412);
    assert_int_equal(degrees(test, "36.49474125"), 364947413);
    assert_int_equal(degrees(test, "36.49474124999"), 364947412);
    assert_int_equal(degrees(test, "180"), 1800000000);
    assert_int_equal(degrees(test, "-0"), 0);
    const struct mir_schema_shape shape = { .kind = MIR_KIND_INT, .has_max = 1, .max = 900000000 };
    static const char *const bad[] = { "", "-", ".", "3,5", "36.5N", "1e2", "--3" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mir_bytes bytes = { (const uint8_t *)bad[i], strlen(bad[i]) };
        assert_int_equal(
            mir_degrees_text(&test->scratch, &shape, "lat", bytes, &test->error), MIRSAL_BAD_VALUE);
    }
    struct mir_bytes far = { (const uint8_t *)"90.0000001", 10 };
    assert_int_equal(
        mir_degrees_text(&test->scratch, &shape, "lat", far, &test->error), MIRSAL_OUT_OF_RANGE);
    struct mir_bytes long_ = { (const uint8_t *)"99999999999999999999999", 23 };
    assert_int_equal(
        mir_degrees_text(&test->scratch, &shape, "lat", long_, &test->error), MIRSAL_OUT_OF_RANGE);
}

static void texts_have_a_ceiling(void **state)
{
    struct test_entries *test = *state;
    static char text[262146];
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(from_text(test, "report", "text_original", text), MIRSAL_TOO_LARGE);
    text[262144] = '\0';
    assert_int_equal(from_text(test, "report", "text_original", text), MIRSAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_code_is_found_by_code_label_and_alias, test_entries_setup, test_entries_teardown),
        cmocka_unit_test_setup_teardown(
            each_bad_text_has_its_code, test_entries_setup, test_entries_teardown),
        cmocka_unit_test_setup_teardown(
            json_numbers_are_whole, test_entries_setup, test_entries_teardown),
        cmocka_unit_test_setup_teardown(
            degrees_round_at_the_seventh_place, test_entries_setup, test_entries_teardown),
        cmocka_unit_test_setup_teardown(
            texts_have_a_ceiling, test_entries_setup, test_entries_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
