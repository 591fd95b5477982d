/* SPDX-License-Identifier: Apache-2.0 */
/* unit/outfolder_test.c - a folder appears whole or not at all. */
#include "outfolder.h"

#include "test_env.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t hashed;

static void begin(void *context)
{
    (void)context;
    hashed = 0;
}

static void update(void *context, const void *data, size_t size)
{
    (void)context;
    (void)data;
    hashed += size;
}

static void end(void *context, uint8_t out[32])
{
    (void)context;
    memset(out, 7, 32);
}

static const struct mir_export_hash hash = { NULL, begin, update, end };

static const char *folder_name(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "/tmp/mirsal-outfolder-%d", (int)getpid());
    return name;
}

static void write_file(struct mir_outfolder *folder, unsigned lines)
{
    assert_int_equal(mir_outfolder_open(folder, "a.jsonl", NULL), MIRSAL_OK);
    for (unsigned i = 0; i < lines; i++) {
        assert_int_equal(mir_outfolder_line(
                             folder, (struct mir_bytes){ (const uint8_t *)"0123456789", 10 }, NULL),
            MIRSAL_OK);
    }
    assert_int_equal(mir_outfolder_close(folder, NULL), MIRSAL_OK);
}

static void what_is_finished_has_its_name(void **state)
{
    (void)state;
    struct test_env env;
    struct mir_outfolder folder;
    struct stat found;
    char path[80];
    test_env_init(&env, 1);
    assert_int_equal(
        mir_outfolder_begin(&folder, &env.env, folder_name(), &hash, 2, NULL), MIRSAL_OK);
    write_file(&folder, 100000);
    assert_int_equal(hashed, 1100000);
    assert_int_equal(folder.files[0].rows, 100000);
    assert_int_equal(folder.files[0].sha256[31], 7);
    assert_int_equal(stat(folder_name(), &found), -1);
    assert_int_equal(mir_outfolder_finish(&folder, NULL), MIRSAL_OK);
    mir_outfolder_end(&folder);
    (void)snprintf(path, sizeof path, "%s/a.jsonl", folder_name());
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 1100000);
    assert_int_equal(
        mir_outfolder_begin(&folder, &env.env, folder_name(), &hash, 2, NULL), MIRSAL_STORE_EXISTS);
    mir_outfolder_end(&folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(
        mir_outfolder_begin(&folder, &env.env, folder_name(), &hash, 2, NULL), MIRSAL_OK);
    assert_int_equal(mir_outfolder_finish(&folder, NULL), MIRSAL_OK);
    mir_outfolder_end(&folder);
    assert_int_equal(rmdir(folder_name()), 0);
    test_env_fini(&env);
}

static void what_is_not_finished_leaves_nothing(void **state)
{
    (void)state;
    struct test_env env;
    struct mir_outfolder folder;
    struct stat found;
    char partial[sizeof folder.partial];
    test_env_init(&env, 1);
    assert_int_equal(
        mir_outfolder_begin(&folder, &env.env, folder_name(), &hash, 2, NULL), MIRSAL_OK);
    memcpy(partial, folder.partial, sizeof partial);
    assert_int_equal(stat(partial, &found), 0);
    write_file(&folder, 3);
    assert_int_equal(mir_outfolder_open(&folder, "b.jsonl", NULL), MIRSAL_OK);
    mir_outfolder_end(&folder);
    assert_int_equal(stat(partial, &found), -1);
    assert_int_equal(stat(folder_name(), &found), -1);
    assert_int_equal(mir_outfolder_begin(&folder, &env.env, "", &hash, 2, NULL), MIRSAL_BAD_VALUE);
    mir_outfolder_end(&folder);
    test_env_fini(&env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_finished_has_its_name),
        cmocka_unit_test(what_is_not_finished_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
