/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/invite_test.c - the invite string both ways, and what is refused.
 */
#include "invite.h"

#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_arena arena;
static struct mir_buf text;
static struct mir_invite_string invite;
static struct mir_invite_string read;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    mir_arena_init(&arena, &world.env, 1u << 20);
    mir_buf_init(&text, &world.env, 1u << 20);
    memset(&invite, 0, sizeof invite);
    invite.changesets[0] = (struct mir_bytes){ (const uint8_t *)"genesis", 7 };
    invite.changesets[1] = (struct mir_bytes){ (const uint8_t *)"invite", 6 };
    invite.changeset_count = 2;
    invite.secret[31] = 1;
    invite.label = (struct mir_bytes){ (const uint8_t *)"Amal", 4 };
    invite.relay_url = (struct mir_bytes){ (const uint8_t *)"http://localhost", 16 };
    invite.has_relay = 1;
    invite.relay_serial = 3;
    invite.epochs[0] = (struct mir_epoch_public){ 0, 1, { { 1 } } };
    invite.epochs[1] = (struct mir_epoch_public){ 1, 2, { { 2 } } };
    invite.epoch_count = 2;
    invite.role = 1;
    invite.in_person = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&text);
    mir_arena_fini(&arena);
    test_env_fini(&world);
    return 0;
}

static void an_invite_goes_both_ways(void **state)
{
    (void)state;
    struct mir_buf again;
    assert_int_equal(mir_invite_write(&text, &invite, &err), MIRSAL_OK);
    assert_memory_equal(text.data, "mirsal1", 7);
    mir_buf_append(&text, "\n", 1);
    assert_int_equal(mir_invite_read(&read, &arena, mir_buf_bytes(&text), &err), MIRSAL_OK);
    assert_int_equal(read.changeset_count, 2);
    assert_memory_equal(read.changesets[1].data, "invite", 6);
    assert_int_equal(read.epochs[1].number, 2);
    assert_int_equal(read.role, 1);
    mir_buf_init(&again, &world.env, 1u << 20);
    assert_int_equal(mir_invite_write(&again, &read, &err), MIRSAL_OK);
    mir_buf_append(&again, "\n", 1);
    assert_true(mir_bytes_equal(mir_buf_bytes(&text), mir_buf_bytes(&again)));
    mir_buf_fini(&again);
}

static void damaged_invites_are_refused(void **state)
{
    (void)state;
    assert_int_equal(mir_invite_write(&text, &invite, &err), MIRSAL_OK);
    for (size_t size = 0; size < text.size; size++) {
        struct mir_bytes prefix = { text.data, size };
        assert_int_equal(mir_invite_read(&read, &arena, prefix, &err), MIRSAL_MALFORMED);
        mir_arena_reset(&arena);
    }
    text.data[9] = '!';
    assert_int_equal(mir_invite_read(&read, &arena, mir_buf_bytes(&text), &err), MIRSAL_MALFORMED);
    invite.has_relay = 0;
    mir_buf_reset(&text);
    assert_int_equal(mir_invite_write(&text, &invite, &err), MIRSAL_OK);
    assert_int_equal(mir_invite_read(&read, &arena, mir_buf_bytes(&text), &err), MIRSAL_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_invite_goes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_invites_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
