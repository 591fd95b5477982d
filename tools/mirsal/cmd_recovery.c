/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_recovery.c - team drill, recover: what is done with root's key.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "root.h"

#include <stdlib.h>

/* A struct cli_root is large and holds secrets: on the heap, wiped by give_back. */
static struct cli_root *take_root(struct cli *cli)
{
    struct cli_root *root = calloc(1, sizeof(*root));
    if (root == NULL) {
        (void)cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return root;
}

static void give_back(struct cli_root *root)
{
    if (root != NULL) {
        cli_root_wipe(root);
    }
    free(root);
}

/* Files alone are proven where there is no store. */
mirsal_code cli_run_team_drill(struct cli *cli)
{
    mirsal_text answer = { 0 };
    struct cli_root *root = take_root(cli);
    mirsal_code rc = root == NULL ? MIRSAL_NO_MEMORY : MIRSAL_OK;
    if (rc == MIRSAL_OK) {
        rc = cli_root_find(cli, root, cli->args.operands, cli->args.operand_count);
    }
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
        rc = rc == MIRSAL_NO_STORE ? MIRSAL_OK : rc;
    }
    if (rc == MIRSAL_OK) {
        do {
            rc = mirsal_team_drill(&answer, cli->store, &root->source, NULL, &cli->err);
        } while (cli_root_asked(cli, root, &rc));
    }
    give_back(root);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (cli->store == NULL) {
        cli_notice(cli, "drilled_files");
    }
    return cli_answer(cli, &answer, cli_render_object);
}

/* Of the file to be written: its own, or the one that was given for the file that is read. */
static mirsal_code new_passphrase(struct cli *cli,
    struct cli_secret *secret,
    const struct cli_root *root)
{
    mirsal_code rc =
        cli_secret_find(secret, cli_args_text(&cli->args, "--new-recovery-passphrase-file"),
            "MIRSAL_NEW_RECOVERY_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK && !secret->given && root->passphrase.given) {
        *secret = root->passphrase;
    }
    if (rc == MIRSAL_OK && !secret->given) {
        rc = cli_secret_ask(secret, cli_text(cli->language, "ask_new_recovery"),
            "MIRSAL_RECOVERY_PASSPHRASE", 1, &cli->err);
    }
    return rc;
}

static mirsal_code recover_options(struct cli *cli,
    mirsal_recover_options *options,
    struct cli_secret *secret,
    const struct cli_root *root)
{
    options->recovery_path = cli_args_text(&cli->args, "--recovery");
    options->admin = cli_args_has(&cli->args, "--admin");
    options->person = cli_args_text(&cli->args, "--person");
    options->kdf_ms = (uint32_t)cli_args_number(&cli->args, "--kdf-ms");
    if (cli_args_number(&cli->args, "--kdf-ms") > 60000) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--kdf-ms is 60000 at most");
    }
    mirsal_code rc = cli_shares_wanted(cli, &options->threshold, &options->shares);
    if (rc == MIRSAL_OK && options->recovery_path == NULL &&
        (options->shares > 0 || !options->admin)) {
        rc = cli_fail(&cli->err, MIRSAL_USAGE, "recover needs --recovery FILE, --admin or both");
    }
    if (rc == MIRSAL_OK && options->recovery_path != NULL && options->shares == 0) {
        rc = new_passphrase(cli, secret, root);
        options->recovery_passphrase = secret->bytes;
        options->recovery_passphrase_size = secret->size;
    }
    return rc;
}

mirsal_code cli_run_recover(struct cli *cli)
{
    mirsal_recover_options options = MIRSAL_RECOVER_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    struct cli_secret secret = { 0 };
    struct cli_root *root = take_root(cli);
    mirsal_code rc = root == NULL ? MIRSAL_NO_MEMORY : MIRSAL_OK;
    if (rc == MIRSAL_OK) {
        rc = cli_root_find(cli, root, cli->args.operands, cli->args.operand_count);
    }
    if (rc == MIRSAL_OK) {
        rc = recover_options(cli, &options, &secret, root);
    }
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        do {
            rc = mirsal_recover(&answer, cli->store, &root->source, &options, &cli->err);
        } while (cli_root_asked(cli, root, &rc));
    }
    give_back(root);
    cli_secret_wipe(&secret);
    if (rc == MIRSAL_OK) {
        rc = cli_root_written(cli, &answer);
    }
    if (rc == MIRSAL_OK && options.recovery_path != NULL) {
        cli_notice(cli, "older_recovery");
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}
