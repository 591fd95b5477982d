/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/evidence.h - what relays signed: checkpoints of their logs and acknowledgements; kept
 * whole, compared, and what contradicts kept as evidence. protocol/sync.md 5.
 *
 * A *word* is one of them as it travels in bundles and between peers (sync.md 5.5): an encoded
 * array of at most RELAY_WORD_SIZE_MAX bytes, which nobody but this file needs to take apart.
 */
#ifndef MIR_EVIDENCE_H
#define MIR_EVIDENCE_H

#include "relay.h"
#include "store.h"

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

#endif
