/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/handoff_leaf_test.c - the places of a record's leaves, and what the manifest withholds.
 */
#include "handoff_leaf.h"

#include "test_env.h"

#include <string.h>

static const uint32_t withheld[] = { 7, 9 };
static const struct mir_handoff_record entry = { .id = { { 1 } },
    .type = 3,
    .withheld = withheld,
    .withheld_count = 2 };

static const char *judged(struct mir_handoff_leaf leaf, struct mir_handoff_leaf before, uint32_t at)
{
    static mirsal_error err;
    const struct mir_handoff_place place = { "record", 0, at };
    memset(&err, 0, sizeof err);
    mirsal_code rc = mir_handoff_leaf_check(&entry, &leaf, &before, &place, &err);
    assert_int_equal(rc != MIRSAL_OK, err.field[0] != 0);
    return err.field;
}

static struct mir_handoff_leaf written(uint32_t field, const char *key)
{
    struct mir_handoff_leaf leaf = { .kind = 3, .field = field, .record = { { 1 } } };
    leaf.key = (struct mir_bytes){ (const uint8_t *)key, key == NULL ? 0 : strlen(key) };
    return leaf;
}

static void the_record_comes_first(void **state)
{
    (void)state;
    struct mir_handoff_leaf head = { .kind = 2, .type = 3, .record = { { 1 } } };
    assert_string_equal(judged(head, head, 0), "");
    assert_string_equal(judged(head, head, 1), "leaf");
    assert_string_equal(judged(written(1, NULL), head, 0), "leaf");
    head.type = 4;
    assert_string_equal(judged(head, head, 0), "leaf");
    head.type = 3;
    head.record.bytes[5] = 1;
    assert_string_equal(judged(head, head, 0), "leaf");
}

static void registers_ascend(void **state)
{
    (void)state;
    assert_string_equal(judged(written(5, NULL), written(4, "b"), 2), "");
    assert_string_equal(judged(written(4, "b"), written(4, "a"), 2), "");
    assert_string_equal(judged(written(4, "a"), written(4, NULL), 2), "");
    assert_string_equal(judged(written(4, "a"), written(4, "a"), 2), "leaf");
    assert_string_equal(judged(written(4, NULL), written(4, "a"), 2), "leaf");
    assert_string_equal(judged(written(3, NULL), written(4, NULL), 2), "leaf");
}

static void what_is_withheld_is_not_shown(void **state)
{
    (void)state;
    assert_string_equal(judged(written(7, NULL), written(4, NULL), 2), "withheld");
    assert_string_equal(judged(written(8, NULL), written(4, NULL), 2), "");
    assert_string_equal(judged(written(9, "x"), written(4, NULL), 1), "withheld");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_comes_first),
        cmocka_unit_test(registers_ascend),
        cmocka_unit_test(what_is_withheld_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
