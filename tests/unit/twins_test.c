/* SPDX-License-Identifier: Apache-2.0 */
/* unit/twins_test.c - records that share a source id, or whose source id begins so. */
#include "twins.h"

#include "test_desk.h"

#include <string.h>

static struct test_store device;
static struct mir_arena arena;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    mir_arena_init(&arena, &device.world.env, (size_t)1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    test_store_fini(&device);
    return 0;
}

static mirsal_id add(const char *source)
{
    return desk_add(&device, "incident", NULL, ASSIGN("date_start=2019-11-17", source));
}

static void only_those_that_share_one(void **state)
{
    (void)state;
    struct mir_twin *twins = NULL;
    size_t count = 9;
    (void)add("source_id=one");
    (void)add("rel_text=none");
    assert_int_equal(mir_twins_read(&twins, &count, &arena, device.store, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
    (void)add("source_id=two");
    (void)add("source_id=two");
    (void)desk_add(&device, "place", NULL, ASSIGN("source_id=one"));
    assert_int_equal(mir_twins_read(&twins, &count, &arena, device.store, &err), MIRSAL_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(twins[i].type, TEST_INCIDENT);
        assert_int_equal(twins[i].source_id.size, 3);
        assert_memory_equal(twins[i].source_id.data, "two", 3);
    }
    assert_true(memcmp(&twins[0].id, &twins[1].id, sizeof twins[0].id) < 0);
}

static void those_whose_name_begins_so(void **state)
{
    (void)state;
    struct mir_twin *twins = NULL;
    size_t count = 0;
    mirsal_id id = add("source_id=ab/123");
    (void)add("source_id=ab/1234");
    (void)add("source_id=ac/123");
    (void)add("source_id=aa/123");
    assert_int_equal(mir_twins_named(&twins, &count, &arena, device.store,
                         (struct mir_bytes){ (const uint8_t *)"ab/", 3 }, 6, &err),
        MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(&twins[0].id, &id, sizeof id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_those_that_share_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(those_whose_name_begins_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
