/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/args.h - the one parser of the command line, driven by the tables of commands.h.
 *
 * Options stand anywhere after the command's words, global ones anywhere; `--` ends them. A value
 * is the next word or follows `=`. What is wrong is named in the error.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "commands.h"

#include <mirsal/error.h>
#include <stddef.h>
#include <stdint.h>

struct cli_given {
    const struct cli_option *option;
    const char *value; /* NULL for a flag */
    uint64_t number;   /* of COUNT, BYTES and SPAN */
};

struct cli_args {
    const struct cli_command *command; /* NULL: only global options were given */
    const char **operands;             /* borrowed from argv, in order */
    size_t operand_count;
    struct cli_given *given;
    size_t given_count;
};

/*
 * Parses all but the program's name. USAGE names the word; NOT_UTF8 its place. out is to be
 * released with cli_args_fini whatever is returned. With --help or --version nothing is required.
 */
mirsal_code cli_args_parse(struct cli_args *out,
    int argc,
    const char *const *argv,
    mirsal_error *err) MIRSAL_MUST_USE;
void cli_args_fini(struct cli_args *args);

/* Of the option by its name with dashes: whether it was given; its last value, or NULL, or 0. */
int cli_args_has(const struct cli_args *args, const char *name);
const char *cli_args_text(const struct cli_args *args, const char *name);
uint64_t cli_args_number(const struct cli_args *args, const char *name);

/* Every value of a repeated option into values, which has room for args->given_count. */
size_t cli_args_all(const char **values, const struct cli_args *args, const char *name);

/* Whole: valid UTF-8 without surrogates and overlong forms. */
int cli_is_utf8(const char *text);

#endif
