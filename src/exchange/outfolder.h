/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/outfolder.h - a folder of files that appears whole: written beside its name, synced,
 * renamed. What was begun and not finished is removed.
 */
#ifndef MIR_OUTFOLDER_H
#define MIR_OUTFOLDER_H

#include "arena.h"
#include "buf.h"
#include "export.h"

#define MIR_OUTFOLDER_PATH 1024u

struct mir_outfile {
    const char *name;
    uint64_t rows;
    uint8_t sha256[32];
};

struct mir_outfolder {
    struct mir_arena arena; /* names */
    struct mir_export_hash hash;
    char path[MIR_OUTFOLDER_PATH];
    char partial[MIR_OUTFOLDER_PATH + 32]; /* empty: nothing to remove */
    struct mir_outfile *files;
    size_t count;
    size_t capacity;
    struct mir_buf pending; /* of the open file */
    int open;               /* descriptor, -1: none */
};

/* STORE_EXISTS when the path is there, and is no empty folder. */
mirsal_code mir_outfolder_begin(struct mir_outfolder *folder,
    const mirsal_env *env,
    const char *path,
    const struct mir_export_hash *hash,
    size_t file_count,
    mirsal_error *err) MIRSAL_MUST_USE;
/* One file at a time. DISK_FULL, IO. */
mirsal_code mir_outfolder_open(struct mir_outfolder *folder, const char *name, mirsal_error *err)
    MIRSAL_MUST_USE;
/* A line, with its break. */
mirsal_code mir_outfolder_line(struct mir_outfolder *folder,
    struct mir_bytes line,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_outfolder_close(struct mir_outfolder *folder, mirsal_error *err) MIRSAL_MUST_USE;
/* The folder has its name, durably. */
mirsal_code mir_outfolder_finish(struct mir_outfolder *folder, mirsal_error *err) MIRSAL_MUST_USE;
/* Removes what was not finished. Accepts a zeroed struct. */
void mir_outfolder_end(struct mir_outfolder *folder);

#endif
