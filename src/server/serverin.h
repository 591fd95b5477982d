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
    char state_path[MIR_PATH_MAX];  /* of the store's nonce, where XDG_STATE_HOME=DIR/state looks */
    char reader_path[MIR_PATH_MAX]; /* there once the store is whole */
    char lock_path[MIR_PATH_MAX];
    int lock;            /* held alone while it serves or removes; -1 when not */
    uint8_t *passphrase; /* mir_secret_alloc; NULL: none */
    size_t passphrase_size;
    /* The last is in force; those before stay for exchanges that began with them. */
    struct mir_relay_keys *snapshots[MIR_SNAPSHOTS_MAX];
    uint32_t snapshot_count;
    mirsal_code tick_code; /* of the last tick */
    struct mir_teams *teams;
    struct mir_http http;
    struct mir_http_server *listener;
    struct mir_merger *merger; /* NULL: not joined as a reader; guarded by http.server.lock */
};

static inline struct mir_bytes mir_server_passphrase(const struct mirsal_server *server)
{
    return (struct mir_bytes){ server->passphrase, server->passphrase_size };
}

static inline const struct mir_relay_keys *mir_server_keys(const struct mirsal_server *server)
{
    return server->snapshots[server->snapshot_count - 1u];
}

#endif
