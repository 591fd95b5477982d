/* SPDX-License-Identifier: Apache-2.0 */
/* unit/entrance_test.c - what any host takes: place, authority, author; an expiry where asked. */
#include "entrance.h"

#include "relay_fixture.h"

#include <string.h>

#define MUCH_LATER_MS (TEST_START_MS + UINT64_C(400) * 24 * 3600 * 1000)

struct held {
    struct relay_fixture relay;
    struct mir_arena arena;
};

static void open_held(struct held *held, uint64_t seed)
{
    relay_fixture_open(&held->relay, seed);
    mir_arena_init(&held->arena, &held->relay.admin.world.env, 1 << 24);
}

static void close_held(struct held *held)
{
    mir_arena_fini(&held->arena);
    relay_fixture_close(&held->relay);
}

/* The verdict on the store's changeset of that kind, and the reject that would be sent. */
static enum mir_reject_code judge(struct held *held,
    struct test_store *store,
    uint8_t compartment,
    uint64_t seq,
    uint64_t now_ms)
{
    struct mir_entrance_answer answer;
    struct mir_reject reject;
    struct mir_changeset changeset = { 0 };
    const mirsal_hash *device = mir_store_device(store->store);
    int64_t count = test_team_count(store, "SELECT count(*) FROM changeset");
    for (int64_t no = 1; no <= count; no++) {
        relay_fixture_load(&changeset, &held->arena, store, no);
        if (changeset.fields.compartment == compartment && changeset.fields.seq == seq &&
            memcmp(&changeset.fields.device, device, sizeof *device) == 0) {
            break;
        }
    }
    assert_int_equal(mir_entrance_judge(
                         &answer, mir_relay_log_served(held->relay.log), &changeset, now_ms, NULL),
        MIRSAL_OK);
    if (answer.code != 0) {
        mir_entrance_reject(&reject, &changeset, &answer);
        assert_int_equal(reject.code, answer.code);
        assert_int_equal(reject.seq, seq);
        assert_memory_equal(&reject.device, device, sizeof *device);
        assert_true(strlen(reject.text) > 0);
    }
    return answer.code;
}

static void a_stranger_s_report_waits_for_its_join(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, 31);
    /* The log holds genesis alone: neither the author nor its authority is known. */
    assert_int_equal(judge(&held, &held.relay.monitor, 0, 1, 0), MIR_REJECT_AUTHORITY);
    assert_int_equal(
        judge(&held, &held.relay.monitor, MIR_COMPARTMENT_CONTROL, 1, 0), MIR_REJECT_AUTHORITY);
    relay_fixture_put_all(&held.relay, &held.relay.admin);
    assert_int_equal(judge(&held, &held.relay.monitor, MIR_COMPARTMENT_CONTROL, 1, 0), 0);
    relay_fixture_put_all(&held.relay, &held.relay.monitor);
    assert_int_equal(judge(&held, &held.relay.monitor, 0, 1, 0), 0);
    close_held(&held);
}

static void an_invite_expires_only_where_a_clock_is_given(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, 32);
    relay_fixture_put_all(&held.relay, &held.relay.admin);
    assert_int_equal(judge(&held, &held.relay.monitor, MIR_COMPARTMENT_CONTROL, 1, MUCH_LATER_MS),
        MIR_REJECT_ADMISSION);
    assert_int_equal(judge(&held, &held.relay.monitor, MIR_COMPARTMENT_CONTROL, 1, 0), 0);
    close_held(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_s_report_waits_for_its_join),
        cmocka_unit_test(an_invite_expires_only_where_a_clock_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
