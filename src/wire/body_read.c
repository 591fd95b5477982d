/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/body_read.c - reads a clear body into flat arrays; protocol/changeset.md 3.
 *
 * Two passes over `creates`: references may point forward, so all records made here are known
 * before a value is read. Failure is the reader's until the end.
 */
#include "body.h"
#include "columns.h"
#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"

#include <string.h>

#define LEAVES_AHEAD 2u /* schema version and stamp */

/* An entry of `creates` between the two passes. */
struct entry {
    uint32_t type;
    uint32_t number;
    struct mir_bytes numbers; /* of what is left of a body: one by one */
    struct mir_entry places;
    struct mir_bytes columns;
};

struct body_reader {
    struct mir_reader reader;
    struct mir_columns columns;
    struct mir_body *body;
    const struct mir_place *place;
    struct mir_arena *arena;
    struct entry *entries;
    uint32_t entries_count;
    uint8_t *ref_used;
};

static void *take_memory(struct body_reader *in, size_t count, size_t size)
{
    void *memory = mir_reader_ok(&in->reader) ? mir_arena_alloc(in->arena, count, size) : NULL;
    if (memory == NULL) {
        mir_reader_fail(&in->reader, MIRSAL_NO_MEMORY, "no memory for a body");
    }
    return memory;
}

static uint32_t read_u32(struct mir_reader *reader)
{
    uint64_t value = mir_mp_read_uint(reader);
    if (value > UINT32_MAX) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a number over 32 bits");
        return 0;
    }
    return (uint32_t)value;
}

static void read_refs(struct body_reader *in)
{
    struct mir_body *body = in->body;
    uint32_t count = mir_mp_read_array(&in->reader, MIR_REFS_MAX);
    struct mir_ref *refs = take_memory(in, count, sizeof *refs);
    in->ref_used = take_memory(in, count, 1);
    for (uint32_t i = 0; i < count && mir_reader_ok(&in->reader); i++) {
        mir_mp_read_bin_exact(&in->reader, refs[i].bytes, MIR_REF_SIZE);
        if (i > 0 && memcmp(refs[i - 1].bytes, refs[i].bytes, MIR_REF_SIZE) >= 0) {
            mir_reader_fail(&in->reader, MIRSAL_MALFORMED, "refs that do not ascend");
        }
    }
    body->refs = refs;
    body->refs_count = count;
}

/* Which records an entry makes: the first number and how many, or each number. */
static void read_numbers(struct body_reader *in, struct entry *entry, uint32_t records)
{
    struct mir_reader *reader = &in->reader;
    entry->places.first = records;
    if (in->columns.left) {
        entry->numbers = mir_mp_read_structure(reader);
        struct mir_reader numbers;
        mir_reader_init(&numbers, entry->numbers.data, entry->numbers.size);
        entry->places.count = mir_mp_read_array(&numbers, UINT32_MAX);
    } else {
        entry->number = read_u32(reader);
        entry->places.count = read_u32(reader);
    }
    if (entry->places.count == 0 || entry->places.count - 1 > UINT32_MAX - entry->number) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "no such numbers of records");
    }
    if (entry->places.count > MIR_LEAVES_MAX - LEAVES_AHEAD - records) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "too many leaves");
    }
}

/* First pass: how many records of which types; the columns are passed over. */
static void read_entries(struct body_reader *in)
{
    struct mir_reader *reader = &in->reader;
    uint32_t count = mir_mp_read_array(reader, UINT32_MAX);
    if (count > MIR_LEAVES_MAX - LEAVES_AHEAD) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "too many leaves");
    }
    in->entries = take_memory(in, count, sizeof *in->entries);
    uint32_t records = 0;
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        struct entry *entry = &in->entries[i];
        mir_mp_read_array_exact(reader, in->columns.left ? 3 : 4);
        entry->type = read_u32(reader);
        if (i > 0 && entry->type <= in->entries[i - 1].type) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "types that do not ascend");
        }
        read_numbers(in, entry, records);
        entry->columns = mir_mp_read_structure(reader);
        if (mir_reader_ok(reader)) {
            records += entry->places.count;
        }
    }
    in->entries_count = count;
    in->body->creates_count = records;
}

static void fill_creates(struct body_reader *in)
{
    struct mir_body *body = in->body;
    body->creates = take_memory(in, body->creates_count, sizeof *body->creates);
    if (body->creates == NULL) {
        return;
    }
    for (uint32_t e = 0; e < in->entries_count; e++) {
        const struct entry *entry = &in->entries[e];
        struct mir_reader numbers;
        mir_reader_init(&numbers, entry->numbers.data, entry->numbers.size);
        (void)mir_mp_read_array(&numbers, UINT32_MAX);
        for (uint32_t i = 0; i < entry->places.count; i++) {
            struct mir_create *create = &body->creates[entry->places.first + i];
            create->type = entry->type;
            create->number = in->columns.left ? read_u32(&numbers) : entry->number + i;
            if (in->columns.left &&
                (!mir_reader_ok(&numbers) || (i > 0 && create->number <= create[-1].number))) {
                mir_reader_fail(&in->reader, MIRSAL_MALFORMED, "numbers that do not ascend");
                return;
            }
            mir_record_id(&create->record, in->place, body->base, create->type, create->number);
        }
    }
    if (!mir_created_init(&in->columns.created, in->arena, body->creates, body->creates_count)) {
        mir_reader_fail(&in->reader, MIRSAL_NO_MEMORY, "no memory for a body");
    }
}

/* Room for writes: as many as leaves allow, and as bytes could hold. */
static void make_room(struct body_reader *in)
{
    size_t room = MIR_LEAVES_MAX - LEAVES_AHEAD - in->body->creates_count;
    size_t could = in->reader.size;
    in->columns.writes_max = (uint32_t)(room < could ? room : could);
    in->body->writes = take_memory(in, in->columns.writes_max, sizeof *in->body->writes);
}

/* Second pass. */
static void read_columns(struct body_reader *in)
{
    for (uint32_t e = 0; e < in->entries_count && mir_reader_ok(&in->reader); e++) {
        const struct entry *entry = &in->entries[e];
        struct mir_reader reader;
        uint32_t before = 0;
        mir_reader_init(&reader, entry->columns.data, entry->columns.size);
        uint32_t count = mir_mp_read_array(&reader, UINT32_MAX);
        for (uint32_t i = 0; i < count && mir_reader_ok(&reader); i++) {
            uint32_t field = mir_column_decode(&in->columns, &reader, &entry->places);
            if (i > 0 && field <= before) {
                mir_reader_fail(&reader, MIRSAL_MALFORMED, "fields that do not ascend");
            }
            before = field;
        }
        if (!mir_reader_ok(&reader)) {
            mir_reader_fail(&in->reader, reader.failed, reader.what);
        }
    }
    in->body->edits_at = in->body->writes_count;
}

static void read_parents(struct body_reader *in, struct mir_write *edit)
{
    struct mir_reader *reader = &in->reader;
    uint32_t count = mir_mp_read_array(reader, MIR_PARENTS_MAX);
    struct mir_ref *parents = take_memory(in, count, sizeof *parents);
    uint64_t before = 0;
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        uint64_t index = mir_mp_read_uint(reader);
        if (index >= in->body->refs_count || (i > 0 && index <= before)) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "parents that are no ascending refs");
        }
        if (mir_reader_ok(reader)) {
            parents[i] = in->body->refs[index];
            in->ref_used[index] = 1;
        }
        before = index;
    }
    edit->parents = parents;
    edit->parents_count = count;
}

static int edits_ascend(const struct mir_write *before, const struct mir_write *edit)
{
    static const uint8_t nil = 0xc0;
    const struct mir_bytes no_key = { &nil, 1 };
    int order = memcmp(before->record.bytes, edit->record.bytes, sizeof edit->record.bytes);
    if (order == 0 && before->field == edit->field) {
        order = mir_bytes_compare(
            before->key.size > 0 ? before->key : no_key, edit->key.size > 0 ? edit->key : no_key);
    } else if (order == 0) {
        order = before->field < edit->field ? -1 : 1;
    }
    return order < 0;
}

static void read_edits(struct body_reader *in)
{
    struct mir_reader *reader = &in->reader;
    struct mir_body *body = in->body;
    uint32_t count = mir_mp_read_array(reader, UINT32_MAX);
    if (mir_body_leaf_count(body) + 2 * (size_t)count > MIR_LEAVES_MAX) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "too many leaves");
    }
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        struct mir_write *edit = mir_columns_add(&in->columns, reader);
        if (edit == NULL) {
            break;
        }
        *edit = (struct mir_write){ .create = MIR_NO_CREATE };
        mir_mp_read_array_exact(reader, 5);
        mir_mp_read_bin_exact(reader, edit->record.bytes, sizeof edit->record.bytes);
        edit->field = read_u32(reader);
        if (!mir_mp_read_nil_if(reader)) {
            edit->key = mir_value_read(reader, &in->columns.created, in->arena);
            edit->key_form = MIR_KEY_TEXT;
        }
        edit->value = mir_value_read(reader, &in->columns.created, in->arena);
        read_parents(in, edit);
        if (!mir_reader_ok(reader)) {
            break;
        }
        if (mir_created_find(&in->columns.created, edit->record.bytes) != MIR_NO_CREATE) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "an edit of a record made here");
        }
        if (i > 0 && !edits_ascend(edit - 1, edit)) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "edits that do not ascend");
        }
    }
}

static void check_whole(struct body_reader *in)
{
    const struct mir_body *body = in->body;
    if (!in->columns.left && body->creates_count == 0 && body->writes_count == 0) {
        mir_reader_fail(&in->reader, MIRSAL_MALFORMED, "neither a record nor a write");
    }
    for (uint32_t i = 0; i < body->refs_count && mir_reader_ok(&in->reader); i++) {
        if (!in->ref_used[i]) {
            mir_reader_fail(&in->reader, MIRSAL_MALFORMED, "a ref that no parent names");
        }
    }
}

static mirsal_code decode(struct mir_body *out,
    struct mir_arena *arena,
    const struct mir_place *place,
    struct mir_bytes clear,
    int left,
    mirsal_error *err)
{
    struct body_reader in = { .body = out, .place = place, .arena = arena };
    memset(out, 0, sizeof *out);
    if (clear.size > (left ? MIR_RESIDUE_CLEAR_SIZE_MAX : MIR_CLEAR_SIZE_MAX)) {
        return mir_fail(err, MIRSAL_LIMIT, "a clear body of %zu bytes", clear.size);
    }
    mir_reader_init(&in.reader, clear.data, clear.size);
    mir_buf_init(&in.columns.parts, arena->env, SIZE_MAX);
    mir_buf_init(&in.columns.values, arena->env, SIZE_MAX);
    in.columns.body = out;
    in.columns.arena = arena;
    in.columns.left = left;
    mir_mp_read_array_exact(&in.reader, 5);
    read_refs(&in);
    out->stamp = mir_mp_read_uint(&in.reader);
    mir_mp_read_bin_exact(&in.reader, out->base, sizeof out->base);
    read_entries(&in);
    fill_creates(&in);
    make_room(&in);
    read_columns(&in);
    read_edits(&in);
    check_whole(&in);
    mirsal_code code = mir_reader_finish(&in.reader, "clear body", err);
    mir_buf_fini(&in.columns.values);
    mir_buf_fini(&in.columns.parts);
    if (code != MIRSAL_OK) {
        memset(out, 0, sizeof *out);
    }
    return code;
}

mirsal_code mir_body_decode(struct mir_body *out,
    struct mir_arena *arena,
    const struct mir_place *place,
    struct mir_bytes clear,
    mirsal_error *err)
{
    return decode(out, arena, place, clear, 0, err);
}

mirsal_code mir_body_decode_left(struct mir_body *out,
    struct mir_arena *arena,
    const struct mir_place *place,
    struct mir_bytes clear,
    mirsal_error *err)
{
    return decode(out, arena, place, clear, 1, err);
}
