/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vaultcheck.c - every page of a database and every frame of its WAL, opened; see vault.h.
 *
 * The WAL goes first: a page of the database that a frame still has to be written over may be torn
 * and is no damage. How far the WAL goes and what of it is in the database already, its index
 * knows, which is in shared memory in SQLite's format (WAL-index format, 2.1).
 */
#include "vaultin.h"

#include "env.h"
#include "fail.h"
#include "walwalk.h"

#include <string.h>

#define INDEX_REGION_SIZE 32768
#define LAST_FRAME_AT     16u
#define BACKFILLED_AT     96u
#define TRIES             3 /* another process may write a page while it is read */

struct check {
    struct mir_vault_file *database;
    struct mir_vault_file *wal; /* NULL: none */
    void (*report)(void *context, const struct mir_vault_damage *damage);
    void *context;
    uint32_t last_frame;
    uint32_t backfilled; /* up to this frame, pages are in the database */
    uint32_t page_count;
    uint8_t *waiting; /* a bit for each page that a later frame holds */
    size_t waiting_size;
    uint8_t room[MIR_FRAME_SIZE];
};

static void tell(const struct check *check,
    const struct mir_vault_file *file,
    uint32_t page,
    uint32_t frame)
{
    struct mir_vault_damage damage;
    mir_vault_describe(&damage, file, page, frame);
    check->report(check->context, &damage);
}

static mirsal_code find_files(struct check *check,
    struct mir_vault *vault,
    sqlite3 *handle,
    mirsal_error *err)
{
    sqlite3_vfs *vfs = NULL;
    sqlite3_file *database = NULL;
    sqlite3_file *log = NULL;
    if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) != SQLITE_OK ||
        vfs != &vault->vfs ||
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &database) != SQLITE_OK ||
        database->pMethods == NULL) {
        return mir_fail(err, MIRSAL_MISUSE, "not a connection through this vault");
    }
    check->database = mir_vault_file_of(database);
    if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
        log != NULL && log->pMethods != NULL) {
        struct mir_vault_file *file = mir_vault_file_of(log);
        check->wal = file->role == MIR_PAGE_WAL && mir_vault_reach(file) ? file : NULL;
    }
    return MIRSAL_OK;
}

static uint32_t index_word(const volatile uint8_t *index, size_t at)
{
    uint32_t word = 0;
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = index[at + i];
    }
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void read_index(struct check *check)
{
    sqlite3_file *under = check->database->under;
    void volatile *index = NULL;
    if (check->wal == NULL || under->pMethods->iVersion < 2 || under->pMethods->xShmMap == NULL ||
        under->pMethods->xShmMap(under, 0, INDEX_REGION_SIZE, 0, &index) != SQLITE_OK ||
        index == NULL) {
        return;
    }
    check->last_frame = index_word(index, LAST_FRAME_AT);
    check->backfilled = index_word(index, BACKFILLED_AT);
}

static mirsal_code measure(struct check *check, mirsal_error *err)
{
    sqlite3_file *under = check->database->under;
    sqlite3_int64 size = 0;
    if (under->pMethods->xFileSize(under, &size) != SQLITE_OK) {
        return mir_fail(err, MIRSAL_IO, "the database's size cannot be read");
    }
    check->page_count = (uint32_t)((size + MIR_PAGE_SIZE - 1) / MIR_PAGE_SIZE);
    check->waiting_size = check->page_count / 8 + 1;
    check->waiting = mir_alloc(check->database->vault->env, check->waiting_size);
    if (check->waiting == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return MIRSAL_OK;
}

static void note_waiting(struct check *check, uint32_t page, uint32_t frame)
{
    if (frame > check->backfilled && page > 0 && page <= check->page_count) {
        check->waiting[page / 8] |= (uint8_t)(1u << page % 8);
    }
}

static int is_waiting(const struct check *check, uint32_t page)
{
    return (check->waiting[page / 8] >> page % 8) & 1;
}

static mirsal_code check_wal(struct check *check, mirsal_error *err)
{
    struct mir_wal_walk walk;
    struct mir_vault_file *wal = check->wal;
    sqlite3_file *under = wal->under;
    uint8_t *page = check->room + MIR_FRAME_HEADER_SIZE;
    uint8_t header[MIR_WAL_HEADER_SIZE];
    if (under->pMethods->xRead(under, header, MIR_WAL_HEADER_SIZE, 0) != SQLITE_OK) {
        return mir_fail(err, MIRSAL_IO, "the write-ahead log cannot be read");
    }
    if (!mir_wal_walk_start(&walk, header)) {
        tell(check, wal, 0, 0);
    }
    for (uint32_t frame = 1; frame <= check->last_frame; frame++) {
        int rc = under->pMethods->xRead(under, check->room, MIR_FRAME_SIZE, mir_frame_at(frame));
        if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
            return mir_fail(err, MIRSAL_IO, "the write-ahead log cannot be read");
        }
        uint32_t number = mir_be32(check->room);
        int opened = rc == SQLITE_OK && mir_vault_open_page(wal, page, page, number);
        if (!opened || (walk.next == frame && !mir_wal_walk_frame(&walk, check->room))) {
            tell(check, wal, number, frame);
            mir_wal_walk_resume(&walk, check->room, frame + 1);
        }
        if (opened) {
            note_waiting(check, number, frame);
        }
    }
    return MIRSAL_OK;
}

static mirsal_code check_page(struct check *check, uint32_t number, mirsal_error *err)
{
    struct mir_vault_file *file = check->database;
    sqlite3_int64 at = (sqlite3_int64)(number - 1) * MIR_PAGE_SIZE;
    for (int tries = 0; tries < TRIES; tries++) {
        int rc = file->under->pMethods->xRead(file->under, check->room, (int)MIR_PAGE_SIZE, at);
        if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
            return mir_fail(err, MIRSAL_IO, "the database cannot be read");
        }
        if (rc == SQLITE_OK && mir_vault_open_page(file, check->room, check->room, number)) {
            return MIRSAL_OK;
        }
    }
    if (!is_waiting(check, number)) {
        tell(check, file, number, 0);
    }
    return MIRSAL_OK;
}

static mirsal_code check_database(struct check *check, mirsal_error *err)
{
    const uint32_t lock_page = 0x40000000u / MIR_PAGE_SIZE + 1; /* is never written */
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t number = 1; rc == MIRSAL_OK && number <= check->page_count; number++) {
        if (number != lock_page) {
            rc = check_page(check, number, err);
        }
    }
    return rc;
}

mirsal_code mir_vault_check(struct mir_vault *vault,
    sqlite3 *handle,
    void (*report)(void *context, const struct mir_vault_damage *damage),
    void *context,
    mirsal_error *err)
{
    struct check check = { .report = report, .context = context };
    mirsal_code rc = find_files(&check, vault, handle, err);
    if (rc == MIRSAL_OK) {
        rc = measure(&check, err);
    }
    if (rc == MIRSAL_OK) {
        read_index(&check);
    }
    if (rc == MIRSAL_OK && check.last_frame > 0) {
        rc = check_wal(&check, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_database(&check, err);
    }
    mir_wipe(check.room, sizeof check.room);
    mir_release(vault->env, check.waiting, check.waiting_size);
    return rc;
}
