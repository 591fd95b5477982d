/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/chainheads_test.c - heads of chains, each of a forked one.
 */
#include "chainheads.h"

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

static size_t heads(struct mir_heads *out, uint32_t compartment, const mirsal_hash *only)
{
    mir_heads_reset(out);
    assert_int_equal(
        mir_chain_heads(out, founder.store->sql, 0, compartment, only, &err), MIRSAL_OK);
    return mir_heads_count(out);
}

static void each_chain_has_its_head(void **state)
{
    (void)state;
    struct mir_heads found;
    mir_heads_init(&found, &founder.world.env);
    (void)test_team_report(&founder, "one");
    (void)test_team_report(&founder, "two");
    (void)test_team_report(&monitor, "three");
    test_team_carry(&founder, &monitor, 1, 0);
    assert_int_equal(heads(&found, 0, NULL), 2);
    assert_int_equal(heads(&found, 0, mir_store_device(founder.store)), 1);
    assert_int_equal(mir_heads_at(&found, 0)->seq, 2);
    assert_int_equal(heads(&found, 255, NULL), 3); /* root, founder, monitor */
    assert_int_equal(heads(&found, 1, NULL), 0);
    mir_heads_fini(&found);
}

static void a_forked_chain_has_several(void **state)
{
    (void)state;
    static const struct mir_verdict kept = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    struct mir_chain_row row;
    struct mir_heads found;
    struct mir_arena arena;
    struct mir_buf header;
    int forks = 0;
    mir_heads_init(&found, &founder.world.env);
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    mir_buf_init(&header, &founder.world.env, 400);
    (void)test_team_report(&founder, "one");
    int64_t no = test_team_count(&founder, "SELECT no FROM changeset WHERE compartment = 0");
    (void)test_team_report(&founder, "two");
    struct mir_changeset other = load(&founder, &arena, no);
    other.fields.content_root.bytes[0] ^= 1;
    mir_header_encode(&header, &other.fields);
    other.header = mir_buf_bytes(&header);
    mir_changeset_id(&other.id, other.header);
    assert_int_equal(
        mir_chain_insert(&row, &forks, founder.store->sql, &other, 5, kept, &err), MIRSAL_OK);
    assert_int_equal(heads(&found, 0, NULL), 2);
    mir_heads_sort(&found);
    assert_int_equal(mir_heads_at(&found, 0)->seq + mir_heads_at(&found, 1)->seq, 3);
    mir_buf_fini(&header);
    mir_arena_fini(&arena);
    mir_heads_fini(&found);
}

/* An invite may come before the one before it: what is told then is what is whole. */
static void a_chain_with_a_gap_names_what_is_below_it(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct test_store late;
    struct mir_heads found;
    struct mir_sql *sql = NULL;
    const mirsal_hash *admin = mir_store_device(founder.store);
    test_team_join(&late, &founder, 3, &terms); /* by the founder's second invite */
    sql = late.store->sql;
    mir_heads_init(&found, &late.world.env);
    assert_int_equal(mir_chain_heads(&found, sql, 0, 255, admin, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&found), 1);
    uint64_t top = mir_heads_at(&found, 0)->seq;
    assert_true(top > 1);
    mir_heads_reset(&found);
    assert_int_equal(mir_chain_whole_heads(&found, sql, 255, admin, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&found), 0); /* its first is not held */
    mir_heads_reset(&found);
    assert_int_equal(mir_chain_whole_heads(&found, sql, 255, NULL, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&found), 2); /* root's, its own */
    /* The first comes: the run ends there, the one with the gap stays. */
    test_team_carry(&late, &founder, 4, 0);
    mir_heads_reset(&found);
    assert_int_equal(mir_chain_whole_heads(&found, sql, 255, admin, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&found), 1);
    assert_int_equal(mir_heads_at(&found, 0)->seq, top);
    mir_heads_fini(&found);
    test_store_fini(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_chain_has_its_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_forked_chain_has_several, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_chain_with_a_gap_names_what_is_below_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
