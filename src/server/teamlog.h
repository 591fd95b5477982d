/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/teamlog.h - the inside of a team, shared by teams.c and groupcommit.c alone.
 */
#ifndef MIR_TEAMLOG_H
#define MIR_TEAMLOG_H

#include "teams.h"
#include <pthread.h>

#define IDLE_READERS_MAX 16u

struct batch { /* on the stack of the thread that waits for it */
    struct batch *next;
    const struct mir_queued *list;
    struct mir_sync_outcome *outcome;
    int done;
    mirsal_code rc;
    mirsal_error err;
};

struct mir_team {
    struct mir_team *next;
    struct mir_teams *owner;
    mirsal_hash id;
    char path[MIR_PATH_MAX];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct mir_relay_log *log; /* the leader's, opened by the first */
    struct batch *waiting;
    struct batch **last;
    int leading;
    struct mir_relay_log *idle[IDLE_READERS_MAX];
    uint32_t idle_count;
    struct mir_team_totals totals;
};

struct mir_teams {
    struct mir_teams_options options;
    char folder[MIR_PATH_MAX]; /* options.folder */
    pthread_mutex_t lock;      /* guards the list */
    struct mir_team *first;
};

#endif
