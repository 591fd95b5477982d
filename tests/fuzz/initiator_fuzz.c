/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/initiator_fuzz.c - a device's half of sync takes anything for an answer. The first byte says
 * what the rest is: 0 an answer's body as bytes; else frames in a good first answer.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_session *client = NULL;
    if (size == 0 || size > 60000) {
        return 0;
    }
    (void)fuzz_env();
    fixture_world_init(&world);
    const struct mir_session_options options = { .env = &world.test.env,
        .local = &world.alice.local };
    const struct mir_bytes rest = { data + 1, size - 1 };
    fuzz_demand(mir_session_open(&client, &options, NULL) == MIRSAL_OK, "a session opens");
    gather_request(client);
    if (data[0] == 0) {
        mir_buf_append(&world.drive.answer, rest.data, rest.size);
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
