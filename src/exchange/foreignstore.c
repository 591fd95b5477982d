/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/foreignstore.c - another team's store, record by record; see foreign.h.
 */
#include "foreign.h"

#include "fail.h"
#include "guest.h"
#include "json_out.h"
#include "list.h"
#include "pack.h"
#include "sort.h"
#include "team.h"
#include "text.h"
#include "twins.h"

#include <string.h>

#define NAMES_MEMORY_MAX  ((size_t)1 << 30)
#define RECORD_MEMORY_MAX ((size_t)256 << 20)

/* A record that another one stands for. */
struct alias {
    mirsal_id id;
    mirsal_id other;
    int ours; /* other is a record of this team's own store */
};

struct walk {
    struct mir_store *store;
    struct mir_store *guest;
    const struct mir_foreign_merging *options;
    struct mir_origin origin;
    struct mir_arena kept;
    struct mir_arena arena; /* of one record */
    struct alias *aliases;  /* ascending by id */
    size_t alias_count;
    size_t alias_room;
    struct mir_items *lists; /* by type, in the order in which they are given */
    uint32_t list_count;
    uint32_t list;
    size_t item;
    uint64_t done;
    uint64_t total;
};

static int compare_aliases(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(
        &((const struct alias *)a)->id, &((const struct alias *)b)->id, sizeof(mirsal_id));
}

static const struct alias *alias_of(const struct walk *walk, const mirsal_id *id)
{
    size_t low = 0;
    size_t high = walk->alias_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&walk->aliases[middle].id, id, sizeof *id);
        if (order == 0) {
            return &walk->aliases[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

static mirsal_code add_alias(struct walk *walk, struct alias alias, mirsal_error *err)
{
    if (walk->alias_count == walk->alias_room) {
        size_t room = walk->alias_room == 0 ? 64 : 2 * walk->alias_room;
        struct alias *aliases = mir_arena_alloc(&walk->kept, room, sizeof *aliases);
        if (aliases == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        if (walk->alias_count > 0) {
            memcpy(aliases, walk->aliases, walk->alias_count * sizeof *aliases);
        }
        walk->aliases = aliases;
        walk->alias_room = room;
    }
    walk->aliases[walk->alias_count++] = alias;
    return MIRSAL_OK;
}

/* What this team handed to that one: T/R names the record that is held here. */
static mirsal_code find_ours(struct walk *walk, mirsal_error *err)
{
    static const mirsal_id none = { { 0 } };
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    const size_t head = MIR_FOREIGN_NAME_SIZE - 36u;
    struct mir_twin *twins = NULL;
    size_t count = 0;
    mir_foreign_name(name, &walk->store->team, &none);
    mirsal_code rc = mir_twins_named(&twins, &count, &walk->kept, walk->guest,
        (struct mir_bytes){ (const uint8_t *)name, head }, MIR_FOREIGN_NAME_SIZE, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct alias alias = { .id = twins[i].id, .ours = 1 };
        uint32_t type = 0;
        if (!mir_uuid_parse(&alias.other, (const char *)twins[i].source_id.data + head,
                twins[i].source_id.size - head)) {
            continue;
        }
        rc = mir_read_type(&type, walk->store, &alias.other, err);
        if (rc == MIRSAL_OK && type == twins[i].type) {
            rc = add_alias(walk, alias, err);
        }
    }
    return rc;
}

/* 1 when the record is one of those that are counted as one by their source id. */
static mirsal_code stands(int *out,
    struct walk *walk,
    const struct mir_twin *group,
    size_t count,
    size_t at,
    mirsal_error *err)
{
    struct mir_record record = { 0 };
    struct mir_record other = { 0 };
    uint8_t key[18] = { 0xc4, 16 };
    int component = -1;
    const struct mir_schema_type *type = mir_schema_type_by_id(walk->guest->schema, group[at].type);
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, "supersedes");
    memcpy(key + 2, group[at].id.bytes, sizeof group[at].id.bytes);
    mir_arena_reset(&walk->arena);
    mirsal_code rc = mir_read_record(&record, &walk->arena, walk->guest, &group[at].id, err);
    *out = rc == MIRSAL_OK && record.state == MIR_RECORD_ACCEPTED &&
           record.created.role >= MIR_ROLE_COORDINATOR;
    for (size_t i = 0; rc == MIRSAL_OK && *out && field != NULL && i < count; i++) {
        if (i != at) {
            rc = mir_read_record(&other, &walk->arena, walk->guest, &group[i].id, err);
            *out = rc != MIRSAL_OK || mir_record_find(&other, field->id,
                                          (struct mir_bytes){ key, sizeof key }) == NULL;
        }
    }
    return rc;
}

static mirsal_code join_group(struct walk *walk,
    const struct mir_twin *group,
    size_t count,
    mirsal_error *err)
{
    const struct mir_twin *first = NULL;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        int standing = 0;
        rc = stands(&standing, walk, group, count, i, err);
        if (rc == MIRSAL_OK && standing && first == NULL) {
            first = &group[i];
        } else if (rc == MIRSAL_OK && standing) {
            rc = add_alias(walk, (struct alias){ .id = group[i].id, .other = first->id }, err);
        }
    }
    return rc;
}

static mirsal_code find_twins(struct walk *walk, mirsal_error *err)
{
    struct mir_twin *twins = NULL;
    size_t count = 0;
    size_t end = 0;
    mirsal_code rc = mir_twins_read(&twins, &count, &walk->kept, walk->guest, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i = end) {
        end = i + 1;
        while (end < count && twins[end].type == twins[i].type &&
               mir_bytes_equal(twins[end].source_id, twins[i].source_id)) {
            end++;
        }
        rc = join_group(walk, &twins[i], end - i, err);
    }
    return rc;
}

/* Those that others refer to come first, so that references find them. */
static mirsal_code list_all(struct walk *walk, mirsal_error *err)
{
    static const char *const first[] = { "place", "actor", "source", "incident", "report" };
    const size_t ahead = sizeof first / sizeof first[0];
    const struct mir_schema *schema = walk->guest->schema;
    mirsal_code rc = MIRSAL_OK;
    walk->lists = mir_arena_alloc(&walk->kept, schema->type_count + 1, sizeof *walk->lists);
    if (walk->lists == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t turn = 0; rc == MIRSAL_OK && turn <= ahead; turn++) {
        for (uint32_t i = 0; rc == MIRSAL_OK && i < schema->type_count; i++) {
            size_t place = 0;
            while (place < ahead && strcmp(schema->types[i].name, first[place]) != 0) {
                place++;
            }
            if (place == turn) {
                struct mir_list list = { .type = schema->types[i].id, .sort = "id" };
                struct mir_items *items = &walk->lists[walk->list_count++];
                rc = mir_list(items, &walk->kept, walk->guest, &list, err);
                walk->total += items->count;
            }
        }
    }
    return rc;
}

static mirsal_code write_reference(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct walk *walk = context;
    struct mir_packed item = mir_packed_of(value);
    mirsal_id id = { { 0 } };
    int found = 0;
    mirsal_code rc = mir_read_reference(&id, &found, walk->guest, 0, value, changeset, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (!found && item.kind == MIR_PACKED_TEXT) { /* names a record that nobody holds */
        char team[17];
        mir_hex_encode(team, walk->origin.team.bytes, 8);
        struct mir_buf name;
        mir_buf_init(&name, walk->guest->env, (size_t)1 << 20);
        mir_buf_append_format(&name, "%s/", team);
        mir_buf_append(&name, item.bytes.data, item.bytes.size);
        rc = mir_buf_finish(&name, err);
        mir_json_open(out, '{');
        mir_json_key(out, "source_id");
        mir_json_bytes(out, mir_buf_bytes(&name));
        mir_json_close(out, '}');
        mir_buf_fini(&name);
        return rc;
    }
    const struct alias *alias = alias_of(walk, &id);
    if (alias != NULL && alias->ours) {
        mir_json_uuid(out, &alias->other);
    } else {
        mir_foreign_reference(out, &walk->origin.team, alias != NULL ? &alias->other : &id);
    }
    return MIRSAL_OK;
}

static mirsal_code next_record(void *context, struct mir_buf *out, mirsal_error *err)
{
    struct walk *walk = context;
    struct mir_record record = { 0 };
    const struct mir_record_out form = { walk->guest->schema, &walk->arena, write_reference, walk };
    const mirsal_id *id = NULL;
    while (id == NULL && walk->list < walk->list_count) {
        const struct mir_items *items = &walk->lists[walk->list];
        if (walk->item == items->count) {
            walk->list++;
            walk->item = 0;
            continue;
        }
        walk->done++;
        if (alias_of(walk, &items->items[walk->item].id) == NULL) {
            id = &items->items[walk->item].id;
        }
        walk->item++;
    }
    if (id == NULL) {
        return MIRSAL_OK;
    }
    if (walk->options->progress != NULL) {
        walk->options->progress(walk->options->progress_context, walk->done, walk->total);
    }
    mir_arena_reset(&walk->arena);
    mirsal_code rc = mir_read_record(&record, &walk->arena, walk->guest, id, err);
    return rc == MIRSAL_OK ? mir_foreign_line(out, &walk->origin, &form, &record, NULL, err) : rc;
}

/* What the walk found in that store's lists, which ascend by id, and gave to the import. */
static int is_shown(const void *context, uint32_t type, const mirsal_id *id)
{
    const struct walk *walk = context;
    const struct mir_items *items = NULL;
    for (uint32_t i = 0; i < walk->list_count && items == NULL; i++) {
        items = walk->lists[i].count > 0 && walk->lists[i].items[0].type == type ? &walk->lists[i]
                                                                                 : NULL;
    }
    size_t low = 0;
    size_t high = items == NULL ? 0 : items->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&items->items[middle].id, id, sizeof *id);
        if (order == 0) {
            return alias_of(walk, id) == NULL;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return 0;
}

mirsal_code mir_foreign_merge(struct mir_import_counts *counts,
    struct mir_foreign_back *back,
    struct mir_store *store,
    struct mir_store *guest,
    const struct mir_foreign_merging *merging,
    mirsal_error *err)
{
    struct walk walk = { .store = store, .guest = guest, .options = merging };
    memset(counts, 0, sizeof *counts);
    memset(back, 0, sizeof *back);
    walk.origin = (struct mir_origin){ .team = guest->team, .mode = "merge" };
    mir_arena_init(&walk.kept, store->env, NAMES_MEMORY_MAX);
    mir_arena_init(&walk.arena, store->env, RECORD_MEMORY_MAX);
    mirsal_code rc = mir_guest_readable(guest, err);
    if (rc == MIRSAL_OK) {
        rc = mir_team_name(&walk.origin.name, &walk.kept, guest, err);
    }
    if (rc == MIRSAL_OK) {
        rc = find_ours(&walk, err);
    }
    if (rc == MIRSAL_OK) {
        rc = find_twins(&walk, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sort(walk.aliases, walk.alias_count, sizeof *walk.aliases, compare_aliases, NULL);
        rc = list_all(&walk, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_foreign_import(counts, store, next_record, &walk, err);
    }
    if (rc == MIRSAL_OK) {
        back->is_shown = is_shown;
        back->context = &walk;
        rc = mir_foreign_take_back(back, store, guest, err);
        counts->changesets += back->changesets;
    }
    mir_arena_fini(&walk.arena);
    mir_arena_fini(&walk.kept);
    return rc;
}
