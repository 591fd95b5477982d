/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/report.c - what an operator asks of the data folder: status, removal, backup, check.
 */
#include "env.h"
#include "fail.h"
#include "members.h"
#include "serverin.h"
#include "store.h"
#include "tar.h"
#include "text.h"
#include <inttypes.h>
#include <string.h>

#define ANSWER_SIZE_MAX ((size_t)16 << 20)

static mirsal_code write_team(struct mir_buf *out, struct mir_team *team, mirsal_error *err)
{
    char id[65];
    struct mir_relay_log *log = NULL;
    struct mir_relay_counts counts = { 0 };
    mirsal_code rc = mir_team_borrow(&log, team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_counts(&counts, log, err);
    }
    mir_team_give_back(team, log);
    mir_hex_encode(id, mir_team_id(team)->bytes, 32);
    mir_buf_append_format(out,
        "{\"team_id\":\"%s\",\"devices\":%" PRIu64 ",\"changesets\":%" PRIu64 ",\"bytes\":%" PRIu64
        ",\"media_bytes\":0}",
        id, counts.devices, counts.changesets, counts.bytes);
    return rc;
}

static mirsal_code write_reader(struct mir_buf *out,
    struct mirsal_server *server,
    mirsal_error *err)
{
    char hex[65];
    int has = 0;
    mirsal_hash digest;
    struct mir_store *store = NULL;
    if (!mir_file_exists(server->reader_path)) {
        mir_buf_append_text(out, "null");
        return MIRSAL_OK;
    }
    const struct mir_store_options options = {
        .env = &server->env,
        .directory = server->store_path,
        .state = server->state_path,
        .passphrase = mir_server_passphrase(server),
    };
    mirsal_code rc = mir_store_open(&store, &options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_digest(&digest, &has, store, err);
    }
    mir_store_close(store);
    if (rc == MIRSAL_OK && has) {
        mir_hex_encode(hex, digest.bytes, 32);
        mir_buf_append_format(out, "{\"digest\":\"%s\"}", hex);
    } else {
        mir_buf_append_text(out, "{\"digest\":null}");
    }
    return rc;
}

mirsal_code mirsal_server_status(mirsal_text *out, mirsal_server *server, mirsal_error *err)
{
    struct mir_buf text;
    mirsal_code rc = MIRSAL_OK;
    *out = (mirsal_text){ 0 };
    mir_buf_init(&text, &server->env, ANSWER_SIZE_MAX);
    mir_buf_append_text(&text, "{\"teams\":[");
    size_t count = mir_teams_count(server->teams);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mir_buf_append_text(&text, i == 0 ? "" : ",");
        rc = write_team(&text, mir_teams_at(server->teams, i), err);
    }
    mir_buf_append_text(&text, "],\"reader\":");
    if (rc == MIRSAL_OK) {
        rc = write_reader(&text, server, err);
    }
    mir_buf_append_text(&text, "}");
    if (rc == MIRSAL_OK) {
        rc = mir_text_give(out, &text, err);
    }
    mir_buf_fini(&text);
    return rc;
}

mirsal_code mirsal_server_team_remove(mirsal_server *server, const char *team, mirsal_error *err)
{
    uint8_t prefix[32];
    size_t size = strlen(team);
    struct mir_team *found;
    if (size < 6 || size > 64 || size % 2 != 0 || !mir_hex_decode(prefix, size / 2, team, size)) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, "team", "not an even number of hex digits, 6 or more");
    }
    mirsal_code rc = mir_teams_find(&found, server->teams, prefix, size / 2, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    int lock = -1;
    if (server->lock >= 0 || mir_file_lock(&lock, server->lock_path, 1, NULL) != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_LOCKED, "mirsald runs here: stop it first");
    }
    rc = mir_teams_remove(server->teams, found, err);
    mir_file_unlock(lock);
    return rc;
}

/* A copy of the log as of one moment, beside it, while others may write. */
static mirsal_code add_log(struct mir_tar *tar,
    struct mirsal_server *server,
    struct mir_team *team,
    mirsal_error *err)
{
    char name[6 + 64 + 4];
    char copy[MIR_PATH_MAX];
    struct mir_relay_log *log = NULL;
    memcpy(name, "teams/", 6);
    mir_hex_encode(name + 6, mir_team_id(team)->bytes, 32);
    memcpy(name + 70, ".db", 4);
    mirsal_code rc = mir_path_join(copy, server->data, "backup.tmp", err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_remove(copy, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_team_borrow(&log, team, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_copy(log, copy, err);
    }
    mir_team_give_back(team, log);
    if (rc == MIRSAL_OK) {
        rc = mir_tar_add(tar, name, copy, err);
        mirsal_code removed = mir_file_remove(copy, rc == MIRSAL_OK ? err : NULL);
        rc = rc == MIRSAL_OK ? removed : rc;
    }
    return rc;
}

mirsal_code mirsal_server_backup(mirsal_server *server, const char *path, mirsal_error *err)
{
    struct mir_tar tar = { 0 };
    size_t count = mir_teams_count(server->teams);
    mirsal_code rc = mir_tar_open(&tar, path, mir_now_ms(&server->env) / 1000u, err);
    if (rc == MIRSAL_OK) {
        rc = mir_tar_add(&tar, "keys", server->keys_path, err);
    }
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        rc = add_log(&tar, server, mir_teams_at(server->teams, i), err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_tar_finish(&tar, err);
    }
    mir_tar_close(&tar);
    return rc;
}

mirsal_code mirsal_server_check(mirsal_text *out, mirsal_server *server, mirsal_error *err)
{
    struct mir_buf text;
    uint64_t changesets = 0;
    size_t count = mir_teams_count(server->teams);
    mirsal_code rc = MIRSAL_OK;
    *out = (mirsal_text){ 0 };
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        struct mir_relay_log *log = NULL;
        struct mir_team *team = mir_teams_at(server->teams, i);
        struct mir_relay_counts counts;
        rc = mir_team_borrow(&log, team, err);
        if (rc == MIRSAL_OK) {
            rc = mir_relay_log_check(log, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_relay_log_counts(&counts, log, err);
        }
        mir_team_give_back(team, log);
        changesets += rc == MIRSAL_OK ? counts.changesets : 0;
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&text, &server->env, 256);
    mir_buf_append_format(
        &text, "{\"ok\":true,\"teams\":%zu,\"changesets\":%" PRIu64 "}", count, changesets);
    rc = mir_text_give(out, &text, err);
    mir_buf_fini(&text);
    return rc;
}
