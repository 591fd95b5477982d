/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundlepick_test.c - what goes along for whom, in which order; what a vector leaves out. */
#include "bundlepick.h"

#include "test_bundle.h"

#include <string.h>

static struct test_bundle world;
static struct mir_bundle_pick pick;

static int set_up(void **state)
{
    (void)state;
    test_bundle_init(&world);
    test_bundle_fill(&world, 2, 50);
    test_team_meet(&world.office, &world.field, 4);
    (void)test_team_report(&world.office, "written at the office");
    memset(&pick, 0, sizeof pick);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_bundle_pick_fini(&pick);
    test_bundle_fini(&world);
    return 0;
}

/* c control, o own, x others', in the order in which they come. */
static void come(char *out, size_t capacity)
{
    struct mir_chain_row row;
    size_t count = 0;
    for (;;) {
        assert_int_equal(mir_bundle_pick_next(&row, &pick, NULL), MIRSAL_OK);
        if (row.no == 0) {
            break;
        }
        assert_true(count + 1 < capacity);
        out[count++] = row.compartment == MIR_COMPARTMENT_CONTROL ? 'c'
                       : row.device == pick.own                   ? 'o'
                                                                  : 'x';
    }
    out[count] = '\0';
}

static void begin(const mirsal_hash *to)
{
    assert_int_equal(mir_bundle_pick_init(&pick, world.office.store, to, 0, NULL), MIRSAL_OK);
}

static void control_comes_first_then_own_then_others(void **state)
{
    (void)state;
    char all[256];
    begin(NULL);
    come(all, sizeof all);
    assert_string_equal(strchr(all, 'o'), "oxx");
    assert_int_equal(strspn(all, "c"), strlen(all) - 3);
    mir_bundle_pick_go(&pick, 1, 0);
    come(all, sizeof all);
    assert_string_equal(all, "oxx");
}

static void a_device_gets_what_it_may_hold(void **state)
{
    (void)state;
    static const struct test_invite monitor = {
        .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1
    };
    struct test_store phone;
    char all[256];
    test_team_join(&phone, &world.office, 7, &monitor);
    test_team_meet(&world.office, &phone, 8);
    begin(mir_store_device(phone.store));
    come(all, sizeof all);
    assert_int_equal(strspn(all, "c"), strlen(all));
    mir_bundle_pick_fini(&pick);
    const mirsal_hash nobody = { { 1 } };
    assert_int_equal(
        mir_bundle_pick_init(&pick, world.office.store, &nobody, 0, NULL), MIRSAL_NOT_ALLOWED);
    test_store_fini(&phone);
}

static void what_a_vector_names_is_left_out(void **state)
{
    (void)state;
    static const uint8_t key[32] = { 5 };
    static const uint8_t other[32] = { 6 };
    struct mir_bundle_pick theirs;
    struct mir_heads heads;
    struct mir_vector vector;
    struct mir_arena arena;
    char all[256];
    mir_arena_init(&arena, &world.office.world.env, 1u << 20);
    mir_heads_init(&heads, &world.office.world.env);
    assert_int_equal(mir_bundle_pick_init(&theirs, world.field.store, NULL, 0, NULL), MIRSAL_OK);
    assert_int_equal(mir_bundle_pick_heads(&heads, &theirs, NULL), MIRSAL_OK);
    assert_int_equal(mir_vector_of(&vector, &heads, key, &arena, NULL), MIRSAL_OK);
    begin(NULL);
    assert_int_equal(mir_bundle_pick_since(&pick, &vector, key, NULL), MIRSAL_OK);
    come(all, sizeof all);
    assert_string_equal(all, "o");
    mir_bundle_pick_go(&pick, 0, 0);
    assert_int_equal(mir_bundle_pick_since(&pick, &vector, other, NULL), MIRSAL_OK);
    come(all, sizeof all);
    assert_true(strlen(all) > 3); /* tags of another key fit nothing */
    mir_bundle_pick_fini(&theirs);
    mir_heads_fini(&heads);
    mir_arena_fini(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(control_comes_first_then_own_then_others),
        TEST(a_device_gets_what_it_may_hold),
        TEST(what_a_vector_names_is_left_out),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
