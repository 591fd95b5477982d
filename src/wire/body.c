/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/body.c - the clear body of a data changeset, written and read; protocol/changeset.md 3.
 *
 * Encoding sorts whatever order the store gathered its writes in; decoding accepts that order only.
 */
#include "body.h"

#include "columns.h"
#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

static const uint8_t nil_byte = 0xc0;

/* A key's encoded bytes: nil where it is empty. */
static struct mir_bytes key_bytes(const struct mir_write *write)
{
    return write->key.size > 0 ? write->key : (struct mir_bytes){ &nil_byte, 1 };
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_creates(const void *a, const void *b, void *context)
{
    const struct mir_create *creates = context;
    const struct mir_create *left = &creates[*(const uint32_t *)a];
    const struct mir_create *right = &creates[*(const uint32_t *)b];
    int order = compare_numbers(left->type, right->type);
    return order != 0 ? order : compare_numbers(left->number, right->number);
}

/* Edits: the bytes of (record, field, key); numbers order as their encoded bytes do. */
static int compare_edits(const struct mir_write *left, const struct mir_write *right)
{
    int order = memcmp(left->record.bytes, right->record.bytes, sizeof left->record.bytes);
    if (order == 0) {
        order = compare_numbers(left->field, right->field);
    }
    return order != 0 ? order : mir_bytes_compare(key_bytes(left), key_bytes(right));
}

/* Columns of creates first: entry, field, record, key. Then edits. */
static int compare_writes(const void *a, const void *b, void *context)
{
    const struct mir_create *creates = context;
    const struct mir_write *left = a;
    const struct mir_write *right = b;
    if (left->create == MIR_NO_CREATE || right->create == MIR_NO_CREATE) {
        int edits = (left->create == MIR_NO_CREATE) - (right->create == MIR_NO_CREATE);
        return edits != 0 ? edits : compare_edits(left, right);
    }
    int order = compare_numbers(creates[left->create].type, creates[right->create].type);
    if (order == 0) {
        order = compare_numbers(left->field, right->field);
    }
    if (order == 0) {
        order = compare_numbers(left->create, right->create);
    }
    return order != 0 ? order : mir_bytes_compare(key_bytes(left), key_bytes(right));
}

static int compare_refs(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, MIR_REF_SIZE);
}

static int are_sorted(const struct mir_body *body)
{
    for (uint32_t i = 1; i < body->writes_count; i++) {
        if (compare_writes(&body->writes[i - 1], &body->writes[i], body->creates) >= 0) {
            return 0;
        }
    }
    return 1;
}

/* Sorts creates by (type, number) and moves the writes along; gives ids. */
static mirsal_code order_creates(struct mir_body *body,
    const struct mir_place *place,
    struct mir_arena *arena,
    int left,
    mirsal_error *err)
{
    uint32_t count = body->creates_count;
    uint32_t *order = mir_arena_alloc(arena, count, sizeof *order);
    uint32_t *moved = mir_arena_alloc(arena, count, sizeof *moved);
    struct mir_create *sorted = mir_arena_alloc(arena, count, sizeof *sorted);
    if (order == NULL || moved == NULL || sorted == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a body");
    }
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    mir_sort(order, count, sizeof *order, compare_creates, body->creates);
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = body->creates[order[i]];
        moved[order[i]] = i;
        if (i > 0 && sorted[i].type == sorted[i - 1].type &&
            (left ? sorted[i].number <= sorted[i - 1].number
                  : sorted[i].number - 1 != sorted[i - 1].number || sorted[i].number == 0)) {
            return mir_fail(err, MIRSAL_BAD_VALUE, "numbers of records with a gap");
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        mir_record_id(&sorted[i].record, place, body->base, sorted[i].type, sorted[i].number);
        body->creates[i] = sorted[i];
    }
    for (uint32_t i = 0; i < body->writes_count; i++) {
        struct mir_write *write = &body->writes[i];
        if (write->create == MIR_NO_CREATE) {
            continue;
        }
        if (write->create >= count) {
            return mir_fail(err, MIRSAL_BAD_VALUE, "a write to a record not made here");
        }
        write->create = moved[write->create];
        write->record = body->creates[write->create].record;
    }
    return MIRSAL_OK;
}

/* What makes a write one that its place in the body allows. */
static int is_write(const struct mir_write *write, const struct mir_created *created)
{
    if (write->create == MIR_NO_CREATE) {
        for (uint32_t i = 1; i < write->parents_count; i++) {
            if (compare_refs(&write->parents[i - 1], &write->parents[i], NULL) >= 0) {
                return 0;
            }
        }
        return mir_created_find(created, write->record.bytes) == MIR_NO_CREATE;
    }
    if (write->key_form == MIR_KEY_SET && (write->value.size != 1 || write->value.data[0] != 1)) {
        return 0;
    }
    return write->parents_count == 0 && (write->key_form == MIR_KEY_NONE) == (write->key.size == 0);
}

/* Sorts the writes, counts what must be counted, refuses a register written twice. */
static mirsal_code order_writes(struct mir_body *body,
    const struct mir_created *created,
    mirsal_error *err)
{
    if (!are_sorted(body)) {
        mir_sort(
            body->writes, body->writes_count, sizeof *body->writes, compare_writes, body->creates);
    }
    body->edits_at = 0;
    for (uint32_t i = 0; i < body->writes_count; i++) {
        const struct mir_write *write = &body->writes[i];
        body->edits_at += write->create != MIR_NO_CREATE;
        if (!is_write(write, created)) {
            return mir_fail(err, MIRSAL_BAD_VALUE, "a write that no body can hold");
        }
        if (write->parents_count > MIR_PARENTS_MAX) {
            return mir_fail(err, MIRSAL_LIMIT, "%u parents", write->parents_count);
        }
        if (i > 0 && compare_writes(write - 1, write, body->creates) == 0) {
            return mir_fail(err, MIRSAL_BAD_VALUE, "a register written twice");
        }
    }
    if (mir_body_leaf_count(body) > MIR_LEAVES_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "%zu leaves", mir_body_leaf_count(body));
    }
    return MIRSAL_OK;
}

/* The table of refs: what parents name, ascending, each once. */
static mirsal_code gather_refs(struct mir_body *body, struct mir_arena *arena, mirsal_error *err)
{
    size_t count = 0;
    for (uint32_t i = body->edits_at; i < body->writes_count; i++) {
        count += body->writes[i].parents_count;
    }
    struct mir_ref *refs = mir_arena_alloc(arena, count, sizeof *refs);
    if (refs == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a body");
    }
    size_t at = 0;
    for (uint32_t i = body->edits_at; i < body->writes_count; i++) {
        for (uint32_t p = 0; p < body->writes[i].parents_count; p++) {
            refs[at++] = body->writes[i].parents[p];
        }
    }
    mir_sort(refs, count, sizeof *refs, compare_refs, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_refs(&refs[kept - 1], &refs[i], NULL) != 0) {
            refs[kept++] = refs[i];
        }
    }
    if (kept > MIR_REFS_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "%zu changesets named by one body", kept);
    }
    body->refs = refs;
    body->refs_count = (uint32_t)kept;
    return MIRSAL_OK;
}

static uint32_t find_ref(const struct mir_body *body, const struct mir_ref *ref)
{
    uint32_t low = 0;
    uint32_t high = body->refs_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_refs(&body->refs[middle], ref, NULL) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    MIR_ASSERT(low < body->refs_count);
    return low;
}

/* Places behind the last record of the entry that begins at first. */
static uint32_t entry_end(const struct mir_body *body, uint32_t first)
{
    uint32_t end = first;
    while (end < body->creates_count && body->creates[end].type == body->creates[first].type) {
        end++;
    }
    return end;
}

/* Writes behind the last one of the column that begins at first. */
static uint32_t column_end(const struct mir_body *body, uint32_t first, uint32_t places_end)
{
    uint32_t end = first;
    while (end < body->edits_at && body->writes[end].create < places_end &&
           body->writes[end].field == body->writes[first].field) {
        end++;
    }
    return end;
}

static mirsal_code encode_entry(struct mir_buf *out,
    const struct mir_body *body,
    struct mir_columns *columns,
    const struct mir_entry *entry,
    uint32_t *at,
    mirsal_error *err)
{
    const struct mir_create *create = &body->creates[entry->first];
    uint32_t places_end = entry->first + entry->count;
    uint32_t count = 0;
    for (uint32_t i = *at; i < body->edits_at && body->writes[i].create < places_end;) {
        i = column_end(body, i, places_end);
        count++;
    }
    mir_mp_write_array(out, columns->left ? 3 : 4);
    mir_mp_write_uint(out, create->type);
    if (columns->left) {
        mir_mp_write_array(out, entry->count);
        for (uint32_t i = 0; i < entry->count; i++) {
            mir_mp_write_uint(out, create[i].number);
        }
    } else {
        mir_mp_write_uint(out, create->number);
        mir_mp_write_uint(out, entry->count);
    }
    mir_mp_write_array(out, count);
    for (uint32_t c = 0; c < count; c++) {
        uint32_t end = column_end(body, *at, places_end);
        for (uint32_t i = *at + 1; i < end; i++) {
            if (body->writes[i].key_form != body->writes[*at].key_form) {
                return mir_fail(err, MIRSAL_BAD_VALUE, "a field with two forms of key");
            }
        }
        mirsal_code code =
            mir_column_encode(out, columns, entry, &body->writes[*at], end - *at, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        *at = end;
    }
    return MIRSAL_OK;
}

static mirsal_code encode_creates(struct mir_buf *out,
    const struct mir_body *body,
    struct mir_columns *columns,
    mirsal_error *err)
{
    uint32_t entries = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < body->creates_count; i = entry_end(body, i)) {
        entries++;
    }
    mir_mp_write_array(out, entries);
    for (uint32_t i = 0; i < body->creates_count;) {
        uint32_t end = entry_end(body, i);
        const struct mir_entry entry = { i, end - i };
        mirsal_code code = encode_entry(out, body, columns, &entry, &at, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        i = end;
    }
    MIR_ASSERT(at == body->edits_at);
    return MIRSAL_OK;
}

static mirsal_code encode_edits(struct mir_buf *out,
    const struct mir_body *body,
    const struct mir_created *created,
    mirsal_error *err)
{
    mir_mp_write_array(out, body->writes_count - body->edits_at);
    for (uint32_t i = body->edits_at; i < body->writes_count; i++) {
        const struct mir_write *edit = &body->writes[i];
        mirsal_code code = MIRSAL_OK;
        mir_mp_write_array(out, 5);
        mir_mp_write_bin(out, edit->record.bytes, sizeof edit->record.bytes);
        mir_mp_write_uint(out, edit->field);
        if (edit->key.size == 0) {
            mir_mp_write_nil(out);
        } else {
            code = mir_value_shorten(out, edit->key, created);
        }
        if (code == MIRSAL_OK) {
            code = mir_value_shorten(out, edit->value, created);
        }
        if (code != MIRSAL_OK) {
            return mir_fail(err, code == MIRSAL_MALFORMED ? MIRSAL_BAD_VALUE : code,
                "a value that no body can hold");
        }
        mir_mp_write_array(out, edit->parents_count);
        for (uint32_t p = 0; p < edit->parents_count; p++) {
            mir_mp_write_uint(out, find_ref(body, &edit->parents[p]));
        }
    }
    return MIRSAL_OK;
}

static mirsal_code encode(struct mir_buf *out,
    struct mir_body *body,
    const struct mir_place *place,
    struct mir_arena *arena,
    int left,
    mirsal_error *err)
{
    struct mir_columns columns = { .left = left };
    size_t before = out->size;
    size_t size_max = left ? MIR_RESIDUE_CLEAR_SIZE_MAX : MIR_CLEAR_SIZE_MAX;
    mirsal_code code = MIRSAL_OK;
    mir_buf_init(&columns.parts, arena->env, SIZE_MAX);
    mir_buf_init(&columns.values, arena->env, SIZE_MAX);
    if (!left && body->creates_count == 0 && body->writes_count == 0) {
        code = mir_fail(err, MIRSAL_BAD_VALUE, "a body without a record or a write");
        goto done;
    }
    code = order_creates(body, place, arena, left, err);
    if (code != MIRSAL_OK) {
        goto done;
    }
    if (!mir_created_init(&columns.created, arena, body->creates, body->creates_count)) {
        code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a body");
        goto done;
    }
    code = order_writes(body, &columns.created, err);
    if (code == MIRSAL_OK) {
        code = gather_refs(body, arena, err);
    }
    if (code != MIRSAL_OK) {
        goto done;
    }
    mir_mp_write_array(out, 5);
    mir_mp_write_array(out, body->refs_count);
    for (uint32_t i = 0; i < body->refs_count; i++) {
        mir_mp_write_bin(out, body->refs[i].bytes, MIR_REF_SIZE);
    }
    mir_mp_write_uint(out, body->stamp);
    mir_mp_write_bin(out, body->base, sizeof body->base);
    code = encode_creates(out, body, &columns, err);
    if (code == MIRSAL_OK) {
        code = encode_edits(out, body, &columns.created, err);
    }
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(out, err);
    }
    if (code == MIRSAL_OK && out->size - before > size_max) {
        code = mir_fail(err, MIRSAL_LIMIT, "a clear body of %zu bytes", out->size - before);
    }

done:
    if (code != MIRSAL_OK && out->size > before) {
        out->size = before;
    }
    mir_buf_fini(&columns.values);
    mir_buf_fini(&columns.parts);
    return code;
}

mirsal_code mir_body_encode(struct mir_buf *out,
    struct mir_body *body,
    const struct mir_place *place,
    struct mir_arena *arena,
    mirsal_error *err)
{
    return encode(out, body, place, arena, 0, err);
}

mirsal_code mir_body_encode_left(struct mir_buf *out,
    struct mir_body *body,
    const struct mir_place *place,
    struct mir_arena *arena,
    mirsal_error *err)
{
    return encode(out, body, place, arena, 1, err);
}
