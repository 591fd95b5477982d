/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/keyfile_test.c - a device's keys go into a file of two slots and come back whole; tries are
 * counted before they are made; a decoy's passphrase destroys the other slot.
 */
#include "keyfile.h"

#include "files.h"
#include "test_env.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_env world;
static mirsal_error err;
static const char path[] = "keyfile_test.file";
static const struct mir_bytes none = { NULL, 0 };
static struct mir_slot *slot;
static struct mir_sealed_lock lock;

static struct mir_bytes text(const char *value)
{
    return (struct mir_bytes){ (const uint8_t *)value, strlen(value) };
}

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    assert_int_equal(mir_crypto_start(&err), MIRSAL_OK);
    slot = mir_secret_alloc(sizeof *slot);
    assert_non_null(slot);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_secret_free(slot);
    (void)unlink(path);
    (void)unlink("keyfile_test.file.new");
    test_env_fini(&world);
    return 0;
}

static void read_file(uint8_t bytes[MIR_KEY_IMAGE_SIZE])
{
    struct mir_buf file;
    mir_buf_init(&file, &world.env, 1u << 16);
    assert_int_equal(mir_file_read(&file, path, 1u << 16, &err), MIRSAL_OK);
    assert_int_equal(file.size, MIR_KEY_IMAGE_SIZE);
    memcpy(bytes, file.data, file.size);
    mir_buf_fini(&file);
}

static void write_file(const uint8_t *bytes, size_t size)
{
    assert_int_equal(mir_file_replace(path, (struct mir_bytes){ bytes, size }, &err), MIRSAL_OK);
}

/* A file sealed by "right", at the floor. */
static void make_file(struct mir_device_keys *keys, uint16_t limit)
{
    mir_device_keys_make(keys, &world.env);
    assert_int_equal(
        mir_sealed_lock_make(&lock, &world.env, 2, 65536, text("right"), &err), MIRSAL_OK);
    assert_int_equal(mir_keyfile_write(path, &world.env, &lock, keys, limit, &err), MIRSAL_OK);
}

static mirsal_code read_with(const char *passphrase)
{
    struct mir_sealed_lock opened;
    return mir_keyfile_read(slot, &opened, path, &world.env, text(passphrase), &err);
}

static unsigned tries(void)
{
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    read_file(bytes);
    return (unsigned)bytes[MIR_KEY_TRIES_AT] << 8 | bytes[MIR_KEY_TRIES_AT + 1];
}

static void assert_same_keys(const struct mir_device_keys *a, const struct mir_device_keys *b)
{
    assert_memory_equal(a->sign_public.bytes, b->sign_public.bytes, 32);
    assert_memory_equal(a->sign.bytes, b->sign.bytes, 64);
    assert_memory_equal(a->noise.bytes, b->noise.bytes, 32);
    assert_memory_equal(a->noise_public.bytes, b->noise_public.bytes, 32);
    assert_memory_equal(a->hpke.bytes, b->hpke.bytes, 32);
    assert_memory_equal(a->hpke_public.bytes, b->hpke_public.bytes, 32);
    assert_memory_equal(a->sealing.bytes, b->sealing.bytes, 32);
    assert_memory_equal(a->database.bytes, b->database.bytes, 32);
}

static void keys_come_back_whole(void **state)
{
    (void)state;
    struct mir_device_keys keys;
    struct mir_device_keys other;
    struct mir_sealed_lock opened;
    struct stat status;
    mir_device_keys_make(&keys, &world.env);
    mir_device_keys_make(&other, &world.env);
    assert_memory_not_equal(keys.sign.bytes, other.sign.bytes, 32);
    assert_memory_not_equal(keys.noise.bytes, keys.hpke.bytes, 32);
    assert_int_equal(mir_sealed_lock_make(&lock, &world.env, 0, 0, none, &err), MIRSAL_OK);
    assert_int_equal(mir_keyfile_write(path, &world.env, &lock, &keys, 0, &err), MIRSAL_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(mir_keyfile_read(slot, &opened, path, &world.env, none, &err), MIRSAL_OK);
    assert_int_equal(slot->kind, MIR_SLOT_DEVICE);
    assert_same_keys(&slot->keys, &keys);
    assert_int_equal(opened.has_kdf, 0);
    /* One that is given where none belongs. */
    assert_int_equal(read_with("any"), MIRSAL_WRONG_PASSPHRASE);
}

static void which_slot_it_is_was_drawn(void **state)
{
    (void)state;
    unsigned seen[MIR_KEY_SLOTS] = { 0 };
    struct mir_device_keys keys;
    struct mir_sealed_lock opened;
    mir_device_keys_make(&keys, &world.env);
    assert_int_equal(mir_sealed_lock_make(&lock, &world.env, 0, 0, none, &err), MIRSAL_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(mir_keyfile_write(path, &world.env, &lock, &keys, 0, &err), MIRSAL_OK);
        assert_int_equal(mir_keyfile_read(slot, &opened, path, &world.env, none, &err), MIRSAL_OK);
        seen[slot->place]++;
    }
    assert_true(seen[0] > 5 && seen[1] > 5);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    uint8_t flipped[MIR_KEY_IMAGE_SIZE];
    struct mir_device_keys keys;
    assert_int_equal(read_with("right"), MIRSAL_NO_STORE);
    make_file(&keys, 0);
    read_file(bytes);
    write_file(bytes, sizeof bytes - 1);
    assert_int_equal(read_with("right"), MIRSAL_CORRUPT);
    write_file(bytes, 20);
    assert_int_equal(read_with("right"), MIRSAL_CORRUPT);
    memcpy(flipped, bytes, sizeof bytes);
    flipped[8]++;
    write_file(flipped, sizeof flipped);
    assert_int_equal(read_with("right"), MIRSAL_VERSION);
    read_file(bytes);
    assert_memory_equal(bytes, flipped, sizeof bytes);
    flipped[8]--;
    flipped[300] = 1;
    write_file(flipped, sizeof flipped);
    assert_int_equal(read_with("right"), MIRSAL_CORRUPT);
    flipped[300] = 0;
    flipped[12] ^= 1; /* salt */
    write_file(flipped, sizeof flipped);
    assert_int_equal(read_with("right"), MIRSAL_WRONG_PASSPHRASE);
}

static void wrong_passphrases_change_nothing_without_a_limit(void **state)
{
    (void)state;
    uint8_t before[MIR_KEY_IMAGE_SIZE];
    uint8_t after[MIR_KEY_IMAGE_SIZE];
    struct mir_device_keys keys;
    make_file(&keys, 0);
    read_file(before);
    assert_int_equal(read_with("wrong"), MIRSAL_WRONG_PASSPHRASE);
    assert_string_equal(err.message, "the passphrase does not open this");
    assert_int_equal(
        mir_keyfile_read(slot, &lock, path, &world.env, none, &err), MIRSAL_WRONG_PASSPHRASE);
    read_file(after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(read_with("right"), MIRSAL_OK);
    assert_same_keys(&slot->keys, &keys);
}

static void the_last_try_destroys_the_keys(void **state)
{
    (void)state;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    struct mir_device_keys keys;
    make_file(&keys, 2);
    assert_int_equal(read_with("wrong"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(tries(), 1);
    /* None at all is no try. */
    assert_int_equal(
        mir_keyfile_read(slot, &lock, path, &world.env, none, &err), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(tries(), 1);
    assert_int_equal(read_with("right"), MIRSAL_OK);
    assert_int_equal(slot->limit, 2);
    assert_int_equal(tries(), 0);
    assert_int_equal(read_with("wrong"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(read_with("wrong"), MIRSAL_WIPED);
    assert_int_equal(read_with("right"), MIRSAL_WIPED);
    read_file(bytes);
    assert_memory_equal(bytes, mir_wiped_magic, sizeof mir_wiped_magic);
    for (size_t i = sizeof mir_wiped_magic; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

/* Who ends the process while it derives has spent the try. */
static void tries_are_spent_before_they_are_made(void **state)
{
    (void)state;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    struct mir_device_keys keys;
    make_file(&keys, 3);
    read_file(bytes);
    bytes[MIR_KEY_TRIES_AT + 1] = 3;
    write_file(bytes, sizeof bytes);
    assert_int_equal(read_with("right"), MIRSAL_WIPED);
}

static void a_decoy_destroys_the_other_slot(void **state)
{
    (void)state;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    uint8_t after[MIR_KEY_IMAGE_SIZE];
    struct mir_device_keys keys;
    struct mir_sealed_lock duress;
    struct mir_decoy decoy = { .founded_ms = UINT64_C(1573977600000) };
    (void)snprintf(decoy.name, sizeof decoy.name, "Recipes");
    (void)snprintf(decoy.label, sizeof decoy.label, "phone");
    make_file(&keys, 0);
    assert_int_equal(read_with("right"), MIRSAL_OK);
    uint32_t place = slot->place;
    read_file(bytes);
    duress = lock;
    assert_int_equal(mir_kdf_derive(&duress.key, &duress.kdf, text("duress"), &err), MIRSAL_OK);
    assert_int_equal(
        mir_keyfile_put_decoy(bytes, 1 - place, &world.env, &duress, &decoy, &err), MIRSAL_OK);
    write_file(bytes, sizeof bytes);
    assert_int_equal(read_with("right"), MIRSAL_OK);
    assert_int_equal(read_with("duress"), MIRSAL_OK);
    assert_int_equal(slot->kind, MIR_SLOT_DECOY);
    assert_string_equal(slot->decoy.name, "Recipes");
    assert_string_equal(slot->decoy.label, "phone");
    assert_int_equal(slot->decoy.founded_ms, UINT64_C(1573977600000));
    assert_int_equal(read_with("right"), MIRSAL_WRONG_PASSPHRASE);
    read_file(after);
    for (uint32_t i = 0; i <= MIR_KEY_SLOTS; i++) { /* the head, then the slots */
        int same = memcmp(bytes + (size_t)i * MIR_KEY_SECTOR, after + (size_t)i * MIR_KEY_SECTOR,
                       MIR_KEY_SECTOR) == 0;
        assert_int_equal(same, i != 1 + place);
    }
    assert_int_equal(read_with("duress"), MIRSAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_come_back_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(which_slot_it_is_was_drawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            wrong_passphrases_change_nothing_without_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_try_destroys_the_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tries_are_spent_before_they_are_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_decoy_destroys_the_other_slot, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
