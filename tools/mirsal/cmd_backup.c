/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_backup.c - backup, restore.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "secrets.h"

mirsal_code cli_run_backup(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_backup(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

static mirsal_code restore_with(struct cli *cli,
    mirsal_text *answer,
    const struct cli_secret *secret)
{
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_restore_options restore = MIRSAL_RESTORE_OPTIONS_INIT;
    options.directory = cli->directory;
    options.state_directory = cli_state(cli);
    options.passphrase = secret->given ? secret->bytes : NULL;
    options.passphrase_size = secret->given ? secret->size : 0;
    options.insecure_no_passphrase = !secret->given;
    options.kdf_ms = (uint32_t)cli_args_number(&cli->args, "--kdf-ms");
    restore.path = cli->args.operands[0];
    restore.invite = cli_args_text(&cli->args, "--invite");
    restore.label = cli_args_text(&cli->args, "--label");
    return mirsal_restore(&cli->store, answer, &options, &restore, &cli->err);
}

/* The passphrase is the backup's. Without a secret only a backup that has none opens. */
mirsal_code cli_run_restore(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_find_store(cli);
    if (rc == MIRSAL_OK && cli_args_number(&cli->args, "--kdf-ms") > 60000) {
        rc = cli_fail(&cli->err, MIRSAL_USAGE, "--kdf-ms is 60000 at most");
    }
    if (rc == MIRSAL_OK) {
        rc = cli_secret_find(&secret, cli_args_text(&cli->args, "--passphrase-file"),
            "MIRSAL_PASSPHRASE", &cli->err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = restore_with(cli, &answer, &secret);
    if (!secret.given && rc == MIRSAL_USAGE) {
        rc = cli_secret_ask(
            &secret, cli_text(cli->language, "ask_backup"), "MIRSAL_PASSPHRASE", 0, &cli->err);
        if (rc == MIRSAL_OK) {
            rc = restore_with(cli, &answer, &secret);
        }
    }
    cli_secret_wipe(&secret);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (!cli_args_has(&cli->args, "--invite")) {
        cli_notice(cli, "restored");
    }
    return cli_answer(cli, &answer, cli_render_object);
}
