/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/values.c - checks a value token by token, and exchanges its references' forms.
 *
 * A value is first read whole by msgpack.c, which bounds its depth; then its tokens are walked as a
 * flat row, since references are the only ones that differ between the two forms.
 */
#include "values.h"

#include "mir_limits.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

#define ID_SIZE   16u
#define HASH_SIZE 32u

static int compare_places(const void *a, const void *b, void *context)
{
    const struct mir_create *creates = context;
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return memcmp(creates[left].record.bytes, creates[right].record.bytes, ID_SIZE);
}

int mir_created_init(struct mir_created *created,
    struct mir_arena *arena,
    const struct mir_create *creates,
    uint32_t count)
{
    union {
        const struct mir_create *given;
        void *context;
    } cast = { .given = creates }; /* mir_sort hands it back, and does not write */
    created->creates = creates;
    created->count = count;
    created->by_id = mir_arena_alloc(arena, count, sizeof *created->by_id);
    if (created->by_id == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        created->by_id[i] = i;
    }
    mir_sort(created->by_id, count, sizeof *created->by_id, compare_places, cast.context);
    return 1;
}

uint32_t mir_created_find(const struct mir_created *created, const uint8_t id[16])
{
    uint32_t low = 0;
    uint32_t high = created->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t place = created->by_id[middle];
        int order = memcmp(created->creates[place].record.bytes, id, ID_SIZE);
        if (order == 0) {
            return place;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return MIR_NO_CREATE;
}

/* Reads one token and checks it; gives the bytes of a `bin`, else {NULL, 0}. */
static struct mir_bytes walk_token(struct mir_reader *walk)
{
    switch (mir_mp_peek(walk)) {
    case MIR_MP_BIN:
        return mir_mp_read_bin(walk, SIZE_MAX);
    case MIR_MP_INT:
        (void)mir_mp_read_int(walk);
        break;
    case MIR_MP_STR:
        (void)mir_mp_read_str(walk, MIR_TEXT_SIZE_MAX);
        break;
    case MIR_MP_ARRAY:
        (void)mir_mp_read_array(walk, UINT32_MAX);
        break;
    case MIR_MP_NIL:
    case MIR_MP_BAD:
    default:
        (void)mir_mp_read_nil_if(walk);
        break;
    }
    return (struct mir_bytes){ 0 };
}

static void write_place(struct mir_buf *out, uint32_t place)
{
    uint8_t bytes[4] = { (uint8_t)(place >> 24), (uint8_t)(place >> 16), (uint8_t)(place >> 8),
        (uint8_t)place };
    size_t skip = 0;
    while (skip < 3 && bytes[skip] == 0) {
        skip++;
    }
    mir_mp_write_bin(out, &bytes[skip], sizeof bytes - skip);
}

mirsal_code mir_value_shorten(struct mir_buf *out,
    struct mir_bytes value,
    const struct mir_created *created)
{
    struct mir_reader walk;
    mir_reader_init(&walk, value.data, value.size);
    int nil = mir_mp_peek(&walk) == MIR_MP_NIL;
    (void)mir_mp_read_value(&walk, MIR_VALUE_SIZE_MAX);
    mirsal_code code = mir_reader_finish(&walk, "value", NULL);
    if (code != MIRSAL_OK || nil) {
        return nil ? MIRSAL_MALFORMED : code;
    }
    size_t copied = 0;
    mir_reader_init(&walk, value.data, value.size);
    while (mir_reader_left(&walk) > 0) {
        struct mir_bytes before = mir_reader_since(&walk, copied);
        int is_bin = mir_mp_peek(&walk) == MIR_MP_BIN;
        struct mir_bytes bin = walk_token(&walk);
        if (!is_bin || !mir_reader_ok(&walk)) {
            continue;
        }
        if (bin.size == ID_SIZE) {
            uint32_t place = mir_created_find(created, bin.data);
            if (place != MIR_NO_CREATE) {
                mir_buf_append(out, before.data, before.size);
                write_place(out, place);
                copied = walk.at;
            }
        } else if (bin.size != HASH_SIZE) {
            mir_reader_fail(&walk, MIRSAL_MALFORMED, "neither a reference nor a hash");
        }
    }
    struct mir_bytes rest = mir_reader_since(&walk, copied);
    mir_buf_append(out, rest.data, rest.size);
    return walk.failed;
}

/* The place a short reference names; fails the walk. */
static uint32_t place_of(struct mir_reader *walk,
    struct mir_bytes bin,
    const struct mir_created *created)
{
    uint32_t place = 0;
    for (size_t i = 0; i < bin.size; i++) {
        place = place << 8 | bin.data[i];
    }
    if (bin.size == 0 || (bin.size > 1 && bin.data[0] == 0) || place >= created->count) {
        mir_reader_fail(walk, MIRSAL_MALFORMED, "a short reference that names nothing here");
        return 0;
    }
    return place;
}

/* Bytes by which long references make the value longer. */
static size_t check_read(struct mir_reader *walk, const struct mir_created *created)
{
    size_t growth = 0;
    while (mir_reader_left(walk) > 0) {
        int is_bin = mir_mp_peek(walk) == MIR_MP_BIN;
        struct mir_bytes bin = walk_token(walk);
        if (!is_bin || !mir_reader_ok(walk)) {
            continue;
        }
        if (bin.size <= sizeof(uint32_t)) {
            (void)place_of(walk, bin, created);
            growth += ID_SIZE - bin.size;
        } else if (bin.size == ID_SIZE) {
            if (mir_created_find(created, bin.data) != MIR_NO_CREATE) {
                mir_reader_fail(walk, MIRSAL_MALFORMED, "a long reference to a record made here");
            }
        } else if (bin.size != HASH_SIZE) {
            mir_reader_fail(walk, MIRSAL_MALFORMED, "neither a reference nor a hash");
        }
    }
    return growth;
}

static size_t copy_piece(uint8_t *to, size_t at, const void *from, size_t size)
{
    if (size > 0) {
        memcpy(&to[at], from, size);
    }
    return at + size;
}

static void expand(uint8_t *to, struct mir_bytes value, const struct mir_created *created)
{
    static const uint8_t head[2] = { 0xc4, ID_SIZE };
    struct mir_reader walk;
    size_t at = 0;
    size_t copied = 0;
    mir_reader_init(&walk, value.data, value.size);
    while (mir_reader_left(&walk) > 0) {
        struct mir_bytes before = mir_reader_since(&walk, copied);
        int is_bin = mir_mp_peek(&walk) == MIR_MP_BIN;
        struct mir_bytes bin = walk_token(&walk);
        if (is_bin && bin.size <= sizeof(uint32_t)) {
            uint32_t place = place_of(&walk, bin, created);
            at = copy_piece(to, at, before.data, before.size);
            at = copy_piece(to, at, head, sizeof head);
            at = copy_piece(to, at, created->creates[place].record.bytes, ID_SIZE);
            copied = walk.at;
        }
    }
    struct mir_bytes rest = mir_reader_since(&walk, copied);
    (void)copy_piece(to, at, rest.data, rest.size);
}

struct mir_bytes mir_value_read(struct mir_reader *reader,
    const struct mir_created *created,
    struct mir_arena *arena)
{
    if (mir_mp_peek(reader) == MIR_MP_NIL) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "nil where a value stands");
    }
    struct mir_bytes value = mir_mp_read_value(reader, MIR_VALUE_SIZE_MAX);
    struct mir_reader walk;
    mir_reader_init(&walk, value.data, value.size);
    size_t growth = check_read(&walk, created);
    if (mir_reader_ok(&walk) && value.size + growth > MIR_VALUE_SIZE_MAX) {
        mir_reader_fail(&walk, MIRSAL_LIMIT, "a value over its limit");
    }
    if (!mir_reader_ok(&walk)) {
        mir_reader_fail(reader, walk.failed, walk.what);
    }
    if (growth == 0 || !mir_reader_ok(reader)) {
        return mir_reader_ok(reader) ? value : (struct mir_bytes){ 0 };
    }
    uint8_t *to = mir_arena_alloc(arena, value.size + growth, 1);
    if (to == NULL) {
        mir_reader_fail(reader, MIRSAL_NO_MEMORY, "no memory for a value");
        return (struct mir_bytes){ 0 };
    }
    expand(to, value, created);
    return (struct mir_bytes){ to, value.size + growth };
}
