/* SPDX-License-Identifier: Apache-2.0 */
/* unit/output_test.c - exit codes, errors on stderr, the answer held in memory, secrets. */
#include "output.h"

#include "messages.h"
#include "secrets.h"
#include "test_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The interface's table: which printed code ends the program how. */
static void each_code_has_its_exit(void **state)
{
    (void)state;
    static const struct {
        mirsal_code code;
        int exit;
    } cases[] = {
        { MIRSAL_OK, 0 },
        { MIRSAL_USAGE, 2 },
        { MIRSAL_MISUSE, 2 },
        { MIRSAL_NOT_FOUND, 1 },
        { MIRSAL_AMBIGUOUS_ID, 1 },
        { MIRSAL_NO_STORE, 1 },
        { MIRSAL_STORE_EXISTS, 1 },
        { MIRSAL_UNKNOWN_TYPE, 1 },
        { MIRSAL_OUT_OF_RANGE, 1 },
        { MIRSAL_NOT_UTF8, 1 },
        { MIRSAL_DISK_FULL, 1 },
        { MIRSAL_LOCKED, 1 },
        { MIRSAL_VERSION, 1 },
        { MIRSAL_CORRUPT, 1 },
        { MIRSAL_WIPED, 1 },
        { MIRSAL_MALFORMED, 1 },
        { MIRSAL_WRONG_PASSPHRASE, 4 },
        { MIRSAL_NOT_ALLOWED, 4 },
        { MIRSAL_BAD_SIGNATURE, 4 },
        { MIRSAL_BAD_ROOT, 4 },
        { MIRSAL_REFUSED, 4 },
        { MIRSAL_QUOTA, 4 },
        { MIRSAL_NO_RELAY, 5 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(cli_exit_of(cases[i].code, 0), cases[i].exit);
    }
    assert_int_equal(cli_exit_of(MIRSAL_OK, 1), 3);
    assert_int_equal(cli_exit_of(MIRSAL_NO_RELAY, 1), 5);
}

/* What cli_print_error prints. Given. */
static char *printed(const mirsal_error *err, int json, enum cli_language language)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    cli_print_error(to, err, json, language);
    fclose(to);
    return text;
}

static void errors_as_json(void **state)
{
    (void)state;
    static const struct {
        mirsal_error err;
        const char *line;
    } cases[] = {
        { { .code = MIRSAL_OUT_OF_RANGE, .field = "lat", .message = "not \"a\" latitude" },
            "{\"error\":{\"code\":\"out_of_range\",\"message\":\"not \\\"a\\\" latitude\","
            "\"field\":\"lat\"}}\n" },
        { { .code = MIRSAL_BAD_VALUE, .offset = 7, .message = "x" },
            "{\"error\":{\"code\":\"bad_value\",\"message\":\"x\",\"line\":7}}\n" },
        { { .code = MIRSAL_NO_RELAY, .field = "http://127.0.0.1:1", .message = "refused" },
            "{\"error\":{\"code\":\"no_relay\",\"message\":\"refused\","
            "\"peer\":\"http://127.0.0.1:1\"}}\n" },
        { { .code = MIRSAL_USAGE, .message = "cut \xD8\xBA\xD8" },
            "{\"error\":{\"code\":\"usage\",\"message\":\"cut \xD8\xBA\"}}\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = printed(&cases[i].err, 1, CLI_ARABIC);
        assert_string_equal(text, cases[i].line);
        free(text);
    }
}

static void errors_for_people(void **state)
{
    (void)state;
    mirsal_error err = {
        .code = MIRSAL_OUT_OF_RANGE, .offset = 3, .field = "lat", .message = "135\033[2J\n"
    };
    char *english = printed(&err, 0, CLI_ENGLISH);
    char *arabic = printed(&err, 0, CLI_ARABIC);
    assert_string_equal(english, "mirsal: out of range, line 3, field lat: 135 [2J \n");
    assert_non_null(strstr(arabic, "خارج النطاق"));
    assert_non_null(strstr(arabic, "السطر 3"));
    free(english);
    free(arabic);
}

/* "no store here: no store here" said nothing twice. */
static void an_error_that_is_its_label_is_said_once(void **state)
{
    (void)state;
    mirsal_error err = { .code = MIRSAL_NO_STORE, .message = "no store here" };
    char *english = printed(&err, 0, CLI_ENGLISH);
    char *arabic = printed(&err, 0, CLI_ARABIC);
    assert_string_equal(english, "mirsal: no store here\n");
    assert_null(strstr(arabic, "no store"));
    free(english);
    free(arabic);
}

static void give_line(struct cli_lines *lines, const char *json)
{
    assert_int_equal(cli_lines_give(lines, json, strlen(json)), 0);
}

static void lines_pass_through_with_json(void **state)
{
    (void)state;
    struct cli cli = { .json = 1 };
    struct cli_lines lines = { .cli = &cli, .row = cli_row_change };
    assert_int_equal(cli_output_open(&cli), MIRSAL_OK);
    give_line(&lines, "{\"b\":1, \"a\":[]}");
    give_line(&lines, "{}");
    fflush(cli.out);
    assert_string_equal(cli.held, "{\"b\":1, \"a\":[]}\n{}\n");
    assert_int_equal(lines.count, 2);
    cli_output_close(&cli);
}

static void released_once(void **state)
{
    (void)state;
    struct cli cli = { 0 };
    struct cli_lines lines = { .cli = &cli, .row = cli_row_change, .at_once = 1 };
    char seen[128] = "";
    int kept = dup(STDOUT_FILENO);
    FILE *file = tmpfile();
    assert_int_equal(cli_output_open(&cli), MIRSAL_OK);
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    give_line(&lines, "{\"cursor\":\"c1\",\"id\":\"i\",\"type\":\"t\",\"fields\":[\"a\",\"b\"]}");
    give_line(&lines, "{\"cursor\":\"c2\",\"id\":\"j\",\"type\":\"t\",\"fields\":[\"a\"]}");
    mirsal_code rc = cli_release(&cli);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(file);
    size_t size = fread(seen, 1, sizeof(seen) - 1u, file);
    fclose(file);
    cli_output_close(&cli);
    assert_int_equal(rc, MIRSAL_OK);
    assert_int_equal(size, strlen(seen));
    assert_string_equal(seen, "c1  i  t  a, b\nc2  j  t  a\n");
    assert_string_equal(lines.cursor, "c2");
}

static void secret_from_the_environment_is_wiped(void **state)
{
    (void)state;
    struct cli_secret secret;
    mirsal_error err = { 0 };
    setenv("MIRSAL_TEST_SECRET", "correct horse", 1);
    const char *value = getenv("MIRSAL_TEST_SECRET");
    assert_int_equal(cli_secret_find(&secret, NULL, "MIRSAL_TEST_SECRET", &err), MIRSAL_OK);
    assert_int_equal(secret.size, 13);
    assert_memory_equal(secret.bytes, "correct horse", 13);
    assert_null(getenv("MIRSAL_TEST_SECRET"));
    assert_int_equal(value[0], 0);
    cli_secret_wipe(&secret);
    assert_int_equal(secret.bytes[0], 0);
    assert_int_equal(secret.given, 0);
}

static void secret_that_nobody_gives(void **state)
{
    (void)state;
    struct cli_secret secret;
    mirsal_error err = { 0 };
    unsetenv("MIRSAL_TEST_SECRET");
    assert_int_equal(cli_secret_find(&secret, NULL, "MIRSAL_TEST_SECRET", &err), MIRSAL_OK);
    assert_int_equal(secret.given, 0);
    setenv("MIRSAL_TEST_SECRET", "", 1);
    assert_int_equal(cli_secret_find(&secret, NULL, "MIRSAL_TEST_SECRET", &err), MIRSAL_USAGE);
    assert_int_equal(
        cli_secret_find(&secret, "/nowhere/at/all", "MIRSAL_TEST_SECRET", &err), MIRSAL_USAGE);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
}

static void secret_is_the_first_line_of_a_file(void **state)
{
    (void)state;
    struct cli_secret secret;
    mirsal_error err = { 0 };
    char path[] = "/tmp/mirsal-secret-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "عبارة\r\nnot this\n", 22), 22);
    close(file);
    assert_int_equal(cli_secret_find(&secret, path, "MIRSAL_TEST_SECRET", &err), MIRSAL_OK);
    assert_int_equal(secret.size, strlen("عبارة"));
    assert_memory_equal(secret.bytes, "عبارة", secret.size);
    cli_secret_wipe(&secret);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_its_exit),
        cmocka_unit_test(errors_as_json),
        cmocka_unit_test(errors_for_people),
        cmocka_unit_test(an_error_that_is_its_label_is_said_once),
        cmocka_unit_test(lines_pass_through_with_json),
        cmocka_unit_test(released_once),
        cmocka_unit_test(secret_from_the_environment_is_wiped),
        cmocka_unit_test(secret_that_nobody_gives),
        cmocka_unit_test(secret_is_the_first_line_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
