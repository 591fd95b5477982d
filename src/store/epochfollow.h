/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epochfollow.h - older epochs out of newer ones: each `previous` envelope is opened with the
 * private half of the epoch that carries it, down the chain; protocol/control.md 3.2 and 5.14.
 */
#ifndef MIR_EPOCHFOLLOW_H
#define MIR_EPOCHFOLLOW_H

#include "epochkeys.h"
#include "membership.h"

/* Keeps what opens, inside the caller's transaction; *kept counts it. */
mirsal_code mir_epochs_follow(uint32_t *kept, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

/*
 * 1 for an epoch that this device reads and lacks, that no envelope is due of because a newer one
 * carries it, and that the newer one did not give: the device says so (epoch_ok = 0).
 */
mirsal_code mir_epoch_is_swallowed(int *out,
    struct mir_store *store,
    const struct mir_epoch *epoch,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
