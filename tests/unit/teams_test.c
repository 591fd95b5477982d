/* SPDX-License-Identifier: Apache-2.0 */
/* unit/teams_test.c - teams are registered, found, come back, and go with their files. */
#include "server_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void a_team_is_registered_once(void **state)
{
    (void)state;
    struct server_fixture server;
    struct mir_team *again = NULL;
    server_fixture_open(&server, 41);
    assert_int_equal(mir_teams_count(server.teams), 0);
    assert_null(mir_teams_at(server.teams, 0));
    struct mir_team *team = server_fixture_register(&server);
    assert_memory_equal(mir_team_id(team), &server.devices.admin.store->team, 32);
    assert_int_equal(
        mir_teams_register(&again, server.teams, server_fixture_genesis(&server), NULL), MIRSAL_OK);
    assert_ptr_equal(again, team);
    assert_int_equal(mir_teams_count(server.teams), 1);
    assert_int_equal(access(mir_team_path(team), R_OK), 0);
    assert_int_equal(strncmp(mir_team_path(team), server.teams_folder, 12), 0);
    server_fixture_close(&server);
}

static void what_founds_no_team_makes_none(void **state)
{
    (void)state;
    struct server_fixture server;
    struct mir_team *team = NULL;
    server_fixture_open(&server, 42);
    struct mir_bytes genesis = server_fixture_genesis(&server);
    uint8_t *copy = mir_arena_copy(&server.arena, genesis.data, genesis.size);
    copy[genesis.size - 1] ^= 1;
    const struct mir_bytes damaged = { copy, genesis.size };
    assert_int_equal(mirsal_code_class(mir_teams_register(&team, server.teams, damaged, NULL)),
        MIRSAL_CLASS_PEER);
    const struct mir_bytes shorter = { genesis.data, genesis.size - 1 };
    assert_int_equal(mirsal_code_class(mir_teams_register(&team, server.teams, shorter, NULL)),
        MIRSAL_CLASS_PEER);
    assert_int_equal(mir_teams_count(server.teams), 0);
    server_fixture_close(&server);
}

static void teams_are_found_by_their_beginning(void **state)
{
    (void)state;
    struct server_fixture server;
    struct server_fixture other;
    struct mir_team *found = NULL;
    struct mir_team *second = NULL;
    mirsal_error err = { 0 };
    server_fixture_open(&server, 43);
    server_fixture_open(&other, 44);
    struct mir_team *team = server_fixture_register(&server);
    assert_int_equal(
        mir_teams_register(&second, server.teams, server_fixture_genesis(&other), NULL), MIRSAL_OK);
    const uint8_t *id = mir_team_id(team)->bytes;
    assert_int_equal(mir_teams_find(&found, server.teams, id, 32, NULL), MIRSAL_OK);
    assert_ptr_equal(found, team);
    assert_int_equal(mir_teams_find(&found, server.teams, id, 3, NULL), MIRSAL_OK);
    assert_ptr_equal(found, team);
    assert_int_equal(mir_teams_find(&found, server.teams, id, 0, &err), MIRSAL_AMBIGUOUS_ID);
    assert_null(found);
    uint8_t wrong[32];
    memcpy(wrong, id, sizeof wrong);
    wrong[31] ^= 1;
    assert_int_equal(mir_teams_find(&found, server.teams, wrong, 32, &err), MIRSAL_NOT_FOUND);
    assert_null(found);
    server_fixture_close(&other);
    server_fixture_close(&server);
}

static void teams_come_back_and_other_files_are_none(void **state)
{
    (void)state;
    struct server_fixture server;
    char path[160];
    server_fixture_open(&server, 45);
    struct mir_team *team = server_fixture_register(&server);
    server_fixture_commit(&server, team, server_fixture_queue_all(&server, &server.devices.admin));
    uint64_t size = server_fixture_size(team);
    snprintf(path, sizeof path, "%s/README", server.teams_folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    server_fixture_reopen(&server);
    assert_int_equal(mir_teams_count(server.teams), 1);
    team = mir_teams_at(server.teams, 0);
    assert_memory_equal(mir_team_id(team), &server.devices.admin.store->team, 32);
    assert_int_equal(server_fixture_size(team), size);
    server_fixture_close(&server);
}

static void a_removed_team_leaves_no_file(void **state)
{
    (void)state;
    struct server_fixture server;
    char path[MIR_PATH_MAX];
    char beside[MIR_PATH_MAX + 8];
    server_fixture_open(&server, 46);
    struct mir_team *team = server_fixture_register(&server);
    server_fixture_commit(&server, team, server_fixture_queue_all(&server, &server.devices.admin));
    snprintf(path, sizeof path, "%s", mir_team_path(team));
    snprintf(beside, sizeof beside, "%s-wal", path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(mir_teams_remove(server.teams, team, NULL), MIRSAL_OK);
    assert_int_equal(mir_teams_count(server.teams), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(beside, F_OK), 0);
    /* And may register anew. */
    team = server_fixture_register(&server);
    assert_int_equal(server_fixture_size(team), 1);
    server_fixture_close(&server);
}

static void readers_are_shared_out(void **state)
{
    (void)state;
    struct server_fixture server;
    struct mir_relay_log *readers[20];
    struct mir_relay_log *again = NULL;
    server_fixture_open(&server, 47);
    struct mir_team *team = server_fixture_register(&server);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(mir_team_borrow(&readers[i], team, NULL), MIRSAL_OK);
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(readers[i], readers[j]);
        }
    }
    for (size_t i = 0; i < 20; i++) {
        mir_team_give_back(team, readers[i]);
    }
    mir_team_give_back(team, NULL);
    assert_int_equal(mir_team_borrow(&again, team, NULL), MIRSAL_OK);
    assert_ptr_equal(again, readers[15]);
    mir_team_give_back(team, again);
    server_fixture_close(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_team_is_registered_once),
        cmocka_unit_test(what_founds_no_team_makes_none),
        cmocka_unit_test(teams_are_found_by_their_beginning),
        cmocka_unit_test(teams_come_back_and_other_files_are_none),
        cmocka_unit_test(a_removed_team_leaves_no_file),
        cmocka_unit_test(readers_are_shared_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
