/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/gather_test.c - a body being gathered finds its creates and registers again.
 */
#include "gather.h"

#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_gather gather;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    mir_gather_init(&gather, &world.env);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_gather_fini(&gather);
    mir_gather_fini(&gather);
    test_env_fini(&world);
    return 0;
}

static mirsal_id record(uint32_t number)
{
    mirsal_id id = { { 0 } };
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static void what_was_put_is_found(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_bytes key = { (const uint8_t *)"\xa2"
                                              "en",
        3 };
    for (uint32_t i = 0; i < 1000; i++) {
        struct mir_create create = { 1, i, record(i) };
        struct mir_write write = {
            .create = i, .field = 7, .record = record(i), .value = { (const uint8_t *)&i, 1 }
        };
        assert_int_equal(mir_gather_create(&gather, &create, &err), MIRSAL_OK);
        assert_int_equal(mir_gather_write(&gather, &write, &err), MIRSAL_OK);
        write.key = key;
        assert_int_equal(mir_gather_write(&gather, &write, &err), MIRSAL_OK);
    }
    assert_int_equal(mir_gather_create_count(&gather), 1000);
    assert_int_equal(mir_gather_write_count(&gather), 2000);
    for (uint32_t i = 0; i < 1000; i++) {
        mirsal_id id = record(i);
        assert_int_equal(mir_gather_find_create(&gather, &id), i);
        assert_int_equal(mir_gather_find_write(&gather, &id, 7, none), 2 * i);
        assert_int_equal(mir_gather_find_write(&gather, &id, 7, key), 2 * i + 1);
        assert_int_equal(mir_gather_find_write(&gather, &id, 8, none), MIR_GATHER_NONE);
    }
    mirsal_id other = record(1000);
    assert_int_equal(mir_gather_find_create(&gather, &other), MIR_GATHER_NONE);
}

static void a_value_is_replaced_and_a_body_emptied(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_bytes value = { (const uint8_t *)"new", 3 };
    struct mir_write write = { .create = MIR_NO_CREATE,
        .field = 7,
        .record = record(1),
        .value = { (const uint8_t *)"old", 3 } };
    assert_int_equal(mir_gather_write(&gather, &write, &err), MIRSAL_OK);
    assert_int_equal(mir_gather_replace(&gather, 0, value, &err), MIRSAL_OK);
    assert_memory_equal(mir_gather_writes(&gather)[0].value.data, "new", 3);
    mir_gather_reset(&gather);
    assert_int_equal(mir_gather_write_count(&gather), 0);
    assert_int_equal(mir_gather_find_write(&gather, &write.record, 7, none), MIR_GATHER_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_put_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_is_replaced_and_a_body_emptied, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
