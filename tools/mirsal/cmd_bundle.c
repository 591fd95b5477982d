/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_bundle.c - bundle export, bundle import.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "progress.h"
#include "secrets.h"

#include <string.h>

/* The library's callback: 0, go on. */
static int tell_progress(void *context, uint64_t done, uint64_t all)
{
    cli_progress_tell(context, done, all);
    return 0;
}

static mirsal_code check_export(struct cli *cli)
{
    int to = cli_args_has(&cli->args, "--to");
    int all = cli_args_has(&cli->args, "--all-readers");
    int passphrase = cli_args_has(&cli->args, "--bundle-passphrase-file");
    if (to + all + passphrase > 1) {
        return cli_fail(&cli->err, MIRSAL_USAGE,
            "a bundle is for --to DEVICE, --all-readers or --bundle-passphrase-file, one of them");
    }
    if (cli_args_has(&cli->args, "--split") && cli_args_number(&cli->args, "--split") == 0) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--split is 128k at least");
    }
    return MIRSAL_OK;
}

mirsal_code cli_run_bundle_export(struct cli *cli)
{
    mirsal_bundle_export_options options = MIRSAL_BUNDLE_EXPORT_OPTIONS_INIT;
    struct cli_secret secret = { 0 };
    mirsal_text answer = { 0 };
    mirsal_code rc = check_export(cli);
    if (rc == MIRSAL_OK && cli_args_has(&cli->args, "--bundle-passphrase-file")) {
        rc = cli_secret_find(&secret, cli_args_text(&cli->args, "--bundle-passphrase-file"),
            "MIRSAL_BUNDLE_PASSPHRASE", &cli->err);
        options.passphrase = secret.bytes;
        options.passphrase_size = secret.size;
    }
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        struct cli_progress progress = cli_progress_begin(cli);
        options.path = cli->args.operands[0];
        options.to = cli_args_text(&cli->args, "--to");
        options.since = cli_args_text(&cli->args, "--since");
        options.split = cli_args_number(&cli->args, "--split");
        options.progress = tell_progress;
        options.progress_context = &progress;
        rc = mirsal_bundle_export(&answer, cli->store, &options, &cli->err);
        cli_progress_end(&progress);
    }
    cli_secret_wipe(&secret);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

static mirsal_code import_with(struct cli *cli,
    mirsal_text *answer,
    mirsal_bundle_result *result,
    const struct cli_secret *secret)
{
    mirsal_bundle_import_options options = MIRSAL_BUNDLE_IMPORT_OPTIONS_INIT;
    struct cli_progress progress = cli_progress_begin(cli);
    options.path = cli->args.operands[0];
    options.passphrase = secret->given ? secret->bytes : NULL;
    options.passphrase_size = secret->given ? secret->size : 0;
    options.frontier = cli_args_text(&cli->args, "--frontier");
    options.progress = tell_progress;
    options.progress_context = &progress;
    mirsal_code rc = mirsal_bundle_import(answer, result, cli->store, &options, &cli->err);
    cli_progress_end(&progress);
    return rc;
}

mirsal_code cli_run_bundle_import(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    mirsal_text answer = { 0 };
    mirsal_bundle_result result = { 0 };
    mirsal_code rc = cli_secret_find(&secret, cli_args_text(&cli->args, "--bundle-passphrase-file"),
        "MIRSAL_BUNDLE_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        rc = import_with(cli, &answer, &result, &secret);
    }
    if (rc == MIRSAL_USAGE && !secret.given && strcmp(cli->err.field, "passphrase") == 0) {
        rc = cli_secret_ask(&secret, cli_text(cli->language, "ask_bundle"),
            "MIRSAL_BUNDLE_PASSPHRASE", 0, &cli->err);
        if (rc == MIRSAL_OK) {
            rc = import_with(cli, &answer, &result, &secret);
        }
    }
    cli_secret_wipe(&secret);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli->person = result.incomplete || result.conflicts_opened > 0 || result.quarantined > 0 ||
                  result.evidence > 0;
    if (result.incomplete) {
        cli_notice(cli, "bundle_incomplete");
    }
    if (result.conflicts_opened > 0 || result.quarantined > 0) {
        cli_notice(cli, "person_needed");
    }
    if (result.evidence > 0) {
        cli_notice(cli, "relay_lies");
    }
    return cli_answer(cli, &answer, cli_render_object);
}
