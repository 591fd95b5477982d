/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_purge.c - purge, purge approve, purge lift, purge list.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "root.h"

#include <mirsal/purge.h>

static mirsal_code call_purge(mirsal_text *answer,
    struct cli *cli,
    const mirsal_root_source *source)
{
    return mirsal_purge(answer, cli->store, cli->args.operands[0],
        cli_args_text(&cli->args, "--reason"), source, &cli->err);
}

static mirsal_code call_approve(mirsal_text *answer,
    struct cli *cli,
    const mirsal_root_source *source)
{
    return mirsal_purge_approve(answer, cli->store, cli->args.operands[0], source, &cli->err);
}

static mirsal_code call_lift(mirsal_text *answer, struct cli *cli, const mirsal_root_source *source)
{
    return mirsal_purge_lift(answer, cli->store, cli->args.operands[0], source, &cli->err);
}

/* What no order reaches is said before it is given. */
mirsal_code cli_run_purge(struct cli *cli)
{
    mirsal_text answer = { 0 };
    cli_notice(cli, "purge_reaches_not");
    mirsal_code rc = cli_with_root(cli, call_purge, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_purge_approve(struct cli *cli)
{
    mirsal_text answer = { 0 };
    cli_notice(cli, "purge_reaches_not");
    mirsal_code rc = cli_with_root(cli, call_approve, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_purge_lift(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_with_root(cli, call_lift, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_purge_list(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_purge_list(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}
