/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/teamschema_test.c - the schema of the team is the one in force, or the store does not open.
 */
#include "teamschema.h"

#include "layout.h"
#include "members.h"
#include "schema_decode.h"
#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void the_default_is_loaded_with_its_dictionary(void **state)
{
    (void)state;
    struct mir_bytes dictionary;
    mirsal_hash hash;
    uint32_t version = 0;
    assert_int_equal(mir_team_schema_default(&version, &hash, &founder.world.env, &err), MIRSAL_OK);
    assert_int_equal(version, founder.store->schema->version);
    assert_memory_equal(hash.bytes, founder.store->membership->schema.hash.bytes, 32);
    assert_int_equal(mir_team_schema_dictionary(&dictionary, founder.store, version), 1);
    assert_true(dictionary.size > 1000);
    assert_int_equal(mir_team_schema_dictionary(&dictionary, founder.store, version + 1), 0);
}

static void another_schema_is_not_taken_for_the_teams(void **state)
{
    (void)state;
    struct mir_bytes own = mir_schema_default_bytes();
    struct mir_buf other;
    mir_buf_init(&other, &founder.world.env, own.size);
    mir_buf_append(&other, own.data, own.size);
    assert_int_equal(
        mir_meta_set_bytes(founder.store->sql, "schema", mir_buf_bytes(&other), &err), MIRSAL_OK);
    assert_int_equal(mir_team_schema_load(founder.store, &err), MIRSAL_OK);
    other.data[other.size - 1] ^= 1;
    assert_int_equal(
        mir_meta_set_bytes(founder.store->sql, "schema", mir_buf_bytes(&other), &err), MIRSAL_OK);
    assert_int_equal(mir_team_schema_load(founder.store, &err), MIRSAL_VERSION);
    assert_null(founder.store->schema);
    mir_buf_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_default_is_loaded_with_its_dictionary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            another_schema_is_not_taken_for_the_teams, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
