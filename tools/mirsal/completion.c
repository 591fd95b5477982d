/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/completion.c - the table of commands as a bash function. The script needs bash alone.
 */
#include "completion.h"

#include "commands.h"

#include <string.h>

static const char head[] =
    "# bash completion of mirsal; made by `mirsal completion bash`.\n"
    "_mirsal()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local first='' second='' command='' options='' next='' files='' at\n"
    "    COMPREPLY=()\n"
    "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "        case ${COMP_WORDS[at]} in\n"
    "        --store | --passphrase-file) ((at++)) ;;\n"
    "        -*) ;;\n"
    "        *)\n"
    "            if [ -z \"$first\" ]; then\n"
    "                first=${COMP_WORDS[at]}\n"
    "            elif [ -z \"$second\" ]; then\n"
    "                second=${COMP_WORDS[at]}\n"
    "            fi\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "    case \"$first $second\" in\n";

static const char tail[] = "    case $word in\n"
                           "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
                           "    *)\n"
                           "        COMPREPLY=($(compgen -W \"$next\" -- \"$word\"))\n"
                           "        if [ -n \"$files\" ]; then\n"
                           "            compopt -o filenames 2>/dev/null\n"
                           "            COMPREPLY+=($(compgen -f -- \"$word\"))\n"
                           "        fi\n"
                           "        ;;\n"
                           "    esac\n"
                           "}\n"
                           "complete -F _mirsal mirsal\n";

static void put_names(FILE *out, const struct cli_option *options)
{
    for (const struct cli_option *option = options; option->name != NULL; option++) {
        fprintf(out, " %s", option->name);
    }
}

static int takes_file(const struct cli_command *command)
{
    return strncmp(command->operands, "FILE", 4) == 0 || strcmp(command->operands, "OUT") == 0;
}

static const char *second_word(const struct cli_command *command)
{
    const char *blank = strchr(command->words, ' ');
    return blank == NULL ? "" : blank + 1;
}

/* What follows the word alone: second words of commands that begin with it. */
static void put_following(FILE *out, const char *first, size_t size)
{
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        if (strncmp(command->words, first, size) == 0 && command->words[size] == ' ') {
            fprintf(out, " %s", second_word(command));
        }
    }
}

/* Each first word once, in the table's order. */
static int is_first_of_its_word(int id, size_t size)
{
    const char *words = cli_command_at((enum cli_command_id)id)->words;
    for (int before = 0; before < id; before++) {
        const char *other = cli_command_at((enum cli_command_id)before)->words;
        if (strncmp(other, words, size) == 0 && (other[size] == ' ' || other[size] == '\0')) {
            return 0;
        }
    }
    return 1;
}

static void put_first_words(FILE *out)
{
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const char *words = cli_command_at((enum cli_command_id)id)->words;
        size_t size = strcspn(words, " ");
        if (is_first_of_its_word(id, size)) {
            fprintf(out, " %.*s", (int)size, words);
        }
    }
}

static void put_command(FILE *out, const struct cli_command *command)
{
    int has_second = second_word(command)[0] != '\0';
    fprintf(out, "    '%s'%s)\n        command='%s' options='", command->words,
        has_second ? "" : "' '*", command->words);
    put_names(out, command->options);
    fputc('\'', out);
    if (takes_file(command)) {
        fputs(" files=yes", out);
    }
    if (strcmp(command->operands, "bash") == 0) {
        fputs(" next=bash", out);
    } else if (strcmp(command->words, "help") == 0) {
        fputs(" next='", out);
        put_first_words(out);
        fputc('\'', out);
    } else if (!has_second) {
        fputs("\n        [ -z \"$second\" ] && next='", out);
        put_following(out, command->words, strlen(command->words));
        fputc('\'', out);
    }
    fputs("\n        ;;\n", out);
}

/* Words that begin commands and are none: team, relay, device. */
static void put_group(FILE *out, int id)
{
    const char *words = cli_command_at((enum cli_command_id)id)->words;
    size_t size = strcspn(words, " ");
    if (words[size] == ' ' && is_first_of_its_word(id, size)) {
        fprintf(out, "    '%.*s ')\n        next='", (int)size, words);
        put_following(out, words, size);
        fputs("'\n        ;;\n", out);
    }
}

static void put_value(FILE *out, const struct cli_command *command, const struct cli_option *option)
{
    const char *action = option->kind == CLI_FOLDER ? "COMPREPLY=($(compgen -d -- \"$word\"))"
                                                    : "COMPREPLY=($(compgen -f -- \"$word\"))";
    if (option->kind == CLI_FLAG) {
        return;
    }
    fprintf(out, "    %s'%s %s')\n        ", command == NULL ? "*" : "",
        command == NULL ? "" : command->words, option->name);
    if (option->kind == CLI_CHOICE) {
        fputs("COMPREPLY=($(compgen -W '", out);
        for (const char *at = option->value; *at != '\0'; at++) {
            fputc(*at == '|' ? ' ' : *at, out);
        }
        fputs("' -- \"$word\"))\n        ", out);
    } else if (option->kind == CLI_FILE || option->kind == CLI_FOLDER) {
        fprintf(out, "compopt -o filenames 2>/dev/null\n        %s\n        ", action);
    }
    fputs("return\n        ;;\n", out);
}

static void put_values(FILE *out)
{
    fputs("    case \"$command $before\" in\n", out);
    for (const struct cli_option *option = cli_globals; option->name != NULL; option++) {
        put_value(out, NULL, option);
    }
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            put_value(out, command, option);
        }
    }
    fputs("    esac\n", out);
}

void cli_completion_bash(FILE *out)
{
    fputs(head, out);
    /* Two words first: `invite list` is not `invite` with an operand. */
    for (int pass = 0; pass < 2; pass++) {
        for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
            const struct cli_command *command = cli_command_at((enum cli_command_id)id);
            if ((second_word(command)[0] == '\0') == (pass == 1)) {
                put_command(out, command);
            }
        }
    }
    fputs("    ' ')\n        next='", out);
    put_first_words(out);
    fputs("'\n        ;;\n", out);
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        put_group(out, id);
    }
    fputs("    esac\n    options+='", out);
    put_names(out, cli_globals);
    fputs("'\n", out);
    put_values(out);
    fputs(tail, out);
}
