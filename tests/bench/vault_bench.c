/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/vault_bench.c - SQLite on a vault against plain SQLite: the two by turns, medians of the
 * rounds, and the vault's rate as a part of the plain one.
 *
 * Settings and sizes as a store's: WAL, synchronous=FULL, secure_delete, 16 MiB of cache; rows of
 * about 220 bytes with one index. Files in the working folder. Cold is cold for SQLite: a fresh
 * connection, the system's cache as it is.
 */
#include "test_env.h"
#include "test_random.h"
#include "vault_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS    100000u
#define BATCH   1000u
#define COMMITS 200u
#define READS   200000u
#define ROUNDS  9u

enum measure { INSERT_ONE, INSERT_BATCHES, COMMIT_FULL, READ_WARM, SCAN_COLD, MEASURES };

static const char *const names[MEASURES] = { "insert, one transaction", "insert, batches of 1,000",
    "commits of one row", "warm reads", "cold scan" };
static const double amounts[MEASURES] = { ROWS, ROWS, COMMITS, READS, ROWS };
static const char *const units[MEASURES] = { "rows/s", "rows/s", "commits/s", "rows/s", "rows/s" };

static char path[] = "vault-bench.XXXXXX/store.db";

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        fprintf(stderr, "vault_bench: sqlite %d\n", code);
        exit(1);
    }
}

static void remove_files(void)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char name[64];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static sqlite3 *begin(const struct vault_bed *bed)
{
    sqlite3 *db = NULL;
    must(vault_bed_open(&db, bed, path));
    must(bed_run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "PRAGMA secure_delete=ON; PRAGMA cache_size=-16384"));
    return db;
}

static void make_table(sqlite3 *db)
{
    must(bed_run(db, "DROP TABLE IF EXISTS report;"
                     "CREATE TABLE report(id INTEGER PRIMARY KEY, kind BLOB, body TEXT);"
                     "CREATE INDEX report_kind ON report(kind); PRAGMA wal_checkpoint(TRUNCATE)"));
}

static void insert_rows(sqlite3 *db, unsigned batch, unsigned count)
{
    struct test_random random = { 7 };
    char body[200];
    uint64_t kind[2];
    sqlite3_stmt *insert = NULL;
    memset(body, 'b', sizeof body);
    must(sqlite3_prepare_v2(db, "INSERT INTO report(kind, body) VALUES(?1, ?2)", -1, &insert, 0));
    for (unsigned i = 0; i < count; i++) {
        if (i % batch == 0) {
            must(bed_run(db, "BEGIN IMMEDIATE"));
        }
        kind[0] = test_random_next(&random);
        kind[1] = i;
        for (size_t at = 0; at < sizeof kind; at++) { /* text, so that a scan reads it */
            body[at] = (char)('a' + (kind[at / 8] >> (at % 8 * 8)) % 16);
        }
        must(sqlite3_bind_blob(insert, 1, kind, sizeof kind, SQLITE_STATIC));
        must(sqlite3_bind_text(
            insert, 2, body, 150 + (int)test_random_below(&random, 50), SQLITE_STATIC));
        must(sqlite3_step(insert));
        must(sqlite3_reset(insert));
        if (i % batch == batch - 1) {
            must(bed_run(db, "COMMIT"));
        }
    }
    must(sqlite3_finalize(insert));
}

static void read_rows(sqlite3 *db)
{
    struct test_random random = { 9 };
    sqlite3_stmt *read = NULL;
    must(sqlite3_prepare_v2(db, "SELECT kind, body FROM report WHERE id = ?1", -1, &read, 0));
    for (unsigned i = 0; i < READS; i++) {
        /* Of a part that the cache holds. */
        must(sqlite3_bind_int64(read, 1, 1 + (int64_t)test_random_below(&random, ROWS / 4)));
        must(sqlite3_step(read));
        must(sqlite3_reset(read));
    }
    must(sqlite3_finalize(read));
}

static void scan(sqlite3 *db)
{
    if (bed_number(db, "SELECT sum(length(body)) FROM report", -1) < (int64_t)ROWS) {
        must(SQLITE_CORRUPT);
    }
}

static void run_round(double out[MEASURES], const struct vault_bed *bed)
{
    remove_files();
    sqlite3 *db = begin(bed);
    make_table(db);
    double start = seconds();
    insert_rows(db, BATCH, ROWS);
    out[INSERT_BATCHES] = seconds() - start;
    make_table(db);
    start = seconds();
    insert_rows(db, ROWS, ROWS);
    out[INSERT_ONE] = seconds() - start;
    must(bed_run(db, "PRAGMA wal_checkpoint(TRUNCATE)"));
    start = seconds();
    insert_rows(db, 1, COMMITS);
    out[COMMIT_FULL] = seconds() - start;
    read_rows(db); /* warms */
    start = seconds();
    read_rows(db);
    out[READ_WARM] = seconds() - start;
    must(sqlite3_close(db));
    db = begin(bed);
    start = seconds();
    scan(db);
    out[SCAN_COLD] = seconds() - start;
    must(sqlite3_close(db));
}

static int compare(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;
    return (*left > *right) - (*left < *right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

int main(void)
{
    static double took[2][MEASURES][ROUNDS];
    struct vault_bed *beds[2] = { vault_bed_new(NULL, 0), vault_bed_new(NULL, 1) };
    char *slash = strrchr(path, '/');
    *slash = '\0';
    if (mkdtemp(path) == NULL) {
        return 1;
    }
    *slash = '/';
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 2; i++) {
            double out[MEASURES];
            unsigned side = (i + round) % 2;
            run_round(out, beds[side]);
            for (unsigned m = 0; m < MEASURES; m++) {
                took[side][m][round] = out[m];
            }
        }
    }
    for (unsigned m = 0; m < MEASURES; m++) {
        double plain = amounts[m] / median(took[0][m]);
        double vault = amounts[m] / median(took[1][m]);
        printf("%-25s plain %9.0f %s, vault %9.0f, ratio %.2f\n", names[m], plain, units[m], vault,
            vault / plain);
    }
    remove_files();
    *slash = '\0';
    (void)rmdir(path);
    vault_bed_free(beds[0]);
    vault_bed_free(beds[1]);
    return 0;
}
