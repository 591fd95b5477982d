/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/epocholder_test.c - older_epoch: what is sealed to an older epoch by who knew the newer one
 * counts and is flagged, on every replica; what was sealed before that is not.
 */
#include "epocholder.h"

#include "epochturn.h"
#include "members.h"
#include "rootword.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store writer;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&writer, &founder, 2, &terms);
    test_team_meet(&founder, &writer, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&writer);
    test_store_fini(&founder);
    return 0;
}

static int64_t flagged(struct test_store *device)
{
    struct mir_older older;
    struct mir_arena arena;
    uint64_t count = 0;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    assert_int_equal(mir_older_load(&older, &arena, device->store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_older_count(&count, &older, device->store, mir_store_device(writer.store), &err),
        MIRSAL_OK);
    mir_arena_fini(&arena);
    return (int64_t)count;
}

static void what_is_sealed_to_an_older_epoch_is_accepted_and_flagged(void **state)
{
    (void)state;
    (void)test_team_report(&writer, "under the first");
    assert_int_equal(mir_epoch_rotate(NULL, founder.store, 0, 1, &err), MIRSAL_OK);
    mirsal_id unaware = test_team_report(&writer, "without knowing");
    test_team_meet(&founder, &writer, 2);
    (void)test_team_report(&writer, "under the second");
    assert_int_equal(flagged(&writer), 0);
    /* A client that does not turn, although its chain knows. */
    struct mir_membership *membership = &writer.store->members->membership;
    for (size_t i = 0; i < membership->epoch_count; i++) {
        membership->epochs[i].usable &= membership->epochs[i].name.number == 1;
    }
    mirsal_id record = test_team_report(&writer, "under the first again");
    test_store_reopen(&writer);
    test_team_meet(&founder, &writer, 3);
    assert_string_equal(test_team_shown(&founder, &record), "under the first again");
    assert_string_equal(test_team_shown(&founder, &unaware), "without knowing");
    assert_int_equal(flagged(&founder), 1);
    assert_int_equal(flagged(&writer), 1);
}

static void work_after_a_loss_counts_with_what_is_left(void **state)
{
    (void)state;
    (void)test_team_report(&writer, "as a coordinator");
    test_team_meet(&founder, &writer, 2);
    assert_int_equal(mir_device_role(founder.store, NULL, mir_store_device(writer.store),
                         MIR_ROLE_MONITOR, NULL, &err),
        MIRSAL_OK);
    test_team_meet(&founder, &writer, 3);
    mirsal_id record = test_team_report(&writer, "as a monitor");
    test_team_meet(&founder, &writer, 4);
    assert_string_equal(test_team_shown(&founder, &record), "as a monitor");
    assert_int_equal(flagged(&founder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_is_sealed_to_an_older_epoch_is_accepted_and_flagged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            work_after_a_loss_counts_with_what_is_left, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
