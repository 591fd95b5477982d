/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/handoff_manifest_test.c - a manifest both ways, with all that it can hold.
 */
#include "handoff.h"

#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_arena arena;
static struct mir_buf out;
static mirsal_error err;

static const struct mir_org_key recipients[] = { { .sign = { { 1 } }, .name = { NULL, 0 } },
    { .sign = { { 2 } }, .name = { (const uint8_t *)"Court", 5 } } };
static const mirsal_hash control[] = { { { 1 } }, { { 2 } } };
static const struct mir_handoff_retraction gone[] = { { { { 3 } }, MIR_HANDOFF_PURGED } };
static const struct mir_handoff_superseded old[] = { { { { 4 } }, 7, { { 5 } } } };
static const struct mir_handoff_author authors[] = { { { { 6 } }, 1 }, { { { 7 } }, 2 } };
static const struct mir_handoff_source sources[] = { { { { 8 } }, 1 } };
static const uint32_t withheld[] = { 122, 70000 };
static const struct mir_handoff_record records[] = {
    { { { 9 } }, 1, { { 0 } }, 3, { { 10 } }, withheld, 2 },
    { { { 1 } }, 2, { { 0 } }, 1, { { 11 } }, NULL, 0 },
};
static const struct mir_handoff_left left[] = { { { { 12 } }, 1, MIR_HANDOFF_LEFT_RELEASE } };

static struct mir_handoff_manifest whole(void)
{
    struct mir_handoff_manifest m = { .mode = MIR_HANDOFF_BY_AUTHOR,
        .handoff = { 1 },
        .team = { { 2 } },
        .name = { (const uint8_t *)"Observatory", 11 },
        .signer = { { 3 } },
        .made_ms = 1574000000000,
        .recipients = recipients,
        .recipient_count = 2,
        .purpose = { (const uint8_t *)"case", 4 },
        .has_until = 1,
        .until = -3,
        .release = 2,
        .control = control,
        .control_count = 2,
        .is_update = 1,
        .update_of = { 9 },
        .retractions = gone,
        .retraction_count = 1,
        .supersedes = old,
        .supersede_count = 1,
        .authors = authors,
        .author_count = 2,
        .changesets = sources,
        .changeset_count = 1,
        .records = records,
        .record_count = 2,
        .left = left,
        .left_count = 1 };
    return m;
}

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    mir_arena_init(&arena, &world.env, 1u << 20);
    mir_buf_init(&out, &world.env, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&out);
    mir_arena_fini(&arena);
    test_env_fini(&world);
    return 0;
}

static void a_manifest_goes_both_ways(void **state)
{
    (void)state;
    struct mir_handoff_manifest m = whole();
    struct mir_handoff_manifest read;
    struct mir_buf again;
    mir_handoff_manifest_write(&out, &m);
    assert_int_equal(
        mir_handoff_manifest_read(&read, &arena, mir_buf_bytes(&out), &err), MIRSAL_OK);
    assert_int_equal(read.until, -3);
    assert_int_equal(read.records[0].withheld[1], 70000);
    assert_int_equal(read.left[0].why, MIR_HANDOFF_LEFT_RELEASE);
    assert_int_equal(read.retractions[0].why, MIR_HANDOFF_PURGED);
    assert_int_equal(read.terms.size, 0);
    mir_buf_init(&again, &world.env, 1u << 20);
    mir_handoff_manifest_write(&again, &read);
    assert_true(mir_bytes_equal(mir_buf_bytes(&again), mir_buf_bytes(&out)));
    mir_buf_fini(&again);
}

static const char *refusal(const struct mir_handoff_manifest *m)
{
    struct mir_handoff_manifest read;
    memset(&err, 0, sizeof err);
    mir_buf_reset(&out);
    mir_handoff_manifest_write(&out, m);
    assert_int_not_equal(
        mir_handoff_manifest_read(&read, &arena, mir_buf_bytes(&out), &err), MIRSAL_OK);
    return err.field;
}

static void lists_without_their_order_are_refused(void **state)
{
    (void)state;
    const mirsal_hash twice[] = { { { 1 } }, { { 1 } } };
    const struct mir_handoff_left both[] = { { { { 9 } }, 1, MIR_HANDOFF_LEFT_CONSENT } };
    const struct mir_handoff_source beyond[] = { { { { 8 } }, 2 } };
    struct mir_handoff_manifest m = whole();
    m.control = twice;
    assert_string_equal(refusal(&m), "form");
    m = whole();
    m.left = both;
    assert_string_equal(refusal(&m), "form");
    m = whole();
    m.changesets = beyond;
    assert_string_equal(refusal(&m), "form");
    m = whole();
    m.recipient_count = 0;
    assert_string_equal(refusal(&m), "form");
    m = whole();
    m.mode = MIR_HANDOFF_ATTESTED;
    assert_string_equal(refusal(&m), "form");
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct mir_handoff_manifest m = whole();
    struct mir_handoff_manifest read;
    mir_handoff_manifest_write(&out, &m);
    for (size_t size = 0; size < out.size; size++) {
        struct mir_bytes cut = { out.data, size };
        assert_int_equal(mir_handoff_manifest_read(&read, &arena, cut, &err), MIRSAL_NOT_AUTHENTIC);
        assert_string_equal(err.field, "form");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_manifest_goes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_without_their_order_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_cut_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
