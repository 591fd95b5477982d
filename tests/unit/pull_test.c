/* SPDX-License-Identifier: Apache-2.0 */
/* unit/pull_test.c - answers that a relay should not give: each ends the run, nothing kept. */
#include "initiator.h"

#include "fixture_world.h"

#include <string.h>

static struct fixture_world world;
static struct mir_state relay_state;
static struct mir_session *client;

static int start(void **state)
{
    (void)state;
    fixture_world_init(&world);
    fixture_write(&world.alice, &world.alice.device, 0, "a1", 2);
    memset(&relay_state, 0, sizeof relay_state);
    relay_state.time_ms = world.test.now_ms;
    mir_buf_reset(&world.frames);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_world_fini(&world);
    return 0;
}

/* Bob's first changeset as a run, as the relay would serve it. */
static void add_run(size_t index)
{
    struct fixture_replica alice = world.alice;
    world.alice = world.bob;
    fixture_world_run(&world, index);
    world.alice = alice;
}

static void add_state(void)
{
    mir_state_write(&world.frames, &relay_state);
}

static void add_end(void)
{
    fixture_world_end(&world);
}

/* Alice's request, answered with world.frames; returns what her session says of it. */
static mirsal_code answer(void)
{
    const struct mir_session_options options = { .env = &world.test.env,
        .local = &world.alice.local };
    uint8_t buffer[4096];
    size_t size = 0;
    assert_int_equal(mir_session_open(&client, &options, NULL), MIRSAL_OK);
    mir_buf_reset(&world.drive.request);
    do {
        assert_int_equal(mir_session_send(buffer, sizeof buffer, &size, client, NULL), MIRSAL_OK);
        mir_buf_append(&world.drive.request, buffer, size);
    } while (size > 0);
    fixture_raw_accept(&world.raw, &world.drive.request, &world.relay);
    fixture_raw_reply(&world.raw, &world.drive.answer, mir_buf_bytes(&world.frames));
    mirsal_code code =
        mir_session_receive(client, world.drive.answer.data, world.drive.answer.size, NULL);
    if (code == MIRSAL_OK) {
        code = mir_session_receive(client, NULL, 0, NULL);
    }
    mir_session_close(client);
    mir_buf_reset(&world.frames);
    return code;
}

static void refused_whole(void)
{
    mirsal_hash before;
    mirsal_hash after;
    fixture_digest(&before, &world.alice);
    assert_int_equal(mirsal_code_class(answer()), MIRSAL_CLASS_PEER);
    fixture_digest(&after, &world.alice);
    assert_memory_equal(&before, &after, sizeof before);
}

static void answers_without_state_are_refused(void **state)
{
    (void)state;
    refused_whole();
    add_end();
    refused_whole();
    add_run(0);
    refused_whole();
    mir_page_write(&world.frames, &(struct mir_cursor){ 0, 5 });
    refused_whole();
}

/* From here on STATE was authentic; what follows it is not believed. */
static void refused_after_state(void)
{
    size_t count = fixture_count(&world.alice);
    assert_int_equal(mirsal_code_class(answer()), MIRSAL_CLASS_PEER);
    assert_int_equal(fixture_count(&world.alice), count);
    assert_int_equal(world.alice.cursors[0], 0);
    assert_int_equal(world.alice.pages, 0);
}

static void frames_out_of_order_are_refused(void **state)
{
    (void)state;
    add_state();
    add_state();
    refused_after_state();
    add_state();
    add_end();
    add_end();
    refused_after_state();
    add_state();
    add_run(0);
    mir_headers_write(&world.frames, &(struct mir_headers){ 0, NULL });
    refused_after_state();
    add_state();
    mir_headers_write(&world.frames, &(struct mir_headers){ 0, NULL });
    mir_headers_write(&world.frames, &(struct mir_headers){ 0, NULL });
    add_end();
    refused_after_state();
    add_state();
    mir_vector_write(&world.frames, &(struct mir_vector){ 0, NULL, 0, NULL });
    add_end();
    refused_after_state(); /* no vector was sent */
    add_state();
    mir_hello_write(&world.frames, &world.hello);
    refused_after_state();
}

static void an_answer_that_ends_early_is_refused(void **state)
{
    (void)state;
    add_state();
    refused_after_state();
    add_state();
    add_run(0);
    refused_after_state();
    add_state();
    add_end();
    world.frames.size -= 1;
    refused_after_state();
}

static void a_page_of_another_compartment_is_refused(void **state)
{
    (void)state;
    add_state();
    add_run(0);
    mir_page_write(&world.frames, &(struct mir_cursor){ 7, 5 });
    add_end();
    refused_after_state();
}

static void a_broken_run_undoes_its_page(void **state)
{
    (void)state;
    add_state();
    add_run(0);
    mir_frame_write(&world.frames, MIR_FRAME_RUN, (struct mir_bytes){ (const uint8_t *)"x", 1 });
    refused_after_state();
}

static void what_was_not_asked_for_is_not_taken_as_state(void **state)
{
    (void)state;
    relay_state.has_checkpoint = 1; /* unsigned */
    relay_state.checkpoint.size = 5;
    add_state();
    add_end();
    refused_after_state();
    assert_false(world.alice.has_checkpoint);
}

static void a_refusal_names_its_code(void **state)
{
    (void)state;
    mir_refuse_write(&world.frames, MIR_REFUSE_QUOTA, "no room");
    assert_int_equal(answer(), MIRSAL_QUOTA);
    mir_refuse_write(&world.frames, MIR_REFUSE_REMOVED, "");
    assert_int_equal(answer(), MIRSAL_REFUSED);
    add_state();
    add_run(0);
    mir_refuse_write(&world.frames, MIR_REFUSE_INTERNAL, "");
    assert_int_equal(answer(), MIRSAL_REFUSED);
    assert_int_equal(fixture_count(&world.alice), 2);
}

/* Only a header of its own, signed by itself and not held, says that the device is behind. */
static void headers_of_others_do_not_alarm(void **state)
{
    (void)state;
    const struct mir_changeset *bobs = &fixture_at(&world.bob, 0)->changeset;
    const struct mir_changeset *own = &fixture_at(&world.alice, 1)->changeset;
    struct mir_signed_header items[2] = { { bobs->header, bobs->signature.data },
        { own->header, own->signature.data } };
    add_state();
    mir_headers_write(&world.frames, &(struct mir_headers){ 2, items });
    add_end();
    assert_int_equal(answer(), MIRSAL_OK);
    assert_int_equal(world.alice.behind, 0);
}

static void a_page_moves_the_cursor_with_its_changesets(void **state)
{
    (void)state;
    add_state();
    add_run(0);
    mir_page_write(&world.frames, &(struct mir_cursor){ 255, 9 });
    add_end();
    assert_int_equal(answer(), MIRSAL_OK);
    assert_int_equal(world.alice.cursors[255], 9);
    assert_int_equal(fixture_count(&world.alice), 3);
}

static void no_change_of_a_byte_of_an_answer_does_harm(void **state)
{
    (void)state;
    struct mir_buf good;
    add_state();
    size_t state_size = world.frames.size;
    add_run(0);
    mir_page_write(&world.frames, &(struct mir_cursor){ 255, 9 });
    add_end();
    mir_buf_init(&good, &world.test.env, 1u << 20);
    mir_buf_append(&good, world.frames.data, world.frames.size);
    for (size_t at = state_size; at < good.size; at++) {
        const struct mir_changeset *bobs = &fixture_at(&world.bob, 0)->changeset;
        mir_buf_reset(&world.frames);
        mir_buf_append(&world.frames, good.data, good.size);
        world.frames.data[at] ^= 0x11;
        mirsal_code code = answer();
        assert_true(code == MIRSAL_OK || mirsal_code_class(code) == MIRSAL_CLASS_PEER);
        size_t count = fixture_count(&world.alice);
        assert_true(count == 2 || fixture_find(&world.alice, &bobs->id) != NULL);
        world.alice.items.size = 2 * sizeof(struct fixture_item);
        memset(world.alice.cursors, 0, sizeof world.alice.cursors);
    }
    mir_buf_fini(&good);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(answers_without_state_are_refused),
        TEST(frames_out_of_order_are_refused),
        TEST(an_answer_that_ends_early_is_refused),
        TEST(a_page_of_another_compartment_is_refused),
        TEST(a_broken_run_undoes_its_page),
        TEST(what_was_not_asked_for_is_not_taken_as_state),
        TEST(a_refusal_names_its_code),
        TEST(headers_of_others_do_not_alarm),
        TEST(a_page_moves_the_cursor_with_its_changesets),
        TEST(no_change_of_a_byte_of_an_answer_does_harm),
    };
    return cmocka_run_group_tests_name("pull", tests, NULL, NULL);
}
