/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/evidence_out.c - see the header.
 */
#include "evidence_out.h"

#include "fail.h"
#include "json_out.h"
#include "text.h"

#define EVIDENCE_MEMORY_MAX ((size_t)64 << 20)

const char *mir_evidence_text(enum mir_contradiction kind)
{
    switch (kind) {
    case MIR_CONTRADICTION_FACES:
        return "it signed two histories of one log: it deceives, or was restored from an old copy "
               "and went on before any device showed it";
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

/* 1 when two signed words alone convince anybody. */
static int is_proof(const struct mir_evidence *item)
{
    return item->other.size > 0 &&
           (item->kind == MIR_CONTRADICTION_FACES || item->kind == MIR_CONTRADICTION_DENIED);
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

static mirsal_code write_item(struct mir_buf *out,
    struct mir_arena *arena,
    const struct mir_evidence *item,
    mirsal_error *err)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "relay");
    mir_json_hash(out, &item->identity);
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
    mir_json_key(out, "words");
    mir_json_open(out, '[');
    mirsal_code rc = write_word(out, arena, item->one, err);
    if (rc == MIRSAL_OK && item->other.size > 0) {
        rc = write_word(out, arena, item->other, err);
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    return rc;
}

mirsal_code mir_evidence_write(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    struct mir_evidence *list = NULL;
    struct mir_arena arena;
    size_t count = 0;
    mir_arena_init(&arena, store->env, EVIDENCE_MEMORY_MAX);
    mirsal_code rc = mir_evidence_list(&list, &count, &arena, store, err);
    mir_json_key(out, "evidence");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = write_item(out, &arena, &list[i], err);
    }
    mir_json_close(out, ']');
    mir_arena_fini(&arena);
    return rc;
}
