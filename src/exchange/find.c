/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/find.c - see the header.
 */
#include "find.h"

#include "edit.h"
#include "fail.h"
#include "json_out.h"
#include "pack.h"
#include "text.h"

#include <string.h>

#define FIND_MEMORY_MAX ((size_t)64 << 20)
#define ID_PREFIX       "id:"

/* 1 when another of the records names this one in `supersedes`. */
static int is_superseded(const struct mir_schema *schema,
    const struct mir_record *records,
    size_t count,
    size_t at)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, records[at].type);
    int component = 0;
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, "supersedes");
    uint8_t key[18] = { 0xc4, 16 };
    memcpy(key + 2, records[at].id.bytes, 16);
    for (size_t i = 0; field != NULL && i < count; i++) {
        if (i != at && mir_record_find(
                           &records[i], field->id, (struct mir_bytes){ key, sizeof key }) != NULL) {
            return 1;
        }
    }
    return 0;
}

static int rank_of(const struct mir_schema *schema,
    const struct mir_record *records,
    size_t count,
    size_t at)
{
    return (records[at].state == MIR_RECORD_ACCEPTED ? 2 : 0) +
           (is_superseded(schema, records, count, at) ? 0 : 4) + (records[at].created.own ? 1 : 0);
}

static mirsal_code choose(mirsal_id *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_items *items,
    mirsal_error *err)
{
    struct mir_record *records = mir_arena_alloc(arena, items->count, sizeof *records);
    size_t best = 0;
    if (records == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too many records with one source id");
    }
    for (size_t i = 0; i < items->count; i++) {
        mirsal_code rc = mir_read_record(&records[i], arena, store, &items->items[i].id, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    for (size_t i = 1; i < items->count; i++) {
        if (rank_of(store->schema, records, items->count, i) >
            rank_of(store->schema, records, items->count, best)) {
            best = i;
        }
    }
    *out = records[best].id;
    return MIRSAL_OK;
}

/* "id:UUID" where that record is held. */
static mirsal_code find_by_id(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    const size_t skip = sizeof ID_PREFIX - 1;
    uint32_t held = 0;
    mirsal_id id;
    if (source_id.size <= skip || memcmp(source_id.data, ID_PREFIX, skip) != 0 ||
        !mir_uuid_parse(&id, (const char *)source_id.data + skip, source_id.size - skip)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_read_type(&held, store, &id, err);
    if (rc == MIRSAL_OK && held != 0 && (type == 0 || type == held)) {
        *out = id;
        *found = 1;
    }
    return rc;
}

mirsal_code mir_source_find(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    struct mir_arena arena = { 0 };
    struct mir_items items = { 0 };
    *found = 0;
    mirsal_code rc = find_by_id(out, found, store, type, source_id, err);
    if (rc != MIRSAL_OK || *found) {
        return rc;
    }
    mir_arena_init(&arena, store->env, FIND_MEMORY_MAX);
    rc = mir_read_source_ids(&items, &arena, store, type, source_id, err);
    if (rc == MIRSAL_OK && items.count == 1) {
        *out = items.items[0].id;
        *found = 1;
    } else if (rc == MIRSAL_OK && items.count > 1) {
        rc = choose(out, &arena, store, &items, err);
        *found = rc == MIRSAL_OK;
    }
    mir_arena_fini(&arena);
    return rc;
}

/* On a write-only device, which cannot tell what it forgot from what never was. */
static mirsal_code not_here(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NOT_FOUND,
        "no such record here: what this device sent it reads and changes no more;"
        " add a new record instead");
}

mirsal_code mir_record_named(mirsal_id *out,
    struct mir_store *store,
    uint32_t type,
    const char *text,
    mirsal_error *err)
{
    size_t size = strlen(text);
    int found = 0;
    mirsal_code rc = MIRSAL_OK;
    if (size < 2 || text[0] != '@') {
        rc = mir_read_resolve(out, store, type, text, size, err);
        return rc == MIRSAL_NOT_FOUND && store->write_only ? not_here(err) : rc;
    }
    struct mir_bytes source = { (const uint8_t *)text + 1, size - 1 };
    rc = mir_source_find(out, &found, store, type, source, err);
    if (rc == MIRSAL_OK && !found) {
        rc = store->write_only ? not_here(err)
                               : mir_fail(err, MIRSAL_NOT_FOUND, "no record with this source id");
    }
    return rc;
}

static mirsal_code lookup_prefix(void *context,
    mirsal_id *out,
    uint32_t type,
    struct mir_bytes text,
    mirsal_error *err)
{
    return mir_read_resolve(out, context, type, (const char *)text.data, text.size, err);
}

static mirsal_code lookup_source(void *context,
    mirsal_id *out,
    int *found,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    return mir_source_find(out, found, context, type, source_id, err);
}

static mirsal_code lookup_type(void *context,
    uint32_t *type,
    const mirsal_id *id,
    mirsal_error *err)
{
    return mir_read_type(type, context, id, err);
}

void mir_lookup_store(struct mir_lookup *out, struct mir_store *store)
{
    *out = (struct mir_lookup){ store, lookup_prefix, lookup_source, lookup_type };
}

mirsal_code mir_reference_as_id(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_store *store = context;
    mirsal_id id = { 0 };
    int found = 0;
    struct mir_packed item = mir_packed_of(value);
    if (item.kind == MIR_PACKED_BIN && item.bytes.size == sizeof id.bytes) {
        memcpy(id.bytes, item.bytes.data, sizeof id.bytes);
        mir_json_uuid(out, &id);
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_read_reference(&id, &found, store, 0, value, changeset, err);
    if (rc == MIRSAL_OK && found) {
        mir_json_uuid(out, &id);
    } else if (rc == MIRSAL_OK) {
        mir_json_open(out, '{');
        mir_json_key(out, "source_id");
        mir_json_bytes(out, item.bytes);
        mir_json_close(out, '}');
    }
    return rc;
}
