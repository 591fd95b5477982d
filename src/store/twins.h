/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/twins.h - records that share a source id, which stand for one.
 */
#ifndef MIR_TWINS_H
#define MIR_TWINS_H

#include "read.h"

struct mir_twin {
    mirsal_id id;
    uint32_t type;
    struct mir_bytes source_id; /* its text */
};

/*
 * Records whose source id another one of their type has too: by type, then those of one source id
 * together, ascending by id. All of it in arena.
 */
mirsal_code mir_twins_read(struct mir_twin **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Records whose source id has `size` bytes and begins so. */
mirsal_code mir_twins_named(struct mir_twin **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes prefix,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
