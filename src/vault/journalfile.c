/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/journalfile.c - the rollback journal: segments of a header of 512 bytes and records of
 * page number 4, page, checksum 4. All but the pages stays clear; headers have a tag.
 *
 * A record that does not open ends the journal (SHORT_READ), as one that power was cut under:
 * never zeros, since the journal's checksum samples one byte in 200. It is an error where it
 * cannot be torn: written by this very handle, or counted in its segment's header, which is
 * written once the records are synced.
 */
#include "journalhead.h"

#include <string.h>

#define RECORD_SIZE    ((sqlite3_int64)MIR_PAGE_SIZE + 8)
#define COUNT_NOT_KEPT 0xffffffffu

/* 1 when the page at `at` is one of those that a segment's header counts. */
static int is_counted(struct mir_vault_file *file, sqlite3_int64 at)
{
    uint8_t header[12];
    sqlite3_int64 segment = 0;
    while (segment < at) {
        int rc = file->under->pMethods->xRead(file->under, header, (int)sizeof header, segment);
        uint32_t count = mir_be32(header + 8);
        if (rc != SQLITE_OK || !mir_journal_has_magic(header) || count == 0 ||
            count == COUNT_NOT_KEPT) {
            return 0;
        }
        sqlite3_int64 end = segment + MIR_JOURNAL_HEADER_SIZE + count * RECORD_SIZE;
        if (at < end) {
            return 1;
        }
        segment =
            (end + MIR_JOURNAL_HEADER_SIZE - 1) / MIR_JOURNAL_HEADER_SIZE * MIR_JOURNAL_HEADER_SIZE;
    }
    return 0;
}

static int read_page(struct mir_vault_file *file, uint8_t *out, sqlite3_int64 at)
{
    int rc = file->under->pMethods->xRead(file->under, file->room, 4 + (int)MIR_PAGE_SIZE, at - 4);
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
        return rc;
    }
    uint32_t number = mir_be32(file->room);
    if (rc == SQLITE_OK && mir_vault_open_page(file, out, file->room + 4, number)) {
        return rc;
    }
    memset(out, 0, MIR_PAGE_SIZE);
    if (at < file->written_to || is_counted(file, at)) {
        return mir_vault_damaged(file, number, 0);
    }
    return SQLITE_IOERR_SHORT_READ;
}

int mir_journalfile_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    if (amount == (int)MIR_PAGE_SIZE && at >= 4) {
        return read_page(file, out, at);
    }
    if (amount == 8 && at % MIR_JOURNAL_HEADER_SIZE == 0) {
        int rc = mir_journal_head_check(file, at);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    return file->under->pMethods->xRead(file->under, out, amount, at);
}

static int write_page(struct mir_vault_file *file, const void *data, sqlite3_int64 at)
{
    uint8_t bytes[4];
    uint32_t number = file->numbered;
    if (file->numbered_at != at) {
        if (file->under->pMethods->xRead(file->under, bytes, sizeof bytes, at - 4) != SQLITE_OK) {
            return SQLITE_IOERR_WRITE;
        }
        number = mir_be32(bytes);
    }
    file->numbered_at = 0;
    file->written_to = at + MIR_PAGE_SIZE;
    return mir_vault_write_page(file, data, number, at);
}

static int is_zero(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size && data[i] == 0) {
        i++;
    }
    return i == size;
}

/* Numbers, checksums and headers, and nothing in which a page could hide. */
static int is_clear_piece(const uint8_t *data, int amount)
{
    return amount <= MIR_JOURNAL_FIELDS_SIZE ||
           (amount == MIR_JOURNAL_HEADER_SIZE &&
               is_zero(data + MIR_JOURNAL_FIELDS_SIZE,
                   MIR_JOURNAL_HEADER_SIZE - MIR_JOURNAL_FIELDS_SIZE));
}

int mir_journalfile_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    if (file->vault->read_only) {
        return SQLITE_READONLY;
    }
    if (amount == (int)MIR_PAGE_SIZE && at >= 4) {
        return write_page(file, data, at);
    }
    if (!is_clear_piece(data, amount)) {
        return SQLITE_IOERR_WRITE;
    }
    if (at == 0) {
        file->written_to = 0; /* a journal begins anew */
    }
    if (amount == MIR_JOURNAL_HEADER_SIZE ||
        (amount == MIR_JOURNAL_START_SIZE && at % MIR_JOURNAL_HEADER_SIZE == 0)) {
        return mir_journal_head_write(file, data, amount, at);
    }
    if (amount == 4) {
        file->numbered = mir_be32(data);
        file->numbered_at = at + 4;
    }
    return file->under->pMethods->xWrite(file->under, data, amount, at);
}
