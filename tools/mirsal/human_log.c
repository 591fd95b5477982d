/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/human_log.c - log for people: who did what when, who holds it, to whom it was handed over.
 */
#include "human.h"

#include "messages.h"

#include <stdlib.h>
#include <string.h>

static void put_value(struct cli_table *table,
    const json_t *line,
    const char *key,
    enum cli_language language)
{
    const json_t *value = json_object_get(line, key);
    if (json_is_integer(value)) {
        cli_table_number(table, (long long)json_integer_value(value));
        return;
    }
    char *text = value == NULL ? NULL : cli_value_text(value, language);
    cli_table_cell(table, text == NULL ? "" : text);
    free(text);
}

/* Of a line of another organisation: its name, or of several the first and how many more. */
static void put_organisation(char *out, size_t size, const json_t *line)
{
    const json_t *to = json_object_get(line, "to");
    const json_t *one = json_array_get(to, 0);
    one = one != NULL ? one : json_object_get(line, "by");
    one = one != NULL ? one : json_object_get(line, "origin");
    const char *name = cli_key_text(one, "name");
    name = name[0] != '\0' ? name : cli_key_text(one, "team_id");
    if (json_array_size(to) > 1) {
        (void)snprintf(out, size, "%.100s +%zu", name, json_array_size(to) - 1);
    } else {
        (void)snprintf(out, size, "%.100s", name);
    }
}

/* What was shown of a record, and what was not; or why it no longer stands. */
static void put_disclosed(struct cli_table *table, const json_t *line, enum cli_language language)
{
    char text[160];
    if (json_object_get(line, "disclosed") == NULL) {
        cli_table_cell(table, cli_text(language, cli_key_text(line, "why")));
        return;
    }
    (void)snprintf(text, sizeof text, "%.48s %lld, %.48s %zu", cli_text(language, "disclosed"),
        (long long)json_integer_value(json_object_get(line, "disclosed")),
        cli_text(language, "withheld"), json_array_size(json_object_get(line, "withheld")));
    cli_table_cell(table, text);
}

/* The state, why it is none better, and how many changesets this one holds back. */
static void put_log_state(struct cli_table *table, const json_t *line, enum cli_language language)
{
    char state[160];
    const char *reason = cli_key_text(line, "reason");
    long long affects = (long long)json_integer_value(json_object_get(line, "affects"));
    int size =
        snprintf(state, sizeof state, "%.48s", cli_text(language, cli_key_text(line, "state")));
    if (reason[0] != '\0') {
        size += snprintf(
            state + size, sizeof state - (size_t)size, " (%.48s)", cli_text(language, reason));
    }
    if (affects > 0) {
        (void)snprintf(state + size, sizeof state - (size_t)size, " [-%lld]", affects);
    }
    cli_table_cell(table, state);
}

void cli_row_log(FILE *out, struct cli_table *table, const json_t *line, enum cli_language language)
{
    static const char *const who[] = { "label", "url", "reader", "relay", "device" };
    const char *event = cli_key_text(line, "event");
    const char *name = "";
    char organisation[160];
    char stamp[64];
    int suspect = strcmp(cli_key_text(line, "clock"), "suspect") == 0;
    (void)out;
    for (size_t i = 0; i < sizeof who / sizeof who[0] && name[0] == '\0'; i++) {
        name = cli_key_text(line, who[i]);
    }
    if (name[0] == '\0') {
        put_organisation(organisation, sizeof organisation, line);
        name = organisation;
    }
    char key[13];
    int is_key = strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
    (void)snprintf(key, sizeof key, "%.12s", name);
    (void)snprintf(stamp, sizeof stamp, "%.40s%s",
        cli_key_text(line, json_object_get(line, "at") == NULL ? "stamp" : "at"),
        suspect ? " ?" : "");
    cli_table_cell(table, stamp);
    cli_table_cell(table, is_key ? key : name);
    put_value(table, line, cli_log_columns[2], language);
    if (event[0] != '\0') {
        cli_table_cell(table, cli_text(language, event));
    } else {
        put_value(table, line, cli_log_columns[3], language);
    }
    if (json_object_get(line, "handoff") != NULL && json_object_get(line, "why") != NULL) {
        put_disclosed(table, line, language);
    } else {
        put_log_state(table, line, language);
    }
    cli_table_number(table, (long long)json_array_size(json_object_get(line, "writes")));
    char begins[13];
    (void)snprintf(begins, sizeof begins, "%.12s", cli_key_text(line, "changeset"));
    cli_table_cell(table, begins);
}
