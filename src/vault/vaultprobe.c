/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vaultprobe.c - a first page read aside from SQLite; see the header.
 */
#include "vaultprobe.h"

#include "env.h"

#include <string.h>

struct place {
    int flags;
    sqlite3_int64 number_at; /* of its page number; below 0: the page is 1 */
    sqlite3_int64 page_at;
};

static struct place place_of(enum mir_page_role role)
{
    struct place place = { SQLITE_OPEN_MAIN_DB, -1, 0 };
    if (role == MIR_PAGE_WAL) {
        place.flags = SQLITE_OPEN_WAL;
        place.number_at = MIR_WAL_HEADER_SIZE;
        place.page_at = MIR_WAL_HEADER_SIZE + MIR_FRAME_HEADER_SIZE;
    } else if (role == MIR_PAGE_JOURNAL) {
        place.flags = SQLITE_OPEN_MAIN_JOURNAL;
        place.number_at = MIR_JOURNAL_HEADER_SIZE;
        place.page_at = MIR_JOURNAL_HEADER_SIZE + 4;
    }
    return place;
}

static enum mir_probe try_first(struct mir_vault *vault,
    sqlite3_file *under,
    enum mir_page_role role,
    const struct place *place)
{
    uint8_t page[MIR_PAGE_SIZE];
    uint8_t bytes[4];
    uint32_t number = 1;
    if (place->number_at >= 0) {
        if (under->pMethods->xRead(under, bytes, sizeof bytes, place->number_at) != SQLITE_OK) {
            return MIR_PROBE_EMPTY;
        }
        number = mir_be32(bytes);
    }
    if (under->pMethods->xRead(under, page, (int)sizeof page, place->page_at) != SQLITE_OK) {
        return MIR_PROBE_EMPTY;
    }
    int opened = mir_page_open(page, page, vault->key, role, number);
    mir_wipe(page, sizeof page);
    return opened ? MIR_PROBE_OPENS : MIR_PROBE_FOREIGN;
}

enum mir_probe mir_vault_probe(struct mir_vault *vault, const char *name, enum mir_page_role role)
{
    struct place place = place_of(role);
    size_t size = (size_t)vault->under->szOsFile;
    enum mir_probe found = MIR_PROBE_EMPTY;
    int there = 0;
    int flags = place.flags | SQLITE_OPEN_READONLY;
    if (vault->under->xAccess(vault->under, name, SQLITE_ACCESS_EXISTS, &there) != SQLITE_OK ||
        !there) {
        return found;
    }
    sqlite3_file *under = mir_alloc(vault->env, size);
    if (under == NULL) {
        return found;
    }
    if (vault->under->xOpen(vault->under, name, under, flags, &flags) == SQLITE_OK) {
        found = try_first(vault, under, role, &place);
    }
    if (under->pMethods != NULL) {
        (void)under->pMethods->xClose(under);
    }
    mir_release(vault->env, under, size);
    return found;
}

int mir_vault_log_opens(struct mir_vault_file *database)
{
    struct mir_vault *vault = database->vault;
    const char *wal = sqlite3_filename_wal(database->name);
    const char *journal = sqlite3_filename_journal(database->name);
    return mir_vault_probe(vault, wal, MIR_PAGE_WAL) == MIR_PROBE_OPENS ||
           mir_vault_probe(vault, journal, MIR_PAGE_JOURNAL) == MIR_PROBE_OPENS;
}
