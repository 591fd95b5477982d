/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vaultin.h - what the vault's parts share: the vault, its open files, one page in and out.
 */
#ifndef MIR_VAULTIN_H
#define MIR_VAULTIN_H

#include "vault.h"

#include <sqlite3.h>

#define MIR_FRAME_HEADER_SIZE   24
#define MIR_FRAME_SIZE          (MIR_FRAME_HEADER_SIZE + (int)MIR_PAGE_SIZE)
#define MIR_WAL_HEADER_SIZE     32
#define MIR_JOURNAL_HEADER_SIZE 512 /* SQLite's sector under POWERSAFE_OVERWRITE */
#define MIR_NONCE_BATCH         16u

struct mir_vault {
    const mirsal_env *env;
    sqlite3_vfs vfs;
    sqlite3_vfs *under;
    int under_is_system;
    int read_only;
    int apart;
    char name[40];
    struct mir_seal_key *key; /* mir_secret_alloc */
    sqlite3_mutex *mutex;     /* of damage */
    struct mir_vault_damage damage;
};

/* Where a walk along a WAL stands: its header's salts, the checksum so far (walwalk.h). */
struct mir_wal_walk {
    uint8_t salts[8];
    int big_endian;
    uint32_t sum[2];
    uint32_t next; /* the frame that comes next, from 1; 0: nowhere */
};

/* One open file; the VFS beneath keeps its own behind it. */
struct mir_vault_file {
    sqlite3_file base;
    struct mir_vault *vault;
    sqlite3_file *under; /* NULL: a WAL that is not there, opened for reading */
    const char *name;    /* SQLite's, which lives as long as the file is open */
    enum mir_page_role role;
    struct mir_vault_file *database; /* of a WAL or journal */

    /* Of a database. */
    int proven;     /* a page of it was opened or sealed under the key */
    int recovering; /* this connection rebuilds the WAL's index */
    void **regions; /* of the WAL's index, where the vault is apart */
    int region_count;
    /* Of a WAL. */
    int written; /* a frame's page was written through this handle */
    struct mir_wal_walk walk;
    /* Of a WAL or journal: the page number that was written last, and the place of its page. */
    sqlite3_int64 numbered_at;
    uint32_t numbered;
    /* Of a journal: up to here its records come from this handle. */
    sqlite3_int64 written_to;

    uint32_t nonces_left;
    struct mir_page_nonce nonces[MIR_NONCE_BATCH];
    /* Of a WAL: a frame's header that goes out with its page. held_at is 0 when there is none. */
    sqlite3_int64 held_at;
    uint8_t held[MIR_FRAME_HEADER_SIZE];
    sqlite3_int64 read_at;        /* the frame that was read whole last */
    uint8_t room[MIR_FRAME_SIZE]; /* a page sealed, before it is written or after it was read */
};

uint32_t mir_be32(const uint8_t *bytes);
struct mir_vault_file *mir_vault_file_of(sqlite3_file *base);

/* Fresh; drawn in batches. */
const struct mir_page_nonce *mir_vault_nonce(struct mir_vault_file *file);
/* 1 when a clear page may be written: its reserve is zeros, and page 1 says 4096 and 40. */
int mir_page_is_ours(const uint8_t *clear, uint32_t number);
/* 1, or 0 when the page may not be written. */
int mir_vault_seal_page(struct mir_vault_file *file,
    uint8_t *out,
    const uint8_t *clear,
    uint32_t number) MIRSAL_MUST_USE;
/* Seals into file->room and writes at `at`. */
int mir_vault_write_page(struct mir_vault_file *file,
    const uint8_t *clear,
    uint32_t number,
    sqlite3_int64 at);
/* Opens sealed into out (which may be the same) as a page of the file's role. */
int mir_vault_open_page(struct mir_vault_file *file,
    uint8_t *out,
    const uint8_t *sealed,
    uint32_t number) MIRSAL_MUST_USE;
/* Keeps what did not open for error texts; gives SQLITE_IOERR_DATA. */
int mir_vault_damaged(struct mir_vault_file *file, uint32_t page, uint32_t frame);
void mir_vault_describe(struct mir_vault_damage *out,
    const struct mir_vault_file *file,
    uint32_t page,
    uint32_t frame);

/* By role (dbfile.c, walfile.c, journalfile.c). */
int mir_dbfile_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at);
int mir_dbfile_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at);
int mir_walfile_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at);
int mir_walfile_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at);
/* Writes a header that is held back. Before any other call than its page's reaches the file. */
int mir_walfile_settle(struct mir_vault_file *file);
int mir_journalfile_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at);
int mir_journalfile_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at);

/* All that is passed down (filecalls.c). */
const sqlite3_io_methods *mir_vault_methods(const struct mir_vault_file *file);
/* The VFS's calls (vaultvfs.c). */
void mir_vault_vfs_fill(struct mir_vault *vault);
/* A WAL that was not there when it was opened for reading: 1 once it is, and open. */
int mir_vault_reach(struct mir_vault_file *file);

#endif
