/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/files.h - the few files beside the database: made 0600 in folders 0700, replaced whole.
 */
#ifndef MIR_FILES_H
#define MIR_FILES_H

#include "buf.h"

/* A path of at most MIR_PATH_MAX bytes; TOO_LARGE. */
#define MIR_PATH_MAX 1024u
mirsal_code mir_path_join(char out[MIR_PATH_MAX],
    const char *folder,
    const char *name,
    mirsal_error *err) MIRSAL_MUST_USE;

/* mir_fail_system of errno. */
mirsal_code mir_file_fail(mirsal_error *err, const char *what);

int mir_file_exists(const char *path);
/* 0 for what is not there. */
uint64_t mir_file_size(const char *path);
uint64_t mir_file_inode(const char *path);
/* Appends the whole file; NOT_FOUND, TOO_LARGE, IO. */
mirsal_code mir_file_read(struct mir_buf *out, const char *path, size_t size_max, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Writes beside, syncs, renames over, syncs the folder: durable and whole, or as it was. */
mirsal_code mir_file_replace(const char *path, struct mir_bytes bytes, mirsal_error *err)
    MIRSAL_MUST_USE;
/* What is not there is removed already. */
mirsal_code mir_file_remove(const char *path, mirsal_error *err) MIRSAL_MUST_USE;
/* Syncs the folder that holds path: what was renamed or removed in it stays so. */
mirsal_code mir_parent_sync(const char *path, mirsal_error *err) MIRSAL_MUST_USE;

/* Makes the folder, 0700, where it is missing; its parents too. *made = 1 when it was. */
mirsal_code mir_folder_make(int *made, const char *path, mirsal_error *err) MIRSAL_MUST_USE;
/* Removes the folder with all it holds, links as links. What is not there is removed already. */
mirsal_code mir_folder_remove(const char *path, mirsal_error *err) MIRSAL_MUST_USE;
/* STORE_EXISTS when the folder holds a name that is not among names (NULL-terminated). */
mirsal_code mir_folder_holds_only(const char *path, const char *const *names, mirsal_error *err)
    MIRSAL_MUST_USE;

/* Takes the lock file, shared or alone, without waiting; LOCKED. *out is closed with unlock. */
mirsal_code mir_file_lock(int *out, const char *path, int alone, mirsal_error *err) MIRSAL_MUST_USE;
/* From shared to alone; LOCKED, and it stays shared. */
mirsal_code mir_file_alone(int lock, mirsal_error *err) MIRSAL_MUST_USE;
/* From alone to shared. */
void mir_file_share(int lock);
void mir_file_unlock(int lock); /* accepts -1 */
/*
 * The same of a file that is only read and never made; *out = -1 when there is none.
 */
mirsal_code mir_file_lock_there(int *out, const char *path, int alone, mirsal_error *err)
    MIRSAL_MUST_USE;
/* 1 when the lock's file was removed: what it stood for is gone. */
int mir_file_lock_gone(int lock);

#endif
