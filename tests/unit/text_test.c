/* SPDX-License-Identifier: Apache-2.0 */
/* unit/text_test.c - hex, base64url (RFC 4648 section 10), UUID and UTF-8, valid and not. */
#include "text.h"

#include "test_env.h"

#include <string.h>

static void hex_goes_both_ways(void **state)
{
    (void)state;
    char text[9];
    uint8_t bytes[4];
    mir_hex_encode(text, "\x00\x1F\xA9\xFF", 4);
    assert_string_equal(text, "001fa9ff");
    assert_true(mir_hex_decode(bytes, 4, "001FA9fF", 8));
    assert_memory_equal(bytes, "\x00\x1F\xA9\xFF", 4);
    mir_hex_encode(text, NULL, 0);
    assert_string_equal(text, "");
    assert_true(mir_hex_decode(NULL, 0, "", 0));
}

static void bad_hex_gives_zeros(void **state)
{
    (void)state;
    const char *bad[] = { "0011223", "001122", "0011223344", "0011223g", "00 12233", "0x112233",
        "001122 3" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[4] = { 9, 9, 9, 9 };
        assert_false(mir_hex_decode(bytes, 4, bad[i], strlen(bad[i])));
        assert_memory_equal(bytes, "\0\0\0\0", 4);
    }
}

static void base64url_goes_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *clear;
        const char *text;
    } rows[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
        { "\xFB\xFF\xBE", "-_--" } };
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf buf;
    mir_buf_init(&buf, &test.env, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mir_buf_reset(&buf);
        mir_base64url_append(&buf, rows[i].clear, strlen(rows[i].clear));
        assert_int_equal(buf.size, strlen(rows[i].text));
        if (buf.size > 0) {
            assert_memory_equal(buf.data, rows[i].text, buf.size);
        }
        mir_buf_reset(&buf);
        assert_true(mir_base64url_decode(&buf, rows[i].text, strlen(rows[i].text)));
        assert_int_equal(buf.size, strlen(rows[i].clear));
        if (buf.size > 0) {
            assert_memory_equal(buf.data, rows[i].clear, buf.size);
        }
    }
    mir_buf_fini(&buf);
    test_env_fini(&test);
}

static void bad_base64url_is_refused(void **state)
{
    (void)state;
    const char *bad[] = { "Z", "Zm9vY", "Zg==", "Zm8=", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm v",
        "Zm9v\n", "Zm\xC3\xA9" };
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf buf;
    mir_buf_init(&buf, &test.env, 100);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        mir_buf_reset(&buf);
        assert_false(mir_base64url_decode(&buf, bad[i], strlen(bad[i])));
    }
    mir_buf_reset(&buf);
    assert_false(mir_base64url_decode(&buf, "Zm\0v", 4));
    mir_buf_fini(&buf);
    mir_buf_init(&buf, &test.env, 2);
    assert_false(mir_base64url_decode(&buf, "Zm9v", 4));
    assert_int_equal(buf.failed, MIRSAL_LIMIT);
    mir_buf_fini(&buf);
    test_env_fini(&test);
}

static void uuids_go_both_ways(void **state)
{
    (void)state;
    const char *text = "01234567-89ab-8def-8123-456789abcdef";
    mirsal_id id;
    char printed[MIR_UUID_TEXT_SIZE];
    assert_true(mir_uuid_parse(&id, text, strlen(text)));
    assert_memory_equal(
        id.bytes, "\x01\x23\x45\x67\x89\xAB\x8D\xEF\x81\x23\x45\x67\x89\xAB\xCD\xEF", 16);
    mir_uuid_format(printed, &id);
    assert_string_equal(printed, text);

    const char *bad[] = { "", "01234567-89ab-8def-8123-456789abcde",
        "01234567-89ab-8def-8123-456789abcdef0", "0123456789ab-8def-8123-4567-89abcdef",
        "01234567-89ab-8def-8123-456789abcdeg", "0123456--89ab-8def-8123-456789abcdef",
        "01234567089ab-8def-8123-456789abcdef" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(mir_uuid_parse(&id, bad[i], strlen(bad[i])));
        for (size_t k = 0; k < 16; k++) {
            assert_int_equal(id.bytes[k], 0);
        }
    }
}

static void utf8_is_judged_by_rfc_3629(void **state)
{
    (void)state;
    const char *good[] = { "", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "\xD8\xAD\xD8\xA7\xD8\xAF\xD8\xAB\xD8\xA9" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(mir_utf8_valid(good[i], strlen(good[i])));
    }
    const char *bad[] = { "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xC2\xC0",
        "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82", "\xE2\x28\xA1", "\xE2\x82\x28",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x8C",
        "\xF0\x9F\x8C\xC0", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[16] = "ok";
        memcpy(text + 2, bad[i], strlen(bad[i]));
        assert_false(mir_utf8_valid(text, 2 + strlen(bad[i])));
        assert_int_equal(mir_utf8_prefix(text, 2 + strlen(bad[i])), 2);
    }
    assert_false(mir_utf8_valid("a\0b", 3));
    assert_int_equal(mir_utf8_prefix("a\0b", 3), 1);
    assert_int_equal(mir_utf8_prefix("ab\xC3\xA9", 3), 2);
    assert_int_equal(mir_utf8_prefix("ab\xC3\xA9", 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(bad_hex_gives_zeros),
        cmocka_unit_test(base64url_goes_both_ways),
        cmocka_unit_test(bad_base64url_is_refused),
        cmocka_unit_test(uuids_go_both_ways),
        cmocka_unit_test(utf8_is_judged_by_rfc_3629),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
