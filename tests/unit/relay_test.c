/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relay_test.c - checkpoints, the relay key, frontier and tags. */
#include "relay.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_sign_public identity_key;
static struct mir_sign_secret secret;
static mirsal_hash identity;
static mirsal_hash team = { { 4, 5, 6 } };

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 10);
    const uint8_t seed[32] = { 1 };
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    mir_sign_keypair(&identity_key, &secret, seed);
    memcpy(identity.bytes, identity_key.bytes, 32);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_env_fini(&test);
    return 0;
}

static void a_checkpoint_binds_all_its_fields(void **state)
{
    (void)state;
    struct mir_checkpoint checkpoint = { { 6 }, 70000, { { 9 } }, TEST_START_MS, { 0 } };
    mir_checkpoint_sign(&checkpoint, &identity, &team, &secret);
    assert_true(mir_checkpoint_verify(&checkpoint, &identity, &team));
    mirsal_hash hash;
    mirsal_hash other_hash;
    mir_checkpoint_hash(&hash, &checkpoint, &identity, &team);
    struct mir_checkpoint other = checkpoint;
    other.store_epoch[7] ^= 1;
    assert_false(mir_checkpoint_verify(&other, &identity, &team));
    other = checkpoint;
    other.size++;
    assert_false(mir_checkpoint_verify(&other, &identity, &team));
    mir_checkpoint_hash(&other_hash, &other, &identity, &team);
    assert_memory_not_equal(&hash, &other_hash, sizeof hash);
    other = checkpoint;
    other.root.bytes[0] ^= 1;
    assert_false(mir_checkpoint_verify(&other, &identity, &team));
    other = checkpoint;
    other.time_ms++;
    assert_false(mir_checkpoint_verify(&other, &identity, &team));
    other = checkpoint;
    other.signature[63] ^= 1;
    assert_false(mir_checkpoint_verify(&other, &identity, &team));
    mirsal_hash other_team = team;
    other_team.bytes[31] = 1;
    assert_false(mir_checkpoint_verify(&checkpoint, &identity, &other_team));
}

/* The signed bytes are those that the encoder of the rest of the protocol gives. */
static void a_checkpoint_signs_the_encoded_array(void **state)
{
    (void)state;
    const uint64_t sizes[] = { 0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mir_checkpoint checkpoint = { { 6 }, sizes[i], { { 9 } }, sizes[i], { 0 } };
        struct mir_buf bytes;
        mir_buf_init(&bytes, &test.env, 1000);
        mir_mp_write_array(&bytes, 6);
        mir_mp_write_bin(&bytes, identity.bytes, 32);
        mir_mp_write_bin(&bytes, team.bytes, 32);
        mir_mp_write_bin(&bytes, checkpoint.store_epoch, 8);
        mir_mp_write_uint(&bytes, checkpoint.size);
        mir_mp_write_bin(&bytes, checkpoint.root.bytes, 32);
        mir_mp_write_uint(&bytes, checkpoint.time_ms);
        mir_checkpoint_sign(&checkpoint, &identity, &team, &secret);
        assert_true(mir_sign_verify(
            checkpoint.signature, MIR_CONTEXT_CHECKPOINT, bytes.data, bytes.size, identity.bytes));
        mirsal_hash hash;
        mirsal_hash expected;
        mir_checkpoint_hash(&hash, &checkpoint, &identity, &team);
        mir_hash_bytes(&expected, MIR_CONTEXT_CHECKPOINT, bytes.data, bytes.size);
        assert_memory_equal(&hash, &expected, sizeof hash);
        mir_buf_fini(&bytes);
    }
}

static void a_relay_key_reads_back_and_no_byte_of_it_may_change(void **state)
{
    (void)state;
    struct mir_relay_key key = { identity, 300, { { 7 } }, TEST_START_MS };
    struct mir_buf bytes;
    mir_buf_init(&bytes, &test.env, 1000);
    mir_relay_key_write(&bytes, &key, &secret);
    struct mir_relay_key out;
    assert_int_equal(mir_relay_key_read(&out, mir_buf_bytes(&bytes), &identity, NULL), MIRSAL_OK);
    assert_memory_equal(&out.identity, &key.identity, sizeof key.identity);
    assert_memory_equal(&out.noise, &key.noise, sizeof key.noise);
    assert_int_equal(out.serial, key.serial);
    assert_int_equal(out.from_ms, key.from_ms);
    for (size_t i = 0; i < bytes.size; i++) {
        bytes.data[i] ^= 1;
        assert_int_not_equal(
            mir_relay_key_read(&out, mir_buf_bytes(&bytes), &identity, NULL), MIRSAL_OK);
        assert_int_equal(out.serial, 0);
        bytes.data[i] ^= 1;
        assert_int_not_equal(
            mir_relay_key_read(&out, (struct mir_bytes){ bytes.data, i }, &identity, NULL),
            MIRSAL_OK);
    }
    assert_int_equal(
        mir_relay_key_read(&out, mir_buf_bytes(&bytes), &team, NULL), MIRSAL_NOT_AUTHENTIC);
    mir_buf_fini(&bytes);
}

static void a_frontier_has_no_order_of_arrival(void **state)
{
    (void)state;
    struct mir_head heads[3] = { { { { 2 } }, 0, 5, { { 1 } } }, { { { 1 } }, 255, 1, { { 7 } } },
        { { { 2 } }, 0, 5, { { 0, 1 } } } };
    uint8_t frontiers[2][16];
    for (unsigned turn = 0; turn < 2; turn++) {
        struct mir_heads list;
        mir_heads_init(&list, &test.env);
        for (unsigned i = 0; i < 3; i++) {
            mir_heads_add(&list, &heads[turn == 0 ? i : 2 - i]);
        }
        assert_int_equal(mir_frontier(frontiers[turn], &list, NULL), MIRSAL_OK);
        assert_int_equal(mir_heads_at(&list, 0)->device.bytes[0], 1);
        assert_int_equal(mir_heads_at(&list, 1)->id.bytes[0], 0);
        mir_heads_fini(&list);
    }
    assert_memory_equal(frontiers[0], frontiers[1], 16);
    struct mir_buf bytes;
    mir_buf_init(&bytes, &test.env, 1000);
    const unsigned order[3] = { 1, 2, 0 };
    for (unsigned i = 0; i < 3; i++) {
        const struct mir_head *head = &heads[order[i]];
        mir_buf_append(&bytes, &head->device, 32);
        mir_buf_append_u8(&bytes, head->compartment);
        mir_buf_append_be64(&bytes, head->seq);
        mir_buf_append(&bytes, &head->id, 32);
    }
    mirsal_hash expected;
    mir_hash_bytes(&expected, MIR_CONTEXT_FRONTIER, bytes.data, bytes.size);
    assert_memory_equal(frontiers[0], expected.bytes, 16);
    mir_buf_fini(&bytes);
}

static void a_tag_depends_on_session_and_id(void **state)
{
    (void)state;
    const uint8_t one_session[32] = { 1 };
    const uint8_t other_session[32] = { 2 };
    uint8_t a[8];
    uint8_t b[8];
    mir_vector_tag(a, one_session, &team);
    mir_vector_tag(b, one_session, &team);
    assert_memory_equal(a, b, 8);
    mir_vector_tag(b, other_session, &team);
    assert_memory_not_equal(a, b, 8);
    mir_vector_tag(b, one_session, &identity);
    assert_memory_not_equal(a, b, 8);
}

static void a_leaf_of_the_log_is_a_leaf_with_the_prefix(void **state)
{
    (void)state;
    uint8_t bytes[33] = { 0 };
    memcpy(bytes + 1, team.bytes, 32);
    mirsal_hash leaf;
    mirsal_hash expected;
    mir_log_leaf(&leaf, &team);
    mir_hash_bytes(&expected, MIR_CONTEXT_LEAF, bytes, sizeof bytes);
    assert_memory_equal(&leaf, &expected, sizeof leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_checkpoint_binds_all_its_fields, start, stop),
        cmocka_unit_test_setup_teardown(a_checkpoint_signs_the_encoded_array, start, stop),
        cmocka_unit_test_setup_teardown(
            a_relay_key_reads_back_and_no_byte_of_it_may_change, start, stop),
        cmocka_unit_test_setup_teardown(a_frontier_has_no_order_of_arrival, start, stop),
        cmocka_unit_test_setup_teardown(a_tag_depends_on_session_and_id, start, stop),
        cmocka_unit_test_setup_teardown(a_leaf_of_the_log_is_a_leaf_with_the_prefix, start, stop),
    };
    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
