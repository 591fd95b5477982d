/* SPDX-License-Identifier: Apache-2.0 */
/* unit/snapshot_test.c - a copy is one state, sealed under its own key. */
#include "snapshot.h"

#include "longfile.h"
#include "sql.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct test_store device;
static mirsal_error err;
static char path[128];
static const struct mir_seal_key key = { { 7 } };

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    (void)snprintf(path, sizeof path, "%s.snapshot", device.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    test_store_fini(&device);
    return 0;
}

/* A second, empty store for what is read back. */
static struct mir_store *claim(struct test_store *other)
{
    struct mir_store_options options;
    struct mir_store *store = NULL;
    test_store_init(other, 2);
    test_store_options(&options, other);
    assert_int_equal(mir_store_claim(&store, &options, &err), MIRSAL_OK);
    return store;
}

static void it_comes_back_as_it_was(void **state)
{
    (void)state;
    struct test_store other;
    mirsal_id before = test_team_report(&device, "before");
    assert_int_equal(mir_snapshot_write(device.store, path, &key, &err), MIRSAL_OK);
    test_team_report(&device, "after");
    struct mir_store *store = claim(&other);
    assert_int_equal(mir_snapshot_read(store, path, &key, &err), MIRSAL_OK);
    assert_int_equal(mir_store_start(store, &err), MIRSAL_OK);
    other.store = store;
    assert_string_equal(test_team_shown(&other, &before), "before");
    assert_int_equal(test_team_count(&other, "SELECT count(*) FROM changeset"),
        test_team_count(&device, "SELECT count(*) FROM changeset") - 1);
    test_store_fini(&other);
}

static void another_key_opens_nothing(void **state)
{
    (void)state;
    static const struct mir_seal_key wrong = { { 8 } };
    struct test_store other;
    assert_int_equal(mir_snapshot_write(device.store, path, &key, &err), MIRSAL_OK);
    struct mir_store *store = claim(&other);
    assert_int_not_equal(mir_snapshot_read(store, path, &wrong, &err), MIRSAL_OK);
    mir_store_close(store);
    test_store_fini(&other);
}

static void no_clear_byte_is_in_it(void **state)
{
    (void)state;
    static char bytes[4 << 20];
    struct mir_long_in in;
    size_t size = 0;
    size_t got = 1;
    test_team_report(&device, "a marker of clear text");
    assert_int_equal(mir_snapshot_write(device.store, path, &key, &err), MIRSAL_OK);
    assert_int_equal(mir_long_in_open(&in, path, &err), MIRSAL_OK);
    while (got > 0 && size < sizeof bytes) {
        assert_int_equal(
            mir_long_in_read(&got, &in, bytes + size, sizeof bytes - size, &err), MIRSAL_OK);
        size += got;
    }
    mir_long_in_close(&in);
    assert_true(size > 100000);
    for (size_t at = 0; at + 8 < size; at++) {
        assert_true(memcmp(bytes + at, "a marker", 8) != 0);
        assert_true(memcmp(bytes + at, "CREATE T", 8) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_key_opens_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_clear_byte_is_in_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
