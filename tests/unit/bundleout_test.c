/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundleout_test.c - bundles written whole, in parts, as deltas; what interruptions leave. */
#include "bundleout.h"

#include "files.h"
#include "test_bundle.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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

static uint64_t size_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (uint64_t)status.st_size;
}

static void what_was_carried_gives_the_same_digest(void **state)
{
    (void)state;
    test_bundle_fill(&world, 3, 100);
    struct mir_bundle_written written = test_bundle_write(&world, &world.field, 0);
    assert_int_equal(written.parts, 1);
    assert_int_equal(written.bytes, size_of(world.path));
    struct mir_bundle_taken taken = test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    assert_true(taken.changesets >= 3);
    assert_int_equal(taken.changesets + taken.duplicates, written.changesets);
    mirsal_hash field = test_team_digest(&world.field);
    mirsal_hash office = test_team_digest(&world.office);
    assert_memory_equal(field.bytes, office.bytes, sizeof field.bytes);
}

static void parts_are_no_larger_than_said(void **state)
{
    (void)state;
    test_bundle_fill(&world, 20, 30000);
    struct mir_bundle_written written =
        test_bundle_write(&world, &world.field, MIR_BUNDLE_PART_MIN);
    assert_true(written.parts > 2);
    uint64_t all = 0;
    for (unsigned part = 1; part <= written.parts; part++) {
        uint64_t size = size_of(test_bundle_part(&world, part));
        assert_true(size <= MIR_BUNDLE_PART_MIN);
        all += size;
    }
    assert_int_equal(all, written.bytes);
    assert_false(mir_file_exists(test_bundle_part(&world, written.parts + 1)));
    assert_false(mir_file_exists(world.path));
}

static void a_part_holds_the_largest_changeset(void **state)
{
    (void)state;
    mirsal_error err;
    struct mir_bundle_written written;
    struct mir_bundle_order_out order = { .path = world.path, .part_size = MIR_BUNDLE_PART_MIN };
    test_bundle_fill(&world, 3, 100);
    test_bundle_fill(&world, 1, 200000);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, &err), MIRSAL_TOO_LARGE);
    assert_string_equal(err.field, "split");
    assert_false(
        mir_file_exists(test_bundle_part(&world, 1))); /* told before anything is written */
    written = test_bundle_write(&world, &world.field, 2u * MIR_BUNDLE_PART_MIN);
    assert_true(written.changesets > 3);
}

static int stop_at(void *context, uint64_t done, uint64_t all)
{
    const uint64_t *at = context;
    return done * 100 / (all + 1) >= *at;
}

static void parts_that_stand_are_kept(void **state)
{
    (void)state;
    uint64_t at = 60;
    struct mir_bundle_written written;
    struct mir_bundle_order_out order = { .path = world.path,
        .part_size = MIR_BUNDLE_PART_MIN,
        .progress = stop_at,
        .progress_context = &at };
    struct mir_buf first;
    struct mir_buf again;
    test_bundle_fill(&world, 20, 30000);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_CANCELLED);
    test_bundle_read(&first, &world, test_bundle_part(&world, 1));
    order.progress = NULL;
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_OK);
    assert_true(written.resumed > 0 && written.resumed < written.parts);
    test_bundle_read(&again, &world, test_bundle_part(&world, 1));
    assert_true(mir_bytes_equal(mir_buf_bytes(&first), mir_buf_bytes(&again)));
    for (unsigned part = 1; part <= written.parts; part++) {
        (void)test_bundle_take(&world, &world.office, part, MIRSAL_OK);
    }
    mirsal_hash field = test_team_digest(&world.field);
    mirsal_hash office = test_team_digest(&world.office);
    assert_memory_equal(field.bytes, office.bytes, sizeof field.bytes);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_OK);
    assert_int_equal(written.resumed, 0);
    mir_buf_fini(&first);
    mir_buf_fini(&again);
}

static void an_interruption_leaves_no_file_of_that_name(void **state)
{
    (void)state;
    uint64_t at = 10;
    struct mir_bundle_written written;
    struct mir_bundle_order_out order = {
        .path = world.path, .progress = stop_at, .progress_context = &at
    };
    test_bundle_fill(&world, 4, 30000);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_CANCELLED);
    assert_false(mir_file_exists(world.path));
}

static void other_files_are_left_alone(void **state)
{
    (void)state;
    struct mir_bundle_written written;
    struct mir_bundle_order_out order = { .path = world.path };
    test_bundle_replace(world.path, (struct mir_bytes){ (const uint8_t *)"a letter", 8 });
    assert_int_equal(
        mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_STORE_EXISTS);
    assert_int_equal(size_of(world.path), 8);
    assert_int_equal(unlink(world.path), 0);
    (void)test_bundle_write(&world, &world.field, 0);
    (void)test_bundle_write(&world, &world.field, 0);
}

static void a_disk_for_small_files_wants_parts(void **state)
{
    (void)state;
    struct rlimit before;
    struct mir_bundle_written written;
    struct mir_bundle_order_out order = { .path = world.path };
    test_bundle_fill(&world, 20, 30000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = { 100000, before.rlim_max };
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    mirsal_code rc = mir_bundle_write(&written, world.field.store, &order, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rc, MIRSAL_TOO_LARGE);
    assert_false(mir_file_exists(world.path));
}

static void a_delta_leaves_out_what_the_other_holds(void **state)
{
    (void)state;
    struct mir_bundle_written written;
    char answer[160];
    (void)snprintf(answer, sizeof answer, "%s.001", world.path);
    test_bundle_fill(&world, 5, 100);
    (void)test_bundle_write(&world, &world.field, 0);
    (void)test_bundle_take(&world, &world.office, 0, MIRSAL_OK);
    struct mir_bundle_order_out frontier = {
        .path = answer, .to = mir_store_device(world.field.store), .frontier_only = 1
    };
    assert_int_equal(mir_bundle_write(&written, world.office.store, &frontier, NULL), MIRSAL_OK);
    assert_int_equal(written.changesets, 0);
    test_bundle_fill(&world, 1, 90);
    struct mir_bundle_order_out delta = { .path = world.path, .since = answer };
    assert_int_equal(mir_bundle_write(&written, world.field.store, &delta, NULL), MIRSAL_OK);
    assert_int_equal(written.changesets, 1);
    delta.to = mir_store_device(world.field.store);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &delta, NULL), MIRSAL_BAD_VALUE);
}

static void a_passphrase_opens_it(void **state)
{
    (void)state;
    struct mir_bundle_written written;
    struct mir_bundle_taken taken;
    struct mir_bytes secret = { (const uint8_t *)"invented", 8 };
    struct mir_bundle_order_out order = {
        .path = world.path, .passphrase = secret, .kdf_passes = 2, .kdf_memory_kib = 65536
    };
    struct mir_bundle_source source = { .path = world.path };
    test_bundle_fill(&world, 1, 100);
    assert_int_equal(mir_bundle_write(&written, world.field.store, &order, NULL), MIRSAL_OK);
    assert_int_equal(mir_bundle_take(&taken, world.office.store, &source, NULL), MIRSAL_USAGE);
    source.passphrase = (struct mir_bytes){ (const uint8_t *)"another", 7 };
    assert_int_equal(
        mir_bundle_take(&taken, world.office.store, &source, NULL), MIRSAL_WRONG_PASSPHRASE);
    source.passphrase = secret;
    assert_int_equal(mir_bundle_take(&taken, world.office.store, &source, NULL), MIRSAL_OK);
    assert_true(taken.changesets > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_carried_gives_the_same_digest),
        TEST(parts_are_no_larger_than_said),
        TEST(a_part_holds_the_largest_changeset),
        TEST(parts_that_stand_are_kept),
        TEST(an_interruption_leaves_no_file_of_that_name),
        TEST(other_files_are_left_alone),
        TEST(a_disk_for_small_files_wants_parts),
        TEST(a_delta_leaves_out_what_the_other_holds),
        TEST(a_passphrase_opens_it),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
