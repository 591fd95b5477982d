/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/keyimage_test.c - a key file is replaced whole, and what was destroyed is not brought back
 * by a change that was under way.
 */
#include "keyimage.h"

#include "files.h"
#include "test_env.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct test_env world;
static mirsal_error err;
static const char path[] = "keyimage_test.file";
static const char beside[] = "keyimage_test.file.new";

static int set_up(void **state)
{
    (void)state;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE] = { 0 };
    test_env_init(&world, 1);
    memcpy(bytes, mir_key_magic, sizeof mir_key_magic);
    bytes[8] = MIR_KEY_VERSION;
    memset(bytes + MIR_KEY_SECTOR, 'a', MIR_KEY_SECTOR);
    memset(bytes + 2 * MIR_KEY_SECTOR, 'b', MIR_KEY_SECTOR);
    struct mir_bytes file = { bytes, sizeof bytes };
    assert_int_equal(mir_file_replace(path, file, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(beside);
    test_env_fini(&world);
    return 0;
}

static void a_change_replaces_the_whole(void **state)
{
    (void)state;
    struct mir_key_image image;
    struct mir_key_image again;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    assert_int_equal(mir_key_image_open(&image, path, 1, &err), MIRSAL_OK);
    memcpy(bytes, image.bytes, sizeof bytes);
    memset(bytes + MIR_KEY_SECTOR, 'c', MIR_KEY_SECTOR);
    assert_int_equal(link(path, "keyimage_test.old"), 0);
    assert_int_equal(mir_key_image_replace(&image, path, bytes, &err), MIRSAL_OK);
    mir_key_image_close(&image);
    assert_int_equal(mir_key_image_open(&again, path, 0, &err), MIRSAL_OK);
    assert_memory_equal(again.bytes, bytes, sizeof bytes);
    mir_key_image_close(&again);
    assert_false(mir_file_exists(beside));
    /* Of the old one nothing is left to read. */
    struct mir_buf old;
    mir_buf_init(&old, &world.env, 4096);
    assert_int_equal(mir_file_read(&old, "keyimage_test.old", 4096, &err), MIRSAL_OK);
    assert_int_equal(unlink("keyimage_test.old"), 0);
    assert_int_equal(old.size, MIR_KEY_IMAGE_SIZE);
    for (size_t i = 0; i < old.size; i++) {
        assert_int_equal(old.data[i], 0);
    }
    mir_buf_fini(&old);
}

static void a_change_ends_where_the_file_was_destroyed(void **state)
{
    (void)state;
    struct mir_key_image image;
    struct mir_key_image again;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    assert_int_equal(mir_key_image_open(&image, path, 1, &err), MIRSAL_OK);
    memcpy(bytes, image.bytes, sizeof bytes);
    assert_int_equal(mir_key_image_destroy(path, &err), MIRSAL_OK);
    assert_int_equal(mir_key_image_replace(&image, path, bytes, &err), MIRSAL_WIPED);
    mir_key_image_close(&image);
    assert_false(mir_file_exists(beside));
    assert_int_equal(mir_key_image_open(&again, path, 0, &err), MIRSAL_WIPED);
    mir_key_image_close(&again);
}

static void a_change_ends_where_a_slot_was_destroyed(void **state)
{
    (void)state;
    struct mir_key_image image;
    struct mir_key_image again;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    uint8_t random[MIR_KEY_SECTOR];
    memset(random, 'r', sizeof random);
    assert_int_equal(mir_key_image_open(&image, path, 1, &err), MIRSAL_OK);
    memcpy(bytes, image.bytes, sizeof bytes);
    assert_int_equal(mir_key_slot_destroy(path, 1, random, &err), MIRSAL_OK);
    assert_int_equal(mir_key_image_replace(&image, path, bytes, &err), MIRSAL_LOCKED);
    mir_key_image_close(&image);
    assert_int_equal(mir_key_image_open(&again, path, 0, &err), MIRSAL_OK);
    assert_memory_equal(again.bytes, bytes, 2 * MIR_KEY_SECTOR);
    assert_memory_equal(again.bytes + 2 * MIR_KEY_SECTOR, random, sizeof random);
    mir_key_image_close(&again);
}

/* A change that looked at the old file before it was destroyed finds its new file destroyed. */
static void what_a_change_has_beside_is_destroyed_too(void **state)
{
    (void)state;
    struct mir_key_image image;
    struct mir_bytes rest = { (const uint8_t *)"keys that were about to come", 28 };
    assert_int_equal(mir_file_replace(beside, rest, &err), MIRSAL_OK);
    assert_int_equal(mir_key_image_destroy(path, &err), MIRSAL_OK);
    assert_int_equal(rename(beside, path), 0);
    assert_int_equal(mir_key_image_open(&image, path, 0, &err), MIRSAL_WIPED);
    mir_key_image_close(&image);
}

static void what_is_no_key_file_is_destroyed_all_the_same(void **state)
{
    (void)state;
    static const uint8_t large[9000] = { 'x' };
    struct mir_key_image image;
    const struct mir_bytes files[] = { { NULL, 0 }, { large, 3 }, { large, sizeof large } };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct mir_buf left;
        assert_int_equal(mir_file_replace(path, files[i], &err), MIRSAL_OK);
        assert_int_equal(mir_key_image_destroy(path, &err), MIRSAL_OK);
        assert_int_equal(mir_key_image_open(&image, path, 0, &err), MIRSAL_WIPED);
        mir_key_image_close(&image);
        mir_buf_init(&left, &world.env, 1u << 16);
        assert_int_equal(mir_file_read(&left, path, 1u << 16, &err), MIRSAL_OK);
        assert_int_equal(left.size, MIR_KEY_IMAGE_SIZE);
        mir_buf_fini(&left);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mir_key_image_destroy(path, &err), MIRSAL_NO_STORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_replaces_the_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_change_ends_where_the_file_was_destroyed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_change_ends_where_a_slot_was_destroyed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_a_change_has_beside_is_destroyed_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_no_key_file_is_destroyed_all_the_same, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
