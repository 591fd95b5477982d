/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/foreign.c - records of another team as lines of an import; see the header.
 */
#include "foreign.h"

#include "fail.h"
#include "json_out.h"
#include "members.h"
#include "pack.h"
#include "text.h"

#include <errno.h>
#include <string.h>

#define LINE_SIZE_MAX  ((size_t)64 << 20)
#define ANSWER_MAX     ((size_t)8 << 20)
#define TEAM_HEX_BYTES 8u

void mir_foreign_name(char out[MIR_FOREIGN_NAME_SIZE + 1u],
    const mirsal_hash *team,
    const mirsal_id *record)
{
    mir_hex_encode(out, team->bytes, TEAM_HEX_BYTES);
    out[2 * TEAM_HEX_BYTES] = '/';
    mir_uuid_format(out + 2 * TEAM_HEX_BYTES + 1, record);
}

void mir_foreign_reference(struct mir_buf *out, const mirsal_hash *team, const mirsal_id *record)
{
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    mir_foreign_name(name, team, record);
    mir_json_open(out, '{');
    mir_json_key(out, "source_id");
    mir_json_text(out, name);
    mir_json_close(out, '}');
}

static int is_left_out(const struct mir_schema_field *field)
{
    return field == NULL || field->policy == MIR_POLICY_DERIVED ||
           strcmp(field->name, "source_id") == 0 || strcmp(field->name, "origin") == 0 ||
           strcmp(field->name, "withdrawn") == 0;
}

static void write_origin(struct mir_buf *out,
    const struct mir_origin *origin,
    const struct mir_record *record,
    struct mir_bytes source_id,
    const char *author)
{
    char id[MIR_UUID_TEXT_SIZE];
    mir_uuid_format(id, &record->id);
    mir_json_key(out, "origin_team");
    mir_json_hash(out, &origin->team);
    if (origin->name.size > 0) {
        mir_json_key(out, "origin_name");
        mir_json_bytes(out, origin->name);
    }
    mir_json_key(out, "origin_record");
    mir_json_text(out, id);
    if (source_id.size > 0) {
        mir_json_key(out, "origin_source_id");
        mir_json_bytes(out, source_id);
    }
    mir_json_key(out, "origin_mode");
    mir_json_text(out, origin->mode);
    if (origin->handoff != NULL) {
        mir_json_key(out, "origin_handoff");
        mir_json_text(out, origin->handoff);
    }
    if (author != NULL) {
        mir_json_key(out, "origin_author");
        mir_json_text(out, author);
    }
}

mirsal_code mir_foreign_line(struct mir_buf *out,
    const struct mir_origin *origin,
    const struct mir_record_out *form,
    const struct mir_record *record,
    const char *author,
    mirsal_error *err)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(form->schema, record->type);
    struct mir_record shown = *record;
    struct mir_bytes source_id = { NULL, 0 };
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    if (type == NULL) {
        return mir_fail(err, MIRSAL_UNKNOWN_TYPE, "a record of no type");
    }
    shown.register_count = 0;
    shown.registers =
        mir_arena_alloc(form->arena, record->register_count + 1, sizeof *shown.registers);
    if (shown.registers == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "a record too large");
    }
    for (size_t i = 0; i < record->register_count; i++) {
        const struct mir_shown *item = &record->registers[i];
        const struct mir_schema_field *field = mir_schema_field_by_id(form->schema, item->field);
        if (field != NULL && strcmp(field->name, "source_id") == 0) {
            source_id = mir_packed_of(item->value).bytes;
        }
        if (!is_left_out(field)) {
            shown.registers[shown.register_count++] = *item;
        }
    }
    mir_foreign_name(name, &origin->team, &record->id);
    mir_json_open(out, '{');
    mir_json_key(out, "type");
    mir_json_text(out, type->name);
    mir_json_key(out, "source_id");
    mir_json_text(out, name);
    mirsal_code rc = mir_fields_write(out, form, &shown, NULL, err);
    write_origin(out, origin, record, source_id, author);
    mir_json_close(out, '}');
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

/* Lines as the bytes that an import reads; what failed is kept, since reading gives errno alone. */
struct feed {
    mir_foreign_next next;
    void *context;
    struct mir_buf line;
    size_t at;
    mirsal_code rc;
    mirsal_error *err;
};

static int read_feed(void *context, void *buffer, size_t capacity, size_t *size)
{
    struct feed *feed = context;
    *size = 0;
    if (feed->at == feed->line.size) {
        mir_buf_reset(&feed->line);
        feed->at = 0;
        feed->rc = feed->next(feed->context, &feed->line, feed->err);
        if (feed->rc == MIRSAL_OK && feed->line.size > 0) {
            mir_buf_append(&feed->line, "\n", 1);
            feed->rc = mir_buf_finish(&feed->line, feed->err);
        }
        if (feed->rc != MIRSAL_OK) {
            return EIO;
        }
    }
    size_t left = feed->line.size - feed->at;
    *size = left < capacity ? left : capacity;
    if (*size > 0) {
        memcpy(buffer, feed->line.data + feed->at, *size);
        feed->at += *size;
    }
    return 0;
}

mirsal_code mir_foreign_import(struct mir_import_counts *counts,
    struct mir_store *store,
    mir_foreign_next next,
    void *context,
    mirsal_error *err)
{
    struct feed feed = { .next = next, .context = context, .err = err };
    const struct mir_import import = { .foreign = 1, .read = read_feed, .read_context = &feed };
    struct mir_buf answer;
    mirsal_error why = { 0 };
    memset(counts, 0, sizeof *counts);
    mirsal_code rc = mir_members_need(store, MIR_ROLE_COORDINATOR, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&feed.line, store->env, LINE_SIZE_MAX);
    mir_buf_init(&answer, store->env, ANSWER_MAX);
    rc = mir_import_run(&answer, counts, store, &import, &why);
    if (feed.rc != MIRSAL_OK) {
        rc = feed.rc;
    } else if (rc != MIRSAL_OK && err != NULL) {
        *err = why;
    }
    mir_buf_fini(&answer);
    mir_buf_fini(&feed.line);
    return rc;
}
