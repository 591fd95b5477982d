/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/residue.c - residues; protocol/changeset.md 10.
 *
 *   clear = salts bin ‖ hashes bin ‖ [refs, stamp, base, creates, edits]
 *   residue = HPKE(epoch, info `mirsal1.seal`, aad = header) of the text of 2.3 around clear
 */
#include "residue.h"

#include "fail.h"
#include "hash.h"
#include "hpke.h"
#include "merkle.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "reader.h"
#include "sealing.h"
#include "sort.h"

#include <string.h>

#define EPHEMERAL_SALTS                                                                            \
    2u /* of the schema version's leaf and the stamp's, which are never purged */
#define OVERHEAD        (MIR_HPKE_ENC_SIZE + MIR_HPKE_TAG_SIZE)
#define SALTS_SIZE_MAX  ((size_t)MIR_LEAVES_MAX * MIR_SALT_SIZE)
#define HASHES_SIZE_MAX ((size_t)MIR_LEAVES_MAX * sizeof(mirsal_hash))

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a residue");
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_hash_compare(a, b);
}

mirsal_code mir_left_of_body(struct mir_left *out,
    struct mir_arena *arena,
    const struct mir_body *body,
    const uint8_t seed[32],
    mirsal_error *err)
{
    size_t count = mir_body_leaf_count(body);
    size_t padded = mir_merkle_padded(count);
    *out = (struct mir_left){ .body = *body };
    out->salts = mir_arena_alloc(arena, count, sizeof *out->salts);
    out->hashes = mir_arena_alloc(arena, padded, sizeof *out->hashes);
    if (out->salts == NULL || out->hashes == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < padded; i++) {
        struct mir_salt salt;
        mir_merkle_salt(salt.bytes, seed, (uint32_t)i);
        if (i < count) {
            out->salts[i] = salt;
        } else {
            mir_merkle_decoy(&out->hashes[out->hash_count++], salt.bytes);
        }
    }
    mir_sort(out->hashes, out->hash_count, sizeof *out->hashes, compare_hashes, NULL);
    return MIRSAL_OK;
}

/* The hash of one leaf with its salt. */
static mirsal_code hash_leaf(mirsal_hash *out,
    struct mir_buf *leaf,
    const struct mir_left *left,
    size_t index,
    mirsal_error *err)
{
    mir_buf_reset(leaf);
    mir_body_leaf(leaf, &left->body, index);
    mirsal_code code = mir_buf_finish(leaf, err);
    if (code == MIRSAL_OK) {
        mir_merkle_leaf(out, left->salts[index].bytes, mir_buf_bytes(leaf));
    }
    return code;
}

/* One leaf of what is purged, by the order of leaves. */
struct purging {
    struct mir_left *left;
    struct mir_buf leaf;
    size_t index;        /* of the leaf at hand */
    size_t kept;         /* leaves that stay, up to here */
    mirsal_hash *hashes; /* those there were, then those of purged leaves */
    size_t hash_count;
};

/* Passes over leaves that stay, or takes them out. */
static mirsal_code pass(struct purging *purging, size_t leaves, int purged, mirsal_error *err)
{
    mirsal_code code = MIRSAL_OK;
    for (size_t i = 0; code == MIRSAL_OK && i < leaves; i++, purging->index++) {
        if (purged) {
            code = hash_leaf(&purging->hashes[purging->hash_count++], &purging->leaf, purging->left,
                purging->index, err);
        } else {
            purging->left->salts[purging->kept++] = purging->left->salts[purging->index];
        }
    }
    return code;
}

/* Leaves first, as long as the body is whole: their salts move, their hashes are made. */
static mirsal_code pass_leaves(struct purging *purging,
    const uint8_t *purged_creates,
    const uint8_t *purged_writes,
    mirsal_error *err)
{
    const struct mir_body *body = &purging->left->body;
    mirsal_code code = pass(purging, EPHEMERAL_SALTS, 0, err);
    for (uint32_t i = 0; code == MIRSAL_OK && i < body->creates_count; i++) {
        code = pass(purging, 1, purged_creates[i], err);
    }
    for (uint32_t i = 0; code == MIRSAL_OK && i < body->writes_count; i++) {
        code = pass(purging, i < body->edits_at ? 1 : 2, purged_writes[i], err);
    }
    return code;
}

static void move_rest(struct mir_body *body,
    const uint8_t *purged_creates,
    const uint8_t *purged_writes,
    uint32_t *moved)
{
    uint32_t creates = 0;
    uint32_t writes = 0;
    uint32_t edits_at = 0;
    for (uint32_t i = 0; i < body->creates_count; i++) {
        moved[i] = creates;
        if (!purged_creates[i]) {
            body->creates[creates++] = body->creates[i];
        }
    }
    for (uint32_t i = 0; i < body->writes_count; i++) {
        if (purged_writes[i]) {
            continue;
        }
        struct mir_write write = body->writes[i];
        if (write.create != MIR_NO_CREATE) {
            write.create = moved[write.create];
            edits_at++;
        }
        body->writes[writes++] = write;
    }
    body->creates_count = creates;
    body->writes_count = writes;
    body->edits_at = edits_at;
}

mirsal_code mir_left_purge(struct mir_left *left,
    size_t *taken,
    struct mir_arena *arena,
    mir_is_purged is_purged,
    void *context,
    mirsal_error *err)
{
    struct mir_body *body = &left->body;
    struct purging purging = { .left = left, .hash_count = left->hash_count };
    size_t count = mir_body_leaf_count(body);
    uint8_t *creates = mir_arena_alloc(arena, (size_t)body->creates_count + 1, 1);
    uint8_t *writes = mir_arena_alloc(arena, (size_t)body->writes_count + 1, 1);
    uint32_t *moved = mir_arena_alloc(arena, (size_t)body->creates_count + 1, sizeof *moved);
    purging.hashes = mir_arena_alloc(arena, left->hash_count + count, sizeof *purging.hashes);
    *taken = 0;
    if (creates == NULL || writes == NULL || moved == NULL || purging.hashes == NULL) {
        return no_memory(err);
    }
    for (uint32_t i = 0; i < body->creates_count; i++) {
        creates[i] = is_purged(context, &body->creates[i].record) != 0;
    }
    for (uint32_t i = 0; i < body->writes_count; i++) {
        writes[i] = body->writes[i].create != MIR_NO_CREATE
                        ? creates[body->writes[i].create]
                        : is_purged(context, &body->writes[i].record) != 0;
    }
    if (left->hash_count > 0) {
        memcpy(purging.hashes, left->hashes, left->hash_count * sizeof *left->hashes);
    }
    mir_buf_init(&purging.leaf, arena->env, SIZE_MAX);
    mirsal_code code = pass_leaves(&purging, creates, writes, err);
    mir_buf_fini(&purging.leaf);
    if (code == MIRSAL_OK) {
        *taken = purging.hash_count - left->hash_count;
        mir_sort(purging.hashes, purging.hash_count, sizeof *purging.hashes, compare_hashes, NULL);
        left->hashes = purging.hashes;
        left->hash_count = purging.hash_count;
        move_rest(body, creates, writes, moved);
    }
    return code;
}

mirsal_code mir_left_check(const struct mir_left *left,
    struct mir_arena *arena,
    const mirsal_hash *content_root,
    mirsal_error *err)
{
    static const uint8_t no_seed[32];
    size_t count = mir_body_leaf_count(&left->body);
    size_t whole = count + left->hash_count;
    struct mir_buf leaf;
    mirsal_hash root;
    mirsal_code code = MIRSAL_OK;
    if (mir_merkle_padded(whole) != whole) {
        return mir_fail(err, MIRSAL_BAD_ROOT, "a residue of %zu leaves and hashes", whole);
    }
    mirsal_hash *hashes = mir_arena_alloc(arena, whole, sizeof *hashes);
    if (hashes == NULL) {
        return no_memory(err);
    }
    mir_buf_init(&leaf, arena->env, SIZE_MAX);
    for (size_t i = 0; code == MIRSAL_OK && i < count; i++) {
        code = hash_leaf(&hashes[i], &leaf, left, i, err);
    }
    mir_buf_fini(&leaf);
    if (code == MIRSAL_OK && left->hash_count > 0) {
        memcpy(&hashes[count], left->hashes, left->hash_count * sizeof *hashes);
    }
    if (code == MIRSAL_OK) {
        mir_merkle_content_root(&root, hashes, whole, no_seed); /* no decoy is made */
        if (!mir_hash_equal(&root, content_root)) {
            code = mir_fail(err, MIRSAL_BAD_ROOT, "content root does not match the residue");
        }
    }
    return code;
}

static struct mir_place place_of(const struct mir_changeset *changeset)
{
    struct mir_place place = { .compartment = changeset->fields.compartment };
    memcpy(place.device, changeset->fields.device.bytes, sizeof place.device);
    return place;
}

/* Salts, hashes, what is left. */
static mirsal_code write_clear(struct mir_buf *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset,
    struct mir_left *left,
    mirsal_error *err)
{
    const struct mir_place place = place_of(changeset);
    size_t salts = mir_body_leaf_count(&left->body) * sizeof *left->salts;
    mir_mp_write_bin(out, left->salts[0].bytes, salts);
    mir_mp_write_bin(out, left->hash_count > 0 ? left->hashes[0].bytes : NULL,
        left->hash_count * sizeof *left->hashes);
    return mir_body_encode_left(out, &left->body, &place, arena, err);
}

/* 10.4: of what readers of the body alone know, so that the same residue is made from body and
 * residue. */
static void ephemeral_of(uint8_t ikm[32],
    const struct mir_changeset *changeset,
    const struct mir_left *left,
    const struct mir_agree_public *epoch_key,
    struct mir_bytes clear)
{
    uint8_t key[EPHEMERAL_SALTS * MIR_SALT_SIZE];
    uint8_t text[96];
    mirsal_hash clear_hash;
    memcpy(key, left->salts[0].bytes, MIR_SALT_SIZE);
    memcpy(&key[MIR_SALT_SIZE], left->salts[1].bytes, MIR_SALT_SIZE);
    mir_hash_bytes(&clear_hash, MIR_CONTEXT_BODY, clear.data, clear.size);
    memcpy(text, changeset->id.bytes, 32);
    memcpy(&text[32], clear_hash.bytes, 32);
    memcpy(&text[64], epoch_key->bytes, 32);
    mir_hash_keyed(
        ikm, 32, MIR_CONTEXT_EPHEMERAL, key, sizeof key, (struct mir_bytes){ text, sizeof text });
    mir_wipe(key, sizeof key);
}

mirsal_code mir_residue_seal(struct mir_buf *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset,
    const struct mir_residue_seal *seal,
    struct mir_left *left,
    mirsal_error *err)
{
    struct mir_buf clear;
    struct mir_buf plain;
    uint8_t ikm[32];
    mir_buf_init(&clear, arena->env, MIR_RESIDUE_CLEAR_SIZE_MAX);
    mir_buf_init(&plain, arena->env, MIR_BODY_SIZE_MAX - OVERHEAD);
    mirsal_code code = write_clear(&clear, arena, changeset, left, err);
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(&clear, err);
    }
    if (code == MIRSAL_OK) {
        code = mir_sealed_text_pack(
            &plain, left->body.schema_version, seal->dictionary, mir_buf_bytes(&clear), err);
    }
    if (code == MIRSAL_OK) {
        ephemeral_of(ikm, changeset, left, &seal->epoch_key, mir_buf_bytes(&clear));
        code = mir_hpke_seal_to(out, &seal->epoch_key, MIR_CONTEXT_SEAL, ikm, changeset->header,
            mir_buf_bytes(&plain), err);
        mir_wipe(ikm, sizeof ikm);
    }
    mir_buf_fini(&plain);
    mir_buf_fini(&clear);
    return code;
}

/* What stands in the clear text: the body's part is judged by the rules of bodies. */
static mirsal_code read_clear(struct mir_left *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset,
    const struct mir_sealed_text *text,
    mirsal_error *err)
{
    const struct mir_place place = place_of(changeset);
    struct mir_reader reader;
    mir_reader_init(&reader, text->clear.data, text->clear.size);
    struct mir_bytes salts = mir_mp_read_bin(&reader, SALTS_SIZE_MAX);
    struct mir_bytes hashes = mir_mp_read_bin(&reader, HASHES_SIZE_MAX);
    struct mir_bytes body = mir_reader_take(&reader, mir_reader_left(&reader));
    mirsal_code code = mir_reader_finish(&reader, "residue", err);
    if (code == MIRSAL_OK) {
        code = mir_body_decode_left(&out->body, arena, &place, body, err);
        out->body.schema_version = text->schema_version;
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    if (salts.size != mir_body_leaf_count(&out->body) * sizeof *out->salts ||
        hashes.size % sizeof *out->hashes != 0) {
        return mir_fail(err, MIRSAL_MALFORMED, "salts or hashes that do not fit a residue");
    }
    out->hash_count = hashes.size / sizeof *out->hashes;
    out->salts = mir_arena_alloc(arena, salts.size, 1);
    out->hashes = mir_arena_alloc(arena, out->hash_count + 1, sizeof *out->hashes);
    if (out->salts == NULL || out->hashes == NULL) {
        return no_memory(err);
    }
    memcpy(out->salts, salts.data, salts.size);
    if (hashes.size > 0) {
        memcpy(out->hashes, hashes.data, hashes.size);
    }
    for (size_t i = 1; i < out->hash_count; i++) {
        if (mir_hash_compare(&out->hashes[i - 1], &out->hashes[i]) >= 0) {
            return mir_fail(err, MIRSAL_MALFORMED, "hashes of a residue that do not ascend");
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_residue_open(struct mir_left *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset,
    struct mir_bytes residue,
    const struct mir_open *keys,
    mirsal_error *err)
{
    struct mir_buf plain;
    struct mir_sealed_text text = { 0 };
    memset(out, 0, sizeof *out);
    mir_buf_init(&plain, arena->env, MIR_BODY_SIZE_MAX);
    mirsal_code code = mir_hpke_open_from(
        &plain, keys->epoch_secret, MIR_CONTEXT_SEAL, changeset->header, residue, err);
    if (code == MIRSAL_OK) {
        code = mir_sealed_text_unpack(
            &text, arena, keys, mir_buf_bytes(&plain), MIR_RESIDUE_CLEAR_SIZE_MAX, err);
    }
    if (code == MIRSAL_OK) {
        code = read_clear(out, arena, changeset, &text, err);
    }
    if (code == MIRSAL_OK) {
        code = mir_left_check(out, arena, &changeset->fields.content_root, err);
    }
    mir_buf_fini(&plain);
    return code;
}

void mir_residue_hash(mirsal_hash *out, struct mir_bytes residue)
{
    mir_hash_bytes(out, MIR_CONTEXT_BODY, residue.data, residue.size);
}
