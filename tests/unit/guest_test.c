/* SPDX-License-Identifier: Apache-2.0 */
/* unit/guest_test.c - another store is read, and no file of it changes or appears. */
#include "guest.h"

#include "files.h"
#include "keychange.h"
#include "sql.h"
#include "test_team.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_store device;
static struct test_env reader;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    test_env_init(&reader, 9);
    (void)test_team_report(&device, "one");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&device);
    test_env_fini(&reader);
    return 0;
}

static void guest_options(struct mir_store_options *out)
{
    test_store_options(out, &device);
    out->env = &reader.env;
}

/*
 * Name, size, time and sum of every file; of the WAL's index no sum: connections of one process
 * share it, and each keeps its marks there (e2e/merge_test.py looks from another process).
 */
static void describe(char *out, size_t size, const char *folder)
{
    size_t count = 0;
    size_t at = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    char names[16][256];
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "media") != 0) {
            assert_true(count < 16);
            (void)snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
        }
    }
    (void)closedir(dir);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            if (strcmp(names[k], names[i]) < 0) {
                char kept[256];
                memcpy(kept, names[i], sizeof kept);
                memcpy(names[i], names[k], sizeof kept);
                memcpy(names[k], kept, sizeof kept);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        char path[384];
        struct stat status;
        unsigned long sum = 5381;
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(stat(path, &status), 0);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        int is_index = strstr(names[i], "-shm") != NULL;
        for (int c = is_index ? EOF : fgetc(file); c != EOF; c = fgetc(file)) {
            sum = sum * 33 + (unsigned long)c;
        }
        (void)fclose(file);
        int wrote = snprintf(out + at, size - at, "%s %ld %ld.%ld %lx\n", names[i],
            (long)status.st_size, (long)status.st_mtim.tv_sec, (long)status.st_mtim.tv_nsec, sum);
        assert_true(wrote > 0 && at + (size_t)wrote < size);
        at += (size_t)wrote;
    }
}

static int64_t count_of(struct mir_store *guest)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(
        mir_sql_prepare(&statement, guest->sql, "SELECT count(*) FROM changeset", &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, guest->sql, statement, &err), MIRSAL_OK);
    int64_t count = mir_sql_column_int(statement, 0);
    mir_sql_release(statement);
    return count;
}

static void assert_untouched(int64_t changesets)
{
    char before[2048];
    char after[2048];
    struct mir_store *guest = NULL;
    struct mir_store_options options;
    guest_options(&options);
    describe(before, sizeof before, device.folder);
    mirsal_code rc = mir_guest_open(&guest, &options, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(mir_guest_readable(guest, &err), MIRSAL_OK);
    assert_int_equal(count_of(guest), changesets);
    assert_memory_equal(&guest->team, &device.store->team, sizeof guest->team);
    describe(after, sizeof after, device.folder);
    assert_string_equal(before, after);
    mir_store_close(guest);
    describe(after, sizeof after, device.folder);
    assert_string_equal(before, after);
}

static void one_that_is_closed(void **state)
{
    (void)state;
    char path[160];
    int64_t changesets = test_team_count(&device, "SELECT count(*) FROM changeset");
    mirsal_hash team = device.store->team;
    mir_store_close(device.store);
    (void)snprintf(path, sizeof path, "%s/store.db-shm", device.folder);
    assert_false(mir_file_exists(path));
    struct mir_store kept = { .team = team };
    device.store = &kept;
    assert_untouched(changesets);
    device.store = NULL;
}

static void one_that_is_open(void **state)
{
    (void)state;
    assert_untouched(test_team_count(&device, "SELECT count(*) FROM changeset"));
}

/* A process that ends in the midst leaves its WAL. with_index: and the WAL's index. */
static void killed_then_read(int with_index)
{
    char path[160];
    mirsal_hash team = device.store->team;
    mir_store_close(device.store);
    device.store = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        test_store_reopen(&device);
        (void)test_team_report(&device, "two");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)snprintf(path, sizeof path, "%s/store.db-shm", device.folder);
    assert_true(mir_file_exists(path));
    if (!with_index) {
        assert_int_equal(unlink(path), 0);
    }
    struct mir_store kept = { .team = team };
    device.store = &kept;
    struct mir_store *guest = NULL;
    struct mir_store_options options;
    guest_options(&options);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    int64_t changesets = count_of(guest);
    mir_store_close(guest);
    assert_untouched(changesets);
    device.store = NULL;
    test_store_reopen(&device);
    assert_int_equal(test_team_count(&device, "SELECT count(*) FROM changeset"), changesets);
    assert_int_equal(test_team_count(&device, "SELECT count(*) FROM r_1"), 2);
}

static void one_whose_wal_is_hot(void **state)
{
    (void)state;
    killed_then_read(1);
}

static void one_whose_wal_is_hot_without_its_index(void **state)
{
    (void)state;
    killed_then_read(0);
}

static void what_others_commit_meanwhile_is_not_seen(void **state)
{
    (void)state;
    struct mir_store *guest = NULL;
    struct mir_store_options options;
    guest_options(&options);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    int64_t before = count_of(guest);
    (void)test_team_report(&device, "two");
    assert_int_equal(count_of(guest), before);
    mir_store_close(guest);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    assert_int_equal(count_of(guest), before + 1);
    mir_store_close(guest);
}

static void nobody_opens_it_meanwhile(void **state)
{
    (void)state;
    struct mir_store *guest = NULL;
    struct mir_store *other = NULL;
    struct mir_store_options options;
    guest_options(&options);
    mir_store_close(device.store);
    device.store = NULL;
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_store_open(&other, &options, &err), MIRSAL_LOCKED);
    mir_store_close(guest);
    test_store_reopen(&device);
}

static struct mir_bytes text(const char *of)
{
    return (struct mir_bytes){ (const uint8_t *)of, strlen(of) };
}

/* A store under a passphrase in the place of the fixture's. */
static void found_sealed(struct mir_store_options *options, const char *passphrase)
{
    const struct mir_team_options team = { .name = "Nur", .founded_ms = 1 };
    test_store_fini(&device);
    test_store_init(&device, 3);
    test_store_options(options, &device);
    options->passphrase = text(passphrase);
    options->kdf_passes = 2;
    assert_int_equal(mir_store_create(&device.store, options, &err), MIRSAL_OK);
    assert_int_equal(mir_team_create(device.store, &team, &err), MIRSAL_OK);
}

static mirsal_code looked(struct mir_store_options *options, const char *passphrase)
{
    char before[2048];
    char after[2048];
    struct mir_store *guest = NULL;
    options->passphrase = text(passphrase);
    describe(before, sizeof before, device.folder);
    mirsal_code rc = mir_guest_open(&guest, options, &err);
    assert_true(rc == MIRSAL_OK || guest == NULL);
    mir_store_close(guest);
    describe(after, sizeof after, device.folder);
    assert_string_equal(before, after);
    return rc;
}

static void a_wrong_passphrase_changes_nothing(void **state)
{
    (void)state;
    struct mir_store_options options;
    found_sealed(&options, "harvest");
    assert_int_equal(looked(&options, "harvest"), MIRSAL_OK);
    assert_int_equal(looked(&options, "another"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(looked(&options, ""), MIRSAL_WRONG_PASSPHRASE);
    options.directory = "no-such-folder";
    struct mir_store *guest = NULL;
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_NO_STORE);
}

static void a_store_that_counts_tries_is_not_read(void **state)
{
    (void)state;
    struct mir_store_options options;
    found_sealed(&options, "harvest");
    assert_int_equal(mir_passphrase_limit(device.store, 3, &err), MIRSAL_OK);
    assert_int_equal(looked(&options, "harvest"), MIRSAL_NOT_ALLOWED);
    assert_int_equal(looked(&options, "another"), MIRSAL_NOT_ALLOWED);
}

static void nothing_can_be_written(void **state)
{
    (void)state;
    struct mir_store *guest = NULL;
    struct mir_store_options options;
    guest_options(&options);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    assert_int_not_equal(mir_sql_run(guest->sql, "DELETE FROM changeset", &err), MIRSAL_OK);
    mir_store_close(guest);
}

static void a_duress_passphrase_destroys_nothing(void **state)
{
    (void)state;
    struct mir_store_options options;
    const struct mir_decoy decoy = { .founded_ms = 1, .name = "Empty" };
    found_sealed(&options, "harvest");
    assert_int_equal(mir_passphrase_duress(device.store, text("cellar"), &decoy, &err), MIRSAL_OK);
    assert_int_equal(looked(&options, "cellar"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(looked(&options, "harvest"), MIRSAL_OK);
}

#define GUEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUEST(one_that_is_closed),
        GUEST(one_that_is_open),
        GUEST(one_whose_wal_is_hot),
        GUEST(one_whose_wal_is_hot_without_its_index),
        GUEST(what_others_commit_meanwhile_is_not_seen),
        GUEST(nobody_opens_it_meanwhile),
        GUEST(a_wrong_passphrase_changes_nothing),
        GUEST(a_store_that_counts_tries_is_not_read),
        GUEST(a_duress_passphrase_destroys_nothing),
        GUEST(nothing_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
