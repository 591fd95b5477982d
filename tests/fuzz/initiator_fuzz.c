/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/initiator_fuzz.c - a device's half of sync takes anything for an answer. The first byte says
 * what the rest is: 0 an answer's body as bytes; 2 frames in a peer's answer to VECTOR, which may
 * bring words of relays; else frames in a good first answer.
 *
 * Whatever comes, the session goes on or ends with a code, and only changesets that verify are
 * held.
 */
#include "fixture_world.h"
#include "fuzz.h"

#include <string.h>

static struct fixture_world world;

static void gather_request(struct mir_session *client)
{
    uint8_t buffer[4096];
    size_t size = 0;
    mir_buf_reset(&world.drive.request);
    do {
        fuzz_demand(mir_session_send(buffer, sizeof buffer, &size, client, NULL) == MIRSAL_OK,
            "a request is sent");
        mir_buf_append(&world.drive.request, buffer, size);
    } while (size > 0);
}

static uint64_t word_bytes;

static mirsal_code give_no_words(void *context, mir_word_sink sink, void *to, mirsal_error *err)
{
    (void)context;
    (void)sink;
    (void)to;
    (void)err;
    return MIRSAL_OK;
}

static mirsal_code take_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    (void)context;
    (void)err;
    word_bytes += word.size;
    fuzz_demand(word_bytes <= MIR_RELAY_WORDS_SIZE_MAX, "no more words than a round holds");
    return MIRSAL_OK;
}

static mirsal_code (*describe_relay)(void *context, struct mir_sync_self *self, mirsal_error *err);

static mirsal_code describe_peer(void *context, struct mir_sync_self *self, mirsal_error *err)
{
    mirsal_code rc = describe_relay(context, self, err);
    self->with_vector = 1;
    self->joins = 0;
    return rc;
}

/* As to a peer: a first exchange, whose answer gives the session, then VECTOR. */
static void go_to_vector(struct mir_session *client)
{
    static struct mir_state state;
    memset(&state, 0, sizeof state);
    state.time_ms = world.test.now_ms;
    state.has_session = 1;
    fixture_raw_accept(&world.raw, &world.drive.request, &world.relay);
    mir_state_write(&world.frames, &state);
    fixture_raw_reply(&world.raw, &world.drive.answer, mir_buf_bytes(&world.frames));
    mirsal_code code =
        mir_session_receive(client, world.drive.answer.data, world.drive.answer.size, NULL);
    if (code == MIRSAL_OK) {
        code = mir_session_receive(client, NULL, 0, NULL);
    }
    fuzz_demand(code == MIRSAL_OK && mir_session_need(client) == MIR_NEED_WRITE, "VECTOR is due");
    gather_request(client);
}

static struct mir_session *begin_session(uint8_t mode)
{
    struct mir_session *client = NULL;
    const struct mir_session_options options = { .env = &world.test.env,
        .local = &world.alice.local };
    if (mode == 2) {
        describe_relay = world.alice.local.describe;
        world.alice.local.describe = describe_peer;
        world.alice.local.words = give_no_words;
        world.alice.local.word = take_word;
        world.alice.token = "";
        word_bytes = 0;
    }
    fuzz_demand(mir_session_open(&client, &options, NULL) == MIRSAL_OK, "a session opens");
    gather_request(client);
    if (mode == 2) {
        go_to_vector(client);
    }
    return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 60000) {
        return 0;
    }
    (void)fuzz_env();
    fixture_world_init(&world);
    const struct mir_bytes rest = { data + 1, size - 1 };
    struct mir_session *client = begin_session(data[0]);
    if (data[0] == 0) {
        mir_buf_append(&world.drive.answer, rest.data, rest.size);
    } else if (data[0] == 2) {
        fixture_raw_reply(&world.raw, &world.drive.answer, rest);
    } else {
        fixture_raw_accept(&world.raw, &world.drive.request, &world.relay);
        fixture_raw_reply(&world.raw, &world.drive.answer, rest);
    }
    mirsal_code code =
        mir_session_receive(client, world.drive.answer.data, world.drive.answer.size, NULL);
    if (code == MIRSAL_OK) {
        code = mir_session_receive(client, NULL, 0, NULL);
    }
    fuzz_demand(code == MIRSAL_OK || mir_session_need(client) == MIR_NEED_DONE, "an end");
    fuzz_demand(code == MIRSAL_OK || mirsal_code_class(code) == MIRSAL_CLASS_PEER ||
                    mirsal_code_class(code) == MIRSAL_CLASS_DENIED,
        "the peer is named");
    for (size_t i = 0; i < fixture_count(&world.alice); i++) {
        fuzz_demand(
            mir_changeset_verify(&fixture_at(&world.alice, i)->changeset, NULL) == MIRSAL_OK,
            "what is held verifies");
    }
    mir_session_close(client);
    fixture_world_fini(&world);
    return 0;
}
