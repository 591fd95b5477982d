/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/frames_fuzz.c - a stream of frames, fed in two pieces (cut at the first byte's place): each
 * frame that decodes is written as it was read.
 */
#include "frames.h"
#include "fuzz.h"
#include "reader.h"
#include "relayword.h"

union any_frame {
    struct mir_register_frame registers;
    struct mir_hello hello;
    struct mir_state state;
    struct mir_cursor page;
    struct mir_reject reject;
    struct mir_headers headers;
    struct mir_vector vector;
    struct mir_checkpoint checkpoint;
    struct mir_end end;
    struct mir_refuse refuse;
    struct mir_relay_word word;
};

/* A word's bytes stand in the frame as they are. */
static int write_word(struct mir_buf *out, struct mir_relay_word *word, struct mir_bytes payload)
{
    struct mir_buf bytes;
    mir_buf_init(&bytes, fuzz_env(), SIZE_MAX);
    int good = mir_relay_word_read(word, payload, NULL) == MIRSAL_OK;
    if (good) {
        mir_relay_word_write(&bytes, word);
        mir_frame_write(out, MIR_FRAME_WORD, mir_buf_bytes(&bytes));
    }
    mir_buf_fini(&bytes);
    return good;
}

/* Decodes one frame and writes it again; 0 when it does not decode. */
static int write_again(struct mir_buf *out, const struct mir_frame *frame, struct mir_arena *arena)
{
    static union any_frame any; /* large: not for the stack */
    struct mir_bytes payload = frame->payload;
    switch (frame->kind) {
    case MIR_FRAME_REGISTER:
        return mir_register_read(&any.registers, payload, NULL) == MIRSAL_OK &&
               (mir_register_write(out, &any.registers), 1);
    case MIR_FRAME_HELLO:
        return mir_hello_read(&any.hello, payload, NULL) == MIRSAL_OK &&
               (mir_hello_write(out, &any.hello), 1);
    case MIR_FRAME_STATE:
        return mir_state_read(&any.state, payload, NULL) == MIRSAL_OK &&
               (mir_state_write(out, &any.state), 1);
    case MIR_FRAME_PAGE:
        return mir_page_read(&any.page, payload, NULL) == MIRSAL_OK &&
               (mir_page_write(out, &any.page), 1);
    case MIR_FRAME_REJECT:
        return mir_reject_read(&any.reject, payload, NULL) == MIRSAL_OK &&
               (mir_reject_write(out, &any.reject), 1);
    case MIR_FRAME_HEADERS:
        return mir_headers_read(&any.headers, payload, arena, NULL) == MIRSAL_OK &&
               (mir_headers_write(out, &any.headers), 1);
    case MIR_FRAME_VECTOR:
        return mir_vector_read(&any.vector, payload, arena, NULL) == MIRSAL_OK &&
               (mir_vector_write(out, &any.vector), 1);
    case MIR_FRAME_CHECKPOINT:
        return mir_checkpoint_read(&any.checkpoint, payload, NULL) == MIRSAL_OK &&
               (mir_checkpoint_write(out, &any.checkpoint), 1);
    case MIR_FRAME_END:
        return mir_end_read(&any.end, payload, NULL) == MIRSAL_OK &&
               (mir_end_write(out, &any.end), 1);
    case MIR_FRAME_REFUSE:
        return mir_refuse_read(&any.refuse, payload, NULL) == MIRSAL_OK &&
               (mir_refuse_write(out, any.refuse.code, any.refuse.text), 1);
    case MIR_FRAME_WORD:
        return write_word(out, &any.word, payload);
    case MIR_FRAME_RUN: /* run_fuzz.c */
    case MIR_FRAME_NONE:
    case MIR_FRAME_BUNDLE:
    case MIR_FRAME_PURGED:
    case MIR_FRAME_CLOSE:
    default:
        return 0;
    }
}

static void demand_frame(const struct mir_frame *frame)
{
    struct mir_arena arena;
    struct mir_buf was;
    struct mir_buf again;
    mir_arena_init(&arena, fuzz_env(), (size_t)64 << 20);
    mir_buf_init(&was, fuzz_env(), SIZE_MAX);
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    if (write_again(&again, frame, &arena)) {
        mir_frame_write(&was, frame->kind, frame->payload);
        fuzz_demand_equal(
            mir_buf_bytes(&was), mir_buf_bytes(&again), "a frame is written as it was read");
    }
    mir_buf_fini(&again);
    mir_buf_fini(&was);
    mir_arena_fini(&arena);
}

/* Feeds a piece and takes the frames that are whole; 0 after a refusal. */
static int feed(struct mir_splitter *splitter, struct mir_bytes piece)
{
    struct mir_frame frame = { MIR_FRAME_NONE, { NULL, 0 } };
    if (mir_splitter_feed(splitter, piece, NULL) != MIRSAL_OK) {
        return 0;
    }
    do {
        if (mir_splitter_next(splitter, &frame, NULL) != MIRSAL_OK) {
            return 0;
        }
        if (frame.kind != MIR_FRAME_NONE) {
            demand_frame(&frame);
        }
    } while (frame.kind != MIR_FRAME_NONE);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_splitter splitter;
    struct mir_reader reader;
    mir_reader_init(&reader, data, size);
    size_t cut = mir_reader_u8(&reader);
    size_t left = mir_reader_left(&reader);
    struct mir_bytes first = mir_reader_take(&reader, cut < left ? cut : left);
    struct mir_bytes second = mir_reader_take(&reader, mir_reader_left(&reader));
    mir_splitter_init(&splitter, fuzz_env());
    if (feed(&splitter, first)) {
        (void)feed(&splitter, second);
    }
    mir_splitter_fini(&splitter);
    return 0;
}
