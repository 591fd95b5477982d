/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/draft_calls.c - drafts: each call is a transaction of its own.
 */
#include "draft.h"
#include "fail.h"
#include "handle.h"

#include <mirsal/draft.h>
#include <string.h>

static mirsal_code check_closed(const mirsal_store *store, mirsal_error *err)
{
    return store->txn == NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
}

mirsal_code mirsal_draft_add(mirsal_id *out,
    mirsal_store *store,
    const mirsal_add_options *options,
    mirsal_error *err)
{
    struct mir_add add;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_handle_add(&add, options, err);
    if (rc == MIRSAL_OK) {
        rc = check_closed(store, err);
    }
    return rc == MIRSAL_OK ? mir_draft_add(out, store->store, &add, err) : rc;
}

mirsal_code mirsal_draft_list(mirsal_store *store,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_refresh(store->store, err);
    return rc == MIRSAL_OK ? mir_draft_list(store->store, line, context, err) : rc;
}

mirsal_code mirsal_draft_send(mirsal_store *store,
    const char *draft,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = check_closed(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_draft_send(store->store, draft, line, context, err);
    if (rc == MIRSAL_OK || rc == MIRSAL_CANCELLED) {
        mir_handle_tell(store);
    } else {
        mir_handle_forget(store);
    }
    return rc;
}

mirsal_code mirsal_draft_drop(mirsal_store *store,
    const char *draft,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = check_closed(store, err);
    if (rc == MIRSAL_OK && draft == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "no draft");
    }
    return rc == MIRSAL_OK ? mir_draft_drop(store->store, draft, line, context, err) : rc;
}
