/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/orgkey.h - an organisation's key: its public text mirsalorg1…, its secret, and the receipts
 * it signs; protocol/handoff.md 1 and 8.
 */
#ifndef MIR_ORGKEY_H
#define MIR_ORGKEY_H

#include "arena.h"
#include "buf.h"
#include "keys.h"

#define MIR_ORG_PREFIX "mirsalorg1"

struct mir_org_key {
    mirsal_hash team;
    mirsal_hash sign; /* Ed25519 */
    mirsal_hash hpke; /* X25519 */
    struct mir_bytes name;
};

/* Keep it in mir_secret_alloc memory. */
struct mir_org_secret {
    uint8_t seed[32]; /* of the signing pair */
    struct mir_agree_secret hpke;
};

/* A fresh pair for the team; name is borrowed. */
void mir_org_make(struct mir_org_key *out,
    struct mir_org_secret *secret,
    const mirsal_hash *team,
    struct mir_bytes name,
    const mirsal_env *env);

/* Appends the public text. LIMIT. */
mirsal_code mir_org_key_write(struct mir_buf *out, const struct mir_org_key *key, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Blanks around the text are ignored; the name lives in arena. MALFORMED, LIMIT, VERSION. */
mirsal_code mir_org_key_read(struct mir_org_key *out,
    struct mir_arena *arena,
    struct mir_bytes text,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Appends the secret's array; the buffer wipes its memory. */
mirsal_code mir_org_secret_write(struct mir_buf *out,
    const struct mir_org_key *key,
    const struct mir_org_secret *secret,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *key is the public half that fits; its name is borrowed from bytes. NOT_AUTHENTIC. */
mirsal_code mir_org_secret_read(struct mir_org_key *key,
    struct mir_org_secret *secret,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_handoff_receipt {
    uint8_t handoff[16];
    mirsal_hash manifest; /* its hash */
    mirsal_hash sign;     /* the recipient's key */
    uint64_t made_ms;
    uint64_t accepted; /* records taken in */
    uint64_t refused;
};
/* Appends the receipt's file, signed by secret, whose public half becomes receipt->sign. */
mirsal_code mir_handoff_receipt_write(struct mir_buf *out,
    struct mir_handoff_receipt *receipt,
    const struct mir_org_secret *secret,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Form and signature. NOT_AUTHENTIC, BAD_SIGNATURE. */
mirsal_code mir_handoff_receipt_read(struct mir_handoff_receipt *out,
    struct mir_bytes file,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
