/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vaultvfs.c - the VFS's own calls: which files are opened, deleted, and the rest passed
 * down.
 *
 * Database, WAL and rollback journal are opened; temporary files, statement journals,
 * super-journals and whatever else SQLite may want are refused, so that no clear text has a file
 * to go to.
 */
#include "vaultin.h"

#include "env.h"
#include "vaultprobe.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_MODE       0600
#define WAL_SUFFIX      "-wal"
#define WAL_SUFFIX_SIZE (sizeof WAL_SUFFIX - 1)

static struct mir_vault *vault_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

/* 0: not a file that the vault seals. */
static enum mir_page_role role_of(int flags)
{
    if (flags & SQLITE_OPEN_MAIN_DB) {
        return MIR_PAGE_DATABASE;
    }
    if (flags & SQLITE_OPEN_WAL) {
        return MIR_PAGE_WAL;
    }
    return flags & SQLITE_OPEN_MAIN_JOURNAL ? MIR_PAGE_JOURNAL : 0;
}

/* SQLite gives its own files the mode of the database. */
static void make_private(const char *name)
{
    int made = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (made >= 0) {
        (void)close(made);
    }
}

static int open_under(struct mir_vault_file *file, int flags, int *out_flags)
{
    sqlite3_vfs *vfs = file->vault->under;
    sqlite3_file *under = (sqlite3_file *)(void *)(file + 1);
    int given = flags;
    memset(under, 0, (size_t)vfs->szOsFile);
    int rc = vfs->xOpen(vfs, file->name, under, flags, &given);
    if (rc != SQLITE_OK && under->pMethods != NULL) {
        (void)under->pMethods->xClose(under);
    }
    if (rc == SQLITE_OK) {
        file->under = under;
    }
    if (out_flags != NULL) {
        *out_flags = given;
    }
    return rc;
}

int mir_vault_reach(struct mir_vault_file *file)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_WAL;
    int there = 0;
    if (file->under != NULL) {
        return 1;
    }
    sqlite3_vfs *vfs = file->vault->under;
    return vfs->xAccess(vfs, file->name, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there &&
           open_under(file, flags, NULL) == SQLITE_OK;
}

/* A WAL of another key is not recovered, which would empty it. */
static int wal_is_foreign(struct mir_vault *vault, const char *wal, const char *database)
{
    return mir_vault_probe(vault, wal, MIR_PAGE_WAL) == MIR_PROBE_FOREIGN &&
           mir_vault_probe(vault, database, MIR_PAGE_DATABASE) != MIR_PROBE_OPENS;
}

static int open_file(sqlite3_vfs *vfs,
    sqlite3_filename name,
    sqlite3_file *base,
    int flags,
    int *out_flags)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    struct mir_vault *vault = vault_of(vfs);
    memset(file, 0, sizeof *file);
    file->vault = vault;
    file->name = name;
    file->role = role_of(flags);
    if (file->role == 0 || name == NULL) {
        return SQLITE_CANTOPEN;
    }
    if (file->role != MIR_PAGE_DATABASE) {
        file->database = mir_vault_file_of(sqlite3_database_file_object(name));
    }
    if (file->role == MIR_PAGE_WAL && !file->database->proven &&
        wal_is_foreign(vault, name, file->database->name)) {
        return mir_vault_damaged(file->database, 1, 0);
    }
    if (vault->read_only) {
        flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        flags |= SQLITE_OPEN_READONLY;
    } else if (file->role == MIR_PAGE_DATABASE && (flags & SQLITE_OPEN_CREATE) &&
               vault->under_is_system) {
        make_private(name);
    }
    int rc = open_under(file, flags, out_flags);
    if (rc != SQLITE_OK && file->role == MIR_PAGE_WAL && vault->read_only) {
        rc = SQLITE_OK; /* mir_vault_reach opens it once it is there */
    }
    if (rc == SQLITE_OK) {
        file->base.pMethods = mir_vault_methods(file);
    }
    return rc;
}

/* SQLite deletes a WAL beside an empty database unread. 0 when it is one of another key. */
static int may_delete(struct mir_vault *vault, const char *name)
{
    size_t size = strlen(name);
    if (size <= WAL_SUFFIX_SIZE || strcmp(name + size - WAL_SUFFIX_SIZE, WAL_SUFFIX) != 0 ||
        mir_vault_probe(vault, name, MIR_PAGE_WAL) != MIR_PROBE_FOREIGN) {
        return 1;
    }
    char *database = sqlite3_mprintf("%.*s", (int)(size - WAL_SUFFIX_SIZE), name);
    sqlite3_filename made =
        database != NULL ? sqlite3_create_filename(database, "", "", 0, NULL) : NULL;
    int may = made != NULL && mir_vault_probe(vault, made, MIR_PAGE_DATABASE) == MIR_PROBE_OPENS;
    sqlite3_free_filename(made);
    sqlite3_free(database);
    return may;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct mir_vault *vault = vault_of(vfs);
    if (vault->read_only) {
        return SQLITE_READONLY;
    }
    if (!may_delete(vault, name)) {
        return SQLITE_IOERR_DELETE;
    }
    return vault->under->xDelete(vault->under, name, sync_folder);
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    sqlite3_vfs *under = vault_of(vfs)->under;
    return under->xAccess(under, name, flags, out);
}

static int full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    sqlite3_vfs *under = vault_of(vfs)->under;
    return under->xFullPathname(under, name, size, out);
}

/* No library is loaded through a vault. */
static void *load_none(sqlite3_vfs *vfs, const char *name)
{
    (void)vfs;
    (void)name;
    return NULL;
}

static void load_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    (void)sqlite3_snprintf(size, out, "no library is loaded through a vault");
}

static void (*load_symbol(sqlite3_vfs *vfs, void *library, const char *name))(void)
{
    (void)vfs;
    (void)library;
    (void)name;
    return NULL;
}

static void load_close(sqlite3_vfs *vfs, void *library)
{
    (void)vfs;
    (void)library;
}

static int randomness(sqlite3_vfs *vfs, int size, char *out)
{
    sqlite3_vfs *under = vault_of(vfs)->under;
    return under->xRandomness(under, size, out);
}

static int sleep_for(sqlite3_vfs *vfs, int microseconds)
{
    sqlite3_vfs *under = vault_of(vfs)->under;
    return under->xSleep(under, microseconds);
}

static int last_error(sqlite3_vfs *vfs, int size, char *out)
{
    sqlite3_vfs *under = vault_of(vfs)->under;
    return under->xGetLastError != NULL ? under->xGetLastError(under, size, out) : 0;
}

static int now_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    sqlite3_vfs *under = vault_of(vfs)->under;
    if (under->iVersion >= 2 && under->xCurrentTimeInt64 != NULL) {
        return under->xCurrentTimeInt64(under, out);
    }
    double days = 0;
    int rc = under->xCurrentTime(under, &days);
    *out = (sqlite3_int64)(days * 86400000.0);
    return rc;
}

void mir_vault_vfs_fill(struct mir_vault *vault)
{
    vault->vfs = (sqlite3_vfs){ .iVersion = 2,
        .szOsFile = (int)sizeof(struct mir_vault_file) + vault->under->szOsFile,
        .mxPathname = vault->under->mxPathname,
        .zName = vault->name,
        .pAppData = vault,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_path,
        .xDlOpen = load_none,
        .xDlError = load_error,
        .xDlSym = load_symbol,
        .xDlClose = load_close,
        .xRandomness = randomness,
        .xSleep = sleep_for,
        .xGetLastError = last_error,
        .xCurrentTimeInt64 = now_ms };
}
