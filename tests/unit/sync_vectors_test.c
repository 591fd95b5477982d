/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sync_vectors_test.c - judges every vector of protocol/vectors/sync.json: frames and what
 * relays sign with wire, an exchange with fixed keys by the handshake and sync's carriage.
 */
#include "carriage.h"
#include "frames.h"
#include "relayword.h"
#include "vector_judge.h"

#include <string.h>

static void read_hash(mirsal_hash *out, const json_t *object, const char *key)
{
    test_fixed(out->bytes, sizeof out->bytes, object, key);
}

static void write_word(struct mir_buf *out, const struct mir_relay_word *word)
{
    struct mir_buf bytes;
    mir_buf_init(&bytes, out->env, MIR_RELAY_WORD_SIZE_MAX);
    mir_relay_word_write(&bytes, word);
    mir_frame_write(out, MIR_FRAME_WORD, mir_buf_bytes(&bytes));
    mir_buf_fini(&bytes);
}

/* Decodes a payload and appends it again, as a whole frame. */
static mirsal_code through(struct mir_buf *out,
    struct mir_arena *arena,
    enum mir_frame_kind kind,
    struct mir_bytes payload)
{
    union {
        struct mir_register_frame enrol;
        struct mir_hello hello;
        struct mir_state state;
        struct mir_cursor page;
        struct mir_reject reject;
        struct mir_headers headers;
        struct mir_vector vector;
        struct mir_checkpoint checkpoint;
        struct mir_end end;
        struct mir_refuse refuse;
        struct mir_relay_word word;
    } *frame = mir_arena_alloc(arena, 1, sizeof *frame);
    mirsal_code code = MIRSAL_PROTOCOL;
    assert_non_null(frame);
#define THROUGH(KIND, call, member)                                                                \
    if (kind == MIR_FRAME_##KIND) {                                                                \
        code = mir_##call##_read(&frame->member, payload, NULL);                                   \
        if (code == MIRSAL_OK) {                                                                   \
            mir_##call##_write(out, &frame->member);                                               \
        }                                                                                          \
        return code;                                                                               \
    }
    THROUGH(REGISTER, register, enrol)
    THROUGH(HELLO, hello, hello)
    THROUGH(STATE, state, state)
    THROUGH(PAGE, page, page)
    THROUGH(REJECT, reject, reject)
    THROUGH(CHECKPOINT, checkpoint, checkpoint)
    THROUGH(END, end, end)
#undef THROUGH
    if (kind == MIR_FRAME_HEADERS) {
        code = mir_headers_read(&frame->headers, payload, arena, NULL);
        if (code == MIRSAL_OK) {
            mir_headers_write(out, &frame->headers);
        }
    } else if (kind == MIR_FRAME_VECTOR) {
        code = mir_vector_read(&frame->vector, payload, arena, NULL);
        if (code == MIRSAL_OK) {
            mir_vector_write(out, &frame->vector);
        }
    } else if (kind == MIR_FRAME_REFUSE) {
        code = mir_refuse_read(&frame->refuse, payload, NULL);
        if (code == MIRSAL_OK) {
            mir_refuse_write(out, frame->refuse.code, frame->refuse.text);
        }
    } else if (kind == MIR_FRAME_WORD) {
        code = mir_relay_word_read(&frame->word, payload, NULL);
        if (code == MIRSAL_OK) {
            write_word(out, &frame->word);
        }
    }
    return code;
}

static mirsal_code judge_frame(struct judged *vector)
{
    struct mir_buf out;
    struct mir_buf same;
    struct mir_bytes payload = test_bytes(vector->input, "payload");
    enum mir_frame_kind kind = (enum mir_frame_kind)test_number(vector->input, "kind");
    mir_buf_init(&out, &vector->test.env, SIZE_MAX);
    mir_buf_init(&same, &vector->test.env, SIZE_MAX);
    mirsal_code code = through(&out, &vector->arena, kind, payload);
    if (code == MIRSAL_OK && vector->expect != NULL) {
        mir_frame_write(&same, kind, test_bytes(vector->expect, "payload"));
        assert_true(mir_bytes_equal(mir_buf_bytes(&out), mir_buf_bytes(&same)));
    }
    mir_buf_fini(&out);
    mir_buf_fini(&same);
    return code;
}

static mirsal_code judge_stream(struct judged *vector)
{
    struct mir_splitter splitter;
    struct mir_frame frame = { MIR_FRAME_NONE, { NULL, 0 } };
    size_t count = 0;
    mir_splitter_init(&splitter, &vector->test.env);
    mirsal_code code = mir_splitter_feed(&splitter, test_bytes(vector->input, "stream"), NULL);
    while (code == MIRSAL_OK) {
        code = mir_splitter_next(&splitter, &frame, NULL);
        if (code != MIRSAL_OK || frame.kind == MIR_FRAME_NONE) {
            break;
        }
        if (vector->expect != NULL) {
            const json_t *row = json_array_get(test_array(vector->expect, "frames"), count);
            assert_int_equal(frame.kind, json_integer_value(json_array_get(row, 0)));
            assert_true(mir_bytes_equal(frame.payload, test_bytes_of(json_array_get(row, 1))));
        }
        count++;
    }
    if (code == MIRSAL_OK && vector->expect != NULL) {
        assert_true(mir_splitter_empty(&splitter));
        assert_int_equal(count, json_array_size(test_array(vector->expect, "frames")));
    }
    mir_splitter_fini(&splitter);
    return code;
}

static mirsal_code judge_relay_key(struct judged *vector)
{
    struct mir_relay_key key;
    mirsal_hash identity;
    read_hash(&identity, vector->input, "identity");
    mirsal_code code = mir_relay_key_read(&key, test_bytes(vector->input, "key"), &identity, NULL);
    if (code == MIRSAL_OK && vector->expect != NULL) {
        assert_int_equal(key.serial, test_number(vector->expect, "serial"));
        judge_same(key.noise.bytes, sizeof key.noise.bytes, vector->expect, "noise");
    }
    return code;
}

static mirsal_code judge_checkpoint(struct judged *vector)
{
    struct mir_checkpoint checkpoint;
    mirsal_hash identity;
    mirsal_hash team;
    mirsal_hash seen;
    read_hash(&identity, vector->input, "identity");
    read_hash(&team, vector->input, "team");
    read_hash(&checkpoint.root, vector->input, "root");
    test_fixed(checkpoint.store_epoch, sizeof checkpoint.store_epoch, vector->input, "epoch");
    checkpoint.size = test_number(vector->input, "size");
    checkpoint.time_ms = test_number(vector->input, "time_ms");
    test_fixed(checkpoint.signature, sizeof checkpoint.signature, vector->input, "signature");
    if (!mir_checkpoint_verify(&checkpoint, &identity, &team)) {
        return MIRSAL_BAD_SIGNATURE;
    }
    mir_checkpoint_hash(&seen, &checkpoint, &identity, &team);
    judge_same(seen.bytes, sizeof seen.bytes, vector->expect, "seen");
    return MIRSAL_OK;
}

static mirsal_code judge_word(struct judged *vector)
{
    struct mir_relay_word word;
    struct mir_buf again;
    mirsal_hash team;
    struct mir_bytes bytes = test_bytes(vector->input, "word");
    read_hash(&team, vector->input, "team");
    mirsal_code code = mir_relay_word_read(&word, bytes, NULL);
    if (code != MIRSAL_OK) {
        return code;
    }
    mir_buf_init(&again, &vector->test.env, MIR_RELAY_WORD_SIZE_MAX);
    mir_relay_word_write(&again, &word);
    assert_true(mir_bytes_equal(mir_buf_bytes(&again), bytes));
    mir_buf_fini(&again);
    return mir_relay_word_verify(&word, &team) ? MIRSAL_OK : MIRSAL_BAD_SIGNATURE;
}

static mirsal_code judge_frontier(struct judged *vector)
{
    struct mir_heads heads;
    uint8_t frontier[16];
    const json_t *rows = test_array(vector->input, "heads");
    mir_heads_init(&heads, &vector->test.env);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct mir_head head;
        memcpy(head.device.bytes, test_bytes_of(json_array_get(row, 0)).data, 32);
        head.compartment = (uint8_t)json_integer_value(json_array_get(row, 1));
        head.seq = (uint64_t)json_integer_value(json_array_get(row, 2));
        memcpy(head.id.bytes, test_bytes_of(json_array_get(row, 3)).data, 32);
        mir_heads_add(&heads, &head);
    }
    mirsal_code code = mir_frontier(frontier, &heads, NULL);
    judge_same(frontier, sizeof frontier, vector->expect, "frontier");
    mir_heads_fini(&heads);
    return code;
}

static mirsal_code judge_tag(struct judged *vector)
{
    mirsal_hash hash;
    mirsal_hash id;
    uint8_t tag[8];
    read_hash(&hash, vector->input, "hash");
    read_hash(&id, vector->input, "id");
    mir_vector_tag(tag, hash.bytes, &id);
    judge_same(tag, sizeof tag, vector->expect, "tag");
    return MIRSAL_OK;
}

/* Both sides of the exchange. */
struct two_sides {
    struct mir_noise_handshake client;
    struct mir_noise_handshake relay;
    struct mir_noise_transport ours;
    struct mir_noise_transport theirs;
    struct mir_buf body;
};

static void meet(struct two_sides *sides, const json_t *input)
{
    struct mir_agree_secret device;
    struct mir_agree_secret relay;
    struct mir_agree_public relay_public;
    uint8_t seed[32];
    uint8_t prologue[MIR_PROLOGUE_SIZE];
    mirsal_hash identity;
    read_hash(&identity, input, "identity");
    mir_prologue(prologue, &identity);
    struct mir_bytes name = { prologue, sizeof prologue };
    test_fixed(seed, sizeof seed, input, "relay");
    mir_agree_keypair(&relay_public, &relay, seed);
    test_fixed(device.bytes, sizeof device.bytes, input, "device");
    test_fixed(seed, sizeof seed, input, "device_ephemeral");
    mir_noise_init_initiator(&sides->client, name, &device, &relay_public, seed);
    test_fixed(seed, sizeof seed, input, "relay_ephemeral");
    mir_noise_init_responder(&sides->relay, name, &relay, seed);
}

/* u16 big-endian, then the bytes. */
static void add_sized(struct mir_buf *out, struct mir_bytes bytes)
{
    mir_buf_append_u8(out, (uint8_t)(bytes.size >> 8));
    mir_buf_append_u8(out, (uint8_t)bytes.size);
    mir_buf_append(out, bytes.data, bytes.size);
}

/* The body is what is expected; it begins anew. */
static void same_body(struct two_sides *sides, const json_t *expect, const char *name)
{
    mir_carriage_pad(&sides->body, 0);
    assert_int_equal(mir_buf_finish(&sides->body, NULL), MIRSAL_OK);
    judge_same(sides->body.data, sides->body.size, expect, name);
    mir_buf_reset(&sides->body);
}

static void add_messages(struct two_sides *sides,
    struct mir_noise_transport *transport,
    struct mir_bytes clear)
{
    static const uint8_t end[2] = { 0, 0 };
    assert_int_equal(mir_carriage_seal(&sides->body, transport, clear, NULL), MIRSAL_OK);
    mir_buf_append(&sides->body, end, sizeof end);
}

/* Opens the messages of a body from `skip` on; they hold what is expected. */
static void read_messages(struct judged *vector,
    struct mir_noise_transport *transport,
    const char *body,
    size_t skip,
    const char *clear)
{
    struct mir_unpacker unpacker;
    struct mir_reader reader;
    struct mir_buf stream;
    struct mir_bytes message = { NULL, 0 };
    struct mir_bytes bytes = test_bytes(vector->expect, body);
    mir_buf_init(&stream, &vector->test.env, SIZE_MAX);
    mir_unpacker_init(&unpacker, &vector->test.env);
    mir_reader_init(&reader, bytes.data + skip, bytes.size - skip);
    do {
        assert_int_equal(mir_unpacker_next(&unpacker, &reader, &message, NULL), MIRSAL_OK);
        if (message.data != NULL) {
            assert_int_equal(mir_noise_open(transport, &stream, message, NULL), MIRSAL_OK);
        }
    } while (message.data != NULL);
    assert_int_equal(unpacker.ended, 1);
    judge_same(stream.data, stream.size, vector->input, clear);
    mir_unpacker_fini(&unpacker);
    mir_buf_fini(&stream);
}

static void shake_hands(struct judged *vector, struct two_sides *sides)
{
    struct mir_buf message;
    struct mir_buf payload;
    const struct mir_bytes nothing = { (const uint8_t *)"", 0 };
    uint64_t serial = test_number(vector->input, "serial");
    mir_buf_init(&message, &vector->test.env, SIZE_MAX);
    mir_buf_init(&payload, &vector->test.env, SIZE_MAX);
    struct mir_bytes asked = test_bytes(vector->input, "asked");
    assert_int_equal(mir_noise_write(&sides->client, &message, asked, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_noise_read(&sides->relay, &payload, mir_buf_bytes(&message), NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&payload), asked));
    mir_buf_append_u8(&sides->body, MIR_CARRIAGE_FIRST);
    mir_buf_append_u8(&sides->body, (uint8_t)(serial >> 8));
    mir_buf_append_u8(&sides->body, (uint8_t)serial);
    add_sized(&sides->body, mir_buf_bytes(&message));
    same_body(sides, vector->expect, "first");
    mir_buf_reset(&message);
    mir_buf_reset(&payload);
    assert_int_equal(mir_noise_write(&sides->relay, &message, nothing, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_noise_read(&sides->client, &payload, mir_buf_bytes(&message), NULL), MIRSAL_OK);
    add_sized(&sides->body, mir_buf_bytes(&message));
    mir_noise_split(&sides->ours, &sides->client);
    mir_noise_split(&sides->theirs, &sides->relay);
    mir_buf_fini(&message);
    mir_buf_fini(&payload);
}

static mirsal_code judge_exchange(struct judged *vector)
{
    struct two_sides *sides = mir_arena_alloc(&vector->arena, 1, sizeof *sides);
    const json_t *input = vector->input;
    struct mir_bytes session = test_bytes(input, "session");
    static const uint8_t counter[4] = { 0, 0, 0, 1 };
    assert_non_null(sides);
    mir_buf_init(&sides->body, &vector->test.env, SIZE_MAX);
    meet(sides, input);
    shake_hands(vector, sides);
    add_messages(sides, &sides->theirs, test_bytes(input, "told"));
    same_body(sides, vector->expect, "answer");
    judge_same(sides->ours.handshake_hash, 32, vector->expect, "handshake_hash");
    read_messages(vector, &sides->ours, "answer", 2u + MIR_NOISE_M2_OVERHEAD, "told");
    mir_buf_append_u8(&sides->body, MIR_CARRIAGE_LATER);
    mir_buf_append(&sides->body, session.data, session.size);
    mir_buf_append(&sides->body, counter, sizeof counter);
    add_messages(sides, &sides->ours, test_bytes(input, "more"));
    same_body(sides, vector->expect, "later");
    read_messages(vector, &sides->theirs, "later", 1u + MIR_SESSION_SIZE + sizeof counter, "more");
    mir_buf_fini(&sides->body);
    return MIRSAL_OK;
}

static void sync_vectors(void **state)
{
    static const struct judge judges[] = {
        { "frame", judge_frame },
        { "stream", judge_stream },
        { "relay_key", judge_relay_key },
        { "checkpoint", judge_checkpoint },
        { "word", judge_word },
        { "frontier", judge_frontier },
        { "tag", judge_tag },
        { "exchange", judge_exchange },
        { NULL, NULL },
    };
    (void)state;
    judge_file("protocol/vectors/sync.json", judges, 140);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync_vectors),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
