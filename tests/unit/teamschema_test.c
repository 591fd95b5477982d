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
    assert_int_equal(mir_team_schema_dictionary(&dictionary, founder.store, version, 0), 1);
    assert_true(dictionary.size > 1000);
    assert_int_equal(mir_team_schema_dictionary(&dictionary, founder.store, version + 1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_default_is_loaded_with_its_dictionary, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
