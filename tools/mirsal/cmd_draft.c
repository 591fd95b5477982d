/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_draft.c - draft list, send, drop. `add --draft` is cmd_record.c's.
 */
#include "actions.h"
#include "output.h"

mirsal_code cli_run_draft_list(struct cli *cli)
{
    struct cli_table table;
    struct cli_lines lines = { .cli = cli, .row = cli_row_draft, .table = &table };
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli_table_labels(&table, cli_draft_columns, 5, cli->language);
    rc = mirsal_draft_list(cli->store, cli_lines_give, &lines, &cli->err);
    return cli_lines_finish(&lines, rc);
}

mirsal_code cli_run_draft_send(struct cli *cli)
{
    struct cli_table table;
    struct cli_lines lines = { .cli = cli, .row = cli_row_drafted, .table = &table };
    const char *draft = cli->args.operand_count == 0 ? NULL : cli->args.operands[0];
    if ((draft == NULL) != (cli_args_has(&cli->args, "--all") != 0)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "either a draft or --all");
    }
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli_table_labels(&table, cli_drafted_columns, 2, cli->language);
    rc = mirsal_draft_send(cli->store, draft, cli_lines_give, &lines, &cli->err);
    return cli_lines_finish(&lines, rc);
}

mirsal_code cli_run_draft_drop(struct cli *cli)
{
    struct cli_table table;
    struct cli_lines lines = { .cli = cli, .row = cli_row_drafted, .table = &table };
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli_table_labels(&table, cli_drafted_columns, 2, cli->language);
    rc = mirsal_draft_drop(cli->store, cli->args.operands[0], cli_lines_give, &lines, &cli->err);
    return cli_lines_finish(&lines, rc);
}
