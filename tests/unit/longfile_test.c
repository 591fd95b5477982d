/* SPDX-License-Identifier: Apache-2.0 */
/* unit/longfile_test.c - a file in pieces has its name once it is whole. */
#include "longfile.h"

#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/mirsal-long-XXXXXX";
static char path[64];
static char beside[64];
static mirsal_error err;

static struct mir_bytes text(const char *words)
{
    return (struct mir_bytes){ (const uint8_t *)words, strlen(words) };
}

static void it_is_there_once_it_is_finished(void **state)
{
    (void)state;
    struct mir_long_out out;
    struct mir_long_in in;
    struct stat status;
    char read[32] = "";
    size_t got = 0;
    assert_int_equal(mir_long_out_open(&out, path, &err), MIRSAL_OK);
    assert_int_equal(mir_long_out_write(&out, text("one "), &err), MIRSAL_OK);
    assert_int_equal(mir_long_out_write(&out, text("two"), &err), MIRSAL_OK);
    assert_false(mir_file_exists(path));
    assert_int_equal(mir_long_out_finish(&out, &err), MIRSAL_OK);
    mir_long_out_drop(&out);
    assert_false(mir_file_exists(beside));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(mir_long_in_open(&in, path, &err), MIRSAL_OK);
    assert_int_equal(in.size, 7);
    assert_int_equal(mir_long_in_read(&got, &in, read, 4, &err), MIRSAL_OK);
    assert_int_equal(got, 4);
    assert_int_equal(mir_long_in_read(&got, &in, read + 4, 20, &err), MIRSAL_OK);
    assert_string_equal(read, "one two");
    assert_int_equal(mir_long_in_read(&got, &in, read, 4, &err), MIRSAL_OK);
    assert_int_equal(got, 0);
    mir_long_in_close(&in);
}

static void what_is_dropped_leaves_the_file_that_was(void **state)
{
    (void)state;
    struct mir_long_out out = { 0 };
    mir_long_out_drop(&out);
    assert_int_equal(mir_file_replace(path, text("before"), &err), MIRSAL_OK);
    assert_int_equal(mir_file_replace(beside, text("left by another"), &err), MIRSAL_OK);
    assert_int_equal(mir_long_out_open(&out, path, &err), MIRSAL_OK);
    assert_int_equal(mir_long_out_write(&out, text("x"), &err), MIRSAL_OK);
    mir_long_out_drop(&out);
    assert_false(mir_file_exists(beside));
    struct mir_long_in in;
    assert_int_equal(mir_long_in_open(&in, path, &err), MIRSAL_OK);
    assert_int_equal(in.size, 6);
    mir_long_in_close(&in);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct mir_long_in in;
    struct mir_long_out out;
    char missing[80];
    char longer[2000];
    assert_int_equal(mir_long_in_open(&in, folder, &err), MIRSAL_MISUSE);
    mir_long_in_close(&in);
    (void)snprintf(missing, sizeof missing, "%s/none/file", folder);
    assert_int_equal(mir_long_in_open(&in, missing, &err), MIRSAL_NOT_FOUND);
    mir_long_in_close(&in);
    assert_int_equal(mir_long_out_open(&out, missing, &err), MIRSAL_NOT_FOUND);
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(mir_long_out_open(&out, longer, &err), MIRSAL_TOO_LARGE);
    assert_int_equal(mir_long_out_open(&out, "", &err), MIRSAL_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_there_once_it_is_finished),
        cmocka_unit_test(what_is_dropped_leaves_the_file_that_was),
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/file", folder);
    (void)snprintf(beside, sizeof beside, "%s/file.new", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    (void)rmdir(folder);
    return failed;
}
