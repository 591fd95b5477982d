/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/vault_bed.h - plain SQLite on a vault, or beside it on the VFS below, for the tests
 * that prove the one by the other.
 */
#ifndef VAULT_BED_H
#define VAULT_BED_H

#include <sqlite3.h>
#include <stdint.h>

struct vault_bed;

/*
 * A vault over the VFS under (NULL: the system's), its key made of seed. seed 0: no vault, the
 * VFS below itself.
 */
struct vault_bed *vault_bed_new(const char *under, uint8_t seed);
/* All databases must be closed. Accepts NULL. */
void vault_bed_free(struct vault_bed *bed);
const char *vault_bed_name(const struct vault_bed *bed); /* NULL: the system's VFS */

/* SQLite's code; *out is NULL unless it is SQLITE_OK. Any thread. */
int vault_bed_open(sqlite3 **out, const struct vault_bed *bed, const char *path);

/* SQLite's code for the formatted (sqlite3_mprintf) statements. */
int bed_run(sqlite3 *db, const char *format, ...);
/* The first column of the first row, or missing. */
int64_t bed_number(sqlite3 *db, const char *text, int64_t missing);
/* What a query answers, rows in order, types and values; its code is part of it. */
uint64_t bed_digest(sqlite3 *db, const char *text);
/* integrity_check says ok. */
int bed_is_whole(sqlite3 *db);

#endif
