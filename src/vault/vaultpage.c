/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vaultpage.c - one page in and out of a file, and what is kept of one that did not open; see
 * vaultin.h. Nothing is allocated for a page.
 */
#include "vaultin.h"

#include "env.h"

#include <string.h>

uint32_t mir_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

struct mir_vault_file *mir_vault_file_of(sqlite3_file *base)
{
    return (struct mir_vault_file *)(void *)base;
}

int mir_page_is_ours(const uint8_t *clear, uint32_t number)
{
    static const uint8_t zeros[MIR_PAGE_RESERVE];
    if (memcmp(clear + MIR_PAGE_SIZE - MIR_PAGE_RESERVE, zeros, MIR_PAGE_RESERVE) != 0) {
        return 0;
    }
    return number != 1 || (clear[16] == MIR_PAGE_SIZE >> 8 && clear[17] == (MIR_PAGE_SIZE & 0xff) &&
                              clear[20] == MIR_PAGE_RESERVE);
}

const struct mir_page_nonce *mir_vault_nonce(struct mir_vault_file *file)
{
    if (file->nonces_left == 0) {
        mir_random(file->vault->env, file->nonces, sizeof file->nonces);
        file->nonces_left = MIR_NONCE_BATCH;
    }
    file->nonces_left--;
    return &file->nonces[file->nonces_left];
}

static void prove(struct mir_vault_file *file)
{
    file->proven = 1;
    if (file->database != NULL) {
        file->database->proven = 1;
    }
}

int mir_vault_seal_page(struct mir_vault_file *file,
    uint8_t *out,
    const uint8_t *clear,
    uint32_t number)
{
    if (number == 0 || !mir_page_is_ours(clear, number)) {
        return 0;
    }
    mir_page_seal(out, clear, file->vault->key, mir_vault_nonce(file), file->role, number);
    prove(file);
    return 1;
}

int mir_vault_write_page(struct mir_vault_file *file,
    const uint8_t *clear,
    uint32_t number,
    sqlite3_int64 at)
{
    if (!mir_vault_seal_page(file, file->room, clear, number)) {
        return SQLITE_IOERR_WRITE;
    }
    return file->under->pMethods->xWrite(file->under, file->room, (int)MIR_PAGE_SIZE, at);
}

int mir_vault_open_page(struct mir_vault_file *file,
    uint8_t *out,
    const uint8_t *sealed,
    uint32_t number)
{
    int opened = mir_page_open(out, sealed, file->vault->key, file->role, number);
    if (opened) {
        prove(file);
    }
    return opened;
}

void mir_vault_describe(struct mir_vault_damage *out,
    const struct mir_vault_file *file,
    uint32_t page,
    uint32_t frame)
{
    const char *name = strrchr(file->name, '/');
    name = name != NULL ? name + 1 : file->name;
    size_t size = strlen(name);
    memset(out, 0, sizeof *out);
    size = size < sizeof out->file ? size : sizeof out->file - 1;
    memcpy(out->file, name, size);
    out->role = file->role;
    out->page = page;
    out->frame = frame;
}

int mir_vault_damaged(struct mir_vault_file *file, uint32_t page, uint32_t frame)
{
    struct mir_vault_damage damage;
    mir_vault_describe(&damage, file, page, frame);
    sqlite3_mutex_enter(file->vault->mutex);
    file->vault->damage = damage;
    sqlite3_mutex_leave(file->vault->mutex);
    return SQLITE_IOERR_DATA;
}
