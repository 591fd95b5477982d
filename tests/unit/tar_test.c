/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tar_test.c - what is added comes back by the system's tar, to the byte; modes. */
#include "tar.h"

#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int at;
    at = (at + 1) % 4;
    snprintf(paths[at], sizeof(paths[at]), "%s/%s", folder, name);
    return paths[at];
}

static void write_file(const char *name, size_t size)
{
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        fputc((int)(i * 7u % 251u), file);
    }
    fclose(file);
}

static void files_come_back_to_the_byte(void **state)
{
    (void)state;
    struct tar_case {
        const char *name;
        size_t size;
    } cases[] = { { "empty", 0 }, { "one", 1 }, { "block", 512 }, { "more", 513 },
        { "large", 100000 } };
    struct mir_tar tar;
    char command[512];
    struct stat status;
    snprintf(folder, sizeof(folder), "/tmp/mirsal-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mir_tar_open(&tar, in_folder("b.tar"), 1700000000, NULL), MIRSAL_OK);
    for (size_t i = 0; i < 5; i++) {
        write_file(cases[i].name, cases[i].size);
        assert_int_equal(
            mir_tar_add(&tar, cases[i].name, in_folder(cases[i].name), NULL), MIRSAL_OK);
    }
    assert_int_equal(mir_tar_add(&tar, "none", in_folder("none"), NULL), MIRSAL_IO);
    assert_int_equal(mir_tar_finish(&tar, NULL), MIRSAL_OK);
    assert_int_equal(stat(in_folder("b.tar"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(mir_tar_open(&tar, in_folder("b.tar"), 1700000000, NULL), MIRSAL_STORE_EXISTS);
    snprintf(command, sizeof(command),
        "cd %s && mkdir x && tar xf b.tar -C x && for f in empty one block more large; do"
        " cmp $f x/$f || exit 1; done && rm -r x",
        folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(files_come_back_to_the_byte) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
