/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_epoch.c - epochs and compartments.
 */
#include "actions.h"
#include "output.h"

mirsal_code cli_run_epoch_rotate(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_epoch_rotate(&answer, cli->store, cli_args_text(&cli->args, "--compartment"),
            !cli_args_has(&cli->args, "--no-history"), &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_compartment_add(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_compartment_add(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

static mirsal_code grant(struct cli *cli, int readable)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_compartment_grant(
            &answer, cli->store, cli->args.operands[0], cli->args.operands[1], readable, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_compartment_grant(struct cli *cli)
{
    return grant(cli, 1);
}

mirsal_code cli_run_compartment_revoke(struct cli *cli)
{
    return grant(cli, 0);
}
