/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/insert.h - the records that a changeset creates: one row each.
 */
#ifndef MIR_INSERT_H
#define MIR_INSERT_H

#include "projection.h"
#include "writes.h"

/*
 * Inserts the created records of a body with their writes. incoming has everything but value and
 * parents. Records whose id is there already (two creations of one id) or that edits already name
 * take the slow way, register by register.
 */
mirsal_code mir_insert_creates(struct mir_store *store,
    const struct mir_body *body,
    const struct mir_incoming *incoming,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
