/* SPDX-License-Identifier: Apache-2.0 */
/* unit/explain_test.c - files and changesets explained from their bytes alone. */
#include "client_fixture.h"
#include "handle.h"
#include "sql.h"

#include "chains.h"
#include "changeset.h"
#include "relayword.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static struct client admin;

static int start(void **state)
{
    (void)state;
    client_found(&admin, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_fini(&admin);
    return 0;
}

static json_t *inspect(const void *data, size_t size)
{
    mirsal_text answer = { 0 };
    client_ok(&admin, mirsal_inspect(&answer, data, size, &admin.err));
    return client_json(&answer);
}

static json_t *inspect_file(const char *path)
{
    static uint8_t bytes[8192];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    return inspect(bytes, size);
}

static void key_files_say_what_seals_them(void **state)
{
    struct client other;
    char path[160];
    mirsal_text answer = { 0 };
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    (void)state;
    client_init(&other, 2);
    mirsal_store_options options = client_options(&other);
    team.name = "Team";
    team.recovery_path = other.recovery;
    team.recovery_passphrase = "safe";
    team.recovery_passphrase_size = 4;
    client_ok(&other, mirsal_team_create(&other.store, &answer, &options, &team, &other.err));
    mirsal_text_free(&answer);
    json_t *recovery = inspect_file(other.recovery);
    assert_string_equal(test_text(recovery, "kind"), "recovery");
    assert_string_equal(test_text(recovery, "sealed_by"), "passphrase");
    assert_int_equal(test_number(recovery, "passes"), 2);
    assert_int_equal(test_number(recovery, "memory_kib"), 65536);
    json_decref(recovery);
    client_fini(&other);
    (void)snprintf(path, sizeof path, "%s/keys", admin.store_path);
    json_t *keys = inspect_file(path);
    assert_string_equal(test_text(keys, "kind"), "keys");
    assert_string_equal(test_text(keys, "sealed_by"), "nothing");
    json_decref(keys);
}

static void an_invite_is_explained_without_its_secret(void **state)
{
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    (void)state;
    terms.role = "coordinator";
    terms.protected_ = 1;
    client_ok(&admin, mirsal_invite_create(&answer, admin.store, &terms, &admin.err));
    json_t *made = client_json(&answer);
    const char *text = test_text(made, "invite");
    json_t *invite = inspect(text, strlen(text));
    assert_string_equal(test_text(invite, "kind"), "invite");
    assert_string_equal(test_text(invite, "role"), "coordinator");
    assert_true(json_is_true(json_object_get(invite, "protected")));
    assert_null(json_object_get(invite, "secret"));
    json_decref(invite);
    json_decref(made);
}

static void a_changeset_is_explained_and_its_signature_judged(void **state)
{
    struct mir_arena arena;
    struct mir_buf bytes;
    struct mir_changeset changeset;
    (void)state;
    mir_arena_init(&arena, &admin.test.env, 1u << 20);
    mir_buf_init(&bytes, &admin.test.env, 1u << 20);
    assert_int_equal(
        mir_chain_load(&changeset, &arena, admin.store->store->sql, 1, NULL), MIRSAL_OK);
    mir_changeset_encode(&bytes, &changeset);
    json_t *good = inspect(bytes.data, bytes.size);
    assert_string_equal(test_text(good, "kind"), "changeset");
    assert_string_equal(test_text(good, "compartment"), "control");
    assert_int_equal(test_number(good, "seq"), 1);
    assert_string_equal(test_text(good, "signature"), "valid");
    json_decref(good);
    uint8_t signature[64] = { 0 };
    changeset.signature = (struct mir_bytes){ signature, sizeof signature };
    mir_buf_reset(&bytes);
    mir_changeset_encode(&bytes, &changeset);
    json_t *bad = inspect(bytes.data, bytes.size);
    assert_string_equal(test_text(bad, "signature"), "invalid");
    json_decref(bad);
    mir_buf_fini(&bytes);
    mir_arena_fini(&arena);
}

static void other_bytes_are_no_file_of_mirsal(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    assert_int_equal(mirsal_inspect(&answer, "mirsalk1", 8, &admin.err), MIRSAL_MALFORMED);
    assert_int_equal(mirsal_inspect(&answer, "", 0, &admin.err), MIRSAL_MALFORMED);
    assert_int_equal(
        mirsal_inspect(&answer, "a text of some length, not ours, and more", 40, &admin.err),
        MIRSAL_MALFORMED);
    assert_null(answer.data);
}

static void a_word_of_a_relay_is_explained_from_its_hex(void **state)
{
    (void)state;
    struct mir_relay_word word = { .kind = MIR_WORD_CHECKPOINT,
        .checkpoint = { .size = 70000, .time_ms = 5 } };
    struct mir_buf bytes;
    char hex[1024];
    mir_buf_init(&bytes, &admin.test.env, 1000);
    mir_relay_word_write(&bytes, &word);
    mir_hex_encode(hex, bytes.data, bytes.size);
    hex[2 * bytes.size] = '\n';
    json_t *told = inspect(hex, 2 * bytes.size + 1);
    assert_string_equal(json_string_value(json_object_get(told, "kind")), "checkpoint");
    assert_int_equal(json_integer_value(json_object_get(told, "log_size")), 70000);
    json_decref(told);
    told = inspect(bytes.data, bytes.size);
    assert_string_equal(json_string_value(json_object_get(told, "kind")), "checkpoint");
    json_decref(told);
    mir_buf_fini(&bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_word_of_a_relay_is_explained_from_its_hex),
        TEST(key_files_say_what_seals_them),
        TEST(an_invite_is_explained_without_its_secret),
        TEST(a_changeset_is_explained_and_its_signature_judged),
        TEST(other_bytes_are_no_file_of_mirsal),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
