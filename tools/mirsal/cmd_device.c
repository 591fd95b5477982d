/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_device.c - device role, cut, adopt, freeze, unfreeze: what is said of another device.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "root.h"

#include <stdlib.h>

static mirsal_code call_role(mirsal_text *answer, struct cli *cli, const mirsal_root_source *source)
{
    return mirsal_device_role(answer, cli->store, cli->args.operands[0], cli->args.operands[1],
        cli_args_text(&cli->args, "--person"), source, &cli->err);
}

mirsal_code cli_run_device_role(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_with_root(cli, call_role, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

static mirsal_code call_cut(mirsal_text *answer, struct cli *cli, const mirsal_root_source *source)
{
    mirsal_cut_options options = MIRSAL_CUT_OPTIONS_INIT;
    const char **at = calloc(cli->args.given_count + 1, sizeof(*at));
    if (at == NULL) {
        return cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    options.reason = cli_args_text(&cli->args, "--reason");
    options.at = at;
    options.at_count = cli_args_all(at, &cli->args, "--at");
    options.text = cli_args_text(&cli->args, "--text");
    options.source = source;
    mirsal_code rc =
        mirsal_device_cut(answer, cli->store, cli->args.operands[0], &options, &cli->err);
    free(at);
    return rc;
}

mirsal_code cli_run_device_cut(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_with_root(cli, call_cut, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_device_adopt(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_device_adopt(&answer, cli->store, cli->args.operands[0], cli->args.operands + 1,
            cli->args.operand_count - 1, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_device_freeze(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_device_freeze(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

static mirsal_code call_unfreeze(mirsal_text *answer,
    struct cli *cli,
    const mirsal_root_source *source)
{
    if (source == NULL) {
        return cli_fail(&cli->err, MIRSAL_NOT_ALLOWED, "only root's word unfreezes: --root FILE");
    }
    return mirsal_device_unfreeze(answer, cli->store, cli->args.operands[0], source, &cli->err);
}

mirsal_code cli_run_device_unfreeze(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_with_root(cli, call_unfreeze, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}
