/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/daemon_fixture.c - see the header.
 */
#include "daemon_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void daemon_fixture_open(struct daemon_fixture *fixture, uint64_t seed)
{
    const mirsal_server_options options = MIRSAL_SERVER_OPTIONS_INIT;
    const struct mir_http_client_options client = { .connect_timeout_ms = 5000 };
    mirsal_text answer;
    server_fixture_open(&fixture->server, seed);
    snprintf(fixture->data, sizeof fixture->data, "mirsald.XXXXXX");
    assert_non_null(mkdtemp(fixture->data));
    fixture->options = options;
    fixture->options.env = &fixture->server.env;
    fixture->options.data = fixture->data;
    fixture->options.listen = "127.0.0.1:0";
    assert_int_equal(mirsal_server_init(&answer, &fixture->options, NULL), MIRSAL_OK);
    mirsal_text_free(&answer);
    assert_int_equal(mirsal_server_open(&fixture->daemon, &fixture->options, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_http_client_open(&fixture->client, &fixture->server.env, &client, NULL), MIRSAL_OK);
    mir_buf_init(&fixture->body, &fixture->server.env, 1 << 20);
}

void daemon_fixture_reopen(struct daemon_fixture *fixture)
{
    mirsal_server_close(fixture->daemon);
    assert_int_equal(mirsal_server_open(&fixture->daemon, &fixture->options, NULL), MIRSAL_OK);
}

void daemon_fixture_close(struct daemon_fixture *fixture)
{
    char path[96];
    mir_http_client_close(fixture->client);
    mirsal_server_close(fixture->daemon);
    mir_buf_fini(&fixture->body);
    snprintf(path, sizeof path, "%s/store", fixture->data);
    server_fixture_remove(path);
    server_fixture_remove(fixture->data);
    server_fixture_close(&fixture->server);
}

void daemon_fixture_start(struct daemon_fixture *fixture)
{
    mirsal_text ready;
    mirsal_error err = { 0 };
    if (mirsal_server_start(&ready, fixture->daemon, &fixture->options, &err) != MIRSAL_OK) {
        fail_msg("start: %s", err.message);
    }
    assert_memory_equal(ready.data, "{\"listen\":\"127.0.0.1:", 21);
    assert_non_null(strstr(ready.data, "\",\"relay\":\"http://127.0.0.1:8440#"));
    mirsal_text_free(&ready);
}

int daemon_fixture_get(struct daemon_fixture *fixture, const char *path)
{
    char url[96];
    int status = 0;
    struct mir_http_counts counts;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s",
        (unsigned)mir_http_server_port(fixture->daemon->listener), path);
    mir_buf_reset(&fixture->body);
    (void)!mir_http_request(
        fixture->client, &status, &counts, url, NULL, net_fixture_collect, &fixture->body, NULL);
    return status;
}

struct mir_team *daemon_fixture_fill(struct daemon_fixture *fixture)
{
    struct server_fixture *server = &fixture->server;
    struct mir_team *team = NULL;
    assert_int_equal(
        mir_teams_register(&team, fixture->daemon->teams, server_fixture_genesis(server), NULL),
        MIRSAL_OK);
    server_fixture_commit(server, team, server_fixture_queue_all(server, &server->devices.admin));
    server_fixture_commit(server, team, server_fixture_queue_all(server, &server->devices.monitor));
    return team;
}

void daemon_fixture_invite(char out[2048], struct daemon_fixture *fixture)
{
    struct test_store *admin = &fixture->server.devices.admin;
    const struct mir_relay_keys *keys = mir_server_keys(fixture->daemon);
    const struct mir_bytes token = { keys->token, sizeof keys->token };
    const struct mir_invite_options terms = { .role = MIR_ROLE_OBSERVER,
        .protected_ = 1,
        .in_person = 1,
        .uses = 1,
        .expires_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS };
    mirsal_hash identity;
    mirsal_hash id;
    struct mir_buf text;
    memcpy(identity.bytes, keys->identity.bytes, sizeof identity.bytes);
    assert_int_equal(mir_relay_add(admin->store, keys->url, &identity, token, NULL), MIRSAL_OK);
    mir_buf_init(&text, &admin->world.env, 2000);
    assert_int_equal(mir_invite_create(&text, &id, admin->store, &terms, NULL), MIRSAL_OK);
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    mir_buf_fini(&text);
}
