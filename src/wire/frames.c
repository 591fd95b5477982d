/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/frames.c - encode and decode the frames of sync, each frame's two halves together;
 * protocol/sync.md 2.
 *
 * A decoder accepts what its encoder gives and nothing else: lists are strictly ascending, counts
 * stay within the limits, payloads end where their array ends. HEADERS and VECTOR, whose lists
 * need an arena, stand in frame_lists.c.
 */
#include "frames.h"

#include "msgpack.h"
#include "text.h"

#include <string.h>

#define PAYLOAD_SIZE_MAX (1u << 20) /* of the frames made here; RUN and VECTOR come otherwise */

void mir_frame_write(struct mir_buf *out, enum mir_frame_kind kind, struct mir_bytes payload)
{
    mir_buf_append_u8(out, (uint8_t)kind);
    mir_mp_write_uint(out, payload.size);
    mir_buf_append(out, payload.data, payload.size);
}

void mir_frame_finish(struct mir_buf *out, enum mir_frame_kind kind, struct mir_buf *payload)
{
    if (payload->failed != MIRSAL_OK) {
        out->failed = payload->failed;
    } else {
        mir_frame_write(out, kind, mir_buf_bytes(payload));
    }
    mir_buf_fini(payload);
}

static void begin_payload(struct mir_buf *payload, const struct mir_buf *out, uint32_t elements)
{
    mir_buf_init(payload, out->env, PAYLOAD_SIZE_MAX);
    mir_mp_write_array(payload, elements);
}

/* REGISTER: [token bin, genesis lone changeset bin] */

void mir_register_write(struct mir_buf *out, const struct mir_register_frame *frame)
{
    struct mir_buf payload;
    begin_payload(&payload, out, 2);
    mir_mp_write_bin(&payload, frame->token.data, frame->token.size);
    mir_mp_write_bin(&payload, frame->genesis.data, frame->genesis.size);
    mir_frame_finish(out, MIR_FRAME_REGISTER, &payload);
}

mirsal_code mir_register_read(struct mir_register_frame *out,
    struct mir_bytes payload,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 2);
    out->token = mir_mp_read_bin(&reader, MIR_TOKEN_SIZE_MAX);
    out->genesis = mir_mp_read_bin(&reader, PAYLOAD_SIZE_MAX);
    return mir_reader_finish(&reader, "register", err);
}

/* Lists of cursors [[compartment, arrival]…] and of own heads [[compartment, seq, id 8]…]. */

static void write_cursor(struct mir_buf *out, const struct mir_cursor *cursor)
{
    mir_mp_write_array(out, 2);
    mir_mp_write_uint(out, cursor->compartment);
    mir_mp_write_uint(out, cursor->arrival);
}

static void read_cursor(struct mir_reader *reader, struct mir_cursor *out)
{
    mir_mp_read_array_exact(reader, 2);
    out->compartment = (uint8_t)mir_mp_read_uint_in(reader, UINT8_MAX);
    out->arrival = mir_mp_read_uint(reader);
}

static void write_cursors(struct mir_buf *out, const struct mir_cursor *cursors, uint32_t count)
{
    mir_mp_write_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        write_cursor(out, &cursors[i]);
    }
}

static uint32_t read_cursors(struct mir_reader *reader, struct mir_cursor *out)
{
    uint32_t count = mir_mp_read_array(reader, MIR_WANTS_MAX);
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        read_cursor(reader, &out[i]);
        if (i > 0 && out[i].compartment <= out[i - 1].compartment) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "cursors are not ascending");
        }
    }
    return count;
}

static void write_own_heads(struct mir_buf *out, const struct mir_own_head *heads, uint32_t count)
{
    mir_mp_write_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, heads[i].compartment);
        mir_mp_write_uint(out, heads[i].seq);
        mir_mp_write_bin(out, heads[i].id, sizeof heads[i].id);
    }
}

static int own_heads_ascend(const struct mir_own_head *a, const struct mir_own_head *b)
{
    if (a->compartment != b->compartment) {
        return a->compartment < b->compartment;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq;
    }
    return memcmp(a->id, b->id, sizeof a->id) < 0;
}

static uint32_t read_own_heads(struct mir_reader *reader, struct mir_own_head *out)
{
    uint32_t count = mir_mp_read_array(reader, MIR_HEADS_MAX);
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        mir_mp_read_array_exact(reader, 3);
        out[i].compartment = (uint8_t)mir_mp_read_uint_in(reader, UINT8_MAX);
        out[i].seq = mir_mp_read_uint(reader);
        mir_mp_read_bin_exact(reader, out[i].id, sizeof out[i].id);
        if (i > 0 && !own_heads_ascend(&out[i - 1], &out[i])) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "heads are not ascending");
        }
    }
    return count;
}

/* HELLO */

void mir_hello_write(struct mir_buf *out, const struct mir_hello *frame)
{
    struct mir_buf payload;
    begin_payload(&payload, out, 9);
    mir_mp_write_bin(&payload, frame->team, sizeof frame->team);
    if (frame->has_epoch) {
        mir_mp_write_bin(&payload, frame->store_epoch, sizeof frame->store_epoch);
    } else {
        mir_mp_write_nil(&payload);
    }
    write_cursors(&payload, frame->cursors, frame->cursor_count);
    if (frame->has_checkpoint) {
        mir_mp_write_array(&payload, 2);
        mir_mp_write_uint(&payload, frame->checkpoint_size);
        mir_mp_write_bin(&payload, frame->checkpoint_root, sizeof frame->checkpoint_root);
    } else {
        mir_mp_write_nil(&payload);
    }
    write_own_heads(&payload, frame->heads, frame->head_count);
    mir_mp_write_array(&payload, frame->want_count);
    for (uint32_t i = 0; i < frame->want_count; i++) {
        mir_mp_write_uint(&payload, frame->wants[i]);
    }
    mir_mp_write_uint(&payload, frame->budget);
    mir_mp_write_uint(&payload, frame->time_ms);
    mir_mp_write_uint(&payload, frame->flags);
    mir_frame_finish(out, MIR_FRAME_HELLO, &payload);
}

static uint32_t read_wants(struct mir_reader *reader, uint8_t *out)
{
    uint32_t count = mir_mp_read_array(reader, MIR_WANTS_MAX);
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        out[i] = (uint8_t)mir_mp_read_uint_in(reader, MIR_COMPARTMENT_CONTROL - 1u);
        if (i > 0 && out[i] <= out[i - 1]) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "wants are not ascending");
        }
    }
    return count;
}

mirsal_code mir_hello_read(struct mir_hello *out, struct mir_bytes payload, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 9);
    mir_mp_read_bin_exact(&reader, out->team, sizeof out->team);
    out->has_epoch = !mir_mp_read_nil_if(&reader);
    if (out->has_epoch) {
        mir_mp_read_bin_exact(&reader, out->store_epoch, sizeof out->store_epoch);
    }
    out->cursor_count = read_cursors(&reader, out->cursors);
    out->has_checkpoint = !mir_mp_read_nil_if(&reader);
    if (out->has_checkpoint) {
        mir_mp_read_array_exact(&reader, 2);
        out->checkpoint_size = mir_mp_read_uint(&reader);
        mir_mp_read_bin_exact(&reader, out->checkpoint_root, sizeof out->checkpoint_root);
    }
    out->head_count = read_own_heads(&reader, out->heads);
    out->want_count = read_wants(&reader, out->wants);
    out->budget = mir_mp_read_uint(&reader);
    out->time_ms = mir_mp_read_uint(&reader);
    out->flags = (uint32_t)mir_mp_read_uint_in(&reader, UINT32_MAX);
    return mir_reader_finish(&reader, "hello", err);
}

/* STATE, and CHECKPOINT, whose array it may carry */

static void write_checkpoint(struct mir_buf *out, const struct mir_checkpoint *checkpoint)
{
    mir_mp_write_array(out, 5);
    mir_mp_write_bin(out, checkpoint->store_epoch, sizeof checkpoint->store_epoch);
    mir_mp_write_uint(out, checkpoint->size);
    mir_mp_write_bin(out, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
    mir_mp_write_uint(out, checkpoint->time_ms);
    mir_mp_write_bin(out, checkpoint->signature, sizeof checkpoint->signature);
}

static void read_checkpoint(struct mir_reader *reader, struct mir_checkpoint *out)
{
    mir_mp_read_array_exact(reader, 5);
    mir_mp_read_bin_exact(reader, out->store_epoch, sizeof out->store_epoch);
    out->size = mir_mp_read_uint(reader);
    mir_mp_read_bin_exact(reader, out->root.bytes, sizeof out->root.bytes);
    out->time_ms = mir_mp_read_uint(reader);
    mir_mp_read_bin_exact(reader, out->signature, sizeof out->signature);
}

void mir_checkpoint_write(struct mir_buf *out, const struct mir_checkpoint *frame)
{
    struct mir_buf payload;
    mir_buf_init(&payload, out->env, PAYLOAD_SIZE_MAX);
    write_checkpoint(&payload, frame);
    mir_frame_finish(out, MIR_FRAME_CHECKPOINT, &payload);
}

mirsal_code mir_checkpoint_read(struct mir_checkpoint *out,
    struct mir_bytes payload,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    read_checkpoint(&reader, out);
    return mir_reader_finish(&reader, "checkpoint", err);
}

void mir_state_write(struct mir_buf *out, const struct mir_state *frame)
{
    struct mir_buf payload;
    begin_payload(&payload, out, 9);
    write_own_heads(&payload, frame->heads, frame->head_count);
    mir_mp_write_bin(&payload, frame->store_epoch, sizeof frame->store_epoch);
    if (frame->has_checkpoint) {
        write_checkpoint(&payload, &frame->checkpoint);
    } else {
        mir_mp_write_nil(&payload);
    }
    if (frame->proof.data != NULL) {
        mir_mp_write_bin(&payload, frame->proof.data, frame->proof.size);
    } else {
        mir_mp_write_nil(&payload);
    }
    mir_mp_write_uint(&payload, frame->time_ms);
    mir_mp_write_uint(&payload, frame->hints);
    mir_mp_write_uint(&payload, frame->key_serial);
    if (frame->has_session) {
        mir_mp_write_bin(&payload, frame->session, sizeof frame->session);
    } else {
        mir_mp_write_nil(&payload);
    }
    if (frame->has_signed) {
        mir_mp_write_array(&payload, 2);
        mir_mp_write_uint(&payload, frame->signed_size);
        mir_mp_write_bin(&payload, frame->signature, sizeof frame->signature);
    } else {
        mir_mp_write_nil(&payload);
    }
    mir_frame_finish(out, MIR_FRAME_STATE, &payload);
}

mirsal_code mir_state_read(struct mir_state *out, struct mir_bytes payload, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 9);
    out->head_count = read_own_heads(&reader, out->heads);
    mir_mp_read_bin_exact(&reader, out->store_epoch, sizeof out->store_epoch);
    out->has_checkpoint = !mir_mp_read_nil_if(&reader);
    if (out->has_checkpoint) {
        read_checkpoint(&reader, &out->checkpoint);
    }
    if (!mir_mp_read_nil_if(&reader)) {
        out->proof = mir_mp_read_bin(&reader, MIR_PROOF_SIZE_MAX);
    }
    out->time_ms = mir_mp_read_uint(&reader);
    out->hints = (uint32_t)mir_mp_read_uint_in(&reader, UINT32_MAX);
    out->key_serial = (uint32_t)mir_mp_read_uint_in(&reader, UINT16_MAX);
    out->has_session = !mir_mp_read_nil_if(&reader);
    if (out->has_session) {
        mir_mp_read_bin_exact(&reader, out->session, sizeof out->session);
    }
    out->has_signed = !mir_mp_read_nil_if(&reader);
    if (out->has_signed) {
        mir_mp_read_array_exact(&reader, 2);
        out->signed_size = mir_mp_read_uint(&reader);
        mir_mp_read_bin_exact(&reader, out->signature, sizeof out->signature);
    }
    return mir_reader_finish(&reader, "state", err);
}

/* PAGE */

void mir_page_write(struct mir_buf *out, const struct mir_cursor *frame)
{
    struct mir_buf payload;
    mir_buf_init(&payload, out->env, PAYLOAD_SIZE_MAX);
    write_cursor(&payload, frame);
    mir_frame_finish(out, MIR_FRAME_PAGE, &payload);
}

mirsal_code mir_page_read(struct mir_cursor *out, struct mir_bytes payload, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    read_cursor(&reader, out);
    return mir_reader_finish(&reader, "page", err);
}

/* REJECT and REFUSE, which end in a text for people */

static void write_text(struct mir_buf *out, const char *text)
{
    mir_mp_write_str(out, text, strnlen(text, MIR_ERROR_TEXT_MAX));
}

static void read_text(struct mir_reader *reader, char out[MIR_ERROR_TEXT_MAX + 1u])
{
    struct mir_bytes text = mir_mp_read_str(reader, MIR_ERROR_TEXT_MAX);
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    out[text.size] = 0;
}

/* A code between 1 and max. */
static uint32_t read_code(struct mir_reader *reader, uint32_t max)
{
    uint64_t code = mir_mp_read_uint(reader);
    if (mir_reader_ok(reader) && (code == 0 || code > max)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "unknown code");
    }
    return (uint32_t)code;
}

void mir_reject_write(struct mir_buf *out, const struct mir_reject *frame)
{
    struct mir_buf payload;
    begin_payload(&payload, out, 5);
    mir_mp_write_bin(&payload, frame->device.bytes, sizeof frame->device.bytes);
    mir_mp_write_uint(&payload, frame->compartment);
    mir_mp_write_uint(&payload, frame->seq);
    mir_mp_write_uint(&payload, frame->code);
    write_text(&payload, frame->text);
    mir_frame_finish(out, MIR_FRAME_REJECT, &payload);
}

mirsal_code mir_reject_read(struct mir_reject *out, struct mir_bytes payload, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 5);
    mir_mp_read_bin_exact(&reader, out->device.bytes, sizeof out->device.bytes);
    out->compartment = (uint8_t)mir_mp_read_uint_in(&reader, UINT8_MAX);
    out->seq = mir_mp_read_uint(&reader);
    out->code = (enum mir_reject_code)read_code(&reader, MIR_REJECT_PURGED);
    read_text(&reader, out->text);
    return mir_reader_finish(&reader, "reject", err);
}

void mir_refuse_write(struct mir_buf *out, enum mir_refuse_code code, const char *text)
{
    struct mir_buf payload;
    begin_payload(&payload, out, 2);
    mir_mp_write_uint(&payload, code);
    write_text(&payload, text);
    mir_frame_finish(out, MIR_FRAME_REFUSE, &payload);
}

mirsal_code mir_refuse_read(struct mir_refuse *out, struct mir_bytes payload, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 2);
    out->code = (enum mir_refuse_code)read_code(&reader, MIR_REFUSE_INTERNAL);
    read_text(&reader, out->text);
    return mir_reader_finish(&reader, "refuse", err);
}

/* END: [more, frontier 16 or nil] */

void mir_end_write(struct mir_buf *out, const struct mir_end *frame)
{
    struct mir_buf payload;
    begin_payload(&payload, out, 2);
    mir_mp_write_uint(&payload, frame->more ? 1 : 0);
    if (frame->has_frontier) {
        mir_mp_write_bin(&payload, frame->frontier, sizeof frame->frontier);
    } else {
        mir_mp_write_nil(&payload);
    }
    mir_frame_finish(out, MIR_FRAME_END, &payload);
}

mirsal_code mir_end_read(struct mir_end *out, struct mir_bytes payload, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    struct mir_reader reader;
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 2);
    out->more = (int)mir_mp_read_uint_in(&reader, 1);
    out->has_frontier = !mir_mp_read_nil_if(&reader);
    if (out->has_frontier) {
        mir_mp_read_bin_exact(&reader, out->frontier, sizeof out->frontier);
    }
    return mir_reader_finish(&reader, "end", err);
}
