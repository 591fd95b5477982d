/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handoff_calls.c - handoff create: what leaves is chosen, made, sealed to its recipients,
 * and kept in the store before the file has its name.
 */
#include "dates.h"
#include "env.h"
#include "fail.h"
#include "handle.h"
#include "handoff_choose.h"
#include "handoff_update.h"
#include "json_out.h"
#include "members.h"
#include "mir_limits.h"
#include "sealedwrite.h"
#include "text.h"

#include <mirsal/handoff.h>
#include <string.h>

#define MADE_MEMORY_MAX ((size_t)2 << 30)
#define DAY_MS          UINT64_C(86400000)
#define POINTED_MAX     1000u /* that are told; more are counted */
#define POINTED_SIZE    ((size_t)1 << 20)

struct creating {
    struct mir_store *store;
    const mirsal_handoff_options *options;
    struct mir_arena arena; /* recipients, what was made */
    struct mir_org_key recipients[MIR_HANDOFF_RECIPIENTS_MAX];
    struct mir_agree_public readers[MIR_HANDOFF_RECIPIENTS_MAX];
    struct mir_handoff_choice choice;
    struct mir_handoff_making making;
    struct mir_handoff_made made;
    struct mir_sealed_out file;
    struct mir_handoff_update update; /* with options->update */
    struct mir_handoff_choice more;   /* with where beside it */
    struct mir_buf pointed;           /* JSON: an array of {"record","field","what"} */
    uint64_t pointed_count;
};

/* Who signed the receipt; who is named beside must be that one. */
static mirsal_code read_update_recipient(struct creating *creating, mirsal_error *err)
{
    const mirsal_handoff_options *options = creating->options;
    const struct mir_org_key *signer = &creating->update.recipient;
    for (size_t i = 0; i < options->to_count; i++) {
        struct mir_org_key named;
        struct mir_bytes text = { (const uint8_t *)options->to[i], strlen(options->to[i]) };
        if (mir_org_key_read(&named, &creating->arena, text, NULL) != MIRSAL_OK ||
            memcmp(named.sign.bytes, signer->sign.bytes, sizeof named.sign.bytes) != 0) {
            return mir_fail_field(
                err, MIRSAL_BAD_VALUE, "to", "an update goes to who signed the receipt");
        }
    }
    creating->recipients[0] = *signer;
    memcpy(creating->readers[0].bytes, signer->hpke.bytes, sizeof creating->readers[0].bytes);
    creating->making.recipients = creating->recipients;
    creating->making.recipient_count = 1;
    return MIRSAL_OK;
}

static mirsal_code read_recipients(struct creating *creating, mirsal_error *err)
{
    const mirsal_handoff_options *options = creating->options;
    if (options->update != NULL) {
        return read_update_recipient(creating, err);
    }
    if (options->to_count == 0 || options->to_count > MIR_HANDOFF_RECIPIENTS_MAX) {
        return mir_fail_field(err, MIRSAL_USAGE, "to", "a handoff has 1 to %u recipients",
            MIR_HANDOFF_RECIPIENTS_MAX);
    }
    for (size_t i = 0; i < options->to_count; i++) {
        struct mir_bytes text = { (const uint8_t *)options->to[i], strlen(options->to[i]) };
        if (mir_org_key_read(&creating->recipients[i], &creating->arena, text, NULL) != MIRSAL_OK) {
            return mir_fail_field(
                err, MIRSAL_BAD_VALUE, "to", "recipient %zu is no organisation key", i + 1);
        }
        memcpy(creating->readers[i].bytes, creating->recipients[i].hpke.bytes,
            sizeof creating->readers[i].bytes);
    }
    creating->making.recipients = creating->recipients;
    creating->making.recipient_count = (uint32_t)options->to_count;
    return MIRSAL_OK;
}

static mirsal_code read_text(struct mir_bytes *out,
    const char *text,
    const char *field,
    mirsal_error *err)
{
    if (text == NULL) {
        return MIRSAL_OK;
    }
    *out = (struct mir_bytes){ (const uint8_t *)text, strlen(text) };
    if (!mir_utf8_valid(text, out->size)) {
        return mir_fail_field(err, MIRSAL_NOT_UTF8, field, "the text is not valid UTF-8");
    }
    return out->size <= MIR_HANDOFF_TEXT_SIZE_MAX
               ? MIRSAL_OK
               : mir_fail_field(err, MIRSAL_TOO_LARGE, field, "a text of more than %u bytes",
                     MIR_HANDOFF_TEXT_SIZE_MAX);
}

static mirsal_code read_until(struct creating *creating, int64_t today, mirsal_error *err)
{
    const char *until = creating->options->until;
    int32_t day = 0;
    if (until == NULL) {
        return MIRSAL_OK;
    }
    if (!mir_day_parse(&day, until, strlen(until))) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "until", "no date: YYYY-MM-DD");
    }
    if (day < today) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "until", "this day is over");
    }
    creating->making.has_until = 1;
    creating->making.until = day;
    return MIRSAL_OK;
}

static mirsal_code read_request(struct mir_handoff_request *out,
    struct creating *creating,
    mirsal_error *err)
{
    const mirsal_handoff_options *options = creating->options;
    struct mir_handoff_making *making = &creating->making;
    *out = (struct mir_handoff_request){ .where = options->where,
        .withhold = options->withhold,
        .disclose = options->disclose,
        .release = MIR_RELEASE_PARTNERS,
        .courts = options->court,
        .today = (int64_t)(mir_now_ms(creating->store->env) / DAY_MS) };
    if (options->release != NULL) {
        out->release = mir_release_of(options->release);
        if (out->release == (enum mir_release)0) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, "release",
                "no release level: public, partners, organisation, team, sealed");
        }
    }
    mirsal_code rc = read_text(&making->purpose, options->purpose, "purpose", err);
    if (rc == MIRSAL_OK) {
        rc = read_text(&making->terms, options->terms, "terms", err);
    }
    return rc == MIRSAL_OK ? read_until(creating, out->today, err) : rc;
}

/* What is owed, and what fits the condition besides. */
static mirsal_code choose_update(struct creating *creating,
    struct mir_handoff_request *request,
    mirsal_error *err)
{
    struct mir_handoff_update *update = &creating->update;
    mirsal_code rc = mir_handoff_update_owe(update, &creating->arena, creating->store, err);
    if (rc == MIRSAL_OK && request->where != NULL) {
        update->more = &creating->more;
        rc = mir_handoff_choose(&creating->more, creating->store, request, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    static const mirsal_id none;
    request->ids = update->id_count > 0 ? update->ids : &none;
    request->id_count = update->id_count;
    request->shows = mir_handoff_update_shows;
    request->shows_context = update;
    update->choice = &creating->choice;
    rc = mir_handoff_choose(&creating->choice, creating->store, request, err);
    return rc == MIRSAL_OK
               ? mir_handoff_update_make(&creating->making, update, &creating->arena, err)
               : rc;
}

/* Terms and what may leave; then the records. */
static mirsal_code choose(struct creating *creating, mirsal_error *err)
{
    struct mir_handoff_making *making = &creating->making;
    struct mir_handoff_request request;
    mirsal_code rc = read_request(&request, creating, err);
    making->mode = creating->options->by_author ? MIR_HANDOFF_BY_AUTHOR : MIR_HANDOFF_ATTESTED;
    making->release = request.release;
    if (rc == MIRSAL_OK && creating->options->update != NULL) {
        return choose_update(creating, &request, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_choose(&creating->choice, creating->store, &request, err);
    }
    if (rc == MIRSAL_OK && creating->choice.record_count == 0 && creating->choice.left_count == 0) {
        rc = mir_fail_field(err, MIRSAL_NOT_FOUND, "where", "no record meets the condition");
    }
    making->records = creating->choice.records;
    making->record_count = creating->choice.record_count;
    making->left = creating->choice.left;
    making->left_count = creating->choice.left_count;
    making->shows = mir_handoff_choice_shows;
    making->shows_context = &creating->choice;
    return rc;
}

static int leaves(const struct mir_handoff_making *making, const struct mir_handoff_pointed *item)
{
    const struct mir_handoff_choice all = {
        .records = (struct mir_handoff_chosen *)(uintptr_t)making->records,
        .record_count = making->record_count
    };
    return mir_handoff_choice_has(&all, item->type, &item->record);
}

/* Of the records that leave; those of more that the first choice has were told by it. */
static void put_pointed(struct creating *creating, const struct mir_handoff_choice *choice)
{
    const struct mir_handoff_pointed *items = (const void *)choice->pointed.data;
    struct mir_buf *out = &creating->pointed;
    for (size_t i = 0; i < choice->pointed.size / sizeof *items; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(creating->store->schema, items[i].field);
        if (!leaves(&creating->making, &items[i]) || field == NULL ||
            (choice == &creating->more &&
                mir_handoff_choice_has(&creating->choice, items[i].type, &items[i].record))) {
            continue;
        }
        creating->pointed_count++;
        if (creating->pointed_count > POINTED_MAX) {
            continue;
        }
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "record");
        mir_json_uuid(out, &items[i].record);
        mir_json_key(out, "field");
        mir_json_text(out, field->name);
        mir_json_key(out, "what");
        mir_json_text(out, mir_pointed_name(items[i].what));
        mir_json_close(out, '}');
    }
}

/* What a person should look at, before anything is written. */
static mirsal_code point_out(struct creating *creating, mirsal_error *err)
{
    const mirsal_handoff_options *options = creating->options;
    struct mir_buf *out = &creating->pointed;
    mir_json_open(out, '[');
    put_pointed(creating, &creating->choice);
    put_pointed(creating, &creating->more);
    mir_json_close(out, ']');
    mirsal_code rc = mir_buf_finish(out, err);
    if (rc == MIRSAL_OK && options->look != NULL && creating->pointed_count > 0 &&
        options->look(options->look_context, (const char *)out->data, out->size,
            creating->pointed_count) != 0) {
        rc = mir_fail(err, MIRSAL_USAGE, "nothing was written");
    }
    return rc;
}

static mirsal_code write_content(void *context, struct mir_bytes content, mirsal_error *err)
{
    struct creating *creating = context;
    return mir_sealed_out_write(&creating->file, content, err);
}

static mirsal_code make(struct creating *creating, mirsal_error *err)
{
    const mirsal_handoff_options *options = creating->options;
    struct mir_sealedfile_readers readers = { .keys = creating->readers,
        .count = creating->making.recipient_count };
    mirsal_code rc = MIRSAL_OK;
    if (!options->dry_run) {
        rc = mir_sealed_out_begin(&creating->file, creating->store->env, options->path,
            MIR_SEALEDFILE_HANDOFF, &readers, err);
        creating->making.write = write_content;
        creating->making.write_context = creating;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_make(
            &creating->made, &creating->arena, creating->store, &creating->making, err);
    }
    if (rc == MIRSAL_OK && !options->dry_run) {
        rc = mir_sealed_out_seal(&creating->file, err);
    }
    return rc;
}

static mirsal_code read_and_make(struct creating *creating, mirsal_error *err)
{
    mirsal_code rc = mir_store_read_begin(creating->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_members_need(creating->store, MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK) {
        rc = read_recipients(creating, err);
    }
    if (rc == MIRSAL_OK) {
        rc = choose(creating, err);
    }
    if (rc == MIRSAL_OK) {
        rc = point_out(creating, err);
    }
    if (rc == MIRSAL_OK) {
        rc = make(creating, err);
    }
    mir_store_read_end(creating->store);
    return rc;
}

static void write_left(struct mir_buf *out, const struct creating *creating)
{
    uint64_t counts[3] = { 0, 0, 0 };
    for (size_t i = 0; i < creating->making.left_count; i++) {
        counts[creating->making.left[i].why]++;
    }
    counts[MIR_HANDOFF_LEFT_UNPROVEN] = creating->made.left - creating->making.left_count;
    mir_json_key(out, "left_out");
    mir_json_open(out, '{');
    mir_json_key(out, "consent");
    mir_json_uint(out, counts[MIR_HANDOFF_LEFT_CONSENT]);
    mir_json_key(out, "release");
    mir_json_uint(out, counts[MIR_HANDOFF_LEFT_RELEASE]);
    mir_json_key(out, "unproven");
    mir_json_uint(out, counts[MIR_HANDOFF_LEFT_UNPROVEN]);
    mir_json_close(out, '}');
}

static void answer(struct mir_buf *out, const struct creating *creating)
{
    const struct mir_handoff_made *made = &creating->made;
    int written = !creating->options->dry_run;
    mir_json_open(out, '{');
    mir_json_key(out, "records");
    mir_json_uint(out, made->records);
    mir_json_key(out, "withheld");
    mir_json_uint(out, made->withheld);
    mir_json_key(out, "receipt_expected");
    mir_json_bool(out, written);
    mir_json_key(out, "mode");
    mir_json_text(out, creating->making.mode == MIR_HANDOFF_ATTESTED ? "attested" : "author");
    mir_json_key(out, "authors");
    mir_json_uint(out, made->authors);
    write_left(out, creating);
    mir_json_key(out, "retractions");
    mir_json_uint(out, creating->making.retraction_count);
    mir_json_key(out, "media");
    mir_json_uint(out, 0);
    mir_json_key(out, "pointed_out");
    mir_buf_append(out, creating->pointed.data, creating->pointed.size);
    mir_json_key(out, "pointed_out_total");
    mir_json_uint(out, creating->pointed_count);
    mir_json_key(out, "dry_run");
    mir_json_bool(out, !written);
    if (written) {
        mir_json_put_hex(out, "handoff", made->handoff, sizeof made->handoff);
        mir_json_put_hex(out, "manifest_hash", made->manifest_hash.bytes, 32);
        mir_json_put_hex(out, "file_sha256", creating->file.sha256.bytes, 32);
    }
    mir_json_close(out, '}');
}

/* An update goes on withholding what the handoff before it did. */
static mirsal_code keep(struct creating *creating, mirsal_error *err)
{
    struct mir_buf withheld;
    mir_buf_init(&withheld, creating->store->env, SIZE_MAX / 2);
    for (size_t i = 0; i < creating->choice.withhold_count; i++) {
        mir_buf_append_be32(&withheld, creating->choice.withhold[i]);
    }
    for (size_t i = 0; i < creating->update.never_count; i++) {
        mir_buf_append_be32(&withheld, creating->update.never[i]);
    }
    creating->made.held_back = mir_buf_bytes(&withheld);
    mirsal_code rc = mir_buf_finish(&withheld, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_keep(creating->store, &creating->made, err);
    }
    mir_buf_fini(&withheld);
    return rc;
}

static mirsal_code create(struct mir_buf *reply, struct creating *creating, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (creating->options->update != NULL) {
        rc = mir_members_need(creating->store, MIR_ROLE_COORDINATOR, err);
        if (rc == MIRSAL_OK) {
            rc = mir_handoff_update_begin(&creating->update, &creating->arena, creating->store,
                creating->options->update, err);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = read_and_make(creating, err);
    }
    if (rc == MIRSAL_OK && !creating->options->dry_run) {
        rc = keep(creating, err);
        if (rc == MIRSAL_OK) {
            rc = mir_sealed_out_finish(&creating->file, err);
        }
    }
    if (rc == MIRSAL_OK) {
        answer(reply, creating);
    }
    return rc;
}

mirsal_code mirsal_handoff_create(mirsal_text *out,
    mirsal_store *store,
    const mirsal_handoff_options *options,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, MIRSAL_HANDOFF_OPTIONS_VERSION, err);
    }
    if (rc == MIRSAL_OK && store->txn != NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    struct creating *creating = rc == MIRSAL_OK ? mir_secret_alloc(sizeof *creating) : NULL;
    if (rc == MIRSAL_OK && creating == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    if (creating != NULL) {
        creating->store = store->store;
        creating->options = options;
        mir_arena_init(&creating->arena, &store->env, MADE_MEMORY_MAX);
        mir_buf_init(&creating->pointed, &store->env, POINTED_SIZE);
        rc = create(&reply, creating, err);
        mir_sealed_out_end(&creating->file);
        mir_handoff_choice_fini(&creating->choice);
        mir_handoff_choice_fini(&creating->more);
        mir_buf_fini(&creating->pointed);
        mir_arena_fini(&creating->arena);
    }
    mir_secret_free(creating);
    return mir_reply_end(out, &reply, rc, err);
}
