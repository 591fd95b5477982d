/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/timeline.c - see the header.
 */
#include "timeline.h"

#include "custody.h"
#include "evidence.h"
#include "fail.h"
#include "json_out.h"
#include "members.h"
#include "pack.h"
#include "purge.h"
#include "statements.h"
#include "text.h"

#include <string.h>

const char *mir_timeline_event(const struct mir_record *record,
    const struct mir_writings *written,
    int64_t changeset,
    const struct mir_schema *schema)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, record->type);
    int component = -1;
    const struct mir_schema_field *withdrawn =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, "withdrawn");
    if (record->created.changeset == changeset) {
        return "written";
    }
    for (size_t i = 0; withdrawn != NULL && i < written->count; i++) {
        const struct mir_written *write = &written->writes[i];
        if (write->field == withdrawn->id &&
            memcmp(&write->record, &record->id, sizeof record->id) == 0 &&
            !mir_packed_unknown(write->value)) {
            return "withdrawn";
        }
    }
    return "edited";
}

static void begin_event(struct mir_tell *tell, const char *event, const mirsal_hash *changeset)
{
    struct mir_buf *out = &tell->line;
    mir_json_open(out, '{');
    mir_json_key(out, "event");
    mir_json_text(out, event);
    mir_json_key(out, "changeset");
    mir_json_hash(out, changeset);
}

static mirsal_code end_event(struct mir_tell *tell, mirsal_code rc, mirsal_error *err)
{
    mir_json_close(&tell->line, '}');
    return rc == MIRSAL_OK ? mir_tell_line(tell, err) : rc;
}

/* The signed acknowledgement of that relay, or NULL. */
static const struct mir_acknowledged *find_signed(const struct mir_acknowledged *list,
    size_t count,
    const mirsal_hash *identity)
{
    for (size_t i = 0; i < count; i++) {
        if (mir_hash_equal(&list[i].identity, identity)) {
            return &list[i];
        }
    }
    return NULL;
}

/* One relay that holds the changeset; url may be empty: it is known by its signature alone. */
static mirsal_code tell_relay(struct mir_tell *tell,
    const mirsal_hash *changeset,
    const struct mir_custody_relay *relay,
    const struct mir_acknowledged *proof,
    mirsal_error *err)
{
    struct mir_buf *out = &tell->line;
    mirsal_code rc = MIRSAL_OK;
    begin_event(tell, "acknowledged", changeset);
    mir_json_key(out, "relay");
    mir_json_hash(out, &relay->identity);
    mir_json_key(out, "url");
    if (relay->url.size > 0) {
        mir_json_bytes(out, relay->url);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "at");
    if (proof != NULL) {
        mir_json_time(out, (int64_t)proof->time_ms, 0, 1);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "reason");
    if (proof != NULL && proof->against != 0) {
        mir_json_text(out, mir_contradiction_name((enum mir_contradiction)proof->against));
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "proof");
    if (proof == NULL) {
        mir_json_null(out);
    } else {
        char *hex = mir_arena_alloc(&tell->work.arena, 2 * proof->word.size + 1, 1);
        if (hex == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        } else {
            mir_hex_encode(hex, proof->word.data, proof->word.size);
            mir_json_text(out, hex);
        }
    }
    return end_event(tell, rc, err);
}

static mirsal_code tell_relays(struct mir_tell *tell,
    const struct mir_reach_row *row,
    mirsal_error *err)
{
    struct mir_custody_relay *relays = NULL;
    struct mir_acknowledged *proofs = NULL;
    size_t relay_count = 0;
    size_t proof_count = 0;
    struct mir_arena *arena = &tell->work.arena;
    mirsal_code rc =
        mir_custody_relays(&relays, &relay_count, arena, tell->work.store, row->no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_of(&proofs, &proof_count, arena, tell->work.store, row->no, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < relay_count; i++) {
        rc = tell_relay(
            tell, &row->id, &relays[i], find_signed(proofs, proof_count, &relays[i].identity), err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < proof_count; i++) {
        struct mir_custody_relay relay = { .identity = proofs[i].identity };
        int told = 0;
        for (size_t k = 0; k < relay_count; k++) {
            told = told || mir_hash_equal(&relays[k].identity, &proofs[i].identity);
        }
        rc = told ? MIRSAL_OK : tell_relay(tell, &row->id, &relay, &proofs[i], err);
    }
    return rc;
}

mirsal_code mir_timeline_changeset(struct mir_tell *tell,
    const struct mir_reach_row *row,
    mirsal_error *err)
{
    mirsal_hash *readers = NULL;
    size_t count = 0;
    mirsal_code rc = tell_relays(tell, row, err);
    if (rc == MIRSAL_OK) {
        rc = mir_custody_readers(
            &readers, &count, &tell->work.arena, tell->work.store, row->no, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        begin_event(tell, "receipted", &row->id);
        mir_json_key(&tell->line, "reader");
        mir_json_hash(&tell->line, &readers[i]);
        mir_json_key(&tell->line, "label");
        rc = mir_tell_label(&tell->line, tell, &readers[i], err);
        rc = end_event(tell, rc, err);
    }
    return rc;
}

mirsal_code mir_timeline_held(struct mir_buf *out,
    struct mir_tell *tell,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_custody_relay *relays = NULL;
    struct mir_acknowledged *proofs = NULL;
    mirsal_hash *readers = NULL;
    size_t relay_count = 0;
    size_t proof_count = 0;
    size_t reader_count = 0;
    struct mir_store *store = tell->work.store;
    struct mir_arena *arena = &tell->work.arena;
    mirsal_code rc = mir_custody_relays(&relays, &relay_count, arena, store, changeset, err);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_of(&proofs, &proof_count, arena, store, changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_custody_readers(&readers, &reader_count, arena, store, changeset, err);
    }
    mir_json_key(out, "held");
    mir_json_open(out, '{');
    mir_json_key(out, "relays");
    mir_json_open(out, '[');
    for (size_t i = 0; i < relay_count; i++) {
        const struct mir_acknowledged *proof =
            find_signed(proofs, proof_count, &relays[i].identity);
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "url");
        mir_json_bytes(out, relays[i].url);
        mir_json_key(out, "signed_at");
        if (proof != NULL) {
            mir_json_time(out, (int64_t)proof->time_ms, 0, 1);
        } else {
            mir_json_null(out);
        }
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    mir_json_key(out, "readers");
    mir_json_uint(out, reader_count);
    mir_json_close(out, '}');
    return rc;
}

/* A record that hangs from the one asked for, in a line with who made it. */
static mirsal_code tell_child(struct mir_tell *tell,
    const struct mir_record *child,
    const char *event,
    mirsal_error *err)
{
    struct mir_buf *out = &tell->line;
    mir_json_open(out, '{');
    mir_json_key(out, "event");
    mir_json_text(out, event);
    mirsal_code rc = mir_tell_author(out, tell, &child->created, err);
    if (rc == MIRSAL_OK) {
        rc = mir_tell_bracket(out, tell, child->created.changeset, child->created.stamp, err);
    }
    mir_json_key(out, "record");
    mir_json_open(out, '{');
    if (rc == MIRSAL_OK) {
        rc = mir_record_write(out, &tell->form, child, err);
    }
    mir_json_close(out, '}');
    return end_event(tell, rc, err);
}

static mirsal_code tell_children(struct mir_tell *tell, const mirsal_id *id, mirsal_error *err)
{
    struct mir_store *store = tell->work.store;
    struct mir_items items = { 0 };
    mirsal_code rc = mir_read_children(&items, &tell->work.arena, store, id, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < items.count; i++) {
        const struct mir_schema_type *type =
            mir_schema_type_by_id(store->schema, items.items[i].type);
        int assessed = type != NULL && strcmp(type->name, "assessment") == 0;
        int custody = type != NULL && strcmp(type->name, "custody") == 0;
        struct mir_record child = { 0 };
        if (!assessed && !custody) {
            continue;
        }
        rc = mir_read_record(&child, &tell->work.arena, store, &items.items[i].id, err);
        if (rc == MIRSAL_OK) {
            rc = tell_child(tell, &child, assessed ? "assessed" : "custody", err);
        }
    }
    return rc;
}

static int names_record(const struct mir_purge *purge, const mirsal_id *record)
{
    for (size_t i = 0; i < purge->record_count; i++) {
        if (memcmp(&purge->records[i], record, sizeof *record) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A word of a purge: whose, and when it was said. The caller ends the event. */
static mirsal_code begin_word(struct mir_tell *tell,
    const char *event,
    const mirsal_hash *said,
    const mirsal_hash *device,
    mirsal_error *err)
{
    struct mir_control_body body = { .say_count = 0 };
    begin_event(tell, event, said);
    mir_json_key(&tell->line, "device");
    mir_json_hash(&tell->line, device);
    mir_json_key(&tell->line, "label");
    mirsal_code rc = MIRSAL_OK;
    if (mir_hash_equal(device, &tell->work.store->membership->root)) {
        mir_json_text(&tell->line, "root");
    } else {
        rc = mir_tell_label(&tell->line, tell, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_read(&body, &tell->work.arena, tell->work.store, said, err);
    }
    mir_json_key(&tell->line, "stamp");
    mir_json_stamp(&tell->line, body.stamp);
    return rc;
}

/* The words for an order beside its own. */
static mirsal_code tell_approvals(struct mir_tell *tell,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    const struct mir_members *members = tell->work.store->members;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < purge->voice_count; i++) {
        if (mir_hash_equal(&purge->voices[i], &purge->id)) {
            continue;
        }
        for (size_t at = 0; rc == MIRSAL_OK && at < members->count; at++) {
            if (mir_hash_equal(&members->facts[at].id, &purge->voices[i])) {
                rc = begin_word(
                    tell, "purge_approved", &purge->voices[i], &members->facts[at].device, err);
                mir_json_key(&tell->line, "order");
                mir_json_hash(&tell->line, &purge->id);
                rc = end_event(tell, rc, err);
                break;
            }
        }
    }
    return rc;
}

/* The order, then each replica that says it has carried it out. */
static mirsal_code tell_purge(struct mir_tell *tell,
    const struct mir_purges *purges,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    struct mir_purge_here here = { 0 };
    mirsal_code rc = begin_word(tell, "purge", &purge->id, &purge->by, err);
    if (rc == MIRSAL_OK) {
        rc = mir_purge_here(&here, tell->work.store, &purge->id, err);
    }
    mir_json_key(&tell->line, "state");
    mir_json_text(&tell->line, mir_purge_state_name(purge, &here));
    mir_json_key(&tell->line, "lifted");
    mir_json_bool(&tell->line, purge->lifted);
    rc = end_event(tell, rc, err);
    if (rc == MIRSAL_OK) {
        rc = tell_approvals(tell, purge, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->receipt_count; i++) {
        const struct mir_purge_receipt *receipt = &purges->receipts[i];
        if (!mir_hash_equal(&receipt->order, &purge->id)) {
            continue;
        }
        rc = begin_word(tell, "purged", &receipt->said, &receipt->by, err);
        mir_json_key(&tell->line, "order");
        mir_json_hash(&tell->line, &purge->id);
        rc = end_event(tell, rc, err);
    }
    return rc;
}

mirsal_code mir_timeline_record(struct mir_tell *tell, const mirsal_id *record, mirsal_error *err)
{
    const struct mir_purges *purges = &tell->work.store->membership->purges;
    mir_work_reset(&tell->work);
    mirsal_code rc = tell_children(tell, record, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->count; i++) {
        if (names_record(&purges->items[i], record)) {
            rc = tell_purge(tell, purges, &purges->items[i], err);
        }
    }
    return rc;
}
