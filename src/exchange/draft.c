/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/draft.c - drafts made, listed, sent and dropped; see the header.
 *
 * A draft's text is one JSON object with the words of the command.
 */
#include "draft.h"

#include "drafts.h"
#include "env.h"
#include "fail.h"
#include "json_out.h"
#include "record_in.h"
#include "text.h"

#include <jansson.h>
#include <string.h>

#define DRAFTS_MEMORY_MAX ((size_t)256 << 20)
#define DRAFT_TEXT_MAX    ((size_t)4 << 20)
#define PREFIX_MIN        6u

/* All drafts, and which of them a call is about. */
struct drafts {
    struct mir_store *store;
    struct mir_arena arena;
    struct mir_drafts all;
    uint8_t *chosen;
    mirsal_hash *changesets; /* of those sent */
};

static mirsal_code open_drafts(struct drafts *drafts, struct mir_store *store, mirsal_error *err)
{
    memset(drafts, 0, sizeof *drafts);
    drafts->store = store;
    mir_arena_init(&drafts->arena, store->env, DRAFTS_MEMORY_MAX);
    mirsal_code rc = mir_drafts_read(&drafts->all, &drafts->arena, store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    drafts->chosen = mir_arena_alloc(&drafts->arena, drafts->all.count + 1, 1);
    drafts->changesets =
        mir_arena_alloc(&drafts->arena, drafts->all.count + 1, sizeof *drafts->changesets);
    return drafts->chosen != NULL && drafts->changesets != NULL
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

/* The hex digits of a beginning of a UUID, 0 when it is none. */
static size_t read_prefix(char out[33], const char *text)
{
    size_t size = 0;
    for (const char *at = text; *at != '\0'; at++) {
        char c = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
        if (c == '-') {
            continue;
        }
        if (size == 32 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return 0;
        }
        out[size++] = c;
    }
    out[size] = '\0';
    return size >= PREFIX_MIN ? size : 0;
}

static mirsal_code find_draft(size_t *out,
    const struct drafts *drafts,
    const char *text,
    mirsal_error *err)
{
    char prefix[33];
    char id[33];
    size_t size = read_prefix(prefix, text);
    size_t found = 0;
    for (size_t i = 0; size > 0 && i < drafts->all.count; i++) {
        mir_hex_encode(id, drafts->all.items[i].id.bytes, sizeof drafts->all.items[i].id.bytes);
        if (memcmp(id, prefix, size) == 0) {
            *out = i;
            found++;
        }
    }
    if (found == 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such draft");
    }
    return found == 1 ? MIRSAL_OK
                      : mir_fail(err, MIRSAL_AMBIGUOUS_ID, "several drafts begin like this");
}

/* The place of a draft's parent among those made before it, or SIZE_MAX. */
static size_t find_parent(const struct drafts *drafts, size_t at)
{
    const struct mir_draft *draft = &drafts->all.items[at];
    for (size_t i = at; draft->has_parent && i > 0; i--) {
        if (memcmp(&drafts->all.items[i - 1].id, &draft->parent, sizeof draft->parent) == 0) {
            return i - 1;
        }
    }
    return SIZE_MAX;
}

/* Called before choose_above, whose choices would count here. */
static void choose_below(struct drafts *drafts, size_t at)
{
    drafts->chosen[at] = 1;
    for (size_t i = at + 1; i < drafts->all.count; i++) {
        size_t parent = find_parent(drafts, i);
        if (parent != SIZE_MAX && drafts->chosen[parent]) {
            drafts->chosen[i] = 1;
        }
    }
}

static void choose_above(struct drafts *drafts, size_t at)
{
    for (size_t i = at; i != SIZE_MAX; i = find_parent(drafts, i)) {
        drafts->chosen[i] = 1;
    }
}

static const char *text_at(const struct json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* A record from what a draft says, as a changeset of its own within the open transaction. */
static mirsal_code make_record(mirsal_id *out,
    struct mir_txn_result *result,
    struct drafts *drafts,
    const struct mir_draft *draft,
    mirsal_error *err)
{
    struct json_t *json = NULL;
    struct mir_txn *txn = NULL;
    struct mir_add add = { 0 };
    const char **fields = NULL;
    mirsal_code rc = mir_json_load(&json, (const char *)draft->text.data, draft->text.size, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct json_t *list = json_object_get(json, "fields");
    add.type = text_at(json, "type");
    add.parent = text_at(json, "parent");
    add.compartment = text_at(json, "compartment");
    add.language = text_at(json, "language");
    add.count = json_array_size(list);
    fields = mir_arena_alloc(&drafts->arena, add.count + 1, sizeof *fields);
    for (size_t i = 0; fields != NULL && i < add.count; i++) {
        fields[i] = json_string_value(json_array_get(list, i));
    }
    add.assignments = fields;
    rc = fields == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                        : mir_txn_begin(&txn, drafts->store, MIR_TXN_LONE, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    mir_txn_set_base(txn, draft->base);
    rc = mir_record_add(out, txn, drafts->store, &add, err);
    if (rc == MIRSAL_OK) {
        rc = mir_txn_commit(result, txn, err);
    } else {
        mir_txn_rollback(txn);
    }
out:
    mir_json_drop(json);
    return rc;
}

static void put_optional(struct mir_buf *out, const char *key, const char *text)
{
    mir_json_key(out, key);
    if (text != NULL) {
        mir_json_text(out, text);
    } else {
        mir_json_null(out);
    }
}

static mirsal_code write_text(struct mir_buf *out,
    const struct mir_add *add,
    const char *parent,
    mirsal_error *err)
{
    mir_json_open(out, '{');
    put_optional(out, "type", add->type);
    put_optional(out, "parent", parent);
    put_optional(out, "compartment", add->compartment);
    put_optional(out, "language", add->language);
    mir_json_key(out, "fields");
    mir_json_open(out, '[');
    for (size_t i = 0; i < add->count; i++) {
        mir_json_item(out);
        mir_json_text(out, add->assignments[i]);
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    return mir_buf_finish(out, err);
}

/* The parent in words that stay true: a record's whole id, else a draft's, else as it was given. */
static mirsal_code name_parent(const char **out,
    char room[MIR_UUID_TEXT_SIZE],
    struct mir_draft *draft,
    struct drafts *drafts,
    const char *parent,
    mirsal_error *err)
{
    mirsal_id id;
    mirsal_error none = { 0 };
    size_t at = 0;
    *out = parent;
    if (parent == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_record_named(&id, drafts->store, 0, parent, &none);
    if (rc == MIRSAL_NOT_FOUND) {
        rc = find_draft(&at, drafts, parent, err);
        if (rc == MIRSAL_NOT_FOUND && drafts->store->write_only) {
            return MIRSAL_OK; /* `add` judges whether it may be one that was forgotten */
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
        choose_above(drafts, at);
        id = drafts->all.items[at].id;
        draft->parent = id;
        draft->has_parent = 1;
    } else if (rc != MIRSAL_OK) {
        return mir_fail(err, rc, "%s", none.message);
    }
    mir_uuid_format(room, &id);
    *out = room;
    return MIRSAL_OK;
}

/* Adds the drafts above it and it: the caller takes all back. */
static mirsal_code rehearse(struct mir_draft *draft,
    struct mir_buf *text,
    struct mir_store *store,
    const struct mir_add *add,
    mirsal_error *err)
{
    struct drafts drafts;
    struct mir_txn_result result;
    char room[MIR_UUID_TEXT_SIZE];
    const char *parent = NULL;
    mirsal_id above;
    mirsal_code rc = open_drafts(&drafts, store, err);
    if (rc == MIRSAL_OK) {
        rc = name_parent(&parent, room, draft, &drafts, add->parent, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_text(text, add, parent, err);
    }
    draft->text = mir_buf_bytes(text);
    for (size_t i = 0; rc == MIRSAL_OK && i < drafts.all.count; i++) {
        if (drafts.chosen[i]) {
            rc = make_record(&above, &result, &drafts, &drafts.all.items[i], err);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = make_record(&draft->id, &result, &drafts, draft, err);
    }
    mir_arena_fini(&drafts.arena);
    return rc;
}

mirsal_code mir_draft_add(mirsal_id *out,
    struct mir_store *store,
    const struct mir_add *add,
    mirsal_error *err)
{
    void (*on_change)(void *, const mirsal_id *, uint32_t) = store->on_change;
    struct mir_draft draft = { .made_ms = mir_now_ms(store->env) };
    struct mir_buf text;
    mir_buf_init(&text, store->env, DRAFT_TEXT_MAX);
    mir_random(store->env, draft.base, sizeof draft.base);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    store->on_change = NULL; /* nothing that is written here stays */
    rc = rehearse(&draft, &text, store, add, err);
    mir_store_rollback(store);
    store->on_change = on_change;
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = mir_drafts_keep(store, &draft, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
    }
    if (rc == MIRSAL_OK) {
        *out = draft.id;
    }
out:
    mir_buf_fini(&text);
    return rc;
}

static mirsal_code give_line(struct mir_buf *room, mir_line line, void *context, mirsal_error *err)
{
    mir_buf_append_u8(room, 0);
    mirsal_code rc = mir_buf_finish(room, err);
    if (rc == MIRSAL_OK && line(context, (const char *)room->data, room->size - 1) != 0) {
        rc = mir_fail(err, MIRSAL_CANCELLED, "the caller wants no more");
    }
    return rc;
}

mirsal_code mir_draft_list(struct mir_store *store, mir_line line, void *context, mirsal_error *err)
{
    struct drafts drafts;
    struct mir_buf room;
    mir_buf_init(&room, store->env, DRAFT_TEXT_MAX);
    mirsal_code rc = open_drafts(&drafts, store, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < drafts.all.count; i++) {
        const struct mir_draft *draft = &drafts.all.items[i];
        mir_buf_reset(&room);
        mir_json_open(&room, '{');
        mir_json_key(&room, "draft");
        mir_json_uuid(&room, &draft->id);
        mir_json_key(&room, "made");
        mir_json_time(&room, (int64_t)draft->made_ms, 0, 0);
        mir_buf_append_u8(&room, ',');
        /* The text is an object: its first bracket stood before "draft". */
        mir_buf_append(&room, draft->text.data + 1, draft->text.size - 1);
        rc = give_line(&room, line, context, err);
    }
    mir_buf_fini(&room);
    mir_arena_fini(&drafts.arena);
    return rc;
}

/* Lines of those chosen; sent: with the record and its changeset. */
static mirsal_code tell(struct drafts *drafts,
    int sent,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_buf room;
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(&room, drafts->store->env, DRAFT_TEXT_MAX);
    for (size_t i = 0; rc == MIRSAL_OK && i < drafts->all.count; i++) {
        if (!drafts->chosen[i]) {
            continue;
        }
        mir_buf_reset(&room);
        mir_json_open(&room, '{');
        mir_json_key(&room, "draft");
        mir_json_uuid(&room, &drafts->all.items[i].id);
        if (sent) {
            mir_json_key(&room, "id");
            mir_json_uuid(&room, &drafts->all.items[i].id);
            mir_json_key(&room, "changeset");
            mir_json_hash(&room, &drafts->changesets[i]);
        }
        mir_json_close(&room, '}');
        rc = give_line(&room, line, context, err);
    }
    mir_buf_fini(&room);
    return rc;
}

static mirsal_code send_one(struct drafts *drafts, size_t at, mirsal_error *err)
{
    struct mir_draft *draft = &drafts->all.items[at];
    struct mir_txn_result result;
    mirsal_id id;
    mirsal_code rc = make_record(&id, &result, drafts, draft, err);
    if (rc == MIRSAL_OK && memcmp(&id, &draft->id, sizeof id) != 0) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a draft became another record than it was");
    }
    drafts->changesets[at] = result.changeset;
    return rc == MIRSAL_OK ? mir_drafts_remove(drafts->store, draft->no, err) : rc;
}

static mirsal_code finish(struct mir_store *store, mirsal_code rc, mirsal_error *err)
{
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}

/* Sends or drops the draft and what hangs with it; all where draft is NULL. Tells each. */
static mirsal_code act_on(struct mir_store *store,
    const char *draft,
    int sends,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct drafts drafts;
    size_t at = 0;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = open_drafts(&drafts, store, err);
    if (rc == MIRSAL_OK && draft != NULL) {
        rc = find_draft(&at, &drafts, draft, err);
    }
    if (rc == MIRSAL_OK && draft == NULL) {
        memset(drafts.chosen, 1, drafts.all.count);
    } else if (rc == MIRSAL_OK) {
        choose_below(&drafts, at);
    }
    if (rc == MIRSAL_OK && draft != NULL && sends) {
        choose_above(&drafts, at);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < drafts.all.count; i++) {
        if (drafts.chosen[i]) {
            rc = sends ? send_one(&drafts, i, err)
                       : mir_drafts_remove(store, drafts.all.items[i].no, err);
        }
    }
    rc = finish(store, rc, err);
    if (rc == MIRSAL_OK) {
        rc = tell(&drafts, sends, line, context, err);
    }
    mir_arena_fini(&drafts.arena);
    return rc;
}

mirsal_code mir_draft_send(struct mir_store *store,
    const char *draft,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    return act_on(store, draft, 1, line, context, err);
}

mirsal_code mir_draft_drop(struct mir_store *store,
    const char *draft,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    return act_on(store, draft, 0, line, context, err);
}
