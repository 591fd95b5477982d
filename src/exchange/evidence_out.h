/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/evidence_out.h - what is held against relays, in words and as JSON.
 */
#ifndef MIR_EVIDENCE_OUT_H
#define MIR_EVIDENCE_OUT_H

#include "evidence.h"

/* What the relay did, in one sentence without its name. */
const char *mir_evidence_text(enum mir_contradiction kind);
/*
 * The key "evidence" with a list of what has a number above that (mir_evidence_last): relay, url,
 * what, why, found, proof (1: the words alone convince anybody), former (of a log that the relay
 * has left since), said (what each word says), words (hex). written: how many, or NULL.
 */
mirsal_code mir_evidence_write(struct mir_buf *out,
    size_t *written,
    struct mir_store *store,
    int64_t above,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
