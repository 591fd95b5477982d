/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundle_test.c - frames that only bundles have: round trips, refusals, and their order. */
#include "bundle.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_buf out;
static struct mir_arena arena;
static struct mir_splitter splitter;
static struct mir_sign_secret secret;
static struct mir_bundle_head head;
static const uint8_t mac[32] = { 7 };

static int start(void **state)
{
    (void)state;
    static const uint8_t seed[32] = { 3 };
    struct mir_sign_public key;
    test_env_init(&test, 5);
    mir_buf_init(&out, &test.env, 1u << 20);
    mir_arena_init(&arena, &test.env, 1u << 20);
    mir_splitter_init_bundle(&splitter, &test.env);
    mir_sign_keypair(&key, &secret, seed);
    memset(&head, 0, sizeof head);
    memset(head.bundle, 1, sizeof head.bundle);
    memset(head.team.bytes, 2, sizeof head.team.bytes);
    memcpy(head.device.bytes, key.bytes, sizeof key.bytes);
    memset(head.tag_key, 4, sizeof head.tag_key);
    head.part = 9;
    head.time_ms = TEST_START_MS;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mir_splitter_fini(&splitter);
    mir_arena_fini(&arena);
    mir_buf_fini(&out);
    test_env_fini(&test);
    return 0;
}

/* The one frame in out. */
static struct mir_bytes payload_of(enum mir_frame_kind kind)
{
    struct mir_frame frame;
    assert_int_equal(mir_splitter_feed(&splitter, mir_buf_bytes(&out), NULL), MIRSAL_OK);
    assert_int_equal(mir_splitter_next(&splitter, &frame, NULL), MIRSAL_OK);
    assert_int_equal(frame.kind, kind);
    return frame.payload;
}

static void a_head_comes_back(void **state)
{
    (void)state;
    struct mir_bundle_head read;
    mir_bundle_head_write(&out, &head, mac, &secret);
    assert_int_equal(
        mir_bundle_head_read(&read, payload_of(MIR_FRAME_BUNDLE), mac, NULL), MIRSAL_OK);
    assert_memory_equal(read.bundle, head.bundle, sizeof head.bundle);
    assert_memory_equal(read.team.bytes, head.team.bytes, 32);
    assert_memory_equal(read.device.bytes, head.device.bytes, 32);
    assert_memory_equal(read.tag_key, head.tag_key, 32);
    assert_int_equal(read.part, 9);
    assert_int_equal(read.time_ms, TEST_START_MS);
}

static void a_head_is_bound_to_its_file_and_maker(void **state)
{
    (void)state;
    struct mir_bundle_head read;
    uint8_t other[32] = { 8 };
    mir_bundle_head_write(&out, &head, mac, &secret);
    struct mir_bytes payload = payload_of(MIR_FRAME_BUNDLE);
    assert_int_equal(mir_bundle_head_read(&read, payload, other, NULL), MIRSAL_BAD_SIGNATURE);
    for (size_t at = 0; at < payload.size; at++) {
        ((uint8_t *)(uintptr_t)payload.data)[at] ^= 1;
        assert_int_not_equal(mir_bundle_head_read(&read, payload, mac, NULL), MIRSAL_OK);
        ((uint8_t *)(uintptr_t)payload.data)[at] ^= 1;
    }
    assert_int_equal(mir_bundle_head_read(&read, payload, mac, NULL), MIRSAL_OK);
}

static void parts_are_counted_from_one(void **state)
{
    (void)state;
    struct mir_bundle_head read;
    head.part = 0;
    mir_bundle_head_write(&out, &head, mac, &secret);
    assert_int_equal(
        mir_bundle_head_read(&read, payload_of(MIR_FRAME_BUNDLE), mac, NULL), MIRSAL_MALFORMED);
    head.part = MIR_BUNDLE_PARTS_MAX + 1u;
    mir_buf_reset(&out);
    mir_bundle_head_write(&out, &head, mac, &secret);
    assert_int_equal(
        mir_bundle_head_read(&read, payload_of(MIR_FRAME_BUNDLE), mac, NULL), MIRSAL_LIMIT);
}

static void a_close_comes_back(void **state)
{
    (void)state;
    struct mir_bundle_close close = { 1, 70000, 0 };
    struct mir_bundle_close read;
    mir_bundle_close_write(&out, &close);
    assert_int_equal(mir_bundle_close_read(&read, payload_of(MIR_FRAME_CLOSE), NULL), MIRSAL_OK);
    assert_true(read.last);
    assert_int_equal(read.changesets, 70000);
    close.media = 1;
    mir_buf_reset(&out);
    mir_bundle_close_write(&out, &close);
    assert_int_equal(
        mir_bundle_close_read(&read, payload_of(MIR_FRAME_CLOSE), NULL), MIRSAL_MALFORMED);
}

static void a_purge_list_ascends(void **state)
{
    (void)state;
    mirsal_hash ids[2] = { { { 1 } }, { { 2 } } };
    mirsal_hash *read = NULL;
    uint32_t count = 0;
    mir_purged_write(&out, ids, 2);
    assert_int_equal(
        mir_purged_read(&read, &count, payload_of(MIR_FRAME_PURGED), &arena, NULL), MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(read[1].bytes, ids[1].bytes, 32);
    ids[1] = ids[0];
    mir_buf_reset(&out);
    mir_purged_write(&out, ids, 2);
    assert_int_equal(mir_purged_read(&read, &count, payload_of(MIR_FRAME_PURGED), &arena, NULL),
        MIRSAL_MALFORMED);
    mir_buf_reset(&out);
    mir_purged_write(&out, NULL, 0);
    assert_int_equal(
        mir_purged_read(&read, &count, payload_of(MIR_FRAME_PURGED), &arena, NULL), MIRSAL_OK);
    assert_int_equal(count, 0);
}

static mirsal_code in_order(uint32_t part, const uint8_t *kinds, size_t count)
{
    struct mir_bundle_order order = { 0, 0 };
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = mir_bundle_order(&order, (enum mir_frame_kind)kinds[i], NULL);
        order.part = part;
    }
    return rc;
}

#define IN_ORDER(part, ...)                                                                        \
    in_order(part, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void frames_stand_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(IN_ORDER(1, 16, 17, 8, 19), MIRSAL_OK);
    assert_int_equal(IN_ORDER(1, 16, 18, 18, 17, 8, 3, 3, 19), MIRSAL_OK);
    assert_int_equal(IN_ORDER(2, 16, 3, 19), MIRSAL_OK);
    assert_int_equal(IN_ORDER(2, 16, 19), MIRSAL_OK);
    assert_int_equal(IN_ORDER(1, 17), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 16), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 8), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 3), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 17, 18), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 17, 8, 8), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 17, 8, 3, 17), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 17, 8, 19, 3), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(1, 16, 17, 8, 19, 19), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(2, 16, 17), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(2, 16, 18), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(2, 16, 8), MIRSAL_PROTOCOL);
    assert_int_equal(IN_ORDER(2, 3), MIRSAL_PROTOCOL);
}

static void each_stream_knows_its_own_kinds(void **state)
{
    (void)state;
    static const uint8_t of_sync[] = { MIR_FRAME_END, 0 };
    static const uint8_t of_bundles[] = { MIR_FRAME_CLOSE, 0 };
    struct mir_frame frame;
    struct mir_splitter other;
    assert_int_equal(mir_splitter_feed(&splitter, (struct mir_bytes){ of_sync, 2 }, NULL), 0);
    assert_int_equal(mir_splitter_next(&splitter, &frame, NULL), MIRSAL_PROTOCOL);
    mir_splitter_init(&other, &test.env);
    assert_int_equal(mir_splitter_feed(&other, (struct mir_bytes){ of_bundles, 2 }, NULL), 0);
    assert_int_equal(mir_splitter_next(&other, &frame, NULL), MIRSAL_PROTOCOL);
    mir_splitter_fini(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_head_comes_back),
        TEST(a_head_is_bound_to_its_file_and_maker),
        TEST(parts_are_counted_from_one),
        TEST(a_close_comes_back),
        TEST(a_purge_list_ascends),
        TEST(frames_stand_in_their_order),
        TEST(each_stream_knows_its_own_kinds),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
