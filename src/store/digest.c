/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/digest.c - what a register adds to the state digest; see the header.
 */
#include "digest.h"

#include "hash.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_hash));
}

mirsal_code mir_digest_register(mirsal_hash *out,
    const struct mir_digest_register *given,
    struct mir_buf *scratch,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    mir_buf_reset(scratch);
    mir_mp_write_array(scratch, 6);
    mir_mp_write_bin(scratch, given->record->bytes, sizeof given->record->bytes);
    mir_mp_write_uint(scratch, given->field);
    if (given->key.size == 0) {
        mir_mp_write_nil(scratch);
    } else {
        mir_buf_append(scratch, given->key.data, given->key.size);
    }
    mir_mp_write_bin(scratch, given->winner->bytes, sizeof given->winner->bytes);
    mir_buf_append(scratch, given->value.data, given->value.size);
    mir_mp_write_array(scratch, (uint32_t)given->other_count);
    mir_sort(given->others, given->other_count, sizeof *given->others, compare_hashes, NULL);
    for (size_t i = 0; i < given->other_count; i++) {
        mir_mp_write_bin(scratch, given->others[i].bytes, sizeof given->others[i].bytes);
    }
    mirsal_code rc = mir_buf_finish(scratch, err);
    if (rc == MIRSAL_OK) {
        struct mir_bytes bytes = mir_buf_bytes(scratch);
        mir_hash_bytes(out, MIR_CONTEXT_DIGEST, bytes.data, bytes.size);
    }
    return rc;
}

void mir_digest_add(mirsal_hash *sum, const mirsal_hash *term)
{
    unsigned carry = 0;
    for (size_t i = sizeof sum->bytes; i-- > 0;) {
        carry += (unsigned)sum->bytes[i] + term->bytes[i];
        sum->bytes[i] = (uint8_t)(carry & 0xFFu);
        carry >>= 8;
    }
}

void mir_digest_subtract(mirsal_hash *sum, const mirsal_hash *term)
{
    int borrow = 0;
    for (size_t i = sizeof sum->bytes; i-- > 0;) {
        int difference = (int)sum->bytes[i] - (int)term->bytes[i] - borrow;
        borrow = difference < 0;
        sum->bytes[i] = (uint8_t)(difference + (borrow ? 256 : 0));
    }
}
