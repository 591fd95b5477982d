/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/statements.c - this device says something; see the header.
 */
#include "statements.h"

#include "accept.h"
#include "env.h"
#include "epochkeys.h"
#include "facts.h"
#include "fail.h"
#include "layout.h"
#include "members.h"
#include "mir_limits.h"
#include "rootword.h"
#include "sealown.h"
#include "stamp.h"
#include "text.h"

#include <string.h>

#define ARENA_MAX ((size_t)8 << 20)

/* The body that knows all control held but what seal cites. */
static mirsal_code write_body(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_seal *seal,
    const struct mir_say *says,
    uint32_t count,
    mirsal_error *err)
{
    const mirsal_hash but[2] = { seal->prev, seal->authority };
    struct mir_buf heads;
    mir_buf_init(&heads, store->env, MIR_KNOWS_MAX * sizeof(mirsal_hash));
    mirsal_code rc =
        mir_facts_heads(&heads, store->members->facts, store->members->count, but, 2, err);
    if (rc == MIRSAL_OK) {
        struct mir_control_body body = { (const mirsal_hash *)(const void *)heads.data,
            (uint32_t)(heads.size / sizeof(mirsal_hash)),
            mir_stamp_next(&store->stamp, mir_now_ms(store->env)), says, count };
        mir_control_body_write(out, &body);
        rc = mir_buf_finish(out, err);
        rc = rc == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "too much in one statement") : rc;
    }
    mir_buf_fini(&heads);
    return rc;
}

mirsal_code mir_statements_say(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_say *says,
    uint32_t count,
    mirsal_error *err)
{
    return mir_statements_say_as(id, store, NULL, says, count, err);
}

mirsal_code mir_statements_say_as(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_root *root,
    const struct mir_say *says,
    uint32_t count,
    mirsal_error *err)
{
    struct mir_seal seal;
    struct mir_changeset changeset;
    struct mir_chain_row row;
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    struct mir_arena arena;
    struct mir_buf body;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mir_buf_init(&body, store->env, MIR_CONTROL_BODY_SIZE_MAX);
    mirsal_code rc = MIRSAL_OK;
    if (store->control_came) {
        rc = mir_members_refresh(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = root != NULL ? mir_root_place(&seal, store, root, err)
                          : mir_seal_next(&seal, store, MIR_COMPARTMENT_CONTROL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_body(&body, store, &seal, says, count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_changeset_control(&changeset, &arena, &seal, mir_buf_bytes(&body), err);
    }
    if (rc == MIRSAL_OK) {
        rc = root != NULL ? mir_accept_put(&accepted, store, &changeset, err)
                          : mir_accept_own(&row, store, &changeset, NULL, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_int(store->sql, "stamp", (int64_t)store->stamp, err);
    }
    if (rc == MIRSAL_OK && id != NULL) {
        *id = changeset.id;
    }
    mir_buf_fini(&body);
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_statements_settle(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_root *root,
    const struct mir_say *say,
    mirsal_error *err)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_statements_say_as(id, store, root, say, 1, err);
    return rc == MIRSAL_OK ? mir_accept_settle(&counts, store, err) : rc;
}

mirsal_code mir_statements_say_one(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_say *say,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_statements_settle(id, store, NULL, say, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

mirsal_code mir_statements_read(struct mir_control_body *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *id,
    mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_changeset changeset;
    mirsal_code rc = mir_chain_find(&row, store->sql, id, err);
    if (rc == MIRSAL_OK && (row.no == 0 || row.compartment != MIR_COMPARTMENT_CONTROL)) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such control changeset here");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load(&changeset, arena, store->sql, row.no, err);
    }
    return rc == MIRSAL_OK ? mir_control_body_read(out, arena, changeset.body, err) : rc;
}

mirsal_code mir_statements_seal_text(struct mir_sealed_text *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (text == NULL || text[0] == '\0') {
        return MIRSAL_OK;
    }
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    if (!mir_utf8_valid(text, bytes.size)) {
        return mir_fail(err, MIRSAL_NOT_UTF8, "the text is not valid UTF-8");
    }
    const struct mir_epoch *epoch =
        mir_membership_epoch_for_writing(store->membership, MIR_COMPARTMENT_MAIN);
    if (epoch == NULL) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "no epoch of main may be used");
    }
    struct mir_epoch_public name = { MIR_COMPARTMENT_MAIN, epoch->name.number,
        epoch->name.public_key };
    mirsal_code rc = mir_text_seal(out, arena, &name, &store->team, bytes, store->env, err);
    return rc == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "the text is too large") : rc;
}

mirsal_code mir_statements_open_text(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_sealed_text *text,
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    struct mir_buf clear;
    mirsal_code rc = MIRSAL_OK;
    memset(out, 0, sizeof *out);
    mir_buf_init(&clear, store->env, MIR_SEALED_TEXT_SIZE_MAX);
    for (size_t i = 0; text->has && rc == MIRSAL_OK && i < store->membership->epoch_count; i++) {
        const struct mir_epoch_name *name = &store->membership->epochs[i].name;
        int found = 0;
        if (name->compartment != MIR_COMPARTMENT_MAIN || name->number != text->epoch) {
            continue;
        }
        rc = mir_epoch_secret(&secret, &found, store, &name->public_key, err);
        if (rc != MIRSAL_OK || !found) {
            continue;
        }
        if (mir_text_open(&clear, text, &store->team, &secret, NULL) != MIRSAL_OK) {
            mir_buf_reset(&clear);
            continue;
        }
        out->data = mir_arena_copy(arena, clear.data, clear.size);
        out->size = clear.size;
        rc = out->data == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
        break;
    }
    mir_buf_fini(&clear);
    return rc;
}
