/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/vault_threads.c - several threads, each with connections of its own, on one vault;
 * and several with a store of their own on one folder.
 *
 * For ThreadSanitizer too: docs/TESTING.md has the command. MIRSAL_SOAK=1: 20 times as long.
 */
#include "msgpack.h"
#include "sql.h"
#include "test_team.h"
#include "vault_bed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 4
#define COMMITS 40
#define REPORTS 6

struct work {
    const struct vault_bed *bed;
    const char *path;
    int number;
    int commits;
    int failed; /* the line that did; threads cannot assert */
};

static int times(void)
{
    const char *soak = getenv("MIRSAL_SOAK");
    return soak != NULL && strcmp(soak, "1") == 0 ? 20 : 1;
}

/* Sums of a table that others write: what one statement sees is one state. */
static int reads_one_state(sqlite3 *db)
{
    return bed_number(db, "SELECT (SELECT n FROM total) = count(*) FROM row", 0) == 1;
}

static void *write_and_read(void *context)
{
    static const int modes[] = { SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_FULL,
        SQLITE_CHECKPOINT_RESTART, SQLITE_CHECKPOINT_TRUNCATE };
    struct work *work = context;
    sqlite3 *db = NULL;
    for (int i = 0; i < work->commits && work->failed == 0; i++) {
        if (db == NULL && vault_bed_open(&db, work->bed, work->path) != SQLITE_OK) {
            work->failed = __LINE__;
            break;
        }
        (void)sqlite3_busy_timeout(db, 30000);
        if (bed_run(db,
                "PRAGMA cache_size=10; BEGIN IMMEDIATE; UPDATE total SET n = n + 1;"
                "INSERT INTO row VALUES(%d, %d, printf('%%.*c', %d, 'z')); COMMIT",
                work->number, i, i % 20 * 400) != SQLITE_OK) {
            work->failed = __LINE__;
        } else if (!reads_one_state(db)) {
            work->failed = __LINE__;
        }
        if (i % 5 == work->number % 5) {
            (void)sqlite3_wal_checkpoint_v2(db, NULL, modes[i % 4], NULL, NULL);
        }
        if (i % 8 == 7) {
            (void)sqlite3_close(db);
            db = NULL;
        }
    }
    (void)sqlite3_close(db);
    return NULL;
}

static void run_threads(const char *journal)
{
    char folder[] = "vault-threads.XXXXXX";
    char path[64];
    struct vault_bed *bed = vault_bed_new(NULL, 1);
    struct work work[THREADS];
    pthread_t threads[THREADS];
    sqlite3 *db = NULL;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.db", folder);
    assert_int_equal(vault_bed_open(&db, bed, path), SQLITE_OK);
    assert_int_equal(bed_run(db,
                         "PRAGMA journal_mode=%s; CREATE TABLE total(n);"
                         "INSERT INTO total VALUES(0);"
                         "CREATE TABLE row(thread, i, text, PRIMARY KEY(thread, i))",
                         journal),
        SQLITE_OK);
    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct work){ bed, path, i, COMMITS * times(), 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &work[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(work[i].failed, 0);
    }
    assert_int_equal(bed_is_whole(db), 1);
    assert_int_equal(bed_number(db, "SELECT count(*) FROM row", -1), THREADS * COMMITS * times());
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0); /* no WAL, no journal is left */
    vault_bed_free(bed);
}

static void connections_of_threads_agree(void **state)
{
    (void)state;
    run_threads("WAL");
    run_threads("DELETE");
}

struct reporter {
    const struct test_store *founder;
    struct test_env world;
    uint64_t seed;
    int reports;
    mirsal_code rc;
};

static mirsal_code report(struct mir_store *store, const mirsal_env *env, mirsal_error *err)
{
    static const char text[] = "three houses near the mill";
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_id record;
    mirsal_code rc = mir_txn_begin(&txn, store, MIR_TXN_LONE, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&value, env, 256);
    mir_mp_write_str(&value, text, sizeof text - 1);
    rc = mir_txn_create(&record, txn, TEST_INCIDENT, -1, err);
    if (rc == MIRSAL_OK) {
        rc = mir_txn_write(
            txn, &record, TEST_REL_TEXT, (struct mir_bytes){ NULL, 0 }, mir_buf_bytes(&value), err);
    }
    mir_buf_fini(&value);
    if (rc != MIRSAL_OK) {
        mir_txn_rollback(txn);
        return rc;
    }
    return mir_txn_commit(&result, txn, err);
}

static void *report_from_thread(void *context)
{
    struct reporter *reporter = context;
    struct mir_store *store = NULL;
    mirsal_error err = { 0 };
    const struct mir_store_options options = { .env = &reporter->world.env,
        .directory = reporter->founder->folder };
    reporter->rc = mir_store_open(&store, &options, &err);
    for (int i = 0; reporter->rc == MIRSAL_OK && i < reporter->reports; i++) {
        reporter->rc = report(store, &reporter->world.env, &err);
    }
    mir_store_close(store);
    return NULL;
}

static void stores_of_threads_agree(void **state)
{
    struct test_store founder;
    struct reporter reporters[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    test_team_found(&founder, 1);
    for (int i = 0; i < THREADS; i++) {
        memset(&reporters[i], 0, sizeof reporters[i]);
        test_env_init(&reporters[i].world, 100 + (uint64_t)i);
        reporters[i].founder = &founder;
        reporters[i].reports = REPORTS * times();
        assert_int_equal(pthread_create(&threads[i], NULL, report_from_thread, &reporters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(reporters[i].rc, MIRSAL_OK);
        test_env_fini(&reporters[i].world);
    }
    assert_int_equal(mir_store_refresh(founder.store, &founder.err), MIRSAL_OK);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM incident"), THREADS * REPORTS * times());
    assert_int_equal(bed_is_whole(mir_sql_handle(founder.store->sql)), 1);
    test_store_fini(&founder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_of_threads_agree),
        cmocka_unit_test(stores_of_threads_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
