/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/body.h - the clear body of a data changeset: flat arrays in memory, columns on the wire.
 *
 * protocol/changeset.md 3 to 5. Decoding accepts exactly what encoding gives: encode(decode(x)) =
 * x.
 */
#ifndef MIR_BODY_H
#define MIR_BODY_H

#include "arena.h"
#include "buf.h"
#include "keyform.h"

#define MIR_NO_CREATE 0xffffffffu
#define MIR_REF_SIZE  16u

/* An arena ceiling that holds whatever a body within the limits can ask for. */
#define MIR_BODY_MEMORY_MAX ((size_t)128 << 20)

/* The first bytes of a changeset's id. */
struct mir_ref {
    uint8_t bytes[MIR_REF_SIZE];
};

struct mir_create {
    uint32_t type;
    uint32_t number;  /* among the transaction's records of its type and compartment */
    mirsal_id record; /* mir_record_id; encode and decode fill it in */
};

struct mir_write {
    uint32_t create; /* index into creates, or MIR_NO_CREATE: an edit */
    uint32_t field;
    enum mir_key_form key_form;    /* not carried for edits: decode gives NONE or TEXT by the key */
    mirsal_id record;              /* edits only going in; decode always gives it */
    struct mir_bytes key;          /* encoded, long references; empty is nil */
    struct mir_bytes value;        /* encoded, long references; of a set 1 or 0 */
    const struct mir_ref *parents; /* edits: strictly ascending */
    uint32_t parents_count;
};

struct mir_body {
    uint32_t schema_version; /* carried beside the clear body, part of the leaves */
    uint32_t schema_place;   /* not carried: which of several schemas of that version it was */
    uint64_t stamp;
    uint8_t base[8];
    struct mir_create *creates; /* in order of the wire: type, number */
    uint32_t creates_count;
    struct mir_write *writes; /* in order of the wire: columns of creates, then edits */
    uint32_t writes_count;
    uint32_t edits_at;          /* writes before it belong to creates */
    const struct mir_ref *refs; /* decode gives it; encode derives it from the parents */
    uint32_t refs_count;
};

/* Where a body stands: enters its record ids. */
struct mir_place {
    uint8_t device[32];
    uint8_t compartment;
};

void mir_record_id(mirsal_id *out,
    const struct mir_place *place,
    const uint8_t base[8],
    uint32_t type,
    uint32_t number);

/*
 * Appends the clear body. creates and writes may come in any order; both are put into the order of
 * the wire in place, and edits_at, refs and ids of creates are set (in arena). BAD_VALUE when the
 * parts do not make a body (a register twice, a value that is not canonical, numbers with a gap),
 * LIMIT.
 */
mirsal_code mir_body_encode(struct mir_buf *out,
    struct mir_body *body,
    const struct mir_place *place,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;

/* All of out lives in arena or in clear (borrowed). schema_version is left to the caller. */
mirsal_code mir_body_decode(struct mir_body *out,
    struct mir_arena *arena,
    const struct mir_place *place,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * The same of what is left of a body once records were purged (changeset.md 10.2): the numbers of
 * its records may have gaps, and it may hold nothing. All of it is decoded by the same rules.
 */
mirsal_code mir_body_encode_left(struct mir_buf *out,
    struct mir_body *body,
    const struct mir_place *place,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_body_decode_left(struct mir_body *out,
    struct mir_arena *arena,
    const struct mir_place *place,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Leaves of a body in order of the wire. */
size_t mir_body_leaf_count(const struct mir_body *body);
/* Appends the bytes of one leaf (changeset.md 5). */
void mir_body_leaf(struct mir_buf *out, const struct mir_body *body, size_t index);
/*
 * Leaf hashes with salts from seed, in order of the leaves; room for mir_merkle_padded(count),
 * which mir_merkle_content_root wants. NULL when memory is out.
 */
mirsal_hash *mir_body_leaf_hashes(struct mir_arena *arena,
    const struct mir_body *body,
    const uint8_t seed[32]);
mirsal_code mir_body_content_root(mirsal_hash *out,
    const struct mir_body *body,
    const uint8_t seed[32],
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A running estimate of the sealed size of a body being gathered. How well text deflates is learned
 * from the bodies sealed before with the same meter, so one meter serves a whole import.
 */
struct mir_meter {
    size_t clear;      /* bytes gathered */
    size_t leaves;     /* leaves gathered */
    uint32_t permille; /* sealed bytes per 1,000 gathered, as learned */
};

void mir_meter_init(struct mir_meter *meter);
void mir_meter_add_record(struct mir_meter *meter);
void mir_meter_add_write(struct mir_meter *meter, const struct mir_write *write);
size_t mir_meter_estimate(const struct mir_meter *meter);
/* 1 when the body should be closed: about sealed_size, or near a limit of bodies. */
int mir_meter_full(const struct mir_meter *meter, size_t sealed_size);
/* After sealing: learns, and begins the next body. */
void mir_meter_sealed(struct mir_meter *meter, size_t sealed_size);

#endif
