/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/value_test.c - values of each kind, and the code that each fault gets.
 */
#include "value.h"

#include "mir_limits.h"
#include "msgpack.h"
#include "schema_decode.h"
#include "test_env.h"

#include <stdio.h>
#include <string.h>

static struct test_env world;
static struct mir_arena arena;
static struct mir_schema schema;
static struct mir_buf key;
static struct mir_buf value;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    mir_arena_init(&arena, &world.env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&key, &world.env, 1u << 20);
    mir_buf_init(&value, &world.env, 1u << 20);
    assert_int_equal(
        mir_schema_decode(&schema, &arena, mir_schema_default_bytes(), &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&value);
    mir_buf_fini(&key);
    mir_arena_fini(&arena);
    test_env_fini(&world);
    return 0;
}

static const struct mir_schema_field *field(const char *name)
{
    const struct mir_schema_field *found =
        mir_schema_field_by_name(&(int){ 0 }, mir_schema_type_by_name(&schema, "incident"), name);
    if (found == NULL) {
        fail_msg("no field %s", name);
    }
    return found;
}

/* Judges what stands in key and value, and empties both. */
static mirsal_code judge(const char *name)
{
    mirsal_code rc = mir_value_check(field(name), mir_buf_bytes(&key), mir_buf_bytes(&value), &err);
    if (rc != MIRSAL_OK) {
        assert_string_equal(err.field, name);
    }
    mir_buf_reset(&key);
    mir_buf_reset(&value);
    return rc;
}

static void text(struct mir_buf *out, const char *words)
{
    mir_mp_write_str(out, words, strlen(words));
}

static void ints(int64_t a, int64_t b, int with_third)
{
    mir_mp_write_array(&value, with_third ? 3 : 2);
    mir_mp_write_int(&value, a);
    mir_mp_write_int(&value, b);
    if (with_third) {
        mir_mp_write_nil(&value);
    }
}

static void numbers_have_bounds(void **state)
{
    (void)state;
    mir_mp_write_int(&value, 3);
    assert_int_equal(judge("raid_seq"), MIRSAL_OK);
    mir_mp_write_int(&value, -1);
    assert_int_equal(judge("raid_seq"), MIRSAL_OUT_OF_RANGE);
    mir_mp_write_int(&value, 1000001);
    assert_int_equal(judge("raid_seq"), MIRSAL_OUT_OF_RANGE);
    text(&value, "3");
    assert_int_equal(judge("raid_seq"), MIRSAL_BAD_VALUE);
    mir_mp_write_int(&value, 3);
    text(&key, "en");
    assert_int_equal(judge("raid_seq"), MIRSAL_BAD_VALUE);
    mir_mp_write_int(&value, 3);
    mir_mp_write_int(&value, 3);
    assert_int_equal(judge("raid_seq"), MIRSAL_BAD_VALUE);
    assert_int_equal(judge("raid_seq"), MIRSAL_BAD_VALUE);
}

static void unknown_is_a_value_of_every_field_but_of_elements(void **state)
{
    (void)state;
    mir_mp_write_array(&value, 0);
    assert_true(mir_value_is_unknown(mir_buf_bytes(&value)));
    assert_int_equal(judge("raid_seq"), MIRSAL_OK);
    mir_mp_write_array(&value, 0);
    assert_int_equal(judge("date"), MIRSAL_OK);
    mir_mp_write_array(&value, 0);
    text(&key, "x:1");
    assert_int_equal(judge("ref_codes"), MIRSAL_BAD_VALUE);
}

static void texts_are_utf8_and_bounded(void **state)
{
    (void)state;
    text(&value, "near the mill");
    assert_int_equal(judge("rel_text"), MIRSAL_OK);
    text(&value, "");
    assert_int_equal(judge("rel_text"), MIRSAL_BAD_VALUE);
    text(&value, "\xff");
    assert_int_equal(judge("rel_text"), MIRSAL_NOT_UTF8);
    mir_mp_write_str(&value,
        memset(mir_arena_alloc(&arena, MIR_TEXT_SIZE_MAX + 1, 1), 'a', MIR_TEXT_SIZE_MAX + 1),
        MIR_TEXT_SIZE_MAX + 1);
    assert_int_equal(judge("rel_text"), MIRSAL_TOO_LARGE);
    text(&key, "ar");
    text(&value, "غارة");
    assert_int_equal(judge("title"), MIRSAL_OK);
    text(&key, "not a tag");
    text(&value, "x");
    assert_int_equal(judge("title"), MIRSAL_BAD_VALUE);
    text(&value, "x");
    assert_int_equal(judge("title"), MIRSAL_BAD_VALUE);
}

static void dates_and_tuples_keep_their_order(void **state)
{
    (void)state;
    ints(18000, 18001, 1);
    assert_int_equal(judge("date"), MIRSAL_OK);
    ints(18001, 18000, 1);
    assert_int_equal(judge("date"), MIRSAL_MIN_ABOVE_MAX);
    ints(18000, 18001, 0);
    assert_int_equal(judge("date"), MIRSAL_BAD_VALUE);
    ints(2, 4, 0);
    assert_int_equal(judge("strikes"), MIRSAL_OK);
    ints(4, 2, 0);
    assert_int_equal(judge("strikes"), MIRSAL_MIN_ABOVE_MAX);
    ints(-1, 2, 0);
    assert_int_equal(judge("strikes"), MIRSAL_OUT_OF_RANGE);
    mir_mp_write_array(&value, 2);
    mir_mp_write_nil(&value);
    mir_mp_write_nil(&value);
    assert_int_equal(judge("strikes"), MIRSAL_BAD_VALUE);
    mir_mp_write_array(&value, 2);
    mir_mp_write_nil(&value);
    mir_mp_write_int(&value, 5);
    assert_int_equal(judge("strikes"), MIRSAL_OK);
}

static void a_point_has_both_coordinates(void **state)
{
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        mir_mp_write_array(&value, 4);
        mir_mp_write_int(&value, missing ? 0 : 351000000);
        if (missing) {
            mir_mp_write_nil(&value);
        } else {
            mir_mp_write_int(&value, 360000000);
        }
        mir_mp_write_nil(&value);
        mir_mp_write_nil(&value);
        assert_int_equal(judge("point"), missing ? MIRSAL_BAD_VALUE : MIRSAL_OK);
    }
    mir_mp_write_array(&value, 4);
    mir_mp_write_int(&value, 900000001);
    mir_mp_write_int(&value, 0);
    mir_mp_write_nil(&value);
    mir_mp_write_nil(&value);
    assert_int_equal(judge("point"), MIRSAL_OUT_OF_RANGE);
}

static void codes_are_of_their_vocabulary_and_rank(void **state)
{
    (void)state;
    const struct mir_schema_field *workflow = field("workflow");
    const struct mir_schema_vocabulary *codes = workflow->shape.vocabulary;
    uint32_t high = 0;
    struct mir_bytes none = { NULL, 0 };
    for (uint32_t i = 0; i < codes->code_count; i++) {
        mir_mp_write_uint(&value, codes->codes[i].id);
        assert_int_equal(
            mir_value_rank(workflow, none, mir_buf_bytes(&value)), codes->codes[i].rank);
        high = codes->codes[i].rank > high ? codes->codes[i].rank : high;
        assert_int_equal(judge("workflow"), MIRSAL_OK);
    }
    assert_true(high > 0);
    mir_mp_write_uint(&value, 65535);
    assert_int_equal(judge("workflow"), MIRSAL_BAD_VALUE);
}

static void references_and_sets(void **state)
{
    (void)state;
    static const uint8_t id[17] = { 1 };
    mir_mp_write_bin(&value, id, 16);
    assert_int_equal(judge("place"), MIRSAL_OK);
    text(&value, "src:1");
    assert_int_equal(judge("place"), MIRSAL_OK);
    mir_mp_write_bin(&value, id, 17);
    assert_int_equal(judge("place"), MIRSAL_BAD_VALUE);
    mir_mp_write_bin(&key, id, 16);
    mir_mp_write_int(&value, 1);
    assert_int_equal(judge("supersedes"), MIRSAL_OK);
    mir_mp_write_bin(&key, id, 16);
    mir_mp_write_int(&value, 0);
    assert_int_equal(judge("supersedes"), MIRSAL_OK);
    mir_mp_write_bin(&key, id, 16);
    mir_mp_write_int(&value, 2);
    assert_int_equal(judge("supersedes"), MIRSAL_OUT_OF_RANGE);
}

static void a_withdrawal_lists_changesets_in_order(void **state)
{
    (void)state;
    static const uint8_t ids[2][32] = { { 1 }, { 2 } };
    for (int swapped = 0; swapped < 2; swapped++) {
        mir_mp_write_array(&value, 2);
        text(&value, "entered twice");
        mir_mp_write_array(&value, 2);
        mir_mp_write_bin(&value, ids[swapped], 32);
        mir_mp_write_bin(&value, ids[!swapped], 32);
        assert_int_equal(judge("withdrawn"), swapped ? MIRSAL_BAD_VALUE : MIRSAL_OK);
    }
}

/* Pairs of fields that bound each other, wherever the schema has them. */
static void fields_bound_each_other(void **state)
{
    (void)state;
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < schema.field_count; i++) {
        int low = 0;
        int other_low = 0;
        const struct mir_schema_field *other = mir_value_counterpart(&low, schema.fields[i]);
        if (other != NULL) {
            assert_ptr_equal(mir_value_counterpart(&other_low, other), schema.fields[i]);
            assert_int_equal(low + other_low, 1);
            pairs++;
        }
    }
    assert_true(pairs >= 2);
    mir_mp_write_int(&key, 2);
    mir_mp_write_int(&value, 3);
    assert_true(mir_value_in_order(mir_buf_bytes(&key), mir_buf_bytes(&value)));
    assert_false(mir_value_in_order(mir_buf_bytes(&value), mir_buf_bytes(&key)));
    mir_buf_reset(&key);
    mir_mp_write_array(&key, 0);
    assert_true(mir_value_in_order(mir_buf_bytes(&value), mir_buf_bytes(&key)));
}

/* A date whose precision is of the vocabulary that has ranks. */
static void a_code_within_a_tuple_has_its_rank(void **state)
{
    (void)state;
    struct mir_schema_field date = *field("date");
    struct mir_schema_component parts[MIR_SCHEMA_DATE_COMPONENTS];
    const struct mir_bytes none = { NULL, 0 };
    memcpy(parts, date.components, sizeof parts);
    date.components = parts;
    parts[2].shape.vocabulary = field("workflow")->shape.vocabulary;
    const struct mir_schema_vocabulary *codes = parts[2].shape.vocabulary;
    for (uint32_t i = 0; i < codes->code_count; i++) {
        for (int listed = 0; listed < 2; listed++) {
            date.shape.kind = listed ? MIR_KIND_LIST : MIR_KIND_DATE;
            date.shape.element = listed ? MIR_KIND_TUPLE : MIR_KIND_NONE;
            mir_buf_reset(&value);
            if (listed) {
                mir_mp_write_array(&value, 1);
            }
            mir_mp_write_array(&value, 3);
            mir_mp_write_int(&value, 1);
            mir_mp_write_nil(&value);
            mir_mp_write_uint(&value, codes->codes[i].id);
            assert_int_equal(
                mir_value_rank(&date, none, mir_buf_bytes(&value)), codes->codes[i].rank);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_have_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            unknown_is_a_value_of_every_field_but_of_elements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_utf8_and_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates_and_tuples_keep_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_point_has_both_coordinates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(codes_are_of_their_vocabulary_and_rank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_code_within_a_tuple_has_its_rank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references_and_sets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_withdrawal_lists_changesets_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_bound_each_other, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
