/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relaykeys_test.c - saved and loaded, sealed or not; the weekly turn; damage. */
#include "relaykeys.h"

#include "files.h"
#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    struct test_env test;
    char folder[64];
    char path[80];
    struct mir_relay_keys keys;
    struct mir_relay_keys loaded;
};

static void open_place(struct place *place)
{
    memset(place, 0, sizeof(*place));
    test_env_init(&place->test, 7);
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    snprintf(place->folder, sizeof(place->folder), "/tmp/mirsal-test-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/keys", place->folder);
    mir_relay_keys_make(&place->keys, &place->test.env, "https://relay.example");
}

static void close_place(struct place *place)
{
    unlink(place->path);
    rmdir(place->folder);
    test_env_fini(&place->test);
}

static mirsal_code load(struct place *place, const char *passphrase)
{
    return mir_relay_keys_load(&place->loaded, &place->test.env, place->path,
        (struct mir_bytes){ (const uint8_t *)passphrase, strlen(passphrase) }, NULL);
}

static mirsal_code save(struct place *place, const char *passphrase)
{
    return mir_relay_keys_save(&place->keys, &place->test.env, place->path,
        (struct mir_bytes){ (const uint8_t *)passphrase, strlen(passphrase) }, NULL);
}

static void assert_same(const struct place *place)
{
    assert_memory_equal(&place->loaded.identity, &place->keys.identity, 32);
    assert_memory_equal(&place->loaded.secret, &place->keys.secret, 64);
    assert_memory_equal(place->loaded.token, place->keys.token, MIR_RELAY_TOKEN_SIZE);
    assert_string_equal(place->loaded.url, "https://relay.example");
    assert_int_equal(mir_relay_keys_serial(&place->loaded), mir_relay_keys_serial(&place->keys));
}

static void clear_and_sealed_files_come_back(void **state)
{
    (void)state;
    struct place place;
    open_place(&place);
    assert_int_equal(load(&place, ""), MIRSAL_NO_STORE);
    assert_int_equal(save(&place, ""), MIRSAL_OK);
    assert_int_equal(load(&place, ""), MIRSAL_OK);
    assert_same(&place);
    assert_int_equal(save(&place, "a word"), MIRSAL_OK);
    assert_int_equal(load(&place, "a word"), MIRSAL_OK);
    assert_same(&place);
    assert_int_equal(load(&place, "another"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(load(&place, ""), MIRSAL_WRONG_PASSPHRASE);
    close_place(&place);
}

static void a_sealed_file_shows_no_secret(void **state)
{
    (void)state;
    struct place place;
    struct mir_buf file;
    open_place(&place);
    mir_buf_init(&file, &place.test.env, 4096);
    assert_int_equal(save(&place, "a word"), MIRSAL_OK);
    assert_int_equal(mir_file_read(&file, place.path, 4096, NULL), MIRSAL_OK);
    for (size_t i = 0; i + 16 <= file.size; i++) {
        assert_memory_not_equal(file.data + i, place.keys.secret.bytes, 16);
        assert_memory_not_equal(file.data + i, place.keys.token, 16);
        assert_memory_not_equal(file.data + i, place.keys.noise[0].secret.bytes, 16);
    }
    mir_buf_fini(&file);
    close_place(&place);
}

static void any_changed_byte_is_refused(void **state)
{
    (void)state;
    struct place place;
    struct mir_buf file;
    open_place(&place);
    mir_buf_init(&file, &place.test.env, 4096);
    assert_int_equal(save(&place, "a word"), MIRSAL_OK);
    assert_int_equal(mir_file_read(&file, place.path, 4096, NULL), MIRSAL_OK);
    /* Head, parameters (one derivation each: a few), box. */
    const size_t places[] = { 0, 7, 8, 9, 25, 60, file.size - 1 };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        file.data[places[i]] ^= 0x40;
        assert_int_equal(mir_file_replace(place.path, mir_buf_bytes(&file), NULL), MIRSAL_OK);
        assert_int_not_equal(load(&place, "a word"), MIRSAL_OK);
        file.data[places[i]] ^= 0x40;
    }
    mir_buf_fini(&file);
    close_place(&place);
}

static void the_key_turns_weekly_and_five_are_answered(void **state)
{
    (void)state;
    struct place place;
    struct mir_agree_secret secret;
    open_place(&place);
    assert_int_equal(mir_relay_keys_turn(&place.keys, &place.test.env), 0);
    for (uint32_t week = 1; week <= 6; week++) {
        test_env_advance(&place.test, MIR_RELAY_KEY_PERIOD_MS - 1);
        assert_int_equal(mir_relay_keys_turn(&place.keys, &place.test.env), 0);
        test_env_advance(&place.test, 1);
        assert_int_equal(mir_relay_keys_turn(&place.keys, &place.test.env), 1);
        assert_int_equal(mir_relay_keys_serial(&place.keys), week + 1);
    }
    assert_int_equal(mir_relay_keys_noise(&secret, &place.keys, 2, NULL), MIRSAL_NOT_FOUND);
    for (uint32_t serial = 3; serial <= 7; serial++) {
        assert_int_equal(mir_relay_keys_noise(&secret, &place.keys, serial, NULL), MIRSAL_OK);
    }
    assert_int_equal(mir_relay_keys_noise(&secret, &place.keys, 8, NULL), MIRSAL_NOT_FOUND);
    assert_int_equal(save(&place, ""), MIRSAL_OK);
    assert_int_equal(load(&place, ""), MIRSAL_OK);
    assert_same(&place);
    close_place(&place);
}

static void what_is_announced_verifies(void **state)
{
    (void)state;
    struct place place;
    struct mir_buf announced;
    struct mir_relay_key key;
    mirsal_hash identity;
    struct mir_agree_public expected;
    open_place(&place);
    mir_buf_init(&announced, &place.test.env, 1024);
    mir_relay_keys_announce(&announced, &place.keys);
    memcpy(identity.bytes, place.keys.identity.bytes, 32);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&announced), &identity, NULL), MIRSAL_OK);
    mir_agree_public_of(&expected, &place.keys.noise[0].secret);
    assert_memory_equal(&key.noise, &expected, 32);
    assert_int_equal(key.serial, 1);
    mir_buf_fini(&announced);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_and_sealed_files_come_back),
        cmocka_unit_test(a_sealed_file_shows_no_secret),
        cmocka_unit_test(any_changed_byte_is_refused),
        cmocka_unit_test(the_key_turns_weekly_and_five_are_answered),
        cmocka_unit_test(what_is_announced_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
