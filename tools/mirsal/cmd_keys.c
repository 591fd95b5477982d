/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_keys.c - passphrase change, duress, limit; wipe.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "secrets.h"

#include <string.h>
#include <unistd.h>

/* A passphrase that is to be set: from its file or variable, else asked twice. */
static mirsal_code find_new(struct cli *cli,
    struct cli_secret *secret,
    const char *option,
    const char *variable,
    const char *label)
{
    mirsal_code rc =
        cli_secret_find(secret, cli_args_text(&cli->args, option), variable, &cli->err);
    if (rc == MIRSAL_OK && !secret->given) {
        rc = cli_secret_ask(secret, cli_text(cli->language, label), variable, 1, &cli->err);
    }
    return rc;
}

mirsal_code cli_run_passphrase_change(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    mirsal_text answer = { 0 };
    uint64_t kdf_ms = cli_args_number(&cli->args, "--kdf-ms");
    if (kdf_ms > 60000) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--kdf-ms is 60000 at most");
    }
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = find_new(
            cli, &secret, "--new-passphrase-file", "MIRSAL_NEW_PASSPHRASE", "ask_new_passphrase");
    }
    if (rc == MIRSAL_OK) {
        rc = mirsal_passphrase_change(
            &answer, cli->store, secret.bytes, secret.size, (uint32_t)kdf_ms, &cli->err);
    }
    cli_secret_wipe(&secret);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_passphrase_duress(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    mirsal_text answer = { 0 };
    mirsal_duress_options options = MIRSAL_DURESS_OPTIONS_INIT;
    options.remove = cli_args_has(&cli->args, "--remove");
    options.name = cli_args_text(&cli->args, "--name");
    options.label = cli_args_text(&cli->args, "--label");
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK && !options.remove) {
        rc = find_new(cli, &secret, "--duress-passphrase-file", "MIRSAL_DURESS_PASSPHRASE",
            "ask_duress_passphrase");
        options.passphrase = secret.bytes;
        options.passphrase_size = secret.size;
    }
    if (rc == MIRSAL_OK) {
        rc = mirsal_passphrase_duress(&answer, cli->store, &options, &cli->err);
    }
    cli_secret_wipe(&secret);
    if (rc == MIRSAL_OK && !options.remove) {
        cli_notice(cli, "duress_destroys");
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

/* A whole number, nothing around it; above any limit where it is longer. */
static int read_count(uint32_t *out, const char *text)
{
    *out = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return 0;
        }
        *out = *out > 100000u ? *out : *out * 10u + (uint32_t)(*at - '0');
    }
    return text[0] != '\0';
}

mirsal_code cli_run_passphrase_limit(struct cli *cli)
{
    mirsal_text answer = { 0 };
    uint32_t tries = 0;
    if (!read_count(&tries, cli->args.operands[0])) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "a limit is a whole number; 0 is none");
    }
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_passphrase_limit(&answer, cli->store, tries, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

/* The word itself, so that nothing is wiped by a key too much. */
static mirsal_code confirm_wipe(struct cli *cli)
{
    char word[16] = { 0 };
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "nobody is asked here: --yes says so");
    }
    fprintf(stderr, "%s\n%s\n", cli->directory, cli_text(cli->language, "ask_wipe"));
    fflush(stderr);
    ssize_t got = read(STDIN_FILENO, word, sizeof(word) - 1u);
    word[got > 0 ? strcspn(word, "\r\n") : 0] = '\0';
    return strcmp(word, "wipe") == 0 ? MIRSAL_OK
                                     : cli_fail(&cli->err, MIRSAL_USAGE, "nothing was wiped");
}

mirsal_code cli_run_wipe(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_code rc = cli_find_store(cli);
    if (rc == MIRSAL_OK && !cli_args_has(&cli->args, "--yes")) {
        rc = confirm_wipe(cli);
    }
    if (rc == MIRSAL_OK) {
        options.directory = cli->directory;
        options.state_directory = cli_state(cli);
        rc = mirsal_wipe(&answer, &options, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}
