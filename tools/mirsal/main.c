/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/main.c - the program mirsal(1): parses, runs one command, shows its answer, exits.
 *
 * Built on the public headers alone. Secrets do not reach core dumps, and files that the program
 * makes are its user's.
 */
#include "actions.h"
#include "harden.h"
#include "help.h"
#include "messages.h"
#include "output.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef mirsal_code command_function(struct cli *cli);

static command_function *const functions[] = {
#define CLI_FUNCTION(id, function) [CLI_##id] = cli_run_##function,
    CLI_COMMANDS(CLI_FUNCTION)
#undef CLI_FUNCTION
};

static mirsal_code run_command(struct cli *cli)
{
    const struct cli_command *command = cli->args.command;
    if (cli_args_has(&cli->args, "--version")) {
        fprintf(cli->out, "mirsal %s\n", mirsal_version());
        return MIRSAL_OK;
    }
    if (cli_args_has(&cli->args, "--help")) {
        if (command == NULL) {
            cli_help_all(cli->out, cli->language);
        } else {
            cli_help_command(cli->out, command, cli->language);
        }
        return MIRSAL_OK;
    }
    if (command == NULL) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "no command; see mirsal help");
    }
    return functions[cli_command_id_of(command)](cli);
}

/* The answer, unless the exit code keeps it back; then the error. */
static int conclude(struct cli *cli, mirsal_code rc)
{
    int status = cli_exit_of(rc, cli->person);
    int shown = status != CLI_EXIT_FAILED && status != CLI_EXIT_USAGE && status != CLI_EXIT_REFUSED;
    if (cli->out != NULL && (shown || cli->show_held)) {
        mirsal_error earlier = cli->err;
        mirsal_code written = cli_release(cli);
        if (rc == MIRSAL_OK && written != MIRSAL_OK) {
            rc = written;
            status = cli_exit_of(rc, 0);
        } else {
            cli->err = earlier;
        }
    }
    if (rc == MIRSAL_CANCELLED && cli->reader_gone) {
        return CLI_EXIT_UNREAD;
    }
    if (rc != MIRSAL_OK) {
        cli->err.code = rc;
        cli_print_error(stderr, &cli->err, cli->json, cli->language);
    }
    return status;
}

/* --json also where the words could not be parsed as far as it: errors are JSON then too. */
static int wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct cli *cli = calloc(1, sizeof(*cli));
    if (cli == NULL) {
        return CLI_EXIT_FAILED;
    }
    harden_process();
    (void)signal(SIGPIPE, SIG_IGN);
    cli->json = wants_json(argc, argv);
    cli->language = cli_language_of(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"));
    mirsal_code rc = cli_args_parse(&cli->args, argc, (const char *const *)argv, &cli->err);
    if (rc == MIRSAL_OK) {
        cli->quiet = cli_args_has(&cli->args, "--quiet");
        rc = cli_output_open(cli);
    }
    if (rc == MIRSAL_OK) {
        rc = run_command(cli);
    }
    int status = conclude(cli, rc);
    mirsal_close(cli->store);
    cli_output_close(cli);
    cli_args_fini(&cli->args);
    free(cli);
    if (status == CLI_EXIT_UNREAD) {
        /* Ends as a program does that never asked about the pipe; the store is closed by now. */
        (void)signal(SIGPIPE, SIG_DFL);
        (void)raise(SIGPIPE);
    }
    return status;
}
