/* SPDX-License-Identifier: Apache-2.0 */
/* unit/keys_test.c - key pairs (RFC 8032, RFC 7748), agreement, refusal of small order, wiping. */
#include "keys.h"

#include "test_env.h"
#include "text.h"

#include <string.h>

static void from_hex(void *out, size_t size, const char *text)
{
    assert_true(mir_hex_decode(out, size, text, strlen(text)));
}

static void a_signing_pair_comes_from_its_seed(void **state)
{
    (void)state;
    uint8_t seed[32];
    uint8_t expected[32];
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    from_hex(seed, 32, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    from_hex(expected, 32, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    mir_sign_keypair(&public_key, &secret, seed);
    assert_memory_equal(public_key.bytes, expected, 32);
    assert_memory_equal(secret.bytes, seed, 32);
    assert_memory_equal(secret.bytes + 32, expected, 32);
}

static void agreement_is_mutual(void **state)
{
    (void)state;
    uint8_t seed[32];
    uint8_t expected[32];
    uint8_t shared[2][32];
    struct mir_agree_public public_key[2];
    struct mir_agree_secret secret[2];
    memset(seed, 0x5A, sizeof seed);
    mir_agree_keypair(&public_key[0], &secret[0], seed);
    from_hex(seed, 32, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    mir_agree_keypair(&public_key[1], &secret[1], seed);
    from_hex(expected, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    assert_memory_equal(public_key[1].bytes, expected, 32);
    assert_true(mir_agree(shared[0], &secret[0], &public_key[1]));
    assert_true(mir_agree(shared[1], &secret[1], &public_key[0]));
    assert_memory_equal(shared[0], shared[1], 32);
    mir_agree_public_of(&public_key[0], &secret[1]);
    assert_memory_equal(public_key[0].bytes, public_key[1].bytes, 32);
}

static void keys_of_small_order_are_refused(void **state)
{
    (void)state;
    const char *small[] = { "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" };
    const uint8_t seed[32] = { 7 };
    struct mir_agree_public own;
    struct mir_agree_secret secret;
    mir_agree_keypair(&own, &secret, seed);
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        struct mir_agree_public peer;
        uint8_t shared[32];
        const uint8_t zeros[32] = { 0 };
        memset(shared, 9, sizeof shared);
        from_hex(peer.bytes, 32, small[i]);
        assert_false(mir_agree(shared, &secret, &peer));
        assert_memory_equal(shared, zeros, 32);
    }
}

static void scoped_secrets_are_wiped(void **state)
{
    (void)state;
    struct mir_sign_secret sign;
    struct mir_agree_secret agree;
    struct mir_seal_key seal;
    uint8_t other[7];
    const uint8_t zeros[64] = { 0 };
    memset(&sign, 1, sizeof sign);
    memset(&agree, 1, sizeof agree);
    memset(&seal, 1, sizeof seal);
    memset(other, 1, sizeof other);
    mir_wipe_sign_secret(&sign);
    mir_wipe_agree_secret(&agree);
    mir_wipe_seal_key(&seal);
    mir_wipe(other, sizeof other);
    mir_wipe(NULL, 0);
    assert_memory_equal(sign.bytes, zeros, 64);
    assert_memory_equal(agree.bytes, zeros, 32);
    assert_memory_equal(seal.bytes, zeros, 32);
    assert_memory_equal(other, zeros, 7);
}

static void guarded_memory_is_zeroed_and_usable(void **state)
{
    (void)state;
    uint8_t *memory = mir_secret_alloc(100);
    assert_non_null(memory);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(memory[i], 0);
    }
    memset(memory, 1, 100);
    mir_secret_free(memory);
    mir_secret_free(NULL);
}

static void system_randomness_differs_and_equality_is_exact(void **state)
{
    (void)state;
    uint8_t first[32];
    uint8_t second[32];
    mir_system_random(NULL, first, sizeof first);
    mir_system_random(NULL, second, sizeof second);
    assert_false(mir_equal(first, second, 32));
    memcpy(second, first, 32);
    assert_true(mir_equal(first, second, 32));
    second[31] ^= 1;
    assert_false(mir_equal(first, second, 32));
    assert_true(mir_equal(first, second, 31));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signing_pair_comes_from_its_seed),
        cmocka_unit_test(agreement_is_mutual),
        cmocka_unit_test(keys_of_small_order_are_refused),
        cmocka_unit_test(scoped_secrets_are_wiped),
        cmocka_unit_test(guarded_memory_is_zeroed_and_usable),
        cmocka_unit_test(system_randomness_differs_and_equality_is_exact),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK || mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
