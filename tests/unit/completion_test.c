/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/completion_test.c - the bash script parses, completes commands, options and values; every
 * command has help with an example, and stands in the man page.
 */
#include "completion.h"

#include "commands.h"
#include "help.h"
#include "messages.h"
#include "test_env.h"

#include <stdlib.h>
#include <string.h>

static char script[] = "/tmp/mirsal-completion-XXXXXX";

static int write_script(void **state)
{
    (void)state;
    int file = mkstemp(script);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    if (out == NULL) {
        return -1;
    }
    cli_completion_bash(out);
    return fclose(out);
}

static int remove_script(void **state)
{
    (void)state;
    return remove(script);
}

static void script_is_bash(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "bash -n %s", script);
    assert_int_equal(system(command), 0);
}

/* What the words complete to, the last of them being begun; " a b c ". Given. */
static char *completions(const char *words)
{
    char command[512];
    char *text = calloc(1, 8192);
    snprintf(command, sizeof(command),
        "bash -c '. %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mirsal;"
        " echo \" ${COMPREPLY[*]} \"'",
        script, words);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_true(fread(text, 1, 8191, pipe) > 0);
    pclose(pipe);
    return text;
}

static void assert_completes(const char *words, const char *to)
{
    char *text = completions(words);
    char word[64];
    snprintf(word, sizeof(word), " %s ", to);
    if (strstr(text, word) == NULL) {
        fail_msg("%s gives%s, not %s", words, text, to);
    }
    free(text);
}

static void every_command_completes(void **state)
{
    (void)state;
    char *first = completions("mirsal \"\"");
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const char *words = cli_command_at((enum cli_command_id)id)->words;
        const char *blank = strchr(words, ' ');
        char word[64];
        snprintf(word, sizeof(word), " %.*s ", (int)strcspn(words, " "), words);
        assert_non_null(strstr(first, word));
        if (blank != NULL) {
            snprintf(word, sizeof(word), "mirsal %.*s \"\"", (int)(blank - words), words);
            assert_completes(word, blank + 1);
        }
    }
    free(first);
}

static void every_option_completes(void **state)
{
    (void)state;
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        char words[64];
        snprintf(words, sizeof(words), "mirsal %s --", command->words);
        char *text = completions(words);
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            if (strstr(text, option->name) == NULL) {
                fail_msg("%s: no %s in%s", command->words, option->name, text);
            }
        }
        assert_non_null(strstr(text, " --store "));
        free(text);
    }
}

static void values_complete(void **state)
{
    (void)state;
    assert_completes("mirsal --store x invite --role co", "coordinator");
    assert_completes("mirsal sync --media \"\"", "thumbnails");
    assert_completes("mirsal completion \"\"", "bash");
    assert_completes("mirsal help in", "invite");
    assert_completes("mirsal invite \"\"", "list");
    assert_completes("mirsal --json st", "status");
}

static void every_command_has_help(void **state)
{
    (void)state;
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        char begin[64];
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        cli_help_command(out, command, CLI_ENGLISH);
        fclose(out);
        snprintf(begin, sizeof(begin), "mirsal %s", command->words);
        const char *examples = strstr(text, "examples:\n");
        assert_non_null(examples);
        if (strstr(command->examples, command->words) == NULL) {
            fail_msg("%s: no example", command->words);
        }
        assert_non_null(strstr(text, begin));
        assert_string_not_equal(cli_text(CLI_ARABIC, command->summary), command->summary);
        free(text);
    }
}

/* The whole page. Given. */
static char *read_page(const char *name)
{
    char path[1024];
    const char *source = getenv("MIRSAL_SOURCE");
    char *text = calloc(1, 1u << 20);
    snprintf(path, sizeof(path), "%s/docs/man/%s", source == NULL ? "." : source, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, (1u << 20) - 1u, file) > 0);
    fclose(file);
    return text;
}

static void every_command_and_option_is_in_the_page(void **state)
{
    (void)state;
    char *page = read_page("mirsal.1");
    char entry[128];
    for (int id = 0; id < CLI_COMMAND_COUNT; id++) {
        const struct cli_command *command = cli_command_at((enum cli_command_id)id);
        snprintf(entry, sizeof(entry), ".It Ic %s", command->words);
        if (strstr(page, entry) == NULL) {
            fail_msg("mirsal.1 has no '%s'", entry);
        }
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            snprintf(entry, sizeof(entry), "Fl -%s", option->name + 2);
            if (strstr(page, entry) == NULL) {
                fail_msg("mirsal.1 has no '%s' of %s", entry, command->words);
            }
        }
    }
    assert_non_null(strstr(page, ".Sh EXAMPLES"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(script_is_bash),
        cmocka_unit_test(every_command_completes),
        cmocka_unit_test(every_option_completes),
        cmocka_unit_test(values_complete),
        cmocka_unit_test(every_command_has_help),
        cmocka_unit_test(every_command_and_option_is_in_the_page),
    };
    return cmocka_run_group_tests(tests, write_script, remove_script);
}
