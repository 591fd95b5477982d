/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vault.h - a SQLite VFS that keeps every page sealed at rest.
 *
 * Pages of the database, of WAL frames and of rollback journals are sealed under one key; no clear
 * page reaches a file, and files that would hold clear text (temporary ones) cannot be opened. A
 * vault is one registered VFS of its own name: any number of connections, of one thread or more,
 * of this process or others with a vault of the same key, share a database through it. Connections
 * need PRAGMA temp_store=MEMORY, which mir_vault_prepare sets.
 */
#ifndef MIR_VAULT_H
#define MIR_VAULT_H

#include "page.h"

struct sqlite3;
struct mir_vault;

struct mir_vault_options {
    const char *under;              /* name of the SQLite VFS beneath, NULL for the system's */
    const struct mir_seal_key *key; /* copied into guarded memory */
    int read_only;                  /* 1: writes to database, WAL and journal are refused */
    int apart; /* with read_only, for one connection while nobody writes: no -shm is made */
};

/* A page that did not open; all zeros when each did. */
struct mir_vault_damage {
    enum mir_page_role role;
    char file[64];  /* the file's name without its folder */
    uint32_t page;  /* of the database, from 1; 0: a header is damaged */
    uint32_t frame; /* in a WAL, from 1; 0: not in one, or its own header */
};
#define MIR_VAULT_DAMAGE_TEXT_SIZE 128u

/* under and key are borrowed for the call alone. MISUSE when under is not registered. */
mirsal_code mir_vault_open(struct mir_vault **out,
    const mirsal_env *env,
    const struct mir_vault_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After all its connections are closed. Wipes the key. Accepts NULL. */
void mir_vault_close(struct mir_vault *vault);

/* The name for sqlite3_open_v2; lives as long as the vault. */
const char *mir_vault_vfs(const struct mir_vault *vault);
/*
 * A connection that was just opened, before its first statement: reserved bytes, temp_store.
 * Without it nothing can be written. Gives SQLite's code.
 */
int mir_vault_prepare(struct sqlite3 *handle) MIRSAL_MUST_USE;

/* The last page that did not open (SQLite then answers SQLITE_IOERR_DATA). Any thread. */
void mir_vault_damage(struct mir_vault_damage *out, const struct mir_vault *vault);
/* "page 12 of store.db does not open" */
void mir_vault_damage_text(char *out, size_t size, const struct mir_vault_damage *damage);

/*
 * Reads every page of the connection's database and every frame of its WAL, those that SQLite would
 * not read too, and tells report of each that does not open. The connection should be inside a
 * transaction, so that the files stand still. Damage is no code: IO when a file cannot be read.
 */
mirsal_code mir_vault_check(struct mir_vault *vault,
    struct sqlite3 *handle,
    void (*report)(void *context, const struct mir_vault_damage *damage),
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
