/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundlein_test.c - what a store takes from files that are whole, cut, changed, foreign. */
#include "bundlein.h"

#include "bundlenotes.h"
#include "test_bundle.h"

#include <string.h>

static struct test_bundle world;

static int set_up(void **state)
{
    (void)state;
    test_bundle_init(&world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_bundle_fini(&world);
    return 0;
}

static void assert_same(void)
{
    mirsal_hash field = test_team_digest(&world.field);
    mirsal_hash office = test_team_digest(&world.office);
    assert_memory_equal(field.bytes, office.bytes, sizeof field.bytes);
}

static size_t missing_parts(uint32_t *first, const uint8_t bundle[16])
{
    struct mir_arena arena;
    uint32_t *missing = NULL;
    size_t count = 0;
    mir_arena_init(&arena, &world.office.world.env, 1u << 20);
    assert_int_equal(
        mir_bundle_missing(&missing, &count, &arena, world.office.store, bundle, NULL), MIRSAL_OK);
    *first = count > 0 ? missing[0] : 0;
    mir_arena_fini(&arena);
    return count;
}

static void a_second_time_nothing_comes(void **state)
{
    (void)state;
    test_bundle_fill(&world, 2, 100);
    (void)test_bundle_write(&world, &world.field, 0);
    (void)test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    assert_int_equal(taken.changesets, 0);
    assert_true(taken.resumed);
    (void)test_bundle_write(&world, &world.field, 0);
    taken = test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    assert_int_equal(taken.changesets, 0);
    assert_true(taken.duplicates > 2);
    assert_same();
}

static void parts_come_in_any_order(void **state)
{
    (void)state;
    uint32_t first = 0;
    test_bundle_fill(&world, 20, 30000);
    struct mir_bundle_written written =
        test_bundle_write(&world, &world.field, MIR_BUNDLE_PART_MIN);
    assert_true(written.parts >= 3);
    for (unsigned part = written.parts; part > 0; part--) {
        struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, part, MIRSAL_OK);
        assert_int_equal(taken.part, part);
        assert_int_equal(missing_parts(&first, taken.bundle), part - 1);
        assert_int_equal(first, part > 1);
    }
    assert_same();
}

static void a_later_part_is_known_to_be_missing(void **state)
{
    (void)state;
    uint32_t first = 0;
    test_bundle_fill(&world, 20, 30000);
    (void)test_bundle_write(&world, &world.field, MIR_BUNDLE_PART_MIN);
    struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, 1, MIRSAL_OK);
    assert_int_equal(missing_parts(&first, taken.bundle), 1);
    assert_int_equal(first, 2);
}

/* At each place: what came whole is used, and the whole file brings the rest. */
static void a_cut_file_is_used_as_far_as_it_goes(void **state)
{
    (void)state;
    struct mir_buf whole;
    uint64_t before = 0;
    uint64_t sum = 0;
    test_bundle_fill(&world, 10, 20000);
    (void)test_bundle_write(&world, &world.field, 0);
    test_bundle_read(&whole, &world, world.path);
    for (size_t tenths = 1; tenths <= 10; tenths++) {
        size_t size = whole.size * tenths / 10;
        test_bundle_replace(world.path, (struct mir_bytes){ whole.data, size });
        struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
        assert_int_equal(taken.cut, size < whole.size);
        sum += taken.changesets;
        assert_true(sum >= before);
        before = sum;
    }
    assert_true(sum >= 10);
    assert_same();
    mir_buf_fini(&whole);
}

static void a_cut_between_chunks_loses_nothing_before_it(void **state)
{
    (void)state;
    struct mir_buf whole;
    test_bundle_fill(&world, 8, 30000);
    (void)test_bundle_write(&world, &world.field, 0);
    test_bundle_read(&whole, &world, world.path);
    size_t head = 8 + 4 + 2 * 80 + 32 + 19; /* two readers */
    size_t size = head + 2u * 65552u;
    assert_true(size < whole.size);
    test_bundle_replace(world.path, (struct mir_bytes){ whole.data, size });
    struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    assert_true(taken.cut);
    assert_true(taken.changesets >= 4); /* 4 of 30 kB in 131 kB */
    mir_buf_fini(&whole);
}

static void the_mark_alone_may_be_cut_off(void **state)
{
    (void)state;
    struct mir_buf whole;
    test_bundle_fill(&world, 2, 100);
    (void)test_bundle_write(&world, &world.field, 0);
    test_bundle_read(&whole, &world, world.path);
    for (size_t less = 1; less <= 8; less++) {
        test_bundle_replace(world.path, (struct mir_bytes){ whole.data, whole.size - less });
        struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
        assert_false(taken.cut);
    }
    assert_same();
    mir_buf_fini(&whole);
}

static void a_changed_file_is_refused_from_there_on(void **state)
{
    (void)state;
    struct mir_buf whole;
    test_bundle_fill(&world, 10, 20000);
    (void)test_bundle_write(&world, &world.field, 0);
    test_bundle_read(&whole, &world, world.path);
    static const size_t places[] = { 20, 60, 180, 230, 300, 70000, 140000 };
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        whole.data[places[i]] ^= 1;
        test_bundle_replace(world.path, mir_buf_bytes(&whole));
        struct mir_bundle_taken taken =
            test_bundle_take(&world, &world.office, 0, MIRSAL_NOT_AUTHENTIC);
        sum += taken.changesets;
        assert_true(places[i] >= 70000 || taken.changesets == 0);
        whole.data[places[i]] ^= 1;
    }
    assert_true(sum > 0 && sum < 10);
    whole.data[whole.size - 9] ^= 1;
    test_bundle_replace(world.path, mir_buf_bytes(&whole));
    (void)test_bundle_take(&world, &world.office, 0, MIRSAL_NOT_AUTHENTIC);
    whole.data[whole.size - 9] ^= 1;
    mir_buf_append(&whole, "more", 4);
    test_bundle_replace(world.path, mir_buf_bytes(&whole));
    (void)test_bundle_take(&world, &world.office, 0, MIRSAL_NOT_AUTHENTIC);
    test_bundle_replace(world.path, (struct mir_bytes){ whole.data, whole.size - 4 });
    (void)test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    assert_same();
    mir_buf_fini(&whole);
}

static void others_do_not_open_it(void **state)
{
    (void)state;
    struct test_store stranger;
    test_bundle_fill(&world, 1, 100);
    (void)test_bundle_write(&world, &world.field, 0);
    test_team_found(&stranger, 9);
    (void)test_bundle_take(&world, &stranger, 0, MIRSAL_NOT_AUTHENTIC);
    test_store_fini(&stranger);
}

static void another_teams_is_refused_though_it_opens(void **state)
{
    (void)state;
    struct test_store stranger;
    struct mir_bundle_written written;
    struct mir_bundle_taken taken;
    struct mir_bytes secret = { (const uint8_t *)"invented", 8 };
    struct mir_bundle_order_out order = {
        .path = world.path, .passphrase = secret, .kdf_passes = 2, .kdf_memory_kib = 65536
    };
    struct mir_bundle_source source = { .path = world.path, .passphrase = secret };
    test_team_found(&stranger, 9);
    assert_int_equal(mir_bundle_write(&written, stranger.store, &order, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_bundle_take(&taken, world.office.store, &source, NULL), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(taken.changesets, 0);
    test_store_fini(&stranger);
}

static int stop_after(void *context, uint64_t done, uint64_t all)
{
    unsigned *left = context;
    (void)done;
    (void)all;
    return --*left == 0;
}

static void an_interrupted_import_goes_on(void **state)
{
    (void)state;
    unsigned left = 0;
    uint64_t sum = 0;
    unsigned runs = 0;
    struct mir_bundle_taken taken;
    struct mir_bundle_source source = {
        .path = world.path, .progress = stop_after, .progress_context = &left
    };
    mirsal_code rc = MIRSAL_CANCELLED;
    test_bundle_fill(&world, 40, 100000);
    (void)test_bundle_write(&world, &world.field, 0);
    while (rc == MIRSAL_CANCELLED) {
        left = 16;
        rc = mir_bundle_take(&taken, world.office.store, &source, &world.office.err);
        assert_int_equal(taken.resumed, runs > 0);
        sum += taken.changesets;
        runs++;
    }
    if (rc != MIRSAL_OK) {
        fail_msg("run %u: %s", runs, world.office.err.message);
    }
    assert_true(runs > 2);
    assert_true(sum >= 40);
    assert_same();
}

static void what_may_not_be_held_is_left_out(void **state)
{
    (void)state;
    static const struct test_invite monitor = {
        .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1
    };
    struct mir_bundle_written written;
    struct mir_bundle_taken taken;
    struct mir_bytes secret = { (const uint8_t *)"invented", 8 };
    struct mir_bundle_order_out order = {
        .path = world.path, .passphrase = secret, .kdf_passes = 2, .kdf_memory_kib = 65536
    };
    struct mir_bundle_source source = { .path = world.path, .passphrase = secret };
    struct test_store phone;
    test_bundle_fill(&world, 2, 100);
    test_team_join(&phone, &world.office, 5, &monitor);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_OK);
    assert_int_equal(mir_bundle_take(&taken, phone.store, &source, NULL), MIRSAL_OK);
    assert_true(taken.left_out >= 2);
    assert_int_equal(
        test_team_count(&phone, "SELECT count(*) FROM changeset WHERE compartment < 255"), 0);
    assert_int_equal(mir_bundle_take(&taken, phone.store, &source, NULL), MIRSAL_OK);
    assert_false(taken.resumed);
    assert_true(taken.left_out >= 2);
    test_store_fini(&phone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_second_time_nothing_comes),
        TEST(parts_come_in_any_order),
        TEST(a_later_part_is_known_to_be_missing),
        TEST(a_cut_file_is_used_as_far_as_it_goes),
        TEST(a_cut_between_chunks_loses_nothing_before_it),
        TEST(the_mark_alone_may_be_cut_off),
        TEST(a_changed_file_is_refused_from_there_on),
        TEST(others_do_not_open_it),
        TEST(another_teams_is_refused_though_it_opens),
        TEST(an_interrupted_import_goes_on),
        TEST(what_may_not_be_held_is_left_out),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
