/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/affected.c - what each cut, loss, retire and freeze holds back; see the header. Chains
 * where something is cut are judged anew, to ask by what.
 */
#include "affected.h"

#include "buf.h"
#include "chainjudge.h"
#include "chains.h"
#include "fail.h"
#include "members.h"
#include "sort.h"

#include <string.h>

static int compare_items(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_held_back *left = a;
    const struct mir_held_back *right = b;
    return memcmp(left->changeset.bytes, right->changeset.bytes, sizeof left->changeset.bytes);
}

static int compare_by(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_held_back *left = a;
    const struct mir_held_back *right = b;
    return memcmp(left->by.bytes, right->by.bytes, sizeof left->by.bytes);
}

static mirsal_code add(struct mir_buf *items,
    const mirsal_hash *changeset,
    const mirsal_hash *by,
    mirsal_error *err)
{
    struct mir_held_back item = { *changeset, *by };
    mir_buf_append(items, &item, sizeof item);
    return mir_buf_finish(items, err);
}

static mirsal_code add_chain(struct mir_buf *items,
    struct mir_store *store,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err)
{
    struct mir_chain_judge judge;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, SIZE_MAX);
    mirsal_code rc = mir_chain_causes(&judge, &arena, store, device, compartment, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < judge.count; i++) {
        struct mir_chain_row row;
        if (judge.judged[i].cause == NULL) {
            continue;
        }
        rc = mir_chain_row(&row, store->sql, judge.judged[i].no, err);
        rc = rc == MIRSAL_OK ? add(items, &row.id, judge.judged[i].cause, err) : rc;
    }
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code add_data(struct mir_buf *items, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT DISTINCT device, compartment FROM changeset"
                               " WHERE state = ?1 AND reason = ?2 AND compartment <> 255";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, MIR_STATE_QUARANTINED);
    mir_sql_bind_int(statement, 2, MIR_REASON_CUT);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = add_chain(items, store, mir_sql_column_int(statement, 0),
            (uint32_t)mir_sql_column_int(statement, 1), err);
    }
    mir_sql_release(statement);
    return rc;
}

/* Several statements of one changeset may not count: it is one that is held back. */
static mirsal_code add_control(struct mir_buf *items, struct mir_store *store, mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    const mirsal_hash *last = NULL;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->fault_count; i++) {
        const struct mir_fault *fault = &membership->faults[i];
        const mirsal_hash *by = NULL;
        if ((fault->reason != MIR_REASON_CUT && fault->reason != MIR_REASON_FROZEN) ||
            (last != NULL && mir_hash_equal(last, &fault->changeset))) {
            continue;
        }
        last = &fault->changeset;
        by = mir_membership_cause(membership, last);
        rc = by != NULL ? add(items, last, by, err) : MIRSAL_OK;
    }
    return rc;
}

mirsal_code mir_affected_load(struct mir_affected *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_buf items;
    memset(out, 0, sizeof *out);
    mir_buf_init(&items, store->env, SIZE_MAX / 2);
    mirsal_code rc = add_data(&items, store, err);
    if (rc == MIRSAL_OK) {
        rc = add_control(&items, store, err);
    }
    if (rc == MIRSAL_OK && items.size > 0) {
        out->items = mir_arena_copy(arena, items.data, items.size);
        out->by = mir_arena_copy(arena, items.data, items.size);
        out->count = items.size / sizeof *out->items;
        rc = out->items != NULL && out->by != NULL
                 ? MIRSAL_OK
                 : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_buf_fini(&items);
    if (rc == MIRSAL_OK) {
        mir_sort(out->items, out->count, sizeof *out->items, compare_items, NULL);
        mir_sort(out->by, out->count, sizeof *out->by, compare_by, NULL);
    }
    return rc;
}

/* The first that is not below sought. */
static size_t find(const struct mir_held_back *items,
    size_t count,
    const struct mir_held_back *sought,
    int (*compare)(const void *, const void *, void *))
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&items[middle], sought, NULL) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const mirsal_hash *mir_affected_by(const struct mir_affected *affected,
    const mirsal_hash *changeset)
{
    struct mir_held_back sought = { .changeset = *changeset };
    size_t at = find(affected->items, affected->count, &sought, compare_items);
    return at < affected->count && mir_hash_equal(&affected->items[at].changeset, changeset)
               ? &affected->items[at].by
               : NULL;
}

uint64_t mir_affected_count(const struct mir_affected *affected, const mirsal_hash *by)
{
    struct mir_held_back sought = { .by = *by };
    size_t from = find(affected->by, affected->count, &sought, compare_by);
    size_t at = from;
    while (at < affected->count && mir_hash_equal(&affected->by[at].by, by)) {
        at++;
    }
    return at - from;
}
