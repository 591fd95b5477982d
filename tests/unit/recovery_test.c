/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/recovery_test.c - root's key into a file or shares and back; what is wrong with them is
 * said.
 */
#include "recovery.h"

#include "files.h"
#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_env world;
static struct mir_root root;
static char path[64];
static char paths[4][80];
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = { 9, 8, 7 };
    char folder[] = "/tmp/mirsal-recovery-XXXXXX";
    test_env_init(&world, 4);
    memset(&root, 0, sizeof root);
    mir_sign_keypair(&root.public_key, &root.sign, seed);
    memset(root.team.bytes, 0x5c, sizeof root.team.bytes);
    root.team_size = 32;
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/r", folder);
    for (unsigned i = 0; i < 4; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s.%u", path, i + 1);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    for (unsigned i = 0; i < 4; i++) {
        (void)unlink(paths[i]);
    }
    path[strlen(path) - 2] = '\0';
    (void)rmdir(path);
    test_env_fini(&world);
    return 0;
}

static struct mir_bytes text_bytes(const char *text)
{
    return (struct mir_bytes){ (const uint8_t *)text, strlen(text) };
}

static struct mir_root_target target_of(uint32_t threshold, uint32_t shares)
{
    return (struct mir_root_target){ .path = path,
        .passphrase = text_bytes(shares == 0 ? "word" : ""),
        .kdf_passes = 2,
        .kdf_memory_kib = 65536,
        .threshold = threshold,
        .shares = shares };
}

static mirsal_code open_paths(struct mir_root **out, const char *const *from, size_t count)
{
    const struct mir_root_source source = {
        .paths = from, .path_count = count, .passphrase = text_bytes("word")
    };
    return mir_root_open(out, &world.env, &source, &err);
}

static void refused(const char *const *from, size_t count, mirsal_code code, const char *why)
{
    struct mir_root *again = NULL;
    assert_int_equal(open_paths(&again, from, count), code);
    assert_null(again);
    assert_string_equal(err.message, why);
}

static void a_file_opens_with_its_passphrase_alone(void **state)
{
    (void)state;
    const struct mir_root_target target = target_of(0, 0);
    const char *const one[] = { path };
    struct mir_root_source wrong = { .paths = one, .path_count = 1 };
    struct mir_root *again = NULL;
    struct stat made;
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_OK);
    assert_int_equal(stat(path, &made), 0);
    assert_int_equal(made.st_mode & 0777, 0600);
    assert_int_equal(open_paths(&again, one, 1), MIRSAL_OK);
    assert_memory_equal(again->sign.bytes, root.sign.bytes, sizeof root.sign.bytes);
    assert_memory_equal(again->team.bytes, root.team.bytes, 32);
    assert_int_equal(again->team_size, 32);
    mir_root_close(again);
    assert_int_equal(mir_root_open(&again, &world.env, &wrong, &err), MIRSAL_USAGE);
    assert_string_equal(err.field, "recovery_passphrase");
    wrong.passphrase = text_bytes("other");
    assert_int_equal(mir_root_open(&again, &world.env, &wrong, &err), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_STORE_EXISTS);
    assert_int_equal(truncate(path, 60), 0);
    refused(one, 1, MIRSAL_NOT_AUTHENTIC, "the recovery file is damaged");
}

static void shares_open_when_there_are_enough(void **state)
{
    (void)state;
    const struct mir_root_target target = target_of(2, 3);
    const char *const two[] = { paths[2], paths[0] };
    const char *const twice[] = { paths[1], paths[1] };
    struct mir_root *again = NULL;
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_OK);
    assert_int_equal(open_paths(&again, two, 2), MIRSAL_OK);
    assert_memory_equal(again->sign.bytes, root.sign.bytes, sizeof root.sign.bytes);
    assert_memory_equal(again->team.bytes, root.team.bytes, 5);
    assert_int_equal(again->team_size, 5);
    assert_int_equal(again->threshold, 2);
    assert_int_equal(again->count, 3);
    assert_int_equal(again->given, 2);
    mir_root_close(again);
    refused(two, 1, MIRSAL_NOT_AUTHENTIC, "1 of the 2 shares that are needed");
    refused(twice, 2, MIRSAL_NOT_AUTHENTIC, "share 2 is given twice");
    assert_false(mir_file_exists(path));
    /* None is overwritten, and none is left of a set that could not be written whole. */
    assert_int_equal(unlink(paths[0]), 0);
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_STORE_EXISTS);
    assert_false(mir_file_exists(paths[0]));
    assert_int_equal(
        mir_root_write(&root, &world.env,
            &(struct mir_root_target){ .path = path, .threshold = 1, .shares = 4 }, &err),
        MIRSAL_BAD_VALUE);
}

static void shares_may_be_typed(void **state)
{
    (void)state;
    const struct mir_root_target target = target_of(2, 3);
    const char *const one[] = { paths[0] };
    struct mir_root_source source = { .paths = one, .path_count = 1 };
    struct mir_root *again = NULL;
    struct mir_buf typed;
    mir_buf_init(&typed, &world.env, 4096);
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_OK);
    assert_int_equal(mir_file_read(&typed, paths[1], 4096, &err), MIRSAL_OK);
    source.text = mir_buf_bytes(&typed);
    assert_int_equal(mir_root_open(&again, &world.env, &source, &err), MIRSAL_OK);
    assert_memory_equal(again->sign.bytes, root.sign.bytes, sizeof root.sign.bytes);
    mir_root_close(again);
    mir_buf_fini(&typed);
}

static void what_is_neither_is_said(void **state)
{
    (void)state;
    struct mir_root_target target = target_of(0, 0);
    const char *const one[] = { paths[0] };
    const char *const mixed[] = { paths[0], path };
    assert_int_equal(mir_file_replace(paths[0], text_bytes("# nothing\n"), &err), MIRSAL_OK);
    refused(one, 1, MIRSAL_NOT_AUTHENTIC, "the file holds no share");
    assert_int_equal(mir_file_replace(paths[0], text_bytes("hello"), &err), MIRSAL_OK);
    refused(one, 1, MIRSAL_NOT_AUTHENTIC, "not a share: it begins with mirsal-share1");
    assert_int_equal(unlink(paths[0]), 0);
    refused(one, 1, MIRSAL_NOT_FOUND, err.message);
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_OK);
    target = target_of(2, 2);
    assert_int_equal(mir_root_write(&root, &world.env, &target, &err), MIRSAL_OK);
    refused(mixed, 2, MIRSAL_USAGE, "one recovery file alone, or shares");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_opens_with_its_passphrase_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shares_open_when_there_are_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shares_may_be_typed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_neither_is_said, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
