/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/state.c - STATE, HEADERS and REJECT: what the relay says of itself and of the device's own
 * chains; protocol/sync.md 2.2, 3.3, 4.3 and 5.
 */
#include "env.h"
#include "exchange.h"
#include "fail.h"
#include "relayword.h"
#include "sort.h"

#include <string.h>

#define CLOCK_OFF_MS        600000u
#define CHECKPOINT_COST_MAX (MIR_PROOF_SIZE_MAX + 512u)
#define HEADERS_ARENA_MAX   (1u << 20)

uint64_t mir_state_own_seq(const struct mir_link *link, uint8_t compartment)
{
    uint64_t seq = link->pushed_own[compartment];
    for (uint32_t i = 0; i < link->hello.head_count; i++) {
        const struct mir_own_head *head = &link->hello.heads[i];
        if (head->compartment == compartment && head->seq > seq) {
            seq = head->seq;
        }
    }
    return seq;
}

/* 1 when the client named another changeset of its own at that place. */
static int contradicts_hello(const struct mir_link *link, const struct mir_head *own)
{
    int another = 0;
    for (uint32_t i = 0; i < link->hello.head_count; i++) {
        const struct mir_own_head *head = &link->hello.heads[i];
        if (head->compartment == own->compartment && head->seq == own->seq) {
            if (memcmp(head->id, own->id.bytes, sizeof head->id) == 0) {
                return 0;
            }
            another = 1;
        }
    }
    return another;
}

/* What the device should know of its own chains: hints, and which headers to show. */
static uint32_t judge_own_head(const struct mir_exchange *exchange, size_t index, int *show)
{
    const struct mir_link *link = exchange->link;
    const struct mir_head *head = mir_heads_at(&exchange->own_heads, index);
    uint32_t hints = 0;
    *show = 0;
    if (head->seq > mir_state_own_seq(link, head->compartment)) {
        hints |= MIR_HINT_BEHIND;
        *show = 1;
    }
    if (contradicts_hello(link, head)) {
        hints |= MIR_HINT_FORK;
        *show = 1;
    }
    if (index > 0 &&
        mir_heads_at(&exchange->own_heads, index - 1)->compartment == head->compartment) {
        hints |= MIR_HINT_FORK;
    }
    return hints;
}

static int compare_own(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_own_head *one = a;
    const struct mir_own_head *other = b;
    if (one->compartment != other->compartment) {
        return one->compartment < other->compartment ? -1 : 1;
    }
    if (one->seq != other->seq) {
        return one->seq < other->seq ? -1 : 1;
    }
    return memcmp(one->id, other->id, sizeof one->id);
}

static uint32_t fill_heads(const struct mir_exchange *exchange, struct mir_state *state)
{
    uint32_t hints = 0;
    size_t count = mir_heads_count(&exchange->own_heads);
    for (size_t i = 0; i < count && state->head_count < MIR_HEADS_MAX; i++) {
        const struct mir_head *head = mir_heads_at(&exchange->own_heads, i);
        struct mir_own_head *own = &state->heads[state->head_count++];
        int show = 0;
        own->compartment = head->compartment;
        own->seq = head->seq;
        memcpy(own->id, head->id.bytes, sizeof own->id);
        hints |= judge_own_head(exchange, i, &show);
    }
    mir_sort(state->heads, state->head_count, sizeof state->heads[0], compare_own, NULL);
    return hints;
}

static uint32_t judge_link(const struct mir_exchange *exchange, uint64_t now)
{
    const struct mir_link *link = exchange->link;
    uint64_t then = link->hello.time_ms;
    uint32_t hints = 0;
    if ((now > then ? now - then : then - now) > CLOCK_OFF_MS) {
        hints |= MIR_HINT_CLOCK;
    }
    if (link->stale && !link->has_vector) {
        hints |= MIR_HINT_VECTOR;
    }
    if (link->want_checkpoint) {
        hints |= MIR_HINT_CHECKPOINT;
    }
    if (link->device.standing == MIR_SYNC_WAITING) {
        hints |= MIR_HINT_WAITING;
    }
    if (link->device.quota_near) {
        hints |= MIR_HINT_QUOTA;
    }
    return hints;
}

/* A checkpoint newer than the client's, with its proof. */
static mirsal_code fill_checkpoint(struct mir_exchange *exchange,
    struct mir_state *state,
    const struct mir_sync_log *log,
    struct mir_buf *proof,
    mirsal_error *err)
{
    const struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    const struct mir_hello *hello = &link->hello;
    int knows = hello->has_checkpoint && !link->stale;
    uint64_t known_size = knows ? hello->checkpoint_size : 0;
    if (link->step != MIR_REQUEST_ENDED || link->want_checkpoint || exchange->replayed ||
        !log->has_checkpoint || log->checkpoint.size <= known_size ||
        memcmp(log->checkpoint.store_epoch, log->store_epoch, sizeof log->store_epoch) != 0) {
        return MIRSAL_OK;
    }
    if (hello->budget != 0 &&
        link->round_bytes + exchange->bytes_in + CHECKPOINT_COST_MAX > hello->budget) {
        return MIRSAL_OK; /* another time */
    }
    state->has_checkpoint = 1;
    state->checkpoint = log->checkpoint;
    if (known_size == 0) {
        return MIRSAL_OK;
    }
    mirsal_code code =
        host->consistency(host->context, &link->team, known_size, log->checkpoint.size, proof, err);
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(proof, err);
        state->proof = mir_buf_bytes(proof);
    }
    return code;
}

/* The whole head that STATE names by eight bytes. */
static const struct mir_head *whole_head(const struct mir_exchange *exchange,
    const struct mir_own_head *named)
{
    for (size_t i = 0; i < mir_heads_count(&exchange->own_heads); i++) {
        const struct mir_head *head = mir_heads_at(&exchange->own_heads, i);
        if (head->compartment == named->compartment && head->seq == named->seq &&
            memcmp(head->id.bytes, named->id, sizeof named->id) == 0) {
            return head;
        }
    }
    return NULL;
}

/* The relay's signature over the heads that it acknowledges, to who asked for it. */
static mirsal_code sign_heads(struct mir_exchange *exchange,
    struct mir_state *state,
    uint64_t log_size,
    mirsal_error *err)
{
    const struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    struct mir_acknowledgement given = {
        .device = link->device.device, .size = log_size, .time_ms = state->time_ms
    };
    struct mir_heads heads;
    struct mir_buf bytes;
    if (host->acknowledge == NULL || link->step != MIR_REQUEST_ENDED || !link->device_known ||
        (link->hello.flags & MIR_HELLO_SIGN) == 0) {
        return MIRSAL_OK;
    }
    mir_heads_init(&heads, exchange->env);
    mir_buf_init(&bytes, exchange->env, MIR_RELAY_WORD_SIZE_MAX);
    for (uint32_t i = 0; i < state->head_count; i++) {
        mir_heads_add(&heads, whole_head(exchange, &state->heads[i]));
    }
    mirsal_code code = mir_buf_finish(&heads.buf, err);
    if (code == MIRSAL_OK) {
        mir_acknowledged_write(&bytes, (const void *)heads.buf.data, mir_heads_count(&heads));
        code = mir_buf_finish(&bytes, err);
    }
    if (code == MIRSAL_OK) {
        memcpy(given.store_epoch, state->store_epoch, sizeof given.store_epoch);
        given.heads = mir_buf_bytes(&bytes);
        code = host->acknowledge(host->context, &link->team, &given, err);
    }
    if (code == MIRSAL_OK) {
        state->has_signed = 1;
        state->signed_size = given.size;
        memcpy(state->signature, given.signature, sizeof state->signature);
    }
    mir_buf_fini(&bytes);
    mir_heads_fini(&heads);
    return code;
}

static mirsal_code write_state(struct mir_exchange *exchange,
    struct mir_state *state,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    struct mir_sync_log log;
    struct mir_buf proof;
    mir_buf_init(&proof, exchange->env, MIR_PROOF_SIZE_MAX);
    /* First the heads, then the size: none of them arrived after it. */
    mirsal_code code = host->own_heads(
        host->context, &link->team, &link->device.device, &exchange->own_heads, err);
    if (code == MIRSAL_OK) {
        code = host->log(host->context, &link->team, &log, err);
    }
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(&exchange->own_heads.buf, err);
    }
    if (code == MIRSAL_OK) {
        code = fill_checkpoint(exchange, state, &log, &proof, err);
    }
    if (code == MIRSAL_OK) {
        mir_heads_sort(&exchange->own_heads);
        memcpy(state->store_epoch, log.store_epoch, sizeof state->store_epoch);
        state->time_ms = mir_now_ms(exchange->env);
        state->hints = fill_heads(exchange, state) | judge_link(exchange, state->time_ms);
        state->key_serial = exchange->key_serial;
        state->has_session = link->listed;
        memcpy(state->session, link->id, sizeof state->session);
        code = sign_heads(exchange, state, log.size, err);
    }
    if (code == MIRSAL_OK) {
        mir_state_write(&exchange->frames, state);
    }
    mir_buf_fini(&proof);
    return code;
}

/* One own header for HEADERS, its bytes in the arena. */
static mirsal_code read_header(struct mir_exchange *exchange,
    const mirsal_hash *id,
    struct mir_signed_header *out,
    struct mir_arena *arena,
    mirsal_error *err)
{
    const struct mir_sync_host *host = exchange->host;
    struct mir_buf header;
    uint8_t signature[MIR_SIGNATURE_SIZE];
    mir_buf_init(&header, exchange->env, MIR_HEADER_SIZE_MAX);
    mirsal_code code =
        host->header(host->context, &exchange->link->team, id, &header, signature, err);
    if (code == MIRSAL_OK) {
        out->header.size = header.size;
        out->header.data = mir_arena_copy(arena, header.data, header.size);
        out->signature = mir_arena_copy(arena, signature, sizeof signature);
        if (out->header.data == NULL || out->signature == NULL) {
            code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for headers");
        }
    }
    mir_buf_fini(&header);
    return code;
}

/* HEADERS: those of its own that the device seems not to hold, once a round. */
static mirsal_code write_headers(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    struct mir_headers headers = { 0, NULL };
    struct mir_arena arena;
    mirsal_code code = MIRSAL_OK;
    size_t count = mir_heads_count(&exchange->own_heads);
    if (link->headers_sent || count == 0) {
        return MIRSAL_OK;
    }
    count = count < MIR_HEADS_MAX ? count : MIR_HEADS_MAX;
    mir_arena_init(&arena, exchange->env, HEADERS_ARENA_MAX);
    headers.items = mir_arena_alloc(&arena, count, sizeof *headers.items);
    if (headers.items == NULL) {
        code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for headers");
    }
    for (size_t i = 0; i < count && code == MIRSAL_OK; i++) {
        int show = 0;
        (void)judge_own_head(exchange, i, &show);
        if (show) {
            code = read_header(exchange, &mir_heads_at(&exchange->own_heads, i)->id,
                &headers.items[headers.count++], &arena, err);
        }
    }
    if (code == MIRSAL_OK && headers.count > 0) {
        mir_headers_write(&exchange->frames, &headers);
        link->headers_sent = 1;
    }
    mir_arena_fini(&arena);
    return code;
}

static void write_rejects(struct mir_exchange *exchange)
{
    struct mir_buf *list = &exchange->link->rejects;
    const struct mir_reject *rejects = (const void *)list->data;
    for (size_t i = 0; i < list->size / sizeof *rejects; i++) {
        mir_reject_write(&exchange->frames, &rejects[i]);
    }
    mir_buf_reset(list);
}

struct giving {
    struct mir_exchange *exchange;
    size_t size;
};

static mirsal_code give_word(void *to, struct mir_bytes word, mirsal_error *err)
{
    struct giving *giving = to;
    (void)err;
    if (giving->size + word.size <= MIR_RELAY_WORDS_SIZE_MAX) {
        giving->size += word.size;
        mir_frame_write(&giving->exchange->frames, MIR_FRAME_WORD, word);
    }
    return MIRSAL_OK;
}

/* To a peer, in the round with VECTOR. */
static mirsal_code write_words(struct mir_exchange *exchange, mirsal_error *err)
{
    const struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    struct giving giving = { exchange, 0 };
    if (host->words == NULL || link->step != MIR_REQUEST_ENDED || !link->has_vector ||
        !link->device_known || link->device.standing != MIR_SYNC_MEMBER) {
        return MIRSAL_OK;
    }
    return host->words(host->context, give_word, &giving, err);
}

mirsal_code mir_state_make(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_state *state = mir_alloc(exchange->env, sizeof *state);
    if (state == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a state");
    }
    mirsal_code code = write_state(exchange, state, err);
    mir_release(exchange->env, state, sizeof *state);
    if (code == MIRSAL_OK) {
        code = write_headers(exchange, err);
    }
    if (code == MIRSAL_OK) {
        write_rejects(exchange);
        code = write_words(exchange, err);
    }
    return code;
}
