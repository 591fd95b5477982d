/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/corpus_frames.c - frames of sync, whole rounds of them. */
#include "corpus.h"
#include "fail.h"
#include "frames.h"
#include "relayword.h"

#include <string.h>

static struct mir_hello hello; /* large: not for the stack */
static struct mir_state answer;

static void fill_hello(void)
{
    memset(&hello, 0, sizeof hello);
    memset(hello.team, 0x7e, sizeof hello.team);
    hello.has_epoch = 1;
    hello.cursor_count = 2;
    hello.cursors[0] = (struct mir_cursor){ 0, 700 };
    hello.cursors[1] = (struct mir_cursor){ 255, 12 };
    hello.has_checkpoint = 1;
    hello.checkpoint_size = 712;
    hello.head_count = 2;
    hello.heads[0] = (struct mir_own_head){ 0, 31, { 1 } };
    hello.heads[1] = (struct mir_own_head){ 255, 2, { 2 } };
    hello.want_count = 2;
    hello.wants[1] = 1;
    hello.time_ms = UINT64_C(1700000000000);
    hello.flags = MIR_HELLO_VECTOR;
}

static void fill_answer(void)
{
    static const uint8_t proof[64] = { 5 };
    memset(&answer, 0, sizeof answer);
    answer.head_count = 1;
    answer.heads[0] = (struct mir_own_head){ 0, 31, { 1 } };
    answer.has_checkpoint = 1;
    answer.checkpoint.size = 800;
    answer.checkpoint.time_ms = UINT64_C(1700000000000);
    answer.proof = (struct mir_bytes){ proof, sizeof proof };
    answer.hints = MIR_HINT_CLOCK;
    answer.key_serial = 3;
    answer.has_session = 1;
}

static void put_stream(const char *name, struct mir_buf *out)
{
    MIR_ASSERT(mir_buf_finish(out, NULL) == MIRSAL_OK);
    corpus_put("frames", name, mir_buf_bytes(out));
    mir_buf_reset(out);
    mir_buf_append_u8(out, 60); /* where the harness cuts the stream */
}

/* A word of a log of that size; heads > 0: an acknowledgement of as many chains. */
static void write_word(struct mir_buf *out,
    uint8_t relay,
    uint64_t size,
    uint8_t root,
    size_t heads)
{
    struct mir_relay_word word = { .kind = MIR_WORD_CHECKPOINT,
        .checkpoint = { .size = size, .root = { { root } }, .time_ms = UINT64_C(1700000000000) } };
    struct mir_head chains[3] = { { { { 4 } }, 0, size, { { 1 } } },
        { { { 4 } }, 1, size + 1, { { 2 } } }, { { { 4 } }, 255, 2, { { 3 } } } };
    struct mir_buf bytes;
    mir_buf_init(&bytes, out->env, 1000);
    memset(word.identity.bytes, relay, sizeof word.identity.bytes);
    word.checkpoint.signature[0] = root;
    if (heads > 0) {
        mir_acknowledged_write(&bytes, chains, heads);
        word.kind = MIR_WORD_ACKNOWLEDGEMENT;
        word.acknowledgement = (struct mir_acknowledgement){ .size = size,
            .time_ms = UINT64_C(1700000000000),
            .device = { { 4 } },
            .heads = mir_buf_bytes(&bytes),
            .signature = { root } };
    }
    mir_relay_word_write(out, &word);
    mir_buf_fini(&bytes);
}

/* How it came, its size, the word. */
static void add_word(struct mir_buf *out, uint8_t via, struct mir_buf *word)
{
    mir_buf_append_u8(out, via);
    mir_buf_append_be16(out, (uint16_t)word->size);
    mir_buf_append(out, word->data, word->size);
    mir_buf_reset(word);
}

static void put_words(const char *name, struct mir_buf *out)
{
    MIR_ASSERT(mir_buf_finish(out, NULL) == MIRSAL_OK);
    corpus_put("relayword", name, mir_buf_bytes(out));
    mir_buf_reset(out);
}

static void corpus_words(const mirsal_env *env)
{
    struct mir_buf out;
    struct mir_buf word;
    mir_buf_init(&out, env, SIZE_MAX);
    mir_buf_init(&word, env, SIZE_MAX);
    for (uint8_t root = 1; root < 4; root++) {
        write_word(&word, 7, 9, root, 0);
        add_word(&out, root, &word);
    }
    put_words("faces", &out);
    for (size_t heads = 1; heads < 4; heads++) {
        write_word(&word, 9, 5 + heads, (uint8_t)heads, heads);
        add_word(&out, (uint8_t)heads, &word);
    }
    put_words("acknowledgements", &out);
    write_word(&word, 9, UINT64_MAX, 1, 0);
    add_word(&out, 1, &word);
    write_word(&word, 9, 5, 255, 2); /* a signature that does not verify */
    add_word(&out, 1, &word);
    mir_buf_append(&out, "\1\0\5short", 8);
    put_words("refused", &out);
    write_word(&word, 7, 9, 1, 2);
    mir_buf_append_u8(&out, 60); /* as the streams of put_stream */
    mir_frame_write(&out, MIR_FRAME_WORD, mir_buf_bytes(&word));
    mir_buf_reset(&word);
    write_word(&word, 7, 9, 1, 0);
    mir_frame_write(&out, MIR_FRAME_WORD, mir_buf_bytes(&word));
    MIR_ASSERT(mir_buf_finish(&out, NULL) == MIRSAL_OK);
    corpus_put("frames", "words", mir_buf_bytes(&out));
    mir_buf_fini(&word);
    mir_buf_fini(&out);
}

void corpus_frames(const mirsal_env *env)
{
    static const uint8_t token[32] = { 1 };
    static mirsal_hash devices[2] = { { { 1 } }, { { 2 } } };
    static struct mir_vector_entry entries[2] = { { 0, 0, 31, { 1 } }, { 1, 255, 2, { 2 } } };
    static const uint8_t signature[64] = { 9 };
    struct mir_signed_header header = { { signature, 40 }, signature };
    const struct mir_headers headers = { 1, &header };
    const struct mir_vector vector = { 2, devices, 2, entries };
    const struct mir_register_frame registers = { { token, 32 }, { token, 20 } };
    const struct mir_reject reject = { { { 4 } }, 1, 9, MIR_REJECT_GAP, "a gap" };
    const struct mir_end end = { 1, 1, { 6 } };
    struct mir_buf out;
    mir_buf_init(&out, env, SIZE_MAX);
    mir_buf_append_u8(&out, 60);
    fill_hello();
    fill_answer();
    mir_register_write(&out, &registers);
    mir_hello_write(&out, &hello);
    put_stream("register-hello", &out);
    mir_checkpoint_write(&out, &answer.checkpoint);
    mir_vector_write(&out, &vector);
    mir_end_write(&out, &end);
    put_stream("checkpoint-vector-end", &out);
    mir_state_write(&out, &answer);
    mir_headers_write(&out, &headers);
    put_stream("state-headers", &out);
    mir_reject_write(&out, &reject);
    mir_page_write(&out, &hello.cursors[0]);
    mir_refuse_write(&out, MIR_REFUSE_QUOTA, "quota spent");
    mir_frame_write(&out, MIR_FRAME_RUN, (struct mir_bytes){ token, 8 });
    put_stream("reject-page-refuse-run", &out);
    mir_buf_fini(&out);
    corpus_words(env);
}
