/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/retire.h - a device that may not sign on as itself becomes a new one by its own word: its
 * old key retires it and vouches for the new (control.md 2.2, 5.5, 5.9).
 */
#ifndef MIR_RETIRE_H
#define MIR_RETIRE_H

#include "store.h"

/* 1 for a member, neither cut nor retired, whose keys the store holds. */
int mir_team_may_retire(const struct mir_store *store);
/*
 * For a store that is behind itself and holds its keys. After its own control chain was pulled. The
 * new device is a monitor at most until an admin says otherwise; it keeps all that the store holds,
 * and its own branch where that lost a fork is carried over (carry.h). One transaction; the `keys`
 * file is replaced before it commits: when that is interrupted, the store waits for an invite.
 * NOT_ALLOWED when mir_team_may_retire is 0.
 */
mirsal_code mir_team_retire(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
