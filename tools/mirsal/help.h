/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/help.h - help from the table of commands.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli.h"

/* Every command with its summary, and the global options. */
void cli_help_all(FILE *out, enum cli_language language);
/* One command: usage, what it does, options, examples. */
void cli_help_command(FILE *out, const struct cli_command *command, enum cli_language language);
/* The commands whose first word is this; 0 when there is none. */
int cli_help_group(FILE *out, const char *word, enum cli_language language);

#endif
