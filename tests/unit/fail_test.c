/* SPDX-License-Identifier: Apache-2.0 */
/* unit/fail_test.c - codes have class, name and text; errors are filled, wrapped, cut cleanly. */
#include "fail.h"

#include "test_env.h"
#include "text.h"

#include <errno.h>
#include <string.h>

static void codes_have_class_name_and_text(void **state)
{
    (void)state;
    assert_int_equal(mirsal_code_class(MIRSAL_OK), MIRSAL_CLASS_NONE);
    assert_int_equal(mirsal_code_class(MIRSAL_FORK), MIRSAL_CLASS_PEER);
    assert_int_equal(mirsal_code_class(MIRSAL_QUOTA), MIRSAL_CLASS_DENIED);
    assert_int_equal(mirsal_code_class(MIRSAL_NO_RELAY), MIRSAL_CLASS_AGAIN);
    assert_int_equal(mirsal_code_class(MIRSAL_DISK_FULL), MIRSAL_CLASS_LOCAL);
    assert_int_equal(mirsal_code_class(MIRSAL_MIN_ABOVE_MAX), MIRSAL_CLASS_CALLER);
    assert_string_equal(mirsal_code_name(MIRSAL_BAD_SIGNATURE), "not_authentic");
    assert_string_equal(mirsal_code_name(MIRSAL_LIMIT), "too_large");
    assert_string_equal(mirsal_code_text(MIRSAL_CORRUPT), "the store is damaged");
}

static void an_unknown_code_is_the_callers(void **state)
{
    (void)state;
    assert_int_equal(mirsal_code_class((mirsal_code)99), MIRSAL_CLASS_CALLER);
    assert_string_equal(mirsal_code_name((mirsal_code)99), "usage");
    assert_string_equal(mirsal_code_text((mirsal_code)99), "unknown code");
}

static void fail_fills_all(void **state)
{
    (void)state;
    mirsal_error err;
    memset(&err, 0xAA, sizeof err);
    assert_int_equal(mir_fail(&err, MIRSAL_LIMIT, "frame of %d bytes", 7), MIRSAL_LIMIT);
    assert_int_equal(err.code, MIRSAL_LIMIT);
    assert_int_equal(err.detail, 0);
    assert_int_equal(err.offset, 0);
    assert_string_equal(err.field, "");
    assert_string_equal(err.message, "frame of 7 bytes");
    assert_int_equal(mir_fail(NULL, MIRSAL_IO, "nobody listens"), MIRSAL_IO);
    assert_int_equal(mir_fail_field(NULL, MIRSAL_IO, "f", "nobody"), MIRSAL_IO);
    assert_int_equal(mir_wrap(NULL, MIRSAL_IO, "nobody"), MIRSAL_IO);
}

static void fail_field_names_the_field(void **state)
{
    (void)state;
    mirsal_error err;
    assert_int_equal(
        mir_fail_field(&err, MIRSAL_BAD_VALUE, "incident_date", "no date"), MIRSAL_BAD_VALUE);
    assert_string_equal(err.field, "incident_date");
    assert_string_equal(err.message, "no date");

    char exact[sizeof err.field];
    memset(exact, 'x', sizeof exact - 1);
    exact[sizeof exact - 1] = '\0';
    (void)mir_fail_field(&err, MIRSAL_BAD_VALUE, exact, "long");
    assert_string_equal(err.field, exact);
}

static void long_texts_are_cut_at_characters(void **state)
{
    (void)state;
    mirsal_error err;
    char text[400];
    /* Offset 0 to 3 puts each byte of the four-byte character at the cut. */
    for (size_t offset = 0; offset < 4; offset++) {
        memset(text, 0, sizeof text);
        memset(text, 'a', offset);
        for (size_t at = offset; at + 4 < sizeof text; at += 4) {
            memcpy(text + at, "\xF0\x9F\x8C\x8D", 4);
        }
        (void)mir_fail(&err, MIRSAL_USAGE, "%s", text);
        size_t size = strlen(err.message);
        assert_in_range(size, sizeof err.message - 4, sizeof err.message - 1);
        assert_true(mir_utf8_valid(err.message, size));
        (void)mir_fail_field(&err, MIRSAL_USAGE, text, "%s", text);
        size = strlen(err.field);
        assert_in_range(size, sizeof err.field - 4, sizeof err.field - 1);
        assert_true(mir_utf8_valid(err.field, size));
        (void)mir_wrap(&err, MIRSAL_USAGE, "%s", "ab");
        size = strlen(err.message);
        assert_in_range(size, sizeof err.message - 4, sizeof err.message - 1);
        assert_true(mir_utf8_valid(err.message, size));
        assert_memory_equal(err.message, "ab: ", 4);
    }
}

static void wrap_keeps_what_was_known(void **state)
{
    (void)state;
    mirsal_error err;
    (void)mir_fail_field(&err, MIRSAL_MALFORMED, "body", "ends early");
    err.offset = 17;
    err.detail = 5;
    assert_int_equal(mir_wrap(&err, MIRSAL_MALFORMED, "changeset %d", 3), MIRSAL_MALFORMED);
    assert_string_equal(err.message, "changeset 3: ends early");
    assert_string_equal(err.field, "body");
    assert_int_equal(err.offset, 17);
    assert_int_equal(err.detail, 5);
}

static void the_systems_reasons_are_codes_and_words(void **state)
{
    (void)state;
    mirsal_error err;
    assert_int_equal(mir_fail_system(&err, EROFS, "the file cannot be made"), MIRSAL_NO_ACCESS);
    assert_string_equal(err.message, "the file cannot be made: the disk is read-only");
    assert_int_equal(err.detail, EROFS);
    assert_int_equal(mir_fail_system(&err, ENOSPC, "x"), MIRSAL_DISK_FULL);
    assert_int_equal(mir_fail_system(&err, ENOENT, "x"), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_fail_system(&err, EBADF, "x"), MIRSAL_IO);
    assert_non_null(strstr(err.message, "errno"));
    assert_int_equal(mir_fail_system(NULL, EACCES, "x"), MIRSAL_NO_ACCESS);
    assert_int_equal(mirsal_code_class(MIRSAL_NO_ACCESS), MIRSAL_CLASS_LOCAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_class_name_and_text),
        cmocka_unit_test(an_unknown_code_is_the_callers),
        cmocka_unit_test(fail_fills_all),
        cmocka_unit_test(fail_field_names_the_field),
        cmocka_unit_test(long_texts_are_cut_at_characters),
        cmocka_unit_test(wrap_keeps_what_was_known),
        cmocka_unit_test(the_systems_reasons_are_codes_and_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
