/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/decide.h - the registers that a person decides on: named as commands name them, and the
 * values that stand beside each other, numbered as `conflicts` shows them.
 */
#ifndef MIR_DECIDE_H
#define MIR_DECIDE_H

#include "history.h"
#include "scalar.h"

struct mir_work;

/*
 * "date", "date_start", "title:ar"; a text without its language where one language alone is in the
 * queue, or written at all. UNKNOWN_FIELD, BAD_VALUE.
 */
mirsal_code mir_decide_register(const struct mir_schema_field **field,
    struct mir_bytes *key,
    struct mir_work *work,
    const struct mir_record *record,
    const char *name,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The live writes, the winner first: pick n is the n-th. */
mirsal_code mir_decide_picks(struct mir_writings *out,
    struct mir_work *work,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A withdrawal's value: the reason, and the changesets that made the record and wrote what is live
 * in it; empty: taken back.
 */
mirsal_code mir_decide_withdrawal(struct mir_bytes *out,
    struct mir_work *work,
    const struct mir_record *record,
    struct mir_bytes reason,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
