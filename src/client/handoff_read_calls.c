/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handoff_read_calls.c - handoff verify: a file, a key, and nothing else.
 */
#include "env.h"
#include "fail.h"
#include "files.h"
#include "handle.h"
#include "handoff_file.h"
#include "handoff_html.h"
#include "handoff_out.h"
#include "mir_limits.h"
#include "orgkey_calls.h"
#include "orgkeys.h"
#include "sealedwrite.h"
#include "text.h"
#include "words.h"

#include <mirsal/handoff.h>
#include <string.h>

#define DAY_MS      UINT64_C(86400000)
#define PREFIX_MIN  6u
#define GIVEN_SIZE  128u /* of what is given as --from, with single blanks */
#define PREFIX_SURE 16u  /* fewer digits are found by trying */

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

/* The key from its file, in place of those of the store. */
static mirsal_code read_key(struct mir_handoff_file *verifying, mirsal_error *err)
{
    const mirsal_handoff_verify_options *options = verifying->options;
    struct mir_buf clear;
    verifying->held = mir_arena_alloc(&verifying->arena, 1, sizeof *verifying->held);
    verifying->held_count = 1;
    if (verifying->held == NULL) {
        return no_memory(err);
    }
    mir_buf_init(&clear, verifying->env, MIR_ORG_KEY_SIZE_MAX);
    mirsal_code rc = mir_org_file_read(&clear, verifying->env, options->org_key_path,
        (struct mir_bytes){ options->passphrase, options->passphrase_size }, err);
    if (rc == MIRSAL_OK) {
        rc = mir_org_secret_read(
            &verifying->held->key, &verifying->held->secret, mir_buf_bytes(&clear), err);
        verifying->held->key.name = (struct mir_bytes){ NULL, 0 };
    }
    mir_buf_fini(&clear);
    return rc;
}

static mirsal_code find_keys(struct mir_handoff_file *verifying,
    mirsal_store *store,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (verifying->options->org_key_path != NULL) {
        rc = read_key(verifying, err);
    } else if (store != NULL) {
        rc = mir_org_keys_held(
            &verifying->held, &verifying->held_count, &verifying->arena, store->store, err);
    }
    if (rc == MIRSAL_OK && verifying->held_count == 0) {
        rc = mir_handoff_refuse(
            err, MIR_HANDOFF_SEALED, "there is no organisation's key here to open it with");
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    verifying->secrets =
        mir_arena_alloc(&verifying->arena, verifying->held_count, sizeof *verifying->secrets);
    if (verifying->secrets == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < verifying->held_count; i++) {
        verifying->secrets[i] = verifying->held[i].secret.hpke;
    }
    return MIRSAL_OK;
}

/* From the first clear byte on it is known which key opened the file: that one is the recipient. */
static mirsal_code take_content(void *context,
    struct mir_bytes clear,
    const struct mir_sealedfile *file,
    mirsal_error *err)
{
    struct mir_handoff_file *verifying = context;
    mirsal_code rc = MIRSAL_OK;
    if (verifying->opening == NULL) {
        verifying->opened_by = file->opened_by;
        const struct mir_handoff_reading reading = {
            .env = verifying->env, .keys = &verifying->held[file->opened_by].key, .key_count = 1
        };
        rc = mir_handoff_opening_begin(&verifying->opening, &reading, err);
    }
    return rc == MIRSAL_OK ? mir_handoff_opening_feed(verifying->opening, clear, err) : rc;
}

static mirsal_code read_file(const struct mir_handoff_opened **out,
    struct mir_handoff_file *verifying,
    mirsal_error *err)
{
    const struct mir_sealedfile_keys keys = { .secrets = verifying->secrets,
        .count = (uint32_t)verifying->held_count };
    mirsal_error why = { 0 };
    int at_end = 0;
    mirsal_code rc = mir_sealed_in(verifying->options->path, verifying->env, MIR_SEALEDFILE_HANDOFF,
        &keys, take_content, verifying, &verifying->sha256, &at_end, &why);
    if (rc == MIRSAL_OK && verifying->opening == NULL) {
        return mir_handoff_refuse(err, MIR_HANDOFF_TRUNCATED, "it is empty");
    }
    if (rc == MIRSAL_OK) {
        return mir_handoff_opening_end(out, verifying->opening, err);
    }
    if (why.field[0] == '\0' && at_end) {
        return mir_handoff_refuse(
            err, MIR_HANDOFF_TRUNCATED, "the file was cut, or its end was changed");
    }
    if (why.field[0] == '\0' && (rc == MIRSAL_NOT_AUTHENTIC || rc == MIRSAL_MALFORMED ||
                                    rc == MIRSAL_BAD_VALUE || rc == MIRSAL_WRONG_PASSPHRASE)) {
        return mir_handoff_refuse(err, MIR_HANDOFF_SEALED, "%s", why.message);
    }
    if (err != NULL) {
        *err = why;
    }
    return rc;
}

/* Words with single blanks, ASCII in lower case. */
static void fold_words(char out[GIVEN_SIZE], const char *text)
{
    size_t size = 0;
    for (; *text != '\0' && size + 1 < GIVEN_SIZE; text++) {
        int blank = *text == ' ' || *text == '-' || *text == '\t';
        if (!blank) {
            out[size++] = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        } else if (size > 0 && out[size - 1] != ' ') {
            out[size++] = ' ';
        }
    }
    while (size > 0 && out[size - 1] == ' ') {
        size--;
    }
    out[size] = '\0';
}

static size_t count_words(const char *folded)
{
    size_t words = *folded != '\0';
    for (; *folded != '\0'; folded++) {
        words += *folded == ' ';
    }
    return words;
}

/* The beginning of an id, or six words. */
static int is_form_of_team(const char *from)
{
    char given[GIVEN_SIZE];
    fold_words(given, from);
    size_t size = strlen(given);
    return count_words(given) == MIR_WORDS_COUNT ||
           (size >= PREFIX_MIN && size <= 64 && strspn(given, "0123456789abcdef") == size);
}

/* How sure: 0 another team, 1 its id begins so, 2 nobody else makes a team whose id or words do. */
static int is_from(const char *from, const mirsal_hash *team)
{
    char hex[65];
    char given[GIVEN_SIZE];
    char words[MIR_WORDS_TEXT_SIZE];
    mir_hex_encode(hex, team->bytes, sizeof team->bytes);
    fold_words(given, from);
    size_t size = strlen(given);
    if (size >= PREFIX_MIN && strncmp(hex, given, size) == 0) {
        return size >= PREFIX_SURE ? 2 : 1;
    }
    mir_words_team(words, MIR_WORDS_LATIN, team);
    if (strcmp(words, given) == 0) {
        return 2;
    }
    mir_words_team(words, MIR_WORDS_ARABIC, team);
    return strcmp(words, given) == 0 ? 2 : 0;
}

mirsal_code mir_handoff_file_open(const struct mir_handoff_opened **out,
    struct mir_handoff_file *file,
    mirsal_store *store,
    mirsal_error *err)
{
    const char *from = file->options->from;
    if (from != NULL && !is_form_of_team(from)) {
        return mir_fail_field(err, MIRSAL_USAGE, "from",
            "--from takes the start of a team's id, %u hex digits or more, or its six words",
            PREFIX_MIN);
    }
    mirsal_code rc = find_keys(file, store, err);
    if (rc == MIRSAL_OK) {
        rc = read_file(out, file, err);
    }
    if (rc == MIRSAL_OK && from != NULL && is_from(from, &(*out)->manifest->team) == 0) {
        rc = mir_handoff_refuse(err, MIR_HANDOFF_FROM, "it is of another team");
    }
    return rc;
}

void mir_handoff_file_close(struct mir_handoff_file *file)
{
    mir_handoff_opening_close(file->opening);
    mir_arena_fini(&file->arena);
}

static mirsal_code write_html(const struct mir_handoff_opened *opened,
    const struct mir_handoff_around *around,
    const struct mir_handoff_file *verifying,
    mirsal_error *err)
{
    struct mir_buf html;
    mir_buf_init(&html, verifying->env, MIR_REPLY_SIZE_MAX);
    mirsal_code rc = mir_handoff_html(&html, opened, around, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(verifying->options->html, mir_buf_bytes(&html), err);
    }
    mir_buf_fini(&html);
    return rc;
}

static mirsal_code verify(struct mir_buf *reply,
    struct mir_handoff_file *verifying,
    mirsal_store *store,
    mirsal_error *err)
{
    char words[MIR_WORDS_TEXT_SIZE];
    char words_ar[MIR_WORDS_TEXT_SIZE];
    struct mir_handoff_around around = { .recipient_checked = 1,
        .fingerprint = words,
        .fingerprint_ar = words_ar,
        .today = (int64_t)(mir_now_ms(verifying->env) / DAY_MS) };
    const char *from = verifying->options->from;
    const struct mir_handoff_opened *opened = NULL;
    mirsal_code rc = mir_handoff_file_open(&opened, verifying, store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const mirsal_hash *team = &opened->manifest->team;
    around.origin_known = (from != NULL && is_from(from, team) == 2) ||
                          (store != NULL && memcmp(&store->store->team, team, sizeof *team) == 0);
    memcpy(around.file_sha256, verifying->sha256.bytes, sizeof around.file_sha256);
    mir_words_team(words, MIR_WORDS_LATIN, team);
    mir_words_team(words_ar, MIR_WORDS_ARABIC, team);
    rc = mir_handoff_answer(reply, opened, &around, verifying->env, err);
    return rc == MIRSAL_OK && verifying->options->html != NULL
               ? write_html(opened, &around, verifying, err)
               : rc;
}

mirsal_code mirsal_handoff_verify(mirsal_text *out,
    mirsal_store *store,
    const mirsal_handoff_verify_options *options,
    mirsal_error *err)
{
    struct mir_handoff_file verifying = { .options = options };
    struct mir_buf reply;
    mirsal_env env;
    mirsal_code rc = mir_handle_version(options->version, MIRSAL_HANDOFF_VERIFY_VERSION, err);
    if (rc == MIRSAL_OK) {
        rc = mir_crypto_start(err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (store != NULL) {
        verifying.env = &store->env;
    } else {
        mir_handle_env(&env, options->env);
        verifying.env = &env;
    }
    if (store != NULL) {
        rc = mir_reply_begin(out, &reply, store, err);
    } else {
        *out = (mirsal_text){ 0 };
        mir_buf_init(&reply, verifying.env, MIR_REPLY_SIZE_MAX);
    }
    mir_arena_init(&verifying.arena, verifying.env, MIR_HANDOFF_KEYS_MEMORY);
    if (rc == MIRSAL_OK) {
        rc = verify(&reply, &verifying, store, err);
    }
    mir_handoff_file_close(&verifying);
    return mir_reply_end(out, &reply, rc, err);
}
