/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_pages.c - see the header. The file of the connection is asked for what SQLite's
 * pager asks it for: whole pages of the database, whole pages of WAL frames.
 */
#include "test_pages.h"

#include <string.h>

#define PAGE_SIZE    4096
#define WAL_HEADER   32
#define FRAME_HEADER 24

static int holds(const uint8_t *page, const void *bytes, size_t size)
{
    for (size_t at = 0; at + size <= PAGE_SIZE; at++) {
        if (memcmp(page + at, bytes, size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The database and its WAL, opened as SQLite has them; the WAL's file is NULL where there is none.
 */
static int find_files(sqlite3_file *files[2], struct mir_sql *sql)
{
    sqlite3 *db = mir_sql_handle(sql);
    files[0] = NULL;
    files[1] = NULL;
    /* The WAL is opened by the first read. */
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &files[0]) == SQLITE_OK &&
           sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &files[1]) == SQLITE_OK &&
           files[0] != NULL && files[0]->pMethods != NULL;
}

static sqlite3_int64 size_of(sqlite3_file *file)
{
    sqlite3_int64 size = 0;
    if (file == NULL || file->pMethods == NULL ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
        return 0;
    }
    return size;
}

/*
 * What the power cut while it was written does not open, and is no page: of the database the WAL
 * has it.
 */
static int read_page(uint8_t page[PAGE_SIZE], sqlite3_file *file, sqlite3_int64 at)
{
    return file->pMethods->xRead(file, page, PAGE_SIZE, at) == SQLITE_OK;
}

int test_pages_holding(struct mir_sql *sql, const void *bytes, size_t size)
{
    sqlite3_file *files[2];
    uint8_t page[PAGE_SIZE];
    int found = 0;
    int read = 0;
    if (!find_files(files, sql)) {
        return -1;
    }
    for (sqlite3_int64 at = 0; at + PAGE_SIZE <= size_of(files[0]); at += PAGE_SIZE) {
        if (read_page(page, files[0], at)) {
            found += holds(page, bytes, size);
            read++;
        }
    }
    sqlite3_int64 end = size_of(files[1]);
    for (sqlite3_int64 at = WAL_HEADER; at + FRAME_HEADER + PAGE_SIZE <= end;
         at += FRAME_HEADER + PAGE_SIZE) {
        if (read_page(page, files[1], at + FRAME_HEADER)) {
            found += holds(page, bytes, size);
            read++;
        }
    }
    return read > 0 ? found : -1;
}

int test_pages_frames(struct mir_sql *sql)
{
    sqlite3_file *files[2];
    if (!find_files(files, sql)) {
        return -1;
    }
    sqlite3_int64 size = size_of(files[1]);
    return size <= WAL_HEADER ? 0 : (int)((size - WAL_HEADER) / (FRAME_HEADER + PAGE_SIZE));
}
