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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_chain_has_its_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_forked_chain_has_several, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
