/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/evidence.h - what relays signed: checkpoints of their logs and acknowledgements; kept
 * whole, compared, and what contradicts kept as evidence. protocol/sync.md 5.
 *
 * A *word* is one of them as it travels in bundles and between peers (sync.md 5.4): an encoded
 * array of at most RELAY_WORD_SIZE_MAX bytes, which bundles and peers need not take apart.
 *
 * Tables: checkpoint, by its hash; acknowledged with acknowledged_head; contradiction.
 */
#ifndef MIR_EVIDENCE_H
#define MIR_EVIDENCE_H

#include "relayword.h"
#include "store.h"

struct mir_state; /* wire/frames.h */

/* How a word came here. */
enum mir_evidence_via {
    MIR_VIA_RELAY = 1, /* from the relay itself, in a sync */
    MIR_VIA_BUNDLE = 2,
    MIR_VIA_PEER = 3,
};

/*
 * Verifies the word's signature, keeps it and compares it with those held; one that is held already
 * changes nothing. Inside the caller's transaction. MALFORMED or LIMIT for bytes that are no word,
 * BAD_SIGNATURE for one that its relay did not sign: neither changes anything, and the caller may
 * go on with what else came.
 */
mirsal_code mir_evidence_take(struct mir_store *store,
    struct mir_bytes word,
    enum mir_evidence_via via,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same for a word that was verified. */
mirsal_code mir_evidence_keep(struct mir_store *store,
    const struct mir_relay_word *word,
    enum mir_evidence_via via,
    mirsal_error *err) MIRSAL_MUST_USE;

/* As mir_evidence_take in a transaction of its own; one that is none or does not verify is left. */
mirsal_code mir_evidence_take_any(struct mir_store *store,
    struct mir_bytes word,
    enum mir_evidence_via via,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Returns other than MIRSAL_OK to end. The word is the callee's for the call. */
typedef mirsal_code (*mir_evidence_sink)(void *context, struct mir_bytes word, mirsal_error *err);
/*
 * What another device of the team should hear: of each relay the newest checkpoint, the newest
 * acknowledgement of each device, and both words of each contradiction. Reads only.
 */
mirsal_code mir_evidence_give(struct mir_store *store,
    mir_evidence_sink sink,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What is held against a relay. NAME, number, printed name. */
#define MIR_CONTRADICTIONS(X)                                                                      \
    X(FACES, 1, "two_faces")           /* two roots for one size of one log */                     \
    X(ROLLED_BACK, 2, "rolled_back")   /* a log shorter than the one it had signed */              \
    X(INCONSISTENT, 3, "inconsistent") /* no proof that the longer log continues the shorter */    \
    X(DENIED, 4, "denied")             /* does not hold what it had acknowledged, signed */        \
    X(WITHHELD, 5, "withheld")         /* acknowledged to its author, not served here */           \
    X(HIDDEN, 6, "hidden")             /* a log shorter than the one it signed for others */

enum mir_contradiction {
#define MIR_CONTRADICTION_ENUM(name, number, text) MIR_CONTRADICTION_##name = (number),
    MIR_CONTRADICTIONS(MIR_CONTRADICTION_ENUM)
#undef MIR_CONTRADICTION_ENUM
};
const char *mir_contradiction_name(enum mir_contradiction kind);

/* Keeps it, once. other may be NULL: what the relay showed was not signed. In the caller's
 * transaction. */
mirsal_code mir_evidence_contradicts(struct mir_store *store,
    enum mir_contradiction kind,
    const struct mir_relay_word *one,
    const struct mir_relay_word *other,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Where the heads of STATE do not reach one of the relay's newest acknowledgement of this device in
 * this log, DENIED is kept. signed_word: what says so, or NULL. In the caller's transaction. */
mirsal_code mir_evidence_reaches(struct mir_store *store,
    const struct mir_relay_word *signed_word,
    const mirsal_hash *identity,
    const struct mir_state *state,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The relay served its log up to `size` whole: what it acknowledged to others below that and did
 * not serve is withheld. In the caller's transaction. */
mirsal_code mir_evidence_served(struct mir_store *store,
    int64_t peer,
    uint64_t size,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A checkpoint of this relay's log that came from others and was not shown to continue what it
 * showed this device; *has = 0: none. The largest. */
mirsal_code mir_evidence_doubt(struct mir_checkpoint *out,
    int *has,
    struct mir_store *store,
    const mirsal_hash *identity,
    const uint8_t store_epoch[8],
    mirsal_error *err) MIRSAL_MUST_USE;
/* It was shown to (or not, and is not asked for again). */
mirsal_code mir_evidence_proven(struct mir_store *store,
    const mirsal_hash *identity,
    const struct mir_checkpoint *checkpoint,
    int shown,
    mirsal_error *err) MIRSAL_MUST_USE;

/* One contradiction. */
struct mir_evidence {
    int64_t no;
    mirsal_hash identity; /* of the relay */
    struct mir_bytes url; /* size 0: no relay of this team now */
    enum mir_contradiction kind;
    struct mir_bytes one;
    struct mir_bytes other; /* size 0: none */
    uint64_t found_ms;
    int former; /* of a store epoch that the relay has left since: it says that it was restored */
};
/* Those above that number, in the order found; in arena. */
mirsal_code mir_evidence_list(struct mir_evidence **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t above,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The number of the last one; 0: none. */
mirsal_code mir_evidence_last(int64_t *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* The first thing held against the log that a word is about; 0: nothing. */
mirsal_code mir_evidence_against(int *out,
    struct mir_store *store,
    const mirsal_hash *identity,
    const uint8_t store_epoch[8],
    mirsal_error *err) MIRSAL_MUST_USE;
/* How many logs of a relay its signed words held here are about: 2 and more, it began new ones. */
mirsal_code mir_evidence_logs(uint64_t *out,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The first signed acknowledgement by each relay that covers a changeset. */
struct mir_acknowledged {
    mirsal_hash identity;
    struct mir_bytes word;
    uint64_t time_ms;
    int against; /* enum mir_contradiction: what is held against that log; 0: nothing */
};
mirsal_code mir_evidence_of(struct mir_acknowledged **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Verifies every word held; *bad counts those that do not verify. */
mirsal_code mir_evidence_verify(uint64_t *words,
    uint64_t *bad,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
