/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handoff_file.h - a handoff's file, opened with an organisation's key and verified.
 */
#ifndef MIR_HANDOFF_FILE_H
#define MIR_HANDOFF_FILE_H

#include "handoffopen.h"
#include "orgkeys.h"

#include <mirsal/handoff.h>

#define MIR_HANDOFF_KEYS_MEMORY ((size_t)1 << 20)

/* env, options and arena (MIR_HANDOFF_KEYS_MEMORY) are the caller's to set. */
struct mir_handoff_file {
    const mirsal_env *env;
    const mirsal_handoff_verify_options *options;
    struct mir_arena arena; /* keys */
    struct mir_org_held *held;
    size_t held_count;
    struct mir_agree_secret *secrets;
    uint32_t opened_by;                  /* place in held */
    struct mir_handoff_opening *opening; /* once a key opened the file */
    mirsal_hash sha256;
};

/* *out is borrowed from the file. The refusals of mirsal_handoff_verify. */
mirsal_code mir_handoff_file_open(const struct mir_handoff_opened **out,
    struct mir_handoff_file *file,
    mirsal_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_handoff_file_close(struct mir_handoff_file *file);

#endif
