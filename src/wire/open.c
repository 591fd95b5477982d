/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/open.c - opening of data changesets; protocol/changeset.md 2.3 and 2.4.
 *
 * The AEAD does not commit to its key and raw deflate has no check value: only the content root,
 * judged last, says that this is the text its author signed.
 */
#include "changeset.h"

#include "deflate.h"
#include "fail.h"
#include "hash.h"
#include "hpke.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sealing.h"

#include <string.h>

/* What stands before the deflated text. */
struct plain_head {
    uint32_t schema_version;
    size_t clear_size;
    struct mir_bytes rest;
};

static mirsal_code read_head(struct plain_head *out,
    struct mir_bytes plain,
    size_t clear_max,
    mirsal_error *err)
{
    struct mir_reader reader;
    mir_reader_init(&reader, plain.data, plain.size);
    uint64_t version = mir_mp_read_uint(&reader);
    uint64_t clear_size = mir_mp_read_uint_max(&reader, clear_max);
    uint64_t flags = mir_mp_read_uint(&reader);
    if (version > UINT32_MAX || flags != 0) {
        mir_reader_fail(&reader, MIRSAL_MALFORMED, "a version or flags of no known body");
    }
    out->schema_version = (uint32_t)version;
    out->clear_size = (size_t)clear_size;
    out->rest = mir_reader_take(&reader, mir_reader_left(&reader));
    return mir_reader_finish(&reader, "sealed text", err);
}

/* Zeros only, as few as fill the last unit. */
static int is_padding(struct mir_bytes rest, size_t plain_size, size_t clear_size)
{
    size_t unit = mir_padding_unit(clear_size);
    if (plain_size % unit != 0 || rest.size >= unit) {
        return 0;
    }
    for (size_t i = 0; i < rest.size; i++) {
        if (rest.data[i] != 0) {
            return 0;
        }
    }
    return 1;
}

mirsal_code mir_sealed_text_unpack(struct mir_sealed_text *out,
    struct mir_arena *arena,
    const struct mir_open *keys,
    struct mir_bytes plain,
    size_t clear_max,
    mirsal_error *err)
{
    struct plain_head head = { 0 };
    struct mir_bytes dictionary = { 0 };
    mirsal_code code = read_head(&head, plain, clear_max, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (!keys->dictionary_of(&dictionary, keys->context, head.schema_version)) {
        return mir_fail(
            err, MIRSAL_NOT_FOUND, "schema version %u is not held", head.schema_version);
    }
    uint8_t *clear = mir_arena_alloc(arena, head.clear_size, 1);
    if (clear == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a clear body");
    }
    code = mir_inflate(clear, head.clear_size, &head.rest, dictionary, arena->env, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (!is_padding(head.rest, plain.size, head.clear_size)) {
        return mir_fail(err, MIRSAL_MALFORMED, "something other than padding behind the text");
    }
    out->clear = (struct mir_bytes){ clear, head.clear_size };
    out->schema_version = head.schema_version;
    return MIRSAL_OK;
}

/* HPKE: the salts' seed, and the plaintext in a buffer. */
static mirsal_code unseal(struct mir_buf *plain,
    uint8_t seed[32],
    const struct mir_changeset *changeset,
    const struct mir_agree_secret *secret,
    mirsal_error *err)
{
    struct mir_hpke hpke = { 0 };
    struct mir_reader reader;
    uint8_t enc[MIR_HPKE_ENC_SIZE];
    mir_reader_init(&reader, changeset->body.data, changeset->body.size);
    mir_reader_copy(&reader, enc, sizeof enc);
    size_t size = mir_reader_left(&reader);
    if (size < MIR_HPKE_TAG_SIZE) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "a sealed body of %zu bytes", size);
    }
    struct mir_bytes sealed = mir_reader_take(&reader, size);
    mirsal_code code =
        mir_hpke_setup_receiver(&hpke, enc, secret, mir_context_text(MIR_CONTEXT_SEAL), err);
    uint8_t *room = code == MIRSAL_OK ? mir_buf_extend(plain, size - MIR_HPKE_TAG_SIZE) : NULL;
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(plain, err);
    }
    if (code == MIRSAL_OK) {
        mir_hpke_export(&hpke, seed, 32, mir_context_text(MIR_CONTEXT_SALTS));
        code = mir_hpke_open(&hpke, room, mir_header_authenticated(changeset->header), sealed.data,
            sealed.size, err);
    }
    mir_hpke_fini(&hpke);
    return code;
}

mirsal_code mir_changeset_open(struct mir_opened *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset,
    const struct mir_open *keys,
    mirsal_error *err)
{
    struct mir_buf plain;
    struct mir_place place;
    struct mir_sealed_text text = { 0 };
    mirsal_hash root;
    MIR_ASSERT(changeset->fields.compartment != MIR_COMPARTMENT_CONTROL);
    memset(out, 0, sizeof *out);
    memcpy(place.device, changeset->fields.device.bytes, sizeof place.device);
    place.compartment = changeset->fields.compartment;
    mir_buf_init(&plain, arena->env, MIR_BODY_SIZE_MAX);
    mirsal_code code = unseal(&plain, out->seed, changeset, keys->epoch_secret, err);
    if (code == MIRSAL_OK) {
        code = mir_sealed_text_unpack(
            &text, arena, keys, mir_buf_bytes(&plain), MIR_CLEAR_SIZE_MAX, err);
    }
    if (code == MIRSAL_OK) {
        out->clear = text.clear;
        code = mir_body_decode(&out->body, arena, &place, text.clear, err);
        out->body.schema_version = text.schema_version;
    }
    if (code == MIRSAL_OK) {
        code = mir_body_content_root(&root, &out->body, out->seed, arena, err);
    }
    if (code == MIRSAL_OK && !mir_hash_equal(&root, &changeset->fields.content_root)) {
        code = mir_fail(err, MIRSAL_BAD_ROOT, "content root does not match the content");
    }
    if (code != MIRSAL_OK) {
        mir_wipe(out, sizeof *out);
    }
    mir_buf_fini(&plain);
    return code;
}
