/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundlenotes_test.c - what is remembered of bundles that go and that come. */
#include "bundlenotes.h"

#include "test_team.h"

#include <string.h>

static struct test_store device;
static struct mir_bundle_head head;
static const uint8_t mac[32] = { 1 };

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    memset(&head, 0, sizeof head);
    head.bundle[0] = 9;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&device);
    return 0;
}

static void a_note_is_kept_over_a_restart(void **state)
{
    (void)state;
    struct mir_bundle_note note = { .fingerprint = { 3 },
        .bundle = { 4 },
        .parts = 5,
        .phase = 2,
        .no = 6,
        .top = 7,
        .changesets = 8,
        .bytes = 9 };
    struct mir_bundle_note read;
    int there = 1;
    assert_int_equal(mir_bundle_note_read(&there, &read, device.store, NULL), MIRSAL_OK);
    assert_false(there);
    assert_int_equal(mir_bundle_note_keep(device.store, &note, NULL), MIRSAL_OK);
    test_store_reopen(&device);
    assert_int_equal(mir_bundle_note_read(&there, &read, device.store, NULL), MIRSAL_OK);
    assert_true(there);
    assert_memory_equal(read.fingerprint, note.fingerprint, sizeof note.fingerprint);
    assert_memory_equal(read.bundle, note.bundle, sizeof note.bundle);
    assert_int_equal(read.parts, 5);
    assert_int_equal(read.phase, 2);
    assert_int_equal(read.no, 6);
    assert_int_equal(read.top, 7);
    assert_int_equal(read.changesets, 8);
    assert_int_equal(read.bytes, 9);
    assert_int_equal(mir_bundle_note_drop(device.store, NULL), MIRSAL_OK);
    assert_int_equal(mir_bundle_note_read(&there, &read, device.store, NULL), MIRSAL_OK);
    assert_false(there);
}

static void see(uint32_t part, uint64_t place, int whole, int last)
{
    struct mir_bundle_seen seen = { place, whole, last, 0 };
    head.part = part;
    assert_int_equal(mir_store_begin(device.store, NULL), MIRSAL_OK);
    assert_int_equal(mir_bundle_seen_keep(device.store, &head, mac, &seen, NULL), MIRSAL_OK);
    assert_int_equal(mir_store_commit(device.store, NULL), MIRSAL_OK);
}

static void a_place_is_of_one_file(void **state)
{
    (void)state;
    static const uint8_t other[32] = { 2 };
    struct mir_bundle_seen seen;
    see(1, 70000, 1, 1);
    see(1, 500, 0, 0);
    assert_int_equal(mir_bundle_seen_read(&seen, device.store, &head, mac, NULL), MIRSAL_OK);
    assert_int_equal(seen.place, 500);
    assert_true(seen.whole && seen.last); /* it came once */
    assert_int_equal(mir_bundle_seen_read(&seen, device.store, &head, other, NULL), MIRSAL_OK);
    assert_int_equal(seen.place, 0);
    assert_true(seen.whole);
    head.part = 2;
    assert_int_equal(mir_bundle_seen_read(&seen, device.store, &head, mac, NULL), MIRSAL_OK);
    assert_false(seen.whole);
}

static void missing_are(const char *expected)
{
    struct mir_arena arena;
    uint32_t *missing = NULL;
    size_t count = 0;
    char text[64] = "";
    mir_arena_init(&arena, &device.world.env, 1u << 16);
    assert_int_equal(
        mir_bundle_missing(&missing, &count, &arena, device.store, head.bundle, NULL), MIRSAL_OK);
    for (size_t i = 0; i < count; i++) {
        text[i] = (char)('0' + missing[i]);
    }
    assert_string_equal(text, expected);
    mir_arena_fini(&arena);
}

static void missing_parts_are_named(void **state)
{
    (void)state;
    missing_are("");
    see(3, 10, 1, 0);
    missing_are("124");
    see(1, 10, 1, 0);
    missing_are("24");
    see(4, 10, 0, 0); /* cut: whether another follows is not known */
    missing_are("24");
    see(4, 20, 1, 1);
    missing_are("2");
    see(2, 10, 1, 0);
    missing_are("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_note_is_kept_over_a_restart),
        TEST(a_place_is_of_one_file),
        TEST(missing_parts_are_named),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
