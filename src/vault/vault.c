/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vault.c - a vault opened and closed, its connections prepared, its damage told; see the
 * header.
 */
#include "vault.h"

#include "env.h"
#include "fail.h"
#include "vaultin.h"

#include <stdio.h>
#include <string.h>

static mirsal_code find_under(struct mir_vault *vault, const char *name, mirsal_error *err)
{
    vault->under = sqlite3_vfs_find(name);
    vault->under_is_system = name == NULL;
    if (vault->under == NULL) {
        return mir_fail(err, MIRSAL_MISUSE, "no such VFS of SQLite is registered");
    }
    return MIRSAL_OK;
}

mirsal_code mir_vault_open(struct mir_vault **out,
    const mirsal_env *env,
    const struct mir_vault_options *options,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_vault *vault = mir_alloc(env, sizeof *vault);
    if (vault == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    vault->env = env;
    vault->read_only = options->read_only;
    vault->apart = options->read_only && options->apart;
    mirsal_code rc = find_under(vault, options->under, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    vault->key = mir_secret_alloc(sizeof *vault->key);
    if (vault->key == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of locked memory");
        goto out;
    }
    *vault->key = *options->key;
    vault->mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    (void)snprintf(vault->name, sizeof vault->name, "mirsal-vault-%p", (void *)vault);
    mir_vault_vfs_fill(vault);
    if (sqlite3_vfs_register(&vault->vfs, 0) != SQLITE_OK) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "SQLite did not take the vault");
    }
out:
    if (rc != MIRSAL_OK) {
        mir_vault_close(vault);
        return rc;
    }
    *out = vault;
    return MIRSAL_OK;
}

void mir_vault_close(struct mir_vault *vault)
{
    if (vault == NULL) {
        return;
    }
    if (vault->vfs.zName != NULL) {
        (void)sqlite3_vfs_unregister(&vault->vfs);
    }
    sqlite3_mutex_free(vault->mutex);
    mir_secret_free(vault->key);
    mir_release(vault->env, vault, sizeof *vault);
}

const char *mir_vault_vfs(const struct mir_vault *vault)
{
    return vault->name;
}

int mir_vault_prepare(sqlite3 *handle)
{
    int reserve = (int)MIR_PAGE_RESERVE;
    int rc = sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
    if (rc != SQLITE_OK) {
        return rc;
    }
    return sqlite3_exec(handle, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
}

void mir_vault_damage(struct mir_vault_damage *out, const struct mir_vault *vault)
{
    sqlite3_mutex_enter(vault->mutex);
    *out = vault->damage;
    sqlite3_mutex_leave(vault->mutex);
}

void mir_vault_damage_text(char *out, size_t size, const struct mir_vault_damage *damage)
{
    if (damage->page == 0 && damage->frame == 0) {
        (void)snprintf(out, size, "the header of %s is damaged", damage->file);
    } else if (damage->page == 0) {
        (void)snprintf(
            out, size, "frame %lu of %s is damaged", (unsigned long)damage->frame, damage->file);
    } else if (damage->frame != 0) {
        (void)snprintf(out, size, "page %lu in frame %lu of %s does not open",
            (unsigned long)damage->page, (unsigned long)damage->frame, damage->file);
    } else {
        (void)snprintf(
            out, size, "page %lu of %s does not open", (unsigned long)damage->page, damage->file);
    }
}
