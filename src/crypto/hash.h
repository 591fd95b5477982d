/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/hash.h - BLAKE2b-256 with a context per use (personalisation), protocol/primitives.md.
 */
#ifndef MIR_HASH_H
#define MIR_HASH_H

#include "buf.h"
#include "keys.h"

/* NAME, ASCII context (zero-filled to 16 bytes). The table of protocol/primitives.md. */
#define MIR_CONTEXTS(X)                                                                            \
    X(CHANGESET, "mirsal1.chgset")                                                                 \
    X(RECORD, "mirsal1.record")                                                                    \
    X(LEAF, "mirsal1.leaf")                                                                        \
    X(NODE, "mirsal1.node")                                                                        \
    X(JOIN, "mirsal1.join")                                                                        \
    X(RELAY_KEY, "mirsal1.relaykey")                                                               \
    X(CHECKPOINT, "mirsal1.checkpt")                                                               \
    X(MANIFEST, "mirsal1.manifest")                                                                \
    X(RECEIPT, "mirsal1.receipt")                                                                  \
    X(MEDIA, "mirsal1.media")                                                                      \
    X(DIGEST, "mirsal1.digest")                                                                    \
    X(TEAM, "mirsal1.team")                                                                        \
    X(BODY, "mirsal1.body")                                                                        \
    X(SALTS, "mirsal1.salts")                                                                      \
    X(FRONTIER, "mirsal1.front")                                                                   \
    X(STATE, "mirsal1.state")                                                                      \
    X(POLICY, "mirsal1.policy")                                                                    \
    X(EPHEMERAL, "mirsal1.eph")                                                                    \
    X(SEAL, "mirsal1.seal")                                                                        \
    X(KEY, "mirsal1.key")                                                                          \
    X(TEXT, "mirsal1.text")                                                                        \
    X(FILE, "mirsal1.file")                                                                        \
    X(WORDS, "mirsal1.words")                                                                      \
    X(SHARE, "mirsal1.share")                                                                      \
    X(BUNDLE, "mirsal1.bundle")

enum mir_context {
#define MIR_CONTEXT_ENUM(name, text) MIR_CONTEXT_##name,
    MIR_CONTEXTS(MIR_CONTEXT_ENUM)
#undef MIR_CONTEXT_ENUM
};

/* 16 bytes, zero-filled, static. */
const uint8_t *mir_context_bytes(enum mir_context context);
/* The same text without zero fill: HPKE's info and exporter context. */
struct mir_bytes mir_context_text(enum mir_context context);

/* H(context, parts…): BLAKE2b-256, personal = context, over the parts one after another. */
void mir_hash_bytes(mirsal_hash *out, enum mir_context context, const void *data, size_t size);
void mir_hash_parts(mirsal_hash *out,
    enum mir_context context,
    const struct mir_bytes *parts,
    size_t count);
/* out_size 16 or 32; key NULL (key_size 0) or ≤ 64 bytes; plain BLAKE2b when context < 0. */
void mir_hash_keyed(uint8_t *out,
    size_t out_size,
    int context,
    const void *key,
    size_t key_size,
    struct mir_bytes data);

/* SHA-256 as it streams, for manifests and media. */
struct mir_sha256 {
    uint64_t opaque[16];
};
void mir_sha256_init(struct mir_sha256 *state);
void mir_sha256_update(struct mir_sha256 *state, const void *data, size_t size);
void mir_sha256_final(struct mir_sha256 *state, mirsal_hash *out);

#endif
