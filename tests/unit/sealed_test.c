/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sealed_test.c - a file opens with its passphrase alone, and shows damage.
 */
#include "sealed.h"

#include "files.h"
#include "test_env.h"

#include <string.h>
#include <unistd.h>

static struct test_env world;
static mirsal_error err;
static const char path[] = "sealed_test.file";

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

static struct mir_bytes text(const char *words)
{
    struct mir_bytes bytes = { (const uint8_t *)words, strlen(words) };
    return bytes;
}

static void seal(const char *passphrase)
{
    struct mir_sealed_lock lock;
    assert_int_equal(
        mir_sealed_lock_make(&lock, &world.env, 2, 65536, text(passphrase), &err), MIRSAL_OK);
    assert_int_equal(
        mir_sealed_write(path, &world.env, "mirsalt1", &lock, text("secret"), &err), MIRSAL_OK);
}

static mirsal_code unseal(const char *magic, const char *passphrase)
{
    struct mir_buf clear;
    mir_buf_init(&clear, &world.env, 100);
    mirsal_code rc = mir_sealed_read(&clear, NULL, path, magic, text(passphrase), &err);
    if (rc == MIRSAL_OK) {
        assert_int_equal(clear.size, 6);
        assert_memory_equal(clear.data, "secret", 6);
    }
    mir_buf_fini(&clear);
    return rc;
}

static void only_its_passphrase_opens_it(void **state)
{
    (void)state;
    assert_int_equal(unseal("mirsalt1", "right"), MIRSAL_NOT_FOUND);
    seal("right");
    assert_int_equal(unseal("mirsalt1", "right"), MIRSAL_OK);
    assert_int_equal(unseal("mirsalt1", "wrong"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(unseal("mirsalt1", ""), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(unseal("mirsalx1", "right"), MIRSAL_CORRUPT);
}

static void without_a_passphrase_damage_shows(void **state)
{
    (void)state;
    struct mir_buf file;
    seal("");
    assert_int_equal(unseal("mirsalt1", ""), MIRSAL_OK);
    assert_int_equal(unseal("mirsalt1", "any"), MIRSAL_WRONG_PASSPHRASE);
    mir_buf_init(&file, &world.env, 1000);
    assert_int_equal(mir_file_read(&file, path, 1000, &err), MIRSAL_OK);
    for (size_t at = 0; at < file.size; at += 5) {
        file.data[at] ^= 0x40;
        assert_int_equal(mir_file_replace(path, mir_buf_bytes(&file), &err), MIRSAL_OK);
        mirsal_code rc = unseal("mirsalt1", "");
        assert_true(rc == MIRSAL_CORRUPT || rc == MIRSAL_WRONG_PASSPHRASE || rc == MIRSAL_VERSION);
        file.data[at] ^= 0x40;
    }
    for (size_t size = 0; size < file.size; size += 7) {
        struct mir_bytes part = { file.data, size };
        assert_int_equal(mir_file_replace(path, part, &err), MIRSAL_OK);
        assert_int_equal(unseal("mirsalt1", ""), MIRSAL_CORRUPT);
    }
    mir_buf_fini(&file);
}

static void the_text_does_not_say_which_part_was_wrong(void **state)
{
    (void)state;
    mirsal_error first;
    mirsal_error second;
    seal("right");
    assert_int_equal(unseal("mirsalt1", "wrong"), MIRSAL_WRONG_PASSPHRASE);
    first = err;
    assert_int_equal(unseal("mirsalt1", ""), MIRSAL_WRONG_PASSPHRASE);
    second = err;
    assert_string_equal(first.message, second.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_its_passphrase_opens_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_passphrase_damage_shows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_text_does_not_say_which_part_was_wrong, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
