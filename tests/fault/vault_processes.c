/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/vault_processes.c - several processes on one database write through a vault as they
 * do without one, and those that are killed while they write lose nothing they were told of.
 *
 * MIRSAL_SOAK=1: 20 times as many are killed.
 */
#include "test_env.h"
#include "test_random.h"
#include "vault_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 3
#define COMMITS   60
#define KILLS     6

static char folder[] = "vault-processes.XXXXXX";

static void remove_database(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char name[96];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static unsigned is_long(void)
{
    const char *soak = getenv("MIRSAL_SOAK");
    return soak != NULL && strcmp(soak, "1") == 0;
}

struct crowd {
    struct vault_bed *bed;
    uint8_t key;
    char path[64];
    pid_t processes[PROCESSES];
    int said[PROCESSES]; /* read ends: the commits that were acknowledged */
};

/* One process of several: its own connection, rows of its own, a counter of all. */
static int write_as_process(const struct crowd *crowd, const char *journal, int number, int said)
{
    static const int modes[] = { SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART,
        SQLITE_CHECKPOINT_TRUNCATE };
    struct vault_bed *bed = vault_bed_new(NULL, crowd->key);
    sqlite3 *db = NULL;
    if (vault_bed_open(&db, bed, crowd->path) != SQLITE_OK) {
        return 1;
    }
    (void)sqlite3_busy_timeout(db, 20000);
    if (bed_run(db, "PRAGMA cache_size=10; PRAGMA synchronous=OFF; PRAGMA journal_mode=%s",
            journal) != SQLITE_OK) {
        return 5;
    }
    for (int i = 0; i < COMMITS; i++) {
        int rc = bed_run(db,
            "BEGIN IMMEDIATE; UPDATE total SET n = n + 1;"
            "INSERT INTO row(process, i, text) VALUES(%d, %d, printf('%%.*c', %d, 'z')); COMMIT",
            number, i, i * 300);
        if (rc != SQLITE_OK) {
            return 2;
        }
        if (write(said, &i, sizeof i) != (ssize_t)sizeof i) {
            return 3;
        }
        if (i % 7 == number % 7) {
            (void)sqlite3_wal_checkpoint_v2(db, NULL, modes[i % 3], NULL, NULL);
        }
    }
    return sqlite3_close(db) == SQLITE_OK ? 0 : 4;
}

static void crowd_begin(struct crowd *crowd, uint8_t key, const char *journal)
{
    sqlite3 *db = NULL;
    memset(crowd, 0, sizeof *crowd);
    crowd->key = key;
    crowd->bed = vault_bed_new(NULL, key);
    (void)snprintf(crowd->path, sizeof crowd->path, "%s/crowd.db", folder);
    remove_database(crowd->path);
    assert_int_equal(vault_bed_open(&db, crowd->bed, crowd->path), SQLITE_OK);
    assert_int_equal(bed_run(db,
                         "PRAGMA journal_mode=%s; CREATE TABLE total(n); INSERT INTO total "
                         "VALUES(0);"
                         "CREATE TABLE row(process, i, text, PRIMARY KEY(process, i))",
                         journal),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int i = 0; i < PROCESSES; i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        crowd->processes[i] = fork();
        assert_true(crowd->processes[i] >= 0);
        if (crowd->processes[i] == 0) {
            _exit(write_as_process(crowd, journal, i, ends[1]));
        }
        (void)close(ends[1]);
        crowd->said[i] = ends[0];
    }
}

/* How many commits that process was told of, or so many of them. */
static int64_t crowd_hear(const struct crowd *crowd, int process, int64_t most)
{
    int64_t count = 0;
    int said = 0;
    while (count < most && read(crowd->said[process], &said, sizeof said) == (ssize_t)sizeof said) {
        count++;
    }
    return count;
}

/* The rest of them, once it has ended. */
static int64_t crowd_wait(struct crowd *crowd, int process, int *status)
{
    int64_t count = crowd_hear(crowd, process, INT64_MAX);
    (void)close(crowd->said[process]);
    assert_int_equal(waitpid(crowd->processes[process], status, 0), crowd->processes[process]);
    return count;
}

static void crowd_end(struct crowd *crowd)
{
    remove_database(crowd->path);
    vault_bed_free(crowd->bed);
}

static uint64_t all_processes_write(uint8_t key, const char *journal)
{
    struct crowd crowd;
    sqlite3 *db = NULL;
    crowd_begin(&crowd, key, journal);
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(crowd_wait(&crowd, i, &status), COMMITS);
        assert_int_equal(status, 0);
    }
    assert_int_equal(vault_bed_open(&db, crowd.bed, crowd.path), SQLITE_OK);
    assert_int_equal(bed_is_whole(db), 1);
    uint64_t said = bed_digest(db, "SELECT n, 0, 0 FROM total UNION ALL "
                                   "SELECT * FROM row ORDER BY 1, 2");
    assert_int_equal(bed_number(db, "SELECT n FROM total", -1), PROCESSES * COMMITS);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    crowd_end(&crowd);
    return said;
}

static void processes_take_turns(void **state)
{
    (void)state;
    assert_true(all_processes_write(0, "WAL") == all_processes_write(1, "WAL"));
    assert_true(all_processes_write(0, "DELETE") == all_processes_write(1, "DELETE"));
}

/* Each process is killed at some point of its work; what it was told of is there. */
static void a_killed_process_loses_nothing(void **state)
{
    struct test_random random = { 5 };
    int64_t told_of_all = 0;
    (void)state;
    for (int round = 0; round < (is_long() ? 20 * KILLS : KILLS); round++) {
        struct crowd crowd;
        sqlite3 *db = NULL;
        int64_t told = 0;
        crowd_begin(&crowd, 1, round % 3 == 2 ? "PERSIST" : "WAL");
        for (int i = 0; i < PROCESSES; i++) {
            int status = 0;
            told += crowd_hear(&crowd, i, (int64_t)test_random_below(&random, COMMITS / 2));
            assert_int_equal(kill(crowd.processes[i], SIGKILL), 0);
            told += crowd_wait(&crowd, i, &status);
        }
        assert_int_equal(vault_bed_open(&db, crowd.bed, crowd.path), SQLITE_OK);
        assert_int_equal(bed_is_whole(db), 1);
        int64_t held = bed_number(db, "SELECT count(*) FROM row", -1);
        assert_in_range((uint64_t)held, (uint64_t)told, (uint64_t)told + PROCESSES);
        assert_int_equal(bed_number(db, "SELECT n FROM total", -1), held);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        crowd_end(&crowd);
        told_of_all += told;
    }
    printf("%lld acknowledged commits of killed processes: there\n", (long long)told_of_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_take_turns),
        cmocka_unit_test(a_killed_process_loses_nothing),
    };
    assert_non_null(mkdtemp(folder));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
