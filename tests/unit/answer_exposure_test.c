/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_exposure_test.c - device show tells what a lost device could read, and its cuts. */
#include "acts.h"
#include "answers.h"
#include "test_team.h"
#include "test_vectors.h"

static json_t *shown(struct test_store *store, const mirsal_hash *device)
{
    struct mir_buf out;
    mir_buf_init(&out, &store->world.env, 1u << 20);
    assert_int_equal(mir_answer_device(&out, store->store, device, NULL), MIRSAL_OK);
    json_t *value = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(value);
    mir_buf_fini(&out);
    return value;
}

static void a_lost_reader_is_shown_with_what_it_could_read(void **state)
{
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    (void)state;
    struct test_store founder;
    struct test_store helper;
    mirsal_hash id;
    test_team_found(&founder, 1);
    test_team_join(&helper, &founder, 2, &terms);
    test_team_meet(&founder, &helper, 4);
    const mirsal_hash *key = mir_store_device(helper.store);
    json_t *before = shown(&founder, key);
    const json_t *read = test_array(before, "could_read");
    assert_int_equal(json_array_size(read), 1);
    assert_int_equal(test_number(json_array_get(read, 0), "from_epoch"), 1);
    assert_int_equal(json_array_size(test_array(before, "cuts")), 0);
    json_decref(before);

    const struct mir_cut_order order = { .device = key, .reason = MIR_CUT_LOST };
    assert_int_equal(mir_device_cut(&id, founder.store, NULL, &order, NULL), MIRSAL_OK);
    json_t *after = shown(&founder, key);
    const json_t *cuts = test_array(after, "cuts");
    assert_int_equal(json_array_size(cuts), 1);
    assert_string_equal(test_text(json_array_get(cuts, 0), "reason"), "lost");
    assert_string_equal(test_text(after, "state"), "cut");
    assert_int_equal(json_array_size(test_array(after, "could_read")), 1);
    json_decref(after);
    test_store_fini(&helper);
    test_store_fini(&founder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_reader_is_shown_with_what_it_could_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
