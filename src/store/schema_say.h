/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema_say.h - an admin gives the team another version of its schema.
 */
#ifndef MIR_SCHEMA_SAY_H
#define MIR_SCHEMA_SAY_H

#include "rootword.h"

/* One statement with these compiled bytes, inside the caller's transaction; nothing is judged. */
mirsal_code mir_schema_say(struct mir_store *store, struct mir_bytes compiled, mirsal_error *err)
    MIRSAL_MUST_USE;
/*
 * Says it to the team, in a transaction of its own; the same bytes as those in use say nothing.
 * root: NULL, or who says it, and may loosen (schema.md 8.1). NOT_ALLOWED, BAD_VALUE (it does not
 * extend the one in use, or its version is not higher), MALFORMED, TOO_LARGE.
 */
mirsal_code mir_schema_extend(struct mir_store *store,
    const struct mir_root *root,
    struct mir_bytes compiled,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
