/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_pages.h - the pages of an open database as SQLite reads them, whatever seals them
 * on the disk: pages in use, the freelist, the frames of the WAL.
 */
#ifndef TEST_PAGES_H
#define TEST_PAGES_H

#include "sql.h"

#include <stddef.h>

/* How many pages and frames hold these bytes. -1 when none can be read. */
int test_pages_holding(struct mir_sql *sql, const void *bytes, size_t size);
/* Frames in the WAL, those before its last reset too. */
int test_pages_frames(struct mir_sql *sql);

#endif
