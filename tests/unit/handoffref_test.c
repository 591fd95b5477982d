/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoffref_test.c - source ids in references become ids where the record is held. */
#include "handoffref.h"

#include "handoff_fixture.h"
#include "msgpack.h"

#include <string.h>

static struct test_store founder;
static struct mir_arena arena;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    test_store_fini(&founder);
    return 0;
}

/* incident.place (110) names a record by that source id. */
static struct mir_bytes resolved(const char *source_id)
{
    struct mir_buf value;
    mirsal_id incident = test_team_report(&founder, "x");
    struct mir_record record;
    assert_int_equal(
        mir_read_record(&record, &arena, founder.store, &incident, &founder.err), MIRSAL_OK);
    mir_buf_init(&value, &founder.world.env, 4096);
    mir_mp_write_str(&value, source_id, strlen(source_id));
    struct mir_shown shown = { .field = 110, .changeset = record.created.changeset };
    shown.value.data = mir_arena_copy(&arena, value.data, value.size);
    shown.value.size = value.size;
    mir_buf_fini(&value);
    assert_int_equal(mir_handoff_resolve(&shown, &arena, founder.store,
                         mir_schema_field_by_id(founder.store->schema, 110), &founder.err),
        MIRSAL_OK);
    return shown.value;
}

static void what_is_not_held_stays(void **state)
{
    (void)state;
    struct mir_bytes value = resolved("nowhere");
    assert_int_equal(value.size, 8);
    assert_memory_equal(value.data, "\xa7nowhere", 8);
}

static void other_values_stay_as_they_are(void **state)
{
    (void)state;
    const uint8_t text[] = { 0xa1, 'x' };
    struct mir_shown shown = { .field = TEST_REL_TEXT, .value = { text, 2 } };
    assert_int_equal(
        mir_handoff_resolve(&shown, &arena, founder.store,
            mir_schema_field_by_id(founder.store->schema, TEST_REL_TEXT), &founder.err),
        MIRSAL_OK);
    assert_ptr_equal(shown.value.data, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_held_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_values_stay_as_they_are, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
