/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/crash_disk.h - a disk in memory as a SQLite VFS, which forgets what was not synced.
 *
 * Each file keeps what a reader sees now apart from what was synced. When the power is cut each
 * 512-byte sector written since the last sync is kept, lost, or (one of 16 of those kept) has its
 * changed bytes filled with rubbish; bytes that were not written stay, as the system's VFS
 * promises (SQLITE_IOCAP_POWERSAFE_OVERWRITE). Sizes, new names and removals that no sync of the
 * folder followed are kept or lost likewise. A killed process loses nothing. Any number of
 * connections of one thread may have a file open; WAL's shared memory is the process's.
 */
#ifndef CRASH_DISK_H
#define CRASH_DISK_H

#include <stddef.h>
#include <stdint.h>

struct crash_disk;

/* Registers the VFS under that name. now_ms may be NULL: a clock that stands. */
struct crash_disk *crash_disk_new(const char *name,
    uint64_t seed,
    uint64_t (*now_ms)(void *context),
    void *context);
/* All files must be closed. Accepts NULL. */
void crash_disk_free(struct crash_disk *disk);
const char *crash_disk_name(const struct crash_disk *disk);

/* Calls so far that change the disk: write, truncate, sync, delete. */
uint64_t crash_disk_operations(const struct crash_disk *disk);
/* What is drawn from now on, by the seed alone. */
void crash_disk_reseed(struct crash_disk *disk, uint64_t seed);
/* From now on every call fails, as for a process that is no more; files can still be closed. */
void crash_disk_stop(struct crash_disk *disk);
/* The same once so many more operations were done; the one that fails may have done its work. */
void crash_disk_stop_after(struct crash_disk *disk, uint64_t operations);
int crash_disk_stopped(const struct crash_disk *disk);
/* Once stopped and all files are closed: what was not synced is decided. */
void crash_disk_cut_power(struct crash_disk *disk);
/* Calls succeed again. */
void crash_disk_start(struct crash_disk *disk);

/* 1: says yes to each sync and does nothing: what synchronous=OFF does to an application. */
void crash_disk_ignore_syncs(struct crash_disk *disk, int ignore);

struct crash_disk_counts {
    uint64_t syncs;
    uint64_t cuts;
    uint64_t sectors_lost;
    uint64_t sectors_kept; /* of those not synced */
    uint64_t sectors_rubbish;
    uint64_t names_lost;     /* files whose creation was forgotten */
    uint64_t names_returned; /* files whose removal was forgotten */
    uint64_t sizes_lost;
};
void crash_disk_count(struct crash_disk_counts *out, const struct crash_disk *disk);

/* A copy of all files as they are; a restore is possible while no file is open. */
struct crash_image;
struct crash_image *crash_disk_copy(const struct crash_disk *disk);
void crash_disk_restore(struct crash_disk *disk, const struct crash_image *image);
/* 1: the same names, and the same bytes under each. */
int crash_disk_equals(struct crash_disk *disk, struct crash_image *image);
void crash_image_free(struct crash_image *image); /* accepts NULL */

#endif
