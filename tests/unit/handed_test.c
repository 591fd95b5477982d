/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handed_test.c - handoffs that hold what is purged are found, and their salts go. */
#include "handed.h"

#include "handoff_fixture.h"
#include "purge.h"

#include <stdio.h>
#include <string.h>

static struct test_store founder;
static struct handoff_bed bed;
static mirsal_id ids[2];
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    ids[0] = test_team_report(&founder, "saffron");
    ids[1] = test_team_report(&founder, "cobalt");
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, ids, 2), MIRSAL_OK);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
    return 0;
}

static const struct mir_purge *purge(const mirsal_id *record)
{
    mirsal_hash order;
    assert_int_equal(mir_purge_say(&order, founder.store, NULL, record, NULL, &err), MIRSAL_OK);
    return mir_purges_find(founder.store->membership, &order);
}

static size_t handed(const struct mir_purge *order, char *name, size_t size)
{
    struct mir_handed *found = NULL;
    struct mir_arena arena;
    size_t count = 0;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_handed_of(&found, &count, &arena, founder.store, order, &err), MIRSAL_OK);
    if (count > 0) {
        assert_memory_equal(found[0].handoff, bed.made.handoff, 16);
        assert_int_equal(found[0].made_ms, bed.made.made_ms);
        assert_int_equal(found[0].name_count, 1);
        assert_true(found[0].names[0].size < size);
        memcpy(name, found[0].names[0].data, found[0].names[0].size);
        name[found[0].names[0].size] = '\0';
    }
    mir_arena_fini(&arena);
    return count;
}

static void a_handoff_of_the_record_is_found(void **state)
{
    (void)state;
    char name[128] = "";
    mirsal_id other = test_team_report(&founder, "later");
    assert_int_equal(handed(purge(&ids[0]), name, sizeof name), 1);
    assert_string_equal(name, "Court");
    assert_int_equal(handed(purge(&other), name, sizeof name), 0);
}

static int64_t rows_of(const mirsal_id *record)
{
    char sql[160];
    char hex[33];
    for (size_t i = 0; i < sizeof record->bytes; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02X", record->bytes[i]);
    }
    (void)snprintf(sql, sizeof sql, "SELECT sum(instr(hex(shown), '%s') > 0) FROM handoff", hex);
    return test_team_count(&founder, sql);
}

static void salts_of_the_record_go_alone(void **state)
{
    (void)state;
    const struct mir_purge *order = purge(&ids[0]);
    assert_int_equal(rows_of(&ids[0]), 1);
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_handed_forget(founder.store, order, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    assert_int_equal(rows_of(&ids[0]), 0);
    assert_int_equal(rows_of(&ids[1]), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_handoff_of_the_record_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(salts_of_the_record_go_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
