/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/vault_diff.c - SQLite on a vault does what plain SQLite does: random statements from
 * a seed go to both, from several connections, and each code, row and count must be the same, and
 * what integrity_check says.
 *
 * Real files in a folder of its own. 24 seeds, with MIRSAL_SOAK=1 2,000; a seed as argument runs
 * that one.
 */
#include "test_env.h"
#include "test_random.h"
#include "vault_bed.h"

#include <mirsal/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS 3u
#define STEPS       400u
#define TEXT_MAX    1024u
#define TABLES      5u
#ifndef SEEDS_USUAL
#    define SEEDS_USUAL 24u
#endif

struct side {
    struct vault_bed *bed;
    char path[64];
    sqlite3 *db[CONNECTIONS];
};

struct pair {
    struct side sides[2]; /* plain, vault */
    struct test_random random;
    uint64_t seed;
    unsigned step;
    int is_wal;
    unsigned now; /* the connection in use */
    char text[TEXT_MAX];
    uint64_t succeeded;
    uint64_t failed; /* alike */
};

static char folder[] = "vault-diff.XXXXXX";

static unsigned below(struct pair *pair, unsigned bound)
{
    return (unsigned)test_random_below(&pair->random, bound);
}

static void remove_database(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char name[96];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static void open_connections(struct pair *pair)
{
    unsigned cache = 10 + below(pair, 3) * 40;
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < CONNECTIONS; i++) {
            struct side *at = &pair->sides[side];
            assert_int_equal(vault_bed_open(&at->db[i], at->bed, at->path), SQLITE_OK);
            assert_int_equal(
                bed_run(at->db[i],
                    "PRAGMA cache_size=%u; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=OFF",
                    cache),
                SQLITE_OK);
        }
    }
}

static void close_connections(struct pair *pair)
{
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < CONNECTIONS; i++) {
            assert_int_equal(sqlite3_close(pair->sides[side].db[i]), SQLITE_OK);
            pair->sides[side].db[i] = NULL;
        }
    }
}

static void differ(const struct pair *pair, const char *what)
{
    fprintf(stderr, "seed %llu, step %u, connection %u, %s: %s\n", (unsigned long long)pair->seed,
        pair->step, pair->now, what, pair->text);
    abort();
}

/* The statement on both: rows, code, what changed. */
static void both(struct pair *pair, const char *text)
{
    uint64_t said[2];
    int64_t changed[2];
    if (text != pair->text) {
        (void)snprintf(pair->text, sizeof pair->text, "%s", text);
    }
    for (size_t side = 0; side < 2; side++) {
        sqlite3 *db = pair->sides[side].db[pair->now];
        said[side] = bed_digest(db, pair->text);
        changed[side] = sqlite3_total_changes(db);
    }
    int code = sqlite3_errcode(pair->sides[0].db[pair->now]);
    *(code == SQLITE_OK || code == SQLITE_DONE ? &pair->succeeded : &pair->failed) += 1;
    if (said[0] != said[1]) {
        differ(pair, "another answer");
    }
    if (changed[0] != changed[1]) {
        differ(pair, "another count of changes");
    }
}

static void make_statement(struct pair *pair, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void make_statement(struct pair *pair, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(pair->text, sizeof pair->text, format, arguments);
    va_end(arguments);
    both(pair, pair->text);
}

static void change_schema(struct pair *pair)
{
    unsigned table = below(pair, TABLES);
    switch (below(pair, 9)) {
    case 0:
    case 1:
    case 2:
        make_statement(pair, "CREATE TABLE t%u(a INTEGER PRIMARY KEY, b, c TEXT)", table);
        break;
    case 3:
        make_statement(pair, "CREATE TABLE t%u(a PRIMARY KEY, b, c) WITHOUT ROWID", table);
        break;
    case 4:
        make_statement(pair, "CREATE INDEX i%u ON t%u(b, c)", below(pair, 4), table);
        break;
    case 5:
        make_statement(pair, "DROP INDEX i%u", below(pair, 4));
        break;
    case 6:
        make_statement(pair, "ALTER TABLE t%u ADD COLUMN d DEFAULT %u", table, below(pair, 99));
        break;
    case 7:
        make_statement(pair, "CREATE VIRTUAL TABLE words USING fts5(text)");
        break;
    default:
        make_statement(pair, "DROP TABLE t%u", 1 + below(pair, TABLES - 1));
        break;
    }
}

static void insert_rows(struct pair *pair)
{
    static const unsigned sizes[] = { 0, 3, 60, 400, 1500, 3900, 4100, 9000, 70000 };
    unsigned table = below(pair, TABLES);
    unsigned size = sizes[below(pair, sizeof sizes / sizeof sizes[0])];
    switch (below(pair, 7)) {
    case 0:
        make_statement(pair,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
            "INSERT INTO t%u(a, b, c) SELECT %u + i, i * i, printf('%%.*c', %u, 'x') || i FROM n",
            1 + below(pair, 400), table, below(pair, 9000), size % 500);
        break;
    case 1:
        make_statement(pair,
            "INSERT OR REPLACE INTO t%u(a, b, c) VALUES(%u, zeroblob(%u), 'again')", table,
            below(pair, 9000), size);
        break;
    case 2:
        make_statement(pair,
            "INSERT OR IGNORE INTO t%u(a, b, c) SELECT a + %u, c, b FROM t%u WHERE a < 4000 "
            "ORDER BY a LIMIT 200",
            table, below(pair, 5000), below(pair, TABLES));
        break;
    case 3:
        make_statement(pair,
            "INSERT INTO words(text) VALUES('word%u and word%u in a sentence of %u')",
            below(pair, 50), below(pair, 999), below(pair, 9));
        break;
    default:
        make_statement(pair, "INSERT INTO t%u(b, c) VALUES(%u, printf('%%.*c', %u, 'y'))", table,
            below(pair, 99), size);
        break;
    }
}

static void change_rows(struct pair *pair)
{
    unsigned table = below(pair, TABLES);
    switch (below(pair, 6)) {
    case 0:
        make_statement(pair, "DELETE FROM t%u WHERE a > %u", table, below(pair, 9000));
        break;
    case 1:
        make_statement(pair, "DELETE FROM t%u WHERE a %% %u = 1", table, 2 + below(pair, 9));
        break;
    case 2:
        make_statement(pair, "UPDATE t%u SET c = c || b, b = %u WHERE a %% %u = 2", table,
            below(pair, 99), 3 + below(pair, 30));
        break;
    case 3:
        make_statement(pair, "UPDATE OR IGNORE t%u SET a = a + %u WHERE a < %u", table,
            below(pair, 9000), below(pair, 200));
        break;
    case 4:
        make_statement(pair, "DELETE FROM words WHERE rowid %% %u = 0", 2 + below(pair, 5));
        break;
    default:
        make_statement(pair, "UPDATE t%u SET c = substr(c, 1, 200) WHERE length(c) > 2000", table);
        break;
    }
}

static void read_rows(struct pair *pair)
{
    unsigned table = below(pair, TABLES);
    switch (below(pair, 5)) {
    case 0:
        make_statement(pair, "SELECT * FROM t%u ORDER BY a", table);
        break;
    case 1:
        make_statement(
            pair, "SELECT b, count(*), sum(length(c)) FROM t%u GROUP BY b ORDER BY b", table);
        break;
    case 2:
        make_statement(pair, "SELECT t%u.a, x.b FROM t%u JOIN t%u x USING(a) ORDER BY 1, 2", table,
            table, below(pair, TABLES));
        break;
    case 3:
        make_statement(pair, "SELECT rowid, text FROM words WHERE words MATCH 'word%u' ORDER BY 1",
            below(pair, 50));
        break;
    default:
        make_statement(
            pair, "SELECT * FROM t%u WHERE b > %u ORDER BY c, a LIMIT 50", table, below(pair, 99));
        break;
    }
}

static void in_transaction(struct pair *pair)
{
    static const char *const words[] = { "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "COMMIT", "COMMIT",
        "ROLLBACK", "SAVEPOINT one", "SAVEPOINT two", "ROLLBACK TO one", "ROLLBACK TO two",
        "RELEASE one", "RELEASE two" };
    both(pair, words[below(pair, sizeof words / sizeof words[0])]);
}

static int any_open(const struct pair *pair)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (!sqlite3_get_autocommit(pair->sides[0].db[i])) {
            return 1;
        }
    }
    return 0;
}

static void end_all(struct pair *pair)
{
    for (pair->now = 0; pair->now < CONNECTIONS; pair->now++) {
        if (!sqlite3_get_autocommit(pair->sides[0].db[pair->now])) {
            both(pair, below(pair, 4) == 0 ? "ROLLBACK" : "COMMIT");
        }
        if (!sqlite3_get_autocommit(pair->sides[0].db[pair->now])) {
            both(pair, "ROLLBACK");
        }
    }
    pair->now = below(pair, CONNECTIONS);
}

/* How many frames there were differs: pages of a vault hold less. */
static void checkpoint(struct pair *pair)
{
    int mode = SQLITE_CHECKPOINT_PASSIVE + (int)below(pair, 4);
    int said[2];
    (void)snprintf(pair->text, sizeof pair->text, "checkpoint %d", mode);
    for (size_t side = 0; side < 2; side++) {
        sqlite3 *db = pair->sides[side].db[pair->now];
        said[side] = sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL);
    }
    if (said[0] != said[1]) {
        differ(pair, "another checkpoint");
    }
}

static void set_journal(struct pair *pair)
{
    static const char *const modes[] = { "WAL", "WAL", "WAL", "DELETE", "TRUNCATE", "PERSIST" };
    unsigned mode = below(pair, sizeof modes / sizeof modes[0]);
    end_all(pair);
    close_connections(pair);
    for (size_t side = 0; side < 2; side++) {
        struct side *at = &pair->sides[side];
        sqlite3 *db = NULL;
        assert_int_equal(vault_bed_open(&db, at->bed, at->path), SQLITE_OK);
        assert_int_equal(bed_run(db, "PRAGMA journal_mode=%s", modes[mode]), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    pair->is_wal = strcmp(modes[mode], "WAL") == 0;
    open_connections(pair);
    if (!pair->is_wal) { /* it belongs to the connection */
        for (pair->now = 0; pair->now < CONNECTIONS; pair->now++) {
            make_statement(pair, "PRAGMA journal_mode=%s", modes[mode]);
        }
        pair->now = 0;
    }
}

static void look_at_all(struct pair *pair)
{
    end_all(pair);
    both(pair, "PRAGMA integrity_check");
    both(pair, "SELECT name, sql FROM sqlite_schema ORDER BY name");
    for (unsigned i = 0; i < TABLES; i++) {
        make_statement(pair, "SELECT * FROM t%u ORDER BY a", i);
    }
    both(pair, "SELECT rowid, text FROM words ORDER BY rowid");
}

/* Under a rollback journal locks depend on when a cache spills: one connection at a time. */
static void choose_connection(struct pair *pair)
{
    if (below(pair, 3) == 0 && (pair->is_wal || !any_open(pair))) {
        pair->now = below(pair, CONNECTIONS);
    }
}

static void do_step(struct pair *pair)
{
    unsigned kind = below(pair, 100);
    choose_connection(pair);
    if (kind < 12) {
        change_schema(pair);
    } else if (kind < 42) {
        insert_rows(pair);
    } else if (kind < 58) {
        change_rows(pair);
    } else if (kind < 74) {
        read_rows(pair);
    } else if (kind < 90) {
        in_transaction(pair);
    } else if (kind < 94) {
        checkpoint(pair);
    } else if (kind < 95) {
        both(pair, "VACUUM");
    } else if (kind < 96) {
        both(pair, "PRAGMA incremental_vacuum(3)");
    } else if (kind < 98) {
        look_at_all(pair);
    } else if (kind < 99) {
        set_journal(pair);
    } else {
        end_all(pair);
        close_connections(pair);
        open_connections(pair);
    }
}

static void make_databases(struct pair *pair)
{
    static const char *const vacuums[] = { "NONE", "NONE", "FULL", "INCREMENTAL" };
    unsigned vacuum = below(pair, 4);
    for (size_t side = 0; side < 2; side++) {
        struct side *at = &pair->sides[side];
        sqlite3 *db = NULL;
        remove_database(at->path);
        assert_int_equal(vault_bed_open(&db, at->bed, at->path), SQLITE_OK);
        assert_int_equal(bed_run(db,
                             "PRAGMA auto_vacuum=%s; PRAGMA journal_mode=WAL;"
                             "CREATE TABLE t0(a INTEGER PRIMARY KEY, b, c TEXT);"
                             "CREATE TABLE t1(a INTEGER PRIMARY KEY, b, c TEXT);"
                             "CREATE TABLE t2(a PRIMARY KEY, b, c) WITHOUT ROWID;"
                             "CREATE INDEX i0 ON t1(b, c);"
                             "CREATE VIRTUAL TABLE words USING fts5(text)",
                             vacuums[vacuum]),
            SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    pair->is_wal = 1;
}

/* A copy that SQLite makes is sealed as well, and holds the same. */
static void compare_copies(struct pair *pair)
{
    uint64_t said[2];
    (void)snprintf(pair->text, sizeof pair->text, "VACUUM INTO");
    for (size_t side = 0; side < 2; side++) {
        struct side *at = &pair->sides[side];
        char path[96];
        sqlite3 *db = NULL;
        (void)snprintf(path, sizeof path, "%s.copy", at->path);
        remove_database(path);
        assert_int_equal(bed_run(at->db[0], "VACUUM INTO '%s'", path), SQLITE_OK);
        assert_int_equal(vault_bed_open(&db, at->bed, path), SQLITE_OK);
        assert_int_equal(bed_is_whole(db), 1);
        said[side] = bed_digest(db, "SELECT name, sql FROM sqlite_schema ORDER BY name") ^
                     bed_digest(db, "SELECT * FROM t0 ORDER BY a");
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        remove_database(path);
    }
    if (said[0] != said[1]) {
        differ(pair, "another copy");
    }
}

static void run_seed(uint64_t seed, uint64_t counts[2])
{
    struct pair pair = { .random = { seed }, .seed = seed };
    pair.sides[0].bed = vault_bed_new(NULL, 0);
    pair.sides[1].bed = vault_bed_new(NULL, 1);
    (void)snprintf(pair.sides[0].path, sizeof pair.sides[0].path, "%s/plain.db", folder);
    (void)snprintf(pair.sides[1].path, sizeof pair.sides[1].path, "%s/vault.db", folder);
    make_databases(&pair);
    open_connections(&pair);
    for (pair.step = 0; pair.step < STEPS; pair.step++) {
        do_step(&pair);
    }
    look_at_all(&pair);
    compare_copies(&pair);
    close_connections(&pair);
    counts[0] += pair.succeeded;
    counts[1] += pair.failed;
    for (size_t side = 0; side < 2; side++) {
        remove_database(pair.sides[side].path);
        vault_bed_free(pair.sides[side].bed);
    }
}

static unsigned is_long(void)
{
    const char *soak = getenv("MIRSAL_SOAK");
    return soak != NULL && strcmp(soak, "1") == 0;
}

static void statements_answer_alike(void **state)
{
    uint64_t seeds = is_long() ? 2000 : SEEDS_USUAL;
    uint64_t counts[2] = { 0 };
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        run_seed(seed, counts);
    }
    printf("%llu seeds: %llu statements that succeed and %llu that fail, all alike\n",
        (unsigned long long)seeds, (unsigned long long)counts[0], (unsigned long long)counts[1]);
    assert_true(counts[0] > counts[1]);
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_answer_alike),
    };
    assert_non_null(mkdtemp(folder));
    int failed = 0;
    if (count > 1) {
        uint64_t counts[2] = { 0 };
        run_seed(strtoull(words[1], NULL, 10), counts);
    } else {
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    }
    (void)rmdir(folder);
    return failed;
}
