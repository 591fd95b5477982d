/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/vault_sweep.c - the power goes at every write, truncate, sync and delete of plain
 * SQLite on a vault: WAL alone and shared, and rollback journals of each kind; rows of all sizes,
 * full text, spilled caches, savepoints, indices, VACUUM, checkpoints.
 *
 * What is left is opened with a wrong key first, which must open nothing and change no byte, then
 * with the right one: whole, and exactly the state after the last acknowledged commit or the one
 * under way, told by a digest of the same commits in memory. At every fourth point the power goes
 * again while it recovers. MIRSAL_SOAK=1: every point, several times; MIRSAL_POINT=N: that one of
 * each seed, which draws what it drew before; MIRSAL_PLAN=WORD: plans with that word. Canaries
 * without syncs must be caught.
 */
#include "crash_disk.h"
#include "test_env.h"
#include "test_random.h"
#include "vault_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH        "vault/store.db"
#define COMMITS_MAX 64u
#define POINTS_MAX  200000u
#define READER_GAP  4u
#ifndef STRIDE_USUAL /* from point to point; more in a build with sanitizers */
#    define STRIDE_USUAL 1u
#endif

struct plan {
    const char *name;
    const char *journal;
    const char *synchronous;
    unsigned exclusive;
    unsigned commits;
    unsigned stride; /* of the slice */
};

struct sweep {
    const struct plan *plan;
    struct crash_disk *disk;
    struct vault_bed *right;
    struct vault_bed *wrong;
    struct crash_image *image;
    sqlite3 *writer;
    sqlite3 *reader;                    /* NULL when the writer is alone */
    uint64_t expected[COMMITS_MAX + 1]; /* after so many commits */
    unsigned acknowledged;
    uint64_t seed;
    uint64_t points;
    uint64_t lost;
    uint64_t corrupt;
    uint64_t opened_wrongly;
};

static const char content[] =
    "SELECT 1, no, 0 FROM log UNION ALL SELECT id, kind, body FROM report "
    "UNION ALL SELECT rowid, 2, text FROM words ORDER BY 1, 2, 3";

static int write_rows(sqlite3 *db, struct test_random *random, unsigned commit, unsigned count)
{
    int rc = SQLITE_OK;
    for (unsigned i = 0; rc == SQLITE_OK && i < count; i++) {
        static const unsigned sizes[] = { 8, 40, 300, 900, 3000, 9000 };
        unsigned size = sizes[test_random_below(random, count > 20 ? 5 : 6)];
        unsigned letter = (unsigned)test_random_below(random, 26);
        rc = bed_run(db,
            "INSERT INTO report(kind, body) VALUES(%u, "
            "printf('%%.*c', %u, char(%u)) || '%u.%u')",
            (unsigned)test_random_below(random, 9), size, 97 + letter, commit, i);
    }
    return rc;
}

static int change_rows(sqlite3 *db, struct test_random *random, unsigned commit)
{
    unsigned of = 3 + (unsigned)test_random_below(random, 9);
    int rc = bed_run(
        db, "UPDATE report SET kind = kind + 1, body = body || %u WHERE id %% %u = 1", commit, of);
    if (rc == SQLITE_OK && commit % 3 == 1) {
        rc = bed_run(db, "DELETE FROM report WHERE id %% %u = 2", of);
    }
    if (rc == SQLITE_OK && commit % 5 == 2) {
        rc = bed_run(db, "SAVEPOINT aside; UPDATE report SET body = 'aside'; ROLLBACK TO aside; "
                         "RELEASE aside");
    }
    if (rc == SQLITE_OK && commit % 9 == 4) {
        rc = bed_run(db, "CREATE INDEX report_kind_%u ON report(kind, id)", commit);
    }
    if (rc == SQLITE_OK && commit % 9 == 7) {
        rc = bed_run(db, "DROP INDEX IF EXISTS report_kind_%u", commit - 3);
    }
    return rc;
}

/* Depends on the seed and the commit alone, so that memory and disk do the same. */
static int commit_once(sqlite3 *db, uint64_t seed, unsigned commit)
{
    struct test_random random = { seed * 1000 + commit };
    int rc = bed_run(db, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = write_rows(db, &random, commit, commit % 7 == 3 ? 40 : 1 + commit % 5);
    }
    if (rc == SQLITE_OK) {
        rc = change_rows(db, &random, commit);
    }
    if (rc == SQLITE_OK) {
        rc = bed_run(db,
            "INSERT INTO words(text) VALUES('%u houses north of the school');"
            "INSERT INTO log(no) VALUES(%u); COMMIT",
            commit, commit);
    }
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(db)) {
        (void)bed_run(db, "ROLLBACK");
    }
    return rc;
}

static int make_tables(sqlite3 *db)
{
    return bed_run(db, "CREATE TABLE report(id INTEGER PRIMARY KEY, kind INTEGER, body TEXT);"
                       "CREATE TABLE log(no INTEGER PRIMARY KEY);"
                       "CREATE VIRTUAL TABLE words USING fts5(text)");
}

static int connect(sqlite3 **out, const struct sweep *sweep, const struct vault_bed *bed)
{
    const struct plan *plan = sweep->plan;
    int rc = vault_bed_open(out, bed, PATH);
    if (rc == SQLITE_OK) {
        rc = bed_run(*out,
            "PRAGMA cache_size=12; PRAGMA locking_mode=%s; PRAGMA journal_mode=%s;"
            "PRAGMA synchronous=%s; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=60",
            plan->exclusive ? "EXCLUSIVE" : "NORMAL", plan->journal, plan->synchronous);
    }
    return rc;
}

static void disconnect(struct sweep *sweep)
{
    (void)sqlite3_close(sweep->reader);
    (void)sqlite3_close(sweep->writer);
    sweep->reader = NULL;
    sweep->writer = NULL;
}

/* Under WAL the reader keeps a snapshot over several commits. */
static int read_beside(struct sweep *sweep, unsigned commit)
{
    int stays = strcmp(sweep->plan->journal, "WAL") == 0;
    if (sweep->reader == NULL) {
        return SQLITE_OK;
    }
    int rc = SQLITE_OK;
    if (commit % READER_GAP == 1) {
        rc = bed_run(sweep->reader,
            stays ? "BEGIN; SELECT count(body) FROM report" : "SELECT count(body) FROM report");
    } else if (commit % READER_GAP == 3 && stays) {
        rc = bed_run(sweep->reader, "SELECT max(body) FROM report; COMMIT");
    }
    return rc;
}

/* A busy checkpoint is none. */
static int tend(sqlite3 *db, unsigned commit)
{
    static const int modes[] = { SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_FULL,
        SQLITE_CHECKPOINT_RESTART, SQLITE_CHECKPOINT_TRUNCATE };
    int rc = SQLITE_OK;
    if (commit % 3 == 2) {
        rc = sqlite3_wal_checkpoint_v2(db, NULL, modes[commit / 3 % 4], NULL, NULL);
    } else if (commit % 11 == 9) {
        rc = bed_run(db, "VACUUM");
    }
    return rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? SQLITE_OK : rc;
}

static int run_commits(struct sweep *sweep)
{
    int rc = connect(&sweep->writer, sweep, sweep->right);
    if (rc == SQLITE_OK && !sweep->plan->exclusive) {
        rc = connect(&sweep->reader, sweep, sweep->right);
    }
    for (unsigned i = 1; rc == SQLITE_OK && i <= sweep->plan->commits; i++) {
        rc = commit_once(sweep->writer, sweep->seed, i);
        if (rc == SQLITE_OK) {
            sweep->acknowledged = i;
            rc = read_beside(sweep, i);
        }
        if (rc == SQLITE_OK) {
            rc = tend(sweep->writer, i);
        }
    }
    disconnect(sweep);
    return rc;
}

static void cut_power(struct sweep *sweep)
{
    crash_disk_stop(sweep->disk);
    disconnect(sweep);
    crash_disk_cut_power(sweep->disk);
    crash_disk_start(sweep->disk);
}

/* Everything a program would try that does not know the key is another's. */
static void try_wrong_key(struct sweep *sweep)
{
    struct crash_image *before = crash_disk_copy(sweep->disk);
    sqlite3 *db = NULL;
    int rc = connect(&db, sweep, sweep->wrong);
    if (rc == SQLITE_OK) {
        rc = bed_run(db, "CREATE TABLE other(x); SELECT count(*) FROM sqlite_schema");
    }
    (void)sqlite3_close(db);
    if (rc == SQLITE_OK || !crash_disk_equals(sweep->disk, before)) {
        sweep->opened_wrongly++;
    }
    crash_disk_restore(sweep->disk, before);
    crash_image_free(before);
}

/* 1 whole; *kept = 1: and with every commit that was acknowledged. */
static int is_as_said(const struct sweep *sweep, int *kept)
{
    int64_t last = bed_number(sweep->writer, "SELECT coalesce(max(no), 0) FROM log", -1);
    *kept = last >= (int64_t)sweep->acknowledged;
    return bed_is_whole(sweep->writer) && last >= 0 && last <= (int64_t)sweep->plan->commits &&
           last <= (int64_t)sweep->acknowledged + 1 &&
           bed_digest(sweep->writer, content) == sweep->expected[last];
}

static void tell(const struct sweep *sweep, uint64_t point, const char *what)
{
    if (strstr(sweep->plan->name, "canary") == NULL) {
        printf("%s, seed %llu, point %llu, %u acknowledged: %s\n", sweep->plan->name,
            (unsigned long long)sweep->seed, (unsigned long long)point, sweep->acknowledged, what);
    }
}

static void judge(struct sweep *sweep, uint64_t point)
{
    int kept = 0;
    cut_power(sweep);
    try_wrong_key(sweep);
    if (point % 4 == 3) {
        crash_disk_stop_after(sweep->disk, point % 11);
        if (connect(&sweep->writer, sweep, sweep->right) == SQLITE_OK) {
            (void)bed_is_whole(sweep->writer);
        }
        disconnect(sweep); /* takes the WAL back into the database */
        cut_power(sweep);
        try_wrong_key(sweep);
    }
    sweep->points++;
    if (connect(&sweep->writer, sweep, sweep->right) != SQLITE_OK || !is_as_said(sweep, &kept)) {
        sweep->corrupt++;
        tell(sweep, point, "corrupt");
    } else if (!kept) {
        sweep->lost++;
        tell(sweep, point, "lost");
    } else if (commit_once(sweep->writer, sweep->seed, COMMITS_MAX + 1) != SQLITE_OK) {
        sweep->corrupt++;
    }
    disconnect(sweep);
}

static unsigned is_long(void)
{
    const char *soak = getenv("MIRSAL_SOAK");
    return soak != NULL && strcmp(soak, "1") == 0;
}

static void expect_states(struct sweep *sweep)
{
    sqlite3 *memory = NULL;
    assert_int_equal(sqlite3_open(":memory:", &memory), SQLITE_OK);
    assert_int_equal(make_tables(memory), SQLITE_OK);
    sweep->expected[0] = bed_digest(memory, content);
    for (unsigned i = 1; i <= sweep->plan->commits; i++) {
        assert_int_equal(commit_once(memory, sweep->seed, i), SQLITE_OK);
        sweep->expected[i] = bed_digest(memory, content);
    }
    assert_int_equal(sqlite3_close(memory), SQLITE_OK);
}

/* A database with its tables; the store too makes its own aside before it is there for anybody. */
static void begin(struct sweep *sweep, const struct plan *plan, uint64_t seed)
{
    memset(sweep, 0, sizeof *sweep);
    sweep->plan = plan;
    sweep->seed = seed;
    sweep->disk = crash_disk_new("vault-sweep", seed, NULL, NULL);
    sweep->right = vault_bed_new(crash_disk_name(sweep->disk), 1);
    sweep->wrong = vault_bed_new(crash_disk_name(sweep->disk), 2);
    assert_true(plan->commits <= COMMITS_MAX);
    expect_states(sweep);
    assert_int_equal(connect(&sweep->writer, sweep, sweep->right), SQLITE_OK);
    assert_int_equal(make_tables(sweep->writer), SQLITE_OK);
    disconnect(sweep);
    sweep->image = crash_disk_copy(sweep->disk);
}

static void end(struct sweep *sweep)
{
    crash_image_free(sweep->image);
    vault_bed_free(sweep->wrong);
    vault_bed_free(sweep->right);
    crash_disk_free(sweep->disk);
}

static void run(struct sweep *sweep, const struct plan *plan, unsigned stride, unsigned seeds)
{
    const char *only = getenv("MIRSAL_POINT");
    uint64_t totals[4] = { 0 };
    for (unsigned seed = 1; seed <= seeds; seed++) {
        begin(sweep, plan, seed);
        int done = 0;
        uint64_t from = only != NULL ? strtoull(only, NULL, 10) : seed % stride;
        for (uint64_t point = from; !done && point < POINTS_MAX; point += stride) {
            crash_disk_restore(sweep->disk, sweep->image);
            sweep->acknowledged = 0;
            crash_disk_reseed(sweep->disk, seed * POINTS_MAX + point);
            crash_disk_stop_after(sweep->disk, point);
            done = run_commits(sweep) == SQLITE_OK && !crash_disk_stopped(sweep->disk);
            judge(sweep, point);
            done = done || only != NULL;
        }
        assert_true(done);
        end(sweep);
        totals[0] += sweep->points;
        totals[1] += sweep->corrupt;
        totals[2] += sweep->lost;
        totals[3] += sweep->opened_wrongly;
    }
    sweep->points = totals[0];
    sweep->corrupt = totals[1];
    sweep->lost = totals[2];
    sweep->opened_wrongly = totals[3];
    printf("%s: %llu points, %llu corrupt, %llu lost an acknowledged commit, %llu touched by a "
           "wrong key\n",
        plan->name, (unsigned long long)sweep->points, (unsigned long long)sweep->corrupt,
        (unsigned long long)sweep->lost, (unsigned long long)sweep->opened_wrongly);
}

static void nothing_is_lost(void **state)
{
    static const struct plan plans[] = {
        { "WAL, alone", "WAL", "FULL", 1, 40, 61 },
        { "WAL, shared", "WAL", "FULL", 0, 40, 61 },
        { "journal deleted", "DELETE", "EXTRA", 0, 20, 71 }, /* FULL syncs no folder */
        { "journal truncated", "TRUNCATE", "FULL", 1, 20, 71 },
        { "journal kept", "PERSIST", "FULL", 0, 20, 71 },
    };
    uint64_t failed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct sweep sweep;
        const char *wanted = getenv("MIRSAL_PLAN");
        if (wanted != NULL && strstr(plans[i].name, wanted) == NULL) {
            continue;
        }
        run(&sweep, &plans[i], is_long() ? 1 : plans[i].stride * STRIDE_USUAL, is_long() ? 3 : 1);
        assert_true(sweep.points >= 8 || getenv("MIRSAL_POINT") != NULL);
        failed += sweep.corrupt + sweep.lost + sweep.opened_wrongly;
    }
    assert_int_equal(failed, 0);
}

/* The harness must see what goes wrong without syncs. */
static void missing_syncs_are_caught(void **state)
{
    static const struct plan normal = { "canary, WAL NORMAL", "WAL", "NORMAL", 1, 20, 41 };
    static const struct plan off = { "canary, WAL OFF", "WAL", "OFF", 0, 20, 53 };
    static const struct plan rollback = { "canary, journal OFF", "DELETE", "OFF", 0, 12, 53 };
    struct sweep sweep;
    (void)state;
    run(&sweep, &normal, is_long() ? 1 : normal.stride * STRIDE_USUAL, 1);
    assert_true(sweep.lost > 0); /* some are damage to the vault: a log that went on is longer */
    run(&sweep, &off, is_long() ? 1 : off.stride * STRIDE_USUAL, 1);
    assert_true(sweep.lost > 0);
    assert_true(sweep.corrupt > 0);
    run(&sweep, &rollback, is_long() ? 1 : rollback.stride * STRIDE_USUAL, 1);
    assert_true(sweep.corrupt > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(missing_syncs_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
