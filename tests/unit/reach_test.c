/* SPDX-License-Identifier: Apache-2.0 */
/* unit/reach_test.c - how far changesets came, and counts by state. */
#include "reach.h"

#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store reader;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&reader, &founder, 2, &terms);
    test_team_meet(&founder, &reader, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&reader);
    test_store_fini(&founder);
    return 0;
}

static int64_t newest(struct test_store *device)
{
    return test_team_count(device, "SELECT max(no) FROM changeset WHERE compartment = 0");
}

static enum mir_reach reach_of(struct test_store *device, int64_t no)
{
    enum mir_reach reach = MIR_REACH_READERS;
    assert_int_equal(mir_reach_of(&reach, device->store, no, &device->err), MIRSAL_OK);
    return reach;
}

static void a_report_comes_from_device_to_relay_to_readers(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "by the mill");
    int64_t no = newest(&founder);
    assert_int_equal(reach_of(&founder, no), MIR_REACH_DEVICE);
    assert_int_equal(mir_sql_run(founder.store->sql,
                         "INSERT INTO peer_head (peer, device, compartment, seq, id)"
                         " SELECT 1, device, compartment, seq, id FROM changeset"
                         " WHERE compartment = 0",
                         &founder.err),
        MIRSAL_OK);
    assert_int_equal(reach_of(&founder, no), MIR_REACH_RELAY);
    test_team_meet(&founder, &reader, 4);
    assert_int_equal(reach_of(&reader, newest(&reader)), MIR_REACH_READERS);
    assert_int_equal(reach_of(&founder, no), MIR_REACH_READERS);
}

static mirsal_code named(int64_t *no, mirsal_hash *id, const char *text)
{
    return mir_reach_named(no, id, founder.store, text, &founder.err);
}

static void a_changeset_is_found_by_the_digits_that_only_it_has(void **state)
{
    (void)state;
    static const char alike[] = "UPDATE changeset SET id = CAST(x'abcdef12' || hex(zeroblob(13)) ||"
                                " (10 + no) AS BLOB) WHERE no IN (1, 2)";
    static const char apart[] = "UPDATE changeset SET id = CAST(x'abcdef13' || hex(zeroblob(14))"
                                " AS BLOB) WHERE no = 2";
    mirsal_hash id;
    int64_t no = -1;
    (void)test_team_report(&founder, "by the mill");
    assert_int_equal(mir_sql_run(founder.store->sql, alike, NULL), MIRSAL_OK);
    assert_int_equal(named(&no, &id, "abcdef1"), MIRSAL_AMBIGUOUS_ID);
    assert_int_equal(no, 0);
    assert_int_equal(mir_sql_run(founder.store->sql, apart, NULL), MIRSAL_OK);
    assert_int_equal(named(&no, NULL, "abcdef1"), MIRSAL_AMBIGUOUS_ID);
    assert_int_equal(named(&no, &id, "abcdef13"), MIRSAL_OK);
    assert_int_equal(no, 2);
    assert_int_equal(id.bytes[3], 0x13);
    assert_int_equal(named(&no, NULL, "ABCDEF12"), MIRSAL_OK);
    assert_int_equal(no, 1);
    static const char *const none[] = { "", "abcde", "abcdef14", "abcdex12", "@abcdef12" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(named(&no, NULL, none[i]), MIRSAL_OK);
        assert_int_equal(no, 0);
    }
}

static void a_changeset_is_found_by_its_number(void **state)
{
    (void)state;
    struct mir_reach_row row;
    (void)test_team_report(&founder, "by the mill");
    int64_t held = test_team_count(&founder, "SELECT count(*) FROM changeset");
    assert_int_equal(mir_reach_changeset(&row, founder.store, held, &founder.err), MIRSAL_OK);
    assert_int_equal(row.no, held);
    assert_int_equal(row.state, MIR_STATE_ACCEPTED);
    assert_memory_equal(&row.device, mir_store_device(founder.store), sizeof row.device);
    assert_int_equal(mir_reach_changeset(&row, founder.store, held + 1, &founder.err), MIRSAL_OK);
    assert_int_equal(row.no, 0);
    assert_string_equal(mir_reach_name(MIR_REACH_READERS), "readers");
}

static void a_frontier_is_that_of_the_data_held(void **state)
{
    (void)state;
    uint8_t before[16];
    uint8_t after[16];
    uint8_t there[16];
    assert_int_equal(mir_reach_frontier(before, founder.store, &founder.err), MIRSAL_OK);
    (void)test_team_report(&founder, "by the mill");
    assert_int_equal(mir_reach_frontier(after, founder.store, &founder.err), MIRSAL_OK);
    assert_memory_not_equal(before, after, sizeof after);
    test_team_meet(&founder, &reader, 4);
    assert_int_equal(mir_reach_frontier(there, reader.store, &reader.err), MIRSAL_OK);
    assert_memory_equal(there, after, sizeof after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_report_comes_from_device_to_relay_to_readers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frontier_is_that_of_the_data_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_changeset_is_found_by_the_digits_that_only_it_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changeset_is_found_by_its_number, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
