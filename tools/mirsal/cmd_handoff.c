/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_handoff.c - org key, and the handoff commands.
 */
#include "actions.h"
#include "human.h"
#include "messages.h"
#include "output.h"
#include "secrets.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The passphrase of an organisation key's file: its option, the variable, or asked. */
static mirsal_code org_passphrase(struct cli *cli, struct cli_secret *secret, int confirm)
{
    mirsal_code rc = cli_secret_find(secret, cli_args_text(&cli->args, "--org-passphrase-file"),
        "MIRSAL_ORG_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK && !secret->given) {
        rc = cli_secret_ask(secret, cli_text(cli->language, "ask_org"), "MIRSAL_ORG_PASSPHRASE",
            confirm, &cli->err);
    }
    return rc;
}

mirsal_code cli_run_org_key(struct cli *cli)
{
    const char *write_to = cli_args_text(&cli->args, "--secret");
    const char *take = cli_args_text(&cli->args, "--take");
    struct cli_secret secret = { .given = 0 };
    mirsal_text answer = { 0 };
    if (write_to != NULL && take != NULL) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--secret and --take are two commands");
    }
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK && (write_to != NULL || take != NULL)) {
        rc = org_passphrase(cli, &secret, write_to != NULL);
    }
    if (rc == MIRSAL_OK && take != NULL) {
        rc = mirsal_org_key_take(&answer, cli->store, take, secret.bytes, secret.size, &cli->err);
    } else if (rc == MIRSAL_OK && write_to != NULL) {
        rc = mirsal_org_key_write(
            &answer, cli->store, write_to, secret.bytes, secret.size, &cli->err);
    } else if (rc == MIRSAL_OK) {
        rc = mirsal_org_key(&answer, cli->store, &cli->err);
    }
    cli_secret_wipe(&secret);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

/* One word from the terminal: yes, y, or the same in Arabic. */
static int is_agreed(void)
{
    char word[16] = { 0 };
    ssize_t got = read(STDIN_FILENO, word, sizeof(word) - 1u);
    word[got > 0 ? strcspn(word, "\r\n") : 0] = '\0';
    return strcmp(word, "yes") == 0 || strcmp(word, "y") == 0 || strcmp(word, "نعم") == 0;
}

/* Before the file is written: what a person should look at, and at a terminal whether it leaves. */
static int look(void *context, const char *pointed, size_t size, uint64_t count)
{
    struct cli *cli = context;
    int asks = !cli_args_has(&cli->args, "--yes") && !cli_args_has(&cli->args, "--dry-run") &&
               isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    json_t *list = json_loadb(pointed, size, 0, NULL);
    size_t at = 0;
    json_t *item = NULL;
    json_array_foreach(list, at, item)
    {
        char key[64];
        (void)snprintf(key, sizeof(key), "pointed %s", cli_key_text(item, "what"));
        if (!cli->quiet || asks) {
            (void)fprintf(stderr, "%s: %s (%s)\n", cli_key_text(item, "record"),
                cli_text(cli->language, key), cli_key_text(item, "field"));
        }
    }
    if (count > json_array_size(list) && (!cli->quiet || asks)) {
        (void)fprintf(stderr, "%s: %llu\n", cli_text(cli->language, "pointed_more"),
            (unsigned long long)(count - json_array_size(list)));
    }
    json_decref(list);
    if (!asks) {
        return 0;
    }
    (void)fprintf(stderr, "%s ", cli_text(cli->language, "ask_pointed"));
    (void)fflush(stderr);
    return !is_agreed();
}

mirsal_code cli_run_handoff_create(struct cli *cli)
{
    mirsal_handoff_options options = MIRSAL_HANDOFF_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    const char *mode = cli_args_text(&cli->args, "--mode");
    options.update = cli_args_text(&cli->args, "--update");
    if (options.update == NULL && !cli_args_has(&cli->args, "--where")) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--where says which incidents leave; 1: all");
    }
    if (options.update == NULL && !cli_args_has(&cli->args, "--to")) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "handoff create needs --to ORG_KEY");
    }
    const char **to = calloc(cli->args.given_count + 1, sizeof(*to));
    if (to == NULL) {
        return cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    options.path = cli->args.operands[0];
    options.to_count = cli_args_all(to, &cli->args, "--to");
    options.to = to;
    options.where = cli_args_text(&cli->args, "--where");
    options.withhold = cli_args_text(&cli->args, "--withhold");
    options.disclose = cli_args_text(&cli->args, "--disclose");
    options.include_media = cli_args_has(&cli->args, "--include-media");
    options.by_author = mode != NULL && strcmp(mode, "author") == 0;
    options.purpose = cli_args_text(&cli->args, "--purpose");
    options.terms = cli_args_text(&cli->args, "--terms");
    options.until = cli_args_text(&cli->args, "--until");
    options.release = cli_args_text(&cli->args, "--release");
    options.court = cli_args_has(&cli->args, "--court");
    options.dry_run = cli_args_has(&cli->args, "--dry-run");
    options.look = look;
    options.look_context = cli;
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        if (options.update == NULL) { /* the first one's mode */
            cli_notice(cli, options.by_author ? "handoff_author" : "handoff_attested");
        }
        rc = mirsal_handoff_create(&answer, cli->store, &options, &cli->err);
    }
    free(to);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_handoff_create) : rc;
}

mirsal_code cli_run_handoff_verify(struct cli *cli)
{
    mirsal_handoff_verify_options options = MIRSAL_HANDOFF_VERIFY_INIT;
    struct cli_secret secret = { .given = 0 };
    mirsal_text answer = { 0 };
    options.path = cli->args.operands[0];
    options.html = cli_args_text(&cli->args, "--html");
    options.from = cli_args_text(&cli->args, "--from");
    options.org_key_path = cli_args_text(&cli->args, "--org-key-file");
    mirsal_code rc = MIRSAL_OK;
    if (options.org_key_path != NULL) { /* the file and the key, and no store */
        rc = org_passphrase(cli, &secret, 0);
        options.passphrase = secret.bytes;
        options.passphrase_size = secret.size;
    } else {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        rc = mirsal_handoff_verify(&answer, cli->store, &options, &cli->err);
    }
    cli_secret_wipe(&secret);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_handoff_verify) : rc;
}

mirsal_code cli_run_handoff_accept(struct cli *cli)
{
    mirsal_handoff_verify_options options = MIRSAL_HANDOFF_VERIFY_INIT;
    mirsal_text answer = { 0 };
    uint64_t review = 0;
    options.path = cli->args.operands[0];
    options.from = cli_args_text(&cli->args, "--from");
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_handoff_accept(&answer, &review, cli->store, &options,
            cli_args_text(&cli->args, "--receipt"), &cli->err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cli->person = review > 0;
    return cli_answer(cli, &answer, cli_render_object);
}

mirsal_code cli_run_handoff_receipt(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_handoff_receipt(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_handoff_list(struct cli *cli)
{
    struct cli_lines lines = { .cli = cli, .row = cli_row_handoff };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_handoff_list(cli->store,
            cli->args.operand_count > 0 ? cli->args.operands[0] : NULL, cli_lines_give, &lines,
            &cli->err);
    }
    return lines.failed != MIRSAL_OK ? lines.failed : rc;
}
