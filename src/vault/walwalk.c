/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/walwalk.c - SQLite's rules of a WAL (its file format, 4.2); see the header.
 *
 * Header: magic 4, version 4, page size 4, checkpoint 4, salts 8, checksum 8. Frame: page number 4,
 * size of the database after a commit 4, salts 8, checksum 8, page. Checksums go over the header's
 * first 24 bytes, then each frame's first 8 and its clear page.
 */
#include "walwalk.h"

#include <string.h>

#define MAGIC       0x377f0682u /* with the lowest bit: checksums in big-endian words */
#define VERSION     3007000u
#define SALTS_AT    16u /* of the WAL's header */
#define SALTS       8u  /* of a frame */
#define SALTS_SIZE  8u
#define SUM         16u /* of a frame */
#define HEADER_SUM  24u /* of the WAL's header */
#define SUMMED_SIZE 8u  /* of a frame's header */
#define SECTOR      512 /* the least that a disk writes whole */

static uint32_t word_at(const uint8_t *data, int big_endian)
{
    uint32_t word = mir_be32(data);
    return big_endian ? word : __builtin_bswap32(word);
}

static void add_sum(uint32_t sum[2], const uint8_t *data, size_t size, int big_endian)
{
    uint32_t a = sum[0];
    uint32_t b = sum[1];
    for (size_t i = 0; i + 8 <= size; i += 8) {
        a += word_at(data + i, big_endian) + b;
        b += word_at(data + i + 4, big_endian) + a;
    }
    sum[0] = a;
    sum[1] = b;
}

static int sum_is(const uint32_t sum[2], const uint8_t *stored)
{
    return sum[0] == mir_be32(stored) && sum[1] == mir_be32(stored + 4);
}

sqlite3_int64 mir_frame_at(uint32_t frame)
{
    return MIR_WAL_HEADER_SIZE + (sqlite3_int64)(frame - 1) * MIR_FRAME_SIZE;
}

int mir_wal_walk_start(struct mir_wal_walk *walk, const uint8_t header[MIR_WAL_HEADER_SIZE])
{
    memset(walk, 0, sizeof *walk);
    walk->big_endian = (int)(header[3] & 1u);
    memcpy(walk->salts, header + SALTS_AT, sizeof walk->salts);
    add_sum(walk->sum, header, HEADER_SUM, walk->big_endian);
    if ((mir_be32(header) & ~1u) != MAGIC || mir_be32(header + 4) != VERSION ||
        mir_be32(header + 8) != MIR_PAGE_SIZE || !sum_is(walk->sum, header + HEADER_SUM)) {
        return 0;
    }
    walk->next = 1;
    return 1;
}

int mir_wal_walk_frame(struct mir_wal_walk *walk, const uint8_t *frame)
{
    add_sum(walk->sum, frame, SUMMED_SIZE, walk->big_endian);
    add_sum(walk->sum, frame + MIR_FRAME_HEADER_SIZE, MIR_PAGE_SIZE, walk->big_endian);
    if (mir_be32(frame) == 0 || memcmp(frame + SALTS, walk->salts, sizeof walk->salts) != 0 ||
        !sum_is(walk->sum, frame + SUM)) {
        walk->next = 0;
        return 0;
    }
    walk->next++;
    return 1;
}

void mir_wal_walk_resume(struct mir_wal_walk *walk, const uint8_t *frame, uint32_t next)
{
    walk->sum[0] = mir_be32(frame + SUM);
    walk->sum[1] = mir_be32(frame + SUM + 4);
    walk->next = next;
}

/* 1 when the frame opens and continues the one whose header is `before`. */
static int continues(struct mir_vault_file *file,
    const struct mir_wal_walk *walk,
    const uint8_t *before,
    uint32_t frame)
{
    uint8_t next[MIR_FRAME_SIZE];
    struct mir_wal_walk at = *walk;
    mir_wal_walk_resume(&at, before, frame);
    int fits = file->under->pMethods->xRead(
                   file->under, next, MIR_FRAME_SIZE, mir_frame_at(frame)) == SQLITE_OK &&
               mir_vault_open_page(file, next + MIR_FRAME_HEADER_SIZE, next + MIR_FRAME_HEADER_SIZE,
                   mir_be32(next)) &&
               mir_wal_walk_frame(&at, next);
    mir_wipe(next, sizeof next);
    return fits;
}

/*
 * 1 when this header ends a transaction of the log. Where a sector ends behind the size that says
 * so, the size may be an older log's and the salts the log's: then the frame itself has to fit.
 */
static int commits(struct mir_vault_file *file,
    const struct mir_wal_walk *walk,
    const uint8_t *header,
    uint32_t frame)
{
    uint8_t before[MIR_FRAME_HEADER_SIZE];
    if (mir_be32(header + 4) == 0 || memcmp(header + SALTS, walk->salts, sizeof walk->salts) != 0) {
        return 0;
    }
    if ((mir_frame_at(frame) + SALTS) % SECTOR != 0) {
        return 1;
    }
    return file->under->pMethods->xRead(
               file->under, before, MIR_FRAME_HEADER_SIZE, mir_frame_at(frame - 1)) == SQLITE_OK &&
           continues(file, walk, before, frame);
}

int mir_wal_was_longer(struct mir_vault_file *file, const struct mir_wal_walk *walk, uint32_t frame)
{
    uint8_t header[MIR_FRAME_HEADER_SIZE];
    for (;;) {
        int rc = file->under->pMethods->xRead(
            file->under, header, MIR_FRAME_HEADER_SIZE, mir_frame_at(frame));
        if (rc != SQLITE_OK) {
            return 0;
        }
        if (commits(file, walk, header, frame) && continues(file, walk, header, frame + 1)) {
            return 1;
        }
        frame++;
    }
}

/* The last commit among the frames that have the salts of the first; 0: none. */
static uint32_t last_commit(struct mir_vault_file *file)
{
    uint8_t first[MIR_FRAME_HEADER_SIZE];
    uint8_t header[MIR_FRAME_HEADER_SIZE];
    uint32_t last = 0;
    for (uint32_t frame = 1;; frame++) {
        int rc = file->under->pMethods->xRead(
            file->under, header, MIR_FRAME_HEADER_SIZE, mir_frame_at(frame));
        if (frame == 1) {
            memcpy(first, header, sizeof first);
        }
        if (rc != SQLITE_OK || memcmp(header + SALTS, first + SALTS, SALTS_SIZE) != 0) {
            return last;
        }
        last = mir_be32(header + 4) != 0 ? frame : last;
    }
}

int mir_wal_is_needed(struct mir_vault_file *file)
{
    uint8_t frame[MIR_FRAME_SIZE];
    uint8_t page[MIR_PAGE_SIZE];
    uint8_t *clear = frame + MIR_FRAME_HEADER_SIZE;
    struct mir_vault_file *database = file->database;
    uint32_t last = last_commit(file);
    if (last == 0 || file->under->pMethods->xRead(
                         file->under, frame, MIR_FRAME_SIZE, mir_frame_at(last)) != SQLITE_OK) {
        return 0;
    }
    uint32_t number = mir_be32(frame);
    sqlite3_int64 at = ((sqlite3_int64)number - 1) * MIR_PAGE_SIZE;
    int same = mir_vault_open_page(file, clear, clear, number) &&
               database->under->pMethods->xRead(database->under, page, (int)sizeof page, at) ==
                   SQLITE_OK &&
               mir_vault_open_page(database, page, page, number) &&
               memcmp(page, clear, sizeof page) == 0;
    mir_wipe(frame, sizeof frame);
    mir_wipe(page, sizeof page);
    return !same;
}
