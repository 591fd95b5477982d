/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_review.c - conflicts, resolve, assess, tally.
 */
#include "actions.h"
#include "output.h"

#include <stdlib.h>

mirsal_code cli_run_conflicts(struct cli *cli)
{
    struct cli_lines lines = { .cli = cli, .row = cli_row_conflict };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_conflicts(
            cli->store, cli_args_has(&cli->args, "--all"), cli_lines_give, &lines, &cli->err);
    }
    return lines.failed != MIRSAL_OK ? lines.failed : rc;
}

mirsal_code cli_run_resolve(struct cli *cli)
{
    mirsal_text answer = { 0 };
    const struct cli_args *args = &cli->args;
    uint64_t pick = cli_args_number(args, "--pick");
    const char *value = cli_args_text(args, "--value");
    const char *why = cli_args_text(args, "--reason");
    if (cli_args_has(args, "--pick") == (value != NULL)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "resolve needs either --pick N or --value V");
    }
    if (value == NULL && (pick == 0 || pick > UINT32_MAX)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--pick counts from 1");
    }
    if (why[0] == '\0') {
        return cli_fail(&cli->err, MIRSAL_USAGE, "resolve needs a reason that says something");
    }
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_resolve(&answer, cli->store, args->operands[0], args->operands[1],
            (uint32_t)pick, value, why, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

static mirsal_code check_assessment(struct cli *cli, const mirsal_assess_options *options)
{
    int figures = options->min != NULL || options->max != NULL || options->best != NULL;
    if (options->reason[0] == '\0') {
        return cli_fail(&cli->err, MIRSAL_USAGE, "assess needs a reason that says something");
    }
    if (options->value != NULL && figures) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "assess takes --value, or --min and --max");
    }
    if (options->value == NULL && !figures && options->rejects_count == 0) {
        return cli_fail(
            &cli->err, MIRSAL_USAGE, "assess needs --value, or --min and --max, or --reject");
    }
    if (figures && (options->min == NULL || options->max == NULL)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "assess needs --min and --max together");
    }
    return MIRSAL_OK;
}

mirsal_code cli_run_assess(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_assess_options options = MIRSAL_ASSESS_OPTIONS_INIT;
    const struct cli_args *args = &cli->args;
    const char **rejects = calloc(args->given_count + 1u, sizeof(*rejects));
    if (rejects == NULL) {
        return cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    options.record = args->operands[0];
    options.field = cli_args_text(args, "--field");
    options.value = cli_args_text(args, "--value");
    options.min = cli_args_text(args, "--min");
    options.max = cli_args_text(args, "--max");
    options.best = cli_args_text(args, "--best");
    options.rejects = rejects;
    options.rejects_count = cli_args_all(rejects, args, "--reject");
    options.reason = cli_args_text(args, "--reason");
    mirsal_code rc = check_assessment(cli, &options);
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        rc = mirsal_assess(&answer, cli->store, &options, &cli->err);
    }
    if (rc == MIRSAL_OK) {
        rc = cli_answer(cli, &answer, cli_render_object);
    }
    free(rejects);
    return rc;
}

mirsal_code cli_run_tally(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_tally_options options = MIRSAL_TALLY_OPTIONS_INIT;
    options.by = cli_args_text(&cli->args, "--by");
    options.since = cli_args_text(&cli->args, "--since");
    options.until = cli_args_text(&cli->args, "--until");
    options.where = cli_args_text(&cli->args, "--where");
    options.grading = cli_args_text(&cli->args, "--grading");
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_tally(&answer, cli->store, &options, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_tally) : rc;
}
