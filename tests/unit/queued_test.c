/* SPDX-License-Identifier: Apache-2.0 */
/* unit/queued_test.c - copies in order; ranges join; a reject stops its chain, a fork does not. */
#include "queued.h"

#include "test_env.h"

#include <string.h>

struct set {
    uint64_t size;
    uint64_t refused; /* the seq that is turned away, of chain 1 */
    enum mir_reject_code code;
    uint64_t skipped; /* the seq that was held before */
};

static mirsal_code append(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    void *context,
    const struct mir_queued *item,
    mirsal_error *err)
{
    struct set *set = context;
    const struct mir_header *fields = &item->changeset.fields;
    (void)err;
    assert_int_equal(item->changeset.body.size, 3);
    assert_memory_equal(item->changeset.body.data, "abc", 3);
    if (fields->seq == set->refused && fields->compartment == 1) {
        reject->device = fields->device;
        reject->compartment = fields->compartment;
        reject->seq = fields->seq;
        reject->code = set->code;
        if (set->code != MIR_REJECT_FORK) {
            return MIRSAL_OK;
        }
    }
    *taken = 1;
    *arrival = fields->seq == set->skipped ? 0 : ++set->size;
    return MIRSAL_OK;
}

static struct mir_sync_outcome store(struct test_env *test, struct set *set)
{
    struct mir_sync_outcome outcome = { .stored = 0 };
    struct mir_queued *first = NULL;
    struct mir_queued **last = &first;
    mir_buf_init(&outcome.rejects, &test->env, 1 << 16);
    mir_buf_init(&outcome.ranges, &test->env, 1 << 16);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        for (uint8_t compartment = 0; compartment < 2; compartment++) {
            char body[] = "abc";
            struct mir_changeset changeset = { .body = { (const uint8_t *)body, 3 } };
            changeset.fields.compartment = compartment;
            changeset.fields.seq = seq;
            assert_int_equal(mir_queued_make(last, &test->env, NULL, &changeset, NULL), MIRSAL_OK);
            memset(body, 'x', 3); /* it was copied */
            last = &(*last)->next;
        }
    }
    assert_int_equal(mir_queued_store(&outcome, first, append, set, NULL), MIRSAL_OK);
    mir_queued_free(&test->env, first);
    return outcome;
}

static void finish(struct test_env *test, struct mir_sync_outcome *outcome)
{
    mir_buf_fini(&outcome->rejects);
    mir_buf_fini(&outcome->ranges);
    assert_int_equal(test->live_pieces, 0);
}

static void arrivals_that_follow_make_one_range(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct set set = { .size = 10, .skipped = 2 };
    struct mir_sync_outcome outcome = store(&test, &set);
    struct mir_sync_range range;
    assert_int_equal(outcome.stored, 4);
    assert_int_equal(outcome.ranges.size, sizeof range);
    memcpy(&range, outcome.ranges.data, sizeof range);
    assert_int_equal(range.first, 11);
    assert_int_equal(range.last, 14);
    finish(&test, &outcome);
}

static void a_reject_stops_its_chain_alone(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 2);
    struct set set = { .refused = 2, .code = MIR_REJECT_GAP };
    struct mir_sync_outcome outcome = store(&test, &set);
    assert_int_equal(outcome.stored, 4); /* three of chain 0, one of chain 1 */
    assert_int_equal(outcome.rejects.size, sizeof(struct mir_reject));
    finish(&test, &outcome);
}

static void a_fork_stops_nothing(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 3);
    struct set set = { .refused = 2, .code = MIR_REJECT_FORK };
    struct mir_sync_outcome outcome = store(&test, &set);
    assert_int_equal(outcome.stored, 6);
    assert_int_equal(outcome.rejects.size, sizeof(struct mir_reject));
    finish(&test, &outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrivals_that_follow_make_one_range),
        cmocka_unit_test(a_reject_stops_its_chain_alone),
        cmocka_unit_test(a_fork_stops_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
