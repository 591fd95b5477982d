/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/relay.c - what a relay signs, and lists of heads; protocol/sync.md 1.6, 4 and 5.
 */
#include "relay.h"

#include "changeset.h"
#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

#define RELAY_KEY_VERSION  1u
#define SIGNED_ROOM        192u /* the longest signed array: 1 + 4 × 34 + 10 + 2 × 9, rounded up */
#define RELAY_KEY_SIZE_MAX 192u

/* A writer over fixed room: no allocation, so it cannot fail for sizes known beforehand. */
struct packed {
    uint8_t bytes[SIGNED_ROOM];
    size_t size;
};

static void pack(struct packed *out, const void *data, size_t size)
{
    MIR_ASSERT(size <= sizeof out->bytes - out->size);
    memcpy(out->bytes + out->size, data, size);
    out->size += size;
}

static void pack_hash(struct packed *out, const mirsal_hash *hash)
{
    const uint8_t head[2] = { 0xc4, sizeof hash->bytes };
    pack(out, head, sizeof head);
    pack(out, hash->bytes, sizeof hash->bytes);
}

static void pack_epoch(struct packed *out, const uint8_t epoch[8])
{
    const uint8_t head[2] = { 0xc4, 8 };
    pack(out, head, sizeof head);
    pack(out, epoch, 8);
}

/* The shortest form, as mir_mp_write_uint gives it; a test holds the two together. */
static void pack_uint(struct packed *out, uint64_t value)
{
    uint8_t bytes[9];
    size_t width = 8;
    if (value < 0x80) {
        bytes[0] = (uint8_t)value;
        pack(out, bytes, 1);
        return;
    }
    if (value <= 0xff) {
        width = 1;
        bytes[0] = 0xcc;
    } else if (value <= 0xffff) {
        width = 2;
        bytes[0] = 0xcd;
    } else if (value <= 0xffffffff) {
        width = 4;
        bytes[0] = 0xce;
    } else {
        bytes[0] = 0xcf;
    }
    for (size_t i = 0; i < width; i++) {
        bytes[width - i] = (uint8_t)(value >> (8 * i));
    }
    pack(out, bytes, width + 1);
}

/* What the signature of a checkpoint covers, behind its context. */
static void pack_checkpoint(struct packed *out,
    const struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team)
{
    out->size = 0;
    const uint8_t array_of_6 = 0x96;
    pack(out, &array_of_6, 1);
    pack_hash(out, identity);
    pack_hash(out, team);
    pack_epoch(out, checkpoint->store_epoch);
    pack_uint(out, checkpoint->size);
    pack_hash(out, &checkpoint->root);
    pack_uint(out, checkpoint->time_ms);
}

void mir_checkpoint_sign(struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team,
    const struct mir_sign_secret *secret)
{
    struct packed packed;
    pack_checkpoint(&packed, checkpoint, identity, team);
    mir_sign(checkpoint->signature, MIR_CONTEXT_CHECKPOINT, packed.bytes, packed.size, secret);
}

int mir_checkpoint_verify(const struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team)
{
    struct packed packed;
    pack_checkpoint(&packed, checkpoint, identity, team);
    return mir_sign_verify(
        checkpoint->signature, MIR_CONTEXT_CHECKPOINT, packed.bytes, packed.size, identity->bytes);
}

void mir_checkpoint_hash(mirsal_hash *out,
    const struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team)
{
    struct packed packed;
    pack_checkpoint(&packed, checkpoint, identity, team);
    mir_hash_bytes(out, MIR_CONTEXT_CHECKPOINT, packed.bytes, packed.size);
}

/* What the signature of an acknowledgement covers, behind its context. */
static void pack_acknowledgement(struct packed *out,
    const struct mir_acknowledgement *acknowledgement,
    const mirsal_hash *identity,
    const mirsal_hash *team)
{
    const uint8_t array_of_7 = 0x97;
    mirsal_hash heads;
    mir_hash_bytes(
        &heads, MIR_CONTEXT_RECEIPT, acknowledgement->heads.data, acknowledgement->heads.size);
    out->size = 0;
    pack(out, &array_of_7, 1);
    pack_hash(out, identity);
    pack_hash(out, team);
    pack_epoch(out, acknowledgement->store_epoch);
    pack_uint(out, acknowledgement->size);
    pack_uint(out, acknowledgement->time_ms);
    pack_hash(out, &acknowledgement->device);
    pack_hash(out, &heads);
}

void mir_acknowledgement_sign(struct mir_acknowledgement *acknowledgement,
    const mirsal_hash *identity,
    const mirsal_hash *team,
    const struct mir_sign_secret *secret)
{
    struct packed packed;
    pack_acknowledgement(&packed, acknowledgement, identity, team);
    mir_sign(acknowledgement->signature, MIR_CONTEXT_RECEIPT, packed.bytes, packed.size, secret);
}

int mir_acknowledgement_verify(const struct mir_acknowledgement *acknowledgement,
    const mirsal_hash *identity,
    const mirsal_hash *team)
{
    struct packed packed;
    pack_acknowledgement(&packed, acknowledgement, identity, team);
    return mir_sign_verify(acknowledgement->signature, MIR_CONTEXT_RECEIPT, packed.bytes,
        packed.size, identity->bytes);
}

void mir_log_leaf(mirsal_hash *out, const mirsal_hash *id)
{
    const uint8_t zero = 0;
    const struct mir_bytes parts[2] = { { &zero, 1 }, { id->bytes, sizeof id->bytes } };
    mir_hash_parts(out, MIR_CONTEXT_LEAF, parts, 2);
}

/* The signed part: the elements before the signature, as an array of five. */
static void pack_relay_key(struct packed *out, const struct mir_relay_key *key)
{
    out->size = 0;
    const uint8_t array_of_5 = 0x95;
    pack(out, &array_of_5, 1);
    pack_uint(out, RELAY_KEY_VERSION);
    pack_hash(out, &key->identity);
    pack_uint(out, key->serial);
    const uint8_t head[2] = { 0xc4, sizeof key->noise.bytes };
    pack(out, head, sizeof head);
    pack(out, key->noise.bytes, sizeof key->noise.bytes);
    pack_uint(out, key->from_ms);
}

void mir_relay_key_write(struct mir_buf *out,
    const struct mir_relay_key *key,
    const struct mir_sign_secret *secret)
{
    struct packed packed;
    uint8_t signature[MIR_SIGNATURE_SIZE];
    pack_relay_key(&packed, key);
    mir_sign(signature, MIR_CONTEXT_RELAY_KEY, packed.bytes, packed.size, secret);
    mir_mp_write_array(out, 6);
    mir_buf_append(out, packed.bytes + 1, packed.size - 1);
    mir_mp_write_bin(out, signature, sizeof signature);
}

mirsal_code mir_relay_key_read(struct mir_relay_key *out,
    struct mir_bytes bytes,
    const mirsal_hash *identity,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (bytes.size > RELAY_KEY_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "relay key: more than %u bytes", RELAY_KEY_SIZE_MAX);
    }
    struct mir_relay_key key;
    uint8_t signature[MIR_SIGNATURE_SIZE];
    memset(&key, 0, sizeof key);
    struct mir_reader reader;
    mir_reader_init(&reader, bytes.data, bytes.size);
    mir_mp_read_array_exact(&reader, 6);
    uint64_t version = mir_mp_read_uint(&reader);
    if (mir_reader_ok(&reader) && version != RELAY_KEY_VERSION) {
        return mir_fail(err, MIRSAL_VERSION, "relay key of another version");
    }
    mir_mp_read_bin_exact(&reader, key.identity.bytes, sizeof key.identity.bytes);
    key.serial = (uint32_t)mir_mp_read_uint_in(&reader, UINT16_MAX);
    mir_mp_read_bin_exact(&reader, key.noise.bytes, sizeof key.noise.bytes);
    key.from_ms = mir_mp_read_uint(&reader);
    mir_mp_read_bin_exact(&reader, signature, sizeof signature);
    mirsal_code code = mir_reader_finish(&reader, "relay key", err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (memcmp(&key.identity, identity, sizeof key.identity) != 0) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "relay key of another identity");
    }
    struct packed packed;
    pack_relay_key(&packed, &key);
    if (!mir_sign_verify(
            signature, MIR_CONTEXT_RELAY_KEY, packed.bytes, packed.size, identity->bytes)) {
        return mir_fail(err, MIRSAL_BAD_SIGNATURE, "relay key: signature does not verify");
    }
    *out = key;
    return MIRSAL_OK;
}

void mir_heads_init(struct mir_heads *heads, const mirsal_env *env)
{
    mir_buf_init(&heads->buf, env, MIR_VECTOR_ENTRIES_MAX * sizeof(struct mir_head));
}

void mir_heads_fini(struct mir_heads *heads)
{
    mir_buf_fini(&heads->buf);
}

void mir_heads_reset(struct mir_heads *heads)
{
    mir_buf_reset(&heads->buf);
}

void mir_heads_add(struct mir_heads *heads, const struct mir_head *head)
{
    mir_buf_append(&heads->buf, head, sizeof *head);
}

size_t mir_heads_count(const struct mir_heads *heads)
{
    return heads->buf.size / sizeof(struct mir_head);
}

const struct mir_head *mir_heads_at(const struct mir_heads *heads, size_t index)
{
    MIR_ASSERT(index < mir_heads_count(heads));
    return (const struct mir_head *)(const void *)heads->buf.data + index;
}

static int compare_heads(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_head *one = a;
    const struct mir_head *other = b;
    int order = memcmp(&one->device, &other->device, sizeof one->device);
    if (order == 0) {
        order = (one->compartment > other->compartment) - (one->compartment < other->compartment);
    }
    return order != 0 ? order : memcmp(&one->id, &other->id, sizeof one->id);
}

void mir_heads_sort(struct mir_heads *heads)
{
    mir_sort(heads->buf.data, mir_heads_count(heads), sizeof(struct mir_head), compare_heads, NULL);
}

mirsal_code mir_frontier(uint8_t out[16], struct mir_heads *heads, mirsal_error *err)
{
    memset(out, 0, 16);
    mirsal_code code = mir_buf_finish(&heads->buf, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    mir_heads_sort(heads);
    struct mir_buf bytes;
    mir_buf_init(&bytes, heads->buf.env, MIR_VECTOR_ENTRIES_MAX * sizeof(struct mir_head));
    for (size_t i = 0; i < mir_heads_count(heads); i++) {
        const struct mir_head *head = mir_heads_at(heads, i);
        mir_buf_append(&bytes, head->device.bytes, sizeof head->device.bytes);
        mir_buf_append_u8(&bytes, head->compartment);
        mir_buf_append_be64(&bytes, head->seq);
        mir_buf_append(&bytes, head->id.bytes, sizeof head->id.bytes);
    }
    code = mir_buf_finish(&bytes, err);
    if (code == MIRSAL_OK) {
        mirsal_hash hash;
        mir_hash_bytes(&hash, MIR_CONTEXT_FRONTIER, bytes.data, bytes.size);
        memcpy(out, hash.bytes, 16);
    }
    mir_buf_fini(&bytes);
    return code;
}

void mir_vector_tag(uint8_t out[8], const uint8_t handshake_hash[32], const mirsal_hash *id)
{
    mirsal_hash hash;
    const struct mir_bytes data = { id->bytes, sizeof id->bytes };
    mir_hash_keyed(hash.bytes, sizeof hash.bytes, -1, handshake_hash, 32, data);
    memcpy(out, hash.bytes, 8);
}
