/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/owed.c - what no longer stands of what was handed over (handovers.h).
 *
 * A shown value stands as long as its leaf comes out again: the salt was kept, the value is the
 * record's own today.
 */
#include "fail.h"
#include "handoffref.h"
#include "handovers.h"
#include "merkle.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "projection.h"
#include "sort.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

/* A row of what was shown. */
struct shown_row {
    mirsal_id record;
    uint32_t field;
    struct mir_bytes key; /* empty: none */
    uint8_t salt[16];
    mirsal_hash leaf;
};

static void read_row(struct shown_row *out, struct mir_reader *reader)
{
    mir_mp_read_array_exact(reader, 5);
    mir_mp_read_bin_exact(reader, out->record.bytes, sizeof out->record.bytes);
    out->field = (uint32_t)mir_mp_read_uint_max(reader, UINT32_MAX);
    out->key = (struct mir_bytes){ NULL, 0 };
    if (!mir_mp_read_nil_if(reader)) {
        out->key = mir_mp_read_value(reader, MIR_VALUE_SIZE_MAX);
    }
    mir_mp_read_bin_exact(reader, out->salt, sizeof out->salt);
    mir_mp_read_bin_exact(reader, out->leaf.bytes, sizeof out->leaf.bytes);
}

struct correction {
    mirsal_id old;
    mirsal_id by;
};

/* What is owed for one record. */
struct owed {
    struct mir_handoff_retraction retraction;
    mirsal_id correction;
};

struct owing {
    struct mir_store *store;
    const mirsal_hash *to; /* the recipient; NULL: any */
    const struct mir_handover *handed;
    struct mir_arena *arena;
    struct mir_arena scratch;
    struct mir_buf leaf;
    struct owed *items;
    size_t count;
    struct mir_handoff_superseded *leaves;
    size_t leaf_count;
    size_t leaf_room;
    struct correction *corrections;
    size_t correction_count;
    struct mir_record record; /* the one whose rows are read */
    int has_record;
    int gone;      /* it is owed as a whole */
    uint32_t next; /* record of the manifest, in whose order rows stand */
};

static const struct correction *correction_of(const struct owing *owing, const mirsal_id *id)
{
    for (size_t i = 0; i < owing->correction_count; i++) {
        if (memcmp(&owing->corrections[i].old, id, sizeof *id) == 0) {
            return &owing->corrections[i];
        }
    }
    return NULL;
}

/* Records that a standing correction names. */
static mirsal_code read_correction(struct owing *owing,
    const mirsal_id *id,
    uint32_t field,
    mirsal_error *err)
{
    struct mir_record record = { 0 };
    mir_arena_reset(&owing->scratch);
    mirsal_code rc = mir_read_record(&record, &owing->scratch, owing->store, id, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < record.register_count; i++) {
        const struct mir_shown *shown = &record.registers[i];
        if (shown->field != field || shown->key.size != 18 || record.state != MIR_RECORD_ACCEPTED) {
            continue;
        }
        struct correction *grown =
            mir_arena_alloc(owing->arena, owing->correction_count + 1, sizeof *grown);
        if (grown == NULL) {
            return no_memory(err);
        }
        if (owing->correction_count > 0) {
            memcpy(grown, owing->corrections, owing->correction_count * sizeof *grown);
        }
        memcpy(grown[owing->correction_count].old.bytes, shown->key.data + 2, 16);
        grown[owing->correction_count++].by = *id;
        owing->corrections = grown;
    }
    return rc;
}

static mirsal_code find_corrections(struct owing *owing, mirsal_error *err)
{
    const struct mir_projection *projection = owing->store->projection;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        const struct mir_schema_type *type = projection->tables[i].type;
        sqlite3_stmt *statement = NULL;
        char text[128];
        int component = -1;
        const struct mir_schema_field *field =
            mir_schema_field_by_name(&component, type, "supersedes");
        if (field == NULL) {
            continue;
        }
        (void)snprintf(
            text, sizeof text, "SELECT id FROM r_%u WHERE f%u IS NOT NULL", type->id, field->id);
        rc = mir_sql_prepare_once(&statement, owing->store->sql, text, err);
        while (rc == MIRSAL_OK) {
            int row = 0;
            mirsal_id id;
            rc = mir_sql_step(&row, owing->store->sql, statement, err);
            if (rc != MIRSAL_OK || !row) {
                break;
            }
            memcpy(id.bytes, mir_sql_column(statement, 0).data, sizeof id.bytes);
            rc = read_correction(owing, &id, field->id, err);
        }
        mir_sql_finalize(statement);
    }
    return rc;
}

static void owe(struct owing *owing,
    const mirsal_id *record,
    enum mir_handoff_retracted why,
    const mirsal_id *correction)
{
    static const mirsal_id none = { { 0 } };
    owing->items[owing->count++] =
        (struct owed){ { *record, why }, correction != NULL ? *correction : none };
}

/* What became of the record as a whole. */
static mirsal_code open_record(struct owing *owing, const mirsal_id *id, mirsal_error *err)
{
    mirsal_error why = { 0 };
    mir_arena_reset(&owing->scratch);
    owing->has_record = 1;
    owing->gone = 1;
    mirsal_code rc = mir_read_record(&owing->record, &owing->scratch, owing->store, id, &why);
    const struct correction *correction = correction_of(owing, id);
    owing->record.id = *id;
    if (rc == MIRSAL_NOT_FOUND || (rc == MIRSAL_OK && owing->record.state == MIR_RECORD_PURGED)) {
        owe(owing, id, MIR_HANDOFF_PURGED, NULL);
    } else if (rc == MIRSAL_OK && owing->record.state != MIR_RECORD_ACCEPTED) {
        owe(owing, id, MIR_HANDOFF_WITHDRAWN, NULL);
    } else if (rc == MIRSAL_OK && correction != NULL) {
        owe(owing, id, MIR_HANDOFF_CORRECTED, &correction->by);
    } else {
        owing->gone = 0;
        return rc == MIRSAL_OK ? rc : mir_fail(err, rc, "%s", why.message);
    }
    return MIRSAL_OK;
}

static mirsal_code no_longer(struct owing *owing, const struct shown_row *row, mirsal_error *err)
{
    if (owing->leaf_count == owing->leaf_room) {
        size_t room = owing->leaf_room == 0 ? 64 : 2 * owing->leaf_room;
        struct mir_handoff_superseded *leaves = mir_arena_alloc(owing->arena, room, sizeof *leaves);
        if (leaves == NULL) {
            return no_memory(err);
        }
        if (owing->leaf_count > 0) {
            memcpy(leaves, owing->leaves, owing->leaf_count * sizeof *leaves);
        }
        owing->leaves = leaves;
        owing->leaf_room = room;
    }
    owing->leaves[owing->leaf_count++] =
        (struct mir_handoff_superseded){ row->record, row->field, row->leaf };
    if (owing->count == 0 || memcmp(&owing->items[owing->count - 1].retraction.record, &row->record,
                                 sizeof row->record) != 0) {
        owe(owing, &row->record, MIR_HANDOFF_CORRECTED, &row->record);
    }
    return MIRSAL_OK;
}

/* 1 when the register of the row comes to the leaf that was shown. */
static mirsal_code is_same(int *same,
    struct owing *owing,
    const struct shown_row *row,
    struct mir_shown *shown,
    mirsal_error *err)
{
    const struct mir_schema_field *field = mir_schema_field_by_id(owing->store->schema, row->field);
    mirsal_hash leaf;
    mirsal_code rc = MIRSAL_OK;
    *same = 0;
    if (owing->handed->manifest.mode == MIR_HANDOFF_ATTESTED && field != NULL) {
        rc = mir_handoff_resolve(shown, &owing->scratch, owing->store, field, err);
    }
    mir_buf_reset(&owing->leaf);
    if (rc == MIRSAL_OK) {
        mir_handoff_leaf_write(&owing->leaf, &row->record, row->field, shown->key, shown->value);
        rc = mir_buf_finish(&owing->leaf, err);
    }
    if (rc == MIRSAL_OK) {
        mir_merkle_leaf(&leaf, row->salt, mir_buf_bytes(&owing->leaf));
        *same = memcmp(&leaf, &row->leaf, sizeof leaf) == 0;
    }
    return rc;
}

/* Records of which no row is left, until the one given (NULL: to the end): purged, all withheld. */
static mirsal_code pass_rowless(struct owing *owing, const mirsal_id *until, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &owing->handed->manifest;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && owing->next < manifest->record_count) {
        const mirsal_id *id = &manifest->records[owing->next++].id;
        if (until != NULL && memcmp(id, until, sizeof *id) == 0) {
            break;
        }
        rc = open_record(owing, id, err);
    }
    return rc;
}

static mirsal_code judge_row(struct owing *owing, const struct shown_row *row, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    int same = 0;
    if (!owing->has_record || memcmp(&owing->record.id, &row->record, sizeof row->record) != 0) {
        rc = pass_rowless(owing, &row->record, err);
        if (rc == MIRSAL_OK) {
            rc = open_record(owing, &row->record, err);
        }
    }
    if (rc != MIRSAL_OK || owing->gone) {
        return rc;
    }
    for (size_t i = 0; rc == MIRSAL_OK && !same && i < owing->record.register_count; i++) {
        struct mir_shown shown = owing->record.registers[i];
        if (shown.field == row->field) {
            rc = is_same(&same, owing, row, &shown, err);
        }
    }
    return rc == MIRSAL_OK && !same ? no_longer(owing, row, err) : rc;
}

static int compare_owed(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(&((const struct owed *)a)->retraction.record,
        &((const struct owed *)b)->retraction.record, sizeof(mirsal_id));
}

static int compare_leaves(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_handoff_superseded_compare(a, b);
}

static mirsal_code give_debt(struct mir_handover_debt *out,
    struct owing *owing,
    const struct mir_handover *items,
    size_t count,
    size_t at,
    mirsal_error *err)
{
    const mirsal_hash *to = owing->to;
    mirsal_id *corrections = mir_arena_alloc(owing->arena, owing->count + 1, sizeof *corrections);
    out->items = mir_arena_alloc(owing->arena, owing->count + 1, sizeof *out->items);
    out->leaves = owing->leaves;
    out->corrections = corrections;
    if (corrections == NULL || out->items == NULL) {
        return no_memory(err);
    }
    mir_sort(owing->items, owing->count, sizeof *owing->items, compare_owed, NULL);
    for (size_t i = 0; i < owing->count; i++) {
        if (!mir_handover_told(items, count, at, &owing->items[i].retraction.record, to)) {
            corrections[out->count] = owing->items[i].correction;
            out->items[out->count++] = owing->items[i].retraction;
        }
    }
    mir_sort(owing->leaves, owing->leaf_count, sizeof *owing->leaves, compare_leaves, NULL);
    for (size_t i = 0; i < owing->leaf_count; i++) {
        if (!mir_handover_told(items, count, at, &owing->leaves[i].record, to)) {
            out->leaves[out->leaf_count++] = owing->leaves[i];
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_handover_owed(struct mir_handover_debt *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover *items,
    size_t count,
    size_t at,
    mirsal_error *err)
{
    return mir_handover_owed_to(out, arena, store, items, count, at, NULL, err);
}

mirsal_code mir_handover_owed_to(struct mir_handover_debt *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover *items,
    size_t count,
    size_t at,
    const mirsal_hash *to,
    mirsal_error *err)
{
    const struct mir_handover *handed = &items[at];
    struct owing owing = { .store = store, .to = to, .handed = handed, .arena = arena };
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    mir_arena_init(&owing.scratch, store->env, (size_t)64 << 20);
    mir_buf_init(&owing.leaf, store->env, (size_t)4 << 20);
    owing.items = mir_arena_alloc(arena, handed->manifest.record_count + 1u, sizeof *owing.items);
    mirsal_code rc = owing.items == NULL ? no_memory(err) : find_corrections(&owing, err);
    mir_reader_init(&reader, handed->shown.data, handed->shown.size);
    while (rc == MIRSAL_OK && mir_reader_left(&reader) > 0 &&
           owing.count < handed->manifest.record_count + 1u) {
        struct shown_row row;
        read_row(&row, &reader);
        rc = mir_reader_ok(&reader) ? judge_row(&owing, &row, err)
                                    : mir_fail(err, MIRSAL_CORRUPT, "what was shown is damaged");
    }
    if (rc == MIRSAL_OK) {
        rc = pass_rowless(&owing, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = give_debt(out, &owing, items, count, at, err);
    }
    mir_buf_fini(&owing.leaf);
    mir_arena_fini(&owing.scratch);
    return rc;
}
