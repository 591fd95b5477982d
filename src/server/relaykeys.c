/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/relaykeys.c - the relay's `keys` file.
 *
 *   "mirsald1" ‖ sealed u8 ‖ (sealed: salt 16 ‖ passes u32 ‖ memory KiB u32 ‖ box), or the
 *   secrets as they are; secrets = [url, seed 32, token 16, [[serial, from_ms, secret 32]…]]
 *
 * Everything before the box is its additional data, so no parameter can be changed unseen.
 */
#include "relaykeys.h"
#include "env.h"
#include "fail.h"
#include "files.h"
#include "msgpack.h"
#include "password.h"
#include "text.h"
#include <string.h>

#define FILE_SIZE_MAX 4096u
#define HEAD_SIZE     9u
#define KDF_SIZE      24u

static const char magic[8] = { 'm', 'i', 'r', 's', 'a', 'l', 'd', '1' };

static void add_noise(struct mir_relay_keys *keys, const mirsal_env *env, uint32_t serial)
{
    uint8_t seed[32];
    struct mir_agree_public public_key;
    if (keys->noise_count == MIR_RELAY_KEYS_KEPT) {
        memmove(
            &keys->noise[0], &keys->noise[1], sizeof(keys->noise[0]) * (keys->noise_count - 1u));
        keys->noise_count--;
    }
    struct mir_relay_noise *noise = &keys->noise[keys->noise_count++];
    mir_random(env, seed, sizeof(seed));
    mir_agree_keypair(&public_key, &noise->secret, seed);
    mir_wipe(seed, sizeof(seed));
    noise->serial = serial;
    noise->from_ms = mir_now_ms(env);
}

void mir_relay_keys_make(struct mir_relay_keys *keys, const mirsal_env *env, const char *url)
{
    uint8_t seed[32];
    memset(keys, 0, sizeof(*keys));
    mir_random(env, seed, sizeof(seed));
    mir_sign_keypair(&keys->identity, &keys->secret, seed);
    mir_wipe(seed, sizeof(seed));
    mir_random(env, keys->token, sizeof(keys->token));
    memcpy(keys->url, url, strlen(url) < sizeof(keys->url) ? strlen(url) : sizeof(keys->url) - 1u);
    add_noise(keys, env, 1);
}

int mir_relay_keys_turn(struct mir_relay_keys *keys, const mirsal_env *env)
{
    const struct mir_relay_noise *current = &keys->noise[keys->noise_count - 1u];
    uint64_t now_ms = mir_now_ms(env);
    if (now_ms < current->from_ms || now_ms - current->from_ms < MIR_RELAY_KEY_PERIOD_MS ||
        current->serial >= UINT16_MAX) {
        return 0;
    }
    add_noise(keys, env, current->serial + 1u);
    return 1;
}

static void write_secrets(struct mir_buf *out, const struct mir_relay_keys *keys)
{
    mir_mp_write_array(out, 4);
    mir_mp_write_str(out, keys->url, strlen(keys->url));
    mir_mp_write_bin(out, keys->secret.bytes, 32); /* the seed */
    mir_mp_write_bin(out, keys->token, sizeof(keys->token));
    mir_mp_write_array(out, keys->noise_count);
    for (uint32_t i = 0; i < keys->noise_count; i++) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, keys->noise[i].serial);
        mir_mp_write_uint(out, keys->noise[i].from_ms);
        mir_mp_write_bin(out, keys->noise[i].secret.bytes, 32);
    }
}

static mirsal_code read_secrets(struct mir_relay_keys *keys,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_reader reader;
    uint8_t seed[32];
    mir_reader_init(&reader, bytes.data, bytes.size);
    memset(keys, 0, sizeof(*keys));
    mir_mp_read_array_exact(&reader, 4);
    struct mir_bytes url = mir_mp_read_str(&reader, sizeof(keys->url) - 1u);
    mir_mp_read_bin_exact(&reader, seed, sizeof(seed));
    mir_mp_read_bin_exact(&reader, keys->token, sizeof(keys->token));
    keys->noise_count = mir_mp_read_array(&reader, MIR_RELAY_KEYS_KEPT);
    for (uint32_t i = 0; i < keys->noise_count; i++) {
        mir_mp_read_array_exact(&reader, 3);
        keys->noise[i].serial = (uint32_t)mir_mp_read_uint_max(&reader, UINT16_MAX);
        keys->noise[i].from_ms = mir_mp_read_uint(&reader);
        mir_mp_read_bin_exact(&reader, keys->noise[i].secret.bytes, 32);
    }
    mirsal_code rc = mir_reader_finish(&reader, "keys", err);
    if (rc == MIRSAL_OK && keys->noise_count == 0) {
        rc = MIRSAL_MALFORMED;
    }
    if (rc != MIRSAL_OK) {
        mir_wipe(seed, sizeof(seed));
        return mir_fail(err, MIRSAL_CORRUPT, "the relay's keys file is damaged");
    }
    memcpy(keys->url, url.data, url.size);
    mir_sign_keypair(&keys->identity, &keys->secret, seed);
    mir_wipe(seed, sizeof(seed));
    return MIRSAL_OK;
}

static void write_kdf(struct mir_buf *out, const struct mir_kdf *kdf)
{
    mir_buf_append(out, kdf->salt, sizeof(kdf->salt));
    mir_buf_append_be32(out, kdf->passes);
    mir_buf_append_be32(out, kdf->memory_kib);
}

mirsal_code mir_relay_keys_save(const struct mir_relay_keys *keys,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    MIR_WIPED_SEAL struct mir_seal_key key;
    struct mir_buf secrets;
    struct mir_buf file;
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(&secrets, env, FILE_SIZE_MAX);
    mir_buf_init(&file, env, FILE_SIZE_MAX);
    write_secrets(&secrets, keys);
    mir_buf_append(&file, magic, sizeof(magic));
    mir_buf_append_u8(&file, passphrase.size > 0);
    if (passphrase.size > 0) {
        struct mir_kdf kdf = { .passes = 3, .memory_kib = 65536 };
        uint8_t nonce[24];
        mir_random(env, kdf.salt, sizeof(kdf.salt));
        mir_random(env, nonce, sizeof(nonce));
        write_kdf(&file, &kdf);
        rc = mir_kdf_derive(&key, &kdf, passphrase, err);
        if (rc != MIRSAL_OK) {
            goto out;
        }
        uint8_t head[HEAD_SIZE + KDF_SIZE];
        memcpy(head, file.data, sizeof(head));
        mir_box_seal(
            &file, &key, nonce, (struct mir_bytes){ head, sizeof(head) }, mir_buf_bytes(&secrets));
    } else {
        mir_buf_append(&file, secrets.data, secrets.size);
    }
    rc = mir_buf_finish(&secrets, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&file, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(path, mir_buf_bytes(&file), err);
    }
out:
    mir_buf_fini(&file);
    mir_buf_fini(&secrets);
    return rc;
}

static mirsal_code open_secrets(struct mir_buf *out,
    struct mir_bytes file,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    MIR_WIPED_SEAL struct mir_seal_key key;
    struct mir_kdf kdf;
    struct mir_reader reader;
    mir_reader_init(&reader, file.data, file.size);
    (void)mir_reader_take(&reader, HEAD_SIZE);
    mir_reader_copy(&reader, kdf.salt, sizeof(kdf.salt));
    kdf.passes = mir_reader_be32(&reader);
    kdf.memory_kib = mir_reader_be32(&reader);
    struct mir_bytes head = mir_reader_since(&reader, 0);
    struct mir_bytes box = mir_reader_take(&reader, mir_reader_left(&reader));
    mirsal_code rc = mir_reader_finish(&reader, "keys", err);
    if (rc == MIRSAL_OK) {
        rc = mir_kdf_derive(&key, &kdf, passphrase, err);
    }
    if (rc != MIRSAL_OK) {
        return rc == MIRSAL_NO_MEMORY ? rc
                                      : mir_fail(err, MIRSAL_CORRUPT, "the keys file is damaged");
    }
    if (mir_box_open(out, &key, head, box, NULL) != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "the passphrase does not open the keys");
    }
    return MIRSAL_OK;
}

mirsal_code mir_relay_keys_load(struct mir_relay_keys *keys,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_buf file;
    struct mir_buf secrets;
    mir_buf_init(&file, env, FILE_SIZE_MAX);
    mir_buf_init(&secrets, env, FILE_SIZE_MAX);
    mirsal_code rc = mir_file_read(&file, path, FILE_SIZE_MAX, err);
    if (rc == MIRSAL_NOT_FOUND) {
        rc = mir_fail(err, MIRSAL_NO_STORE, "no relay here: mirsald init makes one");
    }
    if (rc != MIRSAL_OK) {
        goto out;
    }
    if (file.size < HEAD_SIZE || memcmp(file.data, magic, sizeof(magic) - 1u) != 0) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the keys file is not a relay's");
    } else if (file.data[7] != (uint8_t)magic[7] || file.data[8] > 1) {
        rc = mir_fail(err, MIRSAL_VERSION, "the keys file is of another version");
    } else if (file.data[8] == 0) {
        rc = read_secrets(
            keys, (struct mir_bytes){ file.data + HEAD_SIZE, file.size - HEAD_SIZE }, err);
    } else if (passphrase.size == 0) {
        rc = mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "the keys are sealed: a passphrase is needed");
    } else {
        rc = open_secrets(&secrets, mir_buf_bytes(&file), passphrase, err);
        if (rc == MIRSAL_OK) {
            rc = read_secrets(keys, mir_buf_bytes(&secrets), err);
        }
    }
out:
    mir_buf_fini(&secrets);
    mir_buf_fini(&file);
    return rc;
}

mirsal_code mir_relay_keys_noise(struct mir_agree_secret *out,
    const struct mir_relay_keys *keys,
    uint32_t serial,
    mirsal_error *err)
{
    for (uint32_t i = 0; i < keys->noise_count; i++) {
        if (keys->noise[i].serial == serial) {
            *out = keys->noise[i].secret;
            return MIRSAL_OK;
        }
    }
    return mir_fail(err, MIRSAL_NOT_FOUND, "no Noise key of that serial");
}

uint32_t mir_relay_keys_serial(const struct mir_relay_keys *keys)
{
    return keys->noise[keys->noise_count - 1u].serial;
}

void mir_relay_keys_announce(struct mir_buf *out, const struct mir_relay_keys *keys)
{
    const struct mir_relay_noise *current = &keys->noise[keys->noise_count - 1u];
    struct mir_relay_key key = { .serial = current->serial, .from_ms = current->from_ms };
    memcpy(key.identity.bytes, keys->identity.bytes, sizeof(key.identity.bytes));
    mir_agree_public_of(&key.noise, &current->secret);
    mir_relay_key_write(out, &key, &keys->secret);
}

void mir_relay_keys_name(struct mir_buf *out, const struct mir_relay_keys *keys)
{
    mir_buf_append_text(out, keys->url);
    mir_buf_append_u8(out, '#');
    mir_base64url_append(out, keys->identity.bytes, sizeof(keys->identity.bytes));
}
