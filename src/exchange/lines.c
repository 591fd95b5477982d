/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/lines.c - see the header. A byte order mark before the first line is passed over.
 */
#include "lines.h"

#include "env.h"
#include "fail.h"

#include <string.h>

mirsal_code mir_lines_init(struct mir_lines *lines,
    const mirsal_env *env,
    mir_import_read read,
    void *context,
    mirsal_error *err)
{
    memset(lines, 0, sizeof *lines);
    lines->read = read;
    lines->context = context;
    mir_buf_init(&lines->line, env, MIR_IMPORT_LINE_MAX);
    lines->chunk = mir_alloc(env, MIR_LINES_CHUNK);
    return lines->chunk != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

void mir_lines_fini(struct mir_lines *lines)
{
    if (lines->chunk != NULL) {
        mir_release(lines->line.env, lines->chunk, MIR_LINES_CHUNK);
    }
    mir_buf_fini(&lines->line);
    memset(lines, 0, sizeof *lines);
}

static mirsal_code fill(struct mir_lines *lines, mirsal_error *err)
{
    lines->at = 0;
    lines->size = 0;
    int failed = lines->read(lines->context, lines->chunk, MIR_LINES_CHUNK, &lines->size);
    if (failed != 0 || lines->size > MIR_LINES_CHUNK) {
        mirsal_code rc = mir_fail(err, MIRSAL_IO, "the input could not be read");
        if (err != NULL) {
            err->detail = (uint32_t)failed;
        }
        lines->size = 0;
        return rc;
    }
    lines->ended = lines->size == 0;
    return MIRSAL_OK;
}

static void keep(struct mir_lines *lines, const uint8_t *data, size_t size)
{
    if (!lines->over && size > MIR_IMPORT_LINE_MAX - lines->line.size) {
        lines->over = 1;
        mir_buf_reset(&lines->line);
    }
    if (!lines->over && size > 0) {
        mir_buf_append(&lines->line, data, size);
    }
}

mirsal_code mir_lines_next(int *more, struct mir_lines *lines, mirsal_error *err)
{
    int begun = 0;
    *more = 0;
    mir_buf_reset(&lines->line);
    lines->over = 0;
    for (;;) {
        if (lines->at == lines->size && !lines->ended) {
            mirsal_code rc = fill(lines, err);
            if (rc != MIRSAL_OK) {
                return rc;
            }
        }
        if (lines->ended) {
            break;
        }
        const uint8_t *start = lines->chunk + lines->at;
        size_t left = lines->size - lines->at;
        const uint8_t *end = memchr(start, '\n', left);
        size_t size = end == NULL ? left : (size_t)(end - start);
        keep(lines, start, size);
        begun = 1;
        lines->at += end == NULL ? size : size + 1;
        if (end != NULL) {
            break;
        }
    }
    lines->number += begun != 0;
    if (lines->number == 1 && lines->line.size >= 3 &&
        memcmp(lines->line.data, "\xef\xbb\xbf", 3) == 0) {
        mir_buf_consume(&lines->line, 3);
    }
    *more = begun;
    return mir_buf_finish(&lines->line, err);
}
