/* SPDX-License-Identifier: Apache-2.0 */
/* unit/serving_test.c - it serves, alone; stops; turns its key; begins to read when joined. */
#include "daemon_fixture.h"

#include <string.h>
#include <time.h>

static uint32_t announced(struct daemon_fixture *fixture)
{
    struct mir_relay_key key;
    mirsal_hash identity;
    memcpy(identity.bytes, mir_server_keys(fixture->daemon)->identity.bytes, 32);
    assert_int_equal(daemon_fixture_get(fixture, "/v1/relay"), 200);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&fixture->body), &identity, NULL), MIRSAL_OK);
    return key.serial;
}

static void it_serves_and_stops_and_serves_again(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    daemon_fixture_open(&fixture, 81);
    for (int i = 0; i < 2; i++) {
        daemon_fixture_start(&fixture);
        assert_int_equal(daemon_fixture_get(&fixture, "/healthz"), 200);
        mirsal_server_stop(fixture.daemon);
        mirsal_server_stop(fixture.daemon);
    }
    daemon_fixture_close(&fixture);
}

static void only_one_serves_a_folder(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    mirsal_server *second = NULL;
    mirsal_text text;
    daemon_fixture_open(&fixture, 82);
    daemon_fixture_start(&fixture);
    assert_int_equal(mirsal_server_open(&second, &fixture.options, NULL), MIRSAL_OK);
    assert_int_equal(mirsal_server_start(&text, second, &fixture.options, NULL), MIRSAL_LOCKED);
    assert_null(text.data);
    /* Looking at it is allowed. */
    assert_int_equal(mirsal_server_status(&text, second, NULL), MIRSAL_OK);
    mirsal_text_free(&text);
    mirsal_server_stop(fixture.daemon);
    assert_int_equal(mirsal_server_start(&text, second, &fixture.options, NULL), MIRSAL_OK);
    mirsal_text_free(&text);
    mirsal_server_close(second);
    daemon_fixture_close(&fixture);
}

static void where_it_cannot_listen_it_says_so(void **state)
{
    static const char *const wrong[] = { "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:66000",
        "127.0.0.1:8o", "nowhere.invalid:80" };
    (void)state;
    static struct daemon_fixture fixture;
    mirsal_text text;
    mirsal_error err = { 0 };
    daemon_fixture_open(&fixture, 83);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fixture.options.listen = wrong[i];
        assert_int_equal(
            mirsal_server_start(&text, fixture.daemon, &fixture.options, &err), MIRSAL_BAD_VALUE);
        assert_string_equal(err.field, "listen");
    }
    fixture.options.listen = "127.0.0.1:0";
    fixture.options.tls_cert = "cert.pem";
    assert_int_equal(
        mirsal_server_start(&text, fixture.daemon, &fixture.options, &err), MIRSAL_USAGE);
    fixture.options.tls_key = "/nowhere/key.pem";
    assert_int_not_equal(
        mirsal_server_start(&text, fixture.daemon, &fixture.options, &err), MIRSAL_OK);
    fixture.options.tls_cert = fixture.options.tls_key = NULL;
    daemon_fixture_start(&fixture);
    daemon_fixture_close(&fixture);
}

static void the_key_turns_weekly_and_stays_turned(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    daemon_fixture_open(&fixture, 84);
    daemon_fixture_start(&fixture);
    assert_int_equal(announced(&fixture), 1);
    fixture.server.now_ms += MIR_RELAY_KEY_PERIOD_MS - 1;
    assert_int_equal(mirsal_server_tick(fixture.daemon, NULL), MIRSAL_OK);
    assert_int_equal(announced(&fixture), 1);
    fixture.server.now_ms += 1;
    assert_int_equal(mirsal_server_tick(fixture.daemon, NULL), MIRSAL_OK);
    assert_int_equal(announced(&fixture), 2);
    daemon_fixture_reopen(&fixture);
    daemon_fixture_start(&fixture);
    assert_int_equal(announced(&fixture), 2);
    struct mir_agree_secret old;
    assert_int_equal(
        mir_relay_keys_noise(&old, mir_server_keys(fixture.daemon), 1, NULL), MIRSAL_OK);
    daemon_fixture_close(&fixture);
}

static void it_reads_once_it_was_joined(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    static char invite[2048];
    mirsal_text answer;
    daemon_fixture_open(&fixture, 85);
    daemon_fixture_start(&fixture);
    assert_int_equal(mirsal_server_tick(fixture.daemon, NULL), MIRSAL_OK);
    assert_null(fixture.daemon->merger);
    daemon_fixture_invite(invite, &fixture);
    assert_int_equal(mirsal_server_join(&answer, fixture.daemon, invite, NULL), MIRSAL_OK);
    mirsal_text_free(&answer);
    assert_int_equal(mirsal_server_tick(fixture.daemon, NULL), MIRSAL_OK);
    assert_non_null(fixture.daemon->merger);
    mirsal_server_stop(fixture.daemon);
    assert_null(fixture.daemon->merger);
    daemon_fixture_start(&fixture);
    assert_non_null(fixture.daemon->merger);
    daemon_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_serves_and_stops_and_serves_again),
        cmocka_unit_test(only_one_serves_a_folder),
        cmocka_unit_test(where_it_cannot_listen_it_says_so),
        cmocka_unit_test(the_key_turns_weekly_and_stays_turned),
        cmocka_unit_test(it_reads_once_it_was_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
