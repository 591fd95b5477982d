/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/leaves.c - record ids, and the leaves of a body with their hashes;
 * protocol/changeset.md 3.1, 5.
 */
#include "body.h"

#include "fail.h"
#include "hash.h"
#include "merkle.h"
#include "msgpack.h"

#include <string.h>

void mir_record_id(mirsal_id *out,
    const struct mir_place *place,
    const uint8_t base[8],
    uint32_t type,
    uint32_t number)
{
    const uint8_t numbers[8] = { (uint8_t)(type >> 24), (uint8_t)(type >> 16), (uint8_t)(type >> 8),
        (uint8_t)type, (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
        (uint8_t)number };
    const struct mir_bytes parts[] = {
        { place->device, sizeof place->device },
        { &place->compartment, sizeof place->compartment },
        { base, 8 },
        { numbers, sizeof numbers },
    };
    mirsal_hash hash;
    mir_hash_parts(&hash, MIR_CONTEXT_RECORD, parts, sizeof parts / sizeof parts[0]);
    memcpy(out->bytes, hash.bytes, sizeof out->bytes);
    out->bytes[6] = (uint8_t)((out->bytes[6] & 0x0f) | 0x80); /* version 8 */
    out->bytes[8] = (uint8_t)((out->bytes[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
}

/* Before the writes: the schema version, the stamp, one leaf per record. */
static size_t heads_of(const struct mir_body *body)
{
    return (size_t)2 + body->creates_count;
}

size_t mir_body_leaf_count(const struct mir_body *body)
{
    size_t edits = body->writes_count - body->edits_at;
    return heads_of(body) + body->edits_at + 2 * edits;
}

static void write_key(struct mir_buf *out, const struct mir_write *write)
{
    if (write->key.size == 0) {
        mir_mp_write_nil(out);
    } else {
        mir_buf_append(out, write->key.data, write->key.size);
    }
}

static void leaf_of_write(struct mir_buf *out, const struct mir_write *write)
{
    mir_mp_write_array(out, 5);
    mir_mp_write_uint(out, 3);
    mir_mp_write_bin(out, write->record.bytes, sizeof write->record.bytes);
    mir_mp_write_uint(out, write->field);
    write_key(out, write);
    mir_buf_append(out, write->value.data, write->value.size);
}

static void leaf_of_parents(struct mir_buf *out, const struct mir_write *write)
{
    mir_mp_write_array(out, 5);
    mir_mp_write_uint(out, 4);
    mir_mp_write_bin(out, write->record.bytes, sizeof write->record.bytes);
    mir_mp_write_uint(out, write->field);
    write_key(out, write);
    mir_mp_write_array(out, write->parents_count);
    for (uint32_t i = 0; i < write->parents_count; i++) {
        mir_mp_write_bin(out, write->parents[i].bytes, MIR_REF_SIZE);
    }
}

void mir_body_leaf(struct mir_buf *out, const struct mir_body *body, size_t index)
{
    MIR_ASSERT(index < mir_body_leaf_count(body));
    size_t heads = heads_of(body);
    if (index < 2) {
        mir_mp_write_array(out, 2);
        mir_mp_write_uint(out, index);
        mir_mp_write_uint(out, index == 0 ? body->schema_version : body->stamp);
    } else if (index < heads) {
        const struct mir_create *create = &body->creates[index - 2];
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, 2);
        mir_mp_write_bin(out, create->record.bytes, sizeof create->record.bytes);
        mir_mp_write_uint(out, create->type);
    } else if (index < heads + body->edits_at) {
        leaf_of_write(out, &body->writes[index - heads]);
    } else {
        size_t at = index - heads - body->edits_at;
        const struct mir_write *edit = &body->writes[body->edits_at + at / 2];
        if (at % 2 == 0) {
            leaf_of_write(out, edit);
        } else {
            leaf_of_parents(out, edit);
        }
    }
}

mirsal_hash *mir_body_leaf_hashes(struct mir_arena *arena,
    const struct mir_body *body,
    const uint8_t seed[32])
{
    size_t count = mir_body_leaf_count(body);
    mirsal_hash *hashes = mir_arena_alloc(arena, mir_merkle_padded(count), sizeof *hashes);
    struct mir_buf leaf;
    mir_buf_init(&leaf, arena->env, SIZE_MAX);
    for (size_t i = 0; i < count && hashes != NULL; i++) {
        uint8_t salt[16];
        mir_buf_reset(&leaf);
        mir_body_leaf(&leaf, body, i);
        if (mir_buf_finish(&leaf, NULL) != MIRSAL_OK) {
            hashes = NULL;
            break;
        }
        mir_merkle_salt(salt, seed, (uint32_t)i);
        mir_merkle_leaf(&hashes[i], salt, mir_buf_bytes(&leaf));
    }
    mir_buf_fini(&leaf);
    return hashes;
}

mirsal_code mir_body_content_root(mirsal_hash *out,
    const struct mir_body *body,
    const uint8_t seed[32],
    struct mir_arena *arena,
    mirsal_error *err)
{
    mirsal_hash *hashes = mir_body_leaf_hashes(arena, body, seed);
    if (hashes == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the leaves of a body");
    }
    mir_merkle_content_root(out, hashes, mir_body_leaf_count(body), seed);
    return MIRSAL_OK;
}
