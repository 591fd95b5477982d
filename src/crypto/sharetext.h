/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/sharetext.h - one share of a team's root key as text that can be typed;
 * protocol/shares.md.
 */
#ifndef MIR_SHARETEXT_H
#define MIR_SHARETEXT_H

#include "buf.h"

#define MIR_SHARE_TEAM_SIZE  5u
#define MIR_SHARE_VALUE_SIZE 36u /* seed 32 ‖ check 4, as shared */

/* Holds a secret: keep it in mir_secret_alloc. */
struct mir_share {
    uint8_t team[MIR_SHARE_TEAM_SIZE]; /* the first bytes of its id */
    uint8_t set[3];                    /* of those made together */
    uint8_t threshold;
    uint8_t count;
    uint8_t index; /* 1 to count */
    uint8_t value[MIR_SHARE_VALUE_SIZE];
};

/*
 * Root's signing seed as shares of one fresh set. shares has room for count. BAD_VALUE as
 * mir_shares_split.
 */
mirsal_code mir_share_make(struct mir_share *shares,
    const uint8_t seed[32],
    const mirsal_hash *team,
    uint32_t threshold,
    uint32_t count,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * NOT_AUTHENTIC, saying which: shares of two teams or sets, one twice, too few, or they do not fit
 * together. seed is zeros then.
 */
mirsal_code mir_share_rebuild(uint8_t seed[32],
    const struct mir_share *shares,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

/* In one line where `line` is set, else in five. Ends with a line break. */
void mir_share_write(struct mir_buf *out, const struct mir_share *share, int line);
/*
 * Takes the next share from the front of *text; *found = 0 where only comments and blanks are
 * left. NOT_AUTHENTIC names the group that is wrong; VERSION.
 */
mirsal_code mir_share_read(struct mir_share *out,
    int *found,
    struct mir_bytes *text,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
