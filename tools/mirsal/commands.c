/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/commands.c - the table of commands and options.
 *
 * Its rows stand in commands_team.c and commands_records.c; both are plain data.
 */
#include "commands.h"

#include "commands_tables.h"

#include <string.h>

const struct cli_option cli_globals[] = {
    { "--store", "DIR", CLI_FOLDER, 0, "the store; default $MIRSAL_STORE, else the data folder" },
    { "--json", NULL, CLI_FLAG, 0, "one JSON value, or JSON Lines, instead of text" },
    { "--quiet", NULL, CLI_FLAG, 0, "no progress and no notices" },
    { "--passphrase-file", "FILE", CLI_FILE, 0, "the store's passphrase is its first line" },
    { "--help", NULL, CLI_FLAG, 0, "help on the command" },
    { "--version", NULL, CLI_FLAG, 0, "the version" },
    { NULL, NULL, CLI_FLAG, 0, NULL },
};

const struct cli_command *cli_command_at(enum cli_command_id id)
{
    return id < CLI_ADD ? &cli_team_commands[id] : &cli_record_commands[id];
}

enum cli_command_id cli_command_id_of(const struct cli_command *command)
{
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        if (cli_command_at((enum cli_command_id)id) == command) {
            return (enum cli_command_id)id;
        }
    }
    return CLI_COMMAND_COUNT;
}

/* How many words of the command's name the given words begin with; 0 unless all of them. */
static size_t match_words(const char *name, const char *const *words, size_t count)
{
    size_t used = 0;
    while (used < count) {
        size_t size = strcspn(name, " ");
        if (strlen(words[used]) != size || strncmp(words[used], name, size) != 0) {
            return 0;
        }
        used++;
        name += size;
        if (*name == '\0') {
            return used;
        }
        name++;
    }
    return 0;
}

const struct cli_command *cli_command_find(const char *const *words, size_t count, size_t *used)
{
    const struct cli_command *found = NULL;
    *used = 0;
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        size_t matched = match_words(command->words, words, count);
        if (matched > *used) {
            *used = matched;
            found = command;
        }
    }
    return found;
}
