/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/journalhead.h - the header of a rollback journal's segment: clear, with a tag of its own.
 */
#ifndef MIR_JOURNALHEAD_H
#define MIR_JOURNALHEAD_H

#include "vaultin.h"

#define MIR_JOURNAL_FIELDS_SIZE 28 /* of a header; SQLite leaves the rest zeros */
#define MIR_JOURNAL_START_SIZE  12 /* magic and count, written once the records are synced */

/* A whole header, or its start once it was written whole. */
int mir_journal_head_write(struct mir_vault_file *file,
    const uint8_t *data,
    int amount,
    sqlite3_int64 at);
/* SQLITE_IOERR_DATA for a header that says other than what was written; else SQLITE_OK. */
int mir_journal_head_check(struct mir_vault_file *file, sqlite3_int64 at);
/* 1 when the bytes begin as a segment that is in force does. */
int mir_journal_has_magic(const uint8_t *bytes);

#endif
