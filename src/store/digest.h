/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/digest.h - what a register adds to the state digest; protocol/control.md 6.1.
 */
#ifndef MIR_DIGEST_H
#define MIR_DIGEST_H

#include "buf.h"

/* A register with a live write. */
struct mir_digest_register {
    const mirsal_id *record;
    uint32_t field;
    struct mir_bytes key; /* encoded; empty: nil */
    const mirsal_hash *winner;
    struct mir_bytes value;
    mirsal_hash *others; /* the other live changesets; the call sorts them */
    size_t other_count;
};

/* scratch is emptied and used. NO_MEMORY. */
mirsal_code mir_digest_register(mirsal_hash *out,
    const struct mir_digest_register *given,
    struct mir_buf *scratch,
    mirsal_error *err) MIRSAL_MUST_USE;

/* sum ± term modulo 2²⁵⁶, big-endian. */
void mir_digest_add(mirsal_hash *sum, const mirsal_hash *term);
void mir_digest_subtract(mirsal_hash *sum, const mirsal_hash *term);

#endif
