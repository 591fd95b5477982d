/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/sealedwrite.h - a sealed file on disk: written aside and renamed when it is whole, read in
 * pieces; both in bounded memory.
 */
#ifndef MIR_SEALEDWRITE_H
#define MIR_SEALEDWRITE_H

#include "hash.h"
#include "longfile.h"
#include "sealedfile.h"

struct mir_sealed_out {
    struct mir_sealedfile file;
    struct mir_long_out out;
    struct mir_buf pending;
    struct mir_sha256 sha;
    mirsal_hash sha256; /* after finish */
};

/* Begins the file. Zeroed before; end it with mir_sealed_out_end. */
mirsal_code mir_sealed_out_begin(struct mir_sealed_out *file,
    const mirsal_env *env,
    const char *path,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_readers *readers,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_sealed_out_write(struct mir_sealed_out *file,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The last chunk; all is written, not yet under its name. */
mirsal_code mir_sealed_out_seal(struct mir_sealed_out *file, mirsal_error *err) MIRSAL_MUST_USE;
/* It has its name, durably. */
mirsal_code mir_sealed_out_finish(struct mir_sealed_out *file, mirsal_error *err) MIRSAL_MUST_USE;
/* Removes what was not finished. Accepts a zeroed struct. */
void mir_sealed_out_end(struct mir_sealed_out *file);

/* Takes clear bytes as they were verified; file tells which key opened it. */
typedef mirsal_code (*mir_sealed_take)(void *context,
    struct mir_bytes clear,
    const struct mir_sealedfile *file,
    mirsal_error *err);
/*
 * Reads a whole sealed file. *sha256 (may be NULL) is that of its bytes. *at_end = 1 when a failure
 * was met behind the last byte: the file was cut.
 */
mirsal_code mir_sealed_in(const char *path,
    const mirsal_env *env,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_keys *keys,
    mir_sealed_take take,
    void *context,
    mirsal_hash *sha256,
    int *at_end,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
