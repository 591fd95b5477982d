/* SPDX-License-Identifier: Apache-2.0 */
/* unit/hash_test.c - contexts keep uses apart, parts equal the whole, keyed and plain, SHA-256. */
#include "hash.h"

#include "test_env.h"
#include "text.h"

#include <string.h>

static void contexts_are_zero_filled_and_distinct(void **state)
{
    (void)state;
    const uint8_t filled[16] = "mirsal1.leaf";
    assert_memory_equal(mir_context_bytes(MIR_CONTEXT_LEAF), filled, 16);
    assert_memory_equal(mir_context_bytes(MIR_CONTEXT_RELAY_KEY), "mirsal1.relaykey", 16);
    struct mir_bytes text = mir_context_text(MIR_CONTEXT_RELAY_KEY);
    assert_int_equal(text.size, 16);
    text = mir_context_text(MIR_CONTEXT_SEAL);
    assert_int_equal(text.size, 12);
    assert_memory_equal(text.data, "mirsal1.seal", 12);
    for (int a = MIR_CONTEXT_CHANGESET; a <= MIR_CONTEXT_WORDS; a++) {
        for (int b = a + 1; b <= MIR_CONTEXT_WORDS; b++) {
            mirsal_hash first;
            mirsal_hash second;
            mir_hash_bytes(&first, (enum mir_context)a, "x", 1);
            mir_hash_bytes(&second, (enum mir_context)b, "x", 1);
            assert_memory_not_equal(first.bytes, second.bytes, 32);
        }
    }
}

static void parts_hash_as_the_whole(void **state)
{
    (void)state;
    mirsal_hash whole;
    mirsal_hash joined;
    struct mir_bytes parts[] = { { (const uint8_t *)"one ", 4 }, { NULL, 0 },
        { (const uint8_t *)"two", 3 } };
    mir_hash_bytes(&whole, MIR_CONTEXT_BODY, "one two", 7);
    mir_hash_parts(&joined, MIR_CONTEXT_BODY, parts, 3);
    assert_memory_equal(whole.bytes, joined.bytes, 32);
    mir_hash_keyed(joined.bytes, 32, MIR_CONTEXT_BODY, NULL, 0,
        (struct mir_bytes){ (const uint8_t *)"one two", 7 });
    assert_memory_equal(whole.bytes, joined.bytes, 32);
}

static void plain_and_keyed_agree_with_rfc_7693s_hash(void **state)
{
    (void)state;
    /* Python: hashlib.blake2b(b"abc", digest_size=32); key=b"key", digest_size=16, person=leaf */
    uint8_t plain[32];
    uint8_t keyed[16];
    char text[65];
    struct mir_bytes data = { (const uint8_t *)"abc", 3 };
    mir_hash_keyed(plain, 32, -1, NULL, 0, data);
    mir_hex_encode(text, plain, 32);
    assert_string_equal(text, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    mir_hash_keyed(keyed, 16, MIR_CONTEXT_LEAF, "key", 3, data);
    mir_hex_encode(text, keyed, 16);
    assert_string_equal(text, "84ab245c07282864ff04ff44842fb506");
}

static void sha256_streams(void **state)
{
    (void)state;
    struct mir_sha256 sha;
    mirsal_hash hash;
    char text[65];
    mir_sha256_init(&sha);
    mir_sha256_update(&sha, "a", 1);
    mir_sha256_update(&sha, "", 0);
    mir_sha256_update(&sha, "bc", 2);
    mir_sha256_final(&sha, &hash);
    mir_hex_encode(text, hash.bytes, 32);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts_are_zero_filled_and_distinct),
        cmocka_unit_test(parts_hash_as_the_whole),
        cmocka_unit_test(plain_and_keyed_agree_with_rfc_7693s_hash),
        cmocka_unit_test(sha256_streams),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
