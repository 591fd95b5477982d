/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/lines.h - lines of a stream, one at a time, with a ceiling for each.
 */
#ifndef MIR_LINES_H
#define MIR_LINES_H

#include "import.h"

#define MIR_LINES_CHUNK 65536u

struct mir_lines {
    mir_import_read read;
    void *context;
    struct mir_buf line;
    uint8_t *chunk;
    size_t at;
    size_t size;
    uint64_t number; /* of the newest line, from 1 */
    int over;        /* it is longer than MIR_IMPORT_LINE_MAX: its bytes are gone */
    int ended;
};

mirsal_code mir_lines_init(struct mir_lines *lines,
    const mirsal_env *env,
    mir_import_read read,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_lines_fini(struct mir_lines *lines); /* accepts a zeroed struct */
/* *more = 0 at the end. The line's bytes, without its break, are lines->line. */
mirsal_code mir_lines_next(int *more, struct mir_lines *lines, mirsal_error *err) MIRSAL_MUST_USE;

#endif
