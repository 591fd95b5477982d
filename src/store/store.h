/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/store.h - one replica on disk: open, create, close, and what its parts share.
 *
 * A directory (0700): store.db (SQLite), media/, keys (sealed by the passphrase), lock. Chains
 * first, tables second: a verified changeset is stored as received, projection into tables
 * follows in the same transaction. A struct mir_store is used by one thread at a time; several
 * may have one directory open (writers take turns).
 */
#ifndef MIR_STORE_H
#define MIR_STORE_H

#include "arena.h"
#include "buf.h"
#include "keys.h"
#include "membership.h"
#include "schema.h"
#include "stamp.h"

struct sqlite3;
struct mir_sql;        /* sql.h */
struct mir_projection; /* project.h */

/* A device's secrets, in guarded memory; the `keys` file holds them sealed. */
struct mir_device_keys {
    struct mir_sign_public sign_public;
    struct mir_sign_secret sign;
    struct mir_agree_public noise_public;
    struct mir_agree_secret noise;
    struct mir_agree_public hpke_public;
    struct mir_agree_secret hpke;
    struct mir_seal_key sealing;  /* feeds the ephemerals, protocol/changeset.md 2.2 */
    struct mir_seal_key database; /* for the vault */
};

struct mir_store {
    const mirsal_env *env;
    struct mir_sql *sql;
    char *directory;
    mirsal_hash team;
    struct mir_device_keys *keys; /* mir_secret_alloc */
    struct mir_schema *schema;    /* the team's, in force */
    struct mir_arena schema_arena;
    struct mir_membership
        *membership; /* evaluated from the control held; kept in step by members.c */
    struct mir_projection
        *projection; /* mir_project_prepare makes it, mir_project_close drops it */
    uint64_t stamp;  /* last own or observed: stamp.h */
    int transaction_depth;
    int write_only;
    void (*on_change)(void *context, const mirsal_id *record, uint32_t field);
    void *on_change_context;
};

struct mir_store_options {
    const mirsal_env *env;
    const char *directory;
    const char *vfs;             /* name of a SQLite VFS, NULL for the system's */
    struct mir_bytes passphrase; /* size 0: opens only a store made without one */
    struct mir_kdf_choice {
        uint32_t passes;
        uint32_t memory_kib;
    } kdf; /* for create */
};

/* NO_STORE, WRONG_PASSPHRASE, VERSION, LOCKED, CORRUPT, WIPED. */
mirsal_code mir_store_open(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* An empty store with fresh keys, no team yet (team.h makes or joins one). STORE_EXISTS. */
mirsal_code mir_store_create(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_store_close(struct mir_store *store);

/* One write transaction (BEGIN IMMEDIATE, busy wait 10 s, then LOCKED); nests by counting. */
mirsal_code mir_store_begin(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_store_commit(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_store_rollback(struct mir_store *store);

#endif
