/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/sealedfile.c - a head of envelopes, its MAC, a stream; see the header.
 *
 * head = magic 8 ‖ kind ‖ lock ‖ (count ‖ envelopes | salt ‖ costs ‖ box) ‖ MAC 32
 */
#include "sealedfile.h"

#include "env.h"
#include "fail.h"
#include "hash.h"
#include "hpke.h"
#include "reader.h"

#include <string.h>

#define LOCK_KEYS       0u
#define LOCK_PASSPHRASE 1u
#define AAD_SIZE        (MIR_SEALEDFILE_MAGIC_SIZE + 2u)
#define COUNT_SIZE      2u
#define MAC_SIZE        32u
#define BOX_SIZE        72u
#define LOOK_SIZE       (AAD_SIZE + 24u)

/* BLAKE2b-256(key = file key, label ‖ data), personal FILE. */
static void derive(uint8_t out[32],
    const struct mir_seal_key *file_key,
    const char label[4],
    struct mir_bytes data)
{
    struct mir_bytes key = { file_key->bytes, sizeof file_key->bytes };
    uint8_t labelled[4 + 32];
    mirsal_hash hash;
    mir_hash_keyed(hash.bytes, sizeof hash.bytes, MIR_CONTEXT_FILE, NULL, 0, data);
    memcpy(labelled, label, 4);
    memcpy(labelled + 4, hash.bytes, sizeof hash.bytes);
    mir_hash_keyed(out, 32, MIR_CONTEXT_FILE, key.data, key.size,
        (struct mir_bytes){ labelled, sizeof labelled });
}

/* MAC of the head, and the stream's key from it. */
static void finish_head(struct mir_sealedfile *file,
    const struct mir_seal_key *file_key,
    struct mir_bytes head)
{
    derive(file->mac, file_key, "head", head);
    derive(file->content.bytes, file_key, "body", (struct mir_bytes){ file->mac, MAC_SIZE });
}

static uint32_t rounded(uint32_t count)
{
    uint32_t result = 1;
    while (result < count) {
        result *= 2;
    }
    return result;
}

/* Envelopes to the readers, and to nobody up to a power of two, in an order that says nothing. */
static mirsal_code write_envelopes(struct mir_buf *head,
    const mirsal_env *env,
    const struct mir_sealedfile_readers *readers,
    const struct mir_seal_key *file_key,
    mirsal_error *err)
{
    uint8_t aad[AAD_SIZE];
    uint32_t count = rounded(readers->count);
    uint16_t shift = 0;
    mirsal_code rc = MIRSAL_OK;
    memcpy(aad, head->data, sizeof aad);
    mir_buf_append_be16(head, (uint16_t)count);
    mir_random(env, &shift, sizeof shift);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        uint32_t reader = (i + shift) % count;
        uint8_t ikm[32];
        struct mir_agree_public nobody;
        MIR_WIPED_AGREE struct mir_agree_secret secret;
        mir_random(env, ikm, sizeof ikm);
        mir_agree_keypair(&nobody, &secret, ikm);
        mir_random(env, ikm, sizeof ikm);
        rc = mir_hpke_seal_to(head, reader < readers->count ? &readers->keys[reader] : &nobody,
            MIR_CONTEXT_FILE, ikm, (struct mir_bytes){ aad, sizeof aad },
            (struct mir_bytes){ file_key->bytes, sizeof file_key->bytes }, err);
        mir_wipe(ikm, sizeof ikm);
    }
    return rc;
}

static mirsal_code write_box(struct mir_buf *head,
    const mirsal_env *env,
    const struct mir_sealedfile_readers *readers,
    const struct mir_seal_key *file_key,
    mirsal_error *err)
{
    MIR_WIPED_SEAL struct mir_seal_key key;
    uint8_t aad[LOOK_SIZE];
    uint8_t nonce[24];
    mirsal_code rc = mir_kdf_derive(&key, &readers->kdf, readers->passphrase, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_append(head, readers->kdf.salt, sizeof readers->kdf.salt);
    mir_buf_append_be32(head, readers->kdf.passes);
    mir_buf_append_be32(head, readers->kdf.memory_kib);
    rc = mir_buf_finish(head, err);
    if (rc == MIRSAL_OK) {
        memcpy(aad, head->data, sizeof aad);
        mir_random(env, nonce, sizeof nonce);
        mir_box_seal(head, &key, nonce, (struct mir_bytes){ aad, sizeof aad },
            (struct mir_bytes){ file_key->bytes, sizeof file_key->bytes });
    }
    return rc;
}

mirsal_code mir_sealedfile_begin(struct mir_buf *out,
    struct mir_sealedfile *file,
    const mirsal_env *env,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_readers *readers,
    mirsal_error *err)
{
    MIR_WIPED_SEAL struct mir_seal_key file_key;
    struct mir_buf head;
    uint8_t prefix[MIR_STREAM_PREFIX_SIZE];
    memset(file, 0, sizeof *file);
    file->env = env;
    file->kind = kind;
    if (readers->count > MIR_FILE_ENVELOPES_MAX) {
        return mir_fail(
            err, MIRSAL_BAD_VALUE, "a file for more than %u readers", MIR_FILE_ENVELOPES_MAX);
    }
    mir_random(env, file_key.bytes, sizeof file_key.bytes);
    mir_random(env, prefix, sizeof prefix);
    mir_buf_init(&head, env, MIR_SEALEDFILE_HEAD_MAX);
    mir_buf_append(&head, MIR_SEALEDFILE_MAGIC, MIR_SEALEDFILE_MAGIC_SIZE);
    mir_buf_append_u8(&head, (uint8_t)kind);
    mir_buf_append_u8(&head, (uint8_t)(readers->count > 0 ? LOCK_KEYS : LOCK_PASSPHRASE));
    mirsal_code rc = mir_buf_finish(&head, err);
    if (rc == MIRSAL_OK) {
        rc = readers->count > 0 ? write_envelopes(&head, env, readers, &file_key, err)
                                : write_box(&head, env, readers, &file_key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&head, err);
    }
    if (rc == MIRSAL_OK) {
        finish_head(file, &file_key, mir_buf_bytes(&head));
        mir_buf_append(out, head.data, head.size);
        mir_buf_append(out, file->mac, MAC_SIZE);
        file->head_size = head.size + MAC_SIZE;
        mir_stream_writer_init(
            &file->stream, env, &file->content, prefix, (struct mir_bytes){ file->mac, MAC_SIZE });
        file->open = 1;
        rc = mir_buf_finish(out, err);
    }
    mir_buf_fini(&head);
    return rc;
}

mirsal_code mir_sealedfile_write(struct mir_buf *out,
    struct mir_sealedfile *file,
    struct mir_bytes clear,
    mirsal_error *err)
{
    return mir_stream_write(out, &file->stream, clear, err);
}

mirsal_code mir_sealedfile_write_end(struct mir_buf *out,
    struct mir_sealedfile *file,
    mirsal_error *err)
{
    return mir_stream_write_end(out, &file->stream, err);
}

void mir_sealedfile_reader_init(struct mir_sealedfile *file,
    const mirsal_env *env,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_keys *keys)
{
    memset(file, 0, sizeof *file);
    file->env = env;
    file->kind = kind;
    file->keys = *keys;
    mir_buf_init(&file->head, env, MIR_SEALEDFILE_HEAD_MAX);
}

/* How large the head is as far as its beginning tells: 0 when more of it is needed. */
static mirsal_code measure(struct mir_sealedfile_look *out,
    struct mir_bytes begin,
    mirsal_error *err)
{
    size_t magic = MIR_SEALEDFILE_MAGIC_SIZE;
    size_t most = begin.size < magic ? begin.size : magic;
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    if (most > 0 && memcmp(begin.data, MIR_SEALEDFILE_MAGIC, most < 7 ? most : 7) != 0) {
        return mir_fail(err, MIRSAL_MALFORMED, "not a sealed file of mirsal");
    }
    if (most == magic && memcmp(begin.data, MIR_SEALEDFILE_MAGIC, magic) != 0) {
        return mir_fail(err, MIRSAL_VERSION, "a sealed file of another version");
    }
    if (begin.size < AAD_SIZE + COUNT_SIZE) {
        return MIRSAL_OK;
    }
    mir_reader_init(&reader, begin.data, begin.size);
    (void)mir_reader_take(&reader, magic);
    out->kind = mir_reader_u8(&reader);
    uint8_t lock = mir_reader_u8(&reader);
    if (lock == LOCK_KEYS) {
        out->envelopes = mir_reader_be16(&reader);
        if (out->envelopes == 0 || out->envelopes > MIR_FILE_ENVELOPES_MAX ||
            rounded(out->envelopes) != out->envelopes) {
            return mir_fail(err, MIRSAL_MALFORMED, "sealed file: a count of envelopes");
        }
        out->head_size = AAD_SIZE + COUNT_SIZE +
                         out->envelopes * (size_t)MIR_SEALEDFILE_ENVELOPE_SIZE + MAC_SIZE;
        return MIRSAL_OK;
    }
    if (lock != LOCK_PASSPHRASE) {
        return mir_fail(err, MIRSAL_MALFORMED, "sealed file: an unknown lock");
    }
    out->has_passphrase = 1;
    if (begin.size >= LOOK_SIZE) {
        mir_reader_copy(&reader, out->kdf.salt, sizeof out->kdf.salt);
        out->kdf.passes = mir_reader_be32(&reader);
        out->kdf.memory_kib = mir_reader_be32(&reader);
        out->head_size = LOOK_SIZE + BOX_SIZE + MAC_SIZE;
    }
    return mir_reader_ok(&reader) ? MIRSAL_OK : mir_reader_finish(&reader, "sealed file", err);
}

mirsal_code mir_sealedfile_inspect(struct mir_sealedfile_look *out,
    struct mir_bytes begin,
    mirsal_error *err)
{
    mirsal_code rc = measure(out, begin, err);
    if (rc == MIRSAL_OK && (out->head_size == 0 || out->head_size > begin.size)) {
        rc = mir_fail(err, MIRSAL_MALFORMED, "the sealed file ends within its head");
    }
    return rc;
}

/* The head's MAC fits this file key. */
static int take_file_key(struct mir_sealedfile *file, const struct mir_buf *clear)
{
    MIR_WIPED_SEAL struct mir_seal_key file_key;
    struct mir_bytes head = { file->head.data, file->head.size - MAC_SIZE };
    if (clear->size != sizeof file_key.bytes) {
        return 0;
    }
    memcpy(file_key.bytes, clear->data, sizeof file_key.bytes);
    finish_head(file, &file_key, head);
    return mir_equal(file->mac, file->head.data + head.size, MAC_SIZE);
}

/* Each of the secrets on each of the envelopes. */
static mirsal_code open_envelopes(struct mir_sealedfile *file,
    const struct mir_sealedfile_look *look,
    mirsal_error *err)
{
    struct mir_bytes aad = { file->head.data, AAD_SIZE };
    struct mir_buf clear;
    int opened = 0;
    mir_buf_init(&clear, file->env, 64);
    for (uint32_t i = 0; !opened && i < look->envelopes * file->keys.count; i++) {
        size_t at =
            AAD_SIZE + COUNT_SIZE + (i / file->keys.count) * (size_t)MIR_SEALEDFILE_ENVELOPE_SIZE;
        struct mir_bytes sealed = { file->head.data + at, MIR_SEALEDFILE_ENVELOPE_SIZE };
        file->opened_by = i % file->keys.count;
        mir_buf_reset(&clear);
        opened = mir_hpke_open_from(&clear, &file->keys.secrets[file->opened_by], MIR_CONTEXT_FILE,
                     aad, sealed, NULL) == MIRSAL_OK;
    }
    mirsal_code rc = MIRSAL_OK;
    if (!opened) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the file is sealed to others");
    } else if (!take_file_key(file, &clear)) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the sealed file's head was changed");
    }
    mir_buf_fini(&clear);
    return rc;
}

static mirsal_code open_box(struct mir_sealedfile *file,
    const struct mir_sealedfile_look *look,
    mirsal_error *err)
{
    MIR_WIPED_SEAL struct mir_seal_key key;
    struct mir_buf clear;
    if (file->keys.passphrase.size == 0) {
        return mir_fail_field(err, MIRSAL_USAGE, "passphrase", "the file wants its passphrase");
    }
    mirsal_code rc = mir_kdf_derive(&key, &look->kdf, file->keys.passphrase, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&clear, file->env, 64);
    rc = mir_box_open(&clear, &key, (struct mir_bytes){ file->head.data, LOOK_SIZE },
        (struct mir_bytes){ file->head.data + LOOK_SIZE, BOX_SIZE }, NULL);
    if (rc != MIRSAL_OK) {
        rc = mir_fail(err, MIRSAL_WRONG_PASSPHRASE, "the passphrase does not open the file");
    } else if (!take_file_key(file, &clear)) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the sealed file's head was changed");
    }
    mir_buf_fini(&clear);
    return rc;
}

static mirsal_code open_head(struct mir_sealedfile *file,
    const struct mir_sealedfile_look *look,
    mirsal_error *err)
{
    if (look->kind != (uint8_t)file->kind) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "a sealed file of kind %u, not %u", look->kind,
            (unsigned)file->kind);
    }
    mirsal_code rc =
        look->has_passphrase ? open_box(file, look, err) : open_envelopes(file, look, err);
    if (rc == MIRSAL_OK) {
        file->head_size = look->head_size;
        mir_stream_reader_init(
            &file->stream, file->env, &file->content, (struct mir_bytes){ file->mac, MAC_SIZE });
        file->open = 1;
        mir_buf_fini(&file->head);
    }
    return rc;
}

/* Moves what belongs to the head, and opens it once it is whole. */
static mirsal_code read_head(struct mir_sealedfile *file,
    struct mir_bytes *sealed,
    mirsal_error *err)
{
    struct mir_sealedfile_look look = { 0 };
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && sealed->size > 0 && !file->open) {
        size_t wanted = look.head_size > file->head.size ? look.head_size - file->head.size : 1;
        size_t size = wanted < sealed->size ? wanted : sealed->size;
        mir_buf_append(&file->head, sealed->data, size);
        sealed->data += size;
        sealed->size -= size;
        rc = mir_buf_finish(&file->head, err);
        if (rc == MIRSAL_OK) {
            rc = measure(&look, mir_buf_bytes(&file->head), err);
        }
        if (rc == MIRSAL_OK && look.head_size > 0 && file->head.size == look.head_size) {
            rc = open_head(file, &look, err);
        }
    }
    return rc;
}

mirsal_code mir_sealedfile_read(struct mir_buf *out,
    struct mir_sealedfile *file,
    struct mir_bytes sealed,
    mirsal_error *err)
{
    mirsal_code rc = file->open ? MIRSAL_OK : read_head(file, &sealed, err);
    return rc == MIRSAL_OK && file->open ? mir_stream_read(out, &file->stream, sealed, err) : rc;
}

mirsal_code mir_sealedfile_read_end(struct mir_buf *out,
    struct mir_sealedfile *file,
    mirsal_error *err)
{
    if (!file->open) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the sealed file ends within its head");
    }
    return mir_stream_read_end(out, &file->stream, err);
}

uint64_t mir_sealedfile_seek(struct mir_sealedfile *file, uint64_t chunk)
{
    MIR_ASSERT(mir_sealedfile_may_seek(file));
    mir_stream_seek(&file->stream, chunk);
    return file->head_size + MIR_STREAM_PREFIX_SIZE + chunk * MIR_STREAM_SEALED_SIZE;
}

int mir_sealedfile_may_seek(const struct mir_sealedfile *file)
{
    return file->open && file->stream.prefix_size == MIR_STREAM_PREFIX_SIZE;
}

void mir_sealedfile_fini(struct mir_sealedfile *file)
{
    mir_buf_fini(&file->head);
    mir_stream_fini(&file->stream);
    mir_wipe(file, sizeof *file);
}
