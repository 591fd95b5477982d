/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/buf.h - a growable byte buffer with a ceiling given at init.
 *
 * Writers append with sticky failure: after the first append that could not be done (no memory,
 * or over the ceiling) the buffer stays failed, and mir_buf_finish tells. So a run of appends
 * needs one check.
 */
#ifndef MIR_BUF_H
#define MIR_BUF_H

#include <mirsal/types.h>

struct mir_buf {
    const mirsal_env *env;
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t size_max;
    mirsal_code failed; /* MIRSAL_OK, MIRSAL_NO_MEMORY or MIRSAL_LIMIT */
};

/* Borrowed bytes. data may be NULL when size is 0. */
struct mir_bytes {
    const uint8_t *data;
    size_t size;
};

void mir_buf_init(struct mir_buf *buf, const mirsal_env *env, size_t size_max);
/* Accepts a zeroed struct. Memory is wiped before it is released. */
void mir_buf_fini(struct mir_buf *buf);
/* Empties and clears the failure; keeps the memory. */
void mir_buf_reset(struct mir_buf *buf);

void mir_buf_append(struct mir_buf *buf, const void *data, size_t size);
void mir_buf_append_u8(struct mir_buf *buf, uint8_t value);
void mir_buf_append_be16(struct mir_buf *buf, uint16_t value);
void mir_buf_append_be32(struct mir_buf *buf, uint32_t value);
void mir_buf_append_be64(struct mir_buf *buf, uint64_t value);
void mir_buf_append_text(struct mir_buf *buf, const char *text);
void mir_buf_append_format(struct mir_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for size bytes, zeroed, counted as appended; NULL when failed. */
uint8_t *mir_buf_extend(struct mir_buf *buf, size_t size);
/* Drops the first size bytes (a queue's head). */
void mir_buf_consume(struct mir_buf *buf, size_t size);
struct mir_bytes mir_buf_bytes(const struct mir_buf *buf);
mirsal_code mir_buf_finish(const struct mir_buf *buf, mirsal_error *err) MIRSAL_MUST_USE;

int mir_bytes_equal(struct mir_bytes a, struct mir_bytes b);
/* memcmp order, shorter first on a tie. */
int mir_bytes_compare(struct mir_bytes a, struct mir_bytes b);

#endif
