/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/page_test.c - a page opens under its key, role and number alone, in place or not.
 */
#include "page.h"

#include "test_env.h"

#include <string.h>

static struct mir_seal_key key;
static struct mir_page_nonce nonce;
static uint8_t clear[MIR_PAGE_SIZE];
static uint8_t sealed[MIR_PAGE_SIZE];
static uint8_t opened[MIR_PAGE_SIZE];

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    memset(&key, 0x31, sizeof key);
    memset(&nonce, 0x32, sizeof nonce);
    memset(clear, 0, sizeof clear);
    for (size_t i = 0; i < MIR_PAGE_SIZE - MIR_PAGE_RESERVE; i++) {
        clear[i] = (uint8_t)(i * 7);
    }
    mir_page_seal(sealed, clear, &key, &nonce, MIR_PAGE_WAL, 5);
    return 0;
}

static void a_page_opens_as_it_was(void **state)
{
    (void)state;
    assert_memory_equal(sealed + MIR_PAGE_SIZE - MIR_PAGE_RESERVE, nonce.bytes, sizeof nonce);
    assert_memory_not_equal(sealed, clear, 64);
    assert_true(mir_page_open(opened, sealed, &key, MIR_PAGE_WAL, 5));
    assert_memory_equal(opened, clear, sizeof clear);
}

static void in_place_is_the_same(void **state)
{
    (void)state;
    uint8_t page[MIR_PAGE_SIZE];
    memcpy(page, clear, sizeof page);
    mir_page_seal(page, page, &key, &nonce, MIR_PAGE_WAL, 5);
    assert_memory_equal(page, sealed, sizeof page);
    assert_true(mir_page_open(page, page, &key, MIR_PAGE_WAL, 5));
    assert_memory_equal(page, clear, sizeof page);
}

static void nothing_else_opens_it(void **state)
{
    (void)state;
    static const uint8_t zeros[MIR_PAGE_SIZE];
    struct mir_seal_key other = key;
    other.bytes[31] ^= 1;
    assert_false(mir_page_open(opened, sealed, &other, MIR_PAGE_WAL, 5));
    assert_memory_equal(opened, zeros, sizeof opened);
    assert_false(mir_page_open(opened, sealed, &key, MIR_PAGE_DATABASE, 5));
    assert_false(mir_page_open(opened, sealed, &key, MIR_PAGE_JOURNAL, 5));
    assert_false(mir_page_open(opened, sealed, &key, MIR_PAGE_WAL, 6));
    assert_false(mir_page_open(opened, sealed, &key, MIR_PAGE_WAL, 5u << 24));
}

static void no_bit_may_change(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < sizeof sealed * 8; bit += 61) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(mir_page_open(opened, sealed, &key, MIR_PAGE_WAL, 5));
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    memset(sealed, 0, sizeof sealed);
    assert_false(mir_page_open(opened, sealed, &key, MIR_PAGE_WAL, 5));
}

static void a_tag_is_of_its_bytes_and_key(void **state)
{
    (void)state;
    uint8_t tag[MIR_PAGE_RESERVE];
    uint8_t bytes[20] = "a header left clear";
    struct mir_seal_key other = key;
    other.bytes[0] ^= 1;
    mir_page_tag(tag, bytes, sizeof bytes, &key, &nonce);
    assert_true(mir_page_tag_holds(tag, bytes, sizeof bytes, &key));
    assert_false(mir_page_tag_holds(tag, bytes, sizeof bytes, &other));
    assert_false(mir_page_tag_holds(tag, bytes, sizeof bytes - 1, &key));
    for (size_t bit = 0; bit < sizeof tag * 8; bit++) {
        tag[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(mir_page_tag_holds(tag, bytes, sizeof bytes, &key));
        tag[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_page_opens_as_it_was, set_up),
        cmocka_unit_test_setup(in_place_is_the_same, set_up),
        cmocka_unit_test_setup(nothing_else_opens_it, set_up),
        cmocka_unit_test_setup(no_bit_may_change, set_up),
        cmocka_unit_test_setup(a_tag_is_of_its_bytes_and_key, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
