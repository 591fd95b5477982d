/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/member_calls.c - cut, adopt, freeze, unfreeze; mirsal/members.h.
 */
#include "acts.h"
#include "answers.h"
#include "compartments.h"
#include "fail.h"
#include "handle.h"
#include "names.h"
#include "reach.h"
#include "recovery_out.h"

#include <mirsal/members.h>
#include <string.h>

#define AT_MAX   MIR_COMPARTMENTS
#define IDS_MAX  ((size_t)65536)
#define SEQ_SIZE 20u

static mirsal_code read_reason(enum mir_cut_reason *out, const char *name, mirsal_error *err)
{
    static const char *const names[] = { "lost", "hostile", "retired" };
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum mir_cut_reason)i;
            return MIRSAL_OK;
        }
    }
    return mir_fail_field(err, MIRSAL_BAD_VALUE, "reason", "a reason is lost, hostile or retired");
}

static int read_number(uint64_t *out, const char *text, size_t size)
{
    *out = 0;
    if (size == 0 || size >= SEQ_SIZE) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        *out = *out * 10u + (uint64_t)(text[i] - '0');
    }
    return 1;
}

/* By number, by name, also of one that was added, or "control". */
static mirsal_code read_compartment(uint8_t *out,
    struct mir_store *store,
    const char *text,
    size_t size,
    mirsal_error *err)
{
    char name[MIR_COMPARTMENT_NAME_MAX + 1];
    uint64_t number = 0;
    uint32_t found = MIR_COMPARTMENT_CONTROL;
    mirsal_code rc = MIRSAL_OK;
    if (read_number(&number, text, size) && number < MIR_COMPARTMENTS) {
        *out = (uint8_t)number;
        return rc;
    }
    if (size == 0 || size >= sizeof name) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "at", "no compartment is named in it");
    }
    memcpy(name, text, size);
    name[size] = '\0';
    if (strcmp(name, "control") != 0) {
        rc = mir_compartment_find(&found, store, name, err);
    }
    *out = (uint8_t)found;
    return rc;
}

static mirsal_code read_at(struct mir_cut_at *out,
    struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    const char *colon = strrchr(text, ':');
    mirsal_error why = { 0 };
    if (colon == NULL) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, "at", "'%s': a place is COMPARTMENT:SEQ", text);
    }
    mirsal_code rc = read_compartment(&out->compartment, store, text, (size_t)(colon - text), &why);
    if (rc == MIRSAL_BAD_VALUE) {
        return mir_fail_field(err, rc, "at", "'%s', before the colon: %s", text, why.message);
    }
    if (rc == MIRSAL_OK && !read_number(&out->seq, colon + 1, strlen(colon + 1))) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "at",
            "'%s', after the colon: not a number of a changeset", text);
    }
    if (rc != MIRSAL_OK && err != NULL) {
        *err = why;
    }
    return rc;
}

static mirsal_code cut(mirsal_store *store,
    const mirsal_hash *device,
    const mirsal_cut_options *options,
    mirsal_error *err)
{
    struct mir_cut_at at[AT_MAX];
    struct mir_cut_order order = {
        .device = device, .at = at, .at_count = options->at_count, .text = options->text
    };
    mirsal_hash id;
    struct mir_root *root = NULL;
    mirsal_code rc = read_reason(&order.reason, options->reason, err);
    if (rc == MIRSAL_OK && options->at_count > AT_MAX) {
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "at", "more places than chains");
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < options->at_count; i++) {
        rc = read_at(&at[i], store->store, options->at[i], err);
    }
    if (rc == MIRSAL_OK && options->source != NULL) {
        rc = mir_root_given(&root, store->store, options->source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_cut(&id, store->store, root, &order, err);
    }
    mir_root_close(root);
    return rc;
}

mirsal_code mirsal_device_cut(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const mirsal_cut_options *options,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = cut(store, &key, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

static mirsal_code read_ids(mirsal_hash *out,
    struct mir_store *store,
    const char *const *texts,
    size_t count,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        int64_t no = 0;
        rc = mir_reach_named(&no, &out[i], store, texts[i], err);
        if (rc == MIRSAL_OK && no == 0) {
            rc = mir_fail(err, MIRSAL_NOT_FOUND,
                "no changeset begins like this: 6 or more hex digits, as in log");
        }
    }
    return rc;
}

mirsal_code mirsal_device_adopt(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const char *const *changesets,
    size_t count,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_buf reply;
    mirsal_hash *ids = NULL;
    mirsal_hash key;
    uint32_t adopted = 0;
    mir_arena_init(&arena, &store->env, (IDS_MAX + 1) * sizeof *ids);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK && count > 0) {
        ids = count <= IDS_MAX ? mir_arena_alloc(&arena, count, sizeof *ids) : NULL;
        rc = ids == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                         : read_ids(ids, store->store, changesets, count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_adopt(&adopted, store->store, &key, ids, (uint32_t)count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_adopted(&reply, store->store, &key, adopted, err);
    }
    mir_arena_fini(&arena);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_device_freeze(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash freeze;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_freeze(&freeze, store->store, &key, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_device_unfreeze(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    struct mir_root *root = NULL;
    struct mir_buf reply;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_root_given(&root, store->store, source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_unfreeze(store->store, root, &key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    mir_root_close(root);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
