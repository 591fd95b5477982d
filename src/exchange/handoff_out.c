/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_out.c - see the header.
 */
#include "handoff_out.h"

#include "fail.h"
#include "json_out.h"
#include "pack.h"
#include "record_out.h"

#include <stdio.h>
#include <string.h>

#define RECORD_MEMORY_MAX ((size_t)256 << 20)

const char *mir_handoff_why_name(enum mir_handoff_left_why why)
{
    static const char *const names[] = { "consent", "release", "unproven" };
    return names[why];
}

const char *mir_handoff_retracted_name(enum mir_handoff_retracted why)
{
    static const char *const names[] = { "withdrawn", "corrected", "purged" };
    return names[why];
}

const char *mir_handoff_role_name(uint32_t role)
{
    static const char *const names[] = { "observer", "monitor", "coordinator", "admin" };
    return role < 4 ? names[role] : "";
}

static mirsal_code write_reference(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_packed item = mir_packed_of(value);
    mirsal_id id;
    (void)context;
    (void)changeset;
    (void)err;
    if (item.kind == MIR_PACKED_BIN && item.bytes.size == sizeof id.bytes) {
        memcpy(id.bytes, item.bytes.data, sizeof id.bytes);
        mir_json_uuid(out, &id);
        return MIRSAL_OK;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "source_id");
    mir_json_bytes(out, item.bytes);
    mir_json_close(out, '}');
    return MIRSAL_OK;
}

static void write_optional(struct mir_buf *out, const char *key, struct mir_bytes text)
{
    mir_json_key(out, key);
    if (text.size > 0) {
        mir_json_bytes(out, text);
    } else {
        mir_json_null(out);
    }
}

static const char *field_name(const struct mir_handoff_opened *opened, uint32_t id)
{
    const struct mir_schema_field *field = mir_schema_field_by_id(opened->schema, id);
    return field == NULL ? "" : field->name;
}

static const char *type_name(const struct mir_handoff_opened *opened, uint32_t id)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(opened->schema, id);
    return type == NULL ? "" : type->name;
}

static void write_pseudonym(struct mir_buf *out, uint32_t author)
{
    mir_buf_append_format(out, "\"author %u\"", author);
}

static void write_author(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_item *item)
{
    mir_json_key(out, "author");
    if (item->author == 0) {
        mir_json_null(out);
        mir_json_key(out, "claimed");
        mir_json_null(out);
        return;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "pseudonym");
    write_pseudonym(out, item->author);
    mir_json_key(out, "role");
    mir_json_text(out, mir_handoff_role_name(opened->manifest->authors[item->author - 1].role));
    mir_json_close(out, '}');
    mir_json_key(out, "claimed");
    mir_json_stamp(out, item->claimed);
}

/* Fields that another author wrote than the one who recorded. */
static void write_field_authors(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_item *item)
{
    uint32_t last = 0;
    mir_json_key(out, "field_authors");
    mir_json_open(out, '{');
    for (size_t i = 0; item->authors != NULL && i < item->record.register_count; i++) {
        uint32_t field = item->record.registers[i].field;
        if (item->authors[i] != item->author && field != last) {
            mir_json_key(out, field_name(opened, field));
            write_pseudonym(out, item->authors[i]);
            last = field;
        }
    }
    mir_json_close(out, '}');
}

static mirsal_code write_record(struct mir_buf *out,
    struct mir_arena *arena,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_item *item,
    mirsal_error *err)
{
    const struct mir_record_out form = { opened->schema, arena, write_reference, NULL };
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "id");
    mir_json_uuid(out, &item->record.id);
    mir_json_key(out, "type");
    mir_json_text(out, type_name(opened, item->record.type));
    write_author(out, opened, item);
    mir_json_key(out, "fields");
    mir_json_open(out, '{');
    mirsal_code rc = mir_fields_write(out, &form, &item->record, NULL, err);
    mir_json_close(out, '}');
    if (item->author > 0) {
        write_field_authors(out, opened, item);
    }
    mir_json_key(out, "withheld");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < item->entry->withheld_count; i++) {
        mir_json_item(out);
        mir_json_text(out, field_name(opened, item->entry->withheld[i]));
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    return rc;
}

static void write_terms(struct mir_buf *out,
    const struct mir_handoff_manifest *manifest,
    const struct mir_handoff_around *around)
{
    write_optional(out, "purpose", manifest->purpose);
    write_optional(out, "terms", manifest->terms);
    mir_json_key(out, "until");
    if (manifest->has_until) {
        mir_json_day(out, manifest->until);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "expired");
    mir_json_bool(out, manifest->has_until && manifest->until < around->today);
    mir_json_key(out, "as_of");
    mir_json_open(out, '{');
    mir_json_key(out, "control");
    mir_json_hash(out, &manifest->as_of);
    mir_json_key(out, "time");
    mir_json_time(out, (int64_t)manifest->made_ms, 0, 0);
    mir_json_close(out, '}');
}

static void write_recipients(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_json_key(out, "recipients");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "team_id");
        mir_json_hash(out, &manifest->recipients[i].team);
        mir_json_key(out, "name");
        mir_json_bytes(out, manifest->recipients[i].name);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

static void write_left(struct mir_buf *out, const struct mir_handoff_opened *opened)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    uint32_t counts[3] = { 0, 0, 0 };
    for (uint32_t i = 0; i < manifest->left_count; i++) {
        counts[manifest->left[i].why]++;
    }
    mir_json_key(out, "left_out");
    mir_json_open(out, '{');
    for (unsigned why = 0; why < 3; why++) {
        mir_json_key(out, mir_handoff_why_name((enum mir_handoff_left_why)why));
        mir_json_uint(out, counts[why]);
    }
    mir_json_key(out, "records");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < manifest->left_count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "id");
        mir_json_uuid(out, &manifest->left[i].id);
        mir_json_key(out, "type");
        mir_json_text(out, type_name(opened, manifest->left[i].type));
        mir_json_key(out, "why");
        mir_json_text(out, mir_handoff_why_name(manifest->left[i].why));
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
}

static void write_update(struct mir_buf *out, const struct mir_handoff_opened *opened)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    if (manifest->is_update) {
        mir_json_put_hex(out, "update_of", manifest->update_of, sizeof manifest->update_of);
    } else {
        mir_json_key(out, "update_of");
        mir_json_null(out);
    }
    mir_json_key(out, "retractions");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < manifest->retraction_count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "id");
        mir_json_uuid(out, &manifest->retractions[i].record);
        mir_json_key(out, "why");
        mir_json_text(out, mir_handoff_retracted_name(manifest->retractions[i].why));
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    mir_json_key(out, "supersedes");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < manifest->supersede_count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "id");
        mir_json_uuid(out, &manifest->supersedes[i].record);
        mir_json_key(out, "field");
        mir_json_text(out, field_name(opened, manifest->supersedes[i].field));
        mir_json_key(out, "leaf");
        mir_json_hash(out, &manifest->supersedes[i].leaf);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

static void write_head(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_around *around)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    mir_json_key(out, "verified");
    mir_json_bool(out, 1);
    mir_json_key(out, "origin_team");
    mir_json_hash(out, &manifest->team);
    mir_json_key(out, "origin_name");
    mir_json_bytes(out, manifest->name);
    mir_json_key(out, "origin_known");
    mir_json_bool(out, around->origin_known);
    mir_json_key(out, "fingerprint");
    mir_json_text(out, around->fingerprint);
    mir_json_key(out, "fingerprint_ar");
    mir_json_text(out, around->fingerprint_ar);
    mir_json_key(out, "recipient_checked");
    mir_json_bool(out, around->recipient_checked);
    mir_json_key(out, "mode");
    mir_json_text(out, manifest->mode == MIR_HANDOFF_ATTESTED ? "attested" : "author");
    mir_json_put_hex(out, "handoff", manifest->handoff, sizeof manifest->handoff);
    mir_json_key(out, "signer");
    mir_json_hash(out, &manifest->signer);
    mir_json_key(out, "manifest_hash");
    mir_json_hash(out, &opened->manifest_hash);
    mir_json_put_hex(out, "file_sha256", around->file_sha256, sizeof around->file_sha256);
    write_terms(out, manifest, around);
    write_recipients(out, manifest);
    write_update(out, opened);
}

mirsal_code mir_handoff_answer(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_around *around,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_arena arena;
    uint64_t withheld = 0;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, env, RECORD_MEMORY_MAX);
    mir_json_open(out, '{');
    write_head(out, opened, around);
    mir_json_key(out, "records");
    mir_json_open(out, '[');
    for (size_t i = 0; i < opened->count && rc == MIRSAL_OK; i++) {
        mir_arena_reset(&arena);
        rc = write_record(out, &arena, opened, &opened->items[i], err);
        withheld += opened->items[i].entry->withheld_count;
    }
    mir_json_close(out, ']');
    mir_json_key(out, "withheld");
    mir_json_uint(out, withheld);
    mir_json_key(out, "authors");
    mir_json_uint(out, opened->manifest->author_count);
    write_left(out, opened);
    mir_json_close(out, '}');
    mir_arena_fini(&arena);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}
