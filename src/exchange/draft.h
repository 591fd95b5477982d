/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/draft.h - drafts: records that stay on this device until they are sent.
 *
 * A draft is what was asked for, kept as it was asked; it was added and taken back when it was
 * made, so that it fails then for what `add` would fail for. Its id is that of the record it
 * becomes. A draft may stand below another; the two are sent in this order and dropped together.
 */
#ifndef MIR_DRAFT_H
#define MIR_DRAFT_H

#include "answers.h"
#include "edit.h"

/* In a transaction of its own. The codes of mir_record_add; the parent may be a draft. */
mirsal_code mir_draft_add(mirsal_id *out,
    struct mir_store *store,
    const struct mir_add *add,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Lines {"draft","made","type","parent","compartment","language","fields"}, as they were made. */
mirsal_code mir_draft_list(struct mir_store *store, mir_line line, void *context, mirsal_error *err)
    MIRSAL_MUST_USE;
/*
 * Seals drafts as records, in one transaction: all (draft NULL), or the one named by its id or a
 * beginning of 6 digits or more, after the drafts above it and before those below it. Then lines
 * {"draft","id","changeset"}. NOT_FOUND, AMBIGUOUS_ID, and what `add` fails for: then all stay.
 */
mirsal_code mir_draft_send(struct mir_store *store,
    const char *draft,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Removes a draft and those below it. Then lines {"draft"}. */
mirsal_code mir_draft_drop(struct mir_store *store,
    const char *draft,
    mir_line line,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
