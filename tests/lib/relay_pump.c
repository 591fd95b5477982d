/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/relay_pump.c - see the header.
 */
#include "relay_pump.h"

#include "host.h"
#include "keys.h"
#include "mir_limits.h"
#include "text.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (64u << 20)

void relay_pump_open(struct relay_pump *pump, const char *url, uint64_t seed)
{
    const char *base = getenv("TMPDIR");
    struct mir_buf name;
    memset(pump, 0, sizeof *pump);
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    test_env_init(&pump->test, seed);
    (void)snprintf(pump->folder, sizeof pump->folder, "%.60s/mirsal-relay.XXXXXX",
        base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(pump->folder));
    pump->keys = mir_secret_alloc(sizeof *pump->keys);
    assert_non_null(pump->keys);
    mir_relay_keys_make(pump->keys, &pump->test.env, url);
    mir_hex_encode(pump->token, pump->keys->token, sizeof pump->keys->token);
    mir_buf_init(&name, &pump->test.env, sizeof pump->url_key);
    mir_relay_keys_name(&name, pump->keys);
    memcpy(pump->url_key, name.data, name.size);
    mir_buf_fini(&name);
    const struct mir_teams_options teams = {
        .env = &pump->test.env, .folder = pump->folder, .keys = pump->keys
    };
    assert_int_equal(mir_teams_open(&pump->teams, &teams, NULL), MIRSAL_OK);
    const struct mir_responder_options responder = { .env = &pump->test.env };
    assert_int_equal(mir_responder_open(&pump->responder, &responder, NULL), MIRSAL_OK);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void relay_pump_close(struct relay_pump *pump)
{
    mir_responder_close(pump->responder);
    mir_teams_close(pump->teams);
    mir_secret_free(pump->keys);
    (void)nftw(pump->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    test_env_fini(&pump->test);
}

/* The relay's answer to a whole request body. */
static int serve(struct relay_pump *pump, const struct mir_buf *request, struct mir_buf *answer)
{
    const struct mir_host_options options = {
        .env = &pump->test.env, .teams = pump->teams, .keys = pump->keys
    };
    struct mir_host *host = NULL;
    struct mir_session *server = NULL;
    uint8_t piece[4096];
    size_t size = 0;
    assert_int_equal(mir_host_open(&host, &options, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_responder_accept(&server, pump->responder, mir_host_vtable(host), NULL), MIRSAL_OK);
    mirsal_code code = mir_session_receive(server, request->data, request->size, NULL);
    if (code == MIRSAL_OK) {
        code = mir_session_receive(server, NULL, 0, NULL); /* what went wrong is in the status */
    }
    int status = (int)mir_session_status(server);
    do {
        if (mir_session_send(piece, sizeof piece, &size, server, NULL) != MIRSAL_OK) {
            break;
        }
        mir_buf_append(answer, piece, size);
    } while (size > 0);
    mir_session_close(server);
    mir_host_close(host);
    return status;
}

static mirsal_code gather(struct mir_buf *request, mirsal_session *session, mirsal_error *err)
{
    uint8_t piece[1000];
    size_t size = 0;
    do {
        mirsal_code code = mirsal_session_send(piece, sizeof piece, &size, session, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        mir_buf_append(request, piece, size);
    } while (size > 0);
    return mir_buf_finish(request, err);
}

mirsal_code relay_pump_exchange(struct relay_pump *pump, mirsal_session *session, mirsal_error *err)
{
    struct mir_buf request;
    struct mir_buf answer;
    int status = 200;
    mirsal_code code = MIRSAL_OK;
    mir_buf_init(&request, &pump->test.env, MIR_HTTP_BODY_MAX);
    mir_buf_init(&answer, &pump->test.env, ANSWER_MAX);
    pump->exchanges++;
    if (mirsal_session_need(session) == MIRSAL_NEED_KEY) {
        mir_relay_keys_announce(&answer, pump->keys);
        pump->keys_given++;
    } else {
        code = gather(&request, session, err);
        if (code == MIRSAL_OK) {
            status = serve(pump, &request, &answer);
        }
    }
    if (pump->answer_with != 0) {
        status = pump->answer_with;
    }
    if (pump->break_next > 0) {
        pump->break_next--;
        answer.size /= 2;
        status = status == 200 ? -200 : status;
    }
    if (code == MIRSAL_OK && (status == 200 || status == -200)) {
        code = mirsal_session_receive(session, answer.data, answer.size, err);
    }
    if (code == MIRSAL_OK) {
        code = mirsal_session_end(session, status < 0 ? 0 : status, err);
    }
    mir_buf_fini(&answer);
    mir_buf_fini(&request);
    return code;
}

void relay_pump_introduce(struct relay_pump *pump, struct client *client)
{
    mirsal_text answer = { 0 };
    client_ok(
        client, mirsal_relay_add(&answer, client->store, pump->url_key, pump->token, &client->err));
    mirsal_text_free(&answer);
}

json_t *relay_pump_sync(struct relay_pump *pump, struct client *client, uint64_t budget)
{
    mirsal_session_options options = MIRSAL_SESSION_OPTIONS_INIT;
    mirsal_session *session = NULL;
    mirsal_text answer = { 0 };
    options.store = client->store;
    options.budget = budget;
    client_ok(client, mirsal_session_open(&session, &options, &client->err));
    while (mirsal_session_need(session) != MIRSAL_NEED_DONE) {
        client_ok(client, relay_pump_exchange(pump, session, &client->err));
    }
    client_ok(client, mirsal_session_answer(&answer, session, &client->err));
    mirsal_session_close(session);
    return client_json(&answer);
}
