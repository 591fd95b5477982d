/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/import.c - see the header. A line is judged whole before any of it is written; so a
 * batch holds only what may be written, and what fails then is the store's failure.
 */
#include "import.h"

#include "apply.h"
#include "canonical.h"
#include "fail.h"
#include "json_out.h"
#include "lines.h"
#include "membership.h"
#include "record_in.h"
#include "seen.h"
#include "txn.h"
#include "work.h"

#include <string.h>

#define BATCH_LINES    4096u
#define BATCH_BYTES    ((size_t)32 << 20)
#define PROGRESS_LINES 1000u

struct importer {
    struct mir_store *store;
    const struct mir_import *options;
    struct mir_import_counts counts;
    struct mir_work work;
    struct mir_lookup lookup; /* what this import made, then the store */
    struct mir_seen seen;
    struct mir_lines lines;
    struct mir_buf rejected;
    struct mir_txn *txn;
    uint64_t batch_lines;
    size_t batch_bytes;
};

/* A line's record, beside what is held of it. */
struct row {
    struct mir_entry *entry;
    struct mir_record current;
    struct mir_record compared; /* canonical.h */
    int held;
};

static mirsal_code lookup_source(void *context,
    mirsal_id *out,
    int *found,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    struct importer *importer = context;
    const struct mir_seen_item *item = mir_seen_find(&importer->seen, source_id);
    if (item != NULL && item->has_id) {
        *out = item->id;
        *found = 1;
        return MIRSAL_OK;
    }
    return mir_source_find(out, found, importer->store, type, source_id, err);
}

static mirsal_code lookup_prefix(void *context,
    mirsal_id *out,
    uint32_t type,
    struct mir_bytes text,
    mirsal_error *err)
{
    struct importer *importer = context;
    const struct mir_lookup *store = &importer->work.lookup;
    return store->prefix(store->context, out, type, text, err);
}

static mirsal_code lookup_type(void *context,
    uint32_t *type,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct importer *importer = context;
    const struct mir_lookup *store = &importer->work.lookup;
    return store->type(store->context, type, id, err);
}

/* 1 for a code that a line has brought on itself. */
static int is_of_line(mirsal_code code)
{
    mirsal_class class = mirsal_code_class(code);
    return class == MIRSAL_CLASS_CALLER || class == MIRSAL_CLASS_DENIED || code == MIRSAL_LIMIT;
}

static void reject(struct importer *importer, const mirsal_error *why)
{
    struct mir_buf *out = &importer->rejected;
    importer->counts.rejected++;
    if (importer->counts.rejected > MIR_IMPORT_REJECTED_MAX) {
        return;
    }
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "line");
    mir_json_uint(out, importer->lines.number);
    mir_json_key(out, "code");
    mir_json_text(out, mirsal_code_name(why->code));
    mir_json_key(out, "field");
    if (why->field[0] == '\0') {
        mir_json_null(out);
    } else {
        mir_json_text(out, why->field);
    }
    mir_json_key(out, "reason");
    mir_json_text(out, why->message);
    mir_json_close(out, '}');
}

/* No source id of the line was in the file before, or is in the line twice. */
static mirsal_code check_seen(struct importer *importer,
    const struct mir_entries *entries,
    mirsal_error *err)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct mir_bytes source = entries->items[i].source_id;
        int twice = source.size > 0 && mir_seen_find(&importer->seen, source) != NULL;
        for (size_t k = 0; source.size > 0 && k < i; k++) {
            twice = twice || mir_bytes_equal(source, entries->items[k].source_id);
        }
        if (twice) {
            return mir_fail_field(err, MIRSAL_DUPLICATE_SOURCE_ID, "source_id",
                "the source id stands in this file twice");
        }
    }
    return MIRSAL_OK;
}

/* The record that the entry is an update of. */
static mirsal_code find_held(struct row *row, struct importer *importer, mirsal_error *err)
{
    struct mir_entry *entry = row->entry;
    mirsal_id id = entry->id;
    uint32_t type = 0;
    mirsal_code rc = MIRSAL_OK;
    if (entry->has_id) {
        rc = mir_read_type(&type, importer->store, &id, err);
        row->held = type != 0;
    }
    if (rc == MIRSAL_OK && !row->held && entry->source_id.size > 0) {
        rc = mir_source_find(
            &id, &row->held, importer->store, entry->type->id, entry->source_id, err);
        type = entry->type->id;
    }
    if (rc == MIRSAL_OK && row->held && type != entry->type->id) {
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "id", "the record is of another type");
    }
    if (rc == MIRSAL_OK && row->held) {
        rc = mir_read_record(&row->current, &importer->work.arena, importer->store, &id, err);
    }
    if (rc == MIRSAL_OK && row->held && row->current.state == MIR_RECORD_PURGED) {
        rc = mir_fail_field(err, MIRSAL_NOT_ALLOWED, "id", "the record is purged");
    }
    if (rc == MIRSAL_OK && row->held) {
        mir_entry_drop_own_name(entry, &id);
        rc = mir_canonical_record(&row->compared, &importer->work.values, &row->current, err);
    }
    return rc;
}

/* A record says whence it came first; what came again later says so in the chain. */
static void keep_origin(struct mir_entry *entry)
{
    size_t kept = 0;
    for (size_t i = 0; i < entry->count; i++) {
        if (strcmp(entry->writes[i].field->name, "origin") != 0) {
            entry->writes[kept++] = entry->writes[i];
        }
    }
    entry->count = kept;
}

static int is_child_of_new(const struct row *rows, size_t at)
{
    return at > 0 && !rows[rows[at].entry->parent].held;
}

static mirsal_code judge_row(struct row *rows,
    size_t at,
    struct importer *importer,
    mirsal_error *err)
{
    struct row *row = &rows[at];
    const struct row *parent = &rows[row->entry->parent];
    mirsal_code rc = find_held(row, importer, err);
    if (rc == MIRSAL_OK && !row->held) {
        rc = mir_entry_refuse_purged(row->entry, importer->store, err);
    }
    if (rc == MIRSAL_OK && at > 0 && parent->held) {
        rc = mir_entry_parent(
            row->entry, &importer->work.values, &parent->current.id, parent->entry->source_id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_settle(
            row->entry, &importer->work.values, row->held ? &row->compared : NULL, err);
    }
    if (rc != MIRSAL_OK || !row->held) {
        return rc;
    }
    if (importer->options->foreign && mir_work_origin(importer->store, &row->current) != NULL) {
        keep_origin(row->entry);
    }
    mir_entry_drop_equal(row->entry, &row->compared, 1);
    mir_canonical_restore(row->entry, &row->compared, &row->current);
    if (row->entry->count == 0 && !is_child_of_new(rows, at)) {
        return MIRSAL_OK;
    }
    return importer->options->foreign ? mir_work_may_write(importer->store, &row->current, err)
                                      : mir_work_may_edit(importer->store, &row->current, err);
}

static mirsal_code begin_batch(struct importer *importer, mirsal_error *err)
{
    const struct mir_store *store = importer->store;
    int reads = store->membership != NULL && store->keys != NULL && !store->write_only &&
                mir_membership_can_read(store->membership, mir_store_device(store), 0);
    if (importer->txn != NULL) {
        return MIRSAL_OK;
    }
    return mir_txn_begin(
        &importer->txn, importer->store, reads ? MIR_TXN_BATCH : MIR_TXN_LONE, err);
}

static mirsal_code end_batch(struct importer *importer, mirsal_error *err)
{
    struct mir_txn_result result = { 0 };
    struct mir_txn *txn = importer->txn;
    importer->txn = NULL;
    importer->batch_lines = 0;
    importer->batch_bytes = 0;
    mirsal_code rc = txn == NULL ? MIRSAL_OK : mir_txn_commit(&result, txn, err);
    importer->counts.changesets += result.changesets;
    importer->counts.conflicts_opened += result.conflicts_opened;
    return rc;
}

/* *id is the record's afterwards, *changed tells that something was written. */
static mirsal_code write_row(mirsal_id *id,
    int *changed,
    struct row *rows,
    size_t at,
    const mirsal_id *parent,
    struct importer *importer,
    mirsal_error *err)
{
    struct row *row = &rows[at];
    struct mir_values *values = &importer->work.values;
    struct mir_edited edited = { 0 };
    mirsal_code rc = MIRSAL_OK;
    if (is_child_of_new(rows, at)) {
        rc = mir_entry_parent(
            row->entry, values, parent, rows[row->entry->parent].entry->source_id, err);
    }
    if (rc == MIRSAL_OK && !row->held) {
        rc = mir_entry_name_by_id(row->entry, values, err);
    }
    if (rc == MIRSAL_OK && !row->held) {
        *changed = 1;
        return mir_entry_create(id, row->entry, importer->txn, -1, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (is_child_of_new(rows, at)) {
        mir_entry_drop_equal(row->entry, &row->compared, 1);
    }
    rc = mir_entry_edit(&edited, row->entry, &importer->work, importer->txn, &row->current, err);
    *id = edited.id;
    importer->counts.left_sealed += edited.superseded && row->current.sealed != 0;
    *changed = *changed || edited.writes > 0;
    return rc;
}

static mirsal_code write_rows(struct importer *importer,
    struct row *rows,
    size_t count,
    mirsal_error *err)
{
    mirsal_id *ids = mir_arena_alloc(&importer->work.arena, count, sizeof *ids);
    int changed = 0;
    mirsal_code rc = ids == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    if (rc == MIRSAL_OK && !importer->options->dry_run) {
        rc = begin_batch(importer, err);
    }
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        if (importer->options->dry_run) {
            changed = changed || !rows[i].held || rows[i].entry->count > 0;
        } else {
            rc = write_row(&ids[i], &changed, rows, i, &ids[rows[i].entry->parent], importer, err);
        }
        if (rc == MIRSAL_OK && rows[i].entry->source_id.size > 0) {
            rc = mir_seen_put(&importer->seen, rows[i].entry->source_id,
                importer->options->dry_run ? NULL : &ids[i], err);
        }
    }
    if (rc == MIRSAL_OK) {
        importer->counts.added += !rows[0].held;
        importer->counts.updated += rows[0].held && changed;
        importer->counts.unchanged += rows[0].held && !changed;
    }
    return rc;
}

/* Of another team's record what this schema does not take is kept apart, field by field. */
static mirsal_code parse(struct mir_entries *out,
    struct importer *importer,
    struct json_t *json,
    const struct mir_record_in *form,
    mirsal_error *err)
{
    mirsal_error why = { 0 };
    mirsal_code rc = mir_record_parse(out, &importer->work.values, json, form, &why);
    while (rc != MIRSAL_OK && importer->options->foreign && is_of_line(rc) &&
           mir_record_spare(json, &importer->work.values, why.field)) {
        why = (mirsal_error){ 0 };
        rc = mir_record_parse(out, &importer->work.values, json, form, &why);
    }
    if (rc != MIRSAL_OK && err != NULL) {
        *err = why;
    }
    return rc;
}

/* Judges and writes; *of_line = 1 when a failure is the line's own. */
static mirsal_code import_line(struct importer *importer, int *of_line, mirsal_error *err)
{
    struct mir_entries entries = { 0 };
    struct mir_record_in form = { importer->options->type, importer->options->source_id };
    struct json_t *json = NULL;
    const struct mir_buf *line = &importer->lines.line;
    struct row *rows = NULL;
    mirsal_code rc = MIRSAL_OK;
    *of_line = 1;
    if (importer->lines.over) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the line has over %zu bytes", MIR_IMPORT_LINE_MAX);
    }
    rc = mir_json_load(&json, (const char *)line->data, line->size, err);
    if (rc == MIRSAL_OK) {
        rc = parse(&entries, importer, json, &form, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_seen(importer, &entries, err);
    }
    if (rc == MIRSAL_OK) {
        rows = mir_arena_alloc(&importer->work.arena, entries.count, sizeof *rows);
        rc = rows == NULL ? mir_fail(err, MIRSAL_TOO_LARGE, "the line is too large") : MIRSAL_OK;
    }
    for (size_t i = 0; i < entries.count && rc == MIRSAL_OK; i++) {
        rows[i].entry = &entries.items[i];
        rc = judge_row(rows, i, importer, err);
    }
    if (rc == MIRSAL_OK) {
        *of_line = 0;
        rc = write_rows(importer, rows, entries.count, err);
    }
    mir_json_drop(json);
    return rc;
}

static int is_blank(const struct mir_buf *line)
{
    for (size_t i = 0; i < line->size; i++) {
        if (line->data[i] != ' ' && line->data[i] != '\t' && line->data[i] != '\r') {
            return 0;
        }
    }
    return 1;
}

static mirsal_code take_line(struct importer *importer, mirsal_error *err)
{
    mirsal_error why = { 0 };
    int of_line = 0;
    const struct mir_import *options = importer->options;
    if (!importer->lines.over && is_blank(&importer->lines.line)) {
        return MIRSAL_OK;
    }
    importer->counts.rows++;
    mir_work_reset(&importer->work);
    mirsal_code rc = import_line(importer, &of_line, &why);
    if (rc != MIRSAL_OK && of_line && is_of_line(rc)) {
        reject(importer, &why);
        rc = MIRSAL_OK;
    } else if (rc != MIRSAL_OK) {
        why.offset = importer->lines.number;
        if (err != NULL) {
            *err = why;
        }
        return rc;
    }
    importer->batch_lines++;
    importer->batch_bytes += importer->lines.line.size;
    if (importer->batch_lines >= BATCH_LINES || importer->batch_bytes >= BATCH_BYTES) {
        rc = end_batch(importer, err);
    }
    if (options->progress != NULL && importer->lines.number % PROGRESS_LINES == 0) {
        options->progress(options->progress_context, importer->lines.number);
    }
    return rc;
}

static mirsal_code write_answer(struct mir_buf *out,
    const struct importer *importer,
    mirsal_error *err)
{
    const struct mir_import_counts *counts = &importer->counts;
    mirsal_code rc = mir_buf_finish(&importer->rejected, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "rows");
    mir_json_uint(out, counts->rows);
    mir_json_key(out, "added");
    mir_json_uint(out, counts->added);
    mir_json_key(out, "updated");
    mir_json_uint(out, counts->updated);
    mir_json_key(out, "unchanged");
    mir_json_uint(out, counts->unchanged);
    if (counts->left_sealed > 0) {
        mir_json_key(out, "records_left_sealed");
        mir_json_uint(out, counts->left_sealed);
    }
    mir_json_key(out, "rejected_total");
    mir_json_uint(out, counts->rejected);
    mir_json_key(out, "rejected");
    mir_buf_append(out, importer->rejected.data, importer->rejected.size);
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    return mir_buf_finish(out, err);
}

mirsal_code mir_import_run(struct mir_buf *answer,
    struct mir_import_counts *counts,
    struct mir_store *store,
    const struct mir_import *import,
    mirsal_error *err)
{
    struct importer importer = { .store = store, .options = import };
    int more = 0;
    mir_work_begin(&importer.work, store, NULL);
    mir_seen_init(&importer.seen, store->env);
    mir_buf_init(&importer.rejected, store->env, (size_t)4 << 20);
    mir_json_open(&importer.rejected, '[');
    importer.lookup = (struct mir_lookup){ &importer, lookup_prefix, lookup_source, lookup_type };
    importer.work.values.lookup = &importer.lookup;
    mirsal_code rc =
        mir_lines_init(&importer.lines, store->env, import->read, import->read_context, err);
    while (rc == MIRSAL_OK) {
        rc = mir_lines_next(&more, &importer.lines, err);
        if (rc != MIRSAL_OK || !more) {
            break;
        }
        rc = take_line(&importer, err);
    }
    if (rc == MIRSAL_OK) {
        rc = end_batch(&importer, err);
    }
    mir_txn_rollback(importer.txn);
    if (rc == MIRSAL_OK) {
        rc = write_answer(answer, &importer, err);
    }
    *counts = importer.counts;
    mir_lines_fini(&importer.lines);
    mir_buf_fini(&importer.rejected);
    mir_seen_fini(&importer.seen);
    mir_work_end(&importer.work);
    return rc;
}
