/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relaypurge_test.c - a relay keeps residues, drops bodies, and takes none of them again. */
#include "relaylog.h"

#include "duties.h"
#include "purge.h"
#include "relay_fixture.h"
#include "relaylogin.h"
#include "residues.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS UINT64_C(86400000)

static struct relay_fixture relay;
static struct mir_arena arena;
static struct mir_changeset whole; /* of the record that is purged */
static struct mir_changeset left;
static mirsal_error err;

static int64_t number_of(struct mir_sql *sql, const char *text)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare(&statement, sql, text, NULL), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, sql, statement, NULL), MIRSAL_OK);
    int64_t number = row ? mir_sql_column_int(statement, 0) : 0;
    mir_sql_release(statement);
    return number;
}

/* A report of the admin's, whole in `whole`; root's order on it, and its residue in `left`. */
static int set_up(void **state)
{
    (void)state;
    struct mir_root *root = NULL;
    mirsal_hash order;
    struct mir_purge const *purge;
    struct mir_chain_row row;
    uint32_t wrote = 0;
    relay_fixture_open(&relay, 41);
    mir_arena_init(&arena, &relay.admin.world.env, 1 << 24);
    mirsal_id witness = test_team_report(&relay.admin, "saffron");
    (void)test_team_report(&relay.admin, "cobalt");
    const char *path = relay.admin.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    assert_int_equal(mir_root_of(&root, relay.admin.store, &source, &err), MIRSAL_OK);
    assert_int_equal(
        mir_purge_say(&order, relay.admin.store, root, &witness, NULL, &err), MIRSAL_OK);
    mir_root_close(root);
    purge = mir_purges_find(relay.admin.store->membership, &order);
    assert_int_equal(purge->changeset_count, 1);
    assert_int_equal(
        mir_chain_find(&row, relay.admin.store->sql, &purge->changesets[0], &err), MIRSAL_OK);
    assert_int_equal(
        mir_chain_load(&whole, &arena, relay.admin.store->sql, row.no, &err), MIRSAL_OK);
    assert_false(whole.residue);
    assert_int_equal(mir_duties_run(&wrote, relay.admin.store, &err), MIRSAL_OK);
    assert_int_equal(wrote, 1);
    assert_int_equal(
        mir_chain_load_left(&left, &arena, relay.admin.store->sql, row.no, &err), MIRSAL_OK);
    assert_true(left.body.size > 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    relay_fixture_close(&relay);
    return 0;
}

/* 1 when one of the log's files holds the bytes. */
static int is_on_disk(struct mir_bytes bytes)
{
    static const char *const ends[] = { "", "-wal", "-journal" };
    int found = 0;
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", relay.path, ends[i]);
        FILE *file = fopen(path, "rb");
        if (file == NULL) {
            continue;
        }
        uint8_t *data = malloc((size_t)1 << 24);
        assert_non_null(data);
        size_t size = fread(data, 1, (size_t)1 << 24, file);
        for (size_t at = 0; !found && at + 64 <= size; at++) {
            found = memcmp(&data[at], &bytes.data[bytes.size - 64], 64) == 0;
        }
        free(data);
        (void)fclose(file);
    }
    return found;
}

static int64_t kept(void)
{
    return number_of(relay.log->sql, "SELECT count(*) FROM changeset WHERE kept = 3");
}

static void a_body_gives_way_to_its_residue(void **state)
{
    (void)state;
    uint64_t arrival = 0;
    struct mir_changeset served;
    (void)relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(relay_fixture_put(&relay, &left, &arrival), 0);
    assert_int_equal(arrival, 0);
    assert_int_equal(kept(), 0);
    assert_true(is_on_disk(whole.body));
    test_env_advance(&relay.admin.world, 29 * DAYS);
    assert_int_equal(mir_relay_log_purge(relay.log, &err), MIRSAL_OK);
    assert_int_equal(kept(), 0);
    test_env_advance(&relay.admin.world, 2 * DAYS);
    assert_int_equal(mir_relay_log_purge(relay.log, &err), MIRSAL_OK);
    assert_int_equal(kept(), 1);
    assert_false(is_on_disk(whole.body));
    int64_t no = number_of(relay.log->sql, "SELECT no FROM changeset WHERE kept = 3");
    assert_int_equal(mir_chain_load(&served, &arena, relay.log->sql, no, &err), MIRSAL_OK);
    assert_true(served.residue);
    assert_true(mir_hash_equal(&served.id, &whole.id));
    assert_true(mir_bytes_equal(served.body, left.body));
    /* It comes again, and leaves nothing. */
    assert_int_equal(relay_fixture_put(&relay, &whole, &arrival), 0);
    assert_int_equal(arrival, 0);
    assert_int_equal(relay_fixture_put(&relay, &left, &arrival), 0);
    assert_false(is_on_disk(whole.body));
    assert_int_equal(mir_relay_log_check(relay.log, &err), MIRSAL_OK);
    relay_fixture_reopen(&relay);
    assert_int_equal(kept(), 1);
    assert_int_equal(mir_relay_log_check(relay.log, &err), MIRSAL_OK);
}

static void without_a_residue_the_body_stays(void **state)
{
    (void)state;
    (void)relay_fixture_put_all(&relay, &relay.admin);
    test_env_advance(&relay.admin.world, 31 * DAYS);
    assert_int_equal(mir_relay_log_purge(relay.log, &err), MIRSAL_OK);
    assert_int_equal(kept(), 0);
    assert_true(is_on_disk(whole.body));
}

static void a_residue_that_nobody_named_is_malformed(void **state)
{
    (void)state;
    uint64_t arrival = 0;
    struct mir_changeset other = left;
    uint8_t *bytes = mir_arena_copy(&arena, left.body.data, left.body.size);
    bytes[40] ^= 1;
    other.body.data = bytes;
    (void)relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(relay_fixture_put(&relay, &other, &arrival), MIR_REJECT_MALFORMED);
    assert_int_equal(number_of(relay.log->sql, "SELECT count(*) FROM residue"), 0);
}

/* Root's order on a record of a batch, whose changeset has the number *no. */
static void order_by_root(int64_t *no, const mirsal_id *record)
{
    struct mir_root *root = NULL;
    struct mir_chain_row row;
    mirsal_hash order;
    const char *path = relay.admin.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    assert_int_equal(mir_root_of(&root, relay.admin.store, &source, &err), MIRSAL_OK);
    assert_int_equal(mir_purge_say(&order, relay.admin.store, root, record, NULL, &err), MIRSAL_OK);
    mir_root_close(root);
    const struct mir_purge *purge = mir_purges_find(relay.admin.store->membership, &order);
    assert_int_equal(
        mir_chain_find(&row, relay.admin.store->sql, &purge->changesets[0], &err), MIRSAL_OK);
    *no = row.no;
}

/* A residue that does not know the second order still holds what that names. */
static void a_residue_of_fewer_orders_is_not_enough(void **state)
{
    (void)state;
    mirsal_id ids[3];
    int64_t no = 0;
    uint64_t arrival = 0;
    uint32_t wrote = 0;
    struct mir_changeset first;
    struct mir_changeset both;
    test_team_batch(ids, &relay.admin, "indigo", 3);
    order_by_root(&no, &ids[0]);
    assert_int_equal(mir_duties_run(&wrote, relay.admin.store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_chain_load_left(&first, &arena, relay.admin.store->sql, no, &err), MIRSAL_OK);
    order_by_root(&no, &ids[1]);
    (void)relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(relay_fixture_put(&relay, &first, &arrival), 0);
    test_env_advance(&relay.admin.world, 31 * DAYS);
    assert_int_equal(mir_relay_log_purge(relay.log, &err), MIRSAL_OK);
    assert_int_equal(kept(), 0);
    assert_int_equal(mir_duties_run(&wrote, relay.admin.store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_chain_load_left(&both, &arena, relay.admin.store->sql, no, &err), MIRSAL_OK);
    assert_false(mir_bytes_equal(first.body, both.body));
    (void)relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(relay_fixture_put(&relay, &both, &arrival), 0);
    assert_int_equal(kept(), 2); /* and the one of set_up */
    assert_int_equal(number_of(relay.log->sql, "SELECT count(*) FROM residue"), 2);
    assert_true(is_on_disk(both.body));
    assert_false(is_on_disk(first.body));
}

/* A relay that never held it takes the residue alone once the days are over. */
static void a_body_that_comes_too_late_is_refused(void **state)
{
    (void)state;
    uint64_t arrival = 0;
    struct mir_changeset changeset;
    int64_t count = test_team_count(&relay.admin, "SELECT count(*) FROM changeset");
    for (int64_t no = 1; no <= count; no++) {
        relay_fixture_load(&changeset, &arena, &relay.admin, no);
        if (changeset.fields.compartment == MIR_COMPARTMENT_CONTROL ||
            changeset.fields.seq < whole.fields.seq) {
            assert_int_equal(relay_fixture_put(&relay, &changeset, &arrival), 0);
        }
    }
    test_env_advance(&relay.admin.world, 31 * DAYS);
    assert_int_equal(relay_fixture_put(&relay, &whole, &arrival), MIR_REJECT_PURGED);
    assert_int_equal(relay_fixture_put(&relay, &left, &arrival), 0);
    assert_true(arrival > 0);
    assert_int_equal(kept(), 1);
    assert_false(is_on_disk(whole.body));
    assert_int_equal(mir_relay_log_check(relay.log, &err), MIRSAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_body_gives_way_to_its_residue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_residue_the_body_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_residue_that_nobody_named_is_malformed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_residue_of_fewer_orders_is_not_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_comes_too_late_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
