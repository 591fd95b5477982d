/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_merge.c - merge.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "progress.h"
#include "secrets.h"

#include <unistd.h>

static void tell_progress(void *context, uint64_t done, uint64_t total)
{
    cli_progress_tell(context, done, total);
}

static mirsal_code merge_with(struct cli *cli,
    mirsal_text *answer,
    uint64_t *review,
    const struct cli_secret *secret)
{
    struct cli_progress progress = cli_progress_begin(cli);
    mirsal_merge_options options = MIRSAL_MERGE_OPTIONS_INIT;
    options.path = cli->args.operands[0];
    options.passphrase = secret->given ? secret->bytes : NULL;
    options.passphrase_size = secret->given ? secret->size : 0;
    options.progress = tell_progress;
    options.progress_context = &progress;
    mirsal_code rc = mirsal_merge(answer, review, cli->store, &options, &cli->err);
    cli_progress_end(&progress);
    return rc;
}

/* The passphrase that was given for it; else this store's own, then a question. */
static mirsal_code merge_asking(struct cli *cli,
    mirsal_text *answer,
    uint64_t *review,
    const struct cli_secret *own)
{
    struct cli_secret secret = { 0 };
    mirsal_code rc = cli_secret_find(&secret, cli_args_text(&cli->args, "--merge-passphrase-file"),
        "MIRSAL_MERGE_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK) {
        rc = merge_with(cli, answer, review, secret.given ? &secret : own);
    }
    if (rc == MIRSAL_WRONG_PASSPHRASE && !secret.given && (!own->given || isatty(STDIN_FILENO))) {
        rc = cli_secret_ask(
            &secret, cli_text(cli->language, "ask_merge"), "MIRSAL_MERGE_PASSPHRASE", 0, &cli->err);
        if (rc == MIRSAL_OK) {
            rc = merge_with(cli, answer, review, &secret);
        }
    }
    cli_secret_wipe(&secret);
    return rc;
}

mirsal_code cli_run_merge(struct cli *cli)
{
    struct cli_secret own = { 0 };
    mirsal_text answer = { 0 };
    uint64_t review = 0;
    mirsal_code rc = cli_open_keeping(cli, &own);
    if (rc == MIRSAL_OK) {
        rc = merge_asking(cli, &answer, &review, &own);
    }
    cli_secret_wipe(&own);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli->person = review > 0;
    return cli_answer(cli, &answer, cli_render_object);
}
