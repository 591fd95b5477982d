/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/facts.h - control changesets in the tables, decoded into the model's structs.
 */
#ifndef MIR_FACTS_H
#define MIR_FACTS_H

#include "arena.h"
#include "control.h"
#include "sql.h"

/* All that is held, in order of arrival; everything lives in arena. CORRUPT for a body that does
 * not decode: nothing of the kind is ever stored. */
mirsal_code mir_facts_load(struct mir_control **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_sql *sql,
    const mirsal_hash *team,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Appends 32-byte ids, ascending: the newest control changesets that no other one held leads to,
 * without `but` (an array of ids): what a next control changeset says it knows.
 */
mirsal_code mir_facts_heads(struct mir_buf *out,
    const struct mir_control *facts,
    size_t count,
    const mirsal_hash *but,
    size_t but_count,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
