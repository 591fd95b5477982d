/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/server.h - the sync server as mirsald runs it: set up, run, look at. Not part of
 * libmirsal.
 *
 * The data folder (0700) holds `keys` (identity, Noise keys, registration token; sealed when a
 * passphrase is given), teams/TEAM_ID.db, one log a team, and store/ when the server was joined
 * as a reader.
 */
#ifndef MIRSAL_SERVER_H
#define MIRSAL_SERVER_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mirsal_server mirsal_server;

/** Pointers are borrowed for the call, env for the server's life. 0 and NULL: the default. */
typedef struct mirsal_server_options {
    uint32_t version;
    const char *data;
    const void *passphrase; /**< seals keys and store; NULL: neither is sealed */
    size_t passphrase_size;
    const char *public_url; /**< for init */
    const char *listen;     /**< HOST:PORT, port 0: any free one */
    const char *tls_cert;   /**< paths of PEM files, both or none */
    const char *tls_key;
    uint64_t quota_device;    /**< bytes; 0 = 1 GiB */
    uint64_t quota_team;      /**< bytes; 0 = 20 GiB */
    uint32_t rate_per_minute; /**< requests of one source address; 0 = 6,000 */
    int metrics_open;         /**< /metrics also for other than loopback */
    const mirsal_env *env;    /**< NULL for the system's */
} mirsal_server_options;
#define MIRSAL_SERVER_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/** Makes the data folder. *out is given: {"relay":"URL#KEY","token":"…"}. STORE_EXISTS. */
MIRSAL_MUST_USE mirsal_code mirsal_server_init(mirsal_text *out,
    const mirsal_server_options *options,
    mirsal_error *err);

/** Opens the data folder: NO_STORE, WRONG_PASSPHRASE, CORRUPT, VERSION. *out is given. */
MIRSAL_MUST_USE mirsal_code mirsal_server_open(mirsal_server **out,
    const mirsal_server_options *options,
    mirsal_error *err);
void mirsal_server_close(mirsal_server *server); /**< accepts NULL */

/** Serves until mirsal_server_stop. LOCKED: another does. *out is given: {"listen","relay"}. */
MIRSAL_MUST_USE mirsal_code mirsal_server_start(mirsal_text *out,
    mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err);
/** Finishes what is acknowledged, then stops serving. */
void mirsal_server_stop(mirsal_server *server);
/**
 * Reads the certificate files again; a moment without listener. options as for start. After a
 * failure the old ones stay in force.
 */
MIRSAL_MUST_USE mirsal_code mirsal_server_reload(mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err);
/**
 * To be called every second or so: turns the relay's Noise key each week, starts the reader once
 * the server was joined.
 */
MIRSAL_MUST_USE mirsal_code mirsal_server_tick(mirsal_server *server, mirsal_error *err);

/**
 * Becomes a reader of the invite's team, into DATA/store. NOT_ALLOWED: an invite for a monitor.
 * *out is given: {"team_id","device_id","role","label","state"}.
 */
MIRSAL_MUST_USE mirsal_code mirsal_server_join(mirsal_text *out,
    mirsal_server *server,
    const char *invite,
    mirsal_error *err);

/** {"teams":[…],"reader":{"digest"}|null}. *out is given. */
MIRSAL_MUST_USE mirsal_code mirsal_server_status(mirsal_text *out,
    mirsal_server *server,
    mirsal_error *err);
/**
 * Deletes a team's log: its id or a unique prefix of 6 hex digits. NOT_FOUND, AMBIGUOUS_ID; LOCKED
 * while a server runs on this folder.
 */
MIRSAL_MUST_USE mirsal_code mirsal_server_team_remove(mirsal_server *server,
    const char *team,
    mirsal_error *err);
/** Writes keys (as they lie, sealed or not) and every log into one tar file, 0600. */
MIRSAL_MUST_USE mirsal_code mirsal_server_backup(mirsal_server *server,
    const char *path,
    mirsal_error *err);
/** Reads every log whole: pages, trees. CORRUPT names the team's file. *out is given: {"ok",…}. */
MIRSAL_MUST_USE mirsal_code mirsal_server_check(mirsal_text *out,
    mirsal_server *server,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
