/* SPDX-License-Identifier: Apache-2.0 */
/* store/purgetree.c - what is purged with a record; see the header. */
#include "purgetree.h"

#include "fail.h"
#include "parts.h"
#include "projection.h"

#include <string.h>

#define READ_MEMORY_MAX ((size_t)64 << 20)

struct tree {
    struct mir_store *store;
    struct mir_arena arena; /* of one record read */
    mirsal_id *going;       /* the record first */
    size_t going_count;
    struct mir_buf others; /* struct mir_item: children that do not go, as far as is known */
};

static int is_going(const struct tree *tree, const mirsal_id *record)
{
    for (size_t i = 0; i < tree->going_count; i++) {
        if (memcmp(tree->going[i].bytes, record->bytes, sizeof record->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_other(const struct tree *tree, const mirsal_id *record)
{
    const struct mir_item *items = (const struct mir_item *)(const void *)tree->others.data;
    for (size_t i = 0; i < tree->others.size / sizeof *items; i++) {
        if (memcmp(items[i].id.bytes, record->bytes, sizeof record->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code go(struct tree *tree, const mirsal_id *record, mirsal_error *err)
{
    if (tree->going_count == MIR_PURGE_RECORDS_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE,
            "more than %u records hang from it: purge what hangs from it first",
            MIR_PURGE_RECORDS_MAX - 1);
    }
    tree->going[tree->going_count++] = *record;
    return MIRSAL_OK;
}

/* Children of one that goes join the others: what their parents are is looked at then. */
static mirsal_code gather(struct tree *tree, const mirsal_id *record, mirsal_error *err)
{
    struct mir_items children = { 0 };
    mir_arena_reset(&tree->arena);
    mirsal_code rc = mir_read_children(&children, &tree->arena, tree->store, record, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < children.count; i++) {
        if (!is_going(tree, &children.items[i].id) && !is_other(tree, &children.items[i].id)) {
            mir_buf_append(&tree->others, &children.items[i], sizeof children.items[i]);
            rc = mir_buf_finish(&tree->others, err);
        }
    }
    return rc;
}

/* *all = 1: each record that it names as a parent goes. */
static mirsal_code parents_go(int *all,
    struct tree *tree,
    const struct mir_item *child,
    mirsal_error *err)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(tree->store->schema, child->type);
    struct mir_record record = { 0 };
    *all = 0;
    if (type == NULL || type->parent == NULL) {
        return MIRSAL_OK;
    }
    mir_arena_reset(&tree->arena);
    mirsal_code rc = mir_read_record(&record, &tree->arena, tree->store, &child->id, err);
    *all = rc == MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && *all && i < record.register_count; i++) {
        const struct mir_shown *shown = &record.registers[i];
        struct mir_refs refs;
        struct mir_bytes ref;
        if (shown->field != type->parent->id) {
            continue;
        }
        mir_refs_begin(&refs, type->parent, shown->key, shown->value);
        while (rc == MIRSAL_OK && *all && mir_refs_next(&refs, &ref)) {
            mirsal_id parent = { { 0 } };
            int found = 0;
            rc = mir_read_reference(&parent, &found, tree->store, type->parent->shape.refers, ref,
                shown->changeset, err);
            *all = is_going(tree, &parent) || mir_projection_is_purged(tree->store, &parent);
        }
    }
    return rc;
}

/* One round: others whose parents all go now, go. */
static mirsal_code take_others(int *changed, struct tree *tree, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    size_t kept = 0;
    size_t count = tree->others.size / sizeof(struct mir_item);
    *changed = 0;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct mir_item child;
        int all = 0;
        memcpy(&child, tree->others.data + i * sizeof child, sizeof child);
        rc = parents_go(&all, tree, &child, err);
        if (rc == MIRSAL_OK && all) {
            rc = go(tree, &child.id, err);
            *changed = 1;
        } else {
            memcpy(tree->others.data + kept * sizeof child, &child, sizeof child);
            kept++;
        }
    }
    tree->others.size = kept * sizeof(struct mir_item);
    return rc;
}

mirsal_code mir_purge_tree(mirsal_id **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    struct tree tree = { .store = store };
    size_t gathered = 0;
    int changed = 1;
    mirsal_code rc = MIRSAL_OK;
    *count = 0;
    *out = mir_arena_alloc(arena, MIR_PURGE_RECORDS_MAX, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    tree.going = *out;
    tree.going[tree.going_count++] = *record;
    mir_arena_init(&tree.arena, store->env, READ_MEMORY_MAX);
    mir_buf_init(&tree.others, store->env, SIZE_MAX / 2);
    while (rc == MIRSAL_OK && changed) {
        while (rc == MIRSAL_OK && gathered < tree.going_count) {
            rc = gather(&tree, &tree.going[gathered++], err);
        }
        if (rc == MIRSAL_OK) {
            rc = take_others(&changed, &tree, err);
        }
    }
    *count = tree.going_count;
    mir_buf_fini(&tree.others);
    mir_arena_fini(&tree.arena);
    return rc;
}
