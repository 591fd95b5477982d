/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/longfile.h - files larger than memory: read and written in pieces, 0600, each with its name
 * only once it is whole.
 */
#ifndef MIR_LONGFILE_H
#define MIR_LONGFILE_H

#include "files.h"

struct mir_long_out {
    int is_open;
    int fd;
    char path[MIR_PATH_MAX];
    char beside[MIR_PATH_MAX];
};

/* Begins `path.new`, in place of one that an interruption left. DISK_FULL, IO, NOT_FOUND. */
mirsal_code mir_long_out_open(struct mir_long_out *out, const char *path, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_long_out_write(struct mir_long_out *out, struct mir_bytes bytes, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Syncs, renames over path, syncs the folder. */
mirsal_code mir_long_out_finish(struct mir_long_out *out, mirsal_error *err) MIRSAL_MUST_USE;
/* Removes what was not finished; accepts a zeroed struct and a finished one. */
void mir_long_out_drop(struct mir_long_out *out);

struct mir_long_in {
    int is_open;
    int fd;
    uint64_t size; /* when it was opened */
};

/* NOT_FOUND, IO; MISUSE for what is no file. */
mirsal_code mir_long_in_open(struct mir_long_in *in, const char *path, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Up to capacity bytes; *size 0 at the end. */
mirsal_code mir_long_in_read(size_t *size,
    struct mir_long_in *in,
    void *buffer,
    size_t capacity,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_long_in_close(struct mir_long_in *in); /* accepts a zeroed struct */

#endif
