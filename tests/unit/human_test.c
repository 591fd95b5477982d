/* SPDX-License-Identifier: Apache-2.0 */
/* unit/human_test.c - answers for people: values, records, tallies, tables of mixed scripts. */
#include "human.h"

#include "messages.h"
#include "test_env.h"

#include <stdlib.h>
#include <string.h>

static json_t *parsed(const char *text)
{
    json_error_t reason;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &reason);
    assert_non_null(value);
    return value;
}

/* What a render makes of an answer. Given. */
static char *rendered(cli_render *render, const char *answer, enum cli_language language)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *value = parsed(answer);
    render(out, value, language);
    fclose(out);
    json_decref(value);
    return text;
}

static void values_in_one_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "\"town\"", "town" },
        { "5", "5" },
        { "true", "yes" },
        { "null", "-" },
        { "[]", "unknown" },
        { "[\"a\",\"b\"]", "a, b" },
        { "[[\"ar\",\"غارة\"],[\"en\",\"Raid\"]]", "ar: غارة · en: Raid" },
        { "[[\"female\",\"adult\"],[null,\"child\"]]", "[\"female\",\"adult\"], [null,\"child\"]" },
        { "{\"relay\":3,\"readers\":1}", "relay 3, readers 1" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *value = parsed(cases[i][0]);
        char *text = cli_value_text(value, CLI_ENGLISH);
        assert_string_equal(text, cases[i][1]);
        free(text);
        json_decref(value);
    }
}

static void titles_follow_the_language(void **state)
{
    (void)state;
    json_t *record = parsed("{\"title\":[[\"ar\",\"غارة\"],[\"en\",\"Raid\"]],\"min\":5}");
    json_t *claim = parsed("{\"outcome\":\"killed\",\"min\":5,\"max\":5,\"quality\":\"exact\"}");
    char *arabic = cli_record_title(record, CLI_ARABIC);
    char *english = cli_record_title(record, CLI_ENGLISH);
    char *figures = cli_record_title(claim, CLI_ENGLISH);
    assert_string_equal(arabic, "غارة");
    assert_string_equal(english, "Raid");
    assert_string_equal(figures, "killed, 5, 5, exact");
    free(arabic);
    free(english);
    free(figures);
    json_decref(record);
    json_decref(claim);
}

static void width_is_columns_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(cli_width("abc"), 3);
    assert_int_equal(cli_width("غارة"), 4);
    assert_int_equal(cli_width("غَارَة"), 4); /* with vowel marks */
    assert_int_equal(cli_width("日本"), 4);
    assert_int_equal(cli_width("a\xE2\x80\x8F"), 1); /* a mark of direction */
    assert_int_equal(cli_width(""), 0);
}

static void text_cannot_steer_the_terminal(void **state)
{
    (void)state;
    char *clean = cli_clean("a\033[2Jb\n\xC2\x9B"
                            "c\xE2\x80\xAE"
                            "d\xE2\x81\xA7"
                            "e\x7F");
    assert_string_equal(clean, "a [2Jb  c d e ");
    free(clean);
}

static void tables_are_aligned(void **state)
{
    (void)state;
    static const char *const headings[] = { "place", "n", "note" };
    struct cli_table table;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cli_table_init(&table, headings, 3);
    cli_table_print(out, &table, 0);
    cli_table_cell(&table, "سراقب");
    cli_table_number(&table, 4);
    cli_table_cell(&table, "x");
    cli_table_cell(&table, "Al-Malaja");
    cli_table_number(&table, 15);
    cli_table_cell(&table, NULL);
    assert_int_equal(cli_table_rows(&table), 2);
    cli_table_print(out, &table, 0);
    cli_table_fini(&table);
    fclose(out);
    assert_string_equal(text, "place       n  note\n"
                              "سراقب       4  x\n"
                              "Al-Malaja  15  \n");
    free(text);
}

static void right_to_left_cells_are_isolated_on_terminals(void **state)
{
    (void)state;
    static const char *const headings[] = { "a" };
    struct cli_table table;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cli_table_init(&table, headings, 1);
    cli_table_cell(&table, "سراقب");
    cli_table_print(out, &table, 1);
    cli_table_fini(&table);
    fclose(out);
    assert_string_equal(text, "a\n\xE2\x81\xA8سراقب\xE2\x81\xA9\n");
    free(text);
}

static const char tally[] =
    "{\"rows\":[{\"actor\":\"Al-Malaja\",\"actor_id\":\"a1\",\"incidents\":1,"
    "\"without_figures\":0,"
    "\"killed\":{\"min\":5,\"best\":5,\"max\":12,\"open\":false,"
    "\"women\":{\"min\":4,\"best\":null,\"max\":4,\"open\":false},"
    "\"children\":{\"min\":0,\"best\":null,\"max\":null,\"open\":true}},"
    "\"wounded\":{\"min\":2,\"best\":null,\"max\":null,\"open\":true},"
    "\"sole\":{\"incidents\":1},\"ids\":[\"i1\"],\"claims\":[\"c2\",\"c3\"]}],"
    "\"boundary\":[],\"tolls\":[]}";

static void tally_shows_ranges_and_ids(void **state)
{
    (void)state;
    char *text = rendered(cli_render_tally, tally, CLI_ENGLISH);
    assert_string_equal(text,
        "#  actor      incidents  no figure  killed  women  children  wounded\n"
        "1  Al-Malaja          1          0  5–5–12      4        ≥0       ≥2\n"
        "[1] incidents: i1\n"
        "[1] claims: c2 c3\n");
    free(text);
}

static void tally_lists_the_first_ids_and_counts_the_rest(void **state)
{
    (void)state;
    static const char answer[] =
        "{\"rows\":[{\"incidents\":23,\"ids\":[\"i0\",\"i1\",\"i2\",\"i3\",\"i4\",\"i5\",\"i6\","
        "\"i7\",\"i8\",\"i9\",\"i10\",\"i11\",\"i12\",\"i13\",\"i14\",\"i15\",\"i16\",\"i17\","
        "\"i18\",\"i19\",\"i20\",\"i21\",\"i22\"]}],\"boundary\":[],\"tolls\":[]}";
    char *text = rendered(cli_render_tally, answer, CLI_ENGLISH);
    assert_non_null(strstr(text, " i18 i19 … +3 (--json)\n"));
    assert_null(strstr(text, "i20"));
    free(text);
}

static void log_says_why_and_how_many(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    struct cli_table table;
    json_t *held = json_loads("{\"label\":\"Amal\",\"seq\":8,\"kind\":\"data\","
                              "\"state\":\"quarantined\",\"reason\":\"cut\"}",
        0, NULL);
    json_t *cut = json_loads("{\"label\":\"Dima\",\"seq\":3,\"kind\":\"control\","
                             "\"state\":\"accepted\",\"affects\":2,"
                             "\"changeset\":\"0123456789abcdef0123456789abcdef\"}",
        0, NULL);
    FILE *out = open_memstream(&text, &size);
    cli_table_labels(&table, cli_log_columns, 7, CLI_ENGLISH);
    cli_row_log(out, &table, held, CLI_ENGLISH);
    cli_row_log(out, &table, cut, CLI_ENGLISH);
    cli_table_print(out, &table, 0);
    cli_table_fini(&table);
    fclose(out);
    assert_non_null(strstr(text, "quarantined (cut)"));
    assert_non_null(strstr(text, "accepted [-2]"));
    assert_non_null(strstr(text, " 0123456789ab\n"));
    free(text);
    json_decref(held);
    json_decref(cut);
}

static void device_list_counts_what_stands_in_quarantine(void **state)
{
    (void)state;
    char *text = rendered(cli_render_devices,
        "{\"devices\":[{\"label\":\"Amal\",\"state\":\"cut\",\"chains\":[{\"compartment\":0,"
        "\"quarantined\":2},{\"compartment\":1,\"quarantined\":3}]},"
        "{\"label\":\"Dima\",\"state\":\"active\",\"chains\":[]}]}",
        CLI_ENGLISH);
    assert_non_null(strstr(text, "Amal   cut               5\n"));
    assert_non_null(strstr(text, "Dima   active            0\n"));
    free(text);
}

static void cuts_are_sentences(void **state)
{
    (void)state;
    char *text = rendered(cli_render_object,
        "{\"cuts\":[{\"changeset\":\"0123456789abcdef\",\"by\":\"fedcba9876543210\","
        "\"reason\":\"lost\",\"kept\":[{\"compartment\":0,\"seq\":3},"
        "{\"compartment\":7,\"seq\":1},{\"compartment\":255,\"seq\":2}]},"
        "{\"changeset\":\"ab\",\"by\":\"cd\",\"reason\":\"hostile\",\"kept\":[]}]}",
        CLI_ENGLISH);
    assert_string_equal(text,
        "cuts:\n  lost, by fedcba987654, changeset 0123456789ab; what counts ends "
        "at main 3, 7: 1, control 2\n"
        "  hostile, by cd, changeset ab; what counts ends at nothing\n");
    free(text);
}

static void record_shows_its_parts(void **state)
{
    (void)state;
    char *text = rendered(cli_render_show,
        "{\"type\":\"incident\",\"id\":\"i1\",\"title\":[[\"en\",\"Raid\"]],\"means\":[],"
        "\"children\":[{\"type\":\"casualty\",\"id\":\"c1\",\"min\":5}],"
        "\"meta\":{\"created\":{\"label\":\"Amal\",\"stamp\":\"2019-11-17T09:00:00Z\"},"
        "\"state\":\"accepted\",\"origin\":null},"
        "\"conflicts\":[{\"id\":\"i1\",\"type\":\"incident\",\"field\":\"date\","
        "\"kind\":\"values\","
        "\"values\":[{\"pick\":1,\"value\":{\"date_start\":\"2019-11-16\"},\"label\":\"Dima\","
        "\"stamp\":\"s\",\"winner\":true}],\"settle\":\"mirsal resolve i1 date\"}]}",
        CLI_ENGLISH);
    assert_string_equal(text,
        "incident  i1\n  title: en: Raid\n  means: unknown\n"
        "recorded: Amal, 2019-11-17T09:00:00Z\nstate: accepted\n"
        "\nbelongs to it: casualty  c1\n  min: 5\n"
        "\nconflicts:\ni1  incident  date  values\n"
        "    1) date_start 2019-11-16  (Dima, s)  shown\n    settle: mirsal resolve i1 date\n");
    free(text);
}

static void objects_show_tables(void **state)
{
    (void)state;
    char *text = rendered(cli_render_import,
        "{\"rows\":2,\"added\":1,\"rejected_total\":1,\"rejected\":"
        "[{\"line\":2,\"code\":\"out_of_range\",\"field\":\"lon\",\"reason\":\"too far\"}]}",
        CLI_ENGLISH);
    assert_string_equal(text, "rows: 2\nadded: 1\nrejected: 1\n"
                              "line  code          field  reason\n"
                              "   2  out_of_range  lon    too far\n");
    free(text);
    text =
        rendered(cli_render_invite, "{\"invite\":\"mirsal1x\",\"role\":\"monitor\"}", CLI_ARABIC);
    assert_string_equal(text, "mirsal1x\nالدور: monitor\n");
    free(text);
}

static void sync_in_two_lines(void **state)
{
    (void)state;
    char *text = rendered(cli_render_sync,
        "{\"relay\":null,\"pushed\":3,\"pulled\":5,\"bytes_out\":10,\"bytes_in\":20,"
        "\"requests\":2,\"conflicts_opened\":1,\"more\":true}",
        CLI_ENGLISH);
    assert_string_equal(text, "sent 3, fetched 5, conflicts opened 1\n"
                              "bytes out 10, bytes in 20, requests 2\nmore to come\n");
    free(text);
}

static void language_comes_from_the_locale(void **state)
{
    (void)state;
    assert_int_equal(cli_language_of(NULL, NULL, NULL), CLI_ENGLISH);
    assert_int_equal(cli_language_of("ar_SY.UTF-8", NULL, "en_GB.UTF-8"), CLI_ARABIC);
    assert_int_equal(cli_language_of("C", "ar", "ar"), CLI_ENGLISH);
    assert_int_equal(cli_language_of("", "", "ar"), CLI_ARABIC);
    assert_int_equal(cli_language_of(NULL, NULL, "arn_CL"), CLI_ENGLISH);
}

static void messages_stand_once_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; cli_text_key(i) != NULL; i++) {
        const char *key = cli_text_key(i);
        assert_true(cli_text(CLI_ENGLISH, key)[0] != '\0');
        assert_true(cli_text(CLI_ARABIC, key)[0] != '\0');
        for (size_t before = 0; before < i; before++) {
            assert_string_not_equal(cli_text_key(before), key);
        }
    }
    assert_string_equal(cli_text(CLI_ARABIC, "no such key"), "no such key");
}

/* Every printed name of an error code has its text. */
static void error_codes_have_texts(void **state)
{
    (void)state;
#define CODE(name, value, class_, print, text) MIRSAL_##name,
    static const mirsal_code codes[] = { MIRSAL_ERRORS(CODE) };
#undef CODE
    for (size_t i = 1; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const char *name = mirsal_code_name(codes[i]);
        assert_ptr_not_equal(cli_text(CLI_ARABIC, name), name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_in_one_line),
        cmocka_unit_test(titles_follow_the_language),
        cmocka_unit_test(width_is_columns_not_bytes),
        cmocka_unit_test(text_cannot_steer_the_terminal),
        cmocka_unit_test(tables_are_aligned),
        cmocka_unit_test(right_to_left_cells_are_isolated_on_terminals),
        cmocka_unit_test(tally_shows_ranges_and_ids),
        cmocka_unit_test(log_says_why_and_how_many),
        cmocka_unit_test(device_list_counts_what_stands_in_quarantine),
        cmocka_unit_test(cuts_are_sentences),
        cmocka_unit_test(tally_lists_the_first_ids_and_counts_the_rest),
        cmocka_unit_test(record_shows_its_parts),
        cmocka_unit_test(objects_show_tables),
        cmocka_unit_test(sync_in_two_lines),
        cmocka_unit_test(language_comes_from_the_locale),
        cmocka_unit_test(messages_stand_once_in_both_languages),
        cmocka_unit_test(error_codes_have_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
