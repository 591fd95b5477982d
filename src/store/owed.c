/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/owed.c - what no longer stands of what was handed over (handovers.h).
 *
 * A shown value stands as long as its leaf comes out again: the salt was kept, the value is the
 * record's own today. A value that no row has, of a field that was not withheld, came later.
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

#define FIELDS_MAX 4096u /* more than a schema has */

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
    const struct mir_handover_asked *asked;
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
    mirsal_id *added;
    size_t added_count;
    size_t added_room;
    struct mir_record record; /* the one whose rows are read */
    int has_record;
    uint32_t rows;    /* of it */
    uint8_t *matched; /* 1 for each of its registers that a row has */
    int gone;         /* it is owed as a whole */
    uint32_t next;    /* record of the manifest, in whose order rows stand */
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

/* 1 when the handoff itself has what supersedes it. */
static int came_along(const struct owing *owing, const mirsal_id *correction)
{
    const struct mir_handoff_manifest *manifest = &owing->handed->manifest;
    for (uint32_t i = 0; i < manifest->record_count; i++) {
        if (memcmp(&manifest->records[i].id, correction, sizeof *correction) == 0) {
            return 1;
        }
    }
    return 0;
}

/* What became of the record as a whole. */
static mirsal_code open_record(struct owing *owing, const mirsal_id *id, mirsal_error *err)
{
    mirsal_error why = { 0 };
    mir_arena_reset(&owing->scratch);
    owing->has_record = 1;
    owing->gone = 1;
    owing->rows = 0;
    owing->matched = NULL;
    mirsal_code rc = mir_read_record(&owing->record, &owing->scratch, owing->store, id, &why);
    const struct correction *correction = correction_of(owing, id);
    owing->record.id = *id;
    if (rc == MIRSAL_NOT_FOUND || (rc == MIRSAL_OK && owing->record.state == MIR_RECORD_PURGED)) {
        owe(owing, id, MIR_HANDOFF_PURGED, NULL);
    } else if (rc == MIRSAL_OK && owing->record.state != MIR_RECORD_ACCEPTED) {
        owe(owing, id, MIR_HANDOFF_WITHDRAWN, NULL);
    } else if (rc == MIRSAL_OK && correction != NULL && !came_along(owing, &correction->by)) {
        owe(owing, id, MIR_HANDOFF_CORRECTED, &correction->by);
    } else {
        owing->gone = 0;
        if (rc != MIRSAL_OK) {
            return mir_fail(err, rc, "%s", why.message);
        }
        owing->matched =
            mir_arena_alloc(&owing->scratch, owing->record.register_count + 1, sizeof(uint8_t));
        return owing->matched == NULL ? no_memory(err) : MIRSAL_OK;
    }
    return MIRSAL_OK;
}

/* Once for each record. */
static void owe_values(struct owing *owing, const mirsal_id *record)
{
    if (owing->count == 0 ||
        memcmp(&owing->items[owing->count - 1].retraction.record, record, sizeof *record) != 0) {
        owe(owing, record, MIR_HANDOFF_CORRECTED, record);
    }
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
    owe_values(owing, &row->record);
    return MIRSAL_OK;
}

/* Behind a record's last row: values that none has. */
static void close_record(struct owing *owing)
{
    const struct mir_handover_terms *terms = owing->asked->terms;
    const struct mir_handoff_record *entry =
        owing->next == 0 ? NULL : &owing->handed->manifest.records[owing->next - 1];
    int judged = owing->has_record && !owing->gone && terms != NULL && entry != NULL;
    owing->has_record = 0;
    if (!judged || owing->rows + 1 != entry->leaves) { /* rows that a purge took tell nothing */
        return;
    }
    for (size_t i = 0; i < owing->record.register_count; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(owing->store->schema, owing->record.registers[i].field);
        int told = owing->matched[i] || field == NULL;
        for (uint32_t k = 0; !told && k < entry->withheld_count; k++) {
            told = entry->withheld[k] == field->id;
        }
        if (!told && terms->shows(terms->context, &owing->record, field)) {
            owe_values(owing, &owing->record.id);
        }
    }
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
        if (rc == MIRSAL_OK) {
            close_record(owing);
        }
    }
    return rc;
}

static mirsal_code judge_row(struct owing *owing, const struct shown_row *row, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    int same = 0;
    if (!owing->has_record || memcmp(&owing->record.id, &row->record, sizeof row->record) != 0) {
        close_record(owing);
        rc = pass_rowless(owing, &row->record, err);
        if (rc == MIRSAL_OK) {
            rc = open_record(owing, &row->record, err);
        }
    }
    if (rc != MIRSAL_OK || owing->gone) {
        return rc;
    }
    owing->rows++;
    for (size_t i = 0; rc == MIRSAL_OK && i < owing->record.register_count; i++) {
        struct mir_shown shown = owing->record.registers[i];
        int is_row = 0;
        if (shown.field == row->field) {
            rc = is_same(&is_row, owing, row, &shown, err);
        }
        owing->matched[i] |= (uint8_t)is_row;
        same |= is_row;
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

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_id));
}

/* What is owed for the record, or NULL. Behind the sort. */
static const struct owed *find_owed(const struct owing *owing, const mirsal_id *id)
{
    size_t low = 0;
    size_t high = owing->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&owing->items[middle].retraction.record, id, sizeof *id);
        if (order == 0) {
            return &owing->items[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

static int is_gone(const struct owing *owing, const mirsal_id *id)
{
    const struct owed *owed = find_owed(owing, id);
    return owed != NULL && owed->retraction.why != MIR_HANDOFF_CORRECTED;
}

/* 1 when it stands for a record that was handed over: owed as its correction. */
static int is_correction(const struct owing *owing, const mirsal_id *id)
{
    for (size_t i = 0; i < owing->correction_count; i++) {
        if (memcmp(&owing->corrections[i].by, id, sizeof *id) == 0 &&
            find_owed(owing, &owing->corrections[i].old) != NULL) {
            return 1;
        }
    }
    return 0;
}

/* A recipient who has the parent by this handoff, not by a later one, and not the child. */
static int is_new(const struct owing *owing,
    const struct mir_item *parent,
    const struct mir_item *child)
{
    const struct mir_handover_asked *asked = owing->asked;
    const struct mir_handoff_manifest *manifest = &owing->handed->manifest;
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        mirsal_hash sign;
        memcpy(sign.bytes, manifest->recipients[i].sign.bytes, sizeof sign.bytes);
        if ((asked->to == NULL || mir_hash_equal(asked->to, &sign)) &&
            !mir_handover_gave(asked, asked->at + 1, &sign, parent) &&
            !mir_handover_gave(asked, 0, &sign, child)) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code add_child(struct owing *owing, const mirsal_id *id, mirsal_error *err)
{
    const struct mir_handover_terms *terms = owing->asked->terms;
    struct mir_record record = { 0 };
    int leaves = 0;
    mir_arena_reset(&owing->scratch);
    mirsal_code rc = mir_read_record(&record, &owing->scratch, owing->store, id, err);
    if (rc == MIRSAL_OK && record.state == MIR_RECORD_ACCEPTED &&
        correction_of(owing, id) == NULL && !is_correction(owing, id)) {
        rc = terms->leaves(&leaves, terms->context, &record, err);
    }
    if (rc != MIRSAL_OK || !leaves) {
        return rc;
    }
    if (owing->added_count == owing->added_room) {
        size_t room = owing->added_room == 0 ? 64 : 2 * owing->added_room;
        mirsal_id *added = mir_arena_alloc(owing->arena, room, sizeof *added);
        if (added == NULL) {
            return no_memory(err);
        }
        if (owing->added_count > 0) {
            memcpy(added, owing->added, owing->added_count * sizeof *added);
        }
        owing->added = added;
        owing->added_room = room;
    }
    owing->added[owing->added_count++] = *id;
    return MIRSAL_OK;
}

/* Records that came later below those that were handed over. */
static mirsal_code find_added(struct owing *owing, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &owing->handed->manifest;
    struct mir_arena arena;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, owing->store->env, (size_t)64 << 20);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < manifest->record_count; i++) {
        struct mir_item parent = { .id = manifest->records[i].id,
            .type = manifest->records[i].type };
        struct mir_items children = { 0 };
        if (is_gone(owing, &parent.id)) {
            continue;
        }
        mir_arena_reset(&arena);
        rc = mir_read_children(&children, &arena, owing->store, &parent.id, err);
        for (size_t k = 0; rc == MIRSAL_OK && k < children.count; k++) {
            if (is_new(owing, &parent, &children.items[k])) {
                rc = add_child(owing, &children.items[k].id, err);
            }
        }
    }
    mir_arena_fini(&arena);
    if (owing->added_count > 0) {
        mir_sort(owing->added, owing->added_count, sizeof *owing->added, compare_ids, NULL);
    }
    return rc;
}

static mirsal_code give_debt(struct mir_handover_debt *out, struct owing *owing, mirsal_error *err)
{
    const struct mir_handover_asked *asked = owing->asked;
    const struct mir_handover *items = asked->items;
    const mirsal_hash *to = asked->to;
    size_t count = asked->count;
    size_t at = asked->at;
    mirsal_id *corrections = mir_arena_alloc(owing->arena, owing->count + 1, sizeof *corrections);
    out->items = mir_arena_alloc(owing->arena, owing->count + 1, sizeof *out->items);
    out->leaves = owing->leaves;
    out->corrections = corrections;
    if (corrections == NULL || out->items == NULL) {
        return no_memory(err);
    }
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

mirsal_code mir_handover_fields(uint32_t **out,
    size_t *count,
    struct mir_arena *arena,
    const struct mir_handover *handed,
    mirsal_error *err)
{
    struct mir_reader reader;
    uint32_t last = 0;
    *count = 0;
    *out = mir_arena_alloc(arena, FIELDS_MAX, sizeof **out);
    mir_reader_init(&reader, handed->shown.data, handed->shown.size);
    while (*out != NULL && mir_reader_ok(&reader) && mir_reader_left(&reader) > 0) {
        struct shown_row row;
        size_t at = 0;
        read_row(&row, &reader);
        if (row.field == last) {
            continue;
        }
        last = row.field;
        while (at < *count && (*out)[at] < row.field) {
            at++;
        }
        if (at < *count && (*out)[at] == row.field) {
            continue;
        }
        if (*count == FIELDS_MAX) {
            break;
        }
        memmove(&(*out)[at + 1], &(*out)[at], (*count - at) * sizeof **out);
        (*out)[at] = row.field;
        (*count)++;
    }
    if (*out == NULL) {
        return no_memory(err);
    }
    return mir_reader_ok(&reader) ? MIRSAL_OK
                                  : mir_fail(err, MIRSAL_CORRUPT, "what was shown is damaged");
}

mirsal_code mir_handover_owed(struct mir_handover_debt *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover_asked *asked,
    mirsal_error *err)
{
    const struct mir_handover *handed = &asked->items[asked->at];
    struct owing owing = { .store = store, .asked = asked, .handed = handed, .arena = arena };
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
        close_record(&owing);
        rc = pass_rowless(&owing, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sort(owing.items, owing.count, sizeof *owing.items, compare_owed, NULL);
        rc = asked->terms == NULL ? MIRSAL_OK : find_added(&owing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = give_debt(out, &owing, err);
        out->added = owing.added;
        out->added_count = owing.added_count;
    }
    mir_buf_fini(&owing.leaf);
    mir_arena_fini(&owing.scratch);
    return rc;
}
