/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keyfile.c - a device's secrets and what else a slot may hold; see the header.
 */
#include "keyfile.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "reader.h"

#include <string.h>

#define PART_SIZE  32u
#define NONCE_SIZE 24u
#define CLEAR_SIZE (MIR_KEY_SECTOR - MIR_BOX_OVERHEAD)
#define SALT_AT    10u
#define KDF_AT     9u
#define LAST_PLACE (MIR_KEY_SLOTS - 1u)
static const char wrong_passphrase[] = "the passphrase does not open this";

_Static_assert(LAST_PLACE == 1u, "the other slot of a slot is 1 minus it");

void mir_device_keys_make(struct mir_device_keys *out, const mirsal_env *env)
{
    uint8_t seed[PART_SIZE];
    memset(out, 0, sizeof *out);
    mir_random(env, seed, sizeof seed);
    mir_sign_keypair(&out->sign_public, &out->sign, seed);
    mir_random(env, seed, sizeof seed);
    mir_agree_keypair(&out->noise_public, &out->noise, seed);
    mir_random(env, seed, sizeof seed);
    mir_agree_keypair(&out->hpke_public, &out->hpke, seed);
    mir_random(env, out->sealing.bytes, sizeof out->sealing.bytes);
    mir_random(env, out->database.bytes, sizeof out->database.bytes);
    mir_wipe(seed, sizeof seed);
}

static void write_keys(uint8_t clear[CLEAR_SIZE], const struct mir_device_keys *keys)
{
    uint8_t *at = clear;
    *at++ = MIR_SLOT_DEVICE;
    memcpy(at, keys->sign.bytes, PART_SIZE);
    memcpy(at + PART_SIZE, keys->noise.bytes, PART_SIZE);
    memcpy(at + 2 * PART_SIZE, keys->hpke.bytes, PART_SIZE);
    memcpy(at + 3 * PART_SIZE, keys->sealing.bytes, PART_SIZE);
    memcpy(at + 4 * PART_SIZE, keys->database.bytes, PART_SIZE);
}

static void read_keys(struct mir_device_keys *out, struct mir_reader *reader)
{
    uint8_t part[PART_SIZE];
    memset(out, 0, sizeof *out);
    mir_reader_copy(reader, part, sizeof part);
    mir_sign_keypair(&out->sign_public, &out->sign, part);
    mir_reader_copy(reader, part, sizeof part);
    mir_agree_keypair(&out->noise_public, &out->noise, part);
    mir_reader_copy(reader, part, sizeof part);
    mir_agree_keypair(&out->hpke_public, &out->hpke, part);
    mir_reader_copy(reader, out->sealing.bytes, sizeof out->sealing.bytes);
    mir_reader_copy(reader, out->database.bytes, sizeof out->database.bytes);
    mir_wipe(part, sizeof part);
}

static void write_text(uint8_t *at, const char *text)
{
    size_t size = strlen(text);
    MIR_ASSERT(size <= MIR_DECOY_TEXT_MAX);
    at[0] = (uint8_t)size;
    memcpy(at + 1, text, size);
}

static void write_decoy(uint8_t clear[CLEAR_SIZE], const struct mir_decoy *decoy)
{
    clear[0] = MIR_SLOT_DECOY;
    for (unsigned i = 0; i < 8; i++) {
        clear[1 + i] = (uint8_t)(decoy->founded_ms >> (56u - 8u * i));
    }
    write_text(clear + 9, decoy->name);
    write_text(clear + 10 + MIR_DECOY_TEXT_MAX, decoy->label);
}

static int read_text(char out[MIR_DECOY_TEXT_MAX + 1u], struct mir_reader *reader)
{
    uint8_t size = mir_reader_u8(reader);
    mir_reader_copy(reader, (uint8_t *)out, MIR_DECOY_TEXT_MAX);
    out[size <= MIR_DECOY_TEXT_MAX ? size : 0] = '\0';
    return size <= MIR_DECOY_TEXT_MAX;
}

/* 0 for content of no known kind. */
static int read_clear(struct mir_slot *out, struct mir_bytes clear)
{
    struct mir_reader reader;
    mir_reader_init(&reader, clear.data, clear.size);
    switch (mir_reader_u8(&reader)) {
    case MIR_SLOT_DEVICE:
        out->kind = MIR_SLOT_DEVICE;
        read_keys(&out->keys, &reader);
        break;
    case MIR_SLOT_DECOY:
        out->kind = MIR_SLOT_DECOY;
        out->decoy.founded_ms = mir_reader_be64(&reader);
        if (!read_text(out->decoy.name, &reader) || !read_text(out->decoy.label, &reader)) {
            return 0;
        }
        break;
    default:
        return 0;
    }
    return mir_reader_ok(&reader);
}

static uint8_t *slot_at(uint8_t bytes[MIR_KEY_IMAGE_SIZE], uint32_t place)
{
    MIR_ASSERT(place < MIR_KEY_SLOTS);
    return bytes + (size_t)MIR_KEY_SECTOR * (1u + place);
}

static mirsal_code seal_slot(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    uint32_t place,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const uint8_t clear[CLEAR_SIZE],
    mirsal_error *err)
{
    struct mir_buf box;
    uint8_t nonce[NONCE_SIZE];
    mir_buf_init(&box, env, MIR_KEY_SECTOR);
    mir_random(env, nonce, sizeof nonce);
    mir_box_seal(&box, &lock->key, nonce, (struct mir_bytes){ bytes, MIR_KEY_AAD_SIZE },
        (struct mir_bytes){ clear, CLEAR_SIZE });
    mirsal_code rc = mir_buf_finish(&box, err);
    if (rc == MIRSAL_OK) {
        memcpy(slot_at(bytes, place), box.data, MIR_KEY_SECTOR);
    }
    mir_buf_fini(&box);
    return rc;
}

mirsal_code mir_keyfile_put_keys(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    uint32_t place,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_device_keys *keys,
    mirsal_error *err)
{
    uint8_t clear[CLEAR_SIZE] = { 0 };
    write_keys(clear, keys);
    mirsal_code rc = seal_slot(bytes, place, env, lock, clear, err);
    mir_wipe(clear, sizeof clear);
    return rc;
}

mirsal_code mir_keyfile_put_decoy(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    uint32_t place,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_decoy *decoy,
    mirsal_error *err)
{
    uint8_t clear[CLEAR_SIZE] = { 0 };
    write_decoy(clear, decoy);
    mirsal_code rc = seal_slot(bytes, place, env, lock, clear, err);
    mir_wipe(clear, sizeof clear);
    return rc;
}

static void put_be(uint8_t *at, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> (8u * (size - 1u - i)));
    }
}

static uint16_t get_be16(const uint8_t *at)
{
    return (uint16_t)((at[0] << 8) | at[1]);
}

void mir_keyfile_put_head(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    const struct mir_sealed_lock *lock,
    uint16_t limit)
{
    memset(bytes, 0, MIR_KEY_SECTOR);
    memcpy(bytes, mir_key_magic, sizeof mir_key_magic);
    bytes[sizeof mir_key_magic] = MIR_KEY_VERSION;
    bytes[KDF_AT] = lock->has_kdf;
    memcpy(bytes + SALT_AT, lock->kdf.salt, sizeof lock->kdf.salt);
    put_be(bytes + SALT_AT + sizeof lock->kdf.salt, lock->kdf.passes, 4);
    put_be(bytes + SALT_AT + sizeof lock->kdf.salt + 4, lock->kdf.memory_kib, 4);
    put_be(bytes + MIR_KEY_LIMIT_AT, limit, 2);
}

static void read_head(struct mir_sealed_lock *out, const struct mir_key_image *image)
{
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    mir_reader_init(&reader, image->bytes, MIR_KEY_HEAD_SIZE);
    (void)mir_reader_take(&reader, KDF_AT);
    out->has_kdf = mir_reader_u8(&reader);
    mir_reader_copy(&reader, out->kdf.salt, sizeof out->kdf.salt);
    out->kdf.passes = mir_reader_be32(&reader);
    out->kdf.memory_kib = mir_reader_be32(&reader);
}

mirsal_code mir_keyfile_write(const char *path,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_device_keys *keys,
    uint16_t limit,
    mirsal_error *err)
{
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    uint8_t drawn = 0;
    mir_random(env, &drawn, sizeof drawn);
    mir_random(env, bytes, sizeof bytes);
    mir_keyfile_put_head(bytes, lock, limit);
    mirsal_code rc = mir_keyfile_put_keys(bytes, drawn & 1u, env, lock, keys, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(path, (struct mir_bytes){ bytes, sizeof bytes }, err);
    }
    mir_wipe(bytes, sizeof bytes);
    return rc;
}

/* Both slots are tried whichever opens. *found tells. */
static mirsal_code try_slots(struct mir_slot *out,
    int *found,
    const struct mir_key_image *image,
    const mirsal_env *env,
    const struct mir_seal_key *key,
    mirsal_error *err)
{
    struct mir_bytes head = { image->bytes, MIR_KEY_AAD_SIZE };
    mirsal_code rc = MIRSAL_OK;
    *found = 0;
    for (uint32_t place = 0; place < MIR_KEY_SLOTS && rc == MIRSAL_OK; place++) {
        struct mir_bytes box = { image->bytes + (size_t)MIR_KEY_SECTOR * (1u + place),
            MIR_KEY_SECTOR };
        struct mir_buf clear;
        mir_buf_init(&clear, env, MIR_KEY_SECTOR);
        rc = mir_box_open(&clear, key, head, box, NULL);
        if (rc == MIRSAL_OK) {
            *found = 1;
            out->place = place;
            out->limit = get_be16(image->bytes + MIR_KEY_LIMIT_AT);
            rc = read_clear(out, mir_buf_bytes(&clear))
                     ? MIRSAL_OK
                     : mir_fail(err, MIRSAL_CORRUPT, "the keys are damaged");
        } else {
            rc = rc == MIRSAL_NOT_AUTHENTIC ? MIRSAL_OK : mir_fail(err, rc, "out of memory");
        }
        mir_buf_fini(&clear);
    }
    return rc;
}

int mir_keyfile_opens(const struct mir_key_image *image,
    const mirsal_env *env,
    const struct mir_seal_key *key)
{
    int found = 0;
    struct mir_slot *slot = mir_secret_alloc(sizeof *slot);
    if (slot != NULL) {
        (void)!try_slots(slot, &found, image, env, key, NULL);
    }
    mir_secret_free(slot);
    return found;
}

static mirsal_code set_tries(struct mir_key_image *image, uint32_t tries, mirsal_error *err)
{
    put_be(image->bytes + MIR_KEY_TRIES_AT, tries, 2);
    return mir_key_image_put(image, MIR_KEY_TRIES_AT, 2, err);
}

/* Before a derivation. WIPED: all tries were spent, also by processes that ended in the midst. */
static mirsal_code count_try(struct mir_key_image *image, const char *path, mirsal_error *err)
{
    uint16_t limit = get_be16(image->bytes + MIR_KEY_LIMIT_AT);
    uint16_t tries = get_be16(image->bytes + MIR_KEY_TRIES_AT);
    if (tries >= limit) {
        mirsal_code rc = mir_key_image_destroy(path, err);
        return rc == MIRSAL_OK ? mir_fail(err, MIRSAL_WIPED, "the store was wiped") : rc;
    }
    return set_tries(image, tries + 1u, err);
}

/* After a derivation that opened nothing. */
static mirsal_code refuse(const struct mir_key_image *image,
    const char *path,
    int counted,
    mirsal_error *err)
{
    uint16_t limit = get_be16(image->bytes + MIR_KEY_LIMIT_AT);
    if (counted && get_be16(image->bytes + MIR_KEY_TRIES_AT) >= limit) {
        mirsal_code rc = mir_key_image_destroy(path, err);
        return rc == MIRSAL_OK ? mir_fail(err, MIRSAL_WIPED, "the store was wiped") : rc;
    }
    return mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
}

/* A decoy's passphrase was given: the other slot goes, before anything else happens. */
static mirsal_code destroy_other(const struct mir_slot *slot,
    const char *path,
    const mirsal_env *env,
    mirsal_error *err)
{
    uint8_t random[MIR_KEY_SECTOR];
    mir_random(env, random, sizeof random);
    mirsal_code rc = mir_key_slot_destroy(path, LAST_PLACE - slot->place, random, err);
    return rc == MIRSAL_OK ? rc : mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
}

static mirsal_code derive(struct mir_sealed_lock *lock,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    if (!lock->has_kdf) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_kdf_derive(&lock->key, &lock->kdf, passphrase, err);
    return rc == MIRSAL_BAD_VALUE ? mir_fail(err, MIRSAL_CORRUPT, "the key file is damaged") : rc;
}

static mirsal_code open_slot(struct mir_slot *out,
    struct mir_sealed_lock *lock,
    struct mir_key_image *image,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    int found = 0;
    int counted = lock->has_kdf && get_be16(image->bytes + MIR_KEY_LIMIT_AT) > 0;
    mirsal_code rc = counted ? count_try(image, path, err) : MIRSAL_OK;
    if (rc == MIRSAL_OK) {
        rc = derive(lock, passphrase, err);
        if (rc != MIRSAL_OK && counted) {
            (void)!set_tries(image, get_be16(image->bytes + MIR_KEY_TRIES_AT) - 1u, NULL);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = try_slots(out, &found, image, env, &lock->key, err);
    }
    if (rc == MIRSAL_OK && !found) {
        rc = lock->has_kdf ? refuse(image, path, counted, err)
                           : mir_fail(err, MIRSAL_CORRUPT, "the key file is damaged");
    }
    if (rc == MIRSAL_OK && out->kind == MIR_SLOT_DECOY) {
        rc = destroy_other(out, path, env, err);
    }
    if (rc == MIRSAL_OK && counted) {
        rc = set_tries(image, 0, err);
    }
    return rc;
}

static mirsal_code open_head(struct mir_sealed_lock *lock,
    struct mir_key_image *image,
    const char *path,
    struct mir_bytes passphrase,
    int alone,
    mirsal_error *err)
{
    memset(lock, 0, sizeof *lock);
    mirsal_code rc = mir_key_image_open(image, path, alone, err);
    if (rc == MIRSAL_OK) {
        read_head(lock, image);
        if (lock->has_kdf != (passphrase.size > 0)) {
            rc = mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
        }
    }
    return rc;
}

mirsal_code mir_keyfile_read(struct mir_slot *out,
    struct mir_sealed_lock *lock,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_key_image image;
    memset(out, 0, sizeof *out);
    mirsal_code rc = open_head(lock, &image, path, passphrase, 0, err);
    if (rc == MIRSAL_OK && lock->has_kdf && get_be16(image.bytes + MIR_KEY_LIMIT_AT) > 0) {
        mir_key_image_close(&image);
        rc = open_head(lock, &image, path, passphrase, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = open_slot(out, lock, &image, path, env, passphrase, err);
    }
    if (rc != MIRSAL_OK) {
        mir_wipe(out, sizeof *out);
        mir_wipe(lock, sizeof *lock);
    }
    mir_key_image_close(&image);
    return rc;
}

mirsal_code mir_keyfile_look(struct mir_slot *out,
    struct mir_sealed_lock *lock,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_key_image image;
    int found = 0;
    memset(out, 0, sizeof *out);
    memset(lock, 0, sizeof *lock);
    mirsal_code rc = mir_key_image_open(&image, path, 0, err);
    if (rc == MIRSAL_OK) {
        read_head(lock, &image);
        if (lock->has_kdf && get_be16(image.bytes + MIR_KEY_LIMIT_AT) > 0) {
            rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "that store counts wrong passphrases");
        } else if (lock->has_kdf && passphrase.size == 0) {
            rc = mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = derive(lock, passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        rc = try_slots(out, &found, &image, env, &lock->key, err);
    }
    if (rc == MIRSAL_OK && (!found || out->kind != MIR_SLOT_DEVICE)) {
        rc = mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
    }
    if (rc != MIRSAL_OK) {
        mir_wipe(out, sizeof *out);
        mir_wipe(lock, sizeof *lock);
    }
    mir_key_image_close(&image);
    return rc;
}

mirsal_code mir_keyfile_again(struct mir_slot *out,
    struct mir_key_image *image,
    const char *path,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    mirsal_error *err)
{
    int found = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_key_image_open(image, path, 1, err);
    if (rc == MIRSAL_OK) {
        rc = try_slots(out, &found, image, env, &lock->key, err);
    }
    if (rc == MIRSAL_OK && !found) {
        rc = mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "%s", wrong_passphrase);
    }
    return rc;
}
