/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/evidence_out.c - see the header.
 */
#include "evidence_out.h"

#include "fail.h"
#include "json_out.h"
#include "members.h"
#include "team_out.h"
#include "text.h"

#define EVIDENCE_MEMORY_MAX ((size_t)64 << 20)

const char *mir_evidence_text(enum mir_contradiction kind)
{
    switch (kind) {
    case MIR_CONTRADICTION_FACES:
        return "it signed two histories of one log: it deceives, or a copy of its disk was brought "
               "back behind its back; ask who runs it";
    case MIR_CONTRADICTION_ROLLED_BACK:
        return "its log went back behind what it had signed, and it does not say that it was "
               "restored";
    case MIR_CONTRADICTION_INCONSISTENT:
        return "it does not prove that its log continues what it had signed";
    case MIR_CONTRADICTION_DENIED:
        return "it no longer holds what it had acknowledged with its signature";
    case MIR_CONTRADICTION_WITHHELD:
        return "it acknowledged changesets to their author and does not serve them to this device";
    case MIR_CONTRADICTION_HIDDEN:
        return "it shows this device a shorter log than it signed for others";
    }
    return "";
}

/*
 * 1 when two signed words alone convince anybody. A log that holds less by the later word proves it
 * where it is not shorter; of a shorter one only who heard both knows which came first.
 */
static int is_proof(const struct mir_evidence *item)
{
    struct mir_relay_word one;
    struct mir_relay_word other;
    if (item->kind == MIR_CONTRADICTION_DENIED && item->other.size > 0) {
        return mir_relay_word_read(&one, item->one, NULL) == MIRSAL_OK &&
               mir_relay_word_read(&other, item->other, NULL) == MIRSAL_OK &&
               other.acknowledgement.size >= one.acknowledgement.size;
    }
    return item->other.size > 0 && item->kind == MIR_CONTRADICTION_FACES;
}

static mirsal_code write_word(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_bytes word,
    mirsal_error *err)
{
    char *text = mir_arena_alloc(arena, 2 * word.size + 1, 1);
    if (text == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_hex_encode(text, word.data, word.size);
    mir_json_item(out);
    mir_json_text(out, text);
    return MIRSAL_OK;
}

static void write_log(struct mir_buf *out,
    const char *says,
    const uint8_t store_epoch[8],
    uint64_t size,
    uint64_t time_ms)
{
    char log[17];
    mir_hex_encode(log, store_epoch, 8);
    mir_json_key(out, "says");
    mir_json_text(out, says);
    mir_json_key(out, "at");
    mir_json_time(out, (int64_t)time_ms, 0, 1);
    mir_json_key(out, "log");
    mir_json_text(out, log);
    mir_json_key(out, "size");
    mir_json_uint(out, size);
}

/* The heads that an acknowledgement names, and whose they are. */
static mirsal_code write_acknowledged(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_acknowledgement *given,
    mirsal_error *err)
{
    struct mir_invite_facts facts = { 0 };
    struct mir_reader reader;
    mirsal_error why = { 0 };
    mirsal_code rc = mir_device_facts(&facts, arena, store, &given->device, &why);
    if (rc == MIRSAL_NOT_FOUND) {
        facts.label = (struct mir_bytes){ NULL, 0 };
    } else if (rc != MIRSAL_OK) {
        return mir_fail(err, rc, "%s", why.message);
    }
    mir_json_key(out, "device");
    mir_json_hash(out, &given->device);
    mir_optional_write(out, "label", facts.label);
    mir_json_key(out, "chains");
    mir_json_open(out, '[');
    mir_reader_init(&reader, given->heads.data, given->heads.size);
    uint32_t count = mir_acknowledged_begin(&reader);
    for (uint32_t i = 0; i < count; i++) {
        struct mir_head head = { .compartment = 0 };
        mir_acknowledged_next(&reader, &head);
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "compartment");
        mir_json_uint(out, head.compartment);
        mir_json_key(out, "seq");
        mir_json_uint(out, head.seq);
        mir_json_key(out, "changeset");
        mir_json_hash(out, &head.id);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    return MIRSAL_OK;
}

/* What a word says, for people who do not read hex. */
static mirsal_code write_said(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_relay_word word;
    const struct mir_checkpoint *checkpoint = &word.checkpoint;
    const struct mir_acknowledgement *given = &word.acknowledgement;
    mirsal_code rc = mir_relay_word_read(&word, bytes, NULL);
    if (rc != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_CORRUPT, "a relay's word is damaged");
    }
    mir_json_item(out);
    mir_json_open(out, '{');
    if (word.kind == MIR_WORD_CHECKPOINT) {
        write_log(
            out, "checkpoint", checkpoint->store_epoch, checkpoint->size, checkpoint->time_ms);
        mir_json_key(out, "root");
        mir_json_hash(out, &checkpoint->root);
    } else {
        write_log(out, "acknowledged", given->store_epoch, given->size, given->time_ms);
        rc = write_acknowledged(out, arena, store, given, err);
    }
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code write_item(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_evidence *item,
    mirsal_error *err)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "relay");
    mir_json_hash(out, &item->identity);
    mir_optional_write(out, "url", item->url);
    mir_json_key(out, "what");
    mir_json_text(out, mir_contradiction_name(item->kind));
    mir_json_key(out, "why");
    mir_json_text(out, mir_evidence_text(item->kind));
    mir_json_key(out, "found");
    mir_json_time(out, (int64_t)item->found_ms, 0, 0);
    mir_json_key(out, "proof");
    mir_json_bool(out, is_proof(item));
    mir_json_key(out, "former");
    mir_json_bool(out, item->former);
    mir_json_key(out, "said");
    mir_json_open(out, '[');
    mirsal_code rc = write_said(out, arena, store, item->one, err);
    if (rc == MIRSAL_OK && item->other.size > 0) {
        rc = write_said(out, arena, store, item->other, err);
    }
    mir_json_close(out, ']');
    mir_json_key(out, "words");
    mir_json_open(out, '[');
    if (rc == MIRSAL_OK) {
        rc = write_word(out, arena, item->one, err);
    }
    if (rc == MIRSAL_OK && item->other.size > 0) {
        rc = write_word(out, arena, item->other, err);
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    return rc;
}

mirsal_code mir_evidence_write(struct mir_buf *out,
    size_t *written,
    struct mir_store *store,
    int64_t above,
    mirsal_error *err)
{
    struct mir_evidence *list = NULL;
    struct mir_arena arena;
    size_t count = 0;
    mir_arena_init(&arena, store->env, EVIDENCE_MEMORY_MAX);
    mirsal_code rc = mir_evidence_list(&list, &count, &arena, store, above, err);
    if (written != NULL) {
        *written = count;
    }
    mir_json_key(out, "evidence");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = write_item(out, &arena, store, &list[i], err);
    }
    mir_json_close(out, ']');
    mir_arena_fini(&arena);
    return rc;
}
