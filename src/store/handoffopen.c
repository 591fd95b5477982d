/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffopen.c - see the header. Records are kept until the end was reached; what was
 * refused is never given out.
 */
#include "handoffopen.h"

#include "fail.h"
#include "mir_limits.h"
#include "schema_decode.h"
#include "value.h"

#include <string.h>

#define RECORDS_MEMORY_MAX ((size_t)1 << 30)

struct mir_handoff_opening {
    const mirsal_env *env;
    struct mir_handoff_reader *reader;
    struct mir_arena arena;        /* records */
    struct mir_arena schema_arena; /* the schema and its bytes */
    struct mir_schema schema;
    struct mir_handoff_item *items;
    uint64_t *claimed; /* of changesets */
    struct mir_handoff_opened opened;
    /* Of the record at hand. */
    struct mir_shown *registers;
    uint32_t *authors;
    mirsal_hash *leaves;
    size_t count;
    uint32_t first; /* the changeset that created it */
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code take_manifest(void *context,
    const struct mir_handoff_manifest *manifest,
    mirsal_error *err)
{
    struct mir_handoff_opening *opening = context;
    opening->opened.manifest = manifest;
    opening->items = mir_arena_alloc(
        &opening->arena, (size_t)manifest->record_count + 1, sizeof *opening->items);
    opening->claimed = mir_arena_alloc(
        &opening->arena, (size_t)manifest->changeset_count + 1, sizeof *opening->claimed);
    return opening->items == NULL || opening->claimed == NULL ? no_memory(err) : MIRSAL_OK;
}

static mirsal_code take_schema(void *context, struct mir_bytes schema, mirsal_error *err)
{
    struct mir_handoff_opening *opening = context;
    mirsal_error why = { 0 };
    uint8_t *kept = mir_arena_copy(&opening->schema_arena, schema.data, schema.size);
    if (kept == NULL) {
        return mir_handoff_refuse(err, MIR_HANDOFF_SCHEMA, "the schema is too large");
    }
    opening->opened.compiled = (struct mir_bytes){ kept, schema.size };
    mirsal_code rc =
        mir_schema_decode(&opening->schema, &opening->schema_arena, opening->opened.compiled, &why);
    if (rc == MIRSAL_NO_MEMORY) {
        return no_memory(err);
    }
    return rc == MIRSAL_OK ? MIRSAL_OK
                           : mir_handoff_refuse(err, MIR_HANDOFF_SCHEMA, "the schema is refused");
}

static mirsal_code take_claimed(void *context,
    uint32_t changeset,
    uint64_t stamp,
    mirsal_error *err)
{
    struct mir_handoff_opening *opening = context;
    (void)err;
    opening->claimed[changeset] = stamp;
    return MIRSAL_OK;
}

static mirsal_code begin_record(struct mir_handoff_opening *opening,
    uint32_t at,
    const struct mir_handoff_leaf *leaf,
    mirsal_error *err)
{
    const struct mir_handoff_record *entry = &opening->opened.manifest->records[at];
    /* The manifest's count is judged behind the last leaf; what it says beyond is not believed. */
    size_t room = entry->leaves;
    opening->count = 0;
    opening->first = leaf->from;
    opening->registers = mir_arena_alloc(&opening->arena, room, sizeof *opening->registers);
    opening->authors = mir_arena_alloc(&opening->arena, room, sizeof *opening->authors);
    opening->leaves = mir_arena_alloc(&opening->arena, room, sizeof *opening->leaves);
    if (opening->registers == NULL || opening->authors == NULL || opening->leaves == NULL) {
        return no_memory(err);
    }
    return mir_schema_type_by_id(&opening->schema, leaf->type) != NULL
               ? MIRSAL_OK
               : mir_handoff_refuse(err, MIR_HANDOFF_LEAF,
                     "record %u, leaf 0: a type that the schema does not have", at);
}

static int kept_bytes(struct mir_bytes *out, struct mir_arena *arena, struct mir_bytes bytes)
{
    *out = (struct mir_bytes){ NULL, bytes.size };
    if (bytes.size == 0) {
        return 1;
    }
    out->data = mir_arena_copy(arena, bytes.data, bytes.size);
    return out->data != NULL;
}

static mirsal_code take_leaf(void *context,
    uint32_t record,
    uint32_t number,
    const struct mir_handoff_leaf *leaf,
    mirsal_error *err)
{
    struct mir_handoff_opening *opening = context;
    const struct mir_handoff_manifest *manifest = opening->opened.manifest;
    const struct mir_handoff_record *entry = &manifest->records[record];
    if (leaf->kind == 2) {
        return begin_record(opening, record, leaf, err);
    }
    const struct mir_schema_field *field = mir_schema_field_by_id(&opening->schema, leaf->field);
    if (field == NULL || field->type->id != entry->type) {
        return mir_handoff_refuse(err, MIR_HANDOFF_LEAF,
            "record %u, leaf %u: a field that the schema does not have", record, number);
    }
    if (mir_value_check(field, leaf->key, leaf->value, NULL) != MIRSAL_OK) {
        return mir_handoff_refuse(
            err, MIR_HANDOFF_LEAF, "record %u, leaf %u: not a value of its field", record, number);
    }
    if (opening->count + 1 >= entry->leaves) {
        return MIRSAL_OK; /* one too many: refused behind the last */
    }
    struct mir_shown *shown = &opening->registers[opening->count];
    shown->field = leaf->field;
    opening->leaves[opening->count] = leaf->hash;
    if (manifest->mode == MIR_HANDOFF_BY_AUTHOR) {
        opening->authors[opening->count] = manifest->changesets[leaf->from].author + 1;
    }
    opening->count++;
    return kept_bytes(&shown->key, &opening->arena, leaf->key) &&
                   kept_bytes(&shown->value, &opening->arena, leaf->value)
               ? MIRSAL_OK
               : no_memory(err);
}

static mirsal_code take_record(void *context, uint32_t record, mirsal_error *err)
{
    struct mir_handoff_opening *opening = context;
    const struct mir_handoff_manifest *manifest = opening->opened.manifest;
    struct mir_handoff_item *item = &opening->items[record];
    (void)err;
    item->entry = &manifest->records[record];
    item->record.id = item->entry->id;
    item->record.type = item->entry->type;
    item->record.registers = opening->registers;
    item->record.register_count = opening->count;
    item->leaves = opening->leaves;
    if (manifest->mode == MIR_HANDOFF_BY_AUTHOR) {
        item->author = manifest->changesets[opening->first].author + 1;
        item->claimed = opening->claimed[opening->first];
        item->authors = opening->authors;
    }
    return MIRSAL_OK;
}

mirsal_code mir_handoff_opening_begin(struct mir_handoff_opening **out,
    const struct mir_handoff_reading *reading,
    mirsal_error *err)
{
    const mirsal_env *env = reading->env;
    struct mir_handoff_reading own = *reading;
    *out = NULL;
    struct mir_handoff_opening *opening =
        env->resize(env->context, NULL, 0, sizeof(struct mir_handoff_opening));
    if (opening == NULL) {
        return no_memory(err);
    }
    memset(opening, 0, sizeof *opening);
    opening->env = env;
    mir_arena_init(&opening->arena, env, RECORDS_MEMORY_MAX);
    mir_arena_init(&opening->schema_arena, env, MIR_SCHEMA_MEMORY_MAX);
    own.sink = (struct mir_handoff_sink){ opening, take_manifest, take_schema, take_claimed,
        take_leaf, take_record };
    mirsal_code rc = mir_handoff_reader_open(&opening->reader, &own, err);
    if (rc != MIRSAL_OK) {
        mir_handoff_opening_close(opening);
        return rc;
    }
    *out = opening;
    return MIRSAL_OK;
}

mirsal_code mir_handoff_opening_feed(struct mir_handoff_opening *opening,
    struct mir_bytes content,
    mirsal_error *err)
{
    return mir_handoff_reader_feed(opening->reader, content, err);
}

mirsal_code mir_handoff_opening_end(const struct mir_handoff_opened **out,
    struct mir_handoff_opening *opening,
    mirsal_error *err)
{
    *out = NULL;
    mirsal_code rc = mir_handoff_reader_end(opening->reader, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    opening->opened.manifest_hash = *mir_handoff_reader_hash(opening->reader);
    opening->opened.schema = &opening->schema;
    opening->opened.items = opening->items;
    opening->opened.count = opening->opened.manifest->record_count;
    *out = &opening->opened;
    return MIRSAL_OK;
}

void mir_handoff_opening_close(struct mir_handoff_opening *opening)
{
    if (opening == NULL) {
        return;
    }
    const mirsal_env *env = opening->env;
    mir_handoff_reader_close(opening->reader);
    mir_arena_fini(&opening->arena);
    mir_arena_fini(&opening->schema_arena);
    (void)env->resize(env->context, opening, sizeof *opening, 0);
}
