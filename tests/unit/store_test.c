/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/store_test.c - a store exists once it is published, opens for its passphrase, and sees the
 * commits of others.
 */
#include "store.h"

#include "files.h"
#include "layout.h"
#include "sql.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_store device;
static mirsal_error err;

static void an_unpublished_store_leaves_nothing(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_store *store = NULL;
    test_store_init(&device, 1);
    test_store_options(&options, &device);
    assert_int_equal(mir_store_open(&store, &options, &err), MIRSAL_NO_STORE);
    assert_int_equal(mir_store_create(&store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_store_open(&device.store, &options, &err), MIRSAL_NO_STORE);
    mir_store_close(store);
    assert_false(mir_file_exists(device.folder));
    test_store_fini(&device);
}

static void a_folder_with_anything_else_is_not_taken(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_store *store = NULL;
    char path[128];
    int made = 0;
    test_store_init(&device, 1);
    test_store_options(&options, &device);
    assert_int_equal(mir_folder_make(&made, device.folder, &err), MIRSAL_OK);
    (void)snprintf(path, sizeof path, "%s/letter", device.folder);
    assert_int_equal(mir_file_replace(path, (struct mir_bytes){ NULL, 0 }, &err), MIRSAL_OK);
    assert_int_equal(mir_store_create(&store, &options, &err), MIRSAL_STORE_EXISTS);
    assert_true(mir_file_exists(path));
    assert_int_equal(unlink(path), 0);
    /* What an interrupted create left is replaced. */
    (void)snprintf(path, sizeof path, "%s/store.db", device.folder);
    assert_int_equal(
        mir_file_replace(path, (struct mir_bytes){ (const uint8_t *)"x", 1 }, &err), MIRSAL_OK);
    assert_int_equal(mir_store_create(&store, &options, &err), MIRSAL_OK);
    mir_store_close(store);
    test_store_fini(&device);
}

static void an_existing_store_is_not_made_again(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_store *store = NULL;
    test_team_found(&device, 1);
    test_store_options(&options, &device);
    assert_int_equal(mir_store_create(&store, &options, &err), MIRSAL_STORE_EXISTS);
    options.passphrase = (struct mir_bytes){ (const uint8_t *)"any", 3 };
    assert_int_equal(mir_store_open(&store, &options, &err), MIRSAL_WRONG_PASSPHRASE);
    assert_null(store);
    test_store_fini(&device);
}

static const char *const kept_names[] = { "store.db", "store.db-wal", "keys" };
#define KEPT 3

static void read_kept(struct mir_buf files[KEPT], const char *folder)
{
    for (size_t i = 0; i < KEPT; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, kept_names[i]);
        mir_buf_init(&files[i], &device.world.env, 64u << 20);
        if (mir_file_exists(path)) {
            assert_int_equal(mir_file_read(&files[i], path, 64u << 20, &err), MIRSAL_OK);
        }
    }
}

static void assert_kept(const struct mir_buf before[KEPT])
{
    struct mir_buf after[KEPT];
    read_kept(after, device.folder);
    for (size_t i = 0; i < KEPT; i++) {
        assert_true(mir_bytes_equal(mir_buf_bytes(&before[i]), mir_buf_bytes(&after[i])));
        mir_buf_fini(&after[i]);
    }
}

/* Byte for byte; also what a WAL of its own still holds. */
static void another_format_is_left_alone(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_store *store = NULL;
    struct mir_buf hot[KEPT];
    struct mir_buf closed[KEPT];
    test_team_found(&device, 1);
    test_store_options(&options, &device);
    assert_int_equal(mir_sql_run(device.store->sql, "PRAGMA user_version = 9", &err), MIRSAL_OK);
    assert_int_equal(mir_store_open(&store, &options, &err), MIRSAL_VERSION);
    assert_null(store);
    read_kept(hot, device.folder);
    assert_true(hot[1].size > 0);
    mir_store_close(device.store);
    device.store = NULL;
    read_kept(closed, device.folder);
    assert_int_equal(mir_store_open(&store, &options, &err), MIRSAL_VERSION);
    assert_kept(closed);
    for (size_t i = 0; i < KEPT; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", device.folder, kept_names[i]);
        assert_int_equal(mir_file_replace(path, mir_buf_bytes(&hot[i]), &err), MIRSAL_OK);
    }
    assert_int_equal(mir_store_open(&store, &options, &err), MIRSAL_VERSION);
    assert_kept(hot);
    for (size_t i = 0; i < KEPT; i++) {
        mir_buf_fini(&hot[i]);
        mir_buf_fini(&closed[i]);
    }
    test_store_fini(&device);
}

static void alone_means_no_other_handle(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_store *other = NULL;
    test_team_found(&device, 1);
    test_store_options(&options, &device);
    assert_int_equal(mir_store_open(&other, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_store_alone(device.store, &err), MIRSAL_LOCKED);
    mir_store_close(other);
    assert_int_equal(mir_store_alone(device.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_open(&other, &options, &err), MIRSAL_LOCKED);
    mir_store_share(device.store);
    assert_int_equal(mir_store_open(&other, &options, &err), MIRSAL_OK);
    mir_store_close(other);
    test_store_fini(&device);
}

/* The database is the right one's, its passphrase too: the key is another. */
static void a_database_of_another_key_is_corrupt(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct test_store other;
    char from[96];
    char to[96];
    test_team_found(&device, 1);
    test_team_found(&other, 2);
    test_store_options(&options, &device);
    mir_store_close(device.store);
    mir_store_close(other.store);
    device.store = NULL;
    other.store = NULL;
    (void)snprintf(from, sizeof from, "%s/store.db", other.folder);
    (void)snprintf(to, sizeof to, "%s/store.db", device.folder);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(mir_store_open(&device.store, &options, &err), MIRSAL_CORRUPT);
    assert_string_equal(err.message, "page 1 of store.db does not open");
    assert_int_equal(err.detail, SQLITE_IOERR_DATA);
    assert_int_equal(rename(to, from), 0);
    test_store_options(&options, &other);
    assert_int_equal(mir_store_open(&other.store, &options, &err), MIRSAL_OK);
    test_store_fini(&device);
    test_store_fini(&other);
}

static int holds(const char *path, const char *text)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    int found = 0;
    for (size_t i = 0; !found && i + strlen(text) <= size; i++) {
        found = memcmp(bytes + i, text, strlen(text)) == 0;
    }
    return found;
}

static void nothing_of_a_store_is_clear_or_for_others(void **state)
{
    (void)state;
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm", "keys" };
    struct stat status;
    char path[96];
    test_team_found(&device, 1);
    mirsal_id id = test_team_report(&device, "beside the orchard");
    assert_string_equal(test_team_shown(&device, &id), "beside the orchard");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", device.folder, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_false(holds(path, "orchard"));
        assert_false(holds(path, "CREATE"));
    }
    test_store_fini(&device);
}

static void two_handles_see_each_others_commits(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct test_store other;
    test_team_found(&device, 1);
    other = device;
    test_store_options(&options, &device);
    assert_int_equal(mir_store_open(&other.store, &options, &err), MIRSAL_OK);
    mirsal_id id = test_team_report(&other, "one");
    assert_int_equal(test_team_edit(&device, &id, "two"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&other, &id), "two");
    assert_int_equal(test_team_edit(&other, &id, "three"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "three");
    assert_int_equal(
        test_team_count(&device, "SELECT max(seq) FROM changeset WHERE compartment = 0"), 3);
    mir_store_close(other.store);
    test_store_fini(&device);
}

static void a_rollback_at_any_depth_ends_the_whole(void **state)
{
    (void)state;
    int64_t value = 0;
    test_team_found(&device, 1);
    struct mir_store *store = device.store;
    uint64_t stamp = store->stamp;
    assert_int_equal(mir_store_begin(store, &err), MIRSAL_OK);
    assert_int_equal(mir_meta_set_int(store->sql, "x", 5, &err), MIRSAL_OK);
    assert_int_equal(mir_store_begin(store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(store, &err), MIRSAL_OK);
    store->stamp += 1000;
    mir_store_rollback(store);
    mir_store_rollback(store);
    assert_int_equal(mir_meta_int(&value, store->sql, "x", &err), MIRSAL_OK);
    assert_int_equal(value, 0);
    assert_int_equal(mir_store_refresh(store, &err), MIRSAL_OK);
    assert_int_equal(store->stamp, stamp);
    test_store_fini(&device);
}

static void a_reading_sees_one_state(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct test_store other;
    test_team_found(&device, 1);
    other = device;
    test_store_options(&options, &device);
    assert_int_equal(mir_store_open(&other.store, &options, &err), MIRSAL_OK);
    mirsal_id id = test_team_report(&other, "one");
    assert_int_equal(mir_store_read_begin(device.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "one");
    assert_int_equal(test_team_edit(&other, &id, "two"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "one");
    mir_store_read_end(device.store);
    assert_string_equal(test_team_shown(&device, &id), "two");
    assert_int_equal(mir_store_begin(device.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_read_begin(device.store, &err), MIRSAL_OK);
    mir_store_read_end(device.store);
    assert_int_equal(mir_meta_set_int(device.store->sql, "x", 5, &err), MIRSAL_OK);
    mir_store_rollback(device.store);
    mir_store_close(other.store);
    test_store_fini(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unpublished_store_leaves_nothing),
        cmocka_unit_test(a_folder_with_anything_else_is_not_taken),
        cmocka_unit_test(an_existing_store_is_not_made_again),
        cmocka_unit_test(another_format_is_left_alone),
        cmocka_unit_test(a_database_of_another_key_is_corrupt),
        cmocka_unit_test(nothing_of_a_store_is_clear_or_for_others),
        cmocka_unit_test(alone_means_no_other_handle),
        cmocka_unit_test(two_handles_see_each_others_commits),
        cmocka_unit_test(a_rollback_at_any_depth_ends_the_whole),
        cmocka_unit_test(a_reading_sees_one_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
