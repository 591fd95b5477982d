/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/human.c - values, objects, tables; renders of the simpler answers.
 */
#include "human.h"

#include "messages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTROL 255 /* the compartment of what is said of the team */

const char *const cli_list_columns[4] = { "id", "date", "source_id", "title" };
const char *const cli_search_columns[3] = { "id", "type", "snippet" };
const char *const cli_change_columns[4] = { "cursor", "id", "type", "fields" };
const char *const cli_draft_columns[5] = { "draft", "made", "type", "parent", "fields" };
const char *const cli_drafted_columns[2] = { "draft", "changeset" };
const char *const cli_log_columns[7] = { "stamp", "device", "seq", "kind", "state", "writes",
    "changeset" };

const char *cli_key_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

/* One that needs no nesting: a word, a number, or compact JSON. */
static void put_scalar(FILE *out, const json_t *value, enum cli_language language)
{
    char *text = NULL;
    if (json_is_string(value)) {
        fputs(json_string_value(value), out);
    } else if (json_is_boolean(value)) {
        fputs(cli_text(language, json_is_true(value) ? "yes" : "no"), out);
    } else if (value == NULL || json_is_null(value)) {
        fputs("-", out);
    } else {
        text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        fputs(text == NULL ? "" : text, out);
    }
    free(text);
}

/* [["ar","…"],["en","…"]], names with their kind included. */
static int is_language_texts(const json_t *value)
{
    size_t at;
    json_t *item;
    json_array_foreach(value, at, item)
    {
        size_t size = json_array_size(item);
        if (size < 2 || size > 3 || !json_is_string(json_array_get(item, 0)) ||
            !json_is_string(json_array_get(item, 1))) {
            return 0;
        }
        if (strlen(json_string_value(json_array_get(item, 0))) > 35) {
            return 0;
        }
    }
    return json_array_size(value) > 0;
}

static void put_array(FILE *out, const json_t *value, enum cli_language language)
{
    size_t at;
    json_t *item;
    int texts = is_language_texts(value);
    if (json_array_size(value) == 0) {
        fputs(cli_text(language, "unknown"), out);
    }
    json_array_foreach(value, at, item)
    {
        if (texts) {
            fprintf(out, "%s%s: %s", at == 0 ? "" : " · ",
                json_string_value(json_array_get(item, 0)),
                json_string_value(json_array_get(item, 1)));
        } else {
            fputs(at == 0 ? "" : ", ", out);
            put_scalar(out, item, language);
        }
    }
}

char *cli_value_text(const json_t *value, enum cli_language language)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    if (json_is_array(value)) {
        put_array(out, value, language);
    } else if (json_is_object(value)) {
        const char *key;
        json_t *item;
        int first = 1;
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
        {
            fprintf(out, "%s%s ", first ? "" : ", ", cli_text(language, key));
            put_scalar(out, item, language);
            first = 0;
        }
    } else {
        put_scalar(out, value, language);
    }
    fclose(out);
    return text;
}

/* The text in the reader's language, else the first, of an array of language texts. */
static const char *pick_language(const json_t *texts, enum cli_language language)
{
    size_t at;
    json_t *item;
    const char *wanted = language == CLI_ARABIC ? "ar" : "en";
    const char *first = NULL;
    json_array_foreach(texts, at, item)
    {
        const char *tag = json_string_value(json_array_get(item, 0));
        const char *text = json_string_value(json_array_get(item, 1));
        if (tag != NULL && text != NULL && strcmp(tag, wanted) == 0) {
            return text;
        }
        first = first == NULL ? text : first;
    }
    return first;
}

char *cli_record_title(const json_t *record, enum cli_language language)
{
    static const char *const texts[] = { "title", "names", "headline", "caption", "text" };
    static const char *const names[] = { "public_name", "display_name", "public_alias", "field" };
    static const char *const claims[] = { "outcome", "role", "item", "rel", "min", "max", "quality",
        "certainty", "actor" };
    const char *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof(texts) / sizeof(texts[0]); i++) {
        const json_t *value = json_object_get(record, texts[i]);
        found = json_is_string(value) ? json_string_value(value) : pick_language(value, language);
    }
    for (size_t i = 0; found == NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        found = json_string_value(json_object_get(record, names[i]));
    }
    if (found != NULL) {
        return strdup(found);
    }
    json_t *claim = json_array();
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        json_t *value = json_object_get(record, claims[i]);
        if (value != NULL) {
            (void)json_array_append(claim, value);
        }
    }
    char *text = json_array_size(claim) == 0 ? strdup("") : cli_value_text(claim, language);
    json_decref(claim);
    return text;
}

void cli_put_key(FILE *out, const json_t *object, const char *key, enum cli_language language)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        return;
    }
    char *text = cli_value_text(value, language);
    fprintf(out, "%s: ", cli_text(language, key));
    cli_put(out, text == NULL ? "" : text);
    fputc('\n', out);
    free(text);
}

void cli_table_labels(struct cli_table *table,
    const char *const *keys,
    size_t count,
    enum cli_language language)
{
    const char *labels[CLI_TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < count; i++) {
        labels[i] = cli_text(language, keys[i]);
    }
    cli_table_init(table, labels, count);
}

static int any_has(const json_t *rows, const char *key)
{
    size_t at;
    json_t *row;
    json_array_foreach(rows, at, row)
    {
        if (json_object_get(row, key) != NULL) {
            return 1;
        }
    }
    return 0;
}

static void put_cell(struct cli_table *table, const json_t *value, enum cli_language language)
{
    if (json_is_integer(value)) {
        cli_table_number(table, json_integer_value(value));
        return;
    }
    char *text = value == NULL ? NULL : cli_value_text(value, language);
    cli_table_cell(table, text);
    free(text);
}

void cli_put_table(FILE *out,
    const json_t *rows,
    const char *const *keys,
    size_t count,
    enum cli_language language)
{
    struct cli_table table;
    const char *used[CLI_TABLE_COLUMNS_MAX];
    size_t columns = 0;
    size_t at;
    json_t *row;
    for (size_t i = 0; i < count && columns < CLI_TABLE_COLUMNS_MAX; i++) {
        if (any_has(rows, keys[i])) {
            used[columns++] = keys[i];
        }
    }
    if (columns == 0) {
        return;
    }
    cli_table_labels(&table, used, columns, language);
    json_array_foreach(rows, at, row)
    {
        for (size_t i = 0; i < columns; i++) {
            put_cell(&table, json_object_get(row, used[i]), language);
        }
    }
    cli_table_print(out, &table, isatty(STDOUT_FILENO));
    cli_table_fini(&table);
}

static void put_member_table(FILE *out,
    const char *key,
    const json_t *rows,
    enum cli_language language)
{
    const char *keys[CLI_TABLE_COLUMNS_MAX];
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(json_array_get(rows, 0), name, value)
    {
        if (count < CLI_TABLE_COLUMNS_MAX) {
            keys[count++] = name;
        }
    }
    fprintf(out, "%s:\n", cli_text(language, key));
    cli_put_table(out, rows, keys, count, language);
}

/* "lost, by 7c01d2…, changeset 4603…: kept main 3, control 1", a line for each cut. */
static void put_cuts(FILE *out, const json_t *cuts, enum cli_language language)
{
    static const char *const names[] = { "main", "protected" };
    size_t i = 0;
    size_t at = 0;
    const json_t *cut;
    const json_t *place;
    fprintf(out, "%s:\n", cli_text(language, "cuts"));
    json_array_foreach(cuts, i, cut)
    {
        fprintf(out, "  %s, %s %.12s, %s %.12s; %s",
            cli_text(language, cli_key_text(cut, "reason")), cli_text(language, "by"),
            cli_key_text(cut, "by"), cli_text(language, "changeset"),
            cli_key_text(cut, "changeset"), cli_text(language, "cut_keeps"));
        json_array_foreach(json_object_get(cut, "kept"), at, place)
        {
            json_int_t number = json_integer_value(json_object_get(place, "compartment"));
            long long seq = (long long)json_integer_value(json_object_get(place, "seq"));
            fputs(at == 0 ? " " : ", ", out);
            if (number < 2 || number == CONTROL) {
                fprintf(out, "%s %lld", cli_text(language, number < 2 ? names[number] : "control"),
                    seq);
            } else {
                fprintf(out, "%lld: %lld", (long long)number, seq);
            }
        }
        fprintf(out, "%s\n", at == 0 ? cli_text(language, "cut_keeps_none") : "");
    }
}

static void put_members(FILE *out, const json_t *answer, const char *skip, enum cli_language lang)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)answer, key, value)
    {
        if (strcmp(key, skip) == 0) {
            continue;
        }
        if (strcmp(key, "evidence") == 0) {
            cli_put_evidence(out, answer, lang);
        } else if (strcmp(key, "cuts") == 0 && json_array_size(value) > 0) {
            put_cuts(out, value, lang);
        } else if (json_is_object(json_array_get(value, 0))) {
            put_member_table(out, key, value, lang);
        } else if (!json_is_array(value) || json_array_size(value) > 0) {
            cli_put_key(out, answer, key, lang);
        }
    }
}

void cli_render_object(FILE *out, const json_t *answer, enum cli_language language)
{
    put_members(out, answer, "", language);
}

void cli_render_invite(FILE *out, const json_t *answer, enum cli_language language)
{
    fprintf(out, "%s\n", cli_key_text(answer, "invite"));
    put_members(out, answer, "invite", language);
}

void cli_render_devices(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const keys[] = { "label", "role", "state", "last_seq", "quarantined",
        "joined", "this", "verified", "device_id" };
    json_t *devices = json_deep_copy(json_object_get(answer, "devices"));
    size_t i = 0;
    json_t *device;
    json_array_foreach(devices, i, device)
    {
        size_t at = 0;
        json_int_t quarantined = 0;
        const json_t *chain;
        json_array_foreach(json_object_get(device, "chains"), at, chain)
        {
            quarantined += json_integer_value(json_object_get(chain, "quarantined"));
        }
        (void)json_object_set_new(device, "quarantined", json_integer(quarantined));
    }
    cli_put_table(out, devices, keys, sizeof(keys) / sizeof(keys[0]), language);
    json_decref(devices);
}

void cli_render_import(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const keys[] = { "line", "code", "field", "reason" };
    const json_t *rejected = json_object_get(answer, "rejected");
    put_members(out, answer, "rejected", language);
    if (json_array_size(rejected) > 0) {
        cli_put_table(out, rejected, keys, sizeof(keys) / sizeof(keys[0]), language);
    }
}

/* Numbers in one line: "sent 3, fetched 5". */
static void put_counts(FILE *out,
    const json_t *answer,
    const char *const *keys,
    size_t count,
    enum cli_language language)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s%s %lld", i == 0 ? "" : ", ", cli_text(language, keys[i]),
            (long long)json_integer_value(json_object_get(answer, keys[i])));
    }
    fputc('\n', out);
}

void cli_render_serve(FILE *out, const json_t *answer, enum cli_language language)
{
    (void)language;
    fprintf(out, "%s\n", cli_key_text(answer, "peer"));
}

void cli_render_sync(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const work[] = { "pushed", "pulled", "conflicts_opened" };
    static const char *const wire[] = { "bytes_out", "bytes_in", "requests" };
    if (json_is_string(json_object_get(answer, "relay"))) {
        cli_put_key(out, answer, "relay", language);
    }
    if (json_is_string(json_object_get(answer, "peer"))) {
        cli_put_key(out, answer, "peer", language);
    }
    put_counts(out, answer, work, 3, language);
    put_counts(out, answer, wire, 3, language);
    if (json_is_true(json_object_get(answer, "more"))) {
        fprintf(out, "%s\n", cli_text(language, "more"));
    }
    cli_put_evidence(out, answer, language);
}

static void put_positive(FILE *out,
    const json_t *answer,
    const char *key,
    enum cli_language language)
{
    if (json_integer_value(json_object_get(answer, key)) > 0) {
        cli_put_key(out, answer, key, language);
    }
}

/* Evidence that a device signed twice: who, and where. */
static void put_forks(FILE *out, const json_t *answer, enum cli_language language)
{
    size_t at = 0;
    const json_t *fork = NULL;
    json_array_foreach(json_object_get(answer, "forks"), at, fork)
    {
        fprintf(out, "%s: %.12s %lld:%lld\n", cli_text(language, "fork"),
            cli_key_text(fork, "device"),
            (long long)json_integer_value(json_object_get(fork, "compartment")),
            (long long)json_integer_value(json_object_get(fork, "seq")));
    }
}

void cli_render_verify(FILE *out, const json_t *answer, enum cli_language language)
{
    if (json_is_true(json_object_get(answer, "ok"))) {
        fprintf(out, "%s\n", cli_text(language, "all_well"));
        cli_put_key(out, answer, "changesets", language);
        put_positive(out, answer, "sealed_only", language);
        put_positive(out, answer, "headers_only", language);
        put_positive(out, answer, "purged", language);
        put_forks(out, answer, language);
        cli_put_evidence(out, answer, language);
        return;
    }
    put_members(out, answer, "", language);
}

void cli_render_tree(FILE *out, const json_t *answer, enum cli_language language)
{
    char *text = json_dumps(answer, JSON_INDENT(2) | JSON_ENCODE_ANY);
    (void)language;
    for (char *line = text; line != NULL && *line != '\0';) {
        size_t size = strcspn(line, "\n");
        int more = line[size] == '\n';
        line[size] = '\0';
        cli_put(out, line);
        fputc('\n', out);
        line += size + (more ? 1u : 0u);
    }
    free(text);
}

void cli_row_list(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    const char *start = cli_key_text(line, "date_start");
    const char *end = cli_key_text(line, "date_end");
    char date[32];
    char *title = cli_record_title(line, language);
    (void)out;
    if (end[0] == '\0' || strcmp(start, end) == 0) {
        snprintf(date, sizeof(date), "%.10s", start);
    } else {
        snprintf(date, sizeof(date), "%.10s/%.10s", start, end);
    }
    cli_table_cell(table, cli_key_text(line, "id"));
    cli_table_cell(table, date);
    cli_table_cell(table, cli_key_text(line, "source_id"));
    cli_table_cell(table, title);
    free(title);
}

static void put_row(struct cli_table *table,
    const json_t *line,
    const char *const *keys,
    size_t count,
    enum cli_language language)
{
    for (size_t i = 0; i < count; i++) {
        put_cell(table, json_object_get(line, keys[i]), language);
    }
}

void cli_row_search(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    (void)out;
    put_row(table, line, cli_search_columns, 3, language);
}

void cli_row_draft(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    (void)out;
    put_row(table, line, cli_draft_columns, 5, language);
}

void cli_row_drafted(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    (void)out;
    put_row(table, line, cli_drafted_columns, 2, language);
}

void cli_row_change(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    (void)table;
    for (size_t i = 0; i < 4; i++) {
        char *text = cli_value_text(json_object_get(line, cli_change_columns[i]), language);
        fputs(i == 0 ? "" : "  ", out);
        cli_put(out, text == NULL ? "" : text);
        free(text);
    }
    fputc('\n', out);
}
