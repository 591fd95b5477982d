/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundlename_test.c - files under a bundle's name: which are replaced, which are left. */
#include "bundlename.h"

#include "sealedfile.h"
#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[32];
static char name[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/mirsal-name-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(name, sizeof name, "%s/stick", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[64];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    return 0;
}

static void put(uint32_t part, const char *bytes, size_t size)
{
    char path[MIR_PATH_MAX];
    const struct mir_bytes content = { (const uint8_t *)bytes, size };
    assert_int_equal(mir_bundle_part_path(path, name, part, NULL), MIRSAL_OK);
    assert_int_equal(mir_file_replace(path, content, NULL), MIRSAL_OK);
}

static void put_bundle(uint32_t part)
{
    static const char bytes[] = { MIR_SEALEDFILE_MAGIC "\1and more" };
    put(part, bytes, sizeof bytes);
}

static int is_there(uint32_t part)
{
    char path[MIR_PATH_MAX];
    assert_int_equal(mir_bundle_part_path(path, name, part, NULL), MIRSAL_OK);
    return mir_file_exists(path);
}

static void parts_are_numbered_behind_the_name(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    char longest[MIR_PATH_MAX + 1];
    assert_int_equal(mir_bundle_part_path(path, "/media/card/x", 0, NULL), MIRSAL_OK);
    assert_string_equal(path, "/media/card/x");
    assert_int_equal(mir_bundle_part_path(path, "/media/card/x", 7, NULL), MIRSAL_OK);
    assert_string_equal(path, "/media/card/x.007");
    assert_int_equal(mir_bundle_part_path(path, "x", 12345, NULL), MIRSAL_OK);
    assert_string_equal(path, "x.12345");
    memset(longest, 'x', sizeof longest);
    longest[MIR_PATH_MAX - 2] = '\0';
    assert_int_equal(mir_bundle_part_path(path, longest, 0, NULL), MIRSAL_OK);
    assert_int_equal(mir_bundle_part_path(path, longest, 1, NULL), MIRSAL_TOO_LARGE);
}

static void only_bundles_are_replaced(void **state)
{
    (void)state;
    assert_int_equal(mir_bundle_may_replace(name, NULL), MIRSAL_OK);
    put_bundle(0);
    assert_int_equal(mir_bundle_may_replace(name, NULL), MIRSAL_OK);
    put(0, "", 0);
    assert_int_equal(mir_bundle_may_replace(name, NULL), MIRSAL_OK);
    put(0, MIR_SEALEDFILE_MAGIC "\2a handoff", 18);
    assert_int_equal(mir_bundle_may_replace(name, NULL), MIRSAL_STORE_EXISTS);
    put(0, "a letter to a friend", 20);
    assert_int_equal(mir_bundle_may_replace(name, NULL), MIRSAL_STORE_EXISTS);
    assert_int_equal(mir_bundle_may_replace(folder, NULL), MIRSAL_MISUSE);
}

static void what_an_earlier_one_left_is_removed(void **state)
{
    (void)state;
    for (uint32_t part = 0; part <= 5; part++) {
        put_bundle(part);
    }
    mir_bundle_remove_earlier(name, 3);
    assert_false(is_there(0));
    assert_true(is_there(1) && is_there(2) && is_there(3));
    assert_false(is_there(4) || is_there(5));
}

static void other_files_stay(void **state)
{
    (void)state;
    put(0, "a letter", 8);
    put_bundle(1);
    put(2, "a letter", 8);
    put_bundle(3);
    mir_bundle_remove_earlier(name, 1);
    assert_true(is_there(0) && is_there(1) && is_there(2) && is_there(3));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_are_numbered_behind_the_name),
        TEST(only_bundles_are_replaced),
        TEST(what_an_earlier_one_left_is_removed),
        TEST(other_files_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
