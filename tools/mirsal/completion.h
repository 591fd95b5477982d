/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/completion.h - a script for bash that completes every command and option of the table.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>

void cli_completion_bash(FILE *out);

#endif
