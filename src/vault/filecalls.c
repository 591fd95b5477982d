/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/filecalls.c - an open file's calls that carry no page: passed down, or answered here where
 * the file beneath must not decide (no memory mapping, no growth in chunks of zeros, no write that
 * is taken for atomic). Shared memory is passed down: it holds page numbers and no pages.
 */
#include "vaultin.h"

#include "env.h"

#include <string.h>

#define RECOVER_LOCK 2 /* of the WAL's index, held alone while it is rebuilt */
#define PASSED_TRAITS                                                                              \
    (SQLITE_IOCAP_SEQUENTIAL | SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | SQLITE_IOCAP_IMMUTABLE)

static sqlite3_file *under_of(sqlite3_file *base)
{
    return mir_vault_file_of(base)->under;
}

static void drop_regions(struct mir_vault_file *file)
{
    for (int i = 0; i < file->region_count; i++) {
        sqlite3_free(file->regions[i]);
    }
    sqlite3_free(file->regions);
    file->regions = NULL;
    file->region_count = 0;
}

static int close_file(sqlite3_file *base)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    int settled = mir_walfile_settle(file);
    drop_regions(file);
    int rc = file->under != NULL ? file->under->pMethods->xClose(file->under) : SQLITE_OK;
    mir_wipe(file->room, sizeof file->room);
    return rc == SQLITE_OK ? settled : rc;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size)
{
    if (mir_vault_file_of(base)->vault->read_only) {
        return SQLITE_READONLY;
    }
    int rc = mir_walfile_settle(mir_vault_file_of(base));
    return rc == SQLITE_OK ? under_of(base)->pMethods->xTruncate(under_of(base), size) : rc;
}

static int sync_file(sqlite3_file *base, int flags)
{
    sqlite3_file *under = under_of(base);
    int rc = mir_walfile_settle(mir_vault_file_of(base));
    return rc == SQLITE_OK && under != NULL ? under->pMethods->xSync(under, flags) : rc;
}

static int size_file(sqlite3_file *base, sqlite3_int64 *size)
{
    *size = 0;
    if (!mir_vault_reach(mir_vault_file_of(base))) {
        return SQLITE_OK;
    }
    int rc = mir_walfile_settle(mir_vault_file_of(base));
    return rc == SQLITE_OK ? under_of(base)->pMethods->xFileSize(under_of(base), size) : rc;
}

static int lock_file(sqlite3_file *base, int level)
{
    return under_of(base)->pMethods->xLock(under_of(base), level);
}

static int unlock_file(sqlite3_file *base, int level)
{
    return under_of(base)->pMethods->xUnlock(under_of(base), level);
}

static int check_reserved(sqlite3_file *base, int *out)
{
    return under_of(base)->pMethods->xCheckReservedLock(under_of(base), out);
}

static int control_file(sqlite3_file *base, int operation, void *argument)
{
    sqlite3_file *under = under_of(base);
    if (operation == SQLITE_FCNTL_MMAP_SIZE) {
        *(sqlite3_int64 *)argument = 0;
        return SQLITE_OK;
    }
    if (operation == SQLITE_FCNTL_CHUNK_SIZE) {
        return SQLITE_OK;
    }
    if (under == NULL) {
        return SQLITE_NOTFOUND;
    }
    int rc = under->pMethods->xFileControl(under, operation, argument);
    if (rc == SQLITE_OK && operation == SQLITE_FCNTL_VFSNAME) {
        char **name = argument;
        *name = sqlite3_mprintf("mirsal-vault/%z", *name);
    }
    return rc;
}

static int sector_size(sqlite3_file *base)
{
    sqlite3_file *under = under_of(base);
    return under != NULL ? under->pMethods->xSectorSize(under) : (int)MIR_PAGE_SIZE;
}

/* Without POWERSAFE_OVERWRITE SQLite would split page writes at sectors. */
static int traits(sqlite3_file *base)
{
    sqlite3_file *under = under_of(base);
    int passed = under != NULL ? under->pMethods->xDeviceCharacteristics(under) : 0;
    return (passed & PASSED_TRAITS) | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Of a vault apart: the index in this process's memory, which SQLite fills from the WAL. */
static int region_apart(struct mir_vault_file *file, int region, int size, void volatile **out)
{
    *out = NULL;
    if (region >= file->region_count) {
        size_t count = (size_t)region + 1;
        void **regions = sqlite3_realloc64(file->regions, count * sizeof *regions);
        if (regions == NULL) {
            return SQLITE_NOMEM;
        }
        file->regions = regions;
        while (file->region_count <= region) {
            void *made = sqlite3_malloc(size);
            if (made == NULL) {
                return SQLITE_NOMEM;
            }
            memset(made, 0, (size_t)size);
            regions[file->region_count++] = made;
        }
    }
    *out = file->regions[region];
    return SQLITE_OK;
}

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    if (file->vault->apart) {
        return region_apart(file, region, size, out);
    }
    return under_of(base)->pMethods->xShmMap(under_of(base), region, size, extend, out);
}

static int shm_lock(sqlite3_file *base, int from, int count, int flags)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    int rc = file->vault->apart ? SQLITE_OK
                                : file->under->pMethods->xShmLock(file->under, from, count, flags);
    int recover = from <= RECOVER_LOCK && RECOVER_LOCK < from + count;
    if (rc == SQLITE_OK && recover && (flags & SQLITE_SHM_EXCLUSIVE)) {
        file->recovering = (flags & SQLITE_SHM_LOCK) != 0;
    }
    return rc;
}

static void shm_barrier(sqlite3_file *base)
{
    if (mir_vault_file_of(base)->vault->apart) {
        return;
    }
    under_of(base)->pMethods->xShmBarrier(under_of(base));
}

static int shm_unmap(sqlite3_file *base, int delete)
{
    if (mir_vault_file_of(base)->vault->apart) {
        drop_regions(mir_vault_file_of(base));
        return SQLITE_OK;
    }
    return under_of(base)->pMethods->xShmUnmap(under_of(base), delete);
}

#define CALLS(version, role)                                                                       \
    {                                                                                              \
        .iVersion = (version), .xClose = close_file, .xRead = mir_##role##_read,                   \
        .xWrite = mir_##role##_write, .xTruncate = truncate_file, .xSync = sync_file,              \
        .xFileSize = size_file, .xLock = lock_file, .xUnlock = unlock_file,                        \
        .xCheckReservedLock = check_reserved, .xFileControl = control_file,                        \
        .xSectorSize = sector_size, .xDeviceCharacteristics = traits, .xShmMap = shm_map,          \
        .xShmLock = shm_lock, .xShmBarrier = shm_barrier, .xShmUnmap = shm_unmap,                  \
    }

/* Version 2 has shared memory and no xFetch: no page is read but through xRead. */
static const sqlite3_io_methods of_database = CALLS(2, dbfile);
static const sqlite3_io_methods of_database_alone = CALLS(1, dbfile);
static const sqlite3_io_methods of_wal = CALLS(1, walfile);
static const sqlite3_io_methods of_journal = CALLS(1, journalfile);

const sqlite3_io_methods *mir_vault_methods(const struct mir_vault_file *file)
{
    if (file->role == MIR_PAGE_DATABASE) {
        const sqlite3_io_methods *under = file->under->pMethods;
        int shares = under->iVersion >= 2 && under->xShmMap != NULL;
        return shares || file->vault->apart ? &of_database : &of_database_alone;
    }
    return file->role == MIR_PAGE_WAL ? &of_wal : &of_journal;
}
