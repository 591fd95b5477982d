/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/human_review.c - records, the review queue, status and tallies for people.
 */
#include "human.h"

#include "messages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE_SHOWN 12 /* digits that name a device which has no label */

/* Who wrote it: the label, or the beginning of the device's id. */
static void copy_author(char out[128], const json_t *write)
{
    const char *label = cli_key_text(write, "label");
    if (label[0] != '\0') {
        snprintf(out, 128, "%s", label);
        for (size_t size = strlen(out); !cli_is_utf8(out); size--) {
            out[size - 1u] = '\0'; /* cut within a letter */
        }
    } else {
        snprintf(out, 128, "%.*s", DEVICE_SHOWN, cli_key_text(write, "device"));
    }
}

/* Who wrote it when: "label, time". */
static void put_author(FILE *out, const json_t *write)
{
    char author[128];
    copy_author(author, write);
    cli_put(out, author);
    fputs(", ", out);
    cli_put(out, cli_key_text(write, "stamp"));
}

void cli_row_conflict(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language)
{
    size_t at;
    json_t *value;
    (void)table;
    fprintf(out, "%s  %s  ", cli_key_text(line, "id"), cli_key_text(line, "type"));
    cli_put(out, cli_key_text(line, "field"));
    fprintf(out, "  %s\n", cli_key_text(line, "kind"));
    if (cli_key_text(line, "why")[0] != '\0') {
        fputs("    ", out);
        cli_put(out, cli_key_text(line, "why"));
        fputc('\n', out);
    }
    json_array_foreach(json_object_get(line, "values"), at, value)
    {
        char *text = cli_value_text(json_object_get(value, "value"), language);
        fprintf(out, "    %lld) ", (long long)json_integer_value(json_object_get(value, "pick")));
        cli_put(out, text == NULL ? "" : text);
        fputs("  (", out);
        put_author(out, value);
        fprintf(out, ")%s%s\n", json_is_true(json_object_get(value, "winner")) ? "  " : "",
            json_is_true(json_object_get(value, "winner")) ? cli_text(language, "winner") : "");
        free(text);
    }
    if (cli_key_text(line, "settle")[0] != '\0') {
        fprintf(out, "    %s: ", cli_text(language, "settle"));
        cli_put(out, cli_key_text(line, "settle"));
        fputc('\n', out);
    }
}

static int is_framing(const char *key)
{
    static const char *const framing[] = { "id", "type", "children", "meta", "conflicts",
        "history" };
    for (size_t i = 0; i < sizeof(framing) / sizeof(framing[0]); i++) {
        if (strcmp(framing[i], key) == 0) {
            return 1;
        }
    }
    return 0;
}

static void put_fields(FILE *out, const json_t *record, enum cli_language language)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)record, key, value)
    {
        if (!is_framing(key)) {
            char *text = cli_value_text(value, language);
            fprintf(out, "  %s: ", key); /* the name that edit takes */
            cli_put(out, text == NULL ? "" : text);
            fputc('\n', out);
            free(text);
        }
    }
}

/* "this device alone", or each relay with the moment that it signed, and how many readers. */
static void put_custody(FILE *out, const json_t *meta, enum cli_language language)
{
    const json_t *held = json_object_get(meta, "held");
    long long readers = json_integer_value(json_object_get(held, "readers"));
    const char *between = "";
    size_t at;
    json_t *relay;
    if (json_object_get(meta, "custody") == NULL) {
        return;
    }
    fprintf(out, "%s: ", cli_text(language, "custody"));
    json_array_foreach(json_object_get(held, "relays"), at, relay)
    {
        fprintf(out, "%s%s ", between, cli_text(language, "relay"));
        cli_put(out, cli_key_text(relay, "url"));
        if (json_is_string(json_object_get(relay, "signed_at"))) {
            fprintf(out, " (%s)", cli_key_text(relay, "signed_at"));
        }
        between = ", ";
    }
    if (readers > 0) {
        fprintf(out, "%s%s %lld", between, cli_text(language, "readers"), readers);
    } else if (between[0] == '\0') {
        fputs(cli_text(language, "device_only"), out);
    }
    fputc('\n', out);
}

static void put_meta(FILE *out, const json_t *meta, enum cli_language language)
{
    static const char *const moments[] = { "created", "updated" };
    for (size_t i = 0; i < 2; i++) {
        const json_t *moment = json_object_get(meta, moments[i]);
        if (moment != NULL) {
            fprintf(out, "%s: ", cli_text(language, moments[i]));
            put_author(out, moment);
            fputc('\n', out);
        }
    }
    cli_put_key(out, meta, "state", language);
    if (json_is_object(json_object_get(meta, "origin"))) {
        cli_put_key(out, meta, "origin", language);
    }
    put_custody(out, meta, language);
    cli_put_key(out, meta, "sealed", language);
}

/* Every write of every field, a line each; a text's field is FIELD:LANG, as edit takes it. */
static void put_history(FILE *out, const json_t *writes, enum cli_language language)
{
    static const char *const keys[] = { "field", "value", "device", "stamp", "winner", "reason" };
    struct cli_table table;
    size_t at;
    json_t *write;
    fprintf(out, "\n%s:\n", cli_text(language, "history"));
    cli_table_labels(&table, keys, sizeof(keys) / sizeof(keys[0]), language);
    json_array_foreach(writes, at, write)
    {
        char field[128];
        char author[128];
        const char *tag = cli_key_text(write, "language");
        char *value = cli_value_text(json_object_get(write, "value"), language);
        snprintf(field, sizeof(field), "%s%s%s", cli_key_text(write, "field"),
            tag[0] == '\0' ? "" : ":", tag);
        copy_author(author, write);
        cli_table_cell(&table, field);
        cli_table_cell(&table, value);
        cli_table_cell(&table, author);
        cli_table_cell(&table, cli_key_text(write, "stamp"));
        cli_table_cell(&table,
            json_is_true(json_object_get(write, "winner")) ? cli_text(language, "yes") : "");
        cli_table_cell(&table, cli_key_text(write, "reason"));
        free(value);
    }
    cli_table_print(out, &table, isatty(STDOUT_FILENO));
    cli_table_fini(&table);
}

void cli_render_show(FILE *out, const json_t *answer, enum cli_language language)
{
    size_t at;
    json_t *item;
    const json_t *writes = json_object_get(answer, "history");
    fprintf(out, "%s  %s\n", cli_key_text(answer, "type"), cli_key_text(answer, "id"));
    put_fields(out, answer, language);
    put_meta(out, json_object_get(answer, "meta"), language);
    json_array_foreach(json_object_get(answer, "children"), at, item)
    {
        fprintf(out, "\n%s: %s  %s\n", cli_text(language, "child"), cli_key_text(item, "type"),
            cli_key_text(item, "id"));
        put_fields(out, item, language);
    }
    json_array_foreach(json_object_get(answer, "conflicts"), at, item)
    {
        fprintf(out, "%s%s:\n", at == 0 ? "\n" : "", cli_text(language, "conflicts"));
        cli_row_conflict(out, NULL, item, language);
    }
    if (json_array_size(writes) > 0) {
        put_history(out, writes, language);
    }
}

/* "2026-…: it signed 14 changesets, root ba8d354a6371" or "it acknowledged to Sara 0:12". */
static void put_said(FILE *out, const json_t *said, enum cli_language language)
{
    const json_t *chains = json_object_get(said, "chains");
    const char *label = cli_key_text(said, "label");
    const json_t *chain;
    size_t i;
    fprintf(out, "  %s  %s", cli_key_text(said, "at"),
        cli_text(language, chains != NULL ? "said_acknowledged" : "said_checkpoint"));
    if (chains == NULL) {
        fprintf(out, ": %lld %s, %s %.12s\n",
            (long long)json_integer_value(json_object_get(said, "size")),
            cli_text(language, "said_size"), cli_text(language, "said_root"),
            cli_key_text(said, "root"));
        return;
    }
    fprintf(out, " %s ", cli_text(language, "said_to"));
    if (label[0] != '\0') {
        cli_put(out, label);
    } else {
        fprintf(out, "%.12s", cli_key_text(said, "device"));
    }
    fputc(':', out);
    json_array_foreach(chains, i, chain)
    {
        fprintf(out, " %lld:%lld",
            (long long)json_integer_value(json_object_get(chain, "compartment")),
            (long long)json_integer_value(json_object_get(chain, "seq")));
    }
    fputc('\n', out);
}

void cli_put_evidence(FILE *out, const json_t *answer, enum cli_language language)
{
    const json_t *evidence = json_object_get(answer, "evidence");
    const json_t *item;
    const json_t *said;
    size_t i;
    size_t j;
    if (json_array_size(evidence) > 0) {
        fprintf(out, "%s:\n", cli_text(language, "evidence"));
    }
    json_array_foreach(evidence, i, item)
    {
        char why[40];
        const char *what = cli_key_text(item, "what");
        const char *url = cli_key_text(item, "url");
        (void)snprintf(why, sizeof why, "why_%.20s", what);
        cli_put(out, url[0] != '\0' ? url : cli_text(language, "relay"));
        fprintf(out, " (%.12s)  %s: %s\n", cli_key_text(item, "relay"), cli_text(language, what),
            cli_text(language, why));
        json_array_foreach(json_object_get(item, "said"), j, said)
        {
            put_said(out, said, language);
        }
        fprintf(out, "  %s: %s\n", cli_text(language, "found"), cli_key_text(item, "found"));
        fprintf(out, "  %s\n",
            cli_text(
                language, json_is_true(json_object_get(item, "proof")) ? "proof_yes" : "proof_no"));
        if (json_is_true(json_object_get(item, "former"))) {
            fprintf(out, "  %s\n", cli_text(language, "former_log"));
        }
    }
}

void cli_render_status(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const counted[] = { "drafts", "forgotten", "forks", "not_given" };
    static const char *const facts[] = { "label", "role", "state", "team_id", "device_id", "unsent",
        "unsent_bytes", "custody", "last_sync", "records", "changesets", "conflicts", "review",
        "quarantined", "waiting", "dangling", "media_missing" };
    static const char *const details[] = { "quarantine", "waits", "clock", "digest" };
    static const char *const relays[] = { "url", "last_sync", "acknowledged", "error" };
    static const char *const compartments[] = { "number", "name", "readable", "epoch" };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        cli_put_key(out, answer, facts[i], language);
    }
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        if (json_integer_value(json_object_get(answer, counted[i])) > 0) {
            cli_put_key(out, answer, counted[i], language);
        }
    }
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        if (json_object_size(json_object_get(answer, details[i])) > 0 ||
            json_is_string(json_object_get(answer, details[i]))) {
            cli_put_key(out, answer, details[i], language);
        }
    }
    if (json_array_size(json_object_get(answer, "relays")) > 0) {
        fprintf(out, "%s:\n", cli_text(language, "relays"));
        cli_put_table(out, json_object_get(answer, "relays"), relays, 4, language);
    }
    cli_put_evidence(out, answer, language);
    if (json_array_size(json_object_get(answer, "compartments")) > 0) {
        fprintf(out, "%s:\n", cli_text(language, "compartments"));
        cli_put_table(out, json_object_get(answer, "compartments"), compartments, 4, language);
    }
}

/* "5", "5–9", "5–7–9" with a best estimate between, "≥5" where the maximum is open. */
static void put_range(char out[96], const json_t *figure)
{
    const json_t *min = json_object_get(figure, "min");
    const json_t *best = json_object_get(figure, "best");
    const json_t *max = json_object_get(figure, "max");
    long long low = (long long)json_integer_value(min);
    long long high = (long long)json_integer_value(max);
    char middle[40] = "";
    if (min == NULL) {
        out[0] = '\0';
        return;
    }
    if (json_is_integer(best)) {
        snprintf(middle, sizeof(middle), "–%lld", (long long)json_integer_value(best));
    }
    if (json_is_true(json_object_get(figure, "open")) || !json_is_integer(max)) {
        snprintf(out, 96, "≥%lld%s", low, middle);
    } else if (low == high) {
        snprintf(out, 96, "%lld", low);
    } else {
        snprintf(out, 96, "%lld%s–%lld", low, middle, high);
    }
}

/* Whether it is the id beside a name: actor_id. */
static int is_id_of_name(const char *key)
{
    size_t size = strlen(key);
    return size > 3 && strcmp(key + size - 3, "_id") == 0;
}

/* What the rows are grouped by: keys that stand before the figures. */
static size_t find_groups(const char **groups, const json_t *row)
{
    const char *key;
    json_t *value;
    size_t count = 0;
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        if (strcmp(key, "incidents") == 0 || count == 7) {
            break;
        }
        if (!is_id_of_name(key)) {
            groups[count++] = key;
        }
    }
    return count;
}

static void put_group(struct cli_table *table, const json_t *value, enum cli_language language)
{
    char *text = cli_value_text(value, language);
    cli_table_cell(table, text);
    free(text);
}

static void put_tally_row(struct cli_table *table,
    const json_t *row,
    const char *const *groups,
    size_t group_count,
    enum cli_language language)
{
    static const char *const parts[] = { "women", "children" };
    char range[96];
    const json_t *killed = json_object_get(row, "killed");
    for (size_t i = 0; i < group_count; i++) {
        put_group(table, json_object_get(row, groups[i]), language);
    }
    cli_table_number(table, json_integer_value(json_object_get(row, "incidents")));
    cli_table_number(table, json_integer_value(json_object_get(row, "without_figures")));
    put_range(range, killed);
    cli_table_cell(table, range);
    for (size_t i = 0; i < 2; i++) {
        put_range(range, json_object_get(killed, parts[i]));
        cli_table_cell(table, range);
    }
    put_range(range, json_object_get(row, "wounded"));
    cli_table_cell(table, range);
}

#define IDS_SHOWN 20u /* of a row: the rest is for --json */

/* The ids behind each row, under its number. */
static void put_ids(FILE *out, const json_t *row, size_t number, enum cli_language language)
{
    static const char *const keys[] = { "ids", "claims" };
    for (size_t i = 0; i < 2; i++) {
        const json_t *ids = json_object_get(row, keys[i]);
        size_t at;
        json_t *id;
        if (json_array_size(ids) == 0) {
            continue;
        }
        fprintf(out, "[%zu] %s:", number, cli_text(language, i == 0 ? "incidents" : "claims"));
        json_array_foreach(ids, at, id)
        {
            if (at == IDS_SHOWN) {
                fprintf(out, " … +%zu (--json)", json_array_size(ids) - at);
                break;
            }
            fputc(' ', out);
            cli_put(out, json_is_string(id) ? json_string_value(id) : "");
        }
        fputc('\n', out);
    }
}

void cli_render_tally(FILE *out, const json_t *answer, enum cli_language language)
{
    static const char *const figures[] = { "incidents", "without_figures", "killed", "women",
        "children", "wounded" };
    const json_t *rows = json_object_get(answer, "rows");
    const char *keys[CLI_TABLE_COLUMNS_MAX];
    const char *labels[CLI_TABLE_COLUMNS_MAX];
    struct cli_table table;
    size_t groups = find_groups(keys, json_array_get(rows, 0));
    size_t at;
    json_t *row;
    memcpy(keys + groups, figures, sizeof(figures));
    labels[0] = "#";
    for (size_t i = 0; i < groups + 6; i++) {
        labels[i + 1u] = cli_text(language, keys[i]);
    }
    cli_table_init(&table, labels, groups + 7u);
    json_array_foreach(rows, at, row)
    {
        cli_table_number(&table, (long long)at + 1);
        put_tally_row(&table, row, keys, groups, language);
    }
    table.right |= 0xFu << (groups + 3u);
    cli_table_print(out, &table, isatty(STDOUT_FILENO));
    json_array_foreach(rows, at, row)
    {
        put_ids(out, row, at + 1u, language);
    }
    if (json_array_size(json_object_get(answer, "boundary")) > 0) {
        cli_put_key(out, answer, "boundary", language);
    }
    if (json_array_size(json_object_get(answer, "tolls")) > 0) {
        cli_put_key(out, answer, "tolls", language);
    }
    cli_table_fini(&table);
}
