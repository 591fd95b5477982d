/* SPDX-License-Identifier: Apache-2.0 */
/* unit/host_test.c - one exchange's view of the teams: token, queue, commit, reading. */
#include "host.h"

#include "text.h"

#include "server_fixture.h"

#include <string.h>

struct visit {
    struct server_fixture server;
    struct mir_host *host;
    const struct mir_sync_host *view;
    mirsal_hash team;
    struct mir_sync_outcome outcome;
};

static void open_visit(struct visit *visit, uint64_t seed)
{
    server_fixture_open(&visit->server, seed);
    const struct mir_host_options options = {
        .env = &visit->server.env, .teams = visit->server.teams, .keys = visit->server.keys
    };
    assert_int_equal(mir_host_open(&visit->host, &options, NULL), MIRSAL_OK);
    visit->view = mir_host_vtable(visit->host);
    visit->outcome.stored = 0;
    mir_buf_init(&visit->outcome.rejects, &visit->server.env, 1 << 20);
    mir_buf_init(&visit->outcome.ranges, &visit->server.env, 1 << 20);
}

static void close_visit(struct visit *visit)
{
    mir_buf_fini(&visit->outcome.rejects);
    mir_buf_fini(&visit->outcome.ranges);
    mir_host_close(visit->host);
    server_fixture_close(&visit->server);
}

static mirsal_code register_with(struct visit *visit, const char *token, size_t size)
{
    const struct mir_bytes given = { (const uint8_t *)token, size };
    return visit->view->register_team(
        visit->view->context, given, server_fixture_genesis(&visit->server), &visit->team, NULL);
}

static void register_team(struct visit *visit)
{
    char token[2 * MIR_RELAY_TOKEN_SIZE + 1];
    mir_hex_encode(token, visit->server.keys->token, MIR_RELAY_TOKEN_SIZE);
    assert_int_equal(register_with(visit, token, sizeof token - 1), MIRSAL_OK);
}

static void put_all(struct visit *visit, struct test_store *store)
{
    struct mir_queued *list = server_fixture_queue_all(&visit->server, store);
    for (struct mir_queued *item = list; item != NULL; item = item->next) {
        assert_int_equal(visit->view->put(visit->view->context, &visit->team, &item->sender,
                             &item->changeset, NULL),
            MIRSAL_OK);
    }
    mir_queued_free(&visit->server.env, list);
}

static void commit(struct visit *visit)
{
    assert_int_equal(
        visit->view->commit(visit->view->context, &visit->team, &visit->outcome, NULL), MIRSAL_OK);
}

static uint64_t log_size(struct visit *visit)
{
    struct mir_sync_log log;
    assert_int_equal(visit->view->log(visit->view->context, &visit->team, &log, NULL), MIRSAL_OK);
    return log.size;
}

static void only_the_token_registers(void **state)
{
    (void)state;
    struct visit visit;
    char token[2 * MIR_RELAY_TOKEN_SIZE + 1];
    open_visit(&visit, 61);
    mir_hex_encode(token, visit.server.keys->token, MIR_RELAY_TOKEN_SIZE);
    assert_int_equal(register_with(&visit, token, sizeof token - 2), MIRSAL_NOT_ALLOWED);
    token[31] = token[31] == '0' ? '1' : '0';
    assert_int_equal(register_with(&visit, token, sizeof token - 1), MIRSAL_NOT_ALLOWED);
    assert_int_equal(register_with(&visit, NULL, 0), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_teams_count(visit.server.teams), 0);
    register_team(&visit);
    assert_memory_equal(&visit.team, &visit.server.devices.admin.store->team, 32);
    close_visit(&visit);
}

static void keys_are_those_of_the_relay(void **state)
{
    (void)state;
    struct visit visit;
    mirsal_hash identity;
    uint32_t serial = 0;
    struct mir_agree_secret secret;
    open_visit(&visit, 62);
    assert_int_equal(
        visit.view->identity(visit.view->context, &identity, &serial, NULL), MIRSAL_OK);
    assert_memory_equal(&identity, &visit.server.keys->identity, 32);
    assert_int_equal(serial, 1);
    assert_int_equal(visit.view->noise_secret(visit.view->context, 1, &secret, NULL), MIRSAL_OK);
    assert_memory_equal(&secret, &visit.server.keys->noise[0].secret, sizeof secret);
    assert_int_equal(
        visit.view->noise_secret(visit.view->context, 2, &secret, NULL), MIRSAL_NOT_FOUND);
    close_visit(&visit);
}

static void what_is_committed_is_served(void **state)
{
    (void)state;
    struct visit visit;
    mirsal_hash team;
    struct mir_heads heads;
    struct mir_sync_device device;
    open_visit(&visit, 63);
    register_team(&visit);
    assert_int_equal(
        visit.view->find_team(visit.view->context, visit.team.bytes, &team, NULL), MIRSAL_OK);
    assert_memory_equal(&team, &visit.team, 32);
    assert_int_equal(log_size(&visit), 1);
    put_all(&visit, &visit.server.devices.admin);
    assert_int_equal(log_size(&visit), 1); /* queued is not held */
    commit(&visit);
    assert_true(visit.outcome.stored >= 2);
    assert_int_equal(log_size(&visit), 1 + visit.outcome.stored);
    const struct mir_agree_public *noise = &visit.server.devices.admin.store->keys->noise_public;
    assert_int_equal(
        visit.view->find_device(visit.view->context, &team, noise, &device, NULL), MIRSAL_OK);
    assert_int_equal(device.standing, MIR_SYNC_MEMBER);
    mir_heads_init(&heads, &visit.server.env);
    assert_int_equal(
        visit.view->own_heads(visit.view->context, &team, &device.device, &heads, NULL), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 2); /* control and main */
    mir_heads_fini(&heads);
    close_visit(&visit);
}

static void what_is_discarded_is_not_held(void **state)
{
    (void)state;
    struct visit visit;
    open_visit(&visit, 64);
    register_team(&visit);
    put_all(&visit, &visit.server.devices.admin);
    visit.view->discard(visit.view->context);
    commit(&visit);
    assert_int_equal(visit.outcome.stored, 0);
    assert_int_equal(log_size(&visit), 1);
    /* A host that is closed with a queue lets go of it: nothing is left to free. */
    put_all(&visit, &visit.server.devices.admin);
    close_visit(&visit);
}

static void a_team_that_is_not_here_is_not_found(void **state)
{
    (void)state;
    struct visit visit;
    struct mir_sync_log log;
    mirsal_hash team = { { 7 } };
    open_visit(&visit, 65);
    register_team(&visit);
    assert_int_equal(visit.view->log(visit.view->context, &team, &log, NULL), MIRSAL_NOT_FOUND);
    assert_int_equal(
        visit.view->find_team(visit.view->context, team.bytes, &team, NULL), MIRSAL_NOT_FOUND);
    assert_int_equal(log_size(&visit), 1);
    close_visit(&visit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_token_registers),
        cmocka_unit_test(keys_are_those_of_the_relay),
        cmocka_unit_test(what_is_committed_is_served),
        cmocka_unit_test(what_is_discarded_is_not_held),
        cmocka_unit_test(a_team_that_is_not_here_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
