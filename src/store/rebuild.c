/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/rebuild.c - all projections anew from the chains; see the header.
 */
#include "rebuild.h"

#include "accept.h"

#include <string.h>

mirsal_code mir_rebuild(struct mir_store *store, mirsal_error *err)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_accept_reproject(&counts, store, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}
