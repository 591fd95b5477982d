/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/accept_test.c - what is put is stored once, and what is not its team's or not signed never.
 */
#include "accept.h"

#include "sign.h"
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

static mirsal_code put(struct test_store *to,
    enum mir_accepted *accepted,
    const struct mir_changeset *changeset)
{
    assert_int_equal(mir_store_begin(to->store, &err), MIRSAL_OK);
    mirsal_code rc = mir_accept_put(accepted, to->store, changeset, &err);
    if (rc == MIRSAL_OK) {
        assert_int_equal(mir_store_commit(to->store, &err), MIRSAL_OK);
    } else {
        mir_store_rollback(to->store);
    }
    return rc;
}

static void a_changeset_is_stored_once(void **state)
{
    (void)state;
    enum mir_accepted accepted;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    struct mir_changeset join = load(&monitor, &arena, 3);
    assert_int_equal(put(&founder, &accepted, &join), MIRSAL_OK);
    assert_int_equal(accepted, MIR_ACCEPT_STORED);
    assert_int_equal(put(&founder, &accepted, &join), MIRSAL_OK);
    assert_int_equal(accepted, MIR_ACCEPT_DUPLICATE);
    mir_arena_fini(&arena);
}

static void a_false_one_is_not_stored(void **state)
{
    (void)state;
    uint8_t signature[64] = { 1 };
    enum mir_accepted accepted;
    struct test_store stranger;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    int64_t before = test_team_count(&founder, "SELECT count(*) FROM changeset");
    struct mir_changeset join = load(&monitor, &arena, 3);
    join.signature.data = signature;
    assert_int_equal(put(&founder, &accepted, &join), MIRSAL_BAD_SIGNATURE);
    test_team_found(&stranger, 9);
    struct mir_changeset foreign = load(&stranger, &arena, 1);
    assert_int_equal(put(&founder, &accepted, &foreign), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), before);
    test_store_fini(&stranger);
    mir_arena_fini(&arena);
}

/* The same device signs another changeset with a number it had given. */
static void both_branches_of_a_fork_are_kept_and_quarantined(void **state)
{
    (void)state;

    struct mir_accept_counts counts = { 0 };
    struct mir_changeset second;
    enum mir_accepted accepted;
    struct mir_arena arena;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    test_team_carry(&founder, &monitor, 1, 0);
    assert_string_equal(test_team_shown(&founder, &id), "near the mill");
    second = load(&monitor, &arena, 4);

    struct mir_buf header;
    mir_buf_init(&header, &founder.world.env, 400);
    second.fields.content_root.bytes[0] ^= 1;
    mir_header_encode(&header, &second.fields);
    uint8_t signature[64];
    mir_sign(
        signature, MIR_CONTEXT_CHANGESET, header.data, header.size, &monitor.store->keys->sign);
    struct mir_bytes signed_by = { signature, sizeof signature };
    struct mir_changeset other;
    assert_int_equal(
        mir_changeset_read(&other, mir_buf_bytes(&header), signed_by, second.body, &err),
        MIRSAL_OK);

    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_accept_put(&accepted, founder.store, &other, &err), MIRSAL_OK);
    assert_int_equal(accepted, MIR_ACCEPT_FORK);
    assert_int_equal(mir_accept_settle(&counts, founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    assert_int_equal(counts.reset, 1);
    assert_string_equal(test_team_shown(&founder, &id), "");
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"
                                               " WHERE state = 2 AND reason = 21"),
        2);
    mir_buf_fini(&header);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_changeset_is_stored_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_false_one_is_not_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            both_branches_of_a_fork_are_kept_and_quarantined, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
