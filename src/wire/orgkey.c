/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/orgkey.c - organisation keys and receipts; see the header.
 */
#include "orgkey.h"

#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sign.h"
#include "text.h"

#include <string.h>

#define ORG_VERSION     1u
#define RECEIPT_VERSION 1u
#define PREFIX_SIZE     (sizeof MIR_ORG_PREFIX - 1)
#define TEXT_MAX        (MIR_ORG_KEY_SIZE_MAX * 4 / 3 + 64)
#define RECEIPT_MAX     256u

static void public_half(struct mir_org_key *key, const struct mir_org_secret *secret)
{
    struct mir_sign_public sign;
    struct mir_agree_public hpke;
    MIR_WIPED_SIGN struct mir_sign_secret unused;
    mir_sign_keypair(&sign, &unused, secret->seed);
    mir_agree_public_of(&hpke, &secret->hpke);
    memcpy(key->sign.bytes, sign.bytes, sizeof key->sign.bytes);
    memcpy(key->hpke.bytes, hpke.bytes, sizeof key->hpke.bytes);
}

void mir_org_make(struct mir_org_key *out,
    struct mir_org_secret *secret,
    const mirsal_hash *team,
    struct mir_bytes name,
    const mirsal_env *env)
{
    env->random(env->context, secret->seed, sizeof secret->seed);
    env->random(env->context, secret->hpke.bytes, sizeof secret->hpke.bytes);
    out->team = *team;
    out->name = name;
    public_half(out, secret);
}

static void write_array(struct mir_buf *out,
    const struct mir_org_key *key,
    const uint8_t first[32],
    const uint8_t second[32])
{
    mir_mp_write_array(out, 5);
    mir_mp_write_uint(out, ORG_VERSION);
    mir_mp_write_bin(out, key->team.bytes, sizeof key->team.bytes);
    mir_mp_write_bin(out, first, 32);
    mir_mp_write_bin(out, second, 32);
    mir_mp_write_str(out, key->name.data, key->name.size);
}

/* version, team, two of 32 bytes, name. */
static void read_array(struct mir_reader *reader,
    struct mir_org_key *key,
    uint8_t first[32],
    uint8_t second[32],
    uint64_t *version)
{
    mir_mp_read_array_exact(reader, 5);
    *version = mir_mp_read_uint(reader);
    mir_mp_read_bin_exact(reader, key->team.bytes, sizeof key->team.bytes);
    mir_mp_read_bin_exact(reader, first, 32);
    mir_mp_read_bin_exact(reader, second, 32);
    key->name = mir_mp_read_str(reader, MIR_HANDOFF_TEXT_SIZE_MAX);
}

mirsal_code mir_org_key_write(struct mir_buf *out, const struct mir_org_key *key, mirsal_error *err)
{
    struct mir_buf array;
    mir_buf_init(&array, out->env, MIR_ORG_KEY_SIZE_MAX);
    write_array(&array, key, key->sign.bytes, key->hpke.bytes);
    mirsal_code rc = mir_buf_finish(&array, err);
    if (rc == MIRSAL_OK) {
        mir_buf_append_text(out, MIR_ORG_PREFIX);
        mir_base64url_append(out, array.data, array.size);
        rc = mir_buf_finish(out, err);
    }
    mir_buf_fini(&array);
    return rc;
}

static int is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct mir_bytes trimmed(struct mir_bytes text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static mirsal_code read_key(struct mir_org_key *out,
    struct mir_arena *arena,
    struct mir_bytes array,
    mirsal_error *err)
{
    struct mir_reader reader;
    uint64_t version = 0;
    mir_reader_init(&reader, array.data, array.size);
    read_array(&reader, out, out->sign.bytes, out->hpke.bytes, &version);
    mirsal_code rc = mir_reader_finish(&reader, "organisation key", err);
    if (rc == MIRSAL_OK && version != ORG_VERSION) {
        rc = mir_fail(err, MIRSAL_VERSION, "an organisation key of another version");
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint8_t *name = mir_arena_copy(arena, out->name.data, out->name.size);
    out->name.data = name;
    return name == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
}

mirsal_code mir_org_key_read(struct mir_org_key *out,
    struct mir_arena *arena,
    struct mir_bytes text,
    mirsal_error *err)
{
    struct mir_buf array;
    struct mir_bytes given = trimmed(text);
    memset(out, 0, sizeof *out);
    if (given.size > TEXT_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "an organisation key of %zu bytes", given.size);
    }
    if (given.size < PREFIX_SIZE || memcmp(given.data, MIR_ORG_PREFIX, PREFIX_SIZE) != 0) {
        return mir_fail(
            err, MIRSAL_MALFORMED, "no organisation key: it begins with %s", MIR_ORG_PREFIX);
    }
    mir_buf_init(&array, arena->env, TEXT_MAX);
    mirsal_code rc = MIRSAL_OK;
    if (!mir_base64url_decode(
            &array, (const char *)given.data + PREFIX_SIZE, given.size - PREFIX_SIZE)) {
        rc = mir_buf_finish(&array, err);
        rc = rc != MIRSAL_OK ? rc : mir_fail(err, MIRSAL_MALFORMED, "no base64url");
    } else {
        rc = read_key(out, arena, mir_buf_bytes(&array), err);
    }
    mir_buf_fini(&array);
    return rc;
}

mirsal_code mir_org_secret_write(struct mir_buf *out,
    const struct mir_org_key *key,
    const struct mir_org_secret *secret,
    mirsal_error *err)
{
    write_array(out, key, secret->seed, secret->hpke.bytes);
    return mir_buf_finish(out, err);
}

mirsal_code mir_org_secret_read(struct mir_org_key *key,
    struct mir_org_secret *secret,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_reader reader;
    uint64_t version = 0;
    memset(key, 0, sizeof *key);
    mir_reader_init(&reader, bytes.data, bytes.size);
    read_array(&reader, key, secret->seed, secret->hpke.bytes, &version);
    if (mir_reader_finish(&reader, "organisation secret", NULL) != MIRSAL_OK ||
        version != ORG_VERSION) {
        mir_wipe(secret, sizeof *secret);
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "this is no organisation's secret key");
    }
    public_half(key, secret);
    return MIRSAL_OK;
}

mirsal_code mir_handoff_receipt_write(struct mir_buf *out,
    struct mir_handoff_receipt *receipt,
    const struct mir_org_secret *secret,
    mirsal_error *err)
{
    struct mir_buf array;
    struct mir_sign_public sign;
    MIR_WIPED_SIGN struct mir_sign_secret signer;
    uint8_t signature[64];
    mir_sign_keypair(&sign, &signer, secret->seed);
    memcpy(receipt->sign.bytes, sign.bytes, sizeof sign.bytes);
    mir_buf_init(&array, out->env, RECEIPT_MAX);
    mir_mp_write_array(&array, 7);
    mir_mp_write_uint(&array, RECEIPT_VERSION);
    mir_mp_write_bin(&array, receipt->handoff, sizeof receipt->handoff);
    mir_mp_write_bin(&array, receipt->manifest.bytes, sizeof receipt->manifest.bytes);
    mir_mp_write_bin(&array, receipt->sign.bytes, sizeof receipt->sign.bytes);
    mir_mp_write_uint(&array, receipt->made_ms);
    mir_mp_write_uint(&array, receipt->accepted);
    mir_mp_write_uint(&array, receipt->refused);
    mirsal_code rc = mir_buf_finish(&array, err);
    if (rc == MIRSAL_OK) {
        mir_sign(signature, MIR_CONTEXT_RECEIPT, array.data, array.size, &signer);
        mir_mp_write_array(out, 2);
        mir_mp_write_bin(out, array.data, array.size);
        mir_mp_write_bin(out, signature, sizeof signature);
        rc = mir_buf_finish(out, err);
    }
    mir_buf_fini(&array);
    return rc;
}

mirsal_code mir_handoff_receipt_read(struct mir_handoff_receipt *out,
    struct mir_bytes file,
    mirsal_error *err)
{
    struct mir_reader outer;
    struct mir_reader reader;
    uint8_t signature[64] = { 0 };
    memset(out, 0, sizeof *out);
    mir_reader_init(&outer, file.data, file.size);
    mir_mp_read_array_exact(&outer, 2);
    struct mir_bytes array = mir_mp_read_bin(&outer, RECEIPT_MAX);
    mir_mp_read_bin_exact(&outer, signature, sizeof signature);
    mir_reader_init(&reader, array.data, array.size);
    mir_mp_read_array_exact(&reader, 7);
    uint64_t version = mir_mp_read_uint(&reader);
    mir_mp_read_bin_exact(&reader, out->handoff, sizeof out->handoff);
    mir_mp_read_bin_exact(&reader, out->manifest.bytes, sizeof out->manifest.bytes);
    mir_mp_read_bin_exact(&reader, out->sign.bytes, sizeof out->sign.bytes);
    out->made_ms = mir_mp_read_uint(&reader);
    out->accepted = mir_mp_read_uint(&reader);
    out->refused = mir_mp_read_uint(&reader);
    if (mir_reader_finish(&outer, "receipt", NULL) != MIRSAL_OK ||
        mir_reader_finish(&reader, "receipt", NULL) != MIRSAL_OK || version != RECEIPT_VERSION) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "this is no receipt of a handoff");
    }
    if (!mir_sign_verify(signature, MIR_CONTEXT_RECEIPT, array.data, array.size, out->sign.bytes)) {
        return mir_fail(err, MIRSAL_BAD_SIGNATURE, "the receipt's signature does not verify");
    }
    return MIRSAL_OK;
}
