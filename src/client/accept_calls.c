/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/accept_calls.c - handoff accept, receipt and list: what came from another team becomes
 * records here and is signed for; what was handed over is known by its receipts.
 *
 * The team hears of both by a `custody` record for each handoff and each receipt, which names the
 * handoff, the manifest's hash, the other organisation and the terms.
 */
#include "accepting.h"
#include "answers.h"
#include "dates.h"
#include "edit.h"
#include "env.h"
#include "fail.h"
#include "files.h"
#include "find.h"
#include "handle.h"
#include "handoff_file.h"
#include "handovers.h"
#include "json_out.h"
#include "members.h"
#include "mir_limits.h"
#include "text.h"

#include <mirsal/handoff.h>
#include <string.h>

#define MEMORY_MAX       ((size_t)1 << 30)
#define RECEIPT_SIZE_MAX 4096u
#define CUSTODY_SIZE_MAX ((size_t)1 << 20)

/* What a custody record says; texts may be empty. */
struct custody {
    const char *source_id;
    const char *action;
    struct mir_bytes from;
    struct mir_bytes to;
    const mirsal_hash *hash;
    uint64_t time_ms;
    struct mir_bytes note;
};

static void put_text(struct mir_buf *out, const char *key, struct mir_bytes text)
{
    if (text.size > 0) {
        mir_json_key(out, key);
        mir_json_bytes(out, text);
    }
}

/* Once: a record of that source id that the team holds is enough. */
static mirsal_code write_custody(struct mir_store *store,
    const struct custody *custody,
    mirsal_error *err)
{
    struct mir_buf json;
    struct mir_txn *txn = NULL;
    struct mir_txn_result result = { 0 };
    mirsal_id id;
    int found = 0;
    mirsal_code rc = mir_source_find(&id, &found, store, 0,
        (struct mir_bytes){ (const uint8_t *)custody->source_id, strlen(custody->source_id) }, err);
    if (rc != MIRSAL_OK || found || mir_schema_type_by_name(store->schema, "custody") == NULL) {
        return rc;
    }
    mir_buf_init(&json, store->env, CUSTODY_SIZE_MAX);
    mir_json_open(&json, '{');
    mir_json_key(&json, "type");
    mir_json_text(&json, "custody");
    mir_json_key(&json, "source_id");
    mir_json_text(&json, custody->source_id);
    mir_json_key(&json, "action");
    mir_json_text(&json, custody->action);
    put_text(&json, "from_org", custody->from);
    put_text(&json, "to_org", custody->to);
    mir_json_key(&json, "ts");
    mir_json_time(&json, (int64_t)custody->time_ms, 0, 0);
    mir_json_key(&json, "hash");
    mir_json_hash(&json, custody->hash);
    put_text(&json, "note", custody->note);
    mir_json_close(&json, '}');
    rc = mir_buf_finish(&json, err);
    if (rc == MIRSAL_OK) {
        rc = mir_txn_begin(&txn, store, MIR_TXN_LONE, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_record_insert(&id, txn, store, (const char *)json.data, json.size, err);
        if (rc == MIRSAL_OK) {
            rc = mir_txn_commit(&result, txn, err);
        } else {
            mir_txn_rollback(txn);
        }
    }
    mir_buf_fini(&json);
    return rc;
}

static void note_terms(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    char hex[33];
    mir_hex_encode(hex, manifest->handoff, sizeof manifest->handoff);
    mir_buf_append_format(out, "handoff %s; %u records", hex, manifest->record_count);
    if (manifest->purpose.size > 0) {
        mir_buf_append_text(out, "; purpose: ");
        mir_buf_append(out, manifest->purpose.data, manifest->purpose.size);
    }
    if (manifest->terms.size > 0) {
        mir_buf_append_text(out, "; terms: ");
        mir_buf_append(out, manifest->terms.data, manifest->terms.size);
    }
    if (manifest->has_until) {
        char day[MIR_DAY_TEXT_SIZE];
        mir_day_format(day, manifest->until);
        mir_buf_append_format(out, "; until %s", day);
    }
}

static mirsal_code note_accepted(struct mir_store *store,
    const struct mir_handoff_opened *opened,
    const struct mir_org_key *key,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    char source_id[64] = "handoff:";
    struct mir_buf note;
    mir_hex_encode(source_id + 8, manifest->handoff, sizeof manifest->handoff);
    mir_buf_init(&note, store->env, CUSTODY_SIZE_MAX);
    note_terms(&note, manifest);
    mirsal_code rc = mir_buf_finish(&note, err);
    const struct custody custody = { .source_id = source_id,
        .action = "received",
        .from = manifest->name,
        .to = key->name,
        .hash = &opened->manifest_hash,
        .time_ms = mir_now_ms(store->env),
        .note = mir_buf_bytes(&note) };
    if (rc == MIRSAL_OK) {
        rc = write_custody(store, &custody, err);
    }
    mir_buf_fini(&note);
    return rc;
}

static mirsal_code keep_accepted(struct mir_store *store,
    const struct mir_handoff_opened *opened,
    uint64_t taken,
    uint64_t refused,
    mirsal_error *err)
{
    struct mir_buf manifest;
    mir_buf_init(&manifest, store->env, MIR_HANDOFF_FRAME_SIZE_MAX);
    mir_handoff_manifest_write(&manifest, opened->manifest);
    mirsal_code rc = mir_buf_finish(&manifest, err);
    if (rc == MIRSAL_OK) {
        rc = mir_accepted_keep(
            store, opened->manifest, mir_buf_bytes(&manifest), taken, refused, err);
    }
    mir_buf_fini(&manifest);
    return rc;
}

/* Records that are here now: what a later handoff told of is, too. */
static uint64_t taken_in(const struct mir_accepting *accepting)
{
    const struct mir_import_counts *counts = &accepting->counts;
    return counts->added + counts->updated + counts->unchanged + accepting->outdated;
}

static mirsal_code write_receipt(struct mir_store *store,
    const struct mir_handoff_opened *opened,
    const struct mir_org_held *held,
    const struct mir_accepting *accepting,
    const char *path,
    mirsal_error *err)
{
    struct mir_buf file;
    struct mir_handoff_receipt receipt = { .manifest = opened->manifest_hash,
        .made_ms = mir_now_ms(store->env),
        .accepted = taken_in(accepting),
        .refused = accepting->counts.rejected };
    memcpy(receipt.handoff, opened->manifest->handoff, sizeof receipt.handoff);
    mir_buf_init(&file, store->env, RECEIPT_SIZE_MAX);
    mirsal_code rc = mir_handoff_receipt_write(&file, &receipt, &held->secret, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(path, mir_buf_bytes(&file), err);
    }
    mir_buf_fini(&file);
    return rc;
}

static void put_count(struct mir_buf *out, const char *key, uint64_t value)
{
    mir_json_key(out, key);
    mir_json_uint(out, value);
}

static void put_optional(struct mir_buf *out, const char *key, struct mir_bytes text)
{
    mir_json_key(out, key);
    if (text.size > 0) {
        mir_json_bytes(out, text);
    } else {
        mir_json_null(out);
    }
}

static void answer(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_accepting *accepting,
    const char *receipt)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    const struct mir_import_counts *counts = &accepting->counts;
    char hex[33];
    mir_json_open(out, '{');
    mir_hex_encode(hex, manifest->handoff, sizeof manifest->handoff);
    mir_json_key(out, "handoff");
    mir_json_text(out, hex);
    mir_json_key(out, "origin_team");
    mir_json_hash(out, &manifest->team);
    put_optional(out, "origin_name", manifest->name);
    put_optional(out, "purpose", manifest->purpose);
    put_optional(out, "terms", manifest->terms);
    mir_json_key(out, "until");
    if (manifest->has_until) {
        mir_json_day(out, manifest->until);
    } else {
        mir_json_null(out);
    }
    put_count(out, "records", counts->added);
    put_count(out, "updated", counts->updated);
    put_count(out, "unchanged", counts->unchanged);
    put_count(out, "outdated", accepting->outdated);
    put_count(out, "refused", counts->rejected);
    put_count(out, "emptied", accepting->emptied);
    put_count(out, "withdrawn", accepting->withdrawn);
    put_count(out, "conflicts_opened", counts->conflicts_opened);
    put_count(out, "changesets", counts->changesets);
    mir_json_key(out, "to_delete");
    mir_buf_append(out, accepting->to_delete.data, accepting->to_delete.size);
    mir_json_key(out, "receipt");
    if (receipt != NULL) {
        mir_json_text(out, receipt);
    } else {
        mir_json_null(out);
    }
    mir_json_close(out, '}');
}

static mirsal_code accept(struct mir_buf *reply,
    uint64_t *review,
    struct mir_handoff_file *file,
    mirsal_store *store,
    const char *receipt,
    mirsal_error *err)
{
    const struct mir_handoff_opened *opened = NULL;
    struct mir_accepting accepting = { 0 };
    const struct mir_import_counts *counts = &accepting.counts;
    mirsal_code rc = mir_members_need(store->store, MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_file_open(&opened, file, store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct mir_org_held *held = &file->held[file->opened_by];
    rc = mir_handoff_accept(&accepting, store->store, opened, err);
    if (rc == MIRSAL_OK) {
        rc = keep_accepted(store->store, opened, taken_in(&accepting), counts->rejected, err);
    }
    if (rc == MIRSAL_OK) {
        rc = note_accepted(store->store, opened, &held->key, err);
    }
    if (rc == MIRSAL_OK && receipt != NULL) {
        rc = write_receipt(store->store, opened, held, &accepting, receipt, err);
    }
    if (rc == MIRSAL_OK) {
        answer(reply, opened, &accepting, receipt);
        *review = counts->rejected + counts->conflicts_opened + accepting.to_delete_count;
    }
    mir_buf_fini(&accepting.to_delete);
    return rc;
}

mirsal_code mirsal_handoff_accept(mirsal_text *out,
    uint64_t *review,
    mirsal_store *store,
    const mirsal_handoff_verify_options *options,
    const char *receipt,
    mirsal_error *err)
{
    struct mir_handoff_file file = { .options = options, .env = &store->env };
    struct mir_buf reply;
    uint64_t found = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    mir_arena_init(&file.arena, &store->env, MIR_HANDOFF_KEYS_MEMORY);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, MIRSAL_HANDOFF_VERIFY_VERSION, err);
    }
    if (rc == MIRSAL_OK && store->txn != NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    if (rc == MIRSAL_OK) {
        rc = accept(&reply, &found, &file, store, receipt, err);
    }
    mir_handoff_file_close(&file);
    if (review != NULL) {
        *review = found;
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

static mirsal_code note_receipt(struct mir_store *store,
    const struct mir_handover *handed,
    const struct mir_handoff_receipt *receipt,
    struct mir_bytes name,
    mirsal_error *err)
{
    char source_id[96] = "receipt:";
    struct mir_buf note;
    mir_hex_encode(source_id + 8, handed->id, sizeof handed->id);
    source_id[40] = ':';
    mir_hex_encode(source_id + 41, receipt->sign.bytes, 16);
    mir_buf_init(&note, store->env, CUSTODY_SIZE_MAX);
    note_terms(&note, &handed->manifest);
    mir_buf_append_format(&note, "; receipt: %llu accepted, %llu refused",
        (unsigned long long)receipt->accepted, (unsigned long long)receipt->refused);
    mirsal_code rc = mir_buf_finish(&note, err);
    const struct custody custody = { .source_id = source_id,
        .action = "transferred",
        .from = handed->manifest.name,
        .to = name,
        .hash = &handed->hash,
        .time_ms = receipt->made_ms,
        .note = mir_buf_bytes(&note) };
    if (rc == MIRSAL_OK) {
        rc = write_custody(store, &custody, err);
    }
    mir_buf_fini(&note);
    return rc;
}

static mirsal_code take_receipt(struct mir_buf *reply,
    struct mir_arena *arena,
    mirsal_store *store,
    const char *path,
    mirsal_error *err)
{
    struct mir_handoff_receipt receipt;
    struct mir_handover handed;
    struct mir_buf file;
    struct mir_bytes name = { NULL, 0 };
    char hex[33];
    mir_buf_init(&file, &store->env, RECEIPT_SIZE_MAX);
    mirsal_code rc = mir_members_need(store->store, MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_read(&file, path, RECEIPT_SIZE_MAX, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handover_take_receipt(
            &receipt, &handed, arena, store->store, mir_buf_bytes(&file), err);
    }
    mir_buf_fini(&file);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < handed.manifest.recipient_count; i++) {
        const struct mir_org_key *key = &handed.manifest.recipients[i];
        if (memcmp(key->sign.bytes, receipt.sign.bytes, sizeof receipt.sign.bytes) == 0) {
            name = key->name;
        }
    }
    rc = note_receipt(store->store, &handed, &receipt, name, err);
    if (rc == MIRSAL_OK) {
        mir_hex_encode(hex, handed.id, sizeof handed.id);
        mir_json_open(reply, '{');
        mir_json_key(reply, "handoff");
        mir_json_text(reply, hex);
        put_optional(reply, "recipient", name);
        mir_json_key(reply, "time");
        mir_json_time(reply, (int64_t)receipt.made_ms, 0, 0);
        put_count(reply, "accepted", receipt.accepted);
        put_count(reply, "refused", receipt.refused);
        mir_json_key(reply, "manifest_hash");
        mir_json_hash(reply, &handed.hash);
        mir_json_close(reply, '}');
    }
    return rc;
}

mirsal_code mirsal_handoff_receipt(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    mir_arena_init(&arena, &store->env, MEMORY_MAX);
    if (rc == MIRSAL_OK && (store->txn != NULL || path == NULL)) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open, or no path was given");
    }
    if (rc == MIRSAL_OK) {
        rc = take_receipt(&reply, &arena, store, path, err);
    }
    mir_arena_fini(&arena);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

mirsal_code mirsal_handoff_list(mirsal_store *store,
    const char *handoff,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_refresh(store->store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_members_need(store->store, MIR_ROLE_COORDINATOR, err);
    }
    return rc == MIRSAL_OK ? mir_answer_handed(store->store, handoff, line, context, err) : rc;
}
