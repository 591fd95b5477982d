/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handle.c - open, close, what a handle keeps, and changes that are told.
 *
 * Changes are gathered while the store projects and told after the commit, each register once.
 */
#include "handle.h"

#include "clock.h"
#include "edit.h"
#include "env.h"
#include "fail.h"
#include "sort.h"

#include <string.h>

#define CHANGES_SIZE_MAX ((size_t)32 << 20)

struct change {
    mirsal_id record;
    uint32_t field;
};

const char *mirsal_version(void)
{
    return MIR_VERSION;
}

void mir_handle_env(mirsal_env *out, const mirsal_env *given)
{
    mirsal_env env = { .version = MIRSAL_ENV_VERSION };
    if (given != NULL) {
        env = *given;
    }
    env.now_ms = env.now_ms != NULL ? env.now_ms : mir_clock_now_ms;
    env.ticks_ms = env.ticks_ms != NULL ? env.ticks_ms : mir_clock_ticks_ms;
    env.random = env.random != NULL ? env.random : mir_system_random;
    mir_env_fill(out, &env);
}

mirsal_code mir_handle_version(uint32_t version, uint32_t known, mirsal_error *err)
{
    if (version == 0 || version > known) {
        return mir_fail(err, MIRSAL_MISUSE, "options of version %u", (unsigned)version);
    }
    return MIRSAL_OK;
}

mirsal_code mir_handle_add(struct mir_add *out,
    const mirsal_add_options *options,
    mirsal_error *err)
{
    *out = (struct mir_add){ .type = options->type,
        .assignments = options->assignments,
        .count = options->count,
        .parent = options->parent,
        .compartment = options->compartment,
        .language = options->language };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK && out->type == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a record without a type");
    }
    return rc;
}

/* Runs inside the store's transaction. */
static void note_change(void *context, const mirsal_id *record, uint32_t field)
{
    mirsal_store *handle = context;
    if (record == NULL) {
        handle->all_changed = 1;
    } else if (handle->on_change != NULL) {
        const struct change change = { *record, field };
        mir_buf_append(&handle->changes, &change, sizeof change);
    }
}

static int compare_changes(const void *a, const void *b, void *context)
{
    const struct change *left = a;
    const struct change *right = b;
    (void)context;
    int order = memcmp(left->record.bytes, right->record.bytes, sizeof left->record.bytes);
    if (order != 0) {
        return order;
    }
    return left->field < right->field ? -1 : left->field > right->field;
}

void mir_handle_tell(mirsal_store *handle)
{
    struct mir_buf changes = handle->changes;
    mir_buf_init(&handle->changes, &handle->env, CHANGES_SIZE_MAX);
    size_t count = changes.size / sizeof(struct change);
    int all = handle->all_changed || changes.failed != MIRSAL_OK;
    handle->all_changed = 0;
    if (handle->on_change != NULL && all) {
        handle->on_change(handle->on_change_context, NULL, NULL, NULL);
        count = 0;
    }
    struct change *each = (void *)changes.data;
    mir_sort(each, count, sizeof *each, compare_changes, NULL);
    for (size_t i = 0; i < count && handle->on_change != NULL; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(handle->store->schema, each[i].field);
        if (field != NULL && (i == 0 || compare_changes(&each[i - 1], &each[i], NULL) != 0)) {
            handle->on_change(
                handle->on_change_context, &each[i].record, field->type->name, field->name);
        }
    }
    mir_buf_fini(&changes);
}

mirsal_code mir_handle_new(mirsal_store **out,
    struct mir_store_options *within,
    const mirsal_store_options *options,
    mirsal_error *err)
{
    mirsal_env env;
    *out = NULL;
    memset(within, 0, sizeof *within);
    mirsal_code rc = mir_handle_version(options->version, MIRSAL_STORE_OPTIONS_VERSION, err);
    if (rc == MIRSAL_OK && options->directory == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "no directory");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_crypto_start(err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_handle_env(&env, options->env);
    mirsal_store *handle = mir_alloc(&env, sizeof *handle);
    if (handle == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a store");
    }
    handle->env = env;
    mir_buf_init(&handle->changes, &handle->env, CHANGES_SIZE_MAX);
    within->env = &handle->env;
    within->directory = options->directory;
    within->vfs = options->vfs;
    within->state = options->state_directory;
    within->passphrase = (struct mir_bytes){ options->passphrase, options->passphrase_size };
    *out = handle;
    return MIRSAL_OK;
}

void mir_handle_ready(mirsal_store *handle)
{
    handle->store->on_change = note_change;
    handle->store->on_change_context = handle;
}

mirsal_code mirsal_open(mirsal_store **out, const mirsal_store_options *options, mirsal_error *err)
{
    struct mir_store_options within;
    mirsal_store *handle = NULL;
    *out = NULL;
    mirsal_code rc = mir_handle_new(&handle, &within, options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_open(&handle->store, &within, err);
    }
    if (rc != MIRSAL_OK) {
        mirsal_close(handle);
        if (rc == MIRSAL_WRONG_PASSPHRASE && options->passphrase_size == 0) {
            return mir_fail_field(err, MIRSAL_USAGE, "passphrase", "no passphrase was given");
        }
        return rc;
    }
    mir_handle_ready(handle);
    *out = handle;
    return MIRSAL_OK;
}

void mir_handle_forget(mirsal_store *handle)
{
    mir_buf_reset(&handle->changes);
    handle->all_changed = 0;
}

void mirsal_close(mirsal_store *store)
{
    if (store == NULL) {
        return;
    }
    mir_txn_rollback(store->txn);
    mir_store_close(store->store);
    mir_buf_fini(&store->changes);
    const mirsal_env env = store->env;
    mir_release(&env, store, sizeof *store);
}

void mirsal_on_change(mirsal_store *store,
    void (*callback)(void *context, const mirsal_id *record, const char *type, const char *field),
    void *context)
{
    store->on_change = callback;
    store->on_change_context = context;
}

mirsal_code mir_reply_begin(mirsal_text *out,
    struct mir_buf *reply,
    mirsal_store *handle,
    mirsal_error *err)
{
    *out = (mirsal_text){ 0 };
    mir_buf_init(reply, &handle->env, MIR_REPLY_SIZE_MAX);
    return mir_store_refresh(handle->store, err);
}

mirsal_code mir_reply_end(mirsal_text *out,
    struct mir_buf *reply,
    mirsal_code rc,
    mirsal_error *err)
{
    if (rc == MIRSAL_OK) {
        rc = mir_text_give(out, reply, err);
    }
    mir_buf_fini(reply);
    return rc;
}
