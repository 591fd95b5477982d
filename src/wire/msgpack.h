/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/msgpack.h - the strict MessagePack subset, protocol/encoding.md: our own reader,
 * msgpack-c's packer.
 *
 * Readers fail the cursor (sticky) on any form but the shortest, on bad UTF-8, on counts over the
 * bytes left.
 */
#ifndef MIR_MSGPACK_H
#define MIR_MSGPACK_H

#include "buf.h"
#include "reader.h"

enum mir_mp_type { MIR_MP_NIL, MIR_MP_INT, MIR_MP_STR, MIR_MP_BIN, MIR_MP_ARRAY, MIR_MP_BAD };

/* Type of the next value, without moving; BAD at the end or for a forbidden byte. */
enum mir_mp_type mir_mp_peek(const struct mir_reader *reader);
uint64_t mir_mp_read_uint(struct mir_reader *reader);
uint64_t mir_mp_read_uint_max(struct mir_reader *reader, uint64_t max); /* above: LIMIT */
uint64_t mir_mp_read_uint_in(struct mir_reader *reader, uint64_t max);  /* above: MALFORMED */
int64_t mir_mp_read_int(struct mir_reader *reader);
struct mir_bytes mir_mp_read_str(struct mir_reader *reader, size_t size_max);
struct mir_bytes mir_mp_read_bin(struct mir_reader *reader, size_t size_max);
void mir_mp_read_bin_exact(struct mir_reader *reader, void *out, size_t size);
uint32_t mir_mp_read_array(struct mir_reader *reader, uint32_t count_max);
void mir_mp_read_array_exact(struct mir_reader *reader, uint32_t count);
/* 1 and moves when the next value is nil. */
int mir_mp_read_nil_if(struct mir_reader *reader);
/* Skips and checks one whole value (depth-limited, no recursion); gives its bytes, borrowed. */
struct mir_bytes mir_mp_read_value(struct mir_reader *reader, size_t size_max);
/* The same for the fixed structure of a message around such values, which nests deeper. */
#define MIR_MP_STRUCTURE_DEPTH 16u
struct mir_bytes mir_mp_read_structure(struct mir_reader *reader);

void mir_mp_write_nil(struct mir_buf *buf);
void mir_mp_write_uint(struct mir_buf *buf, uint64_t value);
void mir_mp_write_int(struct mir_buf *buf, int64_t value);
void mir_mp_write_str(struct mir_buf *buf, const void *text, size_t size);
void mir_mp_write_bin(struct mir_buf *buf, const void *data, size_t size);
void mir_mp_write_array(struct mir_buf *buf, uint32_t count);

#endif
