/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/walfile.c - the write-ahead log: its header and its frames' headers stay clear, since
 * SQLite writes and rewrites them in pieces; the pages between them are sealed.
 *
 * A frame read whole is read to recover a log or to sum a transaction anew. In recovery, a frame
 * that does not open is answered with zeros, which end the log as SQLite's checksum would: power
 * was cut while it was written. Unless the log went on behind it: then it is damage and an error.
 */
#include "vaultin.h"

#include "walwalk.h"

#include <string.h>

struct place {
    uint32_t frame; /* from 1; 0: before the first */
    int inside;
};

static struct place place_of(sqlite3_int64 at)
{
    struct place place = { 0, 0 };
    if (at >= MIR_WAL_HEADER_SIZE) {
        place.frame = (uint32_t)((at - MIR_WAL_HEADER_SIZE) / MIR_FRAME_SIZE) + 1;
        place.inside = (int)((at - MIR_WAL_HEADER_SIZE) % MIR_FRAME_SIZE);
    }
    return place;
}

static int read_header(struct mir_vault_file *file, uint8_t *out)
{
    int rc = file->under->pMethods->xRead(file->under, out, MIR_WAL_HEADER_SIZE, 0);
    if (rc != SQLITE_OK || mir_wal_walk_start(&file->walk, out)) {
        return rc;
    }
    return mir_wal_is_needed(file) ? mir_vault_damaged(file, 0, 0) : SQLITE_OK;
}

static int read_page(struct mir_vault_file *file, uint8_t *out, uint32_t frame)
{
    int rc =
        file->under->pMethods->xRead(file->under, file->room, MIR_FRAME_SIZE, mir_frame_at(frame));
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
        return rc;
    }
    uint32_t number = mir_be32(file->room);
    if (rc == SQLITE_OK &&
        mir_vault_open_page(file, out, file->room + MIR_FRAME_HEADER_SIZE, number)) {
        return rc;
    }
    memset(out, 0, MIR_PAGE_SIZE);
    return mir_vault_damaged(file, number, frame);
}

/* The next of a recovery: SQLite ends the log at a frame that does not fit. */
static int walk_on(struct mir_vault_file *file, const uint8_t *clear, uint32_t number)
{
    uint32_t frame = file->walk.next;
    if (clear != NULL && mir_wal_walk_frame(&file->walk, clear)) {
        return SQLITE_OK;
    }
    file->walk.next = 0;
    return mir_wal_was_longer(file, &file->walk, frame) ? mir_vault_damaged(file, number, frame)
                                                        : SQLITE_OK;
}

static int read_frame(struct mir_vault_file *file, uint8_t *out, uint32_t frame)
{
    int rc = file->under->pMethods->xRead(file->under, out, MIR_FRAME_SIZE, mir_frame_at(frame));
    if (rc != SQLITE_OK) {
        return rc;
    }
    uint32_t number = mir_be32(out);
    uint8_t *page = out + MIR_FRAME_HEADER_SIZE;
    int opened = mir_vault_open_page(file, page, page, number);
    int recovers = !file->written || (file->database != NULL && file->database->recovering);
    if (!opened && !recovers) {
        rc = mir_vault_damaged(file, number, frame);
    } else if (recovers && frame == file->walk.next) {
        rc = walk_on(file, opened ? out : NULL, number);
    }
    if (!opened) {
        memset(out, 0, MIR_FRAME_SIZE);
    }
    return rc;
}

int mir_walfile_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    struct place place = place_of(at);
    if (!mir_vault_reach(file)) {
        memset(out, 0, (size_t)amount);
        return SQLITE_IOERR_SHORT_READ;
    }
    int settled = mir_walfile_settle(file);
    if (settled != SQLITE_OK) {
        return settled;
    }
    if (at == 0 && amount == MIR_WAL_HEADER_SIZE) {
        return read_header(file, out);
    }
    if (amount == (int)MIR_PAGE_SIZE && place.inside == MIR_FRAME_HEADER_SIZE) {
        return read_page(file, out, place.frame);
    }
    if (amount == MIR_FRAME_SIZE && place.inside == 0 && place.frame != 0) {
        file->read_at = at;
        return read_frame(file, out, place.frame);
    }
    if (amount > MIR_WAL_HEADER_SIZE) {
        return SQLITE_IOERR_READ;
    }
    return file->under->pMethods->xRead(file->under, out, amount, at);
}

/* A page is rewritten in its frame without the header: its number is asked of the file. */
static int number_of(struct mir_vault_file *file, uint32_t *out, sqlite3_int64 at)
{
    uint8_t bytes[4];
    int rc =
        file->under->pMethods->xRead(file->under, bytes, sizeof bytes, at - MIR_FRAME_HEADER_SIZE);
    *out = mir_be32(bytes);
    return rc;
}

int mir_walfile_settle(struct mir_vault_file *file)
{
    if (file->held_at == 0) {
        return SQLITE_OK;
    }
    sqlite3_int64 at = file->held_at;
    file->held_at = 0;
    return file->under->pMethods->xWrite(file->under, file->held, sizeof file->held, at);
}

/* A frame whole: half the calls to the system, which cost as much as the sealing. */
static int write_frame(struct mir_vault_file *file, const void *data)
{
    sqlite3_int64 at = file->held_at;
    file->held_at = 0;
    memcpy(file->room, file->held, sizeof file->held);
    file->written = 1;
    if (!mir_vault_seal_page(
            file, file->room + MIR_FRAME_HEADER_SIZE, data, mir_be32(file->held))) {
        return SQLITE_IOERR_WRITE;
    }
    return file->under->pMethods->xWrite(file->under, file->room, MIR_FRAME_SIZE, at);
}

static int write_page(struct mir_vault_file *file, const void *data, sqlite3_int64 at)
{
    uint32_t number = 0;
    int rc = number_of(file, &number, at);
    if (rc != SQLITE_OK) {
        return SQLITE_IOERR_WRITE;
    }
    file->written = 1;
    return mir_vault_write_page(file, data, number, at);
}

int mir_walfile_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    struct place place = place_of(at);
    if (file->vault->read_only) {
        return SQLITE_READONLY;
    }
    if (amount == (int)MIR_PAGE_SIZE && file->held_at != 0 &&
        at == file->held_at + MIR_FRAME_HEADER_SIZE) {
        return write_frame(file, data);
    }
    int rc = mir_walfile_settle(file);
    if (rc != SQLITE_OK) {
        return rc;
    }
    if (amount == (int)MIR_PAGE_SIZE && place.inside == MIR_FRAME_HEADER_SIZE) {
        return write_page(file, data, at);
    }
    int is_frame = amount == MIR_FRAME_HEADER_SIZE && place.frame != 0 && place.inside == 0;
    if (!is_frame && !(amount == MIR_WAL_HEADER_SIZE && at == 0)) {
        return SQLITE_IOERR_WRITE;
    }
    /* Its page follows, unless it was read to be given another checksum (walRewriteChecksums). */
    if (is_frame && at != file->read_at) {
        memcpy(file->held, data, sizeof file->held);
        file->held_at = at;
        return SQLITE_OK;
    }
    file->read_at = 0;
    return file->under->pMethods->xWrite(file->under, data, amount, at);
}
