/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/deflate.h - raw deflate (RFC 1951) with a preset dictionary; the clear size is known
 * beforehand.
 */
#ifndef MIR_DEFLATE_H
#define MIR_DEFLATE_H

#include "buf.h"

/* Appends one raw stream, level 9. dictionary may be empty. Memory comes from out's environment. */
mirsal_code mir_deflate(struct mir_buf *out,
    struct mir_bytes clear,
    struct mir_bytes dictionary,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Writes exactly clear_size bytes to out, and moves packed behind the stream. MALFORMED when the
 * stream is broken, ends early or goes on: then packed stays. The caller bounds clear_size before
 * it reserves out.
 */
mirsal_code mir_inflate(uint8_t *out,
    size_t clear_size,
    struct mir_bytes *packed,
    struct mir_bytes dictionary,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
