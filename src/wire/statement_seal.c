/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/statement_seal.c - sealed texts, envelopes of private halves, what a join signs; see
 * statement.h.
 */
#include "statement.h"

#include "env.h"
#include "fail.h"
#include "mir_limits.h"
#include "text.h"

#include <string.h>

#define TEXT_PAD    16u
#define NAME_SIZE   69u /* team 32 ‖ compartment u8 ‖ number u32 ‖ public 32 */
#define SECRET_SIZE 32u

mirsal_code mir_text_seal(struct mir_sealed_text *out,
    struct mir_arena *arena,
    const struct mir_epoch_public *epoch,
    const mirsal_hash *team,
    struct mir_bytes text,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_buf clear;
    struct mir_buf sealed;
    struct mir_agree_public recipient;
    uint8_t ikm[32];
    memset(out, 0, sizeof *out);
    mir_buf_init(&clear, env, MIR_SEALED_TEXT_SIZE_MAX);
    mir_buf_init(&sealed, env, MIR_SEALED_TEXT_SIZE_MAX);
    memcpy(recipient.bytes, epoch->public_key.bytes, sizeof recipient.bytes);
    mir_random(env, ikm, sizeof ikm);
    mir_buf_append(&clear, text.data, text.size);
    (void)mir_buf_extend(&clear, (TEXT_PAD - text.size % TEXT_PAD) % TEXT_PAD);
    mirsal_code rc = mir_buf_finish(&clear, err);
    if (rc == MIRSAL_OK) {
        struct mir_bytes aad = { team->bytes, sizeof team->bytes };
        rc = mir_hpke_seal_to(
            &sealed, &recipient, MIR_CONTEXT_TEXT, ikm, aad, mir_buf_bytes(&clear), err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&sealed, err);
    }
    if (rc == MIRSAL_OK) {
        out->sealed.data = mir_arena_copy(arena, sealed.data, sealed.size);
        out->sealed.size = sealed.size;
        out->epoch = epoch->number;
        out->has = 1;
        if (out->sealed.data == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
    }
    mir_wipe(ikm, sizeof ikm);
    mir_buf_fini(&sealed);
    mir_buf_fini(&clear);
    return rc;
}

mirsal_code mir_text_open(struct mir_buf *out,
    const struct mir_sealed_text *text,
    const mirsal_hash *team,
    const struct mir_agree_secret *secret,
    mirsal_error *err)
{
    struct mir_buf clear;
    struct mir_bytes aad = { team->bytes, sizeof team->bytes };
    mir_buf_init(&clear, out->env, MIR_SEALED_TEXT_SIZE_MAX);
    mirsal_code rc = mir_hpke_open_from(&clear, secret, MIR_CONTEXT_TEXT, aad, text->sealed, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&clear, err);
    }
    size_t size = clear.size;
    while (rc == MIRSAL_OK && size > 0 && clear.data[size - 1] == 0) {
        size--;
    }
    if (rc == MIRSAL_OK && (clear.size % TEXT_PAD != 0 || clear.size - size >= TEXT_PAD)) {
        rc = mir_fail(err, MIRSAL_MALFORMED, "a sealed text is filled otherwise than to 16");
    }
    if (rc == MIRSAL_OK && !mir_utf8_valid(clear.data, size)) {
        rc = mir_fail(err, MIRSAL_MALFORMED, "a sealed text is not valid UTF-8");
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(out, clear.data, size);
        rc = mir_buf_finish(out, err);
    }
    mir_buf_fini(&clear);
    return rc;
}

static void name_bytes(uint8_t out[NAME_SIZE],
    const mirsal_hash *team,
    const struct mir_epoch_public *name)
{
    memcpy(out, team->bytes, sizeof team->bytes);
    out[32] = name->compartment;
    for (size_t i = 0; i < 4; i++) {
        out[33 + i] = (uint8_t)(name->number >> (24 - 8 * i));
    }
    memcpy(out + 37, name->public_key.bytes, sizeof name->public_key.bytes);
}

mirsal_code mir_envelope_seal(uint8_t out[MIR_ENVELOPE_SIZE],
    const struct mir_epoch_public *name,
    const mirsal_hash *team,
    const struct mir_agree_secret *secret,
    const mirsal_hash *recipient,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_buf sealed;
    struct mir_agree_public key;
    struct mir_bytes clear = { secret->bytes, sizeof secret->bytes };
    uint8_t names[NAME_SIZE];
    struct mir_bytes aad = { names, sizeof names };
    uint8_t ikm[32];
    name_bytes(names, team, name);
    mir_buf_init(&sealed, env, MIR_ENVELOPE_SIZE);
    memcpy(key.bytes, recipient->bytes, sizeof key.bytes);
    mir_random(env, ikm, sizeof ikm);
    mirsal_code rc = mir_hpke_seal_to(&sealed, &key, MIR_CONTEXT_KEY, ikm, aad, clear, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&sealed, err);
    }
    if (rc == MIRSAL_OK) {
        MIR_ASSERT(sealed.size == MIR_ENVELOPE_SIZE);
        memcpy(out, sealed.data, MIR_ENVELOPE_SIZE);
    }
    mir_wipe(ikm, sizeof ikm);
    mir_buf_fini(&sealed);
    return rc;
}

mirsal_code mir_envelope_open(struct mir_agree_secret *out,
    const uint8_t envelope[MIR_ENVELOPE_SIZE],
    const struct mir_epoch_public *name,
    const mirsal_hash *team,
    const struct mir_agree_secret *recipient,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_buf clear;
    struct mir_agree_public fits;
    struct mir_bytes sealed = { envelope, MIR_ENVELOPE_SIZE };
    uint8_t names[NAME_SIZE];
    struct mir_bytes aad = { names, sizeof names };
    name_bytes(names, team, name);
    mir_buf_init(&clear, env, SECRET_SIZE);
    mirsal_code rc = mir_hpke_open_from(&clear, recipient, MIR_CONTEXT_KEY, aad, sealed, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&clear, err);
    }
    if (rc == MIRSAL_OK) {
        memcpy(out->bytes, clear.data, sizeof out->bytes);
        mir_agree_public_of(&fits, out);
        if (!mir_equal(fits.bytes, name->public_key.bytes, sizeof fits.bytes)) {
            mir_wipe(out, sizeof *out);
            rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "an epoch's private half does not fit");
        }
    }
    mir_buf_fini(&clear);
    return rc;
}

void mir_join_message(struct mir_buf *out,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_say_join *join)
{
    mir_buf_append(out, team->bytes, sizeof team->bytes);
    mir_buf_append(out, join->grant.bytes, sizeof join->grant.bytes);
    mir_buf_append(out, device->bytes, sizeof device->bytes);
    mir_buf_append(out, join->noise.bytes, sizeof join->noise.bytes);
    mir_buf_append(out, join->hpke.bytes, sizeof join->hpke.bytes);
}
