/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/dbfile.c - the database file: whole pages, and pieces of page 1.
 *
 * SQLite reads 100 bytes of page 1 before it looks at the WAL or a journal, and a power cut may
 * have torn that page while its good copy stands there. Then a constant header is answered, but
 * only when a page of the WAL or journal opens under the key: under a wrong key SQLite would take
 * the WAL for empty and delete it on close.
 */
#include "vaultin.h"

#include "env.h"
#include "vaultprobe.h"

#include <string.h>

#define FILE_HEADER_SIZE 100
#define TRIES            3 /* page 1 may be read while another process writes it */

/* What SQLite needs to know before it reads page 1 anew: sizes, and that a WAL may be there. */
static void answer_header(uint8_t out[FILE_HEADER_SIZE])
{
    static const uint8_t header[] = { 'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f', 'o', 'r', 'm', 'a',
        't', ' ', '3', 0, MIR_PAGE_SIZE >> 8, MIR_PAGE_SIZE & 0xff, 2, 2, MIR_PAGE_RESERVE, 64, 32,
        32 };
    memset(out, 0, FILE_HEADER_SIZE);
    memcpy(out, header, sizeof header);
}

/* 1 when the file ends before `at`, as SQLite expects of pages that are not there yet. */
static int is_beyond(struct mir_vault_file *file, sqlite3_int64 at)
{
    sqlite3_int64 size = 0;
    return file->under->pMethods->xFileSize(file->under, &size) == SQLITE_OK && at >= size;
}

static int read_whole(struct mir_vault_file *file, uint8_t *out, sqlite3_int64 at)
{
    uint32_t number = (uint32_t)(at / MIR_PAGE_SIZE) + 1;
    int rc = file->under->pMethods->xRead(file->under, out, (int)MIR_PAGE_SIZE, at);
    if (rc == SQLITE_IOERR_SHORT_READ) {
        memset(out, 0, MIR_PAGE_SIZE);
        return is_beyond(file, at) ? rc : mir_vault_damaged(file, number, 0);
    }
    if (rc != SQLITE_OK) {
        return rc;
    }
    return mir_vault_open_page(file, out, out, number) ? rc : mir_vault_damaged(file, number, 0);
}

static int read_piece_of_first(struct mir_vault_file *file,
    uint8_t *out,
    int amount,
    sqlite3_int64 at)
{
    for (int tries = 0; tries < TRIES; tries++) {
        int rc = file->under->pMethods->xRead(file->under, file->room, (int)MIR_PAGE_SIZE, 0);
        if (rc == SQLITE_IOERR_SHORT_READ && is_beyond(file, 0)) {
            memset(out, 0, (size_t)amount);
            return rc;
        }
        if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
            return rc;
        }
        if (rc == SQLITE_OK && mir_vault_open_page(file, file->room, file->room, 1)) {
            memcpy(out, file->room + at, (size_t)amount);
            mir_wipe(file->room, sizeof file->room);
            return SQLITE_OK;
        }
        if (at == 0 && amount == FILE_HEADER_SIZE && mir_vault_log_opens(file)) {
            answer_header(out);
            return SQLITE_OK;
        }
    }
    memset(out, 0, (size_t)amount);
    return mir_vault_damaged(file, 1, 0);
}

int mir_dbfile_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 at)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    if (amount == (int)MIR_PAGE_SIZE && at % MIR_PAGE_SIZE == 0) {
        return read_whole(file, out, at);
    }
    if (amount > 0 && at + amount <= (sqlite3_int64)MIR_PAGE_SIZE) {
        return read_piece_of_first(file, out, amount, at);
    }
    return SQLITE_IOERR_READ;
}

int mir_dbfile_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 at)
{
    struct mir_vault_file *file = mir_vault_file_of(base);
    if (file->vault->read_only) {
        return SQLITE_READONLY;
    }
    if (amount != (int)MIR_PAGE_SIZE || at % MIR_PAGE_SIZE != 0) {
        return SQLITE_IOERR_WRITE;
    }
    return mir_vault_write_page(file, data, (uint32_t)(at / MIR_PAGE_SIZE) + 1, at);
}
