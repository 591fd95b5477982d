/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/pack.h - values as canonical MessagePack (protocol/encoding.md), written and read.
 *
 * Integers, str, bin, nil, arrays, each in its shortest form. Reading is for values that store
 * has judged already, or that were packed here; a byte that begins none of these ends it.
 */
#ifndef MIR_PACK_H
#define MIR_PACK_H

#include "buf.h"
#include "reader.h"

void mir_pack_nil(struct mir_buf *out);
void mir_pack_int(struct mir_buf *out, int64_t value);
void mir_pack_text(struct mir_buf *out, const void *text, size_t size);
void mir_pack_bin(struct mir_buf *out, const void *data, size_t size);
void mir_pack_array(struct mir_buf *out, size_t count);

enum mir_packed_kind {
    MIR_PACKED_NONE, /* the end, or no value */
    MIR_PACKED_NIL,
    MIR_PACKED_INT,
    MIR_PACKED_TEXT,
    MIR_PACKED_BIN,
    MIR_PACKED_ARRAY,
};
struct mir_packed {
    enum mir_packed_kind kind;
    int64_t number;         /* of an integer */
    struct mir_bytes bytes; /* of text and bin, borrowed */
    size_t count;           /* of an array: its elements come next */
};
/* The next item; moves behind it, into an array. */
struct mir_packed mir_packed_next(struct mir_reader *reader);
/* The next value whole, as bytes; moves behind it. */
struct mir_bytes mir_packed_whole(struct mir_reader *reader);
/* The first item of a value. */
struct mir_packed mir_packed_of(struct mir_bytes value);
/* 1 for the empty array, which means "known to be unknown". */
int mir_packed_unknown(struct mir_bytes value);

#endif
