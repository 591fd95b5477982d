/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/serverin.h - the inside of mirsal_server, shared by server.c, serving.c and report.c
 * alone.
 */
#ifndef MIR_SERVERIN_H
#define MIR_SERVERIN_H

#include "http.h"
#include "merger.h"
#include <mirsal/server.h>

#define MIR_SNAPSHOTS_MAX 64u /* Noise keys turned in one run: more than a year of weeks */

struct mirsal_server {
    mirsal_env env;
    char data[MIR_PATH_MAX];
    char keys_path[MIR_PATH_MAX];
    char store_path[MIR_PATH_MAX];
    struct mir_buf passphrase;
    /* The last is in force; those before stay for exchanges that began with them. */
    struct mir_relay_keys *snapshots[MIR_SNAPSHOTS_MAX];
    uint32_t snapshot_count;
    struct mir_teams *teams;
    struct mir_http http;
    struct mir_http_server *listener;
    struct mir_merger *merger; /* NULL: not joined as a reader */
};

static inline const struct mir_relay_keys *mir_server_keys(const struct mirsal_server *server)
{
    return server->snapshots[server->snapshot_count - 1u];
}

#endif
