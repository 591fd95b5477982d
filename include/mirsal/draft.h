/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/draft.h - drafts: records that stay on this device, in no list, search, export or digest,
 * until they are sent.
 *
 * A draft is named by its id, which is that of the record it becomes, or a beginning of 6 digits or
 * more. Each call is a transaction of its own: MISUSE when one is open. A callback that returns
 * other than 0 ends the lines with CANCELLED; what was done stands.
 */
#ifndef MIRSAL_DRAFT_H
#define MIRSAL_DRAFT_H

#include <mirsal/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Keeps what mirsal_add would record, judged as mirsal_add judges it, and with its codes. The
 * parent may be a draft.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_draft_add(mirsal_id *out,
    mirsal_store *store,
    const mirsal_add_options *options,
    mirsal_error *err);
/** Lines {"draft","made","type","parent","compartment","language","fields"}, as they were made. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_draft_list(mirsal_store *store,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);
/**
 * Seals and signs drafts, durably and all or none: draft NULL all, else that one with the drafts
 * above it and below it. Lines {"draft","id","changeset"}. NOT_FOUND, AMBIGUOUS_ID, and what
 * mirsal_add fails with.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_draft_send(mirsal_store *store,
    const char *draft,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);
/** Removes a draft and those below it. Lines {"draft"}. NOT_FOUND, AMBIGUOUS_ID. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_draft_drop(mirsal_store *store,
    const char *draft,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
