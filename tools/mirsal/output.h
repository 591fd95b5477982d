/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/output.h - answers to stdout, errors to stderr, and the exit code of a result.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"
#include "human.h"

/*
 * {"error":{"code","message"}} in one line with json, else "mirsal: …" with the code's text in the
 * language. `line`, `field`, `peer` where they apply.
 */
void cli_print_error(FILE *to, const mirsal_error *err, int json, enum cli_language language);

/* Makes cli->out. */
mirsal_code cli_output_open(struct cli *cli);
/*
 * What was written to cli->out since the last time goes to stdout. DISK_FULL, IO: it cannot;
 * CANCELLED, and cli->reader_gone: who read it has closed its end.
 */
mirsal_code cli_release(struct cli *cli);
/* Ends cli->out; forgets what was not released. */
void cli_output_close(struct cli *cli);

/* An answer of one JSON value: as it is with --json, else by render. Frees text. */
mirsal_code cli_answer(struct cli *cli, mirsal_text *text, cli_render *render);

/* The same, and below it one of its texts as a QR code, which people at a terminal alone see. */
mirsal_code cli_answer_with_code(struct cli *cli,
    mirsal_text *text,
    cli_render *render,
    const char *key);

/*
 * JSON Lines: as they are with --json, else each by row, into the table where there is one. give is
 * a mirsal_line_callback whose context is this struct.
 */
struct cli_lines {
    struct cli *cli;
    cli_row *row;
    struct cli_table *table; /* printed by the caller when all is in; may be NULL */
    int at_once;             /* each line goes to stdout as it comes */
    size_t count;
    char cursor[128]; /* of the last line, for changes */
    mirsal_code failed;
};
int cli_lines_give(void *context, const char *json, size_t size);
/* Prints and ends the table; the result is rc, or what went wrong while lines were written. */
mirsal_code cli_lines_finish(struct cli_lines *lines, mirsal_code rc);

#endif
