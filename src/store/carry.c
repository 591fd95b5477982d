/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/carry.c - work that a fork cost, carried over; see the header.
 *
 * Two passes over the branch: the first gives every record its new id, the second seals the bodies
 * in the order in which they were written. An id within a value is found by its encoded form
 * (bin 16): the ids are hashes, so that nothing else looks like one of them.
 */
#include "carry.h"

#include "env.h"
#include "fail.h"
#include "identity.h"
#include "mir_limits.h"
#include "opening.h"
#include "sealown.h"
#include "sort.h"
#include "sql.h"

#include <string.h>

#define BIN_8     0xc4u
#define ID_SIZE   16u
#define FORM_SIZE (2u + ID_SIZE)

/* An id or base as it was and as it is. Bases fill eight bytes. */
struct renamed {
    uint8_t was[ID_SIZE];
    uint8_t is[ID_SIZE];
};

struct carrying {
    struct mir_store *store;
    struct mir_arena arena;
    struct mir_buf branch;     /* int64_t: numbers of changesets, in order of writing */
    struct mir_buf records;    /* struct renamed */
    struct mir_buf bases;      /* struct renamed */
    struct mir_buf changesets; /* struct renamed, of the names that parents carry */
};

static const uint8_t *find_renamed(const struct mir_buf *renamed, const uint8_t *was, size_t size)
{
    for (size_t at = 0; at < renamed->size; at += sizeof(struct renamed)) {
        const struct renamed *each = (const struct renamed *)(const void *)(renamed->data + at);
        if (memcmp(each->was, was, size) == 0) {
            return each->is;
        }
    }
    return NULL;
}

static void add_renamed(struct mir_buf *renamed, const uint8_t *was, const uint8_t *is, size_t size)
{
    struct renamed each;
    memset(&each, 0, sizeof each);
    memcpy(each.was, was, size);
    memcpy(each.is, is, size);
    mir_buf_append(renamed, &each, sizeof each);
}

/* Whether another branch of the chain that row stands on was chosen; *from is the fork's place. */
static mirsal_code is_lost(int *lost,
    uint64_t *from,
    struct mir_store *store,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM changeset WHERE device = ?1 AND compartment = ?2"
                               " AND seq = ?3 AND state = 0 LIMIT 1";
    sqlite3_stmt *statement = NULL;
    *lost = 0;
    mirsal_code rc = mir_chain_fork(from, store->sql, row->device, row->compartment, err);
    if (rc != MIRSAL_OK || *from == 0 || row->seq < *from || row->state != MIR_STATE_QUARANTINED) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, row->device);
        mir_sql_bind_int(statement, 2, row->compartment);
        mir_sql_bind_int(statement, 3, (int64_t)*from);
        rc = mir_sql_step(lost, store->sql, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}

/* From its head down to the fork. */
static mirsal_code gather_branch(struct carrying *carrying,
    struct mir_chain_row row,
    uint64_t from,
    mirsal_error *err)
{
    struct mir_store *store = carrying->store;
    struct mir_changeset changeset;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && row.no != 0 && row.seq >= from) {
        mir_buf_append(&carrying->branch, &row.no, sizeof row.no);
        mir_arena_reset(&carrying->arena);
        rc = mir_chain_load_header(&changeset, &carrying->arena, store->sql, row.no, err);
        if (rc == MIRSAL_OK) {
            mirsal_hash prev = changeset.fields.prev;
            rc = mir_chain_find(&row, store->sql, &prev, err);
        }
    }
    return rc == MIRSAL_OK ? mir_buf_finish(&carrying->branch, err) : rc;
}

static mirsal_code drop_head(struct mir_store *store, const mirsal_hash *id, mirsal_error *err)
{
    static const char text[] = "DELETE FROM left_head WHERE id = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, id->bytes, sizeof id->bytes);
    return mir_sql_done(store->sql, statement, err);
}

static mirsal_code read_heads(struct mir_buf *heads, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT id FROM left_head";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&row, store->sql, statement, err)) == MIRSAL_OK &&
           row) {
        struct mir_bytes id = mir_sql_column(statement, 0);
        if (id.size == sizeof(mirsal_hash)) {
            mir_buf_append(heads, id.data, id.size);
        }
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(heads, err) : rc;
}

static mirsal_code gather_lost(struct carrying *carrying, mirsal_error *err)
{
    struct mir_store *store = carrying->store;
    struct mir_buf heads;
    mir_buf_init(&heads, store->env, SIZE_MAX / 2);
    mirsal_code rc = read_heads(&heads, store, err);
    for (size_t at = 0; rc == MIRSAL_OK && at < heads.size; at += sizeof(mirsal_hash)) {
        struct mir_chain_row row;
        mirsal_hash id;
        uint64_t from = 0;
        int lost = 0;
        memcpy(id.bytes, heads.data + at, sizeof id.bytes);
        rc = mir_chain_find(&row, store->sql, &id, err);
        if (rc == MIRSAL_OK && row.no != 0) {
            rc = is_lost(&lost, &from, store, &row, err);
        }
        if (rc == MIRSAL_OK && lost) {
            rc = gather_branch(carrying, row, from, err);
        }
        if (rc == MIRSAL_OK && lost) {
            rc = drop_head(store, &id, err);
        }
    }
    mir_buf_fini(&heads);
    return rc;
}

static int compare_numbers(const void *a, const void *b, void *context)
{
    int64_t left = 0;
    int64_t right = 0;
    (void)context;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

/* *content is OPENED when the body is there. */
static mirsal_code open_one(struct mir_opened *opened,
    enum mir_content *content,
    struct mir_changeset *changeset,
    struct carrying *carrying,
    int64_t no,
    mirsal_error *err)
{
    struct mir_store *store = carrying->store;
    struct mir_chain_row row;
    memset(opened, 0, sizeof *opened);
    mir_arena_reset(&carrying->arena);
    mirsal_code rc = mir_chain_row(&row, store->sql, no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load(changeset, &carrying->arena, store->sql, no, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_content_open(opened, content, &carrying->arena, store, changeset, &row, err);
    }
    mir_wipe(opened->seed, sizeof opened->seed);
    return rc;
}

/* Records made in one transaction keep belonging together: one base, one new base. */
static mirsal_code rename_records(struct carrying *carrying, int64_t no, mirsal_error *err)
{
    struct mir_changeset changeset;
    struct mir_opened opened;
    struct mir_place place;
    enum mir_content content = MIR_CONTENT_CLOSED;
    uint8_t drawn[8];
    mirsal_code rc = open_one(&opened, &content, &changeset, carrying, no, err);
    if (rc != MIRSAL_OK || content != MIR_CONTENT_OPENED) {
        return rc;
    }
    const struct mir_body *body = &opened.body;
    if (find_renamed(&carrying->bases, body->base, sizeof body->base) == NULL) {
        mir_random(carrying->store->env, drawn, sizeof drawn);
        add_renamed(&carrying->bases, body->base, drawn, sizeof drawn);
    }
    rc = mir_buf_finish(&carrying->bases, err);
    const uint8_t *base = find_renamed(&carrying->bases, body->base, sizeof body->base);
    memcpy(place.device, mir_store_device(carrying->store)->bytes, sizeof place.device);
    place.compartment = changeset.fields.compartment;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body->creates_count; i++) {
        const struct mir_create *create = &body->creates[i];
        mirsal_id id;
        mir_record_id(&id, &place, base, create->type, create->number);
        add_renamed(&carrying->records, create->record.bytes, id.bytes, sizeof id.bytes);
        rc = mir_buf_finish(&carrying->records, err);
    }
    return rc;
}

/* The same bytes with the ids of carried records replaced. */
static mirsal_code follow(struct mir_bytes *bytes, struct carrying *carrying, mirsal_error *err)
{
    uint8_t *copy = NULL;
    for (size_t at = 0; at + FORM_SIZE <= bytes->size; at++) {
        const uint8_t *form = bytes->data + at;
        const uint8_t *is = form[0] == BIN_8 && form[1] == ID_SIZE
                                ? find_renamed(&carrying->records, form + 2, ID_SIZE)
                                : NULL;
        if (is == NULL) {
            continue;
        }
        if (copy == NULL) {
            copy = mir_arena_copy(&carrying->arena, bytes->data, bytes->size);
            if (copy == NULL) {
                return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            }
            bytes->data = copy;
        }
        memcpy(copy + at + 2, is, ID_SIZE);
        at += FORM_SIZE - 1;
    }
    return MIRSAL_OK;
}

static mirsal_code follow_parents(struct mir_write *write,
    struct carrying *carrying,
    mirsal_error *err)
{
    struct mir_ref *parents = NULL;
    if (write->parents_count == 0) {
        return MIRSAL_OK;
    }
    parents = mir_arena_copy(
        &carrying->arena, write->parents, write->parents_count * sizeof *write->parents);
    if (parents == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < write->parents_count; i++) {
        const uint8_t *is = find_renamed(&carrying->changesets, parents[i].bytes, MIR_REF_SIZE);
        if (is != NULL) {
            memcpy(parents[i].bytes, is, MIR_REF_SIZE);
        }
    }
    mir_sort(parents, write->parents_count, sizeof *parents, mir_compare_refs, NULL);
    write->parents = parents;
    return MIRSAL_OK;
}

static mirsal_code follow_body(struct mir_body *body, struct carrying *carrying, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    const uint8_t *base = find_renamed(&carrying->bases, body->base, sizeof body->base);
    if (base == NULL) {
        return mir_fail(err, MIRSAL_CORRUPT, "a body opens otherwise than before");
    }
    memcpy(body->base, base, sizeof body->base);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body->writes_count; i++) {
        struct mir_write *write = &body->writes[i];
        const uint8_t *record =
            find_renamed(&carrying->records, write->record.bytes, sizeof write->record.bytes);
        if (record != NULL) {
            memcpy(write->record.bytes, record, sizeof write->record.bytes);
        }
        rc = follow(&write->key, carrying, err);
        if (rc == MIRSAL_OK) {
            rc = follow(&write->value, carrying, err);
        }
        if (rc == MIRSAL_OK) {
            rc = follow_parents(write, carrying, err);
        }
    }
    return rc;
}

static mirsal_code seal_again(uint32_t *count,
    struct carrying *carrying,
    int64_t no,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    struct mir_opened opened;
    struct mir_sealed_body sealed;
    enum mir_content content = MIR_CONTENT_CLOSED;
    mirsal_code rc = open_one(&opened, &content, &changeset, carrying, no, err);
    if (rc != MIRSAL_OK || content != MIR_CONTENT_OPENED) {
        return rc;
    }
    mirsal_hash id = changeset.id;
    rc = follow_body(&opened.body, carrying, err);
    if (rc == MIRSAL_OK) {
        rc = mir_seal_own(&sealed, carrying->store, changeset.fields.compartment, &opened.body,
            &carrying->arena, err);
    }
    if (rc == MIRSAL_OK) {
        add_renamed(&carrying->changesets, id.bytes, sealed.id.bytes, MIR_REF_SIZE);
        rc = mir_buf_finish(&carrying->changesets, err);
        (*count)++;
    }
    return rc;
}

mirsal_code mir_carry_over(uint32_t *changesets, struct mir_store *store, mirsal_error *err)
{
    struct carrying carrying = { .store = store };
    *changesets = 0;
    mir_arena_init(&carrying.arena, store->env, MIR_BODY_MEMORY_MAX);
    mir_buf_init(&carrying.branch, store->env, SIZE_MAX / 2);
    mir_buf_init(&carrying.records, store->env, SIZE_MAX / 2);
    mir_buf_init(&carrying.bases, store->env, SIZE_MAX / 2);
    mir_buf_init(&carrying.changesets, store->env, SIZE_MAX / 2);
    mirsal_code rc = gather_lost(&carrying, err);
    size_t count = carrying.branch.size / sizeof(int64_t);
    if (rc == MIRSAL_OK) {
        mir_sort(carrying.branch.data, count, sizeof(int64_t), compare_numbers, NULL);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < 2 * count; i++) {
        int64_t no = 0;
        memcpy(&no, carrying.branch.data + i % count * sizeof no, sizeof no);
        rc = i < count ? rename_records(&carrying, no, err)
                       : seal_again(changesets, &carrying, no, err);
    }
    mir_buf_fini(&carrying.changesets);
    mir_buf_fini(&carrying.bases);
    mir_buf_fini(&carrying.records);
    mir_buf_fini(&carrying.branch);
    mir_arena_fini(&carrying.arena);
    return rc;
}
