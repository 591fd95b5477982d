/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sharetext_test.c - a typing error is found and its group named; wrong sets say what is
 * wrong.
 */
#include "sharetext.h"

#include "keys.h"
#include "test_env.h"

#include <stdio.h>
#include <string.h>

static struct test_env test;
static struct mir_share shares[5];
static struct mir_buf line;
static mirsal_error err;
static const uint8_t seed[32] = { 1, 2, 3, 4, 5 };
static const mirsal_hash team = { { 0xab, 0xcd, 0xef, 1, 2, 3 } };

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 3);
    assert_int_equal(mir_share_make(shares, seed, &team, 3, 5, &test.env, &err), MIRSAL_OK);
    mir_buf_init(&line, &test.env, 1000);
    mir_share_write(&line, &shares[1], 1);
    assert_int_equal(mir_buf_finish(&line, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&line);
    test_env_fini(&test);
    return 0;
}

static mirsal_code read_line(void)
{
    struct mir_share share;
    struct mir_bytes text = mir_buf_bytes(&line);
    int found = 0;
    return mir_share_read(&share, &found, &text, &err);
}

/* Where the groups begin: behind the prefix and its hyphen, each with one before it. */
#define FIRST 14u

static void any_other_symbol_is_named_by_its_group(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (size_t at = FIRST; at + 1 < line.size; at++) {
        uint8_t was = line.data[at];
        if (was == '-') {
            continue;
        }
        for (size_t i = 0; i < 32; i++) {
            char named[64];
            line.data[at] = (uint8_t)alphabet[i];
            if (line.data[at] != was) {
                assert_int_equal(read_line(), MIRSAL_NOT_AUTHENTIC);
                (void)snprintf(
                    named, sizeof named, "group %zu of the share is", (at - FIRST) / 6 + 1);
                assert_memory_equal(err.message, named, strlen(named));
            }
        }
        line.data[at] = was;
    }
    assert_int_equal(read_line(), MIRSAL_OK);
}

static void neighbours_exchanged_are_found(void **state)
{
    (void)state;
    for (size_t at = FIRST; at + 2 < line.size; at++) {
        uint8_t a = line.data[at];
        uint8_t b = line.data[at + 1];
        if (a == '-' || b == '-' || a == b) {
            continue;
        }
        line.data[at] = b;
        line.data[at + 1] = a;
        assert_int_equal(read_line(), MIRSAL_NOT_AUTHENTIC);
        line.data[at] = a;
        line.data[at + 1] = b;
    }
    assert_int_equal(read_line(), MIRSAL_OK);
}

static void a_cut_share_is_refused_at_any_length(void **state)
{
    (void)state;
    size_t whole = line.size - 1;
    for (line.size = 1; line.size < whole; line.size++) {
        mirsal_code rc = read_line();
        assert_true(rc == MIRSAL_NOT_AUTHENTIC || rc == MIRSAL_VERSION);
    }
    assert_int_equal(read_line(), MIRSAL_OK);
}

static void refused(const struct mir_share *given, size_t count, const char *why)
{
    const uint8_t zeros[32] = { 0 };
    uint8_t out[32] = { 1 };
    assert_int_equal(mir_share_rebuild(out, given, count, &err), MIRSAL_NOT_AUTHENTIC);
    assert_string_equal(err.message, why);
    assert_memory_equal(out, zeros, sizeof out);
}

static void what_is_wrong_with_a_set_is_said(void **state)
{
    (void)state;
    struct mir_share other[5];
    struct mir_share mixed[5];
    uint8_t out[32];
    assert_int_equal(mir_share_make(other, seed, &team, 3, 5, &test.env, &err), MIRSAL_OK);
    assert_int_equal(mir_share_rebuild(out, shares, 5, &err), MIRSAL_OK);
    assert_memory_equal(out, seed, sizeof seed);
    assert_int_equal(mir_share_rebuild(out, shares + 2, 3, &err), MIRSAL_OK);
    assert_memory_equal(out, seed, sizeof seed);
    refused(shares, 0, "no share is given");
    refused(shares, 2, "2 of the 3 shares that are needed");
    memcpy(mixed, shares, sizeof mixed);
    mixed[2] = shares[0];
    refused(mixed, 3, "share 1 is given twice");
    mixed[2] = other[2];
    refused(mixed, 3, "shares of two sets, each made at another time");
    mixed[2] = shares[2];
    mixed[2].team[4] ^= 1;
    refused(mixed, 3, "shares of two teams");
    mixed[2] = shares[2];
    mixed[2].value[35] ^= 1;
    refused(mixed, 3, "the shares do not fit together");
    refused(mixed, 4, "the shares do not fit together");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_other_symbol_is_named_by_its_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(neighbours_exchanged_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_share_is_refused_at_any_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_set_is_said, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
