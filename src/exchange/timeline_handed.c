/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/timeline_handed.c - the part of a record's timeline that other organisations have: what
 * was handed over of it, who signed for that, and whence it was accepted (timeline.h).
 */
#include "timeline.h"

#include "fail.h"
#include "handoff_out.h"
#include "handovers.h"
#include "json_out.h"
#include "pack.h"
#include "text.h"

#include <string.h>

#define MEMORY_MAX ((size_t)1 << 30)

static void put_time(struct mir_buf *out, const char *key, uint64_t ms)
{
    mir_json_key(out, key);
    mir_json_time(out, (int64_t)ms, 0, 0);
}

static void put_organisation(struct mir_buf *out, const mirsal_hash *team, struct mir_bytes name)
{
    mir_json_open(out, '{');
    mir_json_key(out, "team_id");
    mir_json_hash(out, team);
    mir_json_put_bytes(out, "name", name);
    mir_json_close(out, '}');
}

/* What a manifest says of one record. */
struct said {
    const struct mir_handoff_record *shown;         /* or NULL */
    const struct mir_handoff_retraction *retracted; /* or NULL */
};

static struct said find_said(const struct mir_handoff_manifest *manifest, const mirsal_id *id)
{
    struct said said = { NULL, NULL };
    for (uint32_t i = 0; i < manifest->record_count; i++) {
        if (memcmp(&manifest->records[i].id, id, sizeof *id) == 0) {
            said.shown = &manifest->records[i];
        }
    }
    for (uint32_t i = 0; i < manifest->retraction_count; i++) {
        if (memcmp(&manifest->retractions[i].record, id, sizeof *id) == 0) {
            said.retracted = &manifest->retractions[i];
        }
    }
    return said;
}

static void put_said(struct mir_buf *out,
    const struct mir_schema *schema,
    const struct mir_handoff_manifest *manifest,
    const struct said *said)
{
    mir_json_put_hex(out, "handoff", manifest->handoff, sizeof manifest->handoff);
    mir_json_key(out, "mode");
    mir_json_text(out, manifest->mode == MIR_HANDOFF_ATTESTED ? "attested" : "author");
    mir_json_put_bytes(out, "purpose", manifest->purpose);
    mir_json_key(out, "until");
    if (manifest->has_until) {
        mir_json_day(out, manifest->until);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "why");
    if (said->retracted == NULL) {
        mir_json_null(out);
    } else {
        mir_json_text(out, mir_handoff_retracted_name(said->retracted->why));
    }
    if (said->shown == NULL) {
        return;
    }
    mir_json_key(out, "disclosed");
    mir_json_uint(out, said->shown->leaves - 1);
    mir_json_key(out, "withheld");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < said->shown->withheld_count; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(schema, said->shown->withheld[i]);
        mir_json_item(out);
        if (field == NULL) {
            mir_json_uint(out, said->shown->withheld[i]);
        } else {
            mir_json_text(out, field->name);
        }
    }
    mir_json_close(out, ']');
}

static mirsal_code tell_handed(struct mir_tell *tell,
    const struct mir_handover *handed,
    const mirsal_id *record,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &handed->manifest;
    struct said said = find_said(manifest, record);
    struct mir_buf *out = &tell->line;
    if (said.shown == NULL && said.retracted == NULL) {
        return MIRSAL_OK;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "event");
    mir_json_text(out, said.shown != NULL ? "handed_over" : "retracted");
    put_time(out, "at", handed->made_ms);
    mir_json_key(out, "to");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        mir_json_item(out);
        put_organisation(out, &manifest->recipients[i].team, manifest->recipients[i].name);
    }
    mir_json_close(out, ']');
    put_said(out, tell->work.store->schema, manifest, &said);
    mir_json_close(out, '}');
    mirsal_code rc = mir_tell_line(tell, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < handed->receipt_count; i++) {
        const struct mir_handover_receipt *receipt = &handed->receipts[i];
        mir_json_open(out, '{');
        mir_json_key(out, "event");
        mir_json_text(out, "signed_for");
        put_time(out, "at", receipt->receipt.made_ms);
        put_time(out, "taken", receipt->taken_ms);
        mir_json_key(out, "by");
        for (uint32_t k = 0; k < manifest->recipient_count; k++) {
            if (memcmp(manifest->recipients[k].sign.bytes, receipt->receipt.sign.bytes, 32) == 0) {
                put_organisation(out, &manifest->recipients[k].team, receipt->name);
            }
        }
        mir_json_put_hex(
            out, "key", receipt->receipt.sign.bytes, sizeof receipt->receipt.sign.bytes);
        mir_json_put_hex(out, "handoff", handed->id, sizeof handed->id);
        mir_json_close(out, '}');
        rc = mir_tell_line(tell, err);
    }
    return rc;
}

/* Where a record of another team came from. */
struct origin {
    struct mir_bytes team;   /* hex */
    struct mir_bytes record; /* UUID */
};

static int read_origin(struct origin *out,
    const struct mir_store *store,
    const struct mir_record *record)
{
    const struct mir_shown *shown = mir_work_origin(store, record);
    struct mir_reader reader;
    if (shown == NULL) {
        return 0;
    }
    mir_reader_init(&reader, shown->value.data, shown->value.size);
    if (mir_packed_next(&reader).count < 3) {
        return 0;
    }
    out->team = mir_packed_next(&reader).bytes;
    (void)mir_packed_next(&reader);
    out->record = mir_packed_next(&reader).bytes;
    return 1;
}

static mirsal_code tell_accepted(struct mir_tell *tell,
    const struct mir_accepted_handoff *accepted,
    const struct origin *origin,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &accepted->manifest;
    struct mir_buf *out = &tell->line;
    char team[65];
    mirsal_id id;
    mir_hex_encode(team, manifest->team.bytes, sizeof manifest->team.bytes);
    if (origin->team.size != 64 || memcmp(team, origin->team.data, 64) != 0 ||
        !mir_uuid_parse(&id, (const char *)origin->record.data, origin->record.size)) {
        return MIRSAL_OK;
    }
    struct said said = find_said(manifest, &id);
    if (said.shown == NULL && said.retracted == NULL) {
        return MIRSAL_OK;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "event");
    mir_json_text(out, said.shown != NULL ? "accepted" : "taken_back");
    put_time(out, "at", accepted->time_ms);
    put_time(out, "made", manifest->made_ms);
    mir_json_key(out, "origin");
    put_organisation(out, &manifest->team, manifest->name);
    mir_json_key(out, "record");
    mir_json_uuid(out, &id);
    put_said(out, tell->work.store->schema, manifest, &said);
    mir_json_close(out, '}');
    return mir_tell_line(tell, err);
}

static mirsal_code tell_all(struct mir_tell *tell,
    struct mir_arena *arena,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_store *store = tell->work.store;
    struct mir_handover *handed = NULL;
    struct mir_accepted_handoff *accepted = NULL;
    struct mir_record record = { 0 };
    struct origin origin;
    size_t handed_count = 0;
    size_t accepted_count = 0;
    mirsal_code rc = mir_handover_list(&handed, &handed_count, arena, store, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < handed_count; i++) {
        rc = tell_handed(tell, &handed[i], id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accepted_list(&accepted, &accepted_count, arena, store, err);
    }
    if (rc != MIRSAL_OK || accepted_count == 0) {
        return rc;
    }
    rc = mir_read_record(&record, arena, store, id, err);
    if (rc != MIRSAL_OK || !read_origin(&origin, store, &record)) {
        return rc == MIRSAL_NOT_FOUND ? MIRSAL_OK : rc;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < accepted_count; i++) {
        rc = tell_accepted(tell, &accepted[i], &origin, err);
    }
    return rc;
}

mirsal_code mir_timeline_handed(struct mir_tell *tell, const mirsal_id *record, mirsal_error *err)
{
    struct mir_arena arena;
    mir_arena_init(&arena, tell->work.store->env, MEMORY_MAX);
    mirsal_code rc = tell_all(tell, &arena, record, err);
    mir_arena_fini(&arena);
    return rc;
}
