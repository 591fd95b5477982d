/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundleopen_test.c - frames of a part in their order, from any place that was noted on. */
#include "bundleopen.h"

#include "test_bundle.h"

#include <string.h>
#include <unistd.h>

static struct test_bundle world;
static struct mir_bundle_file *file;

static int set_up(void **state)
{
    (void)state;
    test_bundle_init(&world);
    test_bundle_fill(&world, 8, 30000);
    (void)test_bundle_write(&world, &world.field, 0);
    file = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_bundle_file_close(file);
    test_bundle_fini(&world);
    return 0;
}

static mirsal_code open_it(void)
{
    mir_bundle_file_close(file);
    return mir_bundle_file_open(
        &file, world.office.store, world.path, (struct mir_bytes){ NULL, 0 }, NULL);
}

static struct mir_frame next(void)
{
    struct mir_frame frame;
    assert_int_equal(mir_bundle_file_next(&frame, file, NULL), MIRSAL_OK);
    return frame;
}

static void frames_come_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(open_it(), MIRSAL_OK);
    const struct mir_bundle_head *head = mir_bundle_file_head(file);
    assert_int_equal(head->part, 1);
    assert_memory_equal(head->team.bytes, world.office.store->team.bytes, 32);
    assert_memory_equal(head->device.bytes, mir_store_device(world.field.store)->bytes, 32);
    assert_int_equal(next().kind, MIR_FRAME_PURGED);
    assert_int_equal(next().kind, MIR_FRAME_VECTOR);
    struct mir_frame frame = next();
    while (frame.kind == MIR_FRAME_RUN) {
        frame = next();
    }
    assert_int_equal(frame.kind, MIR_FRAME_CLOSE);
    assert_int_equal(next().kind, MIR_FRAME_NONE);
    assert_false(mir_bundle_file_is_cut(file));
    assert_int_equal(mir_bundle_file_read(file) + MIR_BUNDLE_MARK_SIZE, mir_bundle_file_size(file));
}

/* From the place behind each run the same frames come as without a stop there. */
static void it_goes_on_from_any_place(void **state)
{
    (void)state;
    uint64_t places[64];
    size_t sizes[64];
    size_t count = 0;
    assert_int_equal(open_it(), MIRSAL_OK);
    for (struct mir_frame frame = next(); frame.kind != MIR_FRAME_NONE; frame = next()) {
        if (count > 0) {
            sizes[count - 1] = frame.payload.size;
        }
        if (frame.kind == MIR_FRAME_RUN) {
            places[count++] = mir_bundle_file_place(file);
        }
    }
    assert_true(count > 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(open_it(), MIRSAL_OK);
        assert_int_equal(mir_bundle_file_go(file, places[i], NULL), MIRSAL_OK);
        assert_int_equal(mir_bundle_file_place(file), places[i]);
        struct mir_frame frame = next();
        assert_int_equal(frame.payload.size, sizes[i]);
        assert_int_equal(frame.kind, i + 1 < count ? MIR_FRAME_RUN : MIR_FRAME_CLOSE);
    }
    assert_int_equal(mir_bundle_file_go(file, UINT64_C(1) << 40, NULL), MIRSAL_NOT_AUTHENTIC);
}

static void what_is_no_bundle_is_refused(void **state)
{
    (void)state;
    struct mir_buf whole;
    test_bundle_replace(world.path, (struct mir_bytes){ (const uint8_t *)"a letter", 8 });
    assert_int_equal(open_it(), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(unlink(world.path), 0);
    (void)test_bundle_write(&world, &world.field, 0);
    test_bundle_read(&whole, &world, world.path);
    whole.data[8] = MIR_SEALEDFILE_HANDOFF;
    test_bundle_replace(world.path, mir_buf_bytes(&whole));
    assert_int_equal(open_it(), MIRSAL_NOT_AUTHENTIC);
    test_bundle_replace(world.path, (struct mir_bytes){ whole.data, 100 });
    assert_int_equal(open_it(), MIRSAL_NOT_AUTHENTIC);
    test_bundle_replace(
        world.path, (struct mir_bytes){ (const uint8_t *)MIR_BUNDLE_MARK, MIR_BUNDLE_MARK_SIZE });
    assert_int_equal(open_it(), MIRSAL_NOT_AUTHENTIC);
    mir_buf_fini(&whole);
}

static void what_ends_within_its_head_was_cut(void **state)
{
    (void)state;
    struct mir_buf whole;
    (void)test_bundle_write(&world, &world.field, 0);
    test_bundle_read(&whole, &world, world.path);
    for (size_t size = 0; size < 250; size += 7) {
        test_bundle_replace(world.path, (struct mir_bytes){ whole.data, size });
        assert_int_equal(open_it(), MIRSAL_OK);
        assert_null(mir_bundle_file_head(file));
        assert_true(size >= 204 || mir_bundle_file_is_cut(file));
    }
    mir_buf_fini(&whole);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_come_in_their_order),
        TEST(it_goes_on_from_any_place),
        TEST(what_is_no_bundle_is_refused),
        TEST(what_ends_within_its_head_was_cut),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
