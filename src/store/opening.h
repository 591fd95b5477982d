/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/opening.h - the clear body of a changeset that is held: as it was kept, or opened.
 */
#ifndef MIR_OPENING_H
#define MIR_OPENING_H

#include "chains.h"
#include "changeset.h"
#include "judge.h"
#include "store.h"

/*
 * *content says how far it came; only then is *out filled: MIR_CONTENT_OPENED. All of it lives in
 * arena.
 */
mirsal_code mir_content_open(struct mir_opened *out,
    enum mir_content *content,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    const struct mir_chain_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
