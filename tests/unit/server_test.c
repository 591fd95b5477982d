/* SPDX-License-Identifier: Apache-2.0 */
/* unit/server_test.c - the data folder: made once, sealed, opened, joined as a reader. */
#include "serverin.h"

#include "server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    struct server_fixture fixture; /* its environment, and devices where they are needed */
    char path[64];
    mirsal_server_options options;
};

static void open_folder(struct folder *folder)
{
    const mirsal_server_options options = MIRSAL_SERVER_OPTIONS_INIT;
    server_fixture_env(&folder->fixture);
    snprintf(folder->path, sizeof folder->path, "mirsald.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    folder->options = options;
    folder->options.env = &folder->fixture.env;
    folder->options.data = folder->path;
}

static void close_folder(struct folder *folder)
{
    server_fixture_remove(folder->path);
}

static mirsal_code init(struct folder *folder, mirsal_text *answer)
{
    return mirsal_server_init(answer, &folder->options, NULL);
}

static mirsal_code try_open(struct folder *folder, const char *passphrase)
{
    mirsal_server *server = NULL;
    folder->options.passphrase = passphrase;
    folder->options.passphrase_size = passphrase == NULL ? 0 : strlen(passphrase);
    mirsal_code rc = mirsal_server_open(&server, &folder->options, NULL);
    assert_int_equal(rc == MIRSAL_OK, server != NULL);
    mirsal_server_close(server);
    return rc;
}

static void a_relay_is_made_once(void **state)
{
    (void)state;
    struct folder folder;
    mirsal_text answer;
    mirsal_text again;
    char path[96];
    struct stat status;
    open_folder(&folder);
    assert_int_equal(try_open(&folder, NULL), MIRSAL_NO_STORE);
    folder.options.public_url = "https://relay.example.org";
    assert_int_equal(init(&folder, &answer), MIRSAL_OK);
    static const char head[] = "{\"relay\":\"https://relay.example.org#";
    assert_memory_equal(answer.data, head, sizeof head - 1);
    const char *token = strstr(answer.data, "\",\"token\":\"");
    assert_non_null(token);
    assert_int_equal(token - answer.data, (ptrdiff_t)(sizeof head - 1 + 43));
    assert_int_equal(strlen(token), 11 + 32 + 2);
    assert_int_equal(init(&folder, &again), MIRSAL_STORE_EXISTS);
    snprintf(path, sizeof path, "%s/keys", folder.path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777u, 0600);
    assert_int_equal(try_open(&folder, NULL), MIRSAL_OK);
    mirsal_text_free(&answer);
    close_folder(&folder);
}

static void an_address_is_http(void **state)
{
    static const char *const wrong[] = { "relay.example.org", "ftp://relay.example.org",
        "http://a b", "http://a#b", "http://a\"b" };
    (void)state;
    struct folder folder;
    mirsal_text answer;
    open_folder(&folder);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        folder.options.public_url = wrong[i];
        assert_int_equal(init(&folder, &answer), MIRSAL_BAD_VALUE);
        assert_null(answer.data);
    }
    close_folder(&folder);
}

static void sealed_keys_want_their_passphrase(void **state)
{
    (void)state;
    struct folder folder;
    mirsal_text answer;
    open_folder(&folder);
    folder.options.passphrase = "correct horse";
    folder.options.passphrase_size = 13;
    assert_int_equal(init(&folder, &answer), MIRSAL_OK);
    mirsal_text_free(&answer);
    assert_int_equal(try_open(&folder, NULL), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(try_open(&folder, "correct horsf"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(try_open(&folder, "correct horse"), MIRSAL_OK);
    close_folder(&folder);
}

static mirsal_code join(struct folder *folder, const char *invite, mirsal_text *answer)
{
    mirsal_server *server = NULL;
    assert_int_equal(mirsal_server_open(&server, &folder->options, NULL), MIRSAL_OK);
    mirsal_code rc = mirsal_server_join(answer, server, invite, NULL);
    mirsal_server_close(server);
    return rc;
}

static void invite_of(char out[2048], struct test_store *admin, enum mir_role role)
{
    const struct mir_invite_options terms = { .role = role,
        .in_person = 1,
        .uses = 1,
        .expires_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS };
    struct mir_buf text;
    mirsal_hash id;
    mir_buf_init(&text, &admin->world.env, 2000);
    assert_int_equal(mir_invite_create(&text, &id, admin->store, &terms, NULL), MIRSAL_OK);
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    mir_buf_fini(&text);
}

static void it_joins_as_a_reader_once(void **state)
{
    (void)state;
    struct folder folder;
    struct test_store admin;
    mirsal_text answer;
    char invite[2048];
    char path[96];
    struct mir_store *store = NULL;
    open_folder(&folder);
    test_team_found(&admin, 31);
    assert_int_equal(init(&folder, &answer), MIRSAL_OK);
    mirsal_text_free(&answer);
    snprintf(path, sizeof path, "%s/store", folder.path);
    invite_of(invite, &admin, MIR_ROLE_MONITOR);
    assert_int_equal(join(&folder, invite, &answer), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mirsal_code_class(join(&folder, "mirsal1abc", &answer)), MIRSAL_CLASS_PEER);
    assert_int_not_equal(access(path, F_OK), 0);
    invite_of(invite, &admin, MIR_ROLE_OBSERVER);
    assert_int_equal(join(&folder, invite, &answer), MIRSAL_OK);
    assert_non_null(strstr(answer.data, "\"role\":\"observer\",\"label\":\"server\",\"state\":\""));
    assert_memory_equal(answer.data, "{\"team_id\":\"", 12);
    assert_int_equal(join(&folder, invite, &(mirsal_text){ 0 }), MIRSAL_STORE_EXISTS);
    const struct mir_store_options options = { .env = &folder.fixture.env, .directory = path };
    assert_int_equal(mir_store_open(&store, &options, NULL), MIRSAL_OK);
    assert_memory_equal(&store->team, &admin.store->team, 32);
    mir_store_close(store);
    mirsal_text_free(&answer);
    test_store_fini(&admin);
    close_folder(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relay_is_made_once),
        cmocka_unit_test(an_address_is_http),
        cmocka_unit_test(sealed_keys_want_their_passphrase),
        cmocka_unit_test(it_joins_as_a_reader_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
