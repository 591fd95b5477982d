/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/folder.c - a store's folder; see the header.
 */
#include "folder.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "install.h"
#include "keyimage.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

const char *const mir_folder_names[] = { MIR_NAME_LOCK, MIR_NAME_MEDIA, MIR_NAME_DATABASE,
    MIR_NAME_DATABASE "-wal", MIR_NAME_DATABASE "-shm", MIR_NAME_DATABASE "-journal",
    MIR_NAME_KEYS ".new", MIR_NAME_SNAPSHOT, MIR_NAME_SNAPSHOT ".new", MIR_NAME_INSTALL,
    MIR_NAME_INSTALL ".new", NULL };

static mirsal_code remove_one(const char *path,
    const char *name,
    sqlite3_vfs *vfs,
    mirsal_error *err)
{
    if (strcmp(name, MIR_NAME_MEDIA) == 0) {
        return mir_folder_remove(path, err);
    }
    if (strncmp(name, MIR_NAME_DATABASE, sizeof MIR_NAME_DATABASE - 1) != 0 || vfs == NULL) {
        return mir_file_remove(path, err);
    }
    int there = 0;
    if (vfs->xDelete(vfs, path, 0) != SQLITE_OK &&
        vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there) {
        return mir_fail(err, MIRSAL_IO, "the database cannot be removed");
    }
    return MIRSAL_OK;
}

mirsal_code mir_folder_clear(const char *directory, const char *vfs, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; mir_folder_names[i] != NULL; i++) {
        if (strcmp(mir_folder_names[i], MIR_NAME_LOCK) == 0) {
            continue;
        }
        mirsal_code removed = mir_path_join(path, directory, mir_folder_names[i], err);
        if (removed == MIRSAL_OK) {
            removed = remove_one(path, mir_folder_names[i], sqlite3_vfs_find(vfs), err);
        }
        rc = rc == MIRSAL_OK ? removed : rc;
    }
    return rc;
}

mirsal_code mir_folder_wipe(uint64_t *keys_ms,
    const mirsal_env *env,
    const char *directory,
    const char *vfs,
    const char *state,
    mirsal_error *err)
{
    char keys[MIR_PATH_MAX];
    char lock[MIR_PATH_MAX];
    uint64_t start_ms = mir_ticks_ms(env);
    mirsal_code rc = mir_path_join(keys, directory, MIR_NAME_KEYS, err);
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(lock, directory, MIR_NAME_LOCK, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_key_image_destroy(keys, err);
    }
    if (keys_ms != NULL) {
        *keys_ms = mir_ticks_ms(env) - start_ms;
    }
    if (rc == MIRSAL_OK) {
        mir_install_remove(&(struct mir_install_place){ env, directory, state });
        rc = mir_file_remove(lock, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_folder_clear(directory, vfs, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_remove(lock, err); /* of one who was about to open the store */
    }
    if (rc == MIRSAL_OK) {
        rc = mir_parent_sync(keys, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_remove(keys, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_parent_sync(keys, err);
    }
    if (rc == MIRSAL_OK) {
        (void)rmdir(directory);
    }
    return rc;
}
