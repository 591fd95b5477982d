/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_encode_test.c - what is decoded is written again byte for byte. */
#include "schema_encode.h"

#include "mir_limits.h"
#include "schema_decode.h"
#include "test_env.h"

static void the_default_comes_out_as_it_went_in(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_arena arena;
    struct mir_schema schema;
    struct mir_buf out;
    struct mir_bytes own = mir_schema_default_bytes();
    test_env_init(&test, 1);
    mir_arena_init(&arena, &test.env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&out, &test.env, MIR_SCHEMA_SIZE_MAX);
    assert_int_equal(mir_schema_decode(&schema, &arena, own, NULL), MIRSAL_OK);
    mir_schema_encode(&out, &schema);
    assert_int_equal(mir_buf_finish(&out, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&out), own));
    mir_buf_fini(&out);
    mir_arena_fini(&arena);
    test_env_fini(&test);
}

static void too_small_a_buffer_keeps_its_failure(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_arena arena;
    struct mir_schema schema;
    struct mir_buf out;
    test_env_init(&test, 1);
    mir_arena_init(&arena, &test.env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&out, &test.env, 1000);
    assert_int_equal(
        mir_schema_decode(&schema, &arena, mir_schema_default_bytes(), NULL), MIRSAL_OK);
    mir_schema_encode(&out, &schema);
    assert_int_equal(mir_buf_finish(&out, NULL), MIRSAL_LIMIT);
    mir_buf_fini(&out);
    mir_arena_fini(&arena);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_comes_out_as_it_went_in),
        cmocka_unit_test(too_small_a_buffer_keeps_its_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
