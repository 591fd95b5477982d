/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/commands_tables.h - the two halves of the table, for commands.c alone: those before
 * CLI_ADD, and the rest. Both are indexed by the command's id.
 */
#ifndef CLI_COMMANDS_TABLES_H
#define CLI_COMMANDS_TABLES_H

#include "commands.h"

extern const struct cli_command cli_team_commands[];
extern const struct cli_command cli_record_commands[];

#define CLI_MANY ((size_t)-1)
#define CLI_LAST                                                                                   \
    {                                                                                              \
        NULL, NULL, CLI_FLAG, 0, NULL                                                              \
    }

#endif
