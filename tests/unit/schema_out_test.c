/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_out_test.c - what comes out is the file that went in, and compiles again. */
#include "schema_out.h"

#include "mir_limits.h"
#include "schema_decode.h"
#include "schema_in.h"
#include "test_env.h"
#include "test_vectors.h"

static void out_and_in_again_are_the_same_bytes(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_arena arena;
    struct mir_schema schema;
    struct mir_buf text;
    struct mir_buf bytes;
    mirsal_error err;
    test_env_init(&test, 1);
    mir_arena_init(&arena, &test.env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&text, &test.env, MIR_SCHEMA_JSON_MAX);
    mir_buf_init(&bytes, &test.env, MIR_SCHEMA_SIZE_MAX);
    assert_int_equal(
        mir_schema_decode(&schema, &arena, mir_schema_default_bytes(), &err), MIRSAL_OK);
    mir_schema_out(&text, &schema);
    assert_int_equal(mir_buf_finish(&text, &err), MIRSAL_OK);
    json_t *source = test_load_source("protocol/schema/incident.json");
    json_t *shown = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_equal(source, shown));
    assert_int_equal(mir_schema_compile(&bytes, &schema, 0, mir_buf_bytes(&text), &err), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&bytes), mir_schema_default_bytes()));
    json_decref(shown);
    json_decref(source);
    mir_buf_fini(&bytes);
    mir_buf_fini(&text);
    mir_arena_fini(&arena);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_and_in_again_are_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
