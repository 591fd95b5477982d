/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/shares.h - a secret as shares of which any threshold rebuild it, fewer tell nothing;
 * protocol/shares.md.
 */
#ifndef MIR_SHARES_H
#define MIR_SHARES_H

#include "buf.h"
#include "mir_limits.h"

/*
 * Writes count values of size bytes each, one after another: those of shares 1 to count. values has
 * room for count × size. BAD_VALUE unless 2 ≤ threshold ≤ count ≤ MIR_SHARES_MAX and
 * 1 ≤ size ≤ MIR_SHARED_SIZE_MAX; then values is untouched.
 */
mirsal_code mir_shares_split(uint8_t *values,
    struct mir_bytes secret,
    uint32_t threshold,
    uint32_t count,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_share_value {
    uint8_t index; /* 1 to MIR_SHARES_MAX */
    const uint8_t *bytes;
};
/*
 * The secret, size bytes, of count shares, all of which are used. BAD_VALUE for fewer than
 * threshold, an index out of range or given twice; NOT_AUTHENTIC where more than threshold are
 * given and do not fit together. secret is zeros then. That threshold shares fit together is not
 * to be seen from them: what was shared must tell.
 */
mirsal_code mir_shares_join(uint8_t *secret,
    size_t size,
    uint32_t threshold,
    const struct mir_share_value *shares,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
