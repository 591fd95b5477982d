/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/responder_fuzz.c - a relay's half of sync takes anything. The first byte says what the rest
 * is: 0 a request's body as bytes; 1 frames in a good first message of a known device; 2 frames in
 * a later request of its session; 3 the same to a peer, which takes words of relays behind VECTOR.
 *
 * Whatever comes, the request is answered to its end and only changesets that verify are held.
 */
#include "fixture_world.h"
#include "fuzz.h"

#include <string.h>

static struct fixture_world world;

static void serve(void)
{
    fixture_serve(&world.drive);
    fuzz_demand(world.drive.status >= 200 && world.drive.status < 600, "a status");
    fuzz_demand(world.drive.status == 200 || world.drive.answer.size == 0, "a body with 200 only");
    fuzz_demand(world.drive.answer.size % MIR_HTTP_PAD == 0, "a padded answer");
}

static uint64_t word_bytes;

static mirsal_code take_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    (void)context;
    (void)err;
    word_bytes += word.size;
    fuzz_demand(word_bytes <= MIR_RELAY_WORDS_SIZE_MAX, "no more words than a round holds");
    return MIRSAL_OK;
}

static void make_request(uint8_t mode, struct mir_bytes rest)
{
    struct mir_buf *request = &world.drive.request;
    if (mode == 3) {
        world.drive.relay->host.word = take_word;
        word_bytes = 0;
    }
    if (mode == 2 || mode == 3) {
        fixture_world_hello(&world, mode == 3 ? MIR_HELLO_VECTOR : 0u);
        fixture_raw_first(&world.raw, request, &world.alice, mir_buf_bytes(&world.frames));
        serve();
        fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
        fixture_raw_later(&world.raw, request, 1, rest);
    } else if (mode == 1) {
        fixture_raw_first(&world.raw, request, &world.alice, rest);
    } else {
        mir_buf_reset(request);
        mir_buf_append(request, rest.data, rest.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 60000) {
        return 0;
    }
    (void)fuzz_env();
    fixture_world_init(&world);
    fixture_copy(&world.relay, &world.alice);
    fixture_found(&world.relay, &world.team);
    fixture_write(&world.alice, &world.alice.device, 0, "report", 6);
    make_request(data[0], (struct mir_bytes){ data + 1, size - 1 });
    serve();
    serve(); /* the same again */
    for (size_t i = 0; i < fixture_count(&world.relay); i++) {
        fuzz_demand(
            mir_changeset_verify(&fixture_at(&world.relay, i)->changeset, NULL) == MIRSAL_OK,
            "what is held verifies");
    }
    fixture_world_fini(&world);
    return 0;
}
