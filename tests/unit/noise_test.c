/* SPDX-License-Identifier: Apache-2.0 */
/* unit/noise_test.c - a handshake and its messages; what is changed, cut, replayed or too long. */
#include "noise.h"

#include "mir_limits.h"
#include "test_env.h"

#include <string.h>

struct party {
    struct mir_agree_public s_public;
    struct mir_agree_secret s;
    struct mir_noise_handshake noise;
    struct mir_noise_transport transport;
};

struct world {
    struct test_env test;
    struct party initiator;
    struct party responder;
    struct mir_buf first;
    struct mir_buf second;
    struct mir_buf payload;
};

static struct mir_bytes text_bytes(const char *text)
{
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    return bytes;
}

static void start(struct world *world, const char *a, const char *b)
{
    uint8_t seeds[4][32];
    test_env_init(&world->test, 11);
    world->test.env.random(&world->test, seeds, sizeof seeds);
    struct party *i = &world->initiator;
    struct party *r = &world->responder;
    mir_agree_keypair(&i->s_public, &i->s, seeds[0]);
    mir_agree_keypair(&r->s_public, &r->s, seeds[1]);
    mir_noise_init_initiator(&i->noise, text_bytes(a), &i->s, &r->s_public, seeds[2]);
    mir_noise_init_responder(&r->noise, text_bytes(b), &r->s, seeds[3]);
    mir_buf_init(&world->first, &world->test.env, 70000);
    mir_buf_init(&world->second, &world->test.env, 70000);
    mir_buf_init(&world->payload, &world->test.env, 140000);
}

static void finish(struct world *world)
{
    mir_noise_fini(&world->initiator.noise);
    mir_noise_fini(&world->responder.noise);
    mir_buf_fini(&world->first);
    mir_buf_fini(&world->second);
    mir_buf_fini(&world->payload);
    test_env_fini(&world->test);
}

static void shake_hands(struct world *world)
{
    start(world, "prologue", "prologue");
    struct mir_noise_handshake *i = &world->initiator.noise;
    struct mir_noise_handshake *r = &world->responder.noise;
    assert_int_equal(mir_noise_write(i, &world->first, text_bytes("hello"), NULL), MIRSAL_OK);
    assert_int_equal(world->first.size, 5 + MIR_NOISE_M1_OVERHEAD);
    assert_int_equal(
        mir_noise_read(r, &world->payload, mir_buf_bytes(&world->first), NULL), MIRSAL_OK);
    assert_memory_equal(r->rs.bytes, world->initiator.s_public.bytes, 32);
    assert_int_equal(mir_noise_write(r, &world->second, text_bytes("state"), NULL), MIRSAL_OK);
    assert_int_equal(world->second.size, 5 + MIR_NOISE_M2_OVERHEAD);
    assert_int_equal(
        mir_noise_read(i, &world->payload, mir_buf_bytes(&world->second), NULL), MIRSAL_OK);
    assert_memory_equal(world->payload.data, "hellostate", 10);
    mir_noise_split(&world->initiator.transport, i);
    mir_noise_split(&world->responder.transport, r);
}

static void both_sides_agree(void **state)
{
    (void)state;
    struct world world;
    shake_hands(&world);
    struct mir_noise_transport *a = &world.initiator.transport;
    struct mir_noise_transport *b = &world.responder.transport;
    assert_memory_equal(a->handshake_hash, b->handshake_hash, 32);
    assert_memory_not_equal(a->send.k, a->receive.k, 32);
    const uint8_t zeros[32] = { 0 };
    assert_memory_equal(world.initiator.noise.s.bytes, zeros, 32);
    assert_memory_equal(world.initiator.noise.ck, zeros, 32);
    for (int i = 0; i < 300; i++) {
        mir_buf_reset(&world.first);
        mir_buf_reset(&world.payload);
        assert_int_equal(mir_noise_seal(a, &world.first, text_bytes("up"), NULL), MIRSAL_OK);
        assert_int_equal(
            mir_noise_open(b, &world.payload, mir_buf_bytes(&world.first), NULL), MIRSAL_OK);
        assert_memory_equal(world.payload.data, "up", 2);
    }
    mir_buf_reset(&world.second);
    assert_int_equal(mir_noise_seal(b, &world.second, text_bytes(""), NULL), MIRSAL_OK);
    assert_int_equal(
        mir_noise_open(a, &world.payload, mir_buf_bytes(&world.second), NULL), MIRSAL_OK);
    finish(&world);
}

static void transport_refuses_what_is_replayed_cut_or_turned_back(void **state)
{
    (void)state;
    struct world world;
    shake_hands(&world);
    struct mir_noise_transport *a = &world.initiator.transport;
    struct mir_noise_transport *b = &world.responder.transport;
    mir_buf_reset(&world.first);
    mir_buf_reset(&world.payload);
    assert_int_equal(mir_noise_seal(a, &world.first, text_bytes("up"), NULL), MIRSAL_OK);
    struct mir_bytes message = mir_buf_bytes(&world.first);
    assert_int_equal(mir_noise_open(a, &world.payload, message, NULL), MIRSAL_NOT_AUTHENTIC);
    for (size_t size = 0; size < message.size; size++) {
        struct mir_bytes cut = { message.data, size };
        assert_int_equal(mir_noise_open(b, &world.payload, cut, NULL), MIRSAL_NOT_AUTHENTIC);
    }
    assert_int_equal(mir_noise_open(b, &world.payload, message, NULL), MIRSAL_OK);
    assert_int_equal(mir_noise_open(b, &world.payload, message, NULL), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(world.payload.size, 2);
    finish(&world);
}

static void every_changed_or_missing_byte_of_the_first_message_is_refused(void **state)
{
    (void)state;
    struct world world;
    start(&world, "p", "p");
    assert_int_equal(
        mir_noise_write(&world.initiator.noise, &world.first, text_bytes("hi"), NULL), MIRSAL_OK);
    const struct mir_noise_handshake fresh = world.responder.noise;
    for (size_t at = 0; at < world.first.size; at++) {
        world.responder.noise = fresh;
        /* The top bit of the ephemeral is ignored by X25519, but not by the transcript. */
        world.first.data[at] ^= 0x80;
        assert_int_equal(mir_noise_read(&world.responder.noise, &world.payload,
                             mir_buf_bytes(&world.first), NULL),
            MIRSAL_NOT_AUTHENTIC);
        world.first.data[at] ^= 0x80;
        world.responder.noise = fresh;
        struct mir_bytes cut = { world.first.data, at };
        assert_int_equal(mir_noise_read(&world.responder.noise, &world.payload, cut, NULL),
            MIRSAL_NOT_AUTHENTIC);
    }
    assert_int_equal(world.payload.size, 0);
    finish(&world);
}

static void another_prologue_or_static_key_is_refused(void **state)
{
    (void)state;
    struct world world;
    start(&world, "path a", "path b");
    assert_int_equal(
        mir_noise_write(&world.initiator.noise, &world.first, text_bytes("hi"), NULL), MIRSAL_OK);
    assert_int_equal(
        mir_noise_read(&world.responder.noise, &world.payload, mir_buf_bytes(&world.first), NULL),
        MIRSAL_NOT_AUTHENTIC);
    finish(&world);

    start(&world, "p", "p");
    const uint8_t e_seed[32] = { 1 };
    mir_noise_init_initiator(&world.initiator.noise, text_bytes("p"), &world.initiator.s,
        &world.initiator.s_public, e_seed);
    assert_int_equal(
        mir_noise_write(&world.initiator.noise, &world.first, text_bytes("hi"), NULL), MIRSAL_OK);
    assert_int_equal(
        mir_noise_read(&world.responder.noise, &world.payload, mir_buf_bytes(&world.first), NULL),
        MIRSAL_NOT_AUTHENTIC);
    finish(&world);
}

static void keys_of_small_order_are_refused(void **state)
{
    (void)state;
    struct world world;
    struct mir_agree_public zero = { { 0 } };
    const uint8_t e_seed[32] = { 1 };
    start(&world, "p", "p");
    mir_noise_init_initiator(
        &world.initiator.noise, text_bytes("p"), &world.initiator.s, &zero, e_seed);
    assert_int_equal(mir_noise_write(&world.initiator.noise, &world.first, text_bytes("x"), NULL),
        MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(world.first.size, 0);
    const uint8_t message[MIR_NOISE_M1_OVERHEAD] = { 0 };
    struct mir_bytes bytes = { message, sizeof message };
    assert_int_equal(
        mir_noise_read(&world.responder.noise, &world.payload, bytes, NULL), MIRSAL_NOT_AUTHENTIC);
    finish(&world);
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct world world;
    static const uint8_t zeros[MIR_NOISE_MESSAGE_MAX + 1];
    shake_hands(&world);
    struct mir_noise_transport *a = &world.initiator.transport;
    struct mir_noise_transport *b = &world.responder.transport;
    mir_buf_reset(&world.first);
    struct mir_bytes largest = { zeros, MIR_NOISE_MESSAGE_MAX - MIR_NOISE_TAG_SIZE };
    struct mir_bytes larger = { zeros, largest.size + 1 };
    struct mir_bytes huge = { zeros, sizeof zeros };
    assert_int_equal(mir_noise_seal(a, &world.first, larger, NULL), MIRSAL_LIMIT);
    assert_int_equal(mir_noise_seal(a, &world.first, largest, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_noise_open(b, &world.payload, mir_buf_bytes(&world.first), NULL), MIRSAL_OK);
    assert_int_equal(mir_noise_open(b, &world.payload, huge, NULL), MIRSAL_LIMIT);
    finish(&world);

    start(&world, "p", "p");
    struct mir_bytes first = { zeros, MIR_FIRST_PAYLOAD_MAX };
    struct mir_bytes over = { zeros, MIR_FIRST_PAYLOAD_MAX + 1 };
    assert_int_equal(
        mir_noise_write(&world.initiator.noise, &world.first, over, NULL), MIRSAL_LIMIT);
    assert_int_equal(mir_noise_write(&world.initiator.noise, &world.first, first, NULL), MIRSAL_OK);
    assert_int_equal(world.first.size, MIR_NOISE_MESSAGE_MAX);
    assert_int_equal(
        mir_noise_read(&world.responder.noise, &world.payload, huge, NULL), MIRSAL_LIMIT);
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(transport_refuses_what_is_replayed_cut_or_turned_back),
        cmocka_unit_test(every_changed_or_missing_byte_of_the_first_message_is_refused),
        cmocka_unit_test(another_prologue_or_static_key_is_refused),
        cmocka_unit_test(keys_of_small_order_are_refused),
        cmocka_unit_test(sizes_are_bounded),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
