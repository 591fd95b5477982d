/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/human_handoff.c - handoffs for people: what verified, by record, and who holds what.
 */
#include "human.h"

#include "messages.h"

#include <stdlib.h>
#include <string.h>

/* "label: value" for those that are there and not null. */
static void put_known(FILE *out,
    const json_t *object,
    const char *const *keys,
    size_t count,
    enum cli_language language)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, keys[i]);
        if (value != NULL && !json_is_null(value)) {
            cli_put_key(out, object, keys[i], language);
        }
    }
}

static void put_labels(FILE *out, const json_t *words, enum cli_language language)
{
    size_t at = 0;
    json_t *word = NULL;
    json_array_foreach(words, at, word)
    {
        const char *text = json_string_value(word);
        (void)fputs(at == 0 ? "" : ", ", out);
        cli_put(out, cli_text(language, text == NULL ? "" : text));
    }
}

static void put_head(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const origin[] = { "verified", "origin_name", "origin_team", "fingerprint",
        "fingerprint_ar" };
    static const char *const terms[] = { "purpose", "terms", "until", "update_of" };
    const json_t *recipients = json_object_get(answer, "recipients");
    size_t at = 0;
    json_t *recipient = NULL;
    put_known(out, answer, origin, sizeof(origin) / sizeof(origin[0]), language);
    (void)fprintf(out, "%s\n",
        cli_text(language, json_is_true(json_object_get(answer, "origin_known"))
                               ? "origin_is_known"
                               : "origin_not_known"));
    (void)fprintf(out, "%s: %s\n", cli_text(language, "mode"),
        cli_text(language, strcmp(cli_key_text(answer, "mode"), "author") == 0
                               ? "verified_author"
                               : "verified_attested"));
    (void)fprintf(out, "%s: %s\n", cli_text(language, "signed_at"),
        cli_key_text(json_object_get(answer, "as_of"), "time"));
    (void)fprintf(out, "%s: ", cli_text(language, "recipients"));
    json_array_foreach(recipients, at, recipient)
    {
        (void)fputs(at == 0 ? "" : ", ", out);
        cli_put(out, cli_key_text(recipient, "name"));
    }
    (void)fputc('\n', out);
    put_known(out, answer, terms, sizeof(terms) / sizeof(terms[0]), language);
    if (json_is_true(json_object_get(answer, "expired"))) {
        (void)fprintf(out, "%s\n", cli_text(language, "until_is_over"));
    }
}

static void put_record(FILE *out, const json_t *record, enum cli_language language)
{
    const json_t *author = json_object_get(record, "author");
    const json_t *withheld = json_object_get(record, "withheld");
    const char *key = NULL;
    json_t *value = NULL;
    (void)fprintf(out, "\n%s %s", cli_text(language, cli_key_text(record, "type")),
        cli_key_text(record, "id"));
    if (json_is_object(author)) {
        (void)fprintf(out, " · %s (%s), %s %s", cli_key_text(author, "pseudonym"),
            cli_text(language, cli_key_text(author, "role")), cli_text(language, "claimed"),
            cli_key_text(record, "claimed"));
    }
    (void)fputc('\n', out);
    json_object_foreach(json_object_get(record, "fields"), key, value)
    {
        (void)fputs("  ", out);
        cli_put_key(out, json_object_get(record, "fields"), key, language);
    }
    json_object_foreach(json_object_get(record, "field_authors"), key, value)
    {
        (void)fprintf(out, "  %s: %s\n", cli_text(language, key), json_string_value(value));
    }
    if (json_array_size(withheld) > 0) {
        (void)fprintf(out, "  %s: ", cli_text(language, "withheld"));
        put_labels(out, withheld, language);
        (void)fputc('\n', out);
    }
}

static const char *why_text(enum cli_language language, const char *why)
{
    static char key[64];
    (void)snprintf(key, sizeof(key), "why %s", why);
    const char *text = cli_text(language, key);
    return text == key ? why : text;
}

/* Records with a word each: taken back, left out, owed. */
static void put_told(FILE *out,
    const json_t *rows,
    const char *id,
    const char *heading,
    enum cli_language language)
{
    size_t at = 0;
    json_t *row = NULL;
    if (json_array_size(rows) > 0) {
        (void)fprintf(out, "\n%s:\n", cli_text(language, heading));
    }
    json_array_foreach(rows, at, row)
    {
        const char *type = cli_key_text(row, "type");
        (void)fprintf(out, "  %s%s%s  %s\n", cli_text(language, type), *type == '\0' ? "" : " ",
            cli_key_text(row, id), why_text(language, cli_key_text(row, "why")));
    }
}

/* What was pointed out stood on stderr before. */
void cli_render_handoff_create(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const head[] = { "records", "withheld", "authors", "retractions" };
    static const char *const whys[] = { "consent", "release", "unproven" };
    static const char *const tail[] = { "pointed_out_total", "receipt_expected", "handoff",
        "manifest_hash", "file_sha256" };
    const json_t *left = json_object_get(answer, "left_out");
    (void)fprintf(out, "%s: %s\n", cli_text(language, "mode"),
        cli_text(language, cli_key_text(answer, "mode")));
    put_known(out, answer, head, sizeof(head) / sizeof(head[0]), language);
    (void)fprintf(out, "%s: ", cli_text(language, "handoff_left_out"));
    for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
        (void)fprintf(out, "%s%s %lld", i == 0 ? "" : ", ", why_text(language, whys[i]),
            (long long)json_integer_value(json_object_get(left, whys[i])));
    }
    (void)fputc('\n', out);
    put_known(out, answer, tail, sizeof(tail) / sizeof(tail[0]), language);
    if (json_integer_value(json_object_get(answer, "records")) == 0 &&
        json_integer_value(json_object_get(answer, "retractions")) == 0) {
        (void)fprintf(out, "%s\n", cli_text(language, "handoff_empty"));
    }
    if (json_is_true(json_object_get(answer, "dry_run"))) {
        (void)fprintf(out, "%s\n", cli_text(language, "dry_run"));
    }
}

void cli_render_handoff_verify(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const tail[] = { "withheld", "authors", "handoff", "manifest_hash",
        "file_sha256", "signer" };
    static const char *const superseded[] = { "id", "field", "leaf" };
    const json_t *records = json_object_get(answer, "records");
    const json_t *supersedes = json_object_get(answer, "supersedes");
    size_t at = 0;
    json_t *record = NULL;
    put_head(out, answer, language);
    json_array_foreach(records, at, record)
    {
        put_record(out, record, language);
    }
    put_told(out, json_object_get(answer, "retractions"), "id", "retractions", language);
    if (json_array_size(supersedes) > 0) {
        (void)fprintf(out, "\n%s:\n", cli_text(language, "supersedes_values"));
        cli_put_table(
            out, supersedes, superseded, sizeof(superseded) / sizeof(superseded[0]), language);
    }
    put_told(out, json_object_get(json_object_get(answer, "left_out"), "records"), "id",
        "handoff_left_out", language);
    (void)fprintf(out, "\n%s: %zu\n", cli_text(language, "records"), json_array_size(records));
    put_known(out, answer, tail, sizeof(tail) / sizeof(tail[0]), language);
}

/* Names are not unique: the beginning of the team's id stands beside. */
static void put_team(FILE *out, const json_t *team)
{
    cli_put(out, cli_key_text(team, "name"));
    (void)fprintf(out, " %.8s", cli_key_text(team, "team_id"));
}

/* One line a handoff and recipient, below it what is owed. */
void cli_row_handoff(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    const json_t *recipients = json_object_get(line, "recipients");
    const json_t *owed = json_object_get(line, "owed");
    int in = strcmp(cli_key_text(line, "direction"), "in") == 0;
    size_t at = 0;
    json_t *item = NULL;
    (void)table;
    (void)fprintf(out, "%s  %s  %s: %lld", cli_key_text(line, "handoff"),
        cli_key_text(line, "time"), cli_text(language, "records"),
        (long long)json_integer_value(json_object_get(line, "records")));
    if (in) {
        (void)fprintf(out, "  %s ", cli_text(language, "handoff_in"));
        put_team(out, json_object_get(line, "origin"));
    }
    json_array_foreach(recipients, at, item)
    {
        int has = json_is_object(json_object_get(item, "receipt"));
        (void)fprintf(out, "%s%s ", at == 0 ? "  " : "; ", cli_text(language, "handoff_out"));
        put_team(out, item);
        (void)fprintf(
            out, " (%s)", cli_text(language, has ? "handoff_signed" : "handoff_unsigned"));
    }
    (void)fputc('\n', out);
    if (json_array_size(owed) > 0) {
        (void)fprintf(
            out, "  %s: %zu\n", cli_text(language, "handoff_owed"), json_array_size(owed));
    }
    json_array_foreach(owed, at, item)
    {
        (void)fprintf(out, "    %s  %s\n", cli_key_text(item, "record"),
            why_text(language, cli_key_text(item, "why")));
    }
}
