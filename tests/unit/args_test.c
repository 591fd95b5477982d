/* SPDX-License-Identifier: Apache-2.0 */
/* unit/args_test.c - the command line: commands, options, values, and errors that name the word. */
#include "args.h"

#include "test_env.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 24

struct line {
    struct cli_args args;
    mirsal_error err;
    mirsal_code rc;
};

/* Parses words with blanks between, behind the program's name. */
static void parse(struct line *line, char *text)
{
    const char *argv[WORDS_MAX] = { "mirsal" };
    int argc = 1;
    for (char *word = strtok_r(text, " ", &text); word != NULL; word = strtok_r(NULL, " ", &text)) {
        argv[argc++] = word;
    }
    line->err = (mirsal_error){ 0 };
    line->rc = cli_args_parse(&line->args, argc, argv, &line->err);
}

static void assert_usage(const char *words, const char *named)
{
    struct line line;
    char text[256];
    snprintf(text, sizeof(text), "%s", words);
    parse(&line, text);
    if (line.rc != MIRSAL_USAGE || strstr(line.err.message, named) == NULL) {
        fail_msg(
            "%s: code %d, '%s' does not name %s", words, (int)line.rc, line.err.message, named);
    }
    cli_args_fini(&line.args);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    struct line line;
    char text[] = "--json team create --recovery=r Idlib --store s --kdf-ms 20";
    parse(&line, text);
    assert_int_equal(line.rc, MIRSAL_OK);
    assert_ptr_equal(line.args.command, cli_command_at(CLI_TEAM_CREATE));
    assert_int_equal(line.args.operand_count, 1);
    assert_string_equal(line.args.operands[0], "Idlib");
    assert_string_equal(cli_args_text(&line.args, "--recovery"), "r");
    assert_string_equal(cli_args_text(&line.args, "--store"), "s");
    assert_int_equal(cli_args_number(&line.args, "--kdf-ms"), 20);
    assert_true(cli_args_has(&line.args, "--json"));
    assert_false(cli_args_has(&line.args, "--quiet"));
    assert_null(cli_args_text(&line.args, "--label"));
    cli_args_fini(&line.args);
}

static void longest_command_wins(void **state)
{
    (void)state;
    struct line line;
    char list[] = "invite list";
    char made[] = "invite --role monitor";
    parse(&line, list);
    assert_int_equal(line.rc, MIRSAL_OK);
    assert_ptr_equal(line.args.command, cli_command_at(CLI_INVITE_LIST));
    cli_args_fini(&line.args);
    parse(&line, made);
    assert_int_equal(line.rc, MIRSAL_OK);
    assert_ptr_equal(line.args.command, cli_command_at(CLI_INVITE));
    assert_int_equal(cli_command_id_of(line.args.command), CLI_INVITE);
    cli_args_fini(&line.args);
}

static void assignments_are_operands(void **state)
{
    (void)state;
    struct line line;
    char text[] = "edit @demo:I1 means-=rocket title:ar=غارة FIELD= -- --json";
    parse(&line, text);
    assert_int_equal(line.rc, MIRSAL_OK);
    assert_int_equal(line.args.operand_count, 5);
    assert_string_equal(line.args.operands[2], "title:ar=غارة");
    assert_string_equal(line.args.operands[4], "--json");
    assert_false(cli_args_has(&line.args, "--json"));
    cli_args_fini(&line.args);
}

static void values_by_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        const char *option;
        uint64_t number;
    } cases[] = {
        { "sync --budget 3000", "--budget", 3000 },
        { "sync --budget 2M", "--budget", 2u << 20 },
        { "sync --watch --interval 90s", "--interval", 90000 },
        { "invite --role monitor --expires 7d", "--expires", UINT64_C(604800000) },
        { "invite --role monitor --expires 2w", "--expires", UINT64_C(1209600000) },
        { "list incident --limit 18446744073709551615", "--limit", UINT64_MAX },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line line;
        char text[128];
        snprintf(text, sizeof(text), "%s", cases[i].words);
        parse(&line, text);
        assert_int_equal(line.rc, MIRSAL_OK);
        assert_true(cli_args_number(&line.args, cases[i].option) == cases[i].number);
        cli_args_fini(&line.args);
    }
}

static void repeated_options_are_all_there(void **state)
{
    (void)state;
    struct line line;
    const char *values[WORDS_MAX];
    char text[] = "assess X --field killed --reject A=b --reason r --reject C=d";
    parse(&line, text);
    assert_int_equal(line.rc, MIRSAL_OK);
    assert_int_equal(cli_args_all(values, &line.args, "--reject"), 2);
    assert_string_equal(values[0], "A=b");
    assert_string_equal(values[1], "C=d");
    cli_args_fini(&line.args);
}

static void errors_name_the_word(void **state)
{
    (void)state;
    assert_usage("parcel export x", "parcel");
    assert_usage("handoff", "handoff");
    assert_usage("sync --elsewhere", "--elsewhere");
    assert_usage("sync --pier x", "--pier");
    assert_usage("sync --media some", "--media");
    assert_usage("sync --media=", "all|thumbnails|none");
    assert_usage("sync --budget 12q", "12q");
    assert_usage("sync --budget -1", "-1");
    assert_usage("sync --budget 18446744073709551616", "--budget");
    assert_usage("sync --budget 99999999999999999G", "--budget");
    assert_usage("sync now", "now");
    assert_usage("sync --watch=yes", "--watch");
    assert_usage("sync --relay a --relay b", "--relay");
    assert_usage("invite --role admin", "admin");
    assert_usage("invite --role monitor --expires 7", "--expires");
    assert_usage("invite", "--role");
    assert_usage("team", "team");
    assert_usage("team create", "NAME");
    assert_usage("team create X", "--recovery");
    assert_usage("team create X --recovery", "--recovery");
    assert_usage("withdraw X", "--reason");
    assert_usage("edit X", "FIELD=VALUE");
    assert_usage("--json=1 status", "--json");
    assert_usage("-x status", "-x");
    assert_usage("export --format csv OUT", "csv");
}

static void help_needs_nothing_more(void **state)
{
    (void)state;
    struct line line;
    char text[] = "team create -h";
    parse(&line, text);
    assert_int_equal(line.rc, MIRSAL_OK);
    assert_true(cli_args_has(&line.args, "--help"));
    cli_args_fini(&line.args);
}

static void words_are_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = { "\xFF", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "a\x80", "\xE2\x82" };
    static const char *const good[] = { "", "title=غارة", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *argv[] = { "mirsal", "search", bad[i] };
        struct cli_args args;
        mirsal_error err = { 0 };
        assert_false(cli_is_utf8(bad[i]));
        assert_int_equal(cli_args_parse(&args, 3, argv, &err), MIRSAL_NOT_UTF8);
        assert_non_null(strstr(err.message, "argument 2"));
        assert_true(cli_is_utf8(err.message));
        cli_args_fini(&args);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(cli_is_utf8(good[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(longest_command_wins),
        cmocka_unit_test(assignments_are_operands),
        cmocka_unit_test(values_by_their_kind),
        cmocka_unit_test(repeated_options_are_all_there),
        cmocka_unit_test(errors_name_the_word),
        cmocka_unit_test(help_needs_nothing_more),
        cmocka_unit_test(words_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
