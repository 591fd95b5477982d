/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/args.c - words of the command line into operands and options.
 *
 * Words before the first that is no option name the command; so options of the program may stand
 * before it. Values are checked here as far as their kind tells; what a field takes, the library
 * knows.
 */
#include "args.h"

#include "cli.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WORD_SHOWN_MAX 60 /* bytes of a wrong word that an error repeats */

/* Length of the UTF-8 sequence at text, 0 if there is none. */
static size_t sequence_length(const unsigned char *text)
{
    unsigned char first = text[0];
    if (first < 0x80) {
        return 1;
    }
    size_t length = first >= 0xF0 ? 4u : first >= 0xE0 ? 3u : 2u;
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0u) != 0x80u) {
            return 0;
        }
    }
    if ((first == 0xE0 && text[1] < 0xA0) || (first == 0xED && text[1] > 0x9F) ||
        (first == 0xF0 && text[1] < 0x90) || (first == 0xF4 && text[1] > 0x8F)) {
        return 0;
    }
    return length;
}

int cli_is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        size_t length = sequence_length(at);
        if (length == 0) {
            return 0;
        }
        at += length;
    }
    return 1;
}

static const struct cli_option *find_in(const struct cli_option *options,
    const char *name,
    size_t size)
{
    for (const struct cli_option *option = options; option->name != NULL; option++) {
        if (strlen(option->name) == size && strncmp(option->name, name, size) == 0) {
            return option;
        }
    }
    return NULL;
}

static const struct cli_option *find_option(const struct cli_command *command,
    const char *name,
    size_t size)
{
    const struct cli_option *option = find_in(cli_globals, name, size);
    if (option == NULL && command != NULL) {
        option = find_in(command->options, name, size);
    }
    return option;
}

/* Digits alone into *out; returns what follows them, or NULL. */
static const char *read_digits(uint64_t *out, const char *text)
{
    uint64_t value = 0;
    const char *at = text;
    while (*at >= '0' && *at <= '9') {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10u) {
            return NULL;
        }
        value = value * 10u + digit;
        at++;
    }
    *out = value;
    return at == text ? NULL : at;
}

/* The factor that a unit stands for, 0 if it is none of this kind. */
static uint64_t unit_factor(enum cli_kind kind, const char *unit)
{
    static const struct {
        enum cli_kind kind;
        const char *unit;
        uint64_t factor;
    } units[] = {
        { CLI_COUNT, "", 1 },
        { CLI_BYTES, "", 1 },
        { CLI_BYTES, "k", 1u << 10 },
        { CLI_BYTES, "K", 1u << 10 },
        { CLI_BYTES, "M", 1u << 20 },
        { CLI_BYTES, "G", 1u << 30 },
        { CLI_SPAN, "s", 1000 },
        { CLI_SPAN, "m", 60000 },
        { CLI_SPAN, "h", 3600000 },
        { CLI_SPAN, "d", 86400000 },
        { CLI_SPAN, "w", 604800000 },
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].kind == kind && strcmp(units[i].unit, unit) == 0) {
            return units[i].factor;
        }
    }
    return 0;
}

static int is_choice(const char *choices, const char *value)
{
    size_t size = strlen(value);
    for (const char *at = choices; size > 0 && at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, value, size) == 0 && (at[size] == '|' || at[size] == '\0')) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code check_value(struct cli_given *given, mirsal_error *err)
{
    const struct cli_option *option = given->option;
    uint64_t factor = 0;
    const char *rest = NULL;
    switch (option->kind) {
    case CLI_FLAG:
    case CLI_TEXT:
    case CLI_FILE:
    case CLI_FOLDER:
        return MIRSAL_OK;
    case CLI_CHOICE:
        if (is_choice(option->value, given->value)) {
            return MIRSAL_OK;
        }
        return cli_fail(err, MIRSAL_USAGE, "%s takes %s, not '%.*s'", option->name, option->value,
            WORD_SHOWN_MAX, given->value);
    case CLI_COUNT:
    case CLI_BYTES:
    case CLI_SPAN:
        break;
    }
    rest = read_digits(&given->number, given->value);
    factor = rest == NULL ? 0 : unit_factor(option->kind, rest);
    if (factor == 0 || given->number > UINT64_MAX / factor) {
        return cli_fail(err, MIRSAL_USAGE, "%s takes %s, not '%.*s'", option->name,
            option->kind == CLI_SPAN    ? "a time span such as 12h or 7d"
            : option->kind == CLI_BYTES ? "a number of bytes such as 3000 or 2M"
                                        : "a whole number",
            WORD_SHOWN_MAX, given->value);
    }
    given->number *= factor;
    return MIRSAL_OK;
}

/* Takes the option at argv[*at]; moves *at to its last word. */
static mirsal_code take_option(struct cli_args *out,
    int argc,
    const char *const *argv,
    int *at,
    mirsal_error *err)
{
    const char *word = strcmp(argv[*at], "-h") == 0 ? "--help" : argv[*at];
    size_t size = strcspn(word, "=");
    const struct cli_option *option = find_option(out->command, word, size);
    if (option == NULL) {
        return cli_fail(err, MIRSAL_USAGE, "no option '%.*s'%s%s",
            (int)(size < WORD_SHOWN_MAX ? size : WORD_SHOWN_MAX), word,
            out->command == NULL ? "" : " of ", out->command == NULL ? "" : out->command->words);
    }
    struct cli_given given = { .option = option };
    if (option->kind == CLI_FLAG) {
        if (word[size] == '=') {
            return cli_fail(err, MIRSAL_USAGE, "%s takes no value", option->name);
        }
    } else if (word[size] == '=') {
        given.value = word + size + 1;
    } else if (*at + 1 < argc) {
        given.value = argv[++*at];
    } else {
        return cli_fail(err, MIRSAL_USAGE, "%s needs %s", option->name, option->value);
    }
    if ((option->rules & CLI_REPEATED) == 0 && option->kind != CLI_FLAG &&
        cli_args_has(out, option->name)) {
        return cli_fail(err, MIRSAL_USAGE, "%s stands twice", option->name);
    }
    mirsal_code rc = check_value(&given, err);
    if (rc == MIRSAL_OK) {
        out->given[out->given_count++] = given;
    }
    return rc;
}

/* The words of the command are the first ones that are no options, so far given by argv[at]. */
static mirsal_code take_command(struct cli_args *out,
    int argc,
    const char *const *argv,
    int *at,
    mirsal_error *err)
{
    size_t used = 0;
    out->command = cli_command_find(argv + *at, (size_t)(argc - *at), &used);
    if (out->command == NULL) {
        return cli_fail(
            err, MIRSAL_USAGE, "no command '%.*s'; see mirsal help", WORD_SHOWN_MAX, argv[*at]);
    }
    *at += (int)used - 1;
    return MIRSAL_OK;
}

static mirsal_code check_needs(const struct cli_args *args, mirsal_error *err)
{
    const struct cli_command *command = args->command;
    if (command == NULL || cli_args_has(args, "--help") || cli_args_has(args, "--version")) {
        return MIRSAL_OK;
    }
    if (args->operand_count > command->operands_max) {
        return cli_fail(err, MIRSAL_USAGE, "%s: one word too many: '%.*s'", command->words,
            WORD_SHOWN_MAX, args->operands[command->operands_max]);
    }
    if (args->operand_count < command->operands_min) {
        return cli_fail(err, MIRSAL_USAGE, "%s needs %s", command->words, command->operands);
    }
    for (const struct cli_option *option = command->options; option->name != NULL; option++) {
        if ((option->rules & CLI_REQUIRED) != 0 && !cli_args_has(args, option->name)) {
            return cli_fail(
                err, MIRSAL_USAGE, "%s needs %s %s", command->words, option->name, option->value);
        }
    }
    return MIRSAL_OK;
}

mirsal_code cli_args_parse(struct cli_args *out,
    int argc,
    const char *const *argv,
    mirsal_error *err)
{
    size_t room = (size_t)(argc < 1 ? 1 : argc);
    *out = (struct cli_args){ 0 };
    out->operands = calloc(room, sizeof(*out->operands));
    out->given = calloc(room, sizeof(*out->given));
    if (out->operands == NULL || out->given == NULL) {
        return cli_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (int i = 1; i < argc; i++) {
        if (!cli_is_utf8(argv[i])) {
            return cli_fail(err, MIRSAL_NOT_UTF8, "argument %d is not valid UTF-8", i);
        }
    }
    int options_end = 0;
    for (int i = 1; i < argc; i++) {
        mirsal_code rc = MIRSAL_OK;
        const char *word = argv[i];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = 1;
        } else if (!options_end && word[0] == '-' && word[1] != '\0') {
            rc = take_option(out, argc, argv, &i, err);
        } else if (out->command == NULL) {
            rc = take_command(out, argc, argv, &i, err);
        } else {
            out->operands[out->operand_count++] = word;
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return check_needs(out, err);
}

void cli_args_fini(struct cli_args *args)
{
    free(args->operands);
    free(args->given);
    *args = (struct cli_args){ 0 };
}

static const struct cli_given *last_given(const struct cli_args *args, const char *name)
{
    assert(find_option(args->command, name, strlen(name)) != NULL);
    for (size_t i = args->given_count; i > 0; i--) {
        if (strcmp(args->given[i - 1u].option->name, name) == 0) {
            return &args->given[i - 1u];
        }
    }
    return NULL;
}

int cli_args_has(const struct cli_args *args, const char *name)
{
    return last_given(args, name) != NULL;
}

const char *cli_args_text(const struct cli_args *args, const char *name)
{
    const struct cli_given *given = last_given(args, name);
    return given == NULL ? NULL : given->value;
}

uint64_t cli_args_number(const struct cli_args *args, const char *name)
{
    const struct cli_given *given = last_given(args, name);
    return given == NULL ? 0 : given->number;
}

size_t cli_args_all(const char **values, const struct cli_args *args, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            values[count++] = args->given[i].value;
        }
    }
    return count;
}
