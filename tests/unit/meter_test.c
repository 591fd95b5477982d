/* SPDX-License-Identifier: Apache-2.0 */
/* unit/meter_test.c - bodies close near their size, once it was learned how well they deflate. */
#include "body.h"

#include "mir_limits.h"
#include "test_body.h"

#include <string.h>

static void an_import_closes_near_its_size(void **state)
{
    (void)state;
    struct test_env test;
    struct test_author author;
    struct mir_meter meter;
    size_t last = 0;
    uint32_t sealed = 0;
    test_env_init(&test, 5);
    test_author_init(&author, &test.env);
    mir_meter_init(&meter);
    for (uint32_t round = 0; round < 4; round++) {
        struct test_body all;
        struct test_body body;
        struct mir_changeset changeset;
        test_body_init(&all, &test.env);
        test_body_random(&all, 2500, 0);
        test_body_init(&body, &test.env);
        body.body.creates_count = 0;
        uint32_t at = 0;
        for (uint32_t i = 0; i < all.body.creates_count && !mir_meter_full(&meter, 20000); i++) {
            body.body.creates[body.body.creates_count++] = all.body.creates[i];
            mir_meter_add_record(&meter);
            for (; at < all.body.writes_count && all.body.writes[at].create == i; at++) {
                body.body.writes[body.body.writes_count++] = all.body.writes[at];
                mir_meter_add_write(&meter, &all.body.writes[at]);
            }
        }
        assert_int_equal(
            mir_changeset_seal(&changeset, NULL, &body.arena, &author.seal, &body.body, NULL),
            MIRSAL_OK);
        last = changeset.body.size;
        assert_true(last <= 20000 + 20000 / 8);
        mir_meter_sealed(&meter, last);
        assert_int_equal(meter.clear, 0);
        assert_int_equal(meter.leaves, 0);
        sealed++;
        test_body_fini(&body);
        test_body_fini(&all);
    }
    assert_int_equal(sealed, 4);
    assert_true(last >= 20000 - 20000 / 8);
    test_env_fini(&test);
}

static void limits_of_bodies_close_too(void **state)
{
    (void)state;
    struct mir_meter meter;
    struct mir_write edit = { .create = MIR_NO_CREATE };
    mir_meter_init(&meter);
    assert_int_equal(mir_meter_full(&meter, MIR_BODY_BATCH_SIZE), 0);
    size_t leaves = 0;
    while (!mir_meter_full(&meter, SIZE_MAX)) {
        mir_meter_add_write(&meter, &edit);
        leaves += 2;
    }
    assert_in_range(leaves, MIR_LEAVES_MAX / 2, MIR_LEAVES_MAX - 2);
    mir_meter_init(&meter);
    edit.create = 0;
    edit.value.size = MIR_TEXT_SIZE_MAX;
    size_t size = 0;
    while (!mir_meter_full(&meter, SIZE_MAX)) {
        mir_meter_add_write(&meter, &edit);
        size += edit.value.size;
    }
    assert_in_range(size, MIR_CLEAR_SIZE_MAX / 2, MIR_CLEAR_SIZE_MAX);
}

static void nothing_gathered_teaches_nothing(void **state)
{
    (void)state;
    struct mir_meter meter;
    mir_meter_init(&meter);
    mir_meter_sealed(&meter, 100);
    assert_int_equal(meter.permille, 1000);
    mir_meter_add_record(&meter);
    mir_meter_sealed(&meter, 100000); /* larger than what was gathered: not learned beyond 1 to 1 */
    assert_int_equal(meter.permille, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_closes_near_its_size),
        cmocka_unit_test(limits_of_bodies_close_too),
        cmocka_unit_test(nothing_gathered_teaches_nothing),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
