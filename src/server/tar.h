/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/tar.h - writes a tar file (POSIX ustar) of a few regular files, 0600.
 */
#ifndef MIR_TAR_H
#define MIR_TAR_H

#include <mirsal/types.h>
#include <stdio.h>

struct mir_tar {
    FILE *file;
    uint64_t time_s;
};

/* STORE_EXISTS when the path is there already. */
mirsal_code mir_tar_open(struct mir_tar *tar, const char *path, uint64_t time_s, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Adds the file at path under a name of at most 99 bytes. */
mirsal_code mir_tar_add(struct mir_tar *tar, const char *name, const char *path, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Ends and syncs. */
mirsal_code mir_tar_finish(struct mir_tar *tar, mirsal_error *err) MIRSAL_MUST_USE;
/* After a failure. Accepts a zeroed struct. */
void mir_tar_close(struct mir_tar *tar);

#endif
