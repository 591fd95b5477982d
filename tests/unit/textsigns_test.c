/* SPDX-License-Identifier: Apache-2.0 */
/* unit/textsigns_test.c - texts of all scripts as signs of one byte. */
#include "textsigns.h"

#include "test_env.h"

#include <string.h>

static struct mir_signs of(const char *text)
{
    return (struct mir_signs){ (const uint8_t *)text, strlen(text), 0 };
}

static void check(const char *text, const char *expected)
{
    struct mir_signs signs = of(text);
    for (; *expected != '\0'; expected++) {
        assert_int_equal(mir_sign_next(&signs), *expected);
    }
    assert_int_equal(mir_sign_next(&signs), 0);
    assert_int_equal(mir_sign_next(&signs), 0);
}

static void signs_of_all_scripts(void **state)
{
    (void)state;
    check("a1 \t\n", "a1   ");
    check("\u0660\u0669\u06f5\uff13", "0953");
    check("\u066b\u066c\u060c", ".,,");
    check("\u2011\u2013\u2212\u00a0\u202f", "---  ");
    check("1\u200e2\u202c3\ufeff\u00ad4", "1234");
    check("\u2032\u2033\u201d\u2019", "'\"\"'");
    check("\u00b0\u00ba", "\x80\x80");
    check("\u0639\u6f22\U0001f600", "xxx");
}

static void words_end_at_blanks(void **state)
{
    (void)state;
    struct mir_signs signs = of("  Ab \u00a0 cd,\n");
    struct mir_word word;
    assert_true(mir_word_next(&word, &signs));
    assert_int_equal(word.size, 2);
    assert_int_equal(mir_word_find(&word, "ab"), 0);
    assert_int_equal(mir_word_find(&word, "b"), word.size); /* behind a letter */
    assert_true(mir_word_next(&word, &signs));
    assert_int_equal(word.size, 3);
    assert_false(mir_word_next(&word, &signs));
    char longest[4 * MIR_WORD_MAX];
    memset(longest, 'x', sizeof longest);
    signs = (struct mir_signs){ (const uint8_t *)longest, sizeof longest, 0 };
    assert_true(mir_word_next(&word, &signs));
    assert_int_equal(word.size, MIR_WORD_MAX);
    assert_false(mir_word_next(&word, &signs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_of_all_scripts),
        cmocka_unit_test(words_end_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
