/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/outnames.c - see the header.
 */
#include "outnames.h"

#include "fail.h"
#include "list.h"
#include "pack.h"
#include "sort.h"
#include "text.h"

#include <string.h>

#define NAMES_MEMORY_MAX ((size_t)2 << 30)
#define READ_MEMORY_MAX  ((size_t)256 << 20)

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code id_name(struct mir_bytes *out,
    struct mir_arena *arena,
    const mirsal_id *id,
    mirsal_error *err)
{
    char text[3 + MIR_UUID_TEXT_SIZE] = "id:";
    mir_uuid_format(text + 3, id);
    size_t size = strlen(text);
    uint8_t *kept = mir_arena_copy(arena, text, size);
    *out = (struct mir_bytes){ kept, size };
    return kept == NULL ? no_memory(err) : MIRSAL_OK;
}

static const struct mir_schema_field *field_named(const struct mir_schema *schema,
    uint32_t type_id,
    const char *name)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, type_id);
    int component = -1;
    return type == NULL ? NULL : mir_schema_field_by_name(&component, type, name);
}

/* What the record itself says. */
static mirsal_code own_name(struct mir_bytes *out,
    struct mir_arena *arena,
    const struct mir_record *record,
    const struct mir_schema *schema,
    mirsal_error *err)
{
    const struct mir_schema_field *field = field_named(schema, record->type, "source_id");
    const struct mir_shown *shown =
        field == NULL ? NULL : mir_record_find(record, field->id, (struct mir_bytes){ NULL, 0 });
    struct mir_packed item = { 0 };
    if (shown != NULL) {
        item = mir_packed_of(shown->value);
    }
    if (item.kind != MIR_PACKED_TEXT || item.bytes.size == 0) {
        return id_name(out, arena, &record->id, err);
    }
    uint8_t *kept = mir_arena_copy(arena, item.bytes.data, item.bytes.size);
    *out = (struct mir_bytes){ kept, item.bytes.size };
    return kept == NULL ? no_memory(err) : MIRSAL_OK;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    const struct mir_outname *left = a;
    const struct mir_outname *right = b;
    (void)context;
    return memcmp(&left->id, &right->id, sizeof left->id);
}

static int compare_names(const void *a, const void *b, void *context)
{
    const struct mir_outname *const *left = a;
    const struct mir_outname *const *right = b;
    (void)context;
    int order = (*left)->type < (*right)->type ? -1 : (*left)->type > (*right)->type;
    order = order != 0 ? order : mir_bytes_compare((*left)->name, (*right)->name);
    return order != 0 ? order : memcmp(&(*left)->id, &(*right)->id, sizeof(mirsal_id));
}

static struct mir_outname *find_item(const struct mir_outnames *names, const mirsal_id *id)
{
    size_t low = 0;
    size_t high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&names->items[middle].id, id, sizeof *id);
        if (order == 0) {
            return &names->items[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* Records of every type that are in lists, with the names they have of their own. */
static mirsal_code read_items(struct mir_outnames *out, struct mir_items *lists, mirsal_error *err)
{
    const struct mir_schema *schema = out->store->schema;
    struct mir_arena arena = { 0 };
    size_t total = 0;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; i < schema->type_count; i++) {
        total += lists[i].count;
    }
    out->items = mir_arena_alloc(&out->arena, total + 1, sizeof *out->items);
    if (out->items == NULL) {
        return no_memory(err);
    }
    mir_arena_init(&arena, out->store->env, READ_MEMORY_MAX);
    for (uint32_t i = 0; i < schema->type_count; i++) {
        for (size_t k = 0; k < lists[i].count && rc == MIRSAL_OK; k++) {
            struct mir_record record = { 0 };
            struct mir_outname *item = &out->items[out->count];
            mir_arena_reset(&arena);
            rc = mir_read_record(&record, &arena, out->store, &lists[i].items[k].id, err);
            if (rc == MIRSAL_OK) {
                item->id = record.id;
                item->type = record.type;
                if (out->disclosure != NULL) {
                    item->withheld = mir_disclose_record(out->disclosure, &record);
                }
                rc = own_name(&item->name, &out->arena, &record, schema, err);
                out->count++;
            }
        }
    }
    mir_arena_fini(&arena);
    mir_sort(out->items, out->count, sizeof *out->items, compare_ids, NULL);
    return rc;
}

/* 1 when other names this record in `supersedes`. */
static mirsal_code names_in_supersedes(int *out,
    struct mir_outnames *names,
    const mirsal_id *other,
    const struct mir_outname *item,
    mirsal_error *err)
{
    struct mir_arena arena = { 0 };
    struct mir_record record = { 0 };
    uint8_t key[18] = { 0xc4, 16 };
    const struct mir_schema_field *field =
        field_named(names->store->schema, item->type, "supersedes");
    memcpy(key + 2, item->id.bytes, sizeof item->id.bytes);
    mir_arena_init(&arena, names->store->env, READ_MEMORY_MAX);
    mirsal_code rc = mir_read_record(&record, &arena, names->store, other, err);
    *out = rc == MIRSAL_OK && field != NULL &&
           mir_record_find(&record, field->id, (struct mir_bytes){ key, sizeof key }) != NULL;
    mir_arena_fini(&arena);
    return rc;
}

/* Of one name: those that another one of it supersedes are named by their ids. */
static mirsal_code rename_group(struct mir_outnames *names,
    const struct mir_outname **group,
    size_t count,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        int superseded = 0;
        for (size_t k = 0; k < count && rc == MIRSAL_OK && !superseded; k++) {
            if (k != i) {
                rc = names_in_supersedes(&superseded, names, &group[k]->id, group[i], err);
            }
        }
        struct mir_outname *item = find_item(names, &group[i]->id);
        if (rc == MIRSAL_OK && superseded) {
            rc = id_name(&item->name, &names->arena, &item->id, err);
        }
    }
    return rc;
}

static mirsal_code rename_superseded(struct mir_outnames *names, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    size_t end = 0;
    const struct mir_outname **sorted =
        mir_arena_alloc(&names->arena, names->count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < names->count; i++) {
        sorted[i] = &names->items[i];
    }
    mir_sort(sorted, names->count, sizeof(*sorted), compare_names, NULL);
    for (size_t i = 0; i < names->count && rc == MIRSAL_OK; i = end) {
        struct mir_bytes name = sorted[i]->name;
        end = i + 1;
        while (end < names->count && sorted[end]->type == sorted[i]->type &&
               mir_bytes_equal(sorted[end]->name, name)) {
            end++;
        }
        if (end - i > 1) {
            rc = rename_group(names, sorted + i, end - i, err);
        }
    }
    return rc;
}

/* Marks incidents that fit the condition, their children, and theirs. */
static mirsal_code choose(struct mir_outnames *names, const char *where, mirsal_error *err)
{
    const struct mir_schema_type *type = mir_schema_type_by_name(names->store->schema, "incident");
    struct mir_list list = { .type = type == NULL ? 0 : type->id, .where = where };
    struct mir_items chosen = { 0 };
    struct mir_arena arena = { 0 };
    size_t count = 0;
    if (type == NULL) {
        return mir_fail(err, MIRSAL_UNKNOWN_TYPE, "the schema has no incidents");
    }
    mirsal_id *queue = mir_arena_alloc(&names->arena, names->count + 1, sizeof *queue);
    mirsal_code rc = queue == NULL ? no_memory(err) : MIRSAL_OK;
    mir_arena_init(&arena, names->store->env, READ_MEMORY_MAX);
    if (rc == MIRSAL_OK) {
        rc = mir_list(&chosen, &arena, names->store, &list, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < chosen.count; i++) {
        struct mir_outname *item = find_item(names, &chosen.items[i].id);
        if (item != NULL && !item->chosen) {
            item->chosen = 1;
            queue[count++] = item->id;
        }
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < count; at++) {
        struct mir_items children = { 0 };
        mir_arena_reset(&arena);
        rc = mir_read_children(&children, &arena, names->store, &queue[at], err);
        for (size_t i = 0; rc == MIRSAL_OK && i < children.count; i++) {
            struct mir_outname *item = find_item(names, &children.items[i].id);
            if (item != NULL && !item->chosen) {
                item->chosen = 1;
                queue[count++] = item->id;
            }
        }
    }
    mir_arena_fini(&arena);
    return rc;
}

/* What hangs from a record that is withheld is withheld too, for the same reason. */
static mirsal_code withhold_children(struct mir_outnames *names, mirsal_error *err)
{
    struct mir_arena arena = { 0 };
    size_t count = 0;
    mirsal_code rc = MIRSAL_OK;
    struct mir_outname **queue = mir_arena_alloc(&names->arena, names->count + 1, sizeof *queue);
    if (queue == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].withheld != MIR_DISCLOSED) {
            queue[count++] = &names->items[i];
        }
    }
    mir_arena_init(&arena, names->store->env, READ_MEMORY_MAX);
    for (size_t at = 0; rc == MIRSAL_OK && at < count; at++) {
        struct mir_items children = { 0 };
        mir_arena_reset(&arena);
        rc = mir_read_children(&children, &arena, names->store, &queue[at]->id, err);
        for (size_t i = 0; rc == MIRSAL_OK && i < children.count; i++) {
            struct mir_outname *item = find_item(names, &children.items[i].id);
            if (item != NULL && item->withheld == MIR_DISCLOSED) {
                item->withheld = queue[at]->withheld;
                queue[count++] = item;
            }
        }
    }
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_outnames_withheld(int *withheld,
    const struct mir_outnames *names,
    const mirsal_id *id,
    mirsal_error *err)
{
    const struct mir_outname *item = find_item(names, id);
    struct mir_arena arena = { 0 };
    struct mir_record record = { 0 };
    enum mir_withheld verdict = item != NULL ? item->withheld : MIR_DISCLOSED;
    mirsal_code rc = MIRSAL_OK;
    if (item == NULL && names->disclosure != NULL) {
        mir_arena_init(&arena, names->store->env, READ_MEMORY_MAX);
        rc = mir_read_record(&record, &arena, names->store, id, err);
        if (rc == MIRSAL_OK) {
            rc = mir_disclose_whole(&verdict, names->disclosure, names->store, &record, err);
        }
        rc = rc == MIRSAL_NOT_FOUND ? MIRSAL_OK : rc;
        mir_arena_fini(&arena);
    }
    *withheld = verdict != MIR_DISCLOSED;
    return rc;
}

mirsal_code mir_outnames_read(struct mir_outnames *out,
    struct mir_store *store,
    const char *where,
    const struct mir_disclosure *disclosure,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    out->store = store;
    out->disclosure = disclosure;
    mir_arena_init(&out->arena, store->env, NAMES_MEMORY_MAX);
    struct mir_items *lists =
        mir_arena_alloc(&out->arena, store->schema->type_count, sizeof *lists);
    mirsal_code rc = lists == NULL ? no_memory(err) : MIRSAL_OK;
    for (uint32_t i = 0; i < store->schema->type_count && rc == MIRSAL_OK; i++) {
        struct mir_list list = { .type = store->schema->types[i].id, .sort = "id" };
        rc = mir_list(&lists[i], &out->arena, store, &list, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_items(out, lists, err);
    }
    if (rc == MIRSAL_OK) {
        rc = rename_superseded(out, err);
    }
    if (rc == MIRSAL_OK && disclosure != NULL) {
        rc = withhold_children(out, err);
    }
    if (rc == MIRSAL_OK && where != NULL) {
        rc = choose(out, where, err);
    }
    for (size_t i = 0; where == NULL && i < out->count; i++) {
        out->items[i].chosen = 1;
    }
    return rc;
}

void mir_outnames_fini(struct mir_outnames *names)
{
    mir_arena_fini(&names->arena);
    memset(names, 0, sizeof *names);
}

mirsal_code mir_outnames_find(struct mir_bytes *out,
    struct mir_arena *arena,
    const struct mir_outnames *names,
    const mirsal_id *id,
    mirsal_error *err)
{
    const struct mir_outname *item = find_item(names, id);
    struct mir_record record = { 0 };
    uint32_t type = 0;
    if (item != NULL) {
        *out = item->name;
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_read_type(&type, names->store, id, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (type == 0) {
        return id_name(out, arena, id, err);
    }
    rc = mir_read_record(&record, arena, names->store, id, err);
    return rc != MIRSAL_OK ? rc : own_name(out, arena, &record, names->store->schema, err);
}

mirsal_code mir_outnames_of_type(const struct mir_outname ***out,
    size_t *count,
    struct mir_arena *arena,
    const struct mir_outnames *names,
    uint32_t type,
    mirsal_error *err)
{
    *count = 0;
    *out = mir_arena_alloc(arena, names->count + 1, sizeof **out);
    if (*out == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].type == type && names->items[i].chosen) {
            (*out)[(*count)++] = &names->items[i];
        }
    }
    mir_sort(*out, *count, sizeof **out, compare_names, NULL);
    return MIRSAL_OK;
}
