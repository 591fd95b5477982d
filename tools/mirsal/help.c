/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/help.c - the table of commands as text.
 */
#include "help.h"

#include "messages.h"
#include "table.h"

#include <string.h>

static void put_options(FILE *out, const struct cli_option *options)
{
    for (const struct cli_option *option = options; option->name != NULL; option++) {
        const char *value = option->value == NULL ? "" : option->value;
        size_t width = strlen(option->name) + 1u + cli_width(value);
        fprintf(out, "  %s %s%*s%s%s\n", option->name, value, width < 28 ? (int)(28 - width) : 1,
            "", option->text, (option->rules & CLI_REPEATED) != 0 ? " (may stand again)" : "");
    }
}

/* Lines, each indented. */
static void put_lines(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        fprintf(out, "  %.*s\n", (int)size, text);
        text += size + (text[size] == '\n' ? 1u : 0u);
    }
}

static void put_summary(FILE *out, const struct cli_command *command, enum cli_language language)
{
    fprintf(out, "  %-15s %s\n", command->words, cli_text(language, command->summary));
}

void cli_help_all(FILE *out, enum cli_language language)
{
    fprintf(out, "%s: mirsal [--store DIR] [--json] [--quiet] COMMAND …\n\n%s:\n",
        cli_text(language, "usage_is"), cli_text(language, "commands"));
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        put_summary(out, cli_command_at((enum cli_command_id)id), language);
    }
    fprintf(out, "\n%s:\n", cli_text(language, "global_options"));
    put_options(out, cli_globals);
    fprintf(out, "\n%s\n", cli_text(language, "more_help"));
}

static void put_required(FILE *out, const struct cli_option *options)
{
    for (const struct cli_option *option = options; option->name != NULL; option++) {
        if ((option->rules & CLI_REQUIRED) != 0) {
            fprintf(out, " %s %s", option->name, option->value);
        }
    }
}

void cli_help_command(FILE *out, const struct cli_command *command, enum cli_language language)
{
    fprintf(out, "%s: mirsal %s%s%s", cli_text(language, "usage_is"), command->words,
        command->operands[0] == '\0' ? "" : " ", command->operands);
    put_required(out, command->options);
    fprintf(out, "%s\n\n%s\n", command->options->name == NULL ? "" : " [OPTION…]",
        cli_text(language, command->summary));
    if (command->text != NULL) {
        fprintf(out, "\n%s\n", command->text);
    }
    if (command->options->name != NULL) {
        fprintf(out, "\n%s:\n", cli_text(language, "options"));
        put_options(out, command->options);
    }
    fprintf(out, "\n%s:\n", cli_text(language, "examples"));
    put_lines(out, command->examples);
}

int cli_help_group(FILE *out, const char *word, enum cli_language language)
{
    size_t size = strlen(word);
    int found = 0;
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        if (strncmp(command->words, word, size) == 0 && command->words[size] == ' ') {
            put_summary(out, command, language);
            found = 1;
        }
    }
    return found;
}
