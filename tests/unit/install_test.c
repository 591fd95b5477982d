/* SPDX-License-Identifier: Apache-2.0 */
/* unit/install_test.c - a store is at home where it was made, and nowhere else. */
#include "install.h"

#include "files.h"
#include "keys.h"
#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test_env test;
static mirsal_error err;
static char folder[64];
static char store[96];
static char copy[96];
static char state[96];

static struct mir_install_place at(const char *directory)
{
    return (struct mir_install_place){ &test.env, directory, state };
}

static void put(const char *directory, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_int_equal(
        mir_file_replace(path, (struct mir_bytes){ (const uint8_t *)"x", 1 }, &err), MIRSAL_OK);
}

static int set_up(void **unused)
{
    int made = 0;
    (void)unused;
    test_env_init(&test, 1);
    (void)snprintf(folder, sizeof folder, "/tmp/mirsal-install-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(store, sizeof store, "%s/store", folder);
    (void)snprintf(copy, sizeof copy, "%s/copy", folder);
    (void)snprintf(state, sizeof state, "%s/deep/state", folder);
    assert_int_equal(mir_folder_make(&made, store, &err), MIRSAL_OK);
    assert_int_equal(mir_folder_make(&made, copy, &err), MIRSAL_OK);
    put(store, "store.db");
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    assert_int_equal(mir_folder_remove(folder, &err), MIRSAL_OK);
    test_env_fini(&test);
    return 0;
}

static void copy_install(void)
{
    char path[128];
    struct mir_buf bytes;
    mir_buf_init(&bytes, &test.env, 100);
    (void)snprintf(path, sizeof path, "%s/install", store);
    assert_int_equal(mir_file_read(&bytes, path, 100, &err), MIRSAL_OK);
    (void)snprintf(path, sizeof path, "%s/install", copy);
    assert_int_equal(mir_file_replace(path, mir_buf_bytes(&bytes), &err), MIRSAL_OK);
    mir_buf_fini(&bytes);
}

static void it_fits_where_it_was_made(void **unused)
{
    (void)unused;
    struct mir_install_place place = at(store);
    assert_false(mir_install_fits(&place));
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
    assert_true(mir_install_fits(&place));
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
    assert_true(mir_install_fits(&place));
}

static void a_copy_does_not_fit(void **unused)
{
    (void)unused;
    struct mir_install_place place = at(store);
    struct mir_install_place copied = at(copy);
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
    put(copy, "store.db");
    copy_install();
    assert_false(mir_install_fits(&copied));
    assert_true(mir_install_fits(&place));
    /* Brought back over itself: another inode. */
    put(store, "store.db");
    assert_false(mir_install_fits(&place));
}

static void a_move_within_a_disk_fits(void **unused)
{
    (void)unused;
    char from[128];
    char to[128];
    struct mir_install_place place = at(store);
    struct mir_install_place moved = at(copy);
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
    copy_install();
    (void)snprintf(from, sizeof from, "%s/store.db", store);
    (void)snprintf(to, sizeof to, "%s/store.db", copy);
    assert_int_equal(rename(from, to), 0);
    assert_true(mir_install_fits(&moved));
}

static void another_person_does_not_fit(void **unused)
{
    (void)unused;
    struct mir_install_place place = at(store);
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
    place.state = copy;
    assert_false(mir_install_fits(&place));
    place.state = NULL;
    assert_true(mir_install_fits(&place));
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
}

static void it_is_removed_with_its_nonce(void **unused)
{
    (void)unused;
    static const char *const nothing[] = { NULL };
    struct mir_install_place place = at(store);
    assert_int_equal(mir_install_write(&place, &err), MIRSAL_OK);
    assert_int_equal(mir_folder_holds_only(state, nothing, &err), MIRSAL_STORE_EXISTS);
    put(copy, "store.db");
    copy_install();
    struct mir_install_place copied = at(copy);
    mir_install_remove(&copied); /* not its own to remove */
    assert_true(mir_install_fits(&place));
    copy_install();
    assert_int_equal(mir_install_write(&copied, &err), MIRSAL_OK);
    assert_true(mir_install_fits(&place));
    mir_install_remove(&copied);
    mir_install_remove(&place);
    assert_int_equal(mir_folder_holds_only(state, nothing, &err), MIRSAL_OK);
    assert_false(mir_install_fits(&place));
    mir_install_remove(&place);
    place.state = NULL;
    mir_install_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_fits_where_it_was_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_does_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_move_within_a_disk_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_person_does_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_removed_with_its_nonce, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
