/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/teams.c - which teams there are: the files of the folder; readers shared out.
 */
#include "teams.h"
#include "env.h"
#include "fail.h"
#include "teamlog.h"
#include "text.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 67u /* 64 hex digits and ".db" */

static void close_team(struct mir_team *team)
{
    const mirsal_env *env = team->owner->options.env;
    for (uint32_t i = 0; i < team->idle_count; i++) {
        mir_relay_log_close(team->idle[i]);
    }
    mir_relay_log_close(team->log);
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->lock);
    mir_release(env, team, sizeof(*team));
}

/* Adds a team whose file is there; takes log (or NULL) as the leader's. */
static mirsal_code add_team(struct mir_team **out,
    struct mir_teams *teams,
    const mirsal_hash *id,
    struct mir_relay_log *log,
    mirsal_error *err)
{
    char name[NAME_SIZE + 1u];
    struct mir_team *team = mir_alloc(teams->options.env, sizeof(*team));
    if (team == NULL) {
        mir_relay_log_close(log);
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a team");
    }
    team->owner = teams;
    team->id = *id;
    team->last = &team->waiting;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->changed, NULL);
    mir_hex_encode(name, id->bytes, sizeof(id->bytes));
    memcpy(name + 64, ".db", 4);
    mirsal_code rc = mir_path_join(team->path, teams->options.folder, name, err);
    if (rc == MIRSAL_OK && log == NULL) {
        rc = mir_relay_log_open(&log, teams->options.env, team->path, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_purge(log, err);
    }
    team->log = log;
    if (rc != MIRSAL_OK) {
        close_team(team);
        return rc;
    }
    mir_relay_log_set_quota(log, &teams->options.quota);
    team->next = teams->first;
    teams->first = team;
    *out = team;
    return MIRSAL_OK;
}

static mirsal_code scan_folder(struct mir_teams *teams, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    DIR *folder = opendir(teams->options.folder);
    if (folder == NULL) {
        return mir_fail(err, MIRSAL_IO, "the folder of teams does not open");
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && rc == MIRSAL_OK;
         entry = readdir(folder)) {
        mirsal_hash id;
        struct mir_team *team;
        if (strlen(entry->d_name) == NAME_SIZE && strcmp(entry->d_name + 64, ".db") == 0 &&
            mir_hex_decode(id.bytes, sizeof(id.bytes), entry->d_name, 64)) {
            rc = add_team(&team, teams, &id, NULL, err);
        }
    }
    closedir(folder);
    return rc;
}

mirsal_code mir_teams_open(struct mir_teams **out,
    const struct mir_teams_options *options,
    mirsal_error *err)
{
    int made;
    *out = NULL;
    struct mir_teams *teams = mir_alloc(options->env, sizeof(*teams));
    if (teams == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the teams");
    }
    teams->options = *options;
    teams->options.folder = teams->folder;
    pthread_mutex_init(&teams->lock, NULL);
    mirsal_code rc = mir_path_join(teams->folder, options->folder, "", err);
    if (rc == MIRSAL_OK) {
        rc = mir_folder_make(&made, options->folder, err);
    }
    if (rc == MIRSAL_OK) {
        rc = scan_folder(teams, err);
    }
    if (rc != MIRSAL_OK) {
        mir_teams_close(teams);
        return rc;
    }
    *out = teams;
    return MIRSAL_OK;
}

mirsal_code mir_teams_settle(struct mir_teams *teams, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (struct mir_team *team = teams->first; rc == MIRSAL_OK && team != NULL; team = team->next) {
        int anew = 0;
        rc = mir_relay_log_settle(&anew, team->log, mir_file_inode(team->path), err);
        if (rc == MIRSAL_OK && anew) {
            mir_log(teams->options.env, MIRSAL_LOG_WARNING,
                "a log lies elsewhere than before: it begins a new store epoch");
        }
    }
    return rc;
}

void mir_teams_close(struct mir_teams *teams)
{
    if (teams == NULL) {
        return;
    }
    while (teams->first != NULL) {
        struct mir_team *team = teams->first;
        teams->first = team->next;
        close_team(team);
    }
    pthread_mutex_destroy(&teams->lock);
    mir_release(teams->options.env, teams, sizeof(*teams));
}

/* With the lock held. */
static mirsal_code find_team(struct mir_team **out,
    struct mir_teams *teams,
    const uint8_t *prefix,
    size_t size,
    mirsal_error *err)
{
    *out = NULL;
    for (struct mir_team *team = teams->first; team != NULL; team = team->next) {
        if (size <= sizeof(team->id.bytes) && memcmp(team->id.bytes, prefix, size) == 0) {
            if (*out != NULL) {
                *out = NULL;
                return mir_fail(err, MIRSAL_AMBIGUOUS_ID, "several teams begin like this");
            }
            *out = team;
        }
    }
    return *out != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NOT_FOUND, "no such team here");
}

mirsal_code mir_teams_find(struct mir_team **out,
    struct mir_teams *teams,
    const uint8_t *prefix,
    size_t size,
    mirsal_error *err)
{
    pthread_mutex_lock(&teams->lock);
    mirsal_code rc = find_team(out, teams, prefix, size, err);
    pthread_mutex_unlock(&teams->lock);
    return rc;
}

size_t mir_teams_count(struct mir_teams *teams)
{
    size_t count = 0;
    pthread_mutex_lock(&teams->lock);
    for (struct mir_team *team = teams->first; team != NULL; team = team->next) {
        count++;
    }
    pthread_mutex_unlock(&teams->lock);
    return count;
}

struct mir_team *mir_teams_at(struct mir_teams *teams, size_t index)
{
    pthread_mutex_lock(&teams->lock);
    struct mir_team *team = teams->first;
    for (size_t i = 0; i < index && team != NULL; i++) {
        team = team->next;
    }
    pthread_mutex_unlock(&teams->lock);
    return team;
}

mirsal_code mir_teams_register(struct mir_team **out,
    struct mir_teams *teams,
    struct mir_bytes genesis,
    mirsal_error *err)
{
    mirsal_hash id;
    char name[NAME_SIZE + 1u];
    char path[MIR_PATH_MAX];
    struct mir_relay_log *log = NULL;
    mirsal_code rc = mir_relay_log_team(&id, genesis, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    pthread_mutex_lock(&teams->lock);
    rc = find_team(out, teams, id.bytes, sizeof(id.bytes), NULL);
    if (rc == MIRSAL_NOT_FOUND) {
        mir_hex_encode(name, id.bytes, sizeof(id.bytes));
        memcpy(name + 64, ".db", 4);
        rc = mir_path_join(path, teams->options.folder, name, err);
        if (rc == MIRSAL_OK) {
            rc = mir_relay_log_create(&log, teams->options.env, path, NULL, genesis, err);
        }
        if (rc == MIRSAL_OK) {
            rc = add_team(out, teams, &id, log, err);
        }
        if (rc == MIRSAL_OK) {
            int anew = 0;
            rc = mir_relay_log_settle(&anew, log, mir_file_inode(path), err);
        }
    }
    pthread_mutex_unlock(&teams->lock);
    return rc;
}

mirsal_code mir_teams_remove(struct mir_teams *teams, struct mir_team *team, mirsal_error *err)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    char path[MIR_PATH_MAX + 8];
    mirsal_code rc = MIRSAL_OK;
    pthread_mutex_lock(&teams->lock);
    struct mir_team **at = &teams->first;
    while (*at != team) {
        at = &(*at)->next;
    }
    *at = team->next;
    pthread_mutex_unlock(&teams->lock);
    size_t size = strlen(team->path);
    memcpy(path, team->path, size);
    close_team(team);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]) && rc == MIRSAL_OK; i++) {
        memcpy(path + size, endings[i], strlen(endings[i]) + 1u);
        rc = mir_file_remove(path, err);
    }
    return rc;
}

const mirsal_hash *mir_team_id(const struct mir_team *team)
{
    return &team->id;
}

const char *mir_team_path(const struct mir_team *team)
{
    return team->path;
}

mirsal_code mir_team_borrow(struct mir_relay_log **out, struct mir_team *team, mirsal_error *err)
{
    *out = NULL;
    pthread_mutex_lock(&team->lock);
    if (team->idle_count > 0) {
        *out = team->idle[--team->idle_count];
    }
    pthread_mutex_unlock(&team->lock);
    if (*out != NULL) {
        return MIRSAL_OK;
    }
    return mir_relay_log_open(out, team->owner->options.env, team->path, NULL, err);
}

void mir_team_give_back(struct mir_team *team, struct mir_relay_log *log)
{
    if (log == NULL) {
        return;
    }
    pthread_mutex_lock(&team->lock);
    if (team->idle_count < IDLE_READERS_MAX) {
        team->idle[team->idle_count++] = log;
        log = NULL;
    }
    pthread_mutex_unlock(&team->lock);
    mir_relay_log_close(log);
}

void mir_teams_totals(struct mir_team_totals *out, struct mir_teams *teams)
{
    memset(out, 0, sizeof(*out));
    pthread_mutex_lock(&teams->lock);
    for (struct mir_team *team = teams->first; team != NULL; team = team->next) {
        pthread_mutex_lock(&team->lock);
        out->changesets += team->totals.changesets;
        out->commits += team->totals.commits;
        pthread_mutex_unlock(&team->lock);
    }
    pthread_mutex_unlock(&teams->lock);
}
