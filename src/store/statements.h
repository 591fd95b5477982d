/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/statements.h - this device says something: one control changeset on its own chain; and
 * texts sealed to main, both ways.
 */
#ifndef MIR_STATEMENTS_H
#define MIR_STATEMENTS_H

#include "changeset.h"
#include "statement.h"
#include "store.h"

struct mir_root;

/*
 * Signs and stores one control changeset with these statements, inside the caller's transaction;
 * settle follows before commit. It knows all control held here. *id may be NULL.
 */
mirsal_code mir_statements_say(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_say *says,
    uint32_t count,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * The same said by root, on its chain; by this device where root is NULL. Said by root on two
 * devices that do not know of each other it forks root's chain, of which all branches stand
 * (control.md 5.0).
 */
mirsal_code mir_statements_say_as(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_root *root,
    const struct mir_say *says,
    uint32_t count,
    mirsal_error *err) MIRSAL_MUST_USE;
/* And settles. */
mirsal_code mir_statements_settle(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_root *root,
    const struct mir_say *say,
    mirsal_error *err) MIRSAL_MUST_USE;
/* One transaction around say and settle. */
mirsal_code mir_statements_say_one(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_say *say,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A control changeset held, decoded; all lives in arena. NOT_FOUND. */
mirsal_code mir_statements_read(struct mir_control_body *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *id,
    mirsal_error *err) MIRSAL_MUST_USE;

/* NULL or "" seals nothing. NOT_UTF8, TOO_LARGE. */
mirsal_code mir_statements_seal_text(struct mir_sealed_text *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Empty where this device has no key for it. Lives in arena, with a NUL behind it. */
mirsal_code mir_statements_open_text(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_sealed_text *text,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
