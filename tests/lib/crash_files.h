/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/crash_files.h - what the files of the crash disk share.
 */
#ifndef CRASH_FILES_H
#define CRASH_FILES_H

#include "crash_disk.h"
#include "test_random.h"

#include <sqlite3.h>

#define CRASH_SECTOR 512u

struct crash_bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

struct crash_file {
    struct crash_file *next;
    char *name;
    struct crash_bytes now;
    struct crash_bytes synced;
    uint8_t *dirty; /* by sector: written since the last sync */
    size_t dirty_count;
    int named;      /* its name would survive */
    int removed;    /* no name any more */
    int may_return; /* removed, and the removal was not synced */
    uint32_t open_count;
    /* Locks of the connections: those that read, and the one that is beyond. */
    uint32_t shared;
    const void *reserved;
    const void *exclusive; /* pending or more */
    /* Shared memory of WAL. */
    void **regions;
    size_t region_count;
    uint32_t mapped; /* connections */
    uint32_t lock_shared[SQLITE_SHM_NLOCK];
    const void *lock_alone[SQLITE_SHM_NLOCK];
};

struct crash_disk {
    sqlite3_vfs vfs;
    char name[32];
    struct crash_file *files;
    struct test_random random;
    uint64_t (*now_ms)(void *context);
    void *context;
    uint64_t operations;
    uint64_t stop_at; /* 0: never */
    int stopped;
    int ignore_syncs;
    struct crash_disk_counts counts;
};

struct crash_image {
    struct crash_disk disk;
};

/* By name; NULL. */
struct crash_file *crash_file_find(struct crash_disk *disk, const char *name);
struct crash_file *crash_file_make(struct crash_disk *disk, const char *name, int durable);
void crash_file_write(struct crash_file *file, const void *data, size_t size, size_t at);
void crash_file_truncate(struct crash_file *file, size_t size);
void crash_file_sync(struct crash_disk *disk, struct crash_file *file);
void crash_file_remove(struct crash_disk *disk, struct crash_file *file);
void crash_disk_sync_names(struct crash_disk *disk);
void crash_disk_sweep(struct crash_disk *disk);
void crash_disk_drop_files(struct crash_disk *disk);

#endif
