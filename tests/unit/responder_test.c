/* SPDX-License-Identifier: Apache-2.0 */
/* unit/responder_test.c - the table of sessions: finding, ending, making room, remembering. */
#include "exchange.h"

#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_responder *responder;
static unsigned locks;
static int locked;

static void take_lock(void *context)
{
    (void)context;
    assert_false(locked);
    locked = 1;
    locks++;
}

static void drop_lock(void *context)
{
    (void)context;
    assert_true(locked);
    locked = 0;
}

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 14);
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    const struct mir_responder_options options = {
        .env = &test.env, .sessions_max = 3, .firsts_max = 4, .lock = take_lock, .unlock = drop_lock
    };
    assert_int_equal(mir_responder_open(&responder, &options, NULL), MIRSAL_OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mir_responder_close(responder);
    assert_false(locked);
    test_env_fini(&test);
    return 0;
}

static void new_link(uint8_t device, uint8_t id[MIR_SESSION_SIZE])
{
    struct mir_link *link = mir_link_new(&test.env);
    assert_non_null(link);
    link->noise.bytes[0] = device;
    memcpy(id, link->id, MIR_SESSION_SIZE);
    mir_responder_list(responder, link);
    assert_true(link->listed);
    mir_responder_return(responder, link, 1);
}

static enum mir_found find(const uint8_t id[MIR_SESSION_SIZE])
{
    struct mir_link *link = NULL;
    enum mir_found found = mir_responder_find(&link, responder, id);
    if (found == MIR_FOUND) {
        mir_responder_return(responder, link, 1);
    }
    return found;
}

static void a_link_is_one_callers_at_a_time(void **state)
{
    (void)state;
    uint8_t id[MIR_SESSION_SIZE];
    struct mir_link *link = NULL;
    struct mir_link *other = NULL;
    new_link(1, id);
    assert_int_equal(mir_responder_find(&link, responder, id), MIR_FOUND);
    assert_int_equal(mir_responder_find(&other, responder, id), MIR_FOUND_BUSY);
    assert_null(other);
    mir_responder_return(responder, link, 1);
    assert_int_equal(find(id), MIR_FOUND);
    assert_true(locks > 3);
    assert_int_equal(mir_responder_find(&link, responder, id), MIR_FOUND);
    mir_responder_return(responder, link, 0);
    assert_int_equal(find(id), MIR_FOUND_NONE);
}

static void a_new_session_of_a_device_replaces_its_old_one(void **state)
{
    (void)state;
    uint8_t first[MIR_SESSION_SIZE];
    uint8_t second[MIR_SESSION_SIZE];
    new_link(1, first);
    new_link(1, second);
    assert_int_equal(find(first), MIR_FOUND_NONE);
    assert_int_equal(find(second), MIR_FOUND);
}

static void the_longest_idle_makes_room(void **state)
{
    (void)state;
    uint8_t ids[4][MIR_SESSION_SIZE];
    for (uint8_t i = 0; i < 3; i++) {
        new_link(i, ids[i]);
        test_env_advance(&test, 1000);
    }
    assert_int_equal(find(ids[0]), MIR_FOUND); /* now the most recent */
    new_link(9, ids[3]);
    assert_int_equal(find(ids[1]), MIR_FOUND_NONE);
    assert_int_equal(find(ids[0]), MIR_FOUND);
    assert_int_equal(find(ids[2]), MIR_FOUND);
    assert_int_equal(find(ids[3]), MIR_FOUND);
}

static void a_full_table_of_busy_sessions_lists_no_more(void **state)
{
    (void)state;
    struct mir_link *links[4];
    for (uint8_t i = 0; i < 4; i++) {
        links[i] = mir_link_new(&test.env);
        links[i]->noise.bytes[0] = i;
        mir_responder_list(responder, links[i]);
        assert_int_equal(links[i]->listed, i < 3);
    }
    for (uint8_t i = 0; i < 4; i++) {
        mir_responder_return(responder, links[i], 1);
    }
}

static void sessions_end_ten_minutes_after_their_last_request(void **state)
{
    (void)state;
    uint8_t id[MIR_SESSION_SIZE];
    new_link(1, id);
    test_env_advance(&test, 600000);
    assert_int_equal(find(id), MIR_FOUND);
    test_env_advance(&test, 600001);
    assert_int_equal(find(id), MIR_FOUND_NONE);
}

static void first_messages_are_remembered_in_a_ring(void **state)
{
    (void)state;
    struct mir_link *link = NULL;
    for (uint64_t first = 0; first < 5; first++) {
        assert_int_equal(mir_responder_first(&link, responder, first), MIR_FOUND_NONE);
        assert_int_equal(mir_responder_first(&link, responder, first), MIR_FOUND_SEEN);
    }
    assert_int_equal(mir_responder_first(&link, responder, 4), MIR_FOUND_SEEN);
    assert_int_equal(mir_responder_first(&link, responder, 0), MIR_FOUND_NONE); /* pushed out */
}

static void a_first_message_whose_answer_is_kept_gives_its_link(void **state)
{
    (void)state;
    struct mir_link *found = NULL;
    assert_int_equal(mir_responder_first(&found, responder, 77), MIR_FOUND_NONE);
    struct mir_link *link = mir_link_new(&test.env);
    link->first = 77;
    link->counter = 1;
    link->kept_whole = 1;
    mir_responder_list(responder, link);
    assert_int_equal(mir_responder_first(&found, responder, 77), MIR_FOUND_BUSY);
    mir_responder_return(responder, link, 1);
    assert_int_equal(mir_responder_first(&found, responder, 77), MIR_FOUND);
    assert_ptr_equal(found, link);
    link->counter = 2; /* the session went on: that answer is no longer the kept one */
    mir_responder_return(responder, link, 1);
    assert_int_equal(mir_responder_first(&found, responder, 77), MIR_FOUND_SEEN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_link_is_one_callers_at_a_time),
        TEST(a_new_session_of_a_device_replaces_its_old_one),
        TEST(the_longest_idle_makes_room),
        TEST(a_full_table_of_busy_sessions_lists_no_more),
        TEST(sessions_end_ten_minutes_after_their_last_request),
        TEST(first_messages_are_remembered_in_a_ring),
        TEST(a_first_message_whose_answer_is_kept_gives_its_link),
    };
    return cmocka_run_group_tests_name("responder", tests, NULL, NULL);
}
