/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/client_fixture.c - see the header.
 */
#include "client_fixture.h"

#include "keys.h"
#include "store.h"
#include "team.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void client_init(struct client *client, uint64_t seed)
{
    const char *base = getenv("TMPDIR");
    memset(client, 0, sizeof *client);
    test_env_init(&client->test, seed);
    (void)snprintf(client->folder, sizeof client->folder, "%.60s/mirsal-client.XXXXXX",
        base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(client->folder));
    (void)snprintf(client->store_path, sizeof client->store_path, "%s/store", client->folder);
    (void)snprintf(client->recovery, sizeof client->recovery, "%s/recovery", client->folder);
}

mirsal_store_options client_options(struct client *client)
{
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    options.directory = client->store_path;
    options.insecure_no_passphrase = 1;
    options.force = 1;
    options.kdf_ms = 1;
    options.env = &client->test.env;
    return options;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void client_fini(struct client *client)
{
    mirsal_close(client->store);
    (void)nftw(client->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    test_env_fini(&client->test);
}

void client_reopen(struct client *client)
{
    mirsal_store_options options = client_options(client);
    mirsal_close(client->store);
    client->store = NULL;
    client_ok(client, mirsal_open(&client->store, &options, &client->err));
}

void client_ok(const struct client *client, mirsal_code code)
{
    if (code != MIRSAL_OK) {
        fail_msg("%s: %s (%s)", mirsal_code_name(code), client->err.message, client->err.field);
    }
}

json_t *client_json(mirsal_text *answer)
{
    json_t *value = json_loadb(answer->data, answer->size, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    mirsal_text_free(answer);
    return value;
}

/* As mirsal_team_create, but for a recovery file that is not sealed: a passphrase costs more time
 * than most tests. */
void client_found(struct client *client, uint64_t seed)
{
    client_init(client, seed);
    const struct mir_store_options options = { .env = &client->test.env,
        .directory = client->store_path };
    const struct mir_team_options team = {
        .name = "White Helmets", .label = "office", .recovery = { .path = client->recovery }
    };
    struct mir_store *store = NULL;
    client_ok(client, mir_crypto_start(&client->err));
    client_ok(client, mir_store_create(&store, &options, &client->err));
    client_ok(client, mir_team_create(store, &team, &client->err));
    mir_store_close(store);
    client_reopen(client);
}

void client_join(struct client *client, struct client *admin, const char *role, uint64_t seed)
{
    client_init(client, seed);
    mirsal_store_options options = client_options(client);
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    mirsal_join_options join = MIRSAL_JOIN_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    terms.role = role;
    terms.in_person = 1;
    client_ok(admin, mirsal_invite_create(&answer, admin->store, &terms, &admin->err));
    json_t *invite = client_json(&answer);
    join.invite = test_text(invite, "invite");
    join.label = role;
    client_ok(client, mirsal_join(&client->store, &answer, &options, &join, &client->err));
    mirsal_text_free(&answer);
    json_decref(invite);
}

mirsal_id client_insert(struct client *client, const char *json)
{
    mirsal_id id;
    client_ok(client, mirsal_begin(client->store, &client->err));
    client_ok(client, mirsal_insert(&id, client->store, json, strlen(json), &client->err));
    client_ok(client, mirsal_commit(NULL, client->store, &client->err));
    return id;
}

mirsal_id client_incident(struct client *client, const char *source_id, const char *title)
{
    char json[512];
    (void)snprintf(json, sizeof json,
        "{\"type\":\"incident\",\"source_id\":\"%s\",\"date_start\":\"2019-11-17\","
        "\"date_end\":\"2019-11-17\",\"date_prec\":\"day\",\"title\":[[\"en\",\"%s\"]]}",
        source_id, title);
    return client_insert(client, json);
}

int client_take_line(void *context, const char *json, size_t size)
{
    struct client_lines *lines = context;
    json_t *value = json_loadb(json, size, 0, NULL);
    assert_non_null(value);
    assert_int_equal(json_array_append_new(lines->values, value), 0);
    return lines->stop_at != 0 && json_array_size(lines->values) >= lines->stop_at;
}

void client_lines_init(struct client_lines *lines)
{
    lines->values = json_array();
    lines->stop_at = 0;
}

void client_lines_fini(struct client_lines *lines)
{
    json_decref(lines->values);
}
