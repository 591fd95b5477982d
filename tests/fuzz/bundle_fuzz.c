/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/bundle_fuzz.c - the content of a part of a bundle: its frames in their order, each that
 * decodes written as it was read. A head's signature is judged and does not end the run.
 */
#include "bundle.h"
#include "fuzz.h"
#include "run.h"

#define PIECE_SIZE 1000u

static void demand_same(const struct mir_frame *frame, const struct mir_buf *again)
{
    struct mir_buf was;
    mir_buf_init(&was, fuzz_env(), SIZE_MAX);
    mir_frame_write(&was, frame->kind, frame->payload);
    fuzz_demand_equal(
        mir_buf_bytes(&was), mir_buf_bytes(again), "a frame is written as it was read");
    mir_buf_fini(&was);
}

/* 1 where it was decoded and written again. */
static int write_again(struct mir_buf *again,
    const struct mir_frame *frame,
    struct mir_arena *arena)
{
    struct mir_bundle_close close;
    struct mir_vector vector;
    mirsal_hash *ids = NULL;
    uint32_t count = 0;
    if (frame->kind == MIR_FRAME_CLOSE &&
        mir_bundle_close_read(&close, frame->payload, NULL) == MIRSAL_OK) {
        mir_bundle_close_write(again, &close);
        return 1;
    }
    if (frame->kind == MIR_FRAME_PURGED &&
        mir_purged_read(&ids, &count, frame->payload, arena, NULL) == MIRSAL_OK) {
        mir_purged_write(again, ids, count);
        return 1;
    }
    if (frame->kind == MIR_FRAME_VECTOR &&
        mir_vector_read(&vector, frame->payload, arena, NULL) == MIRSAL_OK) {
        mir_vector_write(again, &vector);
        return 1;
    }
    return 0;
}

static void take_frame(struct mir_bundle_order *order, const struct mir_frame *frame)
{
    static const uint8_t mac[32] = { 9 };
    static const mirsal_hash team = { { 0x7e } };
    struct mir_bundle_head head;
    struct mir_run_reader reader;
    struct mir_changeset changeset;
    struct mir_arena arena;
    struct mir_buf again;
    mirsal_code ended = MIRSAL_OK;
    mir_arena_init(&arena, fuzz_env(), (size_t)16 << 20);
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    if (frame->kind == MIR_FRAME_BUNDLE) {
        mirsal_code rc = mir_bundle_head_read(&head, frame->payload, mac, NULL);
        fuzz_demand(rc != MIRSAL_OK || head.part > 0, "parts are counted from one");
        order->part = head.part;
    } else if (frame->kind == MIR_FRAME_RUN && mir_run_reader_init(&reader, frame->payload, &team,
                                                   NULL, fuzz_env(), NULL) == MIRSAL_OK) {
        while (mir_run_reader_next(&reader, &changeset, &ended, NULL)) {
        }
    } else if (write_again(&again, frame, &arena)) {
        demand_same(frame, &again);
    }
    mir_buf_fini(&again);
    mir_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_splitter splitter;
    struct mir_bundle_order order = { 0, 0 };
    struct mir_frame frame = { MIR_FRAME_NONE, { NULL, 0 } };
    mirsal_code rc = MIRSAL_OK;
    mir_splitter_init_bundle(&splitter, fuzz_env());
    for (size_t at = 0; rc == MIRSAL_OK && at < size; at += PIECE_SIZE) {
        size_t step = size - at < PIECE_SIZE ? size - at : PIECE_SIZE;
        rc = mir_splitter_feed(&splitter, (struct mir_bytes){ data + at, step }, NULL);
        do {
            rc = rc == MIRSAL_OK ? mir_splitter_next(&splitter, &frame, NULL) : rc;
            if (rc == MIRSAL_OK && frame.kind != MIR_FRAME_NONE) {
                rc = mir_bundle_order(&order, frame.kind, NULL);
            }
            if (rc == MIRSAL_OK && frame.kind != MIR_FRAME_NONE) {
                take_frame(&order, &frame);
            }
        } while (rc == MIRSAL_OK && frame.kind != MIR_FRAME_NONE);
    }
    mir_splitter_fini(&splitter);
    return 0;
}
