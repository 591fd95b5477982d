/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_raw.c - carriage by hand, for peers that say what they should not.
 */
#include "fixture_raw.h"

#include "msgpack.h"

#include <string.h>

void fixture_raw_init(struct fixture_raw *raw, const mirsal_env *env)
{
    memset(raw, 0, sizeof *raw);
    raw->env = env;
}

void fixture_raw_first(struct fixture_raw *raw,
    struct mir_buf *out,
    const struct fixture_replica *device,
    struct mir_bytes frames)
{
    uint8_t prologue[MIR_PROLOGUE_SIZE];
    uint8_t seed[32];
    mir_buf_reset(out);
    raw->has_transport = 0;
    raw->env->random(raw->env->context, seed, sizeof seed);
    mir_prologue(prologue, &device->relay->identity.id);
    mir_noise_init_initiator(&raw->handshake, (struct mir_bytes){ prologue, sizeof prologue },
        &device->device.noise, &device->relay->identity.noise_public, seed);
    mir_buf_append_u8(out, MIR_CARRIAGE_FIRST);
    mir_buf_append_be16(out, (uint16_t)device->relay->serial);
    mir_buf_append_be16(out, (uint16_t)(frames.size + MIR_NOISE_M1_OVERHEAD));
    assert_int_equal(mir_noise_write(&raw->handshake, out, frames, NULL), MIRSAL_OK);
    mir_carriage_pad(out, 0);
}

void fixture_raw_later(struct fixture_raw *raw,
    struct mir_buf *out,
    uint32_t counter,
    struct mir_bytes frames)
{
    mir_buf_reset(out);
    mir_buf_append_u8(out, MIR_CARRIAGE_LATER);
    mir_buf_append(out, raw->session, sizeof raw->session);
    mir_buf_append_be32(out, counter);
    assert_int_equal(mir_carriage_seal(out, &raw->transport, frames, NULL), MIRSAL_OK);
    mir_buf_append_be16(out, 0);
    mir_carriage_pad(out, 0);
}

void fixture_raw_answer(struct fixture_raw *raw, struct mir_buf *clear, const struct mir_buf *body)
{
    struct mir_unpacker unpacker;
    struct mir_reader input;
    struct mir_bytes message;
    mir_unpacker_init(&unpacker, raw->env);
    mir_reader_init(&input, body->data, body->size);
    mir_buf_reset(clear);
    while (mir_reader_left(&input) > 0) {
        assert_int_equal(mir_unpacker_next(&unpacker, &input, &message, NULL), MIRSAL_OK);
        if (message.data == NULL) {
            continue;
        }
        if (raw->has_transport) {
            assert_int_equal(mir_noise_open(&raw->transport, clear, message, NULL), MIRSAL_OK);
        } else {
            assert_int_equal(mir_noise_read(&raw->handshake, clear, message, NULL), MIRSAL_OK);
            mir_noise_split(&raw->transport, &raw->handshake);
            raw->has_transport = 1;
        }
    }
    assert_true(unpacker.ended);
    mir_unpacker_fini(&unpacker);
    struct mir_bytes payload;
    if (fixture_raw_frame(clear, 0, &payload) == MIR_FRAME_STATE) {
        static struct mir_state state;
        assert_int_equal(mir_state_read(&state, payload, NULL), MIRSAL_OK);
        memcpy(raw->session, state.session, sizeof raw->session);
    }
}

enum mir_frame_kind fixture_raw_frame(const struct mir_buf *clear,
    uint32_t index,
    struct mir_bytes *payload)
{
    struct mir_reader reader;
    mir_reader_init(&reader, clear->data, clear->size);
    for (uint32_t i = 0; mir_reader_left(&reader) > 0; i++) {
        uint8_t kind = mir_reader_u8(&reader);
        struct mir_bytes found = mir_reader_take(&reader, (size_t)mir_mp_read_uint(&reader));
        assert_true(mir_reader_ok(&reader));
        if (i == index) {
            if (payload != NULL) {
                *payload = found;
            }
            return (enum mir_frame_kind)kind;
        }
    }
    return MIR_FRAME_NONE;
}

void fixture_raw_accept(struct fixture_raw *raw,
    const struct mir_buf *request,
    const struct fixture_replica *relay)
{
    uint8_t prologue[MIR_PROLOGUE_SIZE];
    uint8_t seed[32];
    struct mir_reader reader;
    struct mir_buf payload;
    raw->env->random(raw->env->context, seed, sizeof seed);
    mir_prologue(prologue, &relay->identity.id);
    mir_noise_init_responder(&raw->handshake, (struct mir_bytes){ prologue, sizeof prologue },
        &relay->identity.noise, seed);
    mir_reader_init(&reader, request->data, request->size);
    (void)mir_reader_take(&reader, 3);
    struct mir_bytes message = mir_reader_take(&reader, mir_reader_be16(&reader));
    mir_buf_init(&payload, raw->env, MIR_NOISE_MESSAGE_MAX);
    assert_int_equal(mir_noise_read(&raw->handshake, &payload, message, NULL), MIRSAL_OK);
    mir_buf_fini(&payload);
    raw->has_transport = 0;
}

void fixture_raw_reply(struct fixture_raw *raw, struct mir_buf *out, struct mir_bytes frames)
{
    mir_buf_reset(out);
    if (raw->has_transport) {
        assert_int_equal(mir_carriage_seal(out, &raw->transport, frames, NULL), MIRSAL_OK);
    } else {
        mir_buf_append_be16(out, (uint16_t)(frames.size + MIR_NOISE_M2_OVERHEAD));
        assert_int_equal(mir_noise_write(&raw->handshake, out, frames, NULL), MIRSAL_OK);
        mir_noise_split(&raw->transport, &raw->handshake);
        raw->has_transport = 1;
    }
    mir_buf_append_be16(out, 0);
    mir_carriage_pad(out, 0);
}
