/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_store.c - export, verify, rebuild, inspect, completion, help.
 */
#include "actions.h"
#include "completion.h"
#include "help.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INSPECT_MAX ((size_t)64 << 20)

mirsal_code cli_run_export(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        const mirsal_export_options options = { .version = 1u,
            .where = cli_args_text(&cli->args, "--where"),
            .release = cli_args_text(&cli->args, "--release"),
            .personal = cli_args_has(&cli->args, "--include-personal"),
            .for_team = cli_args_has(&cli->args, "--for-team") };
        rc = mirsal_export(&answer, cli->store, cli->args.operands[0], &options, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

/* The answer of a store that is too damaged for the library to give one. */
static void print_unread(struct cli *cli)
{
    json_t *answer = json_pack("{s:b, s:i, s:[{s:n, s:s}]}", "ok", 0, "changesets", 0, "problems",
        "changeset", "problem", cli->err.message);
    char *line = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    if (!cli->json) {
        cli_render_verify(cli->out, answer, cli->language);
    } else if (line != NULL) {
        fprintf(cli->out, "%s\n", line);
    }
    free(line);
    json_decref(answer);
}

static int is_damage(mirsal_code code)
{
    const char *name = mirsal_code_name(code);
    return strcmp(name, "corrupt") == 0 || strcmp(name, "not_authentic") == 0;
}

/* Its answer is shown also when problems were found. */
mirsal_code cli_run_verify(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    cli->show_held = 1;
    if (rc == MIRSAL_OK) {
        rc = mirsal_verify(&answer, cli->store, cli_args_has(&cli->args, "--deep"), &cli->err);
    }
    if (answer.data == NULL && is_damage(rc)) {
        print_unread(cli);
    }
    mirsal_code shown = cli_answer(cli, &answer, cli_render_verify);
    return rc == MIRSAL_OK ? shown : rc;
}

mirsal_code cli_run_rebuild(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_rebuild(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

/* A whole file into memory. *out is given, also on failure: free it. */
static mirsal_code read_whole(char **out, size_t *size, FILE *file, mirsal_error *err)
{
    size_t capacity = 0;
    size_t got = 0;
    do {
        if (*size == capacity) {
            capacity = capacity == 0 ? 65536u : capacity * 2u;
            char *grown = realloc(*out, capacity);
            if (grown == NULL || capacity > INSPECT_MAX) {
                *out = grown == NULL ? *out : grown;
                return cli_fail(err, MIRSAL_TOO_LARGE, "the file is larger than any of mirsal's");
            }
            *out = grown;
        }
        got = fread(*out + *size, 1, capacity - *size, file);
        *size += got;
        /* Of a backup and of a sealed file the beginning says what can be said. */
    } while (got > 0 && !(*size >= 8 && memcmp(*out, "mirsalb1", 8) == 0) &&
             !(*size >= 131072 && memcmp(*out, "mirsalf1", 8) == 0));
    return ferror(file) ? cli_fail(err, MIRSAL_IO, "the file could not be read") : MIRSAL_OK;
}

mirsal_code cli_run_inspect(struct cli *cli)
{
    mirsal_text answer = { 0 };
    const char *path = cli->args.operands[0];
    int is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    char *data = NULL;
    size_t size = 0;
    if (file == NULL) {
        return cli_fail(&cli->err, MIRSAL_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    mirsal_code rc = read_whole(&data, &size, file, &cli->err);
    if (rc == MIRSAL_OK) {
        rc = mirsal_inspect(&answer, data, size, &cli->err);
    }
    free(data);
    if (!is_stdin) {
        fclose(file);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_tree) : rc;
}

mirsal_code cli_run_completion(struct cli *cli)
{
    if (strcmp(cli->args.operands[0], "bash") != 0) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "completion is there for bash, not for '%.60s'",
            cli->args.operands[0]);
    }
    cli_completion_bash(cli->out);
    return MIRSAL_OK;
}

mirsal_code cli_run_help(struct cli *cli)
{
    size_t used = 0;
    const struct cli_command *command =
        cli_command_find(cli->args.operands, cli->args.operand_count, &used);
    if (cli->args.operand_count == 0) {
        cli_help_all(cli->out, cli->language);
    } else if (command != NULL && used == cli->args.operand_count) {
        cli_help_command(cli->out, command, cli->language);
    } else if (!cli_help_group(cli->out, cli->args.operands[0], cli->language) ||
               cli->args.operand_count > 1) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "no command '%.60s'; see mirsal help",
            cli->args.operands[cli->args.operand_count - 1u]);
    }
    return MIRSAL_OK;
}
