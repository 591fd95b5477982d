/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/compartments_test.c - a team's compartments by name and number, their own first epoch, who
 * is granted them and what that device then reads.
 */
#include "compartments.h"

#include "members.h"
#include "msgpack.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

static const struct test_invite reader_terms = { .role = MIR_ROLE_COORDINATOR,
    .in_person = 1,
    .uses = 1 };
static struct test_store founder;
static struct test_store reader;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    test_team_join(&reader, &founder, 2, &reader_terms);
    test_team_meet(&founder, &reader, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&reader);
    test_store_fini(&founder);
    return 0;
}

static mirsal_id report_in(struct test_store *device, uint32_t compartment, const char *text)
{
    struct mir_txn_result result;
    struct mir_txn *txn = NULL;
    struct mir_bytes none = { NULL, 0 };
    struct mir_buf value;
    mirsal_id id;
    mir_buf_init(&value, &device->world.env, 256);
    mir_mp_write_str(&value, text, strlen(text));
    assert_int_equal(mir_txn_begin(&txn, device->store, MIR_TXN_LONE, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, (int)compartment, &err), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, mir_buf_bytes(&value), &err), MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &err), MIRSAL_OK);
    mir_buf_fini(&value);
    return id;
}

static uint32_t add(const char *name)
{
    uint32_t number = 0;
    assert_int_equal(mir_compartment_add(&number, founder.store, name, &err), MIRSAL_OK);
    assert_in_range(number, 2, 254);
    return number;
}

static void its_name_is_for_those_who_read_main(void **state)
{
    (void)state;
    static const struct test_invite monitor_terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct test_store monitor;
    uint32_t found = 0;
    char digits[4];
    uint32_t number = add("إدلب");
    test_team_join(&monitor, &founder, 3, &monitor_terms);
    test_team_meet(&founder, &reader, 2);
    test_team_meet(&founder, &monitor, 2);
    assert_int_equal(mir_compartment_find(&found, reader.store, "إدلب", &err), MIRSAL_OK);
    assert_int_equal(found, number);
    assert_int_equal(mir_compartment_find(&found, monitor.store, "إدلب", &err), MIRSAL_BAD_VALUE);
    assert_non_null(strstr(err.message, "cannot read"));
    (void)snprintf(digits, sizeof digits, "%u", (unsigned)number);
    assert_int_equal(mir_compartment_find(&found, monitor.store, digits, &err), MIRSAL_OK);
    assert_int_equal(found, number);
    /* Who cannot read it writes to it, and who may reads that. */
    mirsal_id record = report_in(&monitor, number, "by a monitor");
    test_team_meet(&founder, &monitor, 3);
    assert_string_equal(test_team_shown(&founder, &record), "by a monitor");
    test_store_fini(&monitor);
}

static void names_are_told_apart(void **state)
{
    (void)state;
    uint32_t number = 0;
    (void)add("Idlib");
    assert_int_equal(mir_compartment_add(&number, founder.store, "Idlib", &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_compartment_add(&number, founder.store, "main", &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_compartment_add(&number, founder.store, "12", &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_compartment_add(&number, founder.store, "", &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_compartment_add(&number, reader.store, "Hama", &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_compartment_find(&number, founder.store, "Hama", &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_compartment_find(&number, founder.store, "255", &err), MIRSAL_BAD_VALUE);
}

static void a_grant_makes_what_was_written_before_readable(void **state)
{
    (void)state;
    uint32_t number = add("Idlib");
    mirsal_id record = report_in(&founder, number, "at the crossing");
    test_team_meet(&founder, &reader, 2);
    assert_string_equal(test_team_shown(&reader, &record), "");
    const mirsal_hash *device = mir_store_device(reader.store);
    assert_int_equal(mir_compartment_grant(founder.store, number, device, 1, &err), MIRSAL_OK);
    test_team_meet(&founder, &reader, 3);
    assert_string_equal(test_team_shown(&reader, &record), "at the crossing");
    assert_true(mir_members_reads(reader.store, number));
    assert_false(mir_members_reads(reader.store, 1));
}

static void a_revoked_device_reads_nothing_new(void **state)
{
    (void)state;
    uint32_t number = add("Idlib");
    const mirsal_hash *device = mir_store_device(reader.store);
    assert_int_equal(mir_compartment_grant(founder.store, number, device, 1, &err), MIRSAL_OK);
    test_team_meet(&founder, &reader, 2);
    assert_int_equal(mir_compartment_grant(founder.store, number, device, 0, &err), MIRSAL_OK);
    const struct mir_epoch *epoch =
        mir_membership_epoch_for_writing(founder.store->membership, number);
    assert_int_equal(epoch->name.number, 2);
    mirsal_id record = report_in(&founder, number, "after that");
    test_team_meet(&founder, &reader, 3);
    assert_string_equal(test_team_shown(&founder, &record), "after that");
    assert_string_equal(test_team_shown(&reader, &record), "");
    assert_int_equal(founder.store->membership->epoch_count, 4); /* turned once */
}

static void main_goes_by_role(void **state)
{
    (void)state;
    const mirsal_hash *device = mir_store_device(reader.store);
    mirsal_hash stranger = { { 1 } };
    assert_int_equal(mir_compartment_grant(founder.store, 0, device, 1, &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_compartment_grant(founder.store, 9, device, 1, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_compartment_grant(founder.store, 1, &stranger, 1, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_compartment_grant(reader.store, 1, device, 1, &err), MIRSAL_NOT_ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(its_name_is_for_those_who_read_main, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_grant_makes_what_was_written_before_readable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_revoked_device_reads_nothing_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(main_goes_by_role, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
