/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/files_test.c - files replaced whole, folders made private, one lock.
 */
#include "files.h"

#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_env world;
static mirsal_error err;
static char folder[64];

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    (void)snprintf(folder, sizeof folder, "files_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(rmdir(folder), 0);
    test_env_fini(&world);
    return 0;
}

static void path_in(char out[MIR_PATH_MAX], const char *name)
{
    assert_int_equal(mir_path_join(out, folder, name, &err), MIRSAL_OK);
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (unsigned)status.st_mode & 0777u;
}

static void a_file_is_replaced_whole(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    char beside[MIR_PATH_MAX];
    struct mir_buf read;
    path_in(path, "keys");
    path_in(beside, "keys.new");
    mir_buf_init(&read, &world.env, 100);
    assert_int_equal(mir_file_read(&read, path, 100, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mir_file_replace(path, (struct mir_bytes){ (const uint8_t *)"one", 3 }, &err), MIRSAL_OK);
    assert_int_equal(
        mir_file_replace(path, (struct mir_bytes){ (const uint8_t *)"second", 6 }, &err),
        MIRSAL_OK);
    assert_false(mir_file_exists(beside));
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mir_file_read(&read, path, 100, &err), MIRSAL_OK);
    assert_int_equal(read.size, 6);
    assert_memory_equal(read.data, "second", 6);
    mir_buf_reset(&read);
    assert_int_equal(mir_file_read(&read, path, 5, &err), MIRSAL_TOO_LARGE);
    mir_buf_fini(&read);
    assert_int_equal(mir_file_remove(path, &err), MIRSAL_OK);
    assert_int_equal(mir_file_remove(path, &err), MIRSAL_OK);
}

static void folders_are_private_and_say_what_they_hold(void **state)
{
    (void)state;
    char deep[MIR_PATH_MAX];
    char upper[MIR_PATH_MAX];
    char file[MIR_PATH_MAX];
    int made = 0;
    const char *const allowed[] = { "lock", NULL };
    path_in(upper, "a");
    path_in(deep, "a/b");
    assert_int_equal(mir_folder_make(&made, deep, &err), MIRSAL_OK);
    assert_int_equal(made, 1);
    assert_int_equal(mode_of(deep), 0700);
    assert_int_equal(mir_folder_make(&made, deep, &err), MIRSAL_OK);
    assert_int_equal(made, 0);
    assert_int_equal(mir_folder_holds_only(deep, allowed, &err), MIRSAL_OK);
    assert_int_equal(mir_path_join(file, deep, "lock", &err), MIRSAL_OK);
    assert_int_equal(mir_file_replace(file, (struct mir_bytes){ NULL, 0 }, &err), MIRSAL_OK);
    assert_int_equal(mir_folder_holds_only(deep, allowed, &err), MIRSAL_OK);
    assert_int_equal(mir_folder_holds_only(upper, allowed, &err), MIRSAL_STORE_EXISTS);
    assert_int_equal(mir_file_remove(file, &err), MIRSAL_OK);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(rmdir(upper), 0);
}

static void one_holds_the_lock_alone_or_several_share_it(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    int first = -1;
    int second = -1;
    path_in(path, "lock");
    assert_int_equal(mir_file_lock(&first, path, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_file_lock(&second, path, 0, &err), MIRSAL_LOCKED);
    assert_int_equal(second, -1);
    mir_file_share(first);
    assert_int_equal(mir_file_lock(&second, path, 0, &err), MIRSAL_OK);
    mir_file_unlock(second);
    mir_file_unlock(first);
    mir_file_unlock(-1);
    assert_int_equal(mir_file_remove(path, &err), MIRSAL_OK);
}

static void a_path_has_a_limit(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    char name[MIR_PATH_MAX];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(mir_path_join(path, "f", name, &err), MIRSAL_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_replaced_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            folders_are_private_and_say_what_they_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            one_holds_the_lock_alone_or_several_share_it, set_up, tear_down),
        cmocka_unit_test(a_path_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
