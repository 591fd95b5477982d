/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/crash_vfs.c - the crash disk as SQLite sees it.
 */
#include "crash_files.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MS UINT64_C(1700000000000)

struct handle {
    sqlite3_file base;
    struct crash_disk *disk;
    struct crash_file *file;
    int level; /* of SQLITE_LOCK_… */
    int temporary;
    int mapped;
    uint8_t shm_shared[SQLITE_SHM_NLOCK];
};

/* A call that changes nothing: it succeeds until the disk stops, and is not counted. */
static int may_read(const struct crash_disk *disk)
{
    return !disk->stopped;
}

/* 1 when the call is done; *half = 1: it is done and reported as failed. */
static int step(struct crash_disk *disk, int *half)
{
    *half = 0;
    if (disk->stopped) {
        return 0;
    }
    disk->operations++;
    if (disk->stop_at != 0 && disk->operations >= disk->stop_at) {
        disk->stopped = 1;
        *half = (int)test_random_below(&disk->random, 2);
        return *half;
    }
    return 1;
}

static int drop_locks(struct handle *handle)
{
    struct crash_file *file = handle->file;
    if (handle->level >= SQLITE_LOCK_SHARED) {
        file->shared--;
    }
    if (file->reserved == handle) {
        file->reserved = NULL;
    }
    if (file->exclusive == handle) {
        file->exclusive = NULL;
    }
    handle->level = SQLITE_LOCK_NONE;
    return SQLITE_OK;
}

static void drop_shm_locks(struct handle *handle)
{
    for (size_t i = 0; i < SQLITE_SHM_NLOCK; i++) {
        if (handle->shm_shared[i]) {
            handle->shm_shared[i] = 0;
            handle->file->lock_shared[i]--;
        }
        if (handle->file->lock_alone[i] == handle) {
            handle->file->lock_alone[i] = NULL;
        }
    }
}

static int file_shm_unmap(sqlite3_file *base, int delete)
{
    struct handle *handle = (struct handle *)(void *)base;
    struct crash_file *file = handle->file;
    (void)delete;
    if (!handle->mapped) {
        return SQLITE_OK;
    }
    drop_shm_locks(handle);
    handle->mapped = 0;
    file->mapped--;
    if (file->mapped == 0) {
        for (size_t i = 0; i < file->region_count; i++) {
            free(file->regions[i]);
        }
        free(file->regions);
        file->regions = NULL;
        file->region_count = 0;
    }
    return SQLITE_OK;
}

static int file_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)(void *)base;
    (void)file_shm_unmap(base, 0);
    (void)drop_locks(handle);
    handle->file->open_count--;
    if (handle->temporary) {
        handle->file->removed = 1;
        handle->file->may_return = 0;
    }
    crash_disk_sweep(handle->disk);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at)
{
    struct handle *handle = (struct handle *)(void *)base;
    const struct crash_bytes *now = &handle->file->now;
    size_t size = (size_t)amount;
    if (!may_read(handle->disk)) {
        return SQLITE_IOERR_READ;
    }
    if ((size_t)at >= now->size) {
        memset(out, 0, size);
        return SQLITE_IOERR_SHORT_READ;
    }
    size_t there = now->size - (size_t)at < size ? now->size - (size_t)at : size;
    memcpy(out, now->data + at, there);
    if (there < size) {
        memset((uint8_t *)out + there, 0, size - there);
        return SQLITE_IOERR_SHORT_READ;
    }
    return SQLITE_OK;
}

static int file_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at)
{
    struct handle *handle = (struct handle *)(void *)base;
    int half = 0;
    if (!step(handle->disk, &half)) {
        return SQLITE_IOERR_WRITE;
    }
    crash_file_write(handle->file, data, (size_t)amount, (size_t)at);
    return half ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = (struct handle *)(void *)base;
    int half = 0;
    if (!step(handle->disk, &half)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    crash_file_truncate(handle->file, (size_t)size);
    return half ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = (struct handle *)(void *)base;
    int half = 0;
    (void)flags;
    if (!step(handle->disk, &half)) {
        return SQLITE_IOERR_FSYNC;
    }
    crash_file_sync(handle->disk, handle->file);
    return half ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
    struct handle *handle = (struct handle *)(void *)base;
    *size = 0;
    if (!may_read(handle->disk)) {
        return SQLITE_IOERR_FSTAT;
    }
    *size = (sqlite3_int64)handle->file->now.size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)(void *)base;
    struct crash_file *file = handle->file;
    if (handle->level >= level) {
        return SQLITE_OK;
    }
    if (handle->level == SQLITE_LOCK_NONE) {
        if (file->exclusive != NULL) {
            return SQLITE_BUSY;
        }
        file->shared++;
        handle->level = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED) {
        if (file->reserved != NULL && file->reserved != handle) {
            return SQLITE_BUSY;
        }
        file->reserved = handle;
        handle->level = SQLITE_LOCK_RESERVED;
    }
    if (level >= SQLITE_LOCK_PENDING) {
        file->exclusive = handle;
        handle->level = SQLITE_LOCK_PENDING;
        if (file->shared > 1) {
            return SQLITE_BUSY;
        }
        handle->level = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = (struct handle *)(void *)base;
    struct crash_file *file = handle->file;
    if (level == SQLITE_LOCK_NONE) {
        return drop_locks(handle);
    }
    if (file->reserved == handle) {
        file->reserved = NULL;
    }
    if (file->exclusive == handle) {
        file->exclusive = NULL;
    }
    handle->level = handle->level < level ? handle->level : level;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *out)
{
    const struct handle *handle = (struct handle *)(void *)base;
    *out = handle->file->reserved != NULL;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return (int)CRASH_SECTOR;
}

static int file_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_shm_map(sqlite3_file *base, int number, int size, int extend, void volatile **out)
{
    struct handle *handle = (struct handle *)(void *)base;
    struct crash_file *file = handle->file;
    size_t index = (size_t)number;
    *out = NULL;
    if (handle->disk->stopped) {
        return SQLITE_IOERR_SHMMAP;
    }
    if (!handle->mapped) {
        handle->mapped = 1;
        file->mapped++;
    }
    if (index >= file->region_count) {
        if (!extend) {
            return SQLITE_OK;
        }
        file->regions = realloc(file->regions, (index + 1) * sizeof *file->regions);
        assert(file->regions != NULL);
        while (file->region_count <= index) {
            file->regions[file->region_count] = calloc(1, (size_t)size);
            assert(file->regions[file->region_count] != NULL);
            file->region_count++;
        }
    }
    *out = file->regions[index];
    return SQLITE_OK;
}

static int may_lock(const struct handle *handle, size_t at, int alone)
{
    const struct crash_file *file = handle->file;
    uint32_t own = handle->shm_shared[at];
    if (file->lock_alone[at] != NULL && file->lock_alone[at] != handle) {
        return 0;
    }
    return !alone || file->lock_shared[at] == own;
}

static int file_shm_lock(sqlite3_file *base, int from, int count, int flags)
{
    struct handle *handle = (struct handle *)(void *)base;
    struct crash_file *file = handle->file;
    int alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (size_t i = (size_t)from; i < (size_t)(from + count); i++) {
        if ((flags & SQLITE_SHM_LOCK) && !may_lock(handle, i, alone)) {
            return SQLITE_BUSY;
        }
    }
    for (size_t i = (size_t)from; i < (size_t)(from + count); i++) {
        if (flags & SQLITE_SHM_UNLOCK) {
            if (alone && file->lock_alone[i] == handle) {
                file->lock_alone[i] = NULL;
            } else if (!alone && handle->shm_shared[i]) {
                handle->shm_shared[i] = 0;
                file->lock_shared[i]--;
            }
        } else if (alone) {
            file->lock_alone[i] = handle;
        } else if (!handle->shm_shared[i]) {
            handle->shm_shared[i] = 1;
            file->lock_shared[i]++;
        }
    }
    return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs,
    sqlite3_filename name,
    sqlite3_file *base,
    int flags,
    int *out_flags)
{
    struct crash_disk *disk = vfs->pAppData;
    struct handle *handle = (struct handle *)(void *)base;
    memset(handle, 0, sizeof *handle);
    if (disk->stopped) {
        return SQLITE_CANTOPEN;
    }
    struct crash_file *file = crash_file_find(disk, name);
    if (file == NULL) {
        if (!(flags & SQLITE_OPEN_CREATE) && name != NULL) {
            return SQLITE_CANTOPEN;
        }
        /* The store makes its database's name durable before SQLite opens it. */
        file = crash_file_make(disk, name != NULL ? name : "", (flags & SQLITE_OPEN_MAIN_DB) != 0);
    }
    handle->disk = disk;
    handle->file = file;
    handle->temporary = name == NULL;
    handle->base.pMethods = &methods;
    file->open_count++;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_names)
{
    struct crash_disk *disk = vfs->pAppData;
    int half = 0;
    if (!step(disk, &half)) {
        return SQLITE_IOERR_DELETE;
    }
    struct crash_file *file = crash_file_find(disk, name);
    if (file == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    crash_file_remove(disk, file);
    if (sync_names) {
        crash_disk_sync_names(disk);
    }
    return half ? SQLITE_IOERR_DELETE : SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    struct crash_disk *disk = vfs->pAppData;
    const struct crash_file *file = crash_file_find(disk, name);
    *out = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int disk_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    struct crash_disk *disk = vfs->pAppData;
    for (int i = 0; i < size; i++) {
        out[i] = (char)test_random_below(&disk->random, 256);
    }
    return size;
}

static int disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int disk_now(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    const struct crash_disk *disk = vfs->pAppData;
    uint64_t now = disk->now_ms != NULL ? disk->now_ms(disk->context) : DEFAULT_MS;
    *out = (sqlite3_int64)(now + UINT64_C(210866760000000));
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    (void)size;
    (void)out;
    return 0;
}

struct crash_disk *crash_disk_new(const char *name,
    uint64_t seed,
    uint64_t (*now_ms)(void *context),
    void *context)
{
    struct crash_disk *disk = calloc(1, sizeof *disk);
    assert(disk != NULL);
    (void)snprintf(disk->name, sizeof disk->name, "%s", name);
    disk->random.state = seed;
    disk->now_ms = now_ms;
    disk->context = context;
    disk->vfs = (sqlite3_vfs){ .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 1024,
        .zName = disk->name,
        .pAppData = disk,
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_path,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xGetLastError = disk_last_error,
        .xCurrentTimeInt64 = disk_now };
    int registered = sqlite3_vfs_register(&disk->vfs, 0);
    assert(registered == SQLITE_OK);
    (void)registered;
    return disk;
}

void crash_disk_free(struct crash_disk *disk)
{
    if (disk != NULL) {
        (void)sqlite3_vfs_unregister(&disk->vfs);
        crash_disk_drop_files(disk);
        free(disk);
    }
}

const char *crash_disk_name(const struct crash_disk *disk)
{
    return disk->name;
}
