/* SPDX-License-Identifier: Apache-2.0 */
/* unit/report_test.c - status, removal, a backup that restores, a check that finds damage. */
#include "daemon_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512u

static void status_is(struct daemon_fixture *fixture, const char *expected)
{
    mirsal_text text;
    assert_int_equal(mirsal_server_status(&text, fixture->daemon, NULL), MIRSAL_OK);
    assert_string_equal(text.data, expected);
    mirsal_text_free(&text);
}

static void id_text(char out[65], struct mir_team *team)
{
    for (size_t i = 0; i < 32; i++) {
        snprintf(out + 2 * i, 3, "%02x", mir_team_id(team)->bytes[i]);
    }
}

static void status_tells_what_is_held(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    static char invite[2048];
    char id[65];
    char expected[256];
    mirsal_text text;
    struct mir_relay_log *log = NULL;
    struct mir_relay_counts counts;
    daemon_fixture_open(&fixture, 101);
    status_is(&fixture, "{\"teams\":[],\"reader\":null}");
    struct mir_team *team = daemon_fixture_fill(&fixture);
    assert_int_equal(mir_team_borrow(&log, team, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_counts(&counts, log, NULL), MIRSAL_OK);
    mir_team_give_back(team, log);
    id_text(id, team);
    snprintf(expected, sizeof expected,
        "{\"teams\":[{\"team_id\":\"%s\",\"devices\":2,\"changesets\":%u,\"bytes\":%u,"
        "\"media_bytes\":0}],\"reader\":null}",
        id, (unsigned)server_fixture_size(team), (unsigned)counts.bytes);
    status_is(&fixture, expected);
    daemon_fixture_invite(invite, &fixture);
    assert_int_equal(mirsal_server_join(&text, fixture.daemon, invite, NULL), MIRSAL_OK);
    mirsal_text_free(&text);
    assert_int_equal(mirsal_server_status(&text, fixture.daemon, NULL), MIRSAL_OK);
    assert_non_null(strstr(text.data, "\"reader\":{\"digest\":"));
    mirsal_text_free(&text);
    daemon_fixture_close(&fixture);
}

static void a_team_is_removed_by_its_beginning(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    char id[65];
    daemon_fixture_open(&fixture, 102);
    struct mir_team *team = daemon_fixture_fill(&fixture);
    id_text(id, team);
    assert_int_equal(mirsal_server_team_remove(fixture.daemon, "abcde", NULL), MIRSAL_BAD_VALUE);
    assert_int_equal(mirsal_server_team_remove(fixture.daemon, "abcdeg", NULL), MIRSAL_BAD_VALUE);
    id[7] = id[7] == '0' ? '1' : '0';
    assert_int_equal(mirsal_server_team_remove(fixture.daemon, id, NULL), MIRSAL_NOT_FOUND);
    id_text(id, team);
    id[8] = '\0';
    daemon_fixture_start(&fixture);
    assert_int_equal(mirsal_server_team_remove(fixture.daemon, id, NULL), MIRSAL_LOCKED);
    mirsal_server_stop(fixture.daemon);
    assert_int_equal(mirsal_server_team_remove(fixture.daemon, id, NULL), MIRSAL_OK);
    status_is(&fixture, "{\"teams\":[],\"reader\":null}");
    daemon_fixture_close(&fixture);
}

/* Unpacks the two files that a backup of one team holds into a folder. */
static void unpack(const char *tar, const char *folder)
{
    char header[BLOCK];
    char path[256];
    FILE *from = fopen(tar, "rb");
    assert_non_null(from);
    snprintf(path, sizeof path, "%s/teams", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    while (fread(header, 1, BLOCK, from) == BLOCK && header[0] != '\0') {
        size_t left = strtoul(header + 124, NULL, 8);
        snprintf(path, sizeof path, "%s/%.100s", folder, header);
        FILE *to = fopen(path, "wb");
        assert_non_null(to);
        for (; left > 0; left -= left < BLOCK ? left : BLOCK) {
            char block[BLOCK];
            assert_int_equal(fread(block, 1, BLOCK, from), BLOCK);
            assert_int_not_equal(fwrite(block, 1, left < BLOCK ? left : BLOCK, to), 0);
        }
        fclose(to);
    }
    fclose(from);
}

static mirsal_code check_folder(struct daemon_fixture *fixture, const char *folder)
{
    mirsal_server *server = NULL;
    mirsal_text text = { 0 };
    mirsal_server_options options = fixture->options;
    options.data = folder;
    mirsal_code rc = mirsal_server_open(&server, &options, NULL);
    if (rc == MIRSAL_OK) {
        rc = mirsal_server_check(&text, server, NULL);
    }
    if (rc == MIRSAL_OK) {
        assert_memory_equal(text.data, "{\"ok\":true,\"teams\":1,\"changesets\":", 33);
        assert_memory_equal(
            &mir_server_keys(server)->identity, &mir_server_keys(fixture->daemon)->identity, 32);
        assert_int_equal(server_fixture_size(mir_teams_at(server->teams, 0)),
            server_fixture_size(mir_teams_at(fixture->daemon->teams, 0)));
    }
    mirsal_text_free(&text);
    mirsal_server_close(server);
    return rc;
}

static void a_backup_restores_the_same(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    char tar[80];
    char folder[80];
    struct stat status;
    daemon_fixture_open(&fixture, 103);
    (void)daemon_fixture_fill(&fixture);
    daemon_fixture_start(&fixture); /* while it serves */
    snprintf(tar, sizeof tar, "%s.tar", fixture.data);
    snprintf(folder, sizeof folder, "%s.back", fixture.data);
    assert_int_equal(mirsal_server_backup(fixture.daemon, tar, NULL), MIRSAL_OK);
    assert_int_equal(stat(tar, &status), 0);
    assert_int_equal(status.st_mode & 0777u, 0600);
    assert_int_equal(mirsal_server_backup(fixture.daemon, tar, NULL), MIRSAL_STORE_EXISTS);
    unpack(tar, folder);
    assert_int_equal(check_folder(&fixture, folder), MIRSAL_OK);
    unlink(tar);
    server_fixture_remove(folder);
    daemon_fixture_close(&fixture);
}

/* Where the log's file holds the monitor's signature of its join; flips a bit of it. */
static void flip_in_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    static uint8_t all[1 << 20];
    size_t total = fread(all, 1, sizeof all, file);
    size_t at = 0;
    while (at + size <= total && memcmp(all + at, bytes, size) != 0) {
        at++;
    }
    assert_true(at + size <= total);
    assert_int_equal(fseek(file, (long)at + 7, SEEK_SET), 0);
    assert_int_not_equal(fputc(all[at + 7] ^ 1, file), EOF);
    fclose(file);
}

static void a_check_finds_one_flipped_bit(void **state)
{
    (void)state;
    static struct daemon_fixture fixture;
    char tar[80];
    char folder[80];
    char id[65];
    char path[256];
    struct mir_changeset changeset;
    daemon_fixture_open(&fixture, 104);
    id_text(id, daemon_fixture_fill(&fixture));
    snprintf(tar, sizeof tar, "%s.tar", fixture.data);
    snprintf(folder, sizeof folder, "%s.back", fixture.data);
    assert_int_equal(mirsal_server_backup(fixture.daemon, tar, NULL), MIRSAL_OK);
    unpack(tar, folder);
    snprintf(path, sizeof path, "%s/teams/%s.db", folder, id);
    relay_fixture_load(&changeset, &fixture.server.arena, &fixture.server.devices.monitor, 3);
    flip_in_file(path, changeset.signature.data, changeset.signature.size);
    assert_int_equal(check_folder(&fixture, folder), MIRSAL_CORRUPT);
    unlink(tar);
    server_fixture_remove(folder);
    daemon_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_tells_what_is_held),
        cmocka_unit_test(a_team_is_removed_by_its_beginning),
        cmocka_unit_test(a_backup_restores_the_same),
        cmocka_unit_test(a_check_finds_one_flipped_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
