/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_team_test.c - team, relays and devices as JSON, of real stores. */
#include "answers.h"
#include "team_out.h"
#include "test_team.h"
#include "test_vectors.h"
#include "text.h"

#include <string.h>

static struct test_store admin;
static struct test_store monitor;

static int start(void **state)
{
    static const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .in_person = 1 };
    (void)state;
    test_team_found(&admin, 1);
    test_team_join(&monitor, &admin, 2, &invite);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&admin);
    return 0;
}

static json_t *answer(struct test_store *device,
    mirsal_code (*ask)(struct mir_buf *out, struct mir_store *store, mirsal_error *err))
{
    struct mir_buf out;
    mir_buf_init(&out, &device->world.env, 1u << 20);
    assert_int_equal(ask(&out, device->store, NULL), MIRSAL_OK);
    json_t *value = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(value);
    mir_buf_fini(&out);
    return value;
}

static void the_team_is_shown_at_a_glance(void **state)
{
    (void)state;
    json_t *team = answer(&admin, mir_answer_team);
    char id[65];
    mir_hex_encode(id, admin.store->team.bytes, 32);
    assert_string_equal(test_text(team, "team_id"), id);
    assert_true(json_string_length(json_object_get(team, "name")) > 0);
    assert_int_equal(test_number(team, "devices"), 1);
    assert_int_equal(json_array_size(test_array(team, "epochs")), 2);
    const json_t *main_ = json_array_get(test_array(team, "compartments"), 0);
    assert_string_equal(test_text(main_, "name"), "main");
    assert_true(json_is_true(json_object_get(main_, "readable")));
    assert_int_equal(test_number(main_, "epoch"), 1);
    assert_int_equal(strlen(test_text(team, "digest")), 64);
    json_decref(team);
}

static void a_monitor_reads_nothing_of_it(void **state)
{
    (void)state;
    json_t *team = answer(&monitor, mir_answer_team);
    assert_true(json_is_null(json_object_get(team, "digest")));
    const json_t *main_ = json_array_get(test_array(team, "compartments"), 0);
    assert_true(json_is_false(json_object_get(main_, "readable")));
    json_decref(team);
}

static void devices_are_listed_with_their_chains(void **state)
{
    (void)state;
    test_team_report(&monitor, "one");
    test_team_meet(&admin, &monitor, 3);
    json_t *answered = answer(&admin, mir_answer_devices);
    const json_t *devices = test_array(answered, "devices");
    assert_int_equal(json_array_size(devices), 2);
    char id[65];
    mir_hex_encode(id, mir_store_device(monitor.store)->bytes, 32);
    for (size_t i = 0; i < 2; i++) {
        const json_t *device = json_array_get(devices, i);
        int is_monitor = strcmp(test_text(device, "device_id"), id) == 0;
        assert_string_equal(test_text(device, "role"), is_monitor ? "monitor" : "admin");
        assert_string_equal(test_text(device, "state"), "active");
        assert_int_equal(json_is_true(json_object_get(device, "this")), !is_monitor);
        if (is_monitor) {
            assert_int_equal(test_number(device, "last_seq"), 1);
            const json_t *chain = json_array_get(test_array(device, "chains"), 0);
            assert_int_equal(test_number(chain, "compartment"), 0);
            assert_int_equal(test_number(chain, "last_seq"), 1);
            assert_true(json_is_null(json_object_get(chain, "cut_at")));
        }
    }
    json_decref(answered);
}

static void one_device_is_shown_or_not_found(void **state)
{
    struct mir_buf out;
    mirsal_hash nobody = { { 1 } };
    (void)state;
    mir_buf_init(&out, &admin.world.env, 1u << 20);
    assert_int_equal(mir_answer_device(&out, admin.store, &nobody, NULL), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mir_answer_device(&out, admin.store, mir_store_device(admin.store), NULL), MIRSAL_OK);
    json_t *device = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_string_equal(test_text(device, "role"), "admin");
    assert_true(json_is_null(json_object_get(device, "joined")));
    json_decref(device);
    mir_buf_fini(&out);
}

static void relays_are_listed_with_what_is_known_of_them(void **state)
{
    static const mirsal_hash identity = { { 9, 9 } };
    (void)state;
    json_t *none = answer(&admin, mir_answer_relays);
    assert_int_equal(json_array_size(test_array(none, "relays")), 0);
    assert_true(json_is_null(json_object_get(none, "last_sync")));
    json_decref(none);
    assert_int_equal(mir_relay_add(admin.store, "http://relay.invalid:8440", &identity,
                         (struct mir_bytes){ (const uint8_t *)"token", 5 }, NULL),
        MIRSAL_OK);
    json_t *one = answer(&admin, mir_answer_relays);
    const json_t *relay = json_array_get(test_array(one, "relays"), 0);
    assert_string_equal(test_text(relay, "url"), "http://relay.invalid:8440");
    assert_true(json_is_null(json_object_get(relay, "last_sync")));
    assert_true(json_is_null(json_object_get(relay, "error")));
    assert_int_equal(test_number(relay, "acknowledged"), 0);
    json_decref(one);
}

static void a_member_is_active_waiting_frozen_or_ended(void **state)
{
    struct mir_member member = { .member = 1 };
    (void)state;
    assert_string_equal(mir_member_state(NULL), "waiting");
    assert_string_equal(mir_member_state(&member), "active");
    member.frozen = 1;
    assert_string_equal(mir_member_state(&member), "frozen");
    member.ended = 1;
    assert_string_equal(mir_member_state(&member), "retired");
    member.ended = 2;
    assert_string_equal(mir_member_state(&member), "cut");
    member.member = 0;
    assert_string_equal(mir_member_state(&member), "waiting");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(the_team_is_shown_at_a_glance),
        TEST(a_monitor_reads_nothing_of_it),
        TEST(devices_are_listed_with_their_chains),
        TEST(one_device_is_shown_or_not_found),
        TEST(relays_are_listed_with_what_is_known_of_them),
        TEST(a_member_is_active_waiting_frozen_or_ended),
    };
    return cmocka_run_group_tests_name("answer_team", tests, NULL, NULL);
}
