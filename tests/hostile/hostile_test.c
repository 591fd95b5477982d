/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile/hostile_test.c - changesets that a member should not write, pushed at real stores and at
 * a relay's log: what each answers, the state it gives them, the digest, and that the evidence is
 * kept.
 */
#include "cases.h"

#include <string.h>

/* Both replicas in another order, then the relay. */
static void push(struct bed *bed, const struct hostile *hostile)
{
    enum mir_reject_code reject = 0;
    uint64_t arrival = 0;
    for (uint32_t i = 0; i < bed->said_count; i++) {
        mirsal_code code = bed_put(bed->office, &bed->said[i]);
        assert_int_equal(code, i + 1 == bed->said_count ? hostile->code : MIRSAL_OK);
    }
    for (uint32_t i = bed->said_count; i > 0; i--) {
        (void)bed_put(&bed->reader, &bed->said[i - 1]);
    }
    for (uint32_t i = 0; i < bed->said_count; i++) {
        reject = relay_fixture_put(&bed->relay, &bed->said[i], &arrival);
    }
    assert_int_equal(reject, hostile->reject);
}

static void judge(struct bed *bed, const struct hostile *hostile, struct test_store *device)
{
    const struct mir_changeset *last = &bed->said[bed->said_count - 1];
    struct mir_chain_row row;
    int held = bed_holds(device, &last->id, &row);
    assert_int_equal(held, hostile->code == MIRSAL_OK);
    if (!held) {
        return;
    }
    assert_int_equal(row.state, hostile->state);
    if (last->fields.compartment == MIR_COMPARTMENT_CONTROL) {
        assert_int_equal(bed_fault(device, &last->id, 0), hostile->reason);
    } else {
        assert_int_equal(row.reason, hostile->reason);
    }
}

static void run_case(void **state)
{
    const struct hostile *hostile = *state;
    struct test_store *stores[2];
    mirsal_hash before[2];
    struct bed bed;
    bed_open(&bed, hostile->role);
    stores[0] = bed.office;
    stores[1] = &bed.reader;
    hostile->act(&bed);
    (void)relay_fixture_put_all(&bed.relay, bed.office); /* cuts, and what the rest cites */
    for (size_t i = 0; i < 2; i++) {
        before[i] = test_team_digest(stores[i]);
    }
    assert_memory_equal(before[0].bytes, before[1].bytes, 32);
    push(&bed, hostile);
    for (size_t i = 0; i < 2; i++) {
        judge(&bed, hostile, stores[i]);
        mirsal_hash after = test_team_digest(stores[i]);
        assert_int_equal(memcmp(after.bytes, before[i].bytes, 32) != 0, hostile->changes);
        before[i] = after;
    }
    assert_memory_equal(before[0].bytes, before[1].bytes, 32);
    if (hostile->check != NULL) {
        hostile->check(&bed);
    }
    bed_close(&bed);
}

#define CASES_MAX 64u

int main(void)
{
    struct CMUnitTest tests[CASES_MAX];
    size_t count = 0;
    assert_true(control_case_count + data_case_count <= CASES_MAX);
    for (size_t i = 0; i < control_case_count + data_case_count; i++) {
        const struct hostile *hostile =
            i < control_case_count ? &control_cases[i] : &data_cases[i - control_case_count];
        tests[count++] =
            (struct CMUnitTest){ hostile->name, run_case, NULL, NULL, (void *)(uintptr_t)hostile };
    }
    return _cmocka_run_group_tests("hostile", tests, count, NULL, NULL);
}
