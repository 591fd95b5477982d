/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_handed.c - handoff list (answers.h): who holds what, and what is owed.
 */
#include "answers.h"

#include "fail.h"
#include "handoff_out.h"
#include "handoff_terms.h"
#include "json_out.h"
#include "tell.h"
#include "text.h"

#include <string.h>

#define MEMORY_MAX ((size_t)1 << 30)

static void put_time(struct mir_buf *out, const char *key, uint64_t ms)
{
    mir_json_key(out, key);
    mir_json_time(out, (int64_t)ms, 0, 0);
}

static void put_terms(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_json_put_bytes(out, "purpose", manifest->purpose);
    mir_json_put_bytes(out, "terms", manifest->terms);
    mir_json_key(out, "until");
    if (manifest->has_until) {
        mir_json_day(out, manifest->until);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "mode");
    mir_json_text(out, manifest->mode == MIR_HANDOFF_ATTESTED ? "attested" : "author");
    mir_json_key(out, "update_of");
    if (manifest->is_update) {
        char text[33];
        mir_hex_encode(text, manifest->update_of, sizeof manifest->update_of);
        mir_json_text(out, text);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "records");
    mir_json_uint(out, manifest->record_count);
}

static void put_recipients(struct mir_buf *out, const struct mir_handover *handed)
{
    mir_json_key(out, "recipients");
    mir_json_open(out, '[');
    for (uint32_t i = 0; i < handed->manifest.recipient_count; i++) {
        const struct mir_org_key *recipient = &handed->manifest.recipients[i];
        const struct mir_handoff_receipt *receipt = NULL;
        for (size_t k = 0; k < handed->receipt_count; k++) {
            if (memcmp(&handed->receipts[k].receipt.sign, recipient->sign.bytes, 32) == 0) {
                receipt = &handed->receipts[k].receipt;
            }
        }
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "team_id");
        mir_json_hash(out, &recipient->team);
        mir_json_put_bytes(out, "name", recipient->name);
        mir_json_key(out, "receipt");
        if (receipt == NULL) {
            mir_json_null(out);
        } else {
            mir_json_open(out, '{');
            put_time(out, "time", receipt->made_ms);
            mir_json_key(out, "accepted");
            mir_json_uint(out, receipt->accepted);
            mir_json_key(out, "refused");
            mir_json_uint(out, receipt->refused);
            mir_json_close(out, '}');
        }
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

static void put_one_owed(struct mir_buf *out, const mirsal_id *record, const char *why)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "record");
    mir_json_uuid(out, record);
    mir_json_key(out, "why");
    mir_json_text(out, why);
    mir_json_close(out, '}');
}

static void put_owed(struct mir_buf *out, const struct mir_handover_debt *debt)
{
    mir_json_key(out, "owed");
    mir_json_open(out, '[');
    for (size_t i = 0; i < debt->count; i++) {
        put_one_owed(out, &debt->items[i].record, mir_handoff_retracted_name(debt->items[i].why));
    }
    for (size_t i = 0; i < debt->added_count; i++) {
        put_one_owed(out, &debt->added[i], "added");
    }
    mir_json_close(out, ']');
}

static int begins(const char *text, const char *prefix)
{
    return strlen(prefix) <= strlen(text) && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* By the handoff's id, or that of a record it shows, or their beginning. */
static int is_named(const char *prefix, const struct mir_handoff_manifest *manifest)
{
    char text[33];
    char uuid[MIR_UUID_TEXT_SIZE];
    mir_hex_encode(text, manifest->handoff, 16);
    int named = prefix == NULL || begins(text, prefix);
    for (uint32_t i = 0; !named && i < manifest->record_count; i++) {
        mir_uuid_format(uuid, &manifest->records[i].id);
        named = begins(uuid, prefix);
    }
    return named;
}

static mirsal_code tell_handed(struct mir_tell *tell,
    struct mir_arena *arena,
    const struct mir_handover *items,
    size_t count,
    size_t at,
    mirsal_error *err)
{
    const struct mir_handover *handed = &items[at];
    struct mir_handover_debt debt;
    struct mir_buf *out = &tell->line;
    const struct mir_handover_asked asked = { .items = items, .count = count, .at = at };
    mirsal_code rc = mir_handoff_owed(&debt, arena, tell->work.store, &asked, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_open(out, '{');
    mir_json_put_hex(out, "handoff", handed->id, sizeof handed->id);
    mir_json_key(out, "direction");
    mir_json_text(out, "out");
    put_time(out, "time", handed->made_ms);
    mir_json_put_hex(out, "manifest_hash", handed->hash.bytes, sizeof handed->hash.bytes);
    put_terms(out, &handed->manifest);
    put_recipients(out, handed);
    put_owed(out, &debt);
    mir_json_close(out, '}');
    return mir_tell_line(tell, err);
}

static mirsal_code tell_accepted(struct mir_tell *tell,
    const struct mir_accepted_handoff *accepted,
    mirsal_error *err)
{
    struct mir_buf *out = &tell->line;
    mir_json_open(out, '{');
    mir_json_put_hex(out, "handoff", accepted->manifest.handoff, sizeof accepted->manifest.handoff);
    mir_json_key(out, "direction");
    mir_json_text(out, "in");
    put_time(out, "time", accepted->time_ms);
    mir_json_put_hex(out, "manifest_hash", accepted->hash.bytes, sizeof accepted->hash.bytes);
    put_terms(out, &accepted->manifest);
    mir_json_key(out, "origin");
    mir_json_open(out, '{');
    mir_json_key(out, "team_id");
    mir_json_hash(out, &accepted->manifest.team);
    mir_json_put_bytes(out, "name", accepted->manifest.name);
    mir_json_close(out, '}');
    mir_json_key(out, "accepted");
    mir_json_uint(out, accepted->accepted);
    mir_json_key(out, "refused");
    mir_json_uint(out, accepted->refused);
    mir_json_close(out, '}');
    return mir_tell_line(tell, err);
}

mirsal_code mir_answer_handed(struct mir_store *store,
    const char *prefix,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_arena arena;
    struct mir_handover *handed = NULL;
    struct mir_accepted_handoff *accepted = NULL;
    size_t handed_count = 0;
    size_t accepted_count = 0;
    size_t told = 0;
    mir_tell_begin(&tell, store, line, context);
    mir_arena_init(&arena, store->env, MEMORY_MAX);
    mirsal_code rc = mir_handover_list(&handed, &handed_count, &arena, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_accepted_list(&accepted, &accepted_count, &arena, store, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < handed_count; i++) {
        if (is_named(prefix, &handed[i].manifest)) {
            told++;
            rc = tell_handed(&tell, &arena, handed, handed_count, i, err);
        }
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < accepted_count; i++) {
        if (is_named(prefix, &accepted[i].manifest)) {
            told++;
            rc = tell_accepted(&tell, &accepted[i], err);
        }
    }
    if (rc == MIRSAL_OK && prefix != NULL && told == 0) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such handoff, and no record handed over");
    }
    mir_arena_fini(&arena);
    mir_tell_end(&tell);
    return rc;
}
