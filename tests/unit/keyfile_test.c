/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/keyfile_test.c - a device's keys go into a file and come back whole.
 */
#include "keyfile.h"

#include "store.h"
#include "test_env.h"

#include <string.h>
#include <unistd.h>

static struct test_env world;
static mirsal_error err;
static const char path[] = "keyfile_test.file";

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    assert_int_equal(mir_crypto_start(&err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    test_env_fini(&world);
    return 0;
}

static void keys_come_back_whole(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_device_keys keys;
    struct mir_device_keys other;
    struct mir_device_keys back;
    struct mir_sealed_lock lock;
    struct mir_sealed_lock opened;
    mir_device_keys_make(&keys, &world.env);
    mir_device_keys_make(&other, &world.env);
    assert_memory_not_equal(keys.sign.bytes, other.sign.bytes, 32);
    assert_memory_not_equal(keys.noise.bytes, keys.hpke.bytes, 32);
    assert_int_equal(mir_sealed_lock_make(&lock, &world.env, 0, 0, none, &err), MIRSAL_OK);
    assert_int_equal(mir_keyfile_write(path, &world.env, &lock, &keys, &err), MIRSAL_OK);
    assert_int_equal(mir_keyfile_read(&back, &opened, path, &world.env, none, &err), MIRSAL_OK);
    assert_memory_equal(&back, &keys, sizeof keys);
    assert_memory_equal(&opened, &lock, sizeof lock);
}

static void a_file_with_other_content_is_refused(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_bytes clear = { (const uint8_t *)"short", 5 };
    struct mir_device_keys back;
    struct mir_sealed_lock lock;
    assert_int_equal(mir_sealed_lock_make(&lock, &world.env, 0, 0, none, &err), MIRSAL_OK);
    assert_int_equal(mir_sealed_write(path, &world.env, "mirsalk1", &lock, clear, &err), MIRSAL_OK);
    assert_int_equal(mir_keyfile_read(&back, NULL, path, &world.env, none, &err), MIRSAL_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_come_back_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_with_other_content_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
