/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/keychange_test.c - passphrases of a store are changed; a duress passphrase leaves an empty
 * store of another team; tries are limited.
 */
#include "keychange.h"

#include "files.h"
#include "folder.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

static struct test_store device;
static mirsal_error err;

static struct mir_bytes text(const char *value)
{
    return (struct mir_bytes){ (const uint8_t *)value, strlen(value) };
}

/* Opens into *out, or gives the code. */
static mirsal_code open_with(struct mir_store **out, const char *passphrase)
{
    struct mir_store_options options;
    test_store_options(&options, &device);
    options.passphrase = text(passphrase);
    return mir_store_open(out, &options, &err);
}

static mirsal_code opens(const char *passphrase)
{
    struct mir_store *store = NULL;
    mirsal_code rc = open_with(&store, passphrase);
    mir_store_close(store);
    return rc;
}

static mirsal_id found(const char *passphrase)
{
    struct mir_store_options options;
    const struct mir_team_options team = { .name = "White Helmets", .label = "office" };
    test_store_init(&device, 1);
    test_store_options(&options, &device);
    options.passphrase = text(passphrase);
    options.kdf_passes = 2;
    assert_int_equal(mir_store_create(&device.store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_team_create(device.store, &team, &err), MIRSAL_OK);
    return test_team_report(&device, "found under the stairs");
}

static void set_duress(const char *passphrase, const char *name)
{
    struct mir_decoy decoy = { .founded_ms = UINT64_C(1573977600000) };
    (void)snprintf(decoy.name, sizeof decoy.name, "%s", name);
    (void)snprintf(decoy.label, sizeof decoy.label, "phone");
    assert_int_equal(
        mir_passphrase_duress(device.store, text(passphrase), &decoy, &err), MIRSAL_OK);
}

static void another_passphrase_opens_the_same_store(void **state)
{
    (void)state;
    mirsal_id id = found("first");
    assert_int_equal(mir_passphrase_change(device.store, text("second"), 0, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_passphrase_change(device.store, (struct mir_bytes){ NULL, 0 }, 0, 0, &err),
        MIRSAL_USAGE);
    /* The handle goes on, and changes again. */
    assert_int_equal(test_team_edit(&device, &id, "edited"), MIRSAL_OK);
    assert_int_equal(mir_passphrase_change(device.store, text("third"), 0, 0, &err), MIRSAL_OK);
    mir_store_close(device.store);
    device.store = NULL;
    assert_int_equal(opens("first"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(opens("second"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(open_with(&device.store, "third"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "edited");
    test_store_fini(&device);
}

static void a_store_without_one_gets_its_first(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    mirsal_id id = test_team_report(&device, "clear");
    struct mir_decoy decoy = { .name = "x" };
    assert_int_equal(mir_passphrase_is_set(device.store), 0);
    assert_int_equal(
        mir_passphrase_duress(device.store, text("duress"), &decoy, &err), MIRSAL_USAGE);
    assert_int_equal(mir_passphrase_limit(device.store, 3, &err), MIRSAL_USAGE);
    assert_int_equal(mir_passphrase_change(device.store, text("first"), 2, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_passphrase_is_set(device.store), 1);
    mir_store_close(device.store);
    device.store = NULL;
    assert_int_equal(opens(""), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(open_with(&device.store, "first"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "clear");
    test_store_fini(&device);
}

static void who_comes_late_changes_nothing(void **state)
{
    (void)state;
    struct mir_store *other = NULL;
    (void)found("first");
    assert_int_equal(open_with(&other, "first"), MIRSAL_OK);
    assert_int_equal(mir_passphrase_change(other, text("second"), 0, 0, &err), MIRSAL_OK);
    mir_store_close(other);
    assert_int_equal(
        mir_passphrase_change(device.store, text("third"), 0, 0, &err), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(mir_passphrase_limit(device.store, 3, &err), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(opens("second"), MIRSAL_OK);
    test_store_fini(&device);
}

static void the_two_passphrases_differ(void **state)
{
    (void)state;
    struct mir_decoy decoy = { .name = "x" };
    (void)found("first");
    assert_int_equal(
        mir_passphrase_duress(device.store, text("first"), &decoy, &err), MIRSAL_BAD_VALUE);
    set_duress("duress", "Recipes");
    assert_int_equal(
        mir_passphrase_change(device.store, text("duress"), 0, 0, &err), MIRSAL_BAD_VALUE);
    assert_int_equal(opens("first"), MIRSAL_OK);
    assert_int_equal(mir_passphrase_duress_remove(device.store, &err), MIRSAL_OK);
    assert_int_equal(opens("duress"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(opens("first"), MIRSAL_OK);
    test_store_fini(&device);
}

static void duress_leaves_an_empty_store_of_its_own(void **state)
{
    (void)state;
    struct mir_store *held = NULL;
    mirsal_id id = found("first");
    mirsal_hash team = device.store->team;
    mirsal_hash key = device.store->device;
    set_duress("duress", "Recipes");
    assert_int_equal(mir_passphrase_change(device.store, text("second"), 0, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_passphrase_limit(device.store, 5, &err), MIRSAL_OK);
    held = device.store;
    device.store = NULL;
    assert_int_equal(open_with(&device.store, "duress"), MIRSAL_OK);
    /* Whoever had the store open is told. */
    assert_int_equal(mir_store_begin(held, &err), MIRSAL_WIPED);
    assert_int_equal(mir_store_refresh(held, &err), MIRSAL_WIPED);
    mir_store_close(held);
    assert_memory_not_equal(device.store->team.bytes, team.bytes, sizeof team.bytes);
    assert_memory_not_equal(device.store->device.bytes, key.bytes, sizeof key.bytes);
    assert_int_equal(test_team_count(&device, "SELECT count(*) FROM incident"), 0);
    struct mir_arena arena;
    struct mir_bytes name;
    mir_arena_init(&arena, &device.world.env, 1u << 20);
    assert_int_equal(mir_team_name(&name, &arena, device.store, &err), MIRSAL_OK);
    assert_true(mir_bytes_equal(name, text("Recipes")));
    mir_arena_fini(&arena);
    id = test_team_report(&device, "bread");
    mir_store_close(device.store);
    device.store = NULL;
    assert_int_equal(opens("first"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(opens("second"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(open_with(&device.store, "duress"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "bread");
    /* The limit is as it was. */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(opens("third"), MIRSAL_WRONG_PASSPHRASE);
    }
    assert_int_equal(opens("third"), MIRSAL_WIPED);
    test_store_fini(&device);
}

static void the_last_try_leaves_the_mark_alone(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    (void)found("first");
    assert_int_equal(mir_passphrase_limit(device.store, 1001, &err), MIRSAL_OUT_OF_RANGE);
    assert_int_equal(mir_passphrase_limit(device.store, 1, &err), MIRSAL_OK);
    assert_int_equal(opens("first"), MIRSAL_OK);
    assert_int_equal(mir_passphrase_limit(device.store, 0, &err), MIRSAL_OK);
    assert_int_equal(opens("wrong"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(mir_passphrase_limit(device.store, 2, &err), MIRSAL_OK);
    assert_int_equal(opens("wrong"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(opens("wrong"), MIRSAL_WIPED);
    assert_int_equal(mir_store_begin(device.store, &err), MIRSAL_WIPED);
    assert_int_equal(opens("first"), MIRSAL_WIPED);
    for (size_t i = 0; mir_folder_names[i] != NULL; i++) {
        assert_int_equal(mir_path_join(path, device.folder, mir_folder_names[i], &err), MIRSAL_OK);
        if (strcmp(mir_folder_names[i], MIR_NAME_LOCK) != 0) {
            assert_false(mir_file_exists(path));
        }
    }
    test_store_fini(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_passphrase_opens_the_same_store),
        cmocka_unit_test(a_store_without_one_gets_its_first),
        cmocka_unit_test(who_comes_late_changes_nothing),
        cmocka_unit_test(the_two_passphrases_differ),
        cmocka_unit_test(duress_leaves_an_empty_store_of_its_own),
        cmocka_unit_test(the_last_try_leaves_the_mark_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
