/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/purge_calls.c - a record is purged, the order approved or lifted; mirsal/purge.h.
 */
#include "answers.h"
#include "edit.h"
#include "handle.h"
#include "names.h"
#include "purge.h"
#include "recovery_out.h"

#include <mirsal/purge.h>

typedef mirsal_code (*order_call)(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err);

/* Root's word where source is not NULL; else *out is NULL. */
static mirsal_code take_root(struct mir_root **out,
    mirsal_store *store,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    *out = NULL;
    return source != NULL ? mir_root_given(out, store->store, source, err) : MIRSAL_OK;
}

mirsal_code mirsal_purge(mirsal_text *out,
    mirsal_store *store,
    const char *record,
    const char *reason,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    struct mir_root *root = NULL;
    struct mir_buf reply;
    mirsal_hash order;
    mirsal_id id;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_record_named(&id, store->store, 0, record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_root(&root, store, source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_purge_say(&order, store->store, root, &id, reason, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_purge(&reply, store->store, &order, err);
    }
    mir_root_close(root);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

static mirsal_code on_order(mirsal_text *out,
    mirsal_store *store,
    const char *order,
    const mirsal_root_source *source,
    order_call call,
    mirsal_error *err)
{
    struct mir_root *root = NULL;
    struct mir_buf reply;
    mirsal_hash id;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_purge(&id, store->store, order, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_root(&root, store, source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = call(store->store, root, &id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_purge(&reply, store->store, &id, err);
    }
    mir_root_close(root);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_purge_approve(mirsal_text *out,
    mirsal_store *store,
    const char *order,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    return on_order(out, store, order, source, mir_purge_approve, err);
}

mirsal_code mirsal_purge_lift(mirsal_text *out,
    mirsal_store *store,
    const char *order,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    return on_order(out, store, order, source, mir_purge_lift, err);
}

mirsal_code mirsal_purge_list(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_answer_purges(&reply, store->store, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}
