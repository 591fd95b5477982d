/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handovertree_test.c - which update told whom: recipients, receipts answered twice. */
#include "handovers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 5

static const mirsal_id record = { { 7 } };
static const mirsal_id other = { { 8 } };
static const mirsal_hash a = { { 'A' } };
static const mirsal_hash b = { { 'B' } };
static struct mir_handover items[COUNT];
static struct mir_org_key keys[COUNT][2];
static struct mir_handoff_retraction retractions[COUNT];

static void name_recipient(size_t at, const mirsal_hash *sign)
{
    struct mir_handoff_manifest *manifest = &items[at].manifest;
    memcpy(keys[at][manifest->recipient_count++].sign.bytes, sign->bytes, sizeof sign->bytes);
}

/* An update of items[of] to one recipient, which takes the record back. */
static void update(size_t at, size_t of, const mirsal_hash *to, const mirsal_id *told)
{
    struct mir_handoff_manifest *manifest = &items[at].manifest;
    manifest->is_update = 1;
    memcpy(manifest->update_of, items[of].id, sizeof manifest->update_of);
    name_recipient(at, to);
    retractions[at] = (struct mir_handoff_retraction){ *told, MIR_HANDOFF_CORRECTED };
    manifest->retractions = &retractions[at];
    manifest->retraction_count = 1;
}

static int set_up(void **state)
{
    (void)state;
    memset(items, 0, sizeof items);
    memset(keys, 0, sizeof keys);
    for (size_t i = 0; i < COUNT; i++) {
        memset(items[i].id, (int)i + 1, sizeof items[i].id);
        items[i].manifest.recipients = keys[i];
    }
    name_recipient(0, &a);
    name_recipient(0, &b);
    return 0;
}

static struct mir_handover_receipt receipts[COUNT];

static void sign(size_t at, const mirsal_hash *by)
{
    memcpy(receipts[at].receipt.sign.bytes, by->bytes, sizeof by->bytes);
    items[at].receipts = &receipts[at];
    items[at].receipt_count = 1;
}

static int told(size_t count, size_t at, const mirsal_hash *to)
{
    return mir_handover_told(items, count, at, &record, to);
}

static void each_recipient_is_told_by_its_own_update(void **state)
{
    (void)state;
    update(1, 0, &a, &record);
    assert_true(mir_handover_is_to(&items[0], &b));
    assert_false(mir_handover_is_to(&items[1], &b));
    assert_false(told(2, 0, &a)); /* it may be lost on its way */
    sign(1, &b);
    assert_false(told(2, 0, &a));
    sign(1, &a);
    assert_true(told(2, 0, &a));
    assert_false(told(2, 0, &b));
    assert_false(told(2, 0, NULL));
    update(2, 0, &b, &record);
    assert_true(told(3, 0, NULL));
    assert_false(mir_handover_told(items, 3, 0, &other, &a));
}

static void a_later_update_by_the_same_receipt_tells_for_both(void **state)
{
    (void)state;
    update(1, 0, &a, &other);
    update(2, 0, &a, &record);
    update(3, 1, &a, &other);
    sign(2, &a);
    assert_true(told(4, 1, &a));  /* items[2] follows the first, not items[1] */
    assert_false(told(4, 2, &a)); /* nothing came behind it that tells */
    assert_true(mir_handover_follows(items, 4, 3, 0));
    assert_false(mir_handover_follows(items, 4, 3, 2));
}

static void another_handoff_tells_nothing(void **state)
{
    (void)state;
    name_recipient(1, &a);
    update(2, 1, &a, &record);
    sign(2, &a);
    assert_false(told(3, 0, &a));
    assert_true(told(3, 1, &a));
    /* Nor does an update whose first handoff is not here. */
    update(3, 0, &a, &record);
    sign(3, &a);
    memset(items[3].manifest.update_of, 0xee, sizeof items[3].manifest.update_of);
    assert_false(told(4, 0, &a));
}

#define TREE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE(each_recipient_is_told_by_its_own_update),
        TREE(a_later_update_by_the_same_receipt_tells_for_both),
        TREE(another_handoff_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
