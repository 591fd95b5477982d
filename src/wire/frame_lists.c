/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/frame_lists.c - encode and decode HEADERS and VECTOR, whose lists live in an arena;
 * protocol/sync.md 2 and 4.2.
 */
#include "frames.h"

#include "fail.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

/* HEADERS: [[header bin, signature 64]…] */

void mir_headers_write(struct mir_buf *out, const struct mir_headers *frame)
{
    struct mir_buf payload;
    mir_buf_init(&payload, out->env, MIR_FRAME_SIZE_MAX);
    mir_mp_write_array(&payload, frame->count);
    for (uint32_t i = 0; i < frame->count; i++) {
        const struct mir_signed_header *item = &frame->items[i];
        mir_mp_write_array(&payload, 2);
        mir_mp_write_bin(&payload, item->header.data, item->header.size);
        mir_mp_write_bin(&payload, item->signature, MIR_SIGNATURE_SIZE);
    }
    mir_frame_finish(out, MIR_FRAME_HEADERS, &payload);
}

mirsal_code mir_headers_read(struct mir_headers *out,
    struct mir_bytes payload,
    struct mir_arena *arena,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    uint32_t count = mir_mp_read_array(&reader, MIR_HEADS_MAX);
    struct mir_signed_header *items = NULL;
    if (count > 0) {
        items = mir_arena_alloc(arena, count, sizeof *items);
        if (items == NULL) {
            mir_reader_fail(&reader, MIRSAL_NO_MEMORY, "no memory for headers");
        }
    }
    for (uint32_t i = 0; i < count && mir_reader_ok(&reader); i++) {
        mir_mp_read_array_exact(&reader, 2);
        items[i].header = mir_mp_read_bin(&reader, MIR_HEADER_SIZE_MAX);
        struct mir_bytes signature = mir_mp_read_bin(&reader, MIR_SIGNATURE_SIZE);
        if (mir_reader_ok(&reader) && signature.size != MIR_SIGNATURE_SIZE) {
            mir_reader_fail(&reader, MIRSAL_MALFORMED, "signature of another size");
        }
        items[i].signature = signature.data;
    }
    mirsal_code code = mir_reader_finish(&reader, "headers", err);
    if (code == MIRSAL_OK) {
        out->count = count;
        out->items = items;
    }
    return code;
}

/* VECTOR: [devices [32…], entries [[device index, compartment, seq, tag 8]…]] */

void mir_vector_write(struct mir_buf *out, const struct mir_vector *frame)
{
    struct mir_buf payload;
    mir_buf_init(&payload, out->env, MIR_FRAME_SIZE_MAX);
    mir_mp_write_array(&payload, 2);
    mir_mp_write_array(&payload, frame->device_count);
    for (uint32_t i = 0; i < frame->device_count; i++) {
        mir_mp_write_bin(&payload, frame->devices[i].bytes, sizeof frame->devices[i].bytes);
    }
    mir_mp_write_array(&payload, frame->entry_count);
    for (uint32_t i = 0; i < frame->entry_count; i++) {
        const struct mir_vector_entry *entry = &frame->entries[i];
        mir_mp_write_array(&payload, 4);
        mir_mp_write_uint(&payload, entry->device);
        mir_mp_write_uint(&payload, entry->compartment);
        mir_mp_write_uint(&payload, entry->seq);
        mir_mp_write_bin(&payload, entry->tag, sizeof entry->tag);
    }
    mir_frame_finish(out, MIR_FRAME_VECTOR, &payload);
}

static int entries_ascend(const struct mir_vector_entry *a, const struct mir_vector_entry *b)
{
    if (a->device != b->device) {
        return a->device < b->device;
    }
    if (a->compartment != b->compartment) {
        return a->compartment < b->compartment;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq;
    }
    return memcmp(a->tag, b->tag, sizeof a->tag) < 0;
}

static int compare_entries(const void *a, const void *b, void *context)
{
    (void)context;
    return entries_ascend(b, a) - entries_ascend(a, b);
}

mirsal_code mir_vector_of(struct mir_vector *out,
    struct mir_heads *heads,
    const uint8_t handshake_hash[32],
    struct mir_arena *arena,
    mirsal_error *err)
{
    struct mir_vector vector;
    memset(out, 0, sizeof *out);
    memset(&vector, 0, sizeof vector);
    mirsal_code code = mir_buf_finish(&heads->buf, err);
    size_t count = mir_heads_count(heads);
    if (code != MIRSAL_OK || count == 0) {
        return code;
    }
    vector.devices = mir_arena_alloc(arena, count, sizeof *vector.devices);
    vector.entries = mir_arena_alloc(arena, count, sizeof *vector.entries);
    if (vector.devices == NULL || vector.entries == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a vector");
    }
    mir_heads_sort(heads);
    for (size_t i = 0; i < count; i++) {
        const struct mir_head *head = mir_heads_at(heads, i);
        if (vector.device_count == 0 || memcmp(&vector.devices[vector.device_count - 1],
                                            &head->device, sizeof head->device) != 0) {
            vector.devices[vector.device_count++] = head->device;
        }
        struct mir_vector_entry *entry = &vector.entries[i];
        entry->device = vector.device_count - 1;
        entry->compartment = head->compartment;
        entry->seq = head->seq;
        mir_vector_tag(entry->tag, handshake_hash, &head->id);
    }
    vector.entry_count = (uint32_t)count;
    mir_sort(vector.entries, count, sizeof *vector.entries, compare_entries, NULL);
    *out = vector;
    return MIRSAL_OK;
}

static void read_devices(struct mir_reader *reader, struct mir_arena *arena, struct mir_vector *out)
{
    out->device_count = mir_mp_read_array(reader, MIR_VECTOR_ENTRIES_MAX);
    if (out->device_count > 0) {
        out->devices = mir_arena_alloc(arena, out->device_count, sizeof *out->devices);
        if (out->devices == NULL) {
            mir_reader_fail(reader, MIRSAL_NO_MEMORY, "no memory for devices");
        }
    }
    for (uint32_t i = 0; i < out->device_count && mir_reader_ok(reader); i++) {
        mir_mp_read_bin_exact(reader, out->devices[i].bytes, sizeof out->devices[i].bytes);
        if (i > 0 && memcmp(&out->devices[i - 1], &out->devices[i], sizeof(mirsal_hash)) >= 0) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "devices are not ascending");
        }
    }
}

static void read_entries(struct mir_reader *reader, struct mir_arena *arena, struct mir_vector *out)
{
    out->entry_count = mir_mp_read_array(reader, MIR_VECTOR_ENTRIES_MAX);
    if (out->entry_count > 0) {
        out->entries = mir_arena_alloc(arena, out->entry_count, sizeof *out->entries);
        if (out->entries == NULL) {
            mir_reader_fail(reader, MIRSAL_NO_MEMORY, "no memory for entries");
        }
    }
    for (uint32_t i = 0; i < out->entry_count && mir_reader_ok(reader); i++) {
        struct mir_vector_entry *entry = &out->entries[i];
        mir_mp_read_array_exact(reader, 4);
        entry->device = (uint32_t)mir_mp_read_uint_in(reader, UINT32_MAX);
        entry->compartment = (uint8_t)mir_mp_read_uint_in(reader, UINT8_MAX);
        entry->seq = mir_mp_read_uint(reader);
        mir_mp_read_bin_exact(reader, entry->tag, sizeof entry->tag);
        if (mir_reader_ok(reader) && entry->device >= out->device_count) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "index of no device");
        }
        if (i > 0 && !entries_ascend(entry - 1, entry)) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "entries are not ascending");
        }
    }
}

mirsal_code mir_vector_read(struct mir_vector *out,
    struct mir_bytes payload,
    struct mir_arena *arena,
    mirsal_error *err)
{
    struct mir_vector vector;
    memset(out, 0, sizeof *out);
    memset(&vector, 0, sizeof vector);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 2);
    read_devices(&reader, arena, &vector);
    read_entries(&reader, arena, &vector);
    mirsal_code code = mir_reader_finish(&reader, "vector", err);
    if (code == MIRSAL_OK) {
        *out = vector;
    }
    return code;
}
