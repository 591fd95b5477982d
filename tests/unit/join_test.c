/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/join_test.c - what a joiner checks, and what stays when an invite is false.
 */
#include "files.h"
#include "invite.h"
#include "members.h"
#include "team.h"
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

static struct mir_buf text;

static void make_invite(uint64_t expires_ms)
{
    struct mir_invite_options terms = {
        .role = MIR_ROLE_OBSERVER, .uses = 1, .expires_ms = expires_ms
    };
    mirsal_hash id;
    mir_buf_init(&text, &founder.world.env, 1u << 16);
    assert_int_equal(mir_invite_create(&text, &id, founder.store, &terms, &err), MIRSAL_OK);
}

/* Joins with what stands in text; the store is gone when it fails. */
static mirsal_code join(void)
{
    struct mir_store_options options;
    struct mir_join_options joining = { .invite = mir_buf_bytes(&text) };
    struct test_store device;
    test_store_init(&device, 77);
    test_store_options(&options, &device);
    assert_int_equal(mir_store_create(&device.store, &options, &err), MIRSAL_OK);
    mirsal_code rc = mir_team_join(device.store, &joining, &err);
    mir_store_close(device.store);
    device.store = NULL;
    assert_int_equal(mir_file_exists(device.folder), rc == MIRSAL_OK);
    test_store_fini(&device);
    return rc;
}

/* The invite in text, changed and written again. */
static void change(void (*how)(struct mir_invite_string *invite))
{
    struct mir_invite_string invite;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_invite_read(&invite, &arena, mir_buf_bytes(&text), &err), MIRSAL_OK);
    how(&invite);
    mir_buf_reset(&text);
    assert_int_equal(mir_invite_write(&text, &invite, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
}

static void other_secret(struct mir_invite_string *invite)
{
    invite->secret[0] ^= 1;
}

static void other_role(struct mir_invite_string *invite)
{
    invite->role = MIR_ROLE_COORDINATOR;
}

static void other_team(struct mir_invite_string *invite)
{
    invite->team.bytes[0] ^= 1;
}

static void no_invite(struct mir_invite_string *invite)
{
    invite->changeset_count = 1;
}

static void false_invites_are_refused_and_leave_nothing(void **state)
{
    (void)state;
    void (*const changes[])(
        struct mir_invite_string *) = { other_secret, other_role, other_team, no_invite };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        make_invite(0);
        change(changes[i]);
        assert_int_equal(join(), MIRSAL_NOT_AUTHENTIC);
        mir_buf_fini(&text);
    }
    make_invite(0);
    assert_int_equal(join(), MIRSAL_OK);
    text.data[40] ^= 1;
    assert_int_not_equal(join(), MIRSAL_OK);
    mir_buf_fini(&text);
}

static void an_expired_invite_is_refused(void **state)
{
    (void)state;
    make_invite(TEST_START_MS + 1000);
    assert_int_equal(join(), MIRSAL_OK);
    mir_buf_fini(&text);
    make_invite(TEST_START_MS);
    assert_int_equal(join(), MIRSAL_NOT_ALLOWED);
    mir_buf_fini(&text);
}

static void uses_are_counted_by_all_alike(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct test_store first;
    struct test_store second;
    struct mir_join_options joining = { 0 };
    struct mir_store_options options;
    struct mir_invite_options once = { .role = terms.role, .uses = 1 };
    mirsal_hash id;
    struct test_store *both[] = { &first, &second };
    mir_buf_init(&text, &founder.world.env, 1u << 16);
    assert_int_equal(mir_invite_create(&text, &id, founder.store, &once, &err), MIRSAL_OK);
    joining.invite = mir_buf_bytes(&text);
    for (uint64_t i = 0; i < 2; i++) {
        test_store_init(both[i], 50 + i);
        test_store_options(&options, both[i]);
        assert_int_equal(mir_store_create(&both[i]->store, &options, &err), MIRSAL_OK);
        assert_int_equal(mir_team_join(both[i]->store, &joining, &err), MIRSAL_OK);
    }
    test_team_carry(&founder, &first, 1, 0);
    test_team_carry(&founder, &second, 2, 0);
    int members = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct mir_member *member =
            mir_membership_device(founder.store->membership, mir_store_device(both[i]->store));
        members += member != NULL && member->member;
    }
    assert_int_equal(members, 1);
    mir_buf_fini(&text);
    test_store_fini(&second);
    test_store_fini(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            false_invites_are_refused_and_leave_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expired_invite_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(uses_are_counted_by_all_alike, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
