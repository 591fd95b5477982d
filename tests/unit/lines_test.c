/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/lines_test.c - lines across pieces, without a last break, too long, and an input that
 * fails.
 */
#include "lines.h"

#include "test_env.h"

#include <errno.h>
#include <string.h>

struct source {
    const char *text;
    size_t left;
    size_t piece;
    uint64_t filler; /* bytes of x that come first */
    int fails;
};

static int read_source(void *context, void *buffer, size_t capacity, size_t *size)
{
    struct source *source = context;
    *size = 0;
    if (source->fails && source->left == 0) {
        return EIO;
    }
    if (source->filler > 0) {
        *size = source->filler < capacity ? (size_t)source->filler : capacity;
        memset(buffer, 'x', *size);
        source->filler -= *size;
        return 0;
    }
    *size = source->left < source->piece ? source->left : source->piece;
    memcpy(buffer, source->text, *size);
    source->text += *size;
    source->left -= *size;
    return 0;
}

static void lines_span_pieces(void **state)
{
    (void)state;
    static const char *const wanted[] = { "one", "", "three\r", "four" };
    const char *text = "\xef\xbb\xbfone\n\nthree\r\nfour";
    for (size_t piece = 1; piece < 9; piece++) {
        struct test_env env;
        struct mir_lines lines;
        struct source source = { text, strlen(text), piece, 0, 0 };
        int more = 0;
        test_env_init(&env, 1);
        assert_int_equal(mir_lines_init(&lines, &env.env, read_source, &source, NULL), MIRSAL_OK);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(mir_lines_next(&more, &lines, NULL), MIRSAL_OK);
            assert_true(more);
            assert_int_equal(lines.number, i + 1);
            assert_int_equal(lines.line.size, strlen(wanted[i]));
            assert_true(
                lines.line.size == 0 || memcmp(lines.line.data, wanted[i], lines.line.size) == 0);
        }
        assert_int_equal(mir_lines_next(&more, &lines, NULL), MIRSAL_OK);
        assert_false(more);
        mir_lines_fini(&lines);
        test_env_fini(&env);
    }
}

static void a_line_too_long_is_passed_over(void **state)
{
    (void)state;
    struct test_env env;
    struct mir_lines lines;
    struct source source = { "\nnext\n", 6, 6, MIR_IMPORT_LINE_MAX + 1, 0 };
    int more = 0;
    test_env_init(&env, 1);
    assert_int_equal(mir_lines_init(&lines, &env.env, read_source, &source, NULL), MIRSAL_OK);
    assert_int_equal(mir_lines_next(&more, &lines, NULL), MIRSAL_OK);
    assert_true(more && lines.over);
    assert_int_equal(lines.line.size, 0);
    assert_int_equal(mir_lines_next(&more, &lines, NULL), MIRSAL_OK);
    assert_true(more && !lines.over);
    assert_int_equal(lines.number, 2);
    assert_memory_equal(lines.line.data, "next", 4);
    mir_lines_fini(&lines);
    source = (struct source){ "\n", 1, 1, MIR_IMPORT_LINE_MAX, 0 };
    assert_int_equal(mir_lines_init(&lines, &env.env, read_source, &source, NULL), MIRSAL_OK);
    assert_int_equal(mir_lines_next(&more, &lines, NULL), MIRSAL_OK);
    assert_true(more && !lines.over);
    mir_lines_fini(&lines);
    test_env_fini(&env);
}

static void a_failing_input_is_told(void **state)
{
    (void)state;
    struct test_env env;
    struct mir_lines lines;
    struct source source = { "one\ntw", 6, 6, 0, 1 };
    mirsal_error err = { 0 };
    int more = 0;
    test_env_init(&env, 1);
    assert_int_equal(mir_lines_init(&lines, &env.env, read_source, &source, NULL), MIRSAL_OK);
    assert_int_equal(mir_lines_next(&more, &lines, &err), MIRSAL_OK);
    assert_int_equal(mir_lines_next(&more, &lines, &err), MIRSAL_IO);
    assert_int_equal(err.detail, EIO);
    mir_lines_fini(&lines);
    test_env_fini(&env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_span_pieces),
        cmocka_unit_test(a_line_too_long_is_passed_over),
        cmocka_unit_test(a_failing_input_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
