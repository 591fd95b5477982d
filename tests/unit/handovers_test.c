/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handovers_test.c - what was handed over, who signed for it, and what is owed since. */
#include "handovers.h"

#include "edit.h"
#include "handoff_fixture.h"
#include "test_desk.h"

#include <stdlib.h>
#include <string.h>

static struct test_store founder;
static struct handoff_bed bed;
static struct mir_arena arena;
static mirsal_id ids[3];
static mirsal_error err;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_id));
}

static int set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    mir_arena_init(&arena, &founder.world.env, (size_t)16 << 20);
    for (size_t i = 0; i < 3; i++) {
        ids[i] = test_team_report(&founder, "as handed");
    }
    qsort(ids, 3, sizeof ids[0], compare);
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, ids, 3), MIRSAL_OK);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
    return 0;
}

static struct mir_handover *list(void)
{
    struct mir_handover *items = NULL;
    size_t count = 0;
    assert_int_equal(mir_handover_list(&items, &count, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    return items;
}

static void what_was_handed_is_listed(void **state)
{
    (void)state;
    const struct mir_handover *handed = list();
    assert_memory_equal(handed->id, bed.made.handoff, 16);
    assert_memory_equal(&handed->hash, &bed.made.manifest_hash, 32);
    assert_int_equal(handed->manifest.record_count, 3);
    assert_int_equal(handed->receipt_count, 0);
}

static void a_receipt_of_another_is_refused(void **state)
{
    (void)state;
    struct mir_org_key key;
    struct mir_org_secret secret;
    struct mir_buf file;
    struct mir_handover of;
    struct mir_handoff_receipt receipt = { .manifest = bed.made.manifest_hash, .accepted = 3 };
    mir_org_make(
        &key, &secret, &founder.store->team, (struct mir_bytes){ NULL, 0 }, &founder.world.env);
    memcpy(receipt.handoff, bed.made.handoff, sizeof receipt.handoff);
    for (int round = 0; round < 3; round++) {
        receipt.handoff[0] ^= (uint8_t)(round == 1);
        receipt.manifest.bytes[0] ^= (uint8_t)(round == 2);
        mir_buf_init(&file, &founder.world.env, 4096);
        assert_int_equal(mir_handoff_receipt_write(&file, &receipt, &secret, &err), MIRSAL_OK);
        struct mir_handoff_receipt read;
        assert_int_equal(mir_handover_take_receipt(
                             &read, &of, &arena, founder.store, mir_buf_bytes(&file), &err),
            MIRSAL_NOT_AUTHENTIC);
        mir_buf_fini(&file);
    }
    assert_int_equal(list()->receipt_count, 0);
}

static void what_was_accepted_is_kept_once(void **state)
{
    (void)state;
    struct mir_accepted_handoff *items = NULL;
    size_t count = 0;
    const struct mir_handover *handed = list();
    for (uint64_t round = 0; round < 2; round++) {
        assert_int_equal(mir_accepted_keep(founder.store, &handed->manifest, bed.made.manifest,
                             5 + round, 1, &err),
            MIRSAL_OK);
    }
    assert_int_equal(mir_accepted_list(&items, &count, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(items[0].accepted, 5);
    assert_memory_equal(&items[0].hash, &bed.made.manifest_hash, 32);
}

#define HANDOVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HANDOVER(what_was_handed_is_listed),
        HANDOVER(a_receipt_of_another_is_refused),
        HANDOVER(what_was_accepted_is_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
