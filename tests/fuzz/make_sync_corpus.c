/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/make_sync_corpus.c - writes the corpora of both halves of sync: make_sync_corpus FOLDER.
 */
#include "fixture_world.h"
#include "relayword.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture_world world;
static const char *folder;

/* The frames gathered, behind the byte that says what they are. */
static void write_file(const char *name, uint8_t mode)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputc(mode, file) == EOF ||
        fwrite(world.frames.data, 1, world.frames.size, file) != world.frames.size ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    mir_buf_reset(&world.frames);
}

/* What a relay signed. What is in it, relayword_fuzz.c looks at. */
static void add_word(void)
{
    struct mir_relay_word word = { .kind = MIR_WORD_CHECKPOINT,
        .identity = world.relay.identity.id,
        .checkpoint = { .size = 9, .time_ms = TEST_START_MS } };
    struct mir_buf bytes;
    mir_buf_init(&bytes, &world.test.env, 1000);
    mir_checkpoint_sign(&word.checkpoint, &word.identity, &world.team, &world.relay.identity.sign);
    mir_relay_word_write(&bytes, &word);
    mir_frame_write(&world.frames, MIR_FRAME_WORD, mir_buf_bytes(&bytes));
    mir_buf_fini(&bytes);
}

/* Behind VECTOR. */
static void write_peer(void)
{
    static struct mir_state state;
    const struct mir_vector vector = { 0, NULL, 0, NULL };
    state.time_ms = TEST_START_MS;
    mir_buf_reset(&world.frames);
    mir_vector_write(&world.frames, &vector);
    add_word();
    fixture_world_end(&world);
    write_file("responder/words", 3);
    mir_state_write(&world.frames, &state);
    add_word();
    mir_vector_write(&world.frames, &vector);
    fixture_world_end(&world);
    write_file("initiator/words", 2);
}

static void write_requests(void)
{
    struct mir_checkpoint checkpoint = { { 0 }, 9, { { 1 } }, 1, { 0 } };
    fixture_world_hello(&world, MIR_HELLO_JOINS);
    fixture_world_run(&world, 0);
    fixture_world_run(&world, 1);
    fixture_world_end(&world);
    write_file("responder/first", 1);
    const struct mir_register_frame registration = { { (const uint8_t *)"letmein", 7 },
        { world.team.bytes, 32 } };
    mir_register_write(&world.frames, &registration);
    write_file("responder/register", 1);
    fixture_world_hello(&world, 0);
    world.hello.has_checkpoint = 1;
    world.hello.checkpoint_size = 9;
    world.hello.checkpoint_root[0] = 1;
    mir_checkpoint_sign(
        &checkpoint, &world.relay.identity.id, &world.team, &world.relay.identity.sign);
    mir_buf_reset(&world.frames);
    mir_hello_write(&world.frames, &world.hello);
    mir_checkpoint_write(&world.frames, &checkpoint);
    fixture_world_end(&world);
    write_file("responder/restored", 1);
    fixture_world_run(&world, 1);
    fixture_world_end(&world);
    write_file("responder/later", 2);
    fixture_raw_first(
        &world.raw, &world.frames, &world.alice, (struct mir_bytes){ (const uint8_t *)"x", 1 });
    write_file("responder/body", 0);
}

static void write_answers(void)
{
    static struct mir_state state;
    state.time_ms = TEST_START_MS;
    const struct mir_changeset *own = &fixture_at(&world.alice, 0)->changeset;
    struct mir_signed_header header = { own->header, own->signature.data };
    const struct mir_reject reject = { own->fields.device, 255, 1, MIR_REJECT_GAP, "gap" };
    mir_state_write(&world.frames, &state);
    fixture_world_run(&world, 1);
    mir_page_write(&world.frames, &(struct mir_cursor){ 0, 7 });
    fixture_world_end(&world);
    write_file("initiator/pull", 1);
    state.hints = MIR_HINT_BEHIND | MIR_HINT_VECTOR;
    state.has_session = 1;
    mir_state_write(&world.frames, &state);
    mir_headers_write(&world.frames, &(struct mir_headers){ 1, &header });
    mir_reject_write(&world.frames, &reject);
    mir_end_write(&world.frames, &(struct mir_end){ 1, 1, { 7 } });
    write_file("initiator/rejects", 1);
    mir_refuse_write(&world.frames, MIR_REFUSE_QUOTA, "quota");
    write_file("initiator/refuse", 1);
    mir_buf_append_be16(&world.frames, 60);
    memset(mir_buf_extend(&world.frames, 66), 1, 66);
    write_file("initiator/body", 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_sync_corpus FOLDER\n");
        return 2;
    }
    folder = argv[1];
    fixture_world_init(&world);
    fixture_write(&world.alice, &world.alice.device, 0, "report", 6);
    write_requests();
    write_answers();
    write_peer();
    fixture_world_fini(&world);
    return 0;
}
