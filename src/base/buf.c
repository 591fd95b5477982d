/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/buf.c - a growable byte buffer with a ceiling and sticky failure.
 *
 * Growing copies to new memory and wipes the old, since buffers carry clear text. One byte beyond
 * the content is always there, so that formatted text may end in the NUL that printf writes.
 */
#include "buf.h"

#include "checked.h"
#include "env.h"
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY 64u

static void wipe(void *memory, size_t size)
{
    if (size > 0) {
        memset(memory, 0, size);
        __asm__ __volatile__("" : : "r"(memory) : "memory");
    }
}

void mir_buf_init(struct mir_buf *buf, const mirsal_env *env, size_t size_max)
{
    memset(buf, 0, sizeof *buf);
    buf->env = env;
    buf->size_max = size_max;
}

void mir_buf_fini(struct mir_buf *buf)
{
    if (buf->data != NULL) {
        wipe(buf->data, buf->capacity);
        mir_release(buf->env, buf->data, buf->capacity);
    }
    memset(buf, 0, sizeof *buf);
}

void mir_buf_reset(struct mir_buf *buf)
{
    buf->size = 0;
    buf->failed = MIRSAL_OK;
}

/* Capacity for at least need bytes: doubled, but not beyond ceiling (≥ need). */
static size_t grown_capacity(size_t capacity, size_t need, size_t ceiling)
{
    size_t doubled = 0;
    if (!mir_mul_size(&doubled, capacity, 2)) {
        return ceiling;
    }
    size_t wanted = doubled > need ? doubled : need;
    if (wanted < FIRST_CAPACITY) {
        wanted = FIRST_CAPACITY;
    }
    return wanted < ceiling ? wanted : ceiling;
}

/* Room for size more bytes and one spare; 0 and failed when there is none. */
static int make_room(struct mir_buf *buf, size_t size)
{
    if (buf->failed != MIRSAL_OK) {
        return 0;
    }
    size_t total = 0;
    size_t need = 0;
    if (!mir_add_size(&total, buf->size, size) || total > buf->size_max ||
        !mir_add_size(&need, total, 1)) {
        buf->failed = MIRSAL_LIMIT;
        return 0;
    }
    if (need <= buf->capacity) {
        return 1;
    }
    MIR_ASSERT(buf->env != NULL);
    size_t ceiling = need;
    if (!mir_add_size(&ceiling, buf->size_max, 1)) {
        ceiling = buf->size_max;
    }
    size_t capacity = grown_capacity(buf->capacity, need, ceiling);
    uint8_t *data = mir_alloc(buf->env, capacity);
    if (data == NULL) {
        buf->failed = MIRSAL_NO_MEMORY;
        return 0;
    }
    if (buf->data != NULL) {
        memcpy(data, buf->data, buf->size);
        wipe(buf->data, buf->capacity);
        mir_release(buf->env, buf->data, buf->capacity);
    }
    buf->data = data;
    buf->capacity = capacity;
    return 1;
}

void mir_buf_append(struct mir_buf *buf, const void *data, size_t size)
{
    if (size > 0 && make_room(buf, size)) {
        memcpy(buf->data + buf->size, data, size);
        buf->size += size;
    }
}

void mir_buf_append_u8(struct mir_buf *buf, uint8_t value)
{
    mir_buf_append(buf, &value, 1);
}

static void append_big_endian(struct mir_buf *buf, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++) {
        bytes[size - 1 - i] = (uint8_t)(value >> (8 * i));
    }
    mir_buf_append(buf, bytes, size);
}

void mir_buf_append_be16(struct mir_buf *buf, uint16_t value)
{
    append_big_endian(buf, value, 2);
}

void mir_buf_append_be32(struct mir_buf *buf, uint32_t value)
{
    append_big_endian(buf, value, 4);
}

void mir_buf_append_be64(struct mir_buf *buf, uint64_t value)
{
    append_big_endian(buf, value, 8);
}

void mir_buf_append_text(struct mir_buf *buf, const char *text)
{
    mir_buf_append(buf, text, strlen(text));
}

void mir_buf_append_format(struct mir_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    MIR_ASSERT(length >= 0);
    if (length > 0 && make_room(buf, (size_t)length)) {
        (void)vsnprintf((char *)buf->data + buf->size, (size_t)length + 1, format, again);
        buf->size += (size_t)length;
    }
    va_end(again);
}

uint8_t *mir_buf_extend(struct mir_buf *buf, size_t size)
{
    if (!make_room(buf, size)) {
        return NULL;
    }
    uint8_t *room = buf->data + buf->size;
    memset(room, 0, size);
    buf->size += size;
    return room;
}

void mir_buf_consume(struct mir_buf *buf, size_t size)
{
    MIR_ASSERT(size <= buf->size);
    if (size > 0) {
        memmove(buf->data, buf->data + size, buf->size - size);
        buf->size -= size;
    }
}

struct mir_bytes mir_buf_bytes(const struct mir_buf *buf)
{
    struct mir_bytes bytes = { buf->data, buf->size };
    return bytes;
}

mirsal_code mir_buf_finish(const struct mir_buf *buf, mirsal_error *err)
{
    if (buf->failed == MIRSAL_OK) {
        return MIRSAL_OK;
    }
    if (buf->failed == MIRSAL_NO_MEMORY) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory at %zu bytes", buf->size);
    }
    return mir_fail(err, buf->failed, "more than %zu bytes", buf->size_max);
}

int mir_bytes_equal(struct mir_bytes a, struct mir_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int mir_bytes_compare(struct mir_bytes a, struct mir_bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}
