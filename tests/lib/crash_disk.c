/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/crash_disk.c - files that forget; see the header. crash_vfs.c makes a VFS of them.
 */
#include "crash_files.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);
    assert(memory != NULL);
    return memory;
}

static void set_size(struct crash_bytes *bytes, size_t size)
{
    if (size > bytes->capacity) {
        bytes->capacity = size < 65536 ? 65536 : size * 2;
        bytes->data = grow(bytes->data, bytes->capacity);
    }
    if (size > bytes->size) {
        memset(bytes->data + bytes->size, 0, size - bytes->size);
    }
    bytes->size = size;
}

static void copy_bytes(struct crash_bytes *to, const struct crash_bytes *from)
{
    to->size = 0;
    set_size(to, from->size);
    if (from->size > 0) {
        memcpy(to->data, from->data, from->size);
    }
}

static void mark_dirty(struct crash_file *file, size_t from, size_t to)
{
    size_t last = (to + CRASH_SECTOR - 1) / CRASH_SECTOR;
    if (last > file->dirty_count) {
        file->dirty = grow(file->dirty, last);
        memset(file->dirty + file->dirty_count, 0, last - file->dirty_count);
        file->dirty_count = last;
    }
    for (size_t at = from / CRASH_SECTOR; at < last; at++) {
        file->dirty[at] = 1;
    }
}

struct crash_file *crash_file_find(struct crash_disk *disk, const char *name)
{
    for (struct crash_file *file = disk->files; file != NULL; file = file->next) {
        if (!file->removed && name != NULL && strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

struct crash_file *crash_file_make(struct crash_disk *disk, const char *name, int durable)
{
    struct crash_file *file = calloc(1, sizeof *file);
    assert(file != NULL);
    size_t size = strlen(name) + 1;
    file->name = grow(NULL, size);
    memcpy(file->name, name, size);
    file->named = durable;
    file->next = disk->files;
    disk->files = file;
    return file;
}

static void free_file(struct crash_file *file)
{
    free(file->now.data);
    free(file->synced.data);
    free(file->dirty);
    for (size_t i = 0; i < file->region_count; i++) {
        free(file->regions[i]);
    }
    free(file->regions);
    free(file->name);
    free(file);
}

/* Drops what is removed for good and open nowhere. */
void crash_disk_sweep(struct crash_disk *disk)
{
    struct crash_file **at = &disk->files;
    while (*at != NULL) {
        struct crash_file *file = *at;
        if (file->removed && !file->may_return && file->open_count == 0) {
            *at = file->next;
            free_file(file);
        } else {
            at = &file->next;
        }
    }
}

void crash_file_write(struct crash_file *file, const void *data, size_t size, size_t at)
{
    if (at + size > file->now.size) {
        mark_dirty(file, file->now.size, at + size);
        set_size(&file->now, at + size);
    }
    memcpy(file->now.data + at, data, size);
    mark_dirty(file, at, at + size);
}

void crash_file_truncate(struct crash_file *file, size_t size)
{
    size_t before = file->now.size;
    if (size < before) {
        mark_dirty(file, size, before);
    }
    set_size(&file->now, size);
}

void crash_file_sync(struct crash_disk *disk, struct crash_file *file)
{
    disk->counts.syncs++;
    if (disk->ignore_syncs) {
        return;
    }
    for (size_t sector = 0; sector < file->dirty_count; sector++) {
        size_t from = sector * CRASH_SECTOR;
        size_t to = from + CRASH_SECTOR < file->now.size ? from + CRASH_SECTOR : file->now.size;
        if (!file->dirty[sector] || from >= to) {
            continue;
        }
        if (file->synced.size < to) {
            set_size(&file->synced, to);
        }
        memcpy(file->synced.data + from, file->now.data + from, to - from);
    }
    set_size(&file->synced, file->now.size);
    if (file->dirty_count > 0) {
        memset(file->dirty, 0, file->dirty_count);
    }
    if (!file->named) {
        crash_disk_sync_names(disk);
    }
}

void crash_disk_sync_names(struct crash_disk *disk)
{
    if (disk->ignore_syncs) {
        return;
    }
    for (struct crash_file *file = disk->files; file != NULL; file = file->next) {
        file->named = 1;
        file->may_return = 0;
    }
    crash_disk_sweep(disk);
}

void crash_file_remove(struct crash_disk *disk, struct crash_file *file)
{
    file->removed = 1;
    file->may_return = file->named;
    crash_disk_sweep(disk);
}

static void fill_rubbish(struct crash_disk *disk, struct crash_file *file, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint8_t old = i < file->synced.size ? file->synced.data[i] : 0;
        if (file->now.data[i] != old) {
            file->now.data[i] = (uint8_t)test_random_below(&disk->random, 256);
        }
    }
}

/* now becomes what the disk holds when the power is back. */
static void decide_sector(struct crash_disk *disk,
    struct crash_file *file,
    size_t sector,
    uint32_t kept_percent)
{
    size_t from = sector * CRASH_SECTOR;
    size_t to = from + CRASH_SECTOR < file->now.size ? from + CRASH_SECTOR : file->now.size;
    if (from >= to) {
        return;
    }
    if (test_random_percent(&disk->random, kept_percent)) {
        disk->counts.sectors_kept++;
        if (kept_percent < 100 && test_random_below(&disk->random, 16) == 0) {
            disk->counts.sectors_rubbish++;
            fill_rubbish(disk, file, from, to);
        }
        return;
    }
    disk->counts.sectors_lost++;
    for (size_t i = from; i < to; i++) {
        file->now.data[i] = i < file->synced.size ? file->synced.data[i] : 0;
    }
}

static void decide_file(struct crash_disk *disk, struct crash_file *file, uint32_t kept_percent)
{
    if (file->now.size != file->synced.size && !test_random_percent(&disk->random, kept_percent)) {
        size_t before = file->now.size;
        disk->counts.sizes_lost++;
        set_size(&file->now, file->synced.size);
        if (file->now.size > before) {
            memcpy(file->now.data + before, file->synced.data + before, file->now.size - before);
        }
    }
    for (size_t sector = 0; sector < file->dirty_count; sector++) {
        if (file->dirty[sector]) {
            decide_sector(disk, file, sector, kept_percent);
        }
    }
    if (file->dirty_count > 0) {
        memset(file->dirty, 0, file->dirty_count);
    }
    copy_bytes(&file->synced, &file->now);
}

static void decide_name(struct crash_disk *disk, struct crash_file *file, uint32_t kept_percent)
{
    int kept = test_random_percent(&disk->random, kept_percent);
    if (file->removed && file->may_return) {
        file->may_return = 0;
        if (!kept && crash_file_find(disk, file->name) == NULL) {
            disk->counts.names_returned++;
            file->removed = 0;
        }
    } else if (!file->removed && !file->named) {
        disk->counts.names_lost += kept ? 0 : 1;
        file->removed = !kept;
        file->named = 1;
    }
}

void crash_disk_cut_power(struct crash_disk *disk)
{
    static const uint32_t kept[] = { 0, 100, 50, 50, 50, 50, 10, 90 };
    uint32_t percent = kept[test_random_below(&disk->random, sizeof kept / sizeof kept[0])];
    assert(disk->stopped);
    disk->counts.cuts++;
    for (struct crash_file *file = disk->files; file != NULL; file = file->next) {
        assert(file->open_count == 0);
        if (!file->removed && !file->named) {
            decide_name(disk, file, percent);
        }
    }
    for (struct crash_file *file = disk->files; file != NULL; file = file->next) {
        if (file->removed && file->may_return) {
            decide_name(disk, file, percent);
        }
    }
    crash_disk_sweep(disk);
    for (struct crash_file *file = disk->files; file != NULL; file = file->next) {
        decide_file(disk, file, percent);
    }
}

uint64_t crash_disk_operations(const struct crash_disk *disk)
{
    return disk->operations;
}

void crash_disk_reseed(struct crash_disk *disk, uint64_t seed)
{
    disk->random.state = seed;
}

void crash_disk_stop(struct crash_disk *disk)
{
    disk->stopped = 1;
}

void crash_disk_stop_after(struct crash_disk *disk, uint64_t operations)
{
    disk->stop_at = disk->operations + operations + 1;
}

int crash_disk_stopped(const struct crash_disk *disk)
{
    return disk->stopped;
}

void crash_disk_start(struct crash_disk *disk)
{
    disk->stopped = 0;
    disk->stop_at = 0;
}

void crash_disk_ignore_syncs(struct crash_disk *disk, int ignore)
{
    disk->ignore_syncs = ignore;
}

void crash_disk_count(struct crash_disk_counts *out, const struct crash_disk *disk)
{
    *out = disk->counts;
}

struct crash_image *crash_disk_copy(const struct crash_disk *disk)
{
    struct crash_image *image = calloc(1, sizeof *image);
    assert(image != NULL);
    for (const struct crash_file *file = disk->files; file != NULL; file = file->next) {
        if (!file->removed) {
            struct crash_file *copy = crash_file_make(&image->disk, file->name, 1);
            copy_bytes(&copy->now, &file->now);
            copy_bytes(&copy->synced, &file->now);
        }
    }
    return image;
}

static void free_files(struct crash_disk *disk)
{
    while (disk->files != NULL) {
        struct crash_file *file = disk->files;
        assert(file->open_count == 0);
        disk->files = file->next;
        free_file(file);
    }
}

void crash_disk_restore(struct crash_disk *disk, const struct crash_image *image)
{
    free_files(disk);
    for (const struct crash_file *file = image->disk.files; file != NULL; file = file->next) {
        struct crash_file *copy = crash_file_make(disk, file->name, 1);
        copy_bytes(&copy->now, &file->now);
        copy_bytes(&copy->synced, &file->now);
    }
}

/* Every file of one is in the other, with the same bytes. */
static int holds_same(struct crash_disk *disk, const struct crash_disk *other)
{
    for (const struct crash_file *file = other->files; file != NULL; file = file->next) {
        if (file->removed) {
            continue;
        }
        const struct crash_file *same = crash_file_find(disk, file->name);
        if (same == NULL || same->now.size != file->now.size ||
            (file->now.size > 0 && memcmp(same->now.data, file->now.data, file->now.size) != 0)) {
            return 0;
        }
    }
    return 1;
}

int crash_disk_equals(struct crash_disk *disk, struct crash_image *image)
{
    return holds_same(disk, &image->disk) && holds_same(&image->disk, disk);
}

void crash_image_free(struct crash_image *image)
{
    if (image != NULL) {
        free_files(&image->disk);
        free(image);
    }
}

void crash_disk_drop_files(struct crash_disk *disk)
{
    free_files(disk);
}
