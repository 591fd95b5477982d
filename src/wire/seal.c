/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/seal.c - sealing and opening of changesets; protocol/changeset.md 2 and 7.
 *
 * Salts come from the HPKE context and the content root stands in the header that the same context
 * authenticates, hence the order of 2.1. A context seals once.
 */
#include "changeset.h"

#include "deflate.h"
#include "env.h"
#include "fail.h"
#include "hash.h"
#include "hpke.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sealing.h"
#include "sign.h"

#include <string.h>

#define SEED_SIZE            32u
#define BODY_OVERHEAD        (MIR_HPKE_ENC_SIZE + MIR_HPKE_TAG_SIZE)
#define PAD_LONE             32u
#define PAD_BATCH            1024u
#define CLEAR_LONE_MAX       8192u /* larger clear bodies are padded to PAD_BATCH */
#define AUTHENTICATED_FIELDS 10u   /* elements of the header in the aad */

size_t mir_padding_unit(size_t clear_size)
{
    return clear_size > CLEAR_LONE_MAX ? PAD_BATCH : PAD_LONE;
}

struct mir_bytes mir_header_authenticated(struct mir_bytes header)
{
    struct mir_reader reader;
    mir_reader_init(&reader, header.data, header.size);
    (void)mir_mp_read_array(&reader, UINT32_MAX);
    size_t mark = reader.at;
    for (uint32_t i = 0; i < AUTHENTICATED_FIELDS; i++) {
        (void)mir_mp_read_value(&reader, SIZE_MAX);
    }
    return mir_reader_since(&reader, mark);
}

/* 2.2: randomness and what is sealed, so that a repeated random state repeats no key. */
static void ephemeral_of(uint8_t ikm[32], const struct mir_seal *seal, struct mir_bytes clear)
{
    uint8_t key[64];
    uint8_t text[64];
    mirsal_hash clear_hash;
    memcpy(key, seal->sealing_secret, 32);
    mir_random(seal->env, &key[32], 32);
    mir_hash_bytes(&clear_hash, MIR_CONTEXT_BODY, clear.data, clear.size);
    memcpy(text, seal->prev.bytes, 32);
    memcpy(&text[32], clear_hash.bytes, 32);
    mir_hash_keyed(
        ikm, 32, MIR_CONTEXT_EPHEMERAL, key, sizeof key, (struct mir_bytes){ text, sizeof text });
    mir_wipe(key, sizeof key);
}

static struct mir_header header_of(const struct mir_seal *seal)
{
    struct mir_header header = {
        .team = seal->team,
        .device = seal->device,
        .compartment = seal->compartment,
        .seq = seal->seq,
        .prev = seal->prev,
        .epoch = seal->epoch,
        .authority = seal->authority,
    };
    if (seal->seen != NULL) {
        header.has_seen = 1;
        header.seen = *seal->seen;
    }
    return header;
}

mirsal_code mir_sealed_text_pack(struct mir_buf *out,
    uint32_t schema_version,
    struct mir_bytes dictionary,
    struct mir_bytes clear,
    mirsal_error *err)
{
    mir_mp_write_uint(out, schema_version);
    mir_mp_write_uint(out, clear.size);
    mir_mp_write_uint(out, 0);
    mirsal_code code = mir_deflate(out, clear, dictionary, err);
    size_t unit = mir_padding_unit(clear.size);
    if (code == MIRSAL_OK && out->size % unit != 0) {
        (void)mir_buf_extend(out, unit - out->size % unit);
    }
    return code == MIRSAL_OK ? mir_buf_finish(out, err) : code;
}

/* Fills hash and size of the body in, encodes the header into arena, signs it. */
static mirsal_code sign_header(struct mir_changeset *out,
    struct mir_arena *arena,
    const struct mir_seal *seal,
    mirsal_error *err)
{
    struct mir_buf header;
    mir_buf_init(&header, arena->env, MIR_HEADER_SIZE_MAX);
    mir_hash_bytes(&out->fields.body_hash, MIR_CONTEXT_BODY, out->body.data, out->body.size);
    out->fields.body_size = (uint32_t)out->body.size;
    if (out->fields.compartment == MIR_COMPARTMENT_CONTROL) {
        out->fields.content_root = out->fields.body_hash;
    }
    mir_header_encode(&header, &out->fields);
    mirsal_code code = mir_buf_finish(&header, err);
    uint8_t *bytes = mir_arena_copy(arena, header.data, header.size);
    uint8_t *signature = mir_arena_alloc(arena, MIR_SIGNATURE_SIZE, 1);
    if (code == MIRSAL_OK && (bytes == NULL || signature == NULL)) {
        code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a header");
    }
    if (code == MIRSAL_OK) {
        out->header = (struct mir_bytes){ bytes, header.size };
        mir_sign(signature, MIR_CONTEXT_CHANGESET, bytes, header.size, seal->sign_secret);
        out->signature = (struct mir_bytes){ signature, MIR_SIGNATURE_SIZE };
        mir_changeset_id(&out->id, out->header);
    }
    mir_buf_fini(&header);
    return code;
}

/* The header's elements before the body's hash, which the body's sealing authenticates. */
static mirsal_code seal_to(struct mir_changeset *out,
    struct mir_hpke *hpke,
    uint8_t *body,
    struct mir_bytes plain,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_buf header;
    mir_buf_init(&header, env, MIR_HEADER_SIZE_MAX);
    mir_header_encode(&header, &out->fields);
    mirsal_code code = mir_buf_finish(&header, err);
    if (code == MIRSAL_OK) {
        mir_hpke_seal(hpke, &body[MIR_HPKE_ENC_SIZE],
            mir_header_authenticated(mir_buf_bytes(&header)), plain.data, plain.size);
        out->body = (struct mir_bytes){ body, plain.size + BODY_OVERHEAD };
    }
    mir_buf_fini(&header);
    return code;
}

/* From clear body to signed changeset. */
static mirsal_code seal_clear(struct mir_changeset *out,
    struct mir_arena *arena,
    const struct mir_seal *seal,
    const struct mir_body *body,
    struct mir_bytes clear,
    mirsal_error *err)
{
    struct mir_hpke hpke = { 0 };
    struct mir_buf plain;
    uint8_t enc[MIR_HPKE_ENC_SIZE];
    uint8_t ikm[32];
    uint8_t seed[SEED_SIZE];
    uint8_t *sealed = NULL;
    mir_buf_init(&plain, arena->env, MIR_BODY_SIZE_MAX - BODY_OVERHEAD);
    ephemeral_of(ikm, seal, clear);
    mirsal_code code = mir_hpke_setup_sender(
        &hpke, enc, &seal->epoch_key, mir_context_text(MIR_CONTEXT_SEAL), ikm, err);
    if (code != MIRSAL_OK) {
        goto done;
    }
    mir_hpke_export(&hpke, seed, sizeof seed, mir_context_text(MIR_CONTEXT_SALTS));
    code = mir_body_content_root(&out->fields.content_root, body, seed, arena, err);
    if (code == MIRSAL_OK) {
        code = mir_sealed_text_pack(&plain, body->schema_version, seal->dictionary, clear, err);
    }
    if (code != MIRSAL_OK) {
        goto done;
    }
    sealed = mir_arena_alloc(arena, plain.size + BODY_OVERHEAD, 1);
    if (sealed == NULL) {
        code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a sealed body");
        goto done;
    }
    memcpy(sealed, enc, sizeof enc);
    code = seal_to(out, &hpke, sealed, mir_buf_bytes(&plain), arena->env, err);
    if (code == MIRSAL_OK) {
        code = sign_header(out, arena, seal, err);
    }

done:
    mir_hpke_fini(&hpke);
    mir_wipe(ikm, sizeof ikm);
    mir_wipe(seed, sizeof seed);
    mir_buf_fini(&plain);
    return code;
}

mirsal_code mir_changeset_seal(struct mir_changeset *out,
    struct mir_bytes *clear,
    struct mir_arena *arena,
    const struct mir_seal *seal,
    struct mir_body *body,
    mirsal_error *err)
{
    struct mir_place place;
    struct mir_buf bytes;
    MIR_ASSERT(seal->compartment != MIR_COMPARTMENT_CONTROL && seal->epoch > 0);
    memset(out, 0, sizeof *out);
    memcpy(place.device, seal->device.bytes, sizeof place.device);
    place.compartment = seal->compartment;
    mir_buf_init(&bytes, arena->env, MIR_CLEAR_SIZE_MAX);
    out->fields = header_of(seal);
    mirsal_code code = mir_body_encode(&bytes, body, &place, arena, err);
    if (code == MIRSAL_OK) {
        code = seal_clear(out, arena, seal, body, mir_buf_bytes(&bytes), err);
    }
    if (code == MIRSAL_OK && clear != NULL) {
        *clear = (struct mir_bytes){ mir_arena_copy(arena, bytes.data, bytes.size), bytes.size };
        if (clear->data == NULL) {
            code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a clear body");
        }
    }
    if (code != MIRSAL_OK) {
        memset(out, 0, sizeof *out);
    }
    mir_buf_fini(&bytes);
    return code;
}

mirsal_code mir_changeset_control(struct mir_changeset *out,
    struct mir_arena *arena,
    const struct mir_seal *seal,
    struct mir_bytes body,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (body.size > MIR_CONTROL_BODY_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "a control body of %zu bytes", body.size);
    }
    out->fields = header_of(seal);
    out->fields.compartment = MIR_COMPARTMENT_CONTROL;
    out->fields.epoch = 0;
    out->body.data = mir_arena_copy(arena, body.data, body.size);
    out->body.size = body.size;
    if (out->body.data == NULL) {
        memset(out, 0, sizeof *out);
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a control body");
    }
    mirsal_code code = sign_header(out, arena, seal, err);
    if (code != MIRSAL_OK) {
        memset(out, 0, sizeof *out);
    }
    return code;
}
