/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/handoff_chain_test.c - the "chain" vectors of protocol/vectors/handoff.json.
 */
#include "handoff.h"

#include "test_vectors.h"

#include <string.h>

static void judge(const json_t *vector)
{
    struct test_env test;
    struct mir_arena arena;
    mirsal_error err = { 0 };
    mirsal_hash team;
    struct mir_handoff_shown_device *shown = NULL;
    size_t count = 0;
    struct mir_bytes control[64];
    const json_t *input = json_object_get(vector, "input");
    const json_t *list = test_array(input, "control");
    const json_t *roles = test_array(json_object_get(vector, "expect"), "roles");
    print_message("%s\n", test_text(vector, "name"));
    test_env_init(&test, 1);
    mir_arena_init(&arena, &test.env, (size_t)64 << 20);
    test_fixed(team.bytes, 32, input, "team");
    assert_true(json_array_size(list) <= 64);
    for (size_t i = 0; i < json_array_size(list); i++) {
        control[i] = test_bytes_of(json_array_get(list, i));
    }
    assert_int_equal(
        mir_handoff_chain(&shown, &count, &arena, &team, control, json_array_size(list), &err),
        MIRSAL_OK);
    assert_int_equal(count, json_array_size(roles));
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(roles, i);
        struct mir_bytes device = test_bytes_of(json_array_get(row, 0));
        assert_memory_equal(shown[i].device.bytes, device.data, 32);
        assert_int_equal(shown[i].role, json_integer_value(json_array_get(row, 1)));
        assert_int_equal(mir_handoff_role(shown, count, &shown[i].device), shown[i].role);
    }
    assert_int_equal(mir_handoff_role(shown, count, &team), -1);
    mir_arena_fini(&arena);
    test_env_fini(&test);
}

static void every_chain_vector(void **state)
{
    (void)state;
    json_t *file = test_load_source("protocol/vectors/handoff.json");
    const json_t *vectors = test_array(file, "vectors");
    size_t judged = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        if (strcmp(test_text(vector, "op"), "chain") == 0) {
            judge(vector);
            judged++;
        }
    }
    assert_true(judged >= 5);
    test_release_bytes();
    json_decref(file);
}

int main(void)
{
    mirsal_error err;
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_chain_vector) };
    if (mir_crypto_start(&err) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
