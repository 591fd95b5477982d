/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_out.h - what a handoff that verified says, as the answer of `handoff verify`.
 */
#ifndef MIR_HANDOFF_OUT_H
#define MIR_HANDOFF_OUT_H

#include "handoffopen.h"

/* What the reader knows beside the content. */
struct mir_handoff_around {
    int origin_known;        /* a person said so, or it is the reader's own team */
    int recipient_checked;   /* 0: read without a recipient's key */
    const char *fingerprint; /* the origin's six words */
    const char *fingerprint_ar;
    uint8_t file_sha256[32];
    int64_t today; /* days since 1970 */
};

/* Appends one JSON object. */
mirsal_code mir_handoff_answer(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_around *around,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

const char *mir_handoff_why_name(enum mir_handoff_left_why why);
const char *mir_handoff_retracted_name(enum mir_handoff_retracted why);
const char *mir_handoff_role_name(uint32_t role);

#endif
