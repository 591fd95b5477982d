/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/actions.h - the function of each command: cli_run_NAME, for every row of CLI_COMMANDS.
 */
#ifndef CLI_ACTIONS_H
#define CLI_ACTIONS_H

#include "cli.h"

#define CLI_RUN_DECLARE(id, function)                                                              \
    mirsal_code cli_run_##function(struct cli *cli) MIRSAL_MUST_USE;
CLI_COMMANDS(CLI_RUN_DECLARE)
#undef CLI_RUN_DECLARE

/* A record id as text: a lower-case UUID. */
void cli_id_text(char out[37], const mirsal_id *id);
/* 64 hex digits. */
void cli_hash_text(char out[65], const mirsal_hash *hash);

/* From now on SIGINT and SIGTERM end a loop instead of the program. */
void cli_catch_signals(void);
/* Whether one came. */
int cli_is_stopped(void);
/* Waits, or until one comes. */
void cli_wait_ms(uint64_t ms);

#endif
