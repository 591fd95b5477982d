/* SPDX-License-Identifier: Apache-2.0 */
/* unit/sign_test.c - a signature holds for its context, bytes and key, and for nothing else. */
#include "sign.h"

#include "mir_limits.h"
#include "test_env.h"
#include "text.h"

#include <string.h>

struct signer {
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
};

static struct signer signer_of(uint8_t first)
{
    struct signer signer;
    uint8_t seed[32] = { 0 };
    seed[0] = first;
    mir_sign_keypair(&signer.public_key, &signer.secret, seed);
    return signer;
}

static void a_signature_holds_for_what_was_signed_alone(void **state)
{
    (void)state;
    struct signer mine = signer_of(1);
    struct signer other = signer_of(2);
    uint8_t signature[64];
    const uint8_t *key = mine.public_key.bytes;
    mir_sign(signature, MIR_CONTEXT_RECEIPT, "heads", 5, &mine.secret);
    assert_true(mir_sign_verify(signature, MIR_CONTEXT_RECEIPT, "heads", 5, key));
    assert_false(mir_sign_verify(signature, MIR_CONTEXT_CHANGESET, "heads", 5, key));
    assert_false(mir_sign_verify(signature, MIR_CONTEXT_RECEIPT, "headz", 5, key));
    assert_false(mir_sign_verify(signature, MIR_CONTEXT_RECEIPT, "heads", 4, key));
    assert_false(
        mir_sign_verify(signature, MIR_CONTEXT_RECEIPT, "heads", 5, other.public_key.bytes));
    for (size_t bit = 0; bit < 512; bit += 7) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(mir_sign_verify(signature, MIR_CONTEXT_RECEIPT, "heads", 5, key));
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void the_context_stands_before_the_bytes(void **state)
{
    (void)state;
    struct signer mine = signer_of(1);
    uint8_t signature[64];
    mir_sign(signature, MIR_CONTEXT_RELAY_KEY, "x", 1, &mine.secret);
    assert_true(mir_sign_verify_raw(signature, "mirsal1.relaykeyx", 17, mine.public_key.bytes));
    mir_sign(signature, MIR_CONTEXT_JOIN, NULL, 0, &mine.secret);
    assert_true(mir_sign_verify_raw(signature, "mirsal1.join\0\0\0\0", 16, mine.public_key.bytes));
}

static void the_longest_message_is_signed_and_longer_ones_refused(void **state)
{
    (void)state;
    struct signer mine = signer_of(3);
    uint8_t signature[64];
    static uint8_t data[MIR_SIGNED_SIZE_MAX + 1];
    mir_sign(signature, MIR_CONTEXT_MANIFEST, data, MIR_SIGNED_SIZE_MAX, &mine.secret);
    assert_true(mir_sign_verify(
        signature, MIR_CONTEXT_MANIFEST, data, MIR_SIGNED_SIZE_MAX, mine.public_key.bytes));
    assert_false(mir_sign_verify(
        signature, MIR_CONTEXT_MANIFEST, data, MIR_SIGNED_SIZE_MAX + 1, mine.public_key.bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_holds_for_what_was_signed_alone),
        cmocka_unit_test(the_context_stands_before_the_bytes),
        cmocka_unit_test(the_longest_message_is_signed_and_longer_ones_refused),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
