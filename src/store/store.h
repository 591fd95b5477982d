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
struct mir_sql;         /* sql.h */
struct mir_vault;       /* vault.h */
struct mir_projection;  /* project.h */
struct mir_members;     /* members.h */
struct mir_sealed_lock; /* sealed.h */
struct mir_held_schema; /* teamschema.c */

/* A device's secrets, in guarded memory; the `keys` file holds them sealed. */
struct mir_device_keys {
    struct mir_sign_public sign_public;
    struct mir_sign_secret sign;
    struct mir_agree_public noise_public;
    struct mir_agree_secret noise;
    struct mir_agree_public hpke_public;
    struct mir_agree_secret hpke;
    struct mir_seal_key sealing;  /* feeds the ephemerals, protocol/changeset.md 2.2 */
    struct mir_seal_key database; /* of the vault */
};

struct mir_store {
    const mirsal_env *env;
    struct mir_vault *vault; /* seals the database under keys->database */
    struct mir_sql *sql;
    char *directory;
    mirsal_hash team;
    mirsal_hash device;           /* this device's key; identity.h */
    struct mir_buf former;        /* keys of those it was, 32 bytes each; identity.h */
    struct mir_device_keys *keys; /* mir_secret_alloc */
    /* Of teamschema.c: the team's schema in use, borrowed until the store closes; 1 where the
     * team's own is not held and this is the default in its place; all that are held. */
    const struct mir_schema *schema;
    int schema_lacking;
    struct mir_held_schema *schemas;
    /* Evaluated from the control held; replaced as more arrives (members.h). */
    struct mir_membership *membership;
    struct mir_projection
        *projection; /* mir_project_prepare makes it, mir_project_close drops it */
    uint64_t stamp;  /* last own or observed: stamp.h */
    int transaction_depth;
    int shadowed; /* quarantined work is projected for a look: shadow.h */
    int write_only;
    int moved;     /* it was copied or moved here: install.h */
    int read_only; /* guest.h: nothing of it is ever written */
    int behind;    /* a newer header of this device was seen: it signs nothing more */
    /* Told inside the transaction; record NULL: a device's role changed, and with it any winner. */
    void (*on_change)(void *context, const mirsal_id *record, uint32_t field);
    void *on_change_context;

    /* Of store.c and members.c alone. */
    struct mir_members *members;
    struct mir_members *judged;   /* what data was judged by, where members are newer; else NULL */
    struct mir_sealed_lock *lock; /* mir_secret_alloc: what the `keys` file is sealed with */
    uint16_t tries_limit;         /* of a decoy that is made: what its `keys` file says */
    char *vfs;
    char *state; /* the folder for its nonce, or NULL */
    int lock_file;
    int published;                       /* the `keys` file is written: the store exists */
    int folder_made;                     /* by create, to be removed when it is not published */
    void (*on_projected)(void *context); /* of each changeset that settling projects; or NULL */
    void *projected_context;
    int control_came;     /* control is held that members do not reflect */
    int keys_came;        /* private halves are held that bodies were not tried with */
    int stale;            /* what is kept in memory is read again at the next begin */
    int64_t data_version; /* SQLite's, to notice the commits of others */
};

struct mir_store_options {
    const mirsal_env *env;
    const char *directory;
    const char *vfs;             /* the SQLite VFS under the vault, NULL for the system's */
    const char *state;           /* a folder outside the store for its nonce; NULL: none is kept */
    struct mir_bytes passphrase; /* size 0: keys that are not sealed; the caller has asked twice */
    /* For create. 0: 3 passes, 64 MiB. */
    uint32_t kdf_passes;
    uint32_t kdf_memory_kib;
};

/*
 * NO_STORE, WRONG_PASSPHRASE, VERSION, LOCKED, CORRUPT, WIPED. Nothing is changed by a failure, but
 * the count of tries where a limit is set (keyfile.h). A duress passphrase destroys this store and
 * opens the decoy that is made in its place.
 */
mirsal_code mir_store_open(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * An empty store with fresh keys and no team: team.h makes or joins one and publishes it. Until
 * then nobody can open it, and closing it removes it. STORE_EXISTS, also for a folder that holds
 * anything else.
 */
mirsal_code mir_store_create(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same with an empty database, for what brings one. */
mirsal_code mir_store_claim(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Writes the `keys` file: from here on the store exists. */
mirsal_code mir_store_publish(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/* After the team is written: reads it, loads its schema, prepares the projection. */
mirsal_code mir_store_start(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/* Rolls back what was begun. Accepts NULL. */
void mir_store_close(struct mir_store *store);

/*
 * One write transaction (BEGIN IMMEDIATE, busy wait 10 s, then LOCKED); nests by counting. A
 * rollback at any depth ends the whole. What another handle committed is seen from begin on. WIPED
 * when the store was destroyed since it was opened.
 */
mirsal_code mir_store_begin(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_store_commit(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_store_rollback(struct mir_store *store);
/* Before reading outside a transaction: takes note of what other handles committed. */
mirsal_code mir_store_refresh(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Many reads of one state, whatever other handles commit meanwhile: every one by itself costs locks
 * and a look for changes. Within a transaction they are part of it; no write begins between them.
 */
mirsal_code mir_store_read_begin(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_store_read_end(struct mir_store *store);

/*
 * For what bears no other handle on this store, of this process or another: LOCKED while there is
 * one. Until mir_store_share nobody opens it.
 */
mirsal_code mir_store_alone(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_store_share(struct mir_store *store);

/* A handle on nothing yet, of what opens a store (guest.c). *out is given, also after NO_MEMORY. */
mirsal_code mir_store_blank(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

/* This device's key. */
const mirsal_hash *mir_store_device(const struct mir_store *store);

#endif
