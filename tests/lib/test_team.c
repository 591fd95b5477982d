/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_team.c - see the header.
 */
#include "test_team.h"

#include "acts.h"
#include "duties.h"
#include "members.h"
#include "msgpack.h"
#include "project.h"
#include "read.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

void test_store_init(struct test_store *device, uint64_t seed)
{
    memset(device, 0, sizeof *device);
    test_env_init(&device->world, seed);
    assert_int_equal(mir_crypto_start(&device->err), MIRSAL_OK);
    (void)snprintf(device->folder, sizeof device->folder, "/tmp/mirsal-test-XXXXXX");
    assert_non_null(mkdtemp(device->folder));
    (void)snprintf(device->recovery, sizeof device->recovery, "%s.recovery", device->folder);
    assert_int_equal(rmdir(device->folder), 0);
}

void test_store_options(struct mir_store_options *out, struct test_store *device)
{
    memset(out, 0, sizeof *out);
    out->env = &device->world.env;
    out->directory = device->folder;
}

void test_store_reopen(struct test_store *device)
{
    struct mir_store_options options;
    test_store_options(&options, device);
    mir_store_close(device->store);
    device->store = NULL;
    assert_int_equal(mir_store_open(&device->store, &options, &device->err), MIRSAL_OK);
}

void test_store_fini(struct test_store *device)
{
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm", "keys", "lock",
        "keys.new" };
    char path[128];
    mir_store_close(device->store);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", device->folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/media", device->folder);
    (void)rmdir(path);
    (void)rmdir(device->folder);
    (void)unlink(device->recovery);
    test_env_fini(&device->world);
}

void test_team_found(struct test_store *device, uint64_t seed)
{
    struct mir_store_options options;
    struct mir_team_options team = { .name = "White Helmets", .label = "office" };
    test_store_init(device, seed);
    test_store_options(&options, device);
    team.recovery.path = device->recovery;
    assert_int_equal(mir_store_create(&device->store, &options, &device->err), MIRSAL_OK);
    mirsal_code rc = mir_team_create(device->store, &team, &device->err);
    if (rc != MIRSAL_OK) {
        fail_msg("team create: %s", device->err.message);
    }
}

void test_team_join(struct test_store *device,
    struct test_store *admin,
    uint64_t seed,
    const struct test_invite *invite)
{
    struct mir_store_options options;
    struct mir_invite_options terms = { .role = invite->role,
        .protected_ = invite->protected_,
        .in_person = invite->in_person,
        .uses = invite->uses,
        .expires_ms = invite->expires_ms,
        .label = "phone" };
    struct mir_join_options join = { .write_only = invite->write_only };
    struct mir_buf text;
    mirsal_hash id;
    mir_buf_init(&text, &admin->world.env, 1u << 16);
    if (mir_invite_create(&text, &id, admin->store, &terms, &admin->err) != MIRSAL_OK) {
        fail_msg("invite: %s", admin->err.message);
    }
    test_store_init(device, seed);
    test_store_options(&options, device);
    assert_int_equal(mir_store_create(&device->store, &options, &device->err), MIRSAL_OK);
    join.invite = mir_buf_bytes(&text);
    mirsal_code rc = mir_team_join(device->store, &join, &device->err);
    if (rc != MIRSAL_OK) {
        fail_msg("join: %s", device->err.message);
    }
    mir_buf_fini(&text);
}

struct carried {
    struct mir_arena arena;
    int64_t *numbers;
    size_t count;
};

static void shuffle(struct carried *carried, uint64_t seed)
{
    for (size_t i = carried->count; i > 1; i--) {
        size_t j = (size_t)(draw(&seed) % i);
        int64_t swap = carried->numbers[i - 1];
        carried->numbers[i - 1] = carried->numbers[j];
        carried->numbers[j] = swap;
    }
}

static void settle(struct test_store *to)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    if (mir_accept_settle(&counts, to->store, &to->err) != MIRSAL_OK) {
        fail_msg("settle: %s", to->err.message);
    }
}

static void put(struct test_store *to, struct test_store *from, struct mir_arena *arena, int64_t no)
{
    struct mir_changeset changeset;
    struct mir_changeset read;
    enum mir_accepted accepted;
    mir_arena_reset(arena);
    assert_int_equal(
        mir_chain_load(&changeset, arena, from->store->sql, no, &from->err), MIRSAL_OK);
    if (changeset.body.size == 0) {
        return; /* a write-only device has its header alone */
    }
    if (changeset.residue) { /* what names it may come later: then it comes again */
        assert_int_equal(mir_changeset_read_left(&read, changeset.header, changeset.signature,
                             changeset.body, &to->err),
            MIRSAL_OK);
        mirsal_code rc = mir_accept_put(&accepted, to->store, &read, &to->err);
        assert_true(rc == MIRSAL_OK || rc == MIRSAL_NOT_AUTHENTIC);
        return;
    }
    assert_int_equal(
        mir_changeset_read(&read, changeset.header, changeset.signature, changeset.body, &to->err),
        MIRSAL_OK);
    if (mir_accept_put(&accepted, to->store, &read, &to->err) != MIRSAL_OK) {
        fail_msg("put: %s", to->err.message);
    }
}

void test_team_carry(struct test_store *to, struct test_store *from, uint64_t seed, int one_by_one)
{
    struct carried carried = { .count = 0 };
    size_t total = (size_t)test_team_count(from, "SELECT count(*) FROM changeset");
    mir_arena_init(&carried.arena, &from->world.env, 1u << 26);
    carried.numbers = calloc(total, sizeof *carried.numbers);
    assert_non_null(carried.numbers);
    for (size_t i = 0; i < total; i++) {
        carried.numbers[carried.count++] = (int64_t)i + 1;
    }
    shuffle(&carried, seed);
    assert_int_equal(mir_store_begin(to->store, &to->err), MIRSAL_OK);
    for (size_t i = 0; i < carried.count; i++) {
        put(to, from, &carried.arena, carried.numbers[i]);
        if (one_by_one) {
            settle(to);
            assert_int_equal(mir_store_commit(to->store, &to->err), MIRSAL_OK);
            assert_int_equal(mir_store_begin(to->store, &to->err), MIRSAL_OK);
        }
    }
    settle(to);
    assert_int_equal(mir_store_commit(to->store, &to->err), MIRSAL_OK);
    free(carried.numbers);
    mir_arena_fini(&carried.arena);
}

static uint32_t duties(struct test_store *device)
{
    uint32_t wrote = 0;
    if (mir_duties_run(&wrote, device->store, &device->err) != MIRSAL_OK) {
        fail_msg("duties: %s", device->err.message);
    }
    return wrote;
}

void test_team_meet(struct test_store *a, struct test_store *b, uint64_t seed)
{
    for (int round = 0; round < 10; round++) {
        test_team_carry(a, b, seed++, 0);
        test_team_carry(b, a, seed++, 0);
        uint32_t wrote = duties(a);
        wrote += duties(b);
        if (wrote == 0) {
            return;
        }
    }
    fail_msg("duties never end");
}

static struct mir_bytes text_value(struct mir_buf *room, const char *text)
{
    mir_buf_reset(room);
    mir_mp_write_str(room, text, strlen(text));
    return mir_buf_bytes(room);
}

mirsal_id test_team_report(struct test_store *device, const char *text)
{
    mirsal_id id;
    test_team_batch(&id, device, text, 1);
    return id;
}

void test_team_batch(mirsal_id *ids, struct test_store *device, const char *text, size_t count)
{
    struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(&value, &device->world.env, 4096);
    if (mir_txn_begin(&txn, device->store, count > 1 ? MIR_TXN_BATCH : MIR_TXN_LONE,
            &device->err) != MIRSAL_OK) {
        fail_msg("begin: %s", device->err.message);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        char numbered[80];
        (void)snprintf(numbered, sizeof numbered, i == 0 ? "%s" : "%s %zu", text, i);
        assert_int_equal(mir_txn_create(&ids[i], txn, TEST_INCIDENT, -1, &device->err), MIRSAL_OK);
        rc = mir_txn_write(
            txn, &ids[i], TEST_REL_TEXT, none, text_value(&value, numbered), &device->err);
    }
    if (rc != MIRSAL_OK) {
        fail_msg("write: %s", device->err.message);
    }
    rc = mir_txn_commit(&result, txn, &device->err);
    if (rc != MIRSAL_OK) {
        fail_msg("commit: %s", device->err.message);
    }
    assert_int_equal(result.changesets, 1);
    mir_buf_fini(&value);
}

mirsal_code test_team_edit(struct test_store *device, const mirsal_id *record, const char *text)
{
    struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_code rc = mir_txn_begin(&txn, device->store, MIR_TXN_LONE, &device->err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&value, &device->world.env, 4096);
    rc = mir_txn_write(txn, record, TEST_REL_TEXT, none, text_value(&value, text), &device->err);
    if (rc == MIRSAL_OK) {
        rc = mir_txn_commit(&result, txn, &device->err);
    } else {
        mir_txn_rollback(txn);
    }
    mir_buf_fini(&value);
    return rc;
}

const char *test_team_shown(struct test_store *device, const mirsal_id *record)
{
    static char out[256];
    struct mir_bytes none = { NULL, 0 };
    struct mir_record read;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    out[0] = '\0';
    mirsal_code rc = mir_read_record(&read, &arena, device->store, record, &device->err);
    const struct mir_shown *shown =
        rc == MIRSAL_OK ? mir_record_find(&read, TEST_REL_TEXT, none) : NULL;
    if (shown != NULL) {
        struct mir_reader reader;
        mir_reader_init(&reader, shown->value.data, shown->value.size);
        struct mir_bytes text = mir_mp_read_str(&reader, sizeof out - 1);
        if (text.size > 0) {
            memcpy(out, text.data, text.size);
        }
        out[text.size] = '\0';
    }
    mir_arena_fini(&arena);
    return out;
}

mirsal_hash test_team_digest(struct test_store *device)
{
    mirsal_hash digest;
    int has = 0;
    memset(&digest, 0, sizeof digest);
    assert_int_equal(mir_store_digest(&digest, &has, device->store, &device->err), MIRSAL_OK);
    assert_int_equal(has, 1);
    return digest;
}

int64_t test_team_count(struct test_store *device, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(
        mir_sql_prepare_once(&statement, device->store->sql, sql, &device->err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, device->store->sql, statement, &device->err), MIRSAL_OK);
    int64_t count = row ? mir_sql_column_int(statement, 0) : -1;
    mir_sql_finalize(statement);
    return count;
}

void test_team_make_admin(struct test_store *founder, struct test_store *device, const char *person)
{
    const char *path = founder->recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    mirsal_error err;
    assert_int_equal(mir_root_of(&root, founder->store, &source, &err), MIRSAL_OK);
    assert_int_equal(mir_device_role(founder->store, root, mir_store_device(device->store),
                         MIR_ROLE_ADMIN, person, &err),
        MIRSAL_OK);
    mir_root_close(root);
}
