/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_read.c - show, list, search, changes, log, status.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

#define FOLLOW_MS 500

mirsal_code cli_run_show(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_show(&answer, cli->store, cli->args.operands[0],
            cli_args_has(&cli->args, "--history"), &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_show) : rc;
}

mirsal_code cli_run_list(struct cli *cli)
{
    struct cli_table table;
    struct cli_lines lines = { .cli = cli, .row = cli_row_list, .table = &table };
    mirsal_list_options options = MIRSAL_LIST_OPTIONS_INIT;
    const struct cli_args *args = &cli->args;
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    options.type = args->operands[0];
    options.where = cli_args_text(args, "--where");
    options.since = cli_args_text(args, "--since");
    options.until = cli_args_text(args, "--until");
    options.bbox = cli_args_text(args, "--bbox");
    options.near_ = cli_args_text(args, "--near");
    options.limit = cli_args_number(args, "--limit");
    options.sort = cli_args_text(args, "--sort");
    options.all = cli_args_has(args, "--all");
    if (cli_args_has(args, "--limit") && options.limit == 0) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--limit is 1 at least");
    }
    cli_table_labels(&table, cli_list_columns, 4, cli->language);
    rc = mirsal_list(cli->store, &options, cli_lines_give, &lines, &cli->err);
    return cli_lines_finish(&lines, rc);
}

/* Words of the command line with blanks between. Given. */
static char *join_words(const char *const *words, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        size += strlen(words[i]) + 1u;
    }
    char *joined = calloc(1, size);
    char *at = joined;
    for (size_t i = 0; joined != NULL && i < count; i++) {
        size_t length = strlen(words[i]);
        memcpy(at, words[i], length);
        at += length;
        *at++ = i + 1 < count ? ' ' : '\0';
    }
    return joined;
}

mirsal_code cli_run_search(struct cli *cli)
{
    struct cli_table table;
    struct cli_lines lines = { .cli = cli, .row = cli_row_search, .table = &table };
    char *text = NULL;
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    text = join_words(cli->args.operands, cli->args.operand_count);
    if (text == NULL) {
        return cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    cli_table_labels(&table, cli_search_columns, 3, cli->language);
    rc = mirsal_search(cli->store, text, cli_lines_give, &lines, &cli->err);
    free(text);
    return cli_lines_finish(&lines, rc);
}

mirsal_code cli_run_changes(struct cli *cli)
{
    int follow = cli_args_has(&cli->args, "--follow");
    struct cli_lines lines = { .cli = cli, .row = cli_row_change, .at_once = follow };
    char since[sizeof(lines.cursor)];
    const char *from = cli_args_text(&cli->args, "--since");
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK && follow) {
        cli_catch_signals();
    }
    while (rc == MIRSAL_OK) {
        rc = cli_lines_finish(
            &lines, mirsal_changes(cli->store, from, cli_lines_give, &lines, &cli->err));
        if (rc != MIRSAL_OK || !follow || cli_is_stopped()) {
            break;
        }
        if (lines.cursor[0] != '\0') {
            memcpy(since, lines.cursor, sizeof(since));
            from = since;
        }
        cli_wait_ms(FOLLOW_MS);
    }
    return rc;
}

mirsal_code cli_run_log(struct cli *cli)
{
    struct cli_table table;
    struct cli_lines lines = { .cli = cli, .row = cli_row_log, .table = &table };
    const char *record = cli->args.operand_count == 0 ? NULL : cli->args.operands[0];
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli_table_labels(&table, cli_log_columns, 7, cli->language);
    rc = mirsal_log(cli->store, record, cli_lines_give, &lines, &cli->err);
    return cli_lines_finish(&lines, rc);
}

mirsal_code cli_run_status(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_status(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_status) : rc;
}
