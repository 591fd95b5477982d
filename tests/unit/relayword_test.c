/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relayword_test.c - words of relays: bytes and back, bounds, what a signature binds. */
#include "relayword.h"

#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_sign_secret secret;
static mirsal_hash identity;
static const mirsal_hash team = { { 1 } };

static int set_up(void **state)
{
    (void)state;
    static const uint8_t seed[32] = { 5 };
    struct mir_sign_public public_key;
    test_env_init(&test, 1);
    mir_sign_keypair(&public_key, &secret, seed);
    memcpy(identity.bytes, public_key.bytes, sizeof identity.bytes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_env_fini(&test);
    return 0;
}

/* An acknowledgement of two heads, whose bytes stay in the buffer. */
static struct mir_relay_word acknowledgement(struct mir_buf *heads)
{
    static const struct mir_head of[] = { { { { 2 } }, 0, 7, { { 3 } } },
        { { { 2 } }, 255, 70000, { { 4 } } } };
    struct mir_relay_word word = { .kind = MIR_WORD_ACKNOWLEDGEMENT,
        .identity = identity,
        .acknowledgement = { .device = { { 2 } }, .size = 300, .time_ms = TEST_START_MS } };
    mir_acknowledged_write(heads, of, 2);
    word.acknowledgement.heads = mir_buf_bytes(heads);
    mir_acknowledgement_sign(&word.acknowledgement, &identity, &team, &secret);
    return word;
}

static void a_word_comes_back_as_it_was(void **state)
{
    (void)state;
    struct mir_buf heads;
    struct mir_buf bytes;
    struct mir_relay_word back;
    struct mir_reader reader;
    struct mir_head head;
    mir_buf_init(&heads, &test.env, 1000);
    mir_buf_init(&bytes, &test.env, 1000);
    struct mir_relay_word word = acknowledgement(&heads);
    mir_relay_word_write(&bytes, &word);
    assert_int_equal(mir_relay_word_read(&back, mir_buf_bytes(&bytes), NULL), MIRSAL_OK);
    assert_int_equal(back.kind, MIR_WORD_ACKNOWLEDGEMENT);
    assert_int_equal(back.acknowledgement.size, 300);
    assert_true(mir_relay_word_verify(&back, &team));
    mir_reader_init(&reader, back.acknowledgement.heads.data, back.acknowledgement.heads.size);
    assert_int_equal(mir_acknowledged_begin(&reader), 2);
    mir_acknowledged_next(&reader, &head);
    mir_acknowledged_next(&reader, &head);
    assert_int_equal(head.compartment, 255);
    assert_int_equal(head.seq, 70000);
    assert_int_equal(head.id.bytes[0], 4);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_not_equal(
            mir_relay_word_read(&back, (struct mir_bytes){ bytes.data, size }, NULL), MIRSAL_OK);
    }
    mir_buf_fini(&bytes);
    mir_buf_fini(&heads);
}

static void each_byte_is_bound(void **state)
{
    (void)state;
    struct mir_buf heads;
    struct mir_buf bytes;
    struct mir_relay_word back;
    mir_buf_init(&heads, &test.env, 1000);
    mir_buf_init(&bytes, &test.env, 1000);
    struct mir_relay_word word = acknowledgement(&heads);
    mir_relay_word_write(&bytes, &word);
    for (size_t at = 0; at < bytes.size; at++) {
        bytes.data[at] ^= 1;
        assert_true(mir_relay_word_read(&back, mir_buf_bytes(&bytes), NULL) != MIRSAL_OK ||
                    !mir_relay_word_verify(&back, &team));
        bytes.data[at] ^= 1;
    }
    mir_buf_fini(&bytes);
    mir_buf_fini(&heads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_word_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_byte_is_bound, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("relayword", tests, NULL, NULL);
}
