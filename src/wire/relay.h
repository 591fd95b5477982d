/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/relay.h - what a relay signs: checkpoints of its log (protocol/sync.md 5) and its Noise
 * key (1.6); and the lists of heads that frontier (4.1) and vector (4.2) are made of.
 */
#ifndef MIR_RELAY_H
#define MIR_RELAY_H

#include "buf.h"
#include "sign.h"

struct mir_checkpoint {
    uint8_t store_epoch[8]; /* of which log (sync.md 3.6) */
    uint64_t size;
    mirsal_hash root;
    uint64_t time_ms;
    uint8_t signature[64];
};

/* Fills signature from the other fields. secret is the relay's identity key. */
void mir_checkpoint_sign(struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team,
    const struct mir_sign_secret *secret);
/* 1 when it verifies. */
int mir_checkpoint_verify(const struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team);
/* What header field `seen` names. */
void mir_checkpoint_hash(mirsal_hash *out,
    const struct mir_checkpoint *checkpoint,
    const mirsal_hash *identity,
    const mirsal_hash *team);

/* These heads of a device's chains are among the first `size` arrivals of the relay's log. */
struct mir_acknowledgement {
    mirsal_hash device;
    uint8_t store_epoch[8];
    uint64_t size;
    uint64_t time_ms;
    struct mir_bytes heads; /* encoded [[compartment, seq, id 32]…]; borrowed */
    uint8_t signature[64];
};
/* As of checkpoints. */
void mir_acknowledgement_sign(struct mir_acknowledgement *acknowledgement,
    const mirsal_hash *identity,
    const mirsal_hash *team,
    const struct mir_sign_secret *secret);
int mir_acknowledgement_verify(const struct mir_acknowledgement *acknowledgement,
    const mirsal_hash *identity,
    const mirsal_hash *team);

/* Leaf of the arrival log: H(LEAF, 0x00 ‖ changeset id). */
void mir_log_leaf(mirsal_hash *out, const mirsal_hash *id);

struct mir_relay_key {
    mirsal_hash identity;
    uint32_t serial; /* ≤ 65,535 */
    struct mir_agree_public noise;
    uint64_t from_ms;
};
/* Appends the answer of GET /v1/relay, signed. */
void mir_relay_key_write(struct mir_buf *out,
    const struct mir_relay_key *key,
    const struct mir_sign_secret *secret);
/* MALFORMED, VERSION, BAD_SIGNATURE; NOT_AUTHENTIC when the identity is not the expected one. */
mirsal_code mir_relay_key_read(struct mir_relay_key *out,
    struct mir_bytes bytes,
    const mirsal_hash *identity,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A head of a chain, whole. */
struct mir_head {
    mirsal_hash device;
    uint8_t compartment;
    uint64_t seq;
    mirsal_hash id;
};

/* A growing list of heads. */
struct mir_heads {
    struct mir_buf buf;
};
void mir_heads_init(struct mir_heads *heads, const mirsal_env *env);
void mir_heads_fini(struct mir_heads *heads); /* accepts a zeroed struct */
void mir_heads_reset(struct mir_heads *heads);
/* Failure stays in heads->buf; more than VECTOR_ENTRIES_MAX fail with LIMIT. */
void mir_heads_add(struct mir_heads *heads, const struct mir_head *head);
size_t mir_heads_count(const struct mir_heads *heads);
const struct mir_head *mir_heads_at(const struct mir_heads *heads, size_t index);
/* Ascending by (device, compartment, id). */
void mir_heads_sort(struct mir_heads *heads);

/* Sorts, then sync.md 4.1. */
mirsal_code mir_frontier(uint8_t out[16], struct mir_heads *heads, mirsal_error *err)
    MIRSAL_MUST_USE;
/* First 8 bytes of BLAKE2b-256(key = handshake hash, id). */
void mir_vector_tag(uint8_t out[8], const uint8_t handshake_hash[32], const mirsal_hash *id);

#endif
