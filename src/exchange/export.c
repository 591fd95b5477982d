/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/export.c - see the header.
 */
#include "export.h"

#include "fail.h"
#include "json_out.h"
#include "outfolder.h"
#include "outnames.h"
#include "pack.h"
#include "record_out.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define RECORD_MEMORY_MAX ((size_t)256 << 20)
#define LINE_MAX_SIZE     ((size_t)256 << 20)

/* Of one type: records left out, and records of which fields were. */
struct withheld {
    uint64_t consent;
    uint64_t release;
    uint64_t fields;
};

struct exporter {
    struct mir_store *store;
    const struct mir_export *options;
    struct mir_outnames names;
    struct mir_outfolder folder;
    struct mir_arena type_arena;
    struct mir_arena arena; /* of one record */
    struct mir_buf line;
    uint64_t rows;
    struct withheld *withheld; /* by type, in the schema's order */
};

static mirsal_code write_reference(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct exporter *exporter = context;
    struct mir_packed item = mir_packed_of(value);
    struct mir_bytes name = item.bytes;
    mirsal_id id = { 0 };
    int found = 0;
    mirsal_code rc = mir_read_reference(&id, &found, exporter->store, 0, value, changeset, err);
    if (rc == MIRSAL_OK && (found || item.kind == MIR_PACKED_BIN)) {
        rc = mir_outnames_find(&name, &exporter->arena, &exporter->names, &id, err);
    }
    mir_json_open(out, '{');
    mir_json_key(out, "source_id");
    mir_json_bytes(out, name);
    mir_json_close(out, '}');
    return rc;
}

static int may_refer(const struct mir_schema_field *field)
{
    if (field->shape.kind == MIR_KIND_REF || field->shape.element == MIR_KIND_REF) {
        return 1;
    }
    for (uint32_t i = 0; i < field->component_count; i++) {
        if (field->components[i].shape.kind == MIR_KIND_REF) {
            return 1;
        }
    }
    return 0;
}

/* 1 in *names when the key or the value names a record that is withheld. */
static mirsal_code names_withheld(int *names,
    struct exporter *exporter,
    const struct mir_shown *shown,
    mirsal_error *err)
{
    const struct mir_bytes parts[] = { shown->key, shown->value };
    mirsal_code rc = MIRSAL_OK;
    *names = 0;
    for (size_t i = 0; i < 2; i++) {
        struct mir_reader reader;
        mir_reader_init(&reader, parts[i].data, parts[i].size);
        while (rc == MIRSAL_OK && !*names && mir_reader_left(&reader) > 0) {
            size_t mark = reader.at;
            struct mir_packed piece = mir_packed_next(&reader);
            mirsal_id id;
            int found = 0;
            if (piece.kind == MIR_PACKED_NONE) {
                break;
            }
            if ((piece.kind != MIR_PACKED_BIN || piece.bytes.size != sizeof id) &&
                piece.kind != MIR_PACKED_TEXT) {
                continue;
            }
            rc = mir_read_reference(&id, &found, exporter->store, 0,
                mir_reader_since(&reader, mark), shown->changeset, err);
            if (rc == MIRSAL_OK && found) {
                rc = mir_outnames_withheld(names, &exporter->names, &id, err);
            }
        }
    }
    return rc;
}

/* Takes out what may not leave; *out = 1 when anything was. */
static mirsal_code withhold_fields(int *out,
    struct exporter *exporter,
    struct mir_record *record,
    mirsal_error *err)
{
    const struct mir_disclosure *disclosure = exporter->options->disclosure;
    size_t kept = 0;
    mirsal_code rc = MIRSAL_OK;
    uint8_t *dropped = mir_arena_alloc(&exporter->arena, record->register_count + 1, 1);
    if (dropped == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < record->register_count; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(exporter->store->schema, record->registers[i].field);
        int drop = field != NULL && mir_disclose_field(disclosure, record, field) != MIR_DISCLOSED;
        if (field != NULL && !drop && may_refer(field)) {
            rc = names_withheld(&drop, exporter, &record->registers[i], err);
        }
        dropped[i] = drop != 0;
        *out = *out || drop;
    }
    for (size_t i = 0; i < record->register_count; i++) {
        if (!dropped[i]) {
            record->registers[kept++] = record->registers[i];
        }
    }
    record->register_count = kept;
    return rc;
}

static mirsal_code write_record(struct exporter *exporter,
    const struct mir_schema_type *type,
    const struct mir_outname *item,
    mirsal_error *err)
{
    struct mir_record record = { 0 };
    struct mir_buf *out = &exporter->line;
    int component = -1;
    struct mir_record_out form = { exporter->store->schema, &exporter->arena, write_reference,
        exporter };
    mir_arena_reset(&exporter->arena);
    mir_buf_reset(out);
    mirsal_code rc = mir_read_record(&record, &exporter->arena, exporter->store, &item->id, err);
    if (rc == MIRSAL_OK && exporter->options->disclosure != NULL) {
        int shortened = 0;
        rc = withhold_fields(&shortened, exporter, &record, err);
        exporter->withheld[type - exporter->store->schema->types].fields += shortened != 0;
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "type");
    mir_json_text(out, type->name);
    mir_json_key(out, "source_id");
    mir_json_bytes(out, item->name);
    rc = mir_fields_write(
        out, &form, &record, mir_schema_field_by_name(&component, type, "source_id"), err);
    mir_json_close(out, '}');
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(out, err);
    }
    exporter->rows++;
    return rc != MIRSAL_OK ? rc : mir_outfolder_line(&exporter->folder, mir_buf_bytes(out), err);
}

/* TYPE.jsonl, where there is any record of the type. */
static mirsal_code write_type(struct exporter *exporter,
    const struct mir_schema_type *type,
    mirsal_error *err)
{
    const struct mir_outname **items = NULL;
    struct withheld *withheld = &exporter->withheld[type - exporter->store->schema->types];
    size_t count = 0;
    size_t left = 0;
    char name[64];
    mir_arena_reset(&exporter->type_arena);
    mirsal_code rc = mir_outnames_of_type(
        &items, &count, &exporter->type_arena, &exporter->names, type->id, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        withheld->consent += items[i]->withheld == MIR_WITHHELD_CONSENT;
        withheld->release += items[i]->withheld == MIR_WITHHELD_RELEASE;
        left += items[i]->withheld == MIR_DISCLOSED;
    }
    if (rc != MIRSAL_OK || left == 0) {
        return rc;
    }
    (void)snprintf(name, sizeof name, "%s.jsonl", type->name);
    rc = mir_outfolder_open(&exporter->folder, name, err);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        if (items[i]->withheld == MIR_DISCLOSED) {
            rc = write_record(exporter, type, items[i], err);
        }
    }
    return rc != MIRSAL_OK ? rc : mir_outfolder_close(&exporter->folder, err);
}

/* The files of records; the manifest, which comes last, is none. */
static void write_files(struct mir_buf *out, const struct mir_outfolder *folder, size_t count)
{
    char hash[65];
    mir_json_key(out, "files");
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "name");
        mir_json_text(out, folder->files[i].name);
        mir_json_key(out, "rows");
        mir_json_uint(out, folder->files[i].rows);
        mir_json_key(out, "sha256");
        mir_hex_encode(hash, folder->files[i].sha256, sizeof folder->files[i].sha256);
        mir_json_text(out, hash);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

/* How many were left out, in all and by type; whom it is for. */
static void write_withheld(struct mir_buf *out, const struct exporter *exporter)
{
    static const char *const levels[] = { "", "public", "partners", "organisation", "team",
        "sealed" };
    const struct mir_schema *schema = exporter->store->schema;
    const struct mir_disclosure *disclosure = exporter->options->disclosure;
    struct withheld all = { 0 };
    for (uint32_t i = 0; i < schema->type_count; i++) {
        all.consent += exporter->withheld[i].consent;
        all.release += exporter->withheld[i].release;
        all.fields += exporter->withheld[i].fields;
    }
    mir_json_key(out, "release");
    mir_json_text(out, disclosure == NULL ? "all" : levels[disclosure->release]);
    mir_json_key(out, "withheld_consent");
    mir_json_uint(out, all.consent);
    mir_json_key(out, "withheld_release");
    mir_json_uint(out, all.release);
    mir_json_key(out, "withheld_fields");
    mir_json_uint(out, all.fields);
    mir_json_key(out, "withheld");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < schema->type_count; i++) {
        const struct withheld *withheld = &exporter->withheld[i];
        if (withheld->consent + withheld->release + withheld->fields == 0) {
            continue;
        }
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "type");
        mir_json_text(out, schema->types[i].name);
        mir_json_key(out, "consent");
        mir_json_uint(out, withheld->consent);
        mir_json_key(out, "release");
        mir_json_uint(out, withheld->release);
        mir_json_key(out, "fields");
        mir_json_uint(out, withheld->fields);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

static mirsal_code write_manifest(struct exporter *exporter, mirsal_error *err)
{
    const struct mir_export *options = exporter->options;
    struct mir_buf *out = &exporter->line;
    mir_buf_reset(out);
    mir_json_open(out, '{');
    write_files(out, &exporter->folder, exporter->folder.count);
    mir_json_key(out, "digest");
    if (options->has_digest) {
        mir_json_hash(out, &options->digest);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "query");
    if (options->where != NULL) {
        mir_json_text(out, options->where);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "sealed_compartments");
    mir_json_open(out, '[');
    for (size_t i = 0; i < options->sealed_count; i++) {
        mir_json_item(out);
        mir_json_uint(out, options->sealed[i]);
    }
    mir_json_close(out, ']');
    write_withheld(out, exporter);
    mir_json_key(out, "missing_media");
    mir_json_open(out, '[');
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    mirsal_code rc = mir_buf_finish(out, err);
    if (rc == MIRSAL_OK) {
        rc = mir_outfolder_open(&exporter->folder, "manifest.json", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_outfolder_line(&exporter->folder, mir_buf_bytes(out), err);
    }
    return rc != MIRSAL_OK ? rc : mir_outfolder_close(&exporter->folder, err);
}

static mirsal_code write_all(struct exporter *exporter, mirsal_error *err)
{
    const struct mir_schema *schema = exporter->store->schema;
    mirsal_code rc = mir_outnames_read(&exporter->names, exporter->store, exporter->options->where,
        exporter->options->disclosure, err);
    if (rc == MIRSAL_OK) {
        rc = mir_outfolder_begin(&exporter->folder, exporter->store->env,
            exporter->options->directory, &exporter->options->hash, schema->type_count + 1, err);
    }
    for (uint32_t i = 0; i < schema->type_count && rc == MIRSAL_OK; i++) {
        rc = write_type(exporter, &schema->types[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_manifest(exporter, err);
    }
    return rc != MIRSAL_OK ? rc : mir_outfolder_finish(&exporter->folder, err);
}

mirsal_code mir_export_run(struct mir_buf *answer,
    struct mir_store *store,
    const struct mir_export *export_,
    mirsal_error *err)
{
    struct exporter exporter = { .store = store, .options = export_ };
    struct mir_arena kept;
    if (export_->format != NULL && strcmp(export_->format, "jsonl") != 0) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "format", "this version exports jsonl");
    }
    mir_arena_init(&exporter.type_arena, store->env, (size_t)1 << 30);
    mir_arena_init(&exporter.arena, store->env, RECORD_MEMORY_MAX);
    mir_buf_init(&exporter.line, store->env, LINE_MAX_SIZE);
    mir_arena_init(&kept, store->env, RECORD_MEMORY_MAX);
    exporter.withheld =
        mir_arena_alloc(&kept, store->schema->type_count + 1, sizeof *exporter.withheld);
    mirsal_code rc = exporter.withheld == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                                               : write_all(&exporter, err);
    if (rc == MIRSAL_OK) {
        mir_json_open(answer, '{');
        write_files(answer, &exporter.folder, exporter.folder.count - 1);
        mir_json_key(answer, "rows");
        mir_json_uint(answer, exporter.rows);
        write_withheld(answer, &exporter);
        mir_json_key(answer, "missing_media");
        mir_json_open(answer, '[');
        mir_json_close(answer, ']');
        mir_json_close(answer, '}');
        rc = mir_buf_finish(answer, err);
    }
    mir_outfolder_end(&exporter.folder);
    mir_outnames_fini(&exporter.names);
    mir_buf_fini(&exporter.line);
    mir_arena_fini(&exporter.arena);
    mir_arena_fini(&exporter.type_arena);
    mir_arena_fini(&kept);
    return rc;
}
