/* SPDX-License-Identifier: Apache-2.0 */
/* unit/merger_test.c - the server that joined merges what devices bring, soon and by itself. */
#include "daemon_fixture.h"
#include "duties.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 20000u

/* The reader's store, opened from outside beside the merger; 0 when that does not go. */
static int open_reader(struct test_store *reader, struct daemon_fixture *fixture)
{
    char path[96];
    const struct mir_store_options options = { .env = &fixture->server.env, .directory = path };
    memset(reader, 0, sizeof *reader);
    snprintf(path, sizeof path, "%s/store", fixture->data);
    return mir_store_open(&reader->store, &options, NULL) == MIRSAL_OK;
}

static int64_t count_read(struct daemon_fixture *fixture, const char *sql)
{
    struct test_store reader;
    if (!open_reader(&reader, fixture)) {
        return -1;
    }
    int64_t count = test_team_count(&reader, sql);
    mir_store_close(reader.store);
    return count;
}

/* The founder hears of the reader's join and delivers its keys. */
static void deliver_keys(struct daemon_fixture *fixture)
{
    struct test_store *admin = &fixture->server.devices.admin;
    struct test_store reader;
    uint32_t wrote = 0;
    assert_int_equal(open_reader(&reader, fixture), 1);
    reader.world = admin->world;
    test_team_carry(admin, &reader, 3, 0);
    mir_store_close(reader.store);
    assert_int_equal(mir_duties_run(&wrote, admin->store, NULL), MIRSAL_OK);
    assert_true(wrote > 0);
}

static void wait_for(struct daemon_fixture *fixture, const char *sql, int64_t expected)
{
    const struct timespec pause = { .tv_nsec = 50000000 };
    int64_t count = -1;
    for (uint32_t waited = 0; waited < WAIT_MS && count != expected; waited += 50) {
        nanosleep(&pause, NULL);
        count = count_read(fixture, sql);
    }
    assert_int_equal(count, expected);
}

static void commit_all(struct daemon_fixture *fixture,
    struct mir_team *team,
    struct test_store *device)
{
    struct server_fixture *server = &fixture->server;
    server_fixture_commit(server, team, server_fixture_queue_all(server, device));
}

static void what_devices_bring_is_merged(void **state)
{
    static const char sealed[] = "SELECT count(*) FROM changeset WHERE compartment = 0";
    static const char incidents[] = "SELECT count(*) FROM incident";
    (void)state;
    static struct daemon_fixture fixture;
    static char invite[2048];
    mirsal_text answer;
    daemon_fixture_open(&fixture, 91);
    daemon_fixture_invite(invite, &fixture);
    struct mir_team *team = daemon_fixture_fill(&fixture);
    uint64_t before = server_fixture_size(team);
    assert_int_equal(mirsal_server_join(&answer, fixture.daemon, invite, NULL), MIRSAL_OK);
    mirsal_text_free(&answer);
    daemon_fixture_start(&fixture);
    wait_for(&fixture, sealed, 2); /* held, and no key yet */
    /* Its own join went the other way. */
    assert_true(server_fixture_size(team) > before);
    deliver_keys(&fixture);
    commit_all(&fixture, team, &fixture.server.devices.admin);
    wait_for(&fixture, incidents, 2); /* the founder's and the monitor's */
    (void)test_team_report(&fixture.server.devices.monitor, "later");
    commit_all(&fixture, team, &fixture.server.devices.monitor);
    wait_for(&fixture, incidents, 3);
    daemon_fixture_close(&fixture);
}

static void a_store_that_is_none_is_no_reader(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    struct mir_merger *merger = NULL;
    daemon_fixture_open(&fixture, 92);
    const struct mir_merger_options options = {
        .env = &fixture.server.env, .store = "nowhere", .teams = fixture.daemon->teams
    };
    assert_int_equal(mir_merger_start(&merger, &options, NULL), MIRSAL_NO_STORE);
    assert_null(merger);
    mir_merger_stop(NULL);
    daemon_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_devices_bring_is_merged),
        cmocka_unit_test(a_store_that_is_none_is_no_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
