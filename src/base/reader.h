/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/reader.h - the one cursor for bytes from outside.
 *
 * Failure is sticky: after it every read gives zero and moves nothing. mir_reader_finish tells
 * the first failure with its offset, and refuses trailing bytes. Pointer arithmetic on input
 * happens only here.
 */
#ifndef MIR_READER_H
#define MIR_READER_H

#include "buf.h"

struct mir_reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    mirsal_code failed;
    size_t failed_at;
    const char *what; /* static text of the first failure */
};

void mir_reader_init(struct mir_reader *reader, const void *data, size_t size);
size_t mir_reader_left(const struct mir_reader *reader);
int mir_reader_ok(const struct mir_reader *reader);
/* Marks failure (the first one stays). what is static text. */
void mir_reader_fail(struct mir_reader *reader, mirsal_code code, const char *what);
uint8_t mir_reader_u8(struct mir_reader *reader);
uint8_t mir_reader_peek(const struct mir_reader *reader); /* 0 at the end */
uint16_t mir_reader_be16(struct mir_reader *reader);
uint32_t mir_reader_be32(struct mir_reader *reader);
uint64_t mir_reader_be64(struct mir_reader *reader);
/* Borrowed from the input; {NULL, 0} after failure. */
struct mir_bytes mir_reader_take(struct mir_reader *reader, size_t size);
void mir_reader_copy(struct mir_reader *reader, void *out, size_t size);
/* The bytes from a mark (an earlier value of at) up to here. */
struct mir_bytes mir_reader_since(const struct mir_reader *reader, size_t mark);
/* "what: reason at byte N"; trailing bytes are MALFORMED. */
mirsal_code mir_reader_finish(const struct mir_reader *reader, const char *what, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
