/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/epochkeys_test.c - private halves are kept sealed and open what was sealed to them.
 */
#include "epochkeys.h"

#include "chains.h"
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

/* The changeset with that number; its bytes live in arena. */
static struct mir_changeset load(struct test_store *from, struct mir_arena *arena, int64_t no)
{
    struct mir_changeset changeset;
    assert_int_equal(mir_chain_load(&changeset, arena, from->store->sql, no, &err), MIRSAL_OK);
    return changeset;
}

static void a_private_half_must_fit(void **state)
{
    (void)state;
    struct mir_agree_secret secret = { { 5 } };
    struct mir_agree_secret back;
    struct mir_agree_public public_key;
    mirsal_hash name = { { 1 } };
    uint32_t count = 0;
    int found = 1;
    mir_agree_public_of(&public_key, &secret);
    assert_int_equal(
        mir_epoch_keep(monitor.store, 0, 3, &secret, &name, &err), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mir_epoch_secret(&back, &found, monitor.store, &name, &err), MIRSAL_OK);
    assert_int_equal(found, 0);
    memcpy(name.bytes, public_key.bytes, sizeof name.bytes);
    assert_int_equal(mir_epoch_keep(monitor.store, 0, 3, &secret, &name, &err), MIRSAL_OK);
    assert_int_equal(mir_epoch_secret(&back, &found, monitor.store, &name, &err), MIRSAL_OK);
    assert_int_equal(found, 1);
    assert_memory_equal(back.bytes, secret.bytes, sizeof secret.bytes);
    assert_int_equal(mir_epoch_count(&count, monitor.store, 0, 3, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(mir_epoch_count(&count, monitor.store, 0, 4, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
    /* Not in the clear. */
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM epoch_secret"
                                               " WHERE instr(secret, x'0500000000000000') > 0"),
        0);
}

static void only_the_key_opens(void **state)
{
    (void)state;
    struct mir_opened opened;
    struct mir_arena arena;
    enum mir_opening how;
    mir_arena_init(&arena, &founder.world.env, MIR_BODY_MEMORY_MAX);
    (void)test_team_report(&monitor, "near the mill");
    struct mir_changeset changeset = load(&monitor, &arena, 4);
    assert_int_equal(
        mir_epoch_open(&opened, &how, &arena, monitor.store, &changeset, &err), MIRSAL_OK);
    assert_int_equal(how, MIR_OPENING_NO_KEY);
    assert_int_equal(
        mir_epoch_open(&opened, &how, &arena, founder.store, &changeset, &err), MIRSAL_OK);
    assert_int_equal(how, MIR_OPENED);
    assert_int_equal(opened.body.creates_count, 1);
    uint8_t *body = mir_arena_copy(&arena, changeset.body.data, changeset.body.size);
    body[changeset.body.size - 1] ^= 1;
    changeset.body.data = body;
    assert_int_equal(
        mir_epoch_open(&opened, &how, &arena, founder.store, &changeset, &err), MIRSAL_OK);
    assert_int_equal(how, MIR_OPENING_BAD);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_private_half_must_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_key_opens, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
