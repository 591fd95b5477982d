/* SPDX-License-Identifier: Apache-2.0 */
/* unit/opening_test.c - whose body opens where, and how far. */
#include "opening.h"

#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store office;
static struct test_store phone;
static mirsal_error err;

static int set_up(void **state)
{
    static const struct test_invite monitor = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    (void)state;
    test_team_found(&office, 1);
    test_team_join(&phone, &office, 2, &monitor);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&phone);
    test_store_fini(&office);
    return 0;
}

/* Of the newest changeset of data. */
static enum mir_content open_newest(struct test_store *device, uint32_t *writes)
{
    struct mir_arena arena;
    struct mir_chain_row row;
    struct mir_changeset changeset;
    struct mir_opened opened;
    enum mir_content content = MIR_CONTENT_BAD;
    int64_t no = test_team_count(device, "SELECT max(no) FROM changeset WHERE compartment <> 255");
    memset(&opened, 0, sizeof opened);
    mir_arena_init(&arena, &device->world.env, MIR_BODY_MEMORY_MAX);
    assert_int_equal(mir_chain_row(&row, device->store->sql, no, &err), MIRSAL_OK);
    assert_int_equal(mir_chain_load(&changeset, &arena, device->store->sql, no, &err), MIRSAL_OK);
    assert_int_equal(
        mir_content_open(&opened, &content, &arena, device->store, &changeset, &row, &err),
        MIRSAL_OK);
    *writes = content == MIR_CONTENT_OPENED ? opened.body.writes_count : 0;
    mir_arena_fini(&arena);
    return content;
}

static void own_and_readable_bodies_open(void **state)
{
    (void)state;
    uint32_t own = 0;
    uint32_t read = 0;
    test_team_report(&phone, "kept clear by the monitor that wrote it");
    assert_int_equal(open_newest(&phone, &own), MIR_CONTENT_OPENED);
    test_team_meet(&office, &phone, 1);
    assert_int_equal(open_newest(&office, &read), MIR_CONTENT_OPENED);
    assert_true(own > 0);
    assert_int_equal(own, read);
}

static void what_is_not_for_it_stays_closed(void **state)
{
    (void)state;
    uint32_t writes = 0;
    test_team_report(&office, "not for monitors");
    test_team_carry(&phone, &office, 1, 0);
    assert_int_equal(open_newest(&phone, &writes), MIR_CONTENT_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(own_and_readable_bodies_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_for_it_stays_closed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
