/* SPDX-License-Identifier: Apache-2.0 */
/* unit/words_test.c - words are distinct and speakable; each key changes the fingerprint. */
#include "words.h"

#include "test_env.h"

#include <string.h>

#define WORDS 2048u

static void words_are_distinct_in_either_script(void **state)
{
    (void)state;
    static char words[WORDS][16];
    for (enum mir_words_script script = MIR_WORDS_LATIN; script <= MIR_WORDS_ARABIC; script++) {
        for (uint32_t i = 0; i < WORDS; i++) {
            size_t size = mir_word_at(words[i], sizeof words[i], script, i);
            assert_int_equal(size, strlen(words[i]));
            assert_true(size >= 4 && size <= 8);
        }
        for (uint32_t i = 0; i < WORDS; i += 7) {
            for (uint32_t j = i + 1; j < WORDS; j++) {
                assert_string_not_equal(words[i], words[j]);
            }
        }
    }
}

static void the_first_and_the_last_are_those_of_the_protocol(void **state)
{
    (void)state;
    char word[16];
    (void)mir_word_at(word, sizeof word, MIR_WORDS_LATIN, 0);
    assert_string_equal(word, "babi");
    (void)mir_word_at(word, sizeof word, MIR_WORDS_ARABIC, 0);
    assert_string_equal(word, "بابي");
    (void)mir_word_at(word, sizeof word, MIR_WORDS_LATIN, WORDS - 1);
    assert_string_equal(word, "wufi");
}

static void nobody_has_to_say_what_is_left_out(void **state)
{
    (void)state;
    static const char *const left_out[] = { "baba", "titi", "nazi", "shiti", "zubi" };
    for (uint32_t i = 0; i < WORDS; i++) {
        char word[16];
        (void)mir_word_at(word, sizeof word, MIR_WORDS_LATIN, i);
        for (size_t j = 0; j < sizeof left_out / sizeof left_out[0]; j++) {
            assert_string_not_equal(word, left_out[j]);
        }
    }
}

static void each_key_changes_the_words(void **state)
{
    (void)state;
    mirsal_hash hashes[4];
    char words[MIR_WORDS_TEXT_SIZE];
    char other[MIR_WORDS_TEXT_SIZE];
    memset(hashes, 7, sizeof hashes);
    struct mir_words_of of = { &hashes[0], &hashes[1], &hashes[2], &hashes[3] };
    mir_words_write(words, MIR_WORDS_LATIN, &of);
    size_t spaces = 0;
    for (const char *at = words; *at != '\0'; at++) {
        spaces += *at == ' ';
    }
    assert_int_equal(spaces, MIR_WORDS_COUNT - 1);
    for (size_t i = 0; i < 4; i++) {
        hashes[i].bytes[31] ^= 1;
        mir_words_write(other, MIR_WORDS_LATIN, &of);
        assert_string_not_equal(words, other);
        hashes[i].bytes[31] ^= 1;
    }
    mir_words_write(other, MIR_WORDS_LATIN, &of);
    assert_string_equal(words, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_distinct_in_either_script),
        cmocka_unit_test(the_first_and_the_last_are_those_of_the_protocol),
        cmocka_unit_test(nobody_has_to_say_what_is_left_out),
        cmocka_unit_test(each_key_changes_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
