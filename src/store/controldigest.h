/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/controldigest.h - what the control changesets held come to, in 32 bytes;
 * protocol/control.md 6.2.
 */
#ifndef MIR_CONTROLDIGEST_H
#define MIR_CONTROLDIGEST_H

#include "buf.h"
#include "membership.h"

/* The bytes that are hashed. */
mirsal_code mir_control_state(struct mir_buf *out,
    const struct mir_membership *membership,
    const mirsal_hash *team,
    mirsal_error *err) MIRSAL_MUST_USE;

mirsal_code mir_control_digest(mirsal_hash *out,
    const struct mir_membership *membership,
    const mirsal_hash *team,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
