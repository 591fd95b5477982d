/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/journalhead.c - tags of journal headers; see the header.
 *
 * Header: magic 8, count of records 4, checksum's start 4, pages before 4, sector 4, page size 4,
 * then ours: tag 40 over all but the magic and the header's place; zeros to 512. SQLite writes it
 * whole with an empty magic, then the first 12 bytes again: the vault writes 512 then too, since a
 * sector is written whole. A header is put out of force by its first byte, which is 0 then.
 */
#include "journalhead.h"

#include <string.h>

#define MAGIC_SIZE 8
#define BOUND_SIZE (8 + MIR_JOURNAL_FIELDS_SIZE - MAGIC_SIZE)

static const uint8_t magic[MAGIC_SIZE] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

int mir_journal_has_magic(const uint8_t *bytes)
{
    return memcmp(bytes, magic, sizeof magic) == 0;
}

static void bind_header(uint8_t out[BOUND_SIZE], const uint8_t *header, sqlite3_int64 at)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(at >> (56 - 8 * i));
    }
    memcpy(out + 8, header + MAGIC_SIZE, MIR_JOURNAL_FIELDS_SIZE - MAGIC_SIZE);
}

int mir_journal_head_write(struct mir_vault_file *file,
    const uint8_t *data,
    int amount,
    sqlite3_int64 at)
{
    uint8_t bound[BOUND_SIZE];
    uint8_t *header = file->room;
    if (amount < MIR_JOURNAL_HEADER_SIZE && file->under->pMethods->xRead(file->under, header,
                                                MIR_JOURNAL_HEADER_SIZE, at) != SQLITE_OK) {
        return SQLITE_IOERR_WRITE;
    }
    memcpy(header, data, (size_t)amount);
    bind_header(bound, header, at);
    mir_page_tag(header + MIR_JOURNAL_FIELDS_SIZE, bound, sizeof bound, file->vault->key,
        mir_vault_nonce(file));
    return file->under->pMethods->xWrite(file->under, header, MIR_JOURNAL_HEADER_SIZE, at);
}

static int tag_holds(struct mir_vault_file *file, const uint8_t *header, sqlite3_int64 at)
{
    uint8_t bound[BOUND_SIZE];
    bind_header(bound, header, at);
    return mir_page_tag_holds(
        header + MIR_JOURNAL_FIELDS_SIZE, bound, sizeof bound, file->vault->key);
}

int mir_journal_head_check(struct mir_vault_file *file, sqlite3_int64 at)
{
    uint8_t *header = file->room;
    if (file->under->pMethods->xRead(file->under, header, MIR_JOURNAL_HEADER_SIZE, at) !=
            SQLITE_OK ||
        header[0] == 0 || tag_holds(file, header, at) == mir_journal_has_magic(header)) {
        return SQLITE_OK;
    }
    /* Power was cut within the sector: the start came, and the tag is that of the empty count. */
    memset(header + MAGIC_SIZE, 0, MIR_JOURNAL_START_SIZE - MAGIC_SIZE);
    return tag_holds(file, header, at) ? SQLITE_OK : mir_vault_damaged(file, 0, 0);
}
