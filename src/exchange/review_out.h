/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/review_out.h - one item of the review queue as JSON, for `conflicts` and `show`.
 */
#ifndef MIR_REVIEW_OUT_H
#define MIR_REVIEW_OUT_H

#include "history.h"
#include "tell.h"

mirsal_code mir_review_write(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_review *item,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
