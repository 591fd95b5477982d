/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/crash_sweep.c - the power goes at every write, truncate, sync and delete of a small
 * scenario: create a team, commit reports, receive changesets, forget what was sent. The store that
 * is opened after must hold all that was acknowledged, and be whole.
 *
 * Each point is taken several times, with other sectors lost, and opened with a wrong database key
 * first, which must change no byte. In some the power goes again while the store recovers.
 * MIRSAL_SOAK=1: 20 times each. Without syncs (canary) the sweep must find losses, else it sees
 * nothing.
 */
#include "crash_sweep.h"

#include "msgpack.h"
#include "team.h"
#include "txn.h"
#include "vault_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMITS    4u
#define REL_TEXT   111u
#define INCIDENT   1u
#define POINTS_MAX 100000u
#ifndef STRIDE_USUAL /* from point to point; more in a build with sanitizers */
#    define STRIDE_USUAL 1u
#endif

/* Keys lie in real files, which are no part of the crash disk: nothing waits for them. */
int fsync(int file)
{
    (void)file;
    return 0;
}

static void phone_init(struct phone *phone, const char *name, uint64_t seed)
{
    memset(phone, 0, sizeof *phone);
    test_env_init(&phone->test, seed);
    (void)snprintf(phone->folder, sizeof phone->folder, "fault.XXXXXX");
    assert_non_null(mkdtemp(phone->folder));
    (void)snprintf(phone->recovery, sizeof phone->recovery, "%s.recovery", phone->folder);
    phone->disk = crash_disk_new(name, seed, NULL, NULL);
}

static void remove_keys(struct phone *phone)
{
    static const char *const names[] = { "keys", "keys.new", "lock" };
    char path[96];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", phone->folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/media", phone->folder);
    (void)rmdir(path);
    (void)unlink(phone->recovery);
}

static void phone_fini(struct phone *phone)
{
    mir_store_close(phone->store);
    remove_keys(phone);
    (void)rmdir(phone->folder);
    crash_disk_free(phone->disk);
    test_env_fini(&phone->test);
}

static void fill_options(struct mir_store_options *out, struct phone *phone)
{
    memset(out, 0, sizeof *out);
    out->env = &phone->test.env;
    out->directory = phone->folder;
    out->vfs = crash_disk_name(phone->disk);
}

static mirsal_code phone_open(struct phone *phone, mirsal_error *err)
{
    struct mir_store_options options;
    fill_options(&options, phone);
    return mir_store_open(&phone->store, &options, err);
}

static mirsal_code phone_create(struct phone *phone, mirsal_error *err)
{
    struct mir_store_options options;
    fill_options(&options, phone);
    return mir_store_create(&phone->store, &options, err);
}

static mirsal_code phone_found(struct phone *phone, mirsal_error *err)
{
    const struct mir_team_options team = {
        .name = "Nur", .label = "office", .recovery = { .path = phone->recovery }
    };
    mirsal_code rc = phone_create(phone, err);
    return rc == MIRSAL_OK ? mir_team_create(phone->store, &team, err) : rc;
}

mirsal_code sweep_report(mirsal_hash *id, struct phone *phone, const char *text, mirsal_error *err)
{
    const struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_id record;
    mirsal_code rc = mir_txn_begin(&txn, phone->store, MIR_TXN_LONE, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&value, &phone->test.env, 256);
    mir_mp_write_str(&value, text, strlen(text));
    rc = mir_txn_create(&record, txn, INCIDENT, -1, err);
    if (rc == MIRSAL_OK) {
        rc = mir_txn_write(txn, &record, REL_TEXT, none, mir_buf_bytes(&value), err);
    }
    mir_buf_fini(&value);
    if (rc != MIRSAL_OK) {
        mir_txn_rollback(txn);
        return rc;
    }
    rc = mir_txn_commit(&result, txn, err);
    if (rc == MIRSAL_OK) {
        *id = result.changeset;
    }
    return rc;
}

void sweep_acknowledge(struct sweep *sweep, const mirsal_hash *id)
{
    assert_true(sweep->acknowledged_count < ACKNOWLEDGED);
    sweep->acknowledged[sweep->acknowledged_count++] = *id;
}

/* What is swept. Each stops at the first code. */

static mirsal_code found_a_team(struct sweep *sweep, mirsal_error *err)
{
    remove_keys(&sweep->phone);
    return phone_found(&sweep->phone, err);
}

mirsal_code sweep_open_store(struct sweep *sweep, mirsal_error *err)
{
    mirsal_code rc = phone_open(&sweep->phone, err);
    if (rc == MIRSAL_OK && sweep->pragma != NULL) {
        rc = mir_sql_run(sweep->phone.store->sql, sweep->pragma, err);
    }
    return rc;
}

static mirsal_code commit_reports(struct sweep *sweep, mirsal_error *err)
{
    mirsal_code rc = sweep_open_store(sweep, err);
    for (unsigned i = 0; rc == MIRSAL_OK && i < COMMITS; i++) {
        mirsal_hash id;
        rc = sweep_report(&id, &sweep->phone, "five houses north of the school", err);
        if (rc == MIRSAL_OK) {
            sweep_acknowledge(sweep, &id);
        }
    }
    mir_store_close(sweep->phone.store); /* takes the WAL back into the database */
    sweep->phone.store = NULL;
    return rc;
}

static mirsal_code receive_page(struct sweep *sweep, size_t from, size_t to, mirsal_error *err)
{
    struct mir_store *store = sweep->phone.store;
    struct mir_accept_counts counts = { 0 };
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (size_t i = from; rc == MIRSAL_OK && i < to; i++) {
        enum mir_accepted accepted;
        rc = mir_accept_put(&accepted, store, &sweep->incoming[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&counts, store, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    rc = mir_store_commit(store, err);
    for (size_t i = from; rc == MIRSAL_OK && i < to; i++) {
        sweep_acknowledge(sweep, &sweep->incoming[i].id);
    }
    return rc;
}

static mirsal_code receive_changesets(struct sweep *sweep, mirsal_error *err)
{
    size_t half = sweep->incoming_count / 2;
    mirsal_code rc = sweep_open_store(sweep, err);
    if (rc == MIRSAL_OK) {
        rc = receive_page(sweep, 0, half, err);
    }
    if (rc == MIRSAL_OK) {
        rc = receive_page(sweep, half, sweep->incoming_count, err);
    }
    mir_store_close(sweep->phone.store);
    sweep->phone.store = NULL;
    return rc;
}

static int is_whole(struct phone *phone)
{
    sqlite3_stmt *check = NULL;
    int row = 0;
    int whole = 0;
    if (mir_sql_prepare_once(&check, phone->store->sql, "PRAGMA integrity_check", NULL) ==
            MIRSAL_OK &&
        mir_sql_step(&row, phone->store->sql, check, NULL) == MIRSAL_OK && row) {
        struct mir_bytes word = mir_sql_column(check, 0);
        whole = word.size == 2 && memcmp(word.data, "ok", 2) == 0;
    }
    mir_sql_finalize(check);
    return whole;
}

static int holds_all(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->acknowledged_count; i++) {
        struct mir_chain_row row;
        if (mir_chain_find(&row, sweep->phone.store->sql, &sweep->acknowledged[i], NULL) !=
                MIRSAL_OK ||
            row.no == 0) {
            return 0;
        }
    }
    return 1;
}

static void cut_power(struct phone *phone)
{
    crash_disk_stop(phone->disk);
    mir_store_close(phone->store);
    phone->store = NULL;
    crash_disk_cut_power(phone->disk);
    crash_disk_start(phone->disk);
}

/* The store's database under a key that is not the store's. */
static void try_wrong_key(struct sweep *sweep)
{
    struct phone *phone = &sweep->phone;
    struct crash_image *before = crash_disk_copy(phone->disk);
    struct vault_bed *bed = vault_bed_new(crash_disk_name(phone->disk), 77);
    char path[96];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/store.db", phone->folder);
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, vault_bed_name(bed));
    if (rc == SQLITE_OK && bed_number(db, "SELECT count(*) FROM sqlite_schema", 0) != 0) {
        sweep->opened_wrongly++;
    }
    (void)sqlite3_close(db);
    vault_bed_free(bed);
    if (!crash_disk_equals(phone->disk, before)) {
        sweep->opened_wrongly++;
        crash_disk_restore(phone->disk, before);
    }
    crash_image_free(before);
}

/* Opens what is left, at every fourth point through a second cut. */
static void judge(struct sweep *sweep, uint64_t point, mirsal_code done)
{
    struct phone *phone = &sweep->phone;
    mirsal_error err = { 0 };
    cut_power(phone);
    if (point % 4 == 3) {
        crash_disk_stop_after(phone->disk, point % 11);
        mirsal_code ignored = phone_open(phone, &err);
        (void)ignored;
        cut_power(phone);
    }
    if (sweep->image != NULL) { /* a store that is being made has no key yet */
        try_wrong_key(sweep);
    }
    mirsal_code rc = phone_open(phone, &err);
    if (rc == MIRSAL_NO_STORE && done != MIRSAL_OK && sweep->image == NULL) {
        rc = phone_found(phone, &err); /* an interrupted create is in nobody's way */
    }
    sweep->points++;
    if (rc != MIRSAL_OK || !is_whole(phone)) {
        sweep->corrupt++;
    } else if (!holds_all(sweep) || (sweep->forgets && !sweep_is_forgotten(phone))) {
        sweep->lost++;
    }
    mir_store_close(phone->store);
    phone->store = NULL;
}

/* Every operation of body, with `damages` draws of what is lost. */
static void run_sweep(struct sweep *sweep,
    mirsal_code (*body)(struct sweep *sweep, mirsal_error *err),
    unsigned damages)
{
    static const struct crash_image *const empty = NULL;
    struct crash_image *nothing = sweep->image == empty ? crash_disk_copy(sweep->phone.disk) : NULL;
    mirsal_code rc = MIRSAL_IO;
    for (uint64_t point = 0; rc != MIRSAL_OK && point < POINTS_MAX; point += sweep->stride) {
        for (unsigned damage = 0; damage < damages; damage++) {
            mirsal_error err = { 0 };
            crash_disk_restore(sweep->phone.disk, nothing != NULL ? nothing : sweep->image);
            sweep->acknowledged_count = 0;
            crash_disk_stop_after(sweep->phone.disk, point);
            rc = body(sweep, &err);
            if (rc == MIRSAL_OK && !crash_disk_stopped(sweep->phone.disk)) {
                cut_power(&sweep->phone);
                break;
            }
            judge(sweep, point, rc);
            rc = MIRSAL_IO;
        }
    }
    crash_image_free(nothing);
}

static int is_long(void)
{
    const char *soak = getenv("MIRSAL_SOAK");
    return soak != NULL && strcmp(soak, "1") == 0;
}

static unsigned damages_wanted(unsigned usual)
{
    return is_long() ? 20 : usual;
}

static unsigned stride_wanted(unsigned usual)
{
    return is_long() ? 1 : usual * STRIDE_USUAL;
}

static void sweep_init(struct sweep *sweep, uint64_t seed)
{
    memset(sweep, 0, sizeof *sweep);
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    sweep->stride = stride_wanted(1);
    phone_init(&sweep->phone, "fault", seed);
    mir_arena_init(&sweep->arena, &sweep->phone.test.env, 1u << 24);
}

static void sweep_fini(struct sweep *sweep)
{
    crash_image_free(sweep->image);
    mir_arena_fini(&sweep->arena);
    phone_fini(&sweep->phone);
}

static void keep_image(struct sweep *sweep)
{
    mir_store_close(sweep->phone.store);
    sweep->phone.store = NULL;
    sweep->image = crash_disk_copy(sweep->phone.disk);
}

static void expect_nothing_lost(const struct sweep *sweep, const char *what)
{
    printf("%s: %llu points, %llu corrupt, %llu lost an acknowledged changeset, %llu "
           "touched by a wrong key\n",
        what, (unsigned long long)sweep->points, (unsigned long long)sweep->corrupt,
        (unsigned long long)sweep->lost, (unsigned long long)sweep->opened_wrongly);
    assert_true(sweep->points > 0);
    assert_int_equal(sweep->corrupt, 0);
    assert_int_equal(sweep->lost, 0);
    assert_int_equal(sweep->opened_wrongly, 0);
}

static void founding_leaves_a_store_or_room_for_one(void **state)
{
    struct sweep sweep;
    (void)state;
    sweep_init(&sweep, 1);
    sweep.stride = stride_wanted(5);
    run_sweep(&sweep, found_a_team, damages_wanted(1));
    expect_nothing_lost(&sweep, "found");
    sweep_fini(&sweep);
}

static void begin_with_a_team(struct sweep *sweep, uint64_t seed)
{
    mirsal_error err = { 0 };
    sweep_init(sweep, seed);
    assert_int_equal(phone_found(&sweep->phone, &err), MIRSAL_OK);
}

static void a_commit_that_was_acknowledged_is_there(void **state)
{
    struct sweep sweep;
    (void)state;
    begin_with_a_team(&sweep, 2);
    keep_image(&sweep);
    run_sweep(&sweep, commit_reports, damages_wanted(2));
    expect_nothing_lost(&sweep, "commit");
    assert_true(sweep.points >= 200 / STRIDE_USUAL);
    sweep_fini(&sweep);
}

static void load_all(struct sweep *sweep, struct phone *from)
{
    mirsal_error err = { 0 };
    struct mir_chain_row row;
    assert_int_equal(mir_store_refresh(from->store, &err), MIRSAL_OK);
    sweep->incoming = mir_arena_alloc(&sweep->arena, ACKNOWLEDGED, sizeof *sweep->incoming);
    for (int64_t no = 1;; no++) {
        assert_int_equal(mir_chain_row(&row, from->store->sql, no, &err), MIRSAL_OK);
        if (row.no == 0) {
            break;
        }
        assert_int_equal(mir_chain_load(&sweep->incoming[sweep->incoming_count++], &sweep->arena,
                             from->store->sql, no, &err),
            MIRSAL_OK);
    }
}

/* A phone that joined the office's team in person. */
static void begin_with_a_join(struct sweep *sweep,
    struct phone *office,
    uint64_t seed,
    enum mir_role role,
    int write_only)
{
    struct mir_buf invite;
    mirsal_hash id;
    mirsal_error err = { 0 };
    const struct mir_invite_options terms = { .role = role, .in_person = 1, .uses = 1 };
    sweep_init(sweep, seed);
    phone_init(office, "fault-office", seed + 1);
    assert_int_equal(phone_found(office, &err), MIRSAL_OK);
    mir_buf_init(&invite, &office->test.env, 1u << 16);
    assert_int_equal(mir_invite_create(&invite, &id, office->store, &terms, &err), MIRSAL_OK);
    const struct mir_join_options join = { .invite = mir_buf_bytes(&invite),
        .write_only = write_only };
    assert_int_equal(phone_create(&sweep->phone, &err), MIRSAL_OK);
    assert_int_equal(mir_team_join(sweep->phone.store, &join, &err), MIRSAL_OK);
    mir_buf_fini(&invite);
}

/* A coordinator's phone, and what the founder has for it. */
static void begin_with_changesets(struct sweep *sweep, uint64_t seed)
{
    struct phone office;
    mirsal_hash id;
    mirsal_error err = { 0 };
    begin_with_a_join(sweep, &office, seed, MIR_ROLE_COORDINATOR, 0);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(sweep_report(&id, &office, "a raid near the market", &err), MIRSAL_OK);
    }
    load_all(sweep, &office);
    phone_fini(&office);
    keep_image(sweep);
}

static void a_page_that_was_stored_is_there(void **state)
{
    struct sweep sweep;
    (void)state;
    begin_with_changesets(&sweep, 3);
    run_sweep(&sweep, receive_changesets, damages_wanted(3));
    expect_nothing_lost(&sweep, "receive");
    sweep_fini(&sweep);
}

static void what_was_sent_is_forgotten_and_nothing_else(void **state)
{
    static const mirsal_hash identity = { { 7 } };
    const struct mir_bytes url = { (const uint8_t *)"http://localhost:1", 18 };
    struct sweep sweep;
    struct phone office;
    mirsal_hash id;
    mirsal_error err = { 0 };
    (void)state;
    begin_with_a_join(&sweep, &office, 6, MIR_ROLE_MONITOR, 1);
    phone_fini(&office);
    assert_int_equal(mir_store_begin(sweep.phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_keep(sweep.phone.store, url, &identity, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(sweep.phone.store, &err), MIRSAL_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sweep_report(&id, &sweep.phone, SENT_TEXT, &err), MIRSAL_OK);
        sweep_acknowledge(&sweep, &id);
    }
    keep_image(&sweep);
    sweep.forgets = 1;
    sweep.stride = stride_wanted(3);
    run_sweep(&sweep, sweep_forget_reports, damages_wanted(1));
    expect_nothing_lost(&sweep, "forget");
    assert_true(sweep.points >= 60 / STRIDE_USUAL);
    sweep_fini(&sweep);
}

/* Canaries: the harness must see what goes wrong without syncs. */

static void synchronous_off_is_caught(void **state)
{
    struct sweep sweep;
    (void)state;
    begin_with_a_team(&sweep, 4);
    keep_image(&sweep);
    sweep.pragma = "PRAGMA synchronous=OFF";
    sweep.stride = 2; /* with sanitizers too: damage is rare */
    run_sweep(&sweep, commit_reports, 1);
    printf("synchronous=OFF: %llu points, %llu corrupt, %llu lost\n",
        (unsigned long long)sweep.points, (unsigned long long)sweep.corrupt,
        (unsigned long long)sweep.lost);
    assert_true(sweep.lost > 0);
    assert_true(sweep.corrupt > 0);
    sweep_fini(&sweep);
}

static void synchronous_normal_is_caught(void **state)
{
    struct sweep sweep;
    (void)state;
    begin_with_a_team(&sweep, 5);
    keep_image(&sweep);
    sweep.pragma = "PRAGMA synchronous=NORMAL";
    sweep.stride = stride_wanted(2);
    run_sweep(&sweep, commit_reports, 1);
    printf("synchronous=NORMAL: %llu points, %llu corrupt, %llu lost\n",
        (unsigned long long)sweep.points, (unsigned long long)sweep.corrupt,
        (unsigned long long)sweep.lost);
    assert_true(sweep.lost > 0); /* a vault may call it damage: the log was longer */
    sweep_fini(&sweep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(founding_leaves_a_store_or_room_for_one),
        cmocka_unit_test(a_commit_that_was_acknowledged_is_there),
        cmocka_unit_test(a_page_that_was_stored_is_there),
        cmocka_unit_test(what_was_sent_is_forgotten_and_nothing_else),
        cmocka_unit_test(synchronous_off_is_caught),
        cmocka_unit_test(synchronous_normal_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
