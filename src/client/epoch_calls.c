/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/epoch_calls.c - epochs are turned, compartments are made and granted.
 */
#include "answers.h"
#include "compartments.h"
#include "epochturn.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "names.h"

#include <mirsal/team.h>

mirsal_code mirsal_epoch_rotate(mirsal_text *out,
    mirsal_store *store,
    const char *compartment,
    int history,
    mirsal_error *err)
{
    struct mir_epoch_public made;
    struct mir_buf reply;
    uint32_t number = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK && compartment != NULL) {
        rc = mir_compartment_find(&number, store->store, compartment, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_epoch_rotate(&made, store->store, number, history, err);
    }
    if (rc == MIRSAL_OK) {
        const struct mir_epoch *writing =
            mir_membership_epoch_for_writing(store->store->membership, number);
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "compartment");
        mir_json_uint(&reply, number);
        mir_json_key(&reply, "epoch");
        mir_json_uint(&reply, made.number);
        mir_json_key(&reply, "public");
        mir_json_hash(&reply, &made.public_key);
        mir_json_key(&reply, "usable");
        mir_json_bool(&reply, writing != NULL && writing->name.number >= made.number);
        mir_json_close(&reply, '}');
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_compartment_add(mirsal_text *out,
    mirsal_store *store,
    const char *name,
    mirsal_error *err)
{
    struct mir_buf reply;
    uint32_t number = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_compartment_add(&number, store->store, name, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "number");
        mir_json_uint(&reply, number);
        mir_json_key(&reply, "name");
        mir_json_text(&reply, name);
        mir_json_close(&reply, '}');
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_compartment_grant(mirsal_text *out,
    mirsal_store *store,
    const char *compartment,
    const char *device,
    int readable,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash key;
    uint32_t number = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_compartment_find(&number, store->store, compartment, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_compartment_grant(store->store, number, &key, readable, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "compartment");
        mir_json_uint(&reply, number);
        mir_json_key(&reply, "device_id");
        mir_json_hash(&reply, &key);
        mir_json_key(&reply, "readable");
        mir_json_bool(&reply, readable);
        mir_json_close(&reply, '}');
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
