/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/team_calls.c - the team at a glance, its devices and its relays.
 */
#include "answers.h"
#include "compared.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "mir_limits.h"
#include "names.h"
#include "team.h"
#include "text.h"

#include <mirsal/team.h>
#include <string.h>

mirsal_code mirsal_team_show(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_answer_team(&reply, store->store, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_device_list(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_answer_devices(&reply, store->store, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_device_show(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_device_admit(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_admit(store->store, &key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_device_verify(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_compared_say(store->store, &key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

/* The registration token, as mirsald prints it. */
static mirsal_code check_token(struct mir_bytes *out, const char *token, mirsal_error *err)
{
    *out = (struct mir_bytes){ NULL, 0 };
    if (token != NULL) {
        *out = (struct mir_bytes){ (const uint8_t *)token, strlen(token) };
    }
    if (out->size > MIR_TOKEN_SIZE_MAX || !mir_utf8_valid(out->data, out->size)) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "token", "not a registration token");
    }
    return MIRSAL_OK;
}

mirsal_code mirsal_relay_add(mirsal_text *out,
    mirsal_store *store,
    const char *url_key,
    const char *token,
    mirsal_error *err)
{
    struct mir_buf reply;
    struct mir_buf url;
    mirsal_hash identity;
    struct mir_bytes given;
    size_t url_size = 0;
    mir_buf_init(&url, &store->env, MIR_REPLY_SIZE_MAX);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_relay(&url_size, &identity, &store->env, url_key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_token(&given, token, err);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(&url, url_key, url_size);
        mir_buf_append_u8(&url, 0);
        rc = mir_buf_finish(&url, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_add(store->store, (const char *)url.data, &identity, given, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "relay");
        mir_json_text(&reply, (const char *)url.data);
        mir_json_key(&reply, "identity");
        mir_json_hash(&reply, &identity);
        mir_json_close(&reply, '}');
    }
    mir_buf_fini(&url);
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_relay_list(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_answer_relays(&reply, store->store, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}
