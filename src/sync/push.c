/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/push.c - makes the requests of a round: HELLO and what follows it; protocol/sync.md 3.
 *
 * A run is never cut between two requests, so that what a STATE acknowledges is always a number of
 * whole changesets; what does not fit waits for the next request. Runs are kept to about one
 * Noise message: a broken link loses no more than that.
 */
#include "initiator.h"

#include "env.h"
#include "fail.h"

#include <string.h>

#define RUN_SIZE     57344u /* aim for one run */
#define RUN_OVERHEAD 128u   /* device, prev, authority, place, head of a frame */
#define ITEM_MAX     192u   /* of an item beside its body */
#define END_SIZE     5u     /* END without a frontier */
#define ANSWER_SIZE  512u   /* reserved in a budget for STATE and END */
#define REQUEST_MAX  (MIR_HTTP_BODY_MAX - 65536u) /* clear bytes; the rest is carriage */

uint64_t mir_push_budget_left(const struct mir_initiator *initiator)
{
    if (initiator->budget == 0) {
        return UINT64_MAX;
    }
    uint64_t used =
        initiator->counters.bytes_out + initiator->counters.bytes_in + initiator->beside;
    return used < initiator->budget ? initiator->budget - used : 0;
}

static void write_hello(struct mir_initiator *initiator)
{
    const struct mir_sync_self *self = &initiator->self;
    struct mir_hello *hello = &initiator->hello;
    memset(hello, 0, sizeof *hello);
    memcpy(hello->team, self->team.bytes, sizeof hello->team);
    hello->has_epoch = self->has_epoch;
    memcpy(hello->store_epoch, self->store_epoch, sizeof hello->store_epoch);
    hello->cursor_count = self->cursor_count;
    memcpy(hello->cursors, self->cursors, sizeof hello->cursors);
    hello->has_checkpoint = self->has_checkpoint;
    hello->checkpoint_size = self->checkpoint.size;
    memcpy(hello->checkpoint_root, self->checkpoint.root.bytes, sizeof hello->checkpoint_root);
    hello->head_count = self->head_count;
    memcpy(hello->heads, self->heads, sizeof hello->heads);
    hello->want_count = self->want_count;
    memcpy(hello->wants, self->wants, sizeof hello->wants);
    hello->budget = initiator->budget == 0 ? 0 : mir_push_budget_left(initiator);
    hello->time_ms = mir_now_ms(initiator->env);
    hello->flags = (initiator->vector_due ? MIR_HELLO_VECTOR : 0u) |
                   (self->joins ? MIR_HELLO_JOINS : 0u) |
                   (self->wants_signed ? MIR_HELLO_SIGN : 0u);
    mir_hello_write(&initiator->frames, hello);
}

static mirsal_code write_vector(struct mir_initiator *initiator, mirsal_error *err)
{
    struct mir_heads heads;
    mir_heads_init(&heads, initiator->env);
    mirsal_code code = initiator->local->heads(initiator->local->context, 0, &heads, err);
    struct mir_vector vector;
    if (code == MIRSAL_OK) {
        mir_arena_reset(&initiator->arena);
        code = mir_vector_of(
            &vector, &heads, initiator->transport.handshake_hash, &initiator->arena, err);
    }
    if (code == MIRSAL_OK) {
        mir_vector_write(&initiator->frames, &vector);
    }
    mir_heads_fini(&heads);
    initiator->vector_due = 0;
    initiator->round_had_vector = 1;
    initiator->vector_done = 1;
    return code;
}

static mirsal_code frame_word(void *to, struct mir_bytes word, mirsal_error *err)
{
    struct mir_initiator *initiator = to;
    (void)err;
    if (initiator->word_bytes + word.size <= MIR_RELAY_WORDS_SIZE_MAX) {
        initiator->word_bytes += word.size;
        mir_frame_write(&initiator->frames, MIR_FRAME_WORD, word);
    }
    return MIRSAL_OK;
}

/* Behind VECTOR, to a peer alone. */
static mirsal_code write_words(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    initiator->word_bytes = 0;
    return local->words != NULL ? local->words(local->context, frame_word, initiator, err)
                                : MIRSAL_OK;
}

/* Moves the gathered run into the request; 0 when it must wait for the next one. */
static int flush_run(struct mir_initiator *initiator,
    size_t room,
    mirsal_code *code,
    mirsal_error *err)
{
    if (initiator->run_changesets == 0) {
        return 1;
    }
    if (initiator->frames.size + initiator->run.items.size + RUN_OVERHEAD + END_SIZE > room) {
        return 0;
    }
    struct mir_buf payload;
    mir_buf_init(&payload, initiator->env, MIR_FRAME_SIZE_MAX);
    const mirsal_hash *device = initiator->self.joins ? NULL : &initiator->self.device;
    *code = mir_run_writer_finish(&initiator->run, &payload, device, err);
    if (*code == MIRSAL_OK) {
        mir_frame_write(&initiator->frames, MIR_FRAME_RUN, mir_buf_bytes(&payload));
        initiator->framed += initiator->run_changesets;
        initiator->run_changesets = 0;
    }
    mir_buf_fini(&payload);
    return *code == MIRSAL_OK;
}

/* What the round will have cost when this much more is pushed and answered. */
static int over_budget(const struct mir_initiator *initiator, size_t more)
{
    uint64_t clear = initiator->frames.size + initiator->run.items.size + more + RUN_OVERHEAD;
    uint64_t cost = mir_carriage_padded(mir_carriage_sealed_size(clear) + MIR_HTTP_PAD);
    return cost + ANSWER_SIZE > mir_push_budget_left(initiator);
}

static int is_own_join(const struct mir_initiator *initiator, const struct mir_changeset *changeset)
{
    return changeset->fields.compartment == MIR_COMPARTMENT_CONTROL && changeset->fields.seq == 1 &&
           mir_hash_equal(&changeset->fields.device, &initiator->self.device);
}

/* Gathers runs until the request holds `aim` bytes, never more than `room`. */
static mirsal_code fill_runs(struct mir_initiator *initiator,
    size_t aim,
    size_t room,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    size_t run_aim = aim < RUN_SIZE ? aim : RUN_SIZE;
    mirsal_code code = MIRSAL_OK;
    if (!flush_run(initiator, room, &code, err)) {
        return code;
    }
    while (!initiator->push_ended && initiator->frames.size < aim) {
        struct mir_changeset next;
        memset(&next, 0, sizeof next);
        code = local->push_next(local->context, &next, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        size_t size = next.body.size + ITEM_MAX;
        if (next.header.size == 0) {
            initiator->push_ended = 1;
        } else if (over_budget(initiator, size)) {
            initiator->push_stopped = 1;
            initiator->push_ended = 1;
        }
        size_t held = initiator->run.items.size;
        int fits = initiator->frames.size + held + size + RUN_OVERHEAD + END_SIZE <= room;
        int flushed = 1;
        if (initiator->push_ended || held + size > run_aim || !fits ||
            !mir_run_writer_follows(&initiator->run, &next)) {
            flushed = flush_run(initiator, room, &code, err);
        }
        if (code != MIRSAL_OK || initiator->push_ended) {
            return code;
        }
        MIR_ASSERT(flushed); /* a run gathered in this request was measured against room */
        code = mir_run_writer_add(&initiator->run, &next, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        initiator->run_changesets++;
        initiator->join_framed = initiator->join_framed || is_own_join(initiator, &next);
        if (!fits) {
            return MIRSAL_OK; /* alone in its run, it waits for the next request */
        }
    }
    if (!initiator->push_ended) {
        (void)flush_run(initiator, room, &code, err);
    }
    return code;
}

static void finish_frames(struct mir_initiator *initiator, size_t room)
{
    if (initiator->push_ended && initiator->run_changesets == 0 && !initiator->vector_due &&
        initiator->frames.size + END_SIZE <= room) {
        const struct mir_end end = { initiator->push_stopped, 0, { 0 } };
        mir_end_write(&initiator->frames, &end);
        initiator->end_sent = 1;
    }
}

/* Message 1 around the frames. */
static mirsal_code seal_first(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_self *self = &initiator->self;
    uint8_t prologue[MIR_PROLOGUE_SIZE];
    uint8_t seed[32];
    struct mir_buf *body = &initiator->body;
    mir_prologue(prologue, &self->relay_identity);
    mir_random(initiator->env, seed, sizeof seed);
    mir_noise_init_initiator(&initiator->handshake, (struct mir_bytes){ prologue, sizeof prologue },
        &self->noise, &self->relay_noise, seed);
    mir_wipe(seed, sizeof seed);
    mir_buf_append_u8(body, MIR_CARRIAGE_FIRST);
    mir_buf_append_be16(body, (uint16_t)self->relay_serial);
    mir_buf_append_be16(body, (uint16_t)(initiator->frames.size + MIR_NOISE_M1_OVERHEAD));
    mirsal_code code =
        mir_noise_write(&initiator->handshake, body, mir_buf_bytes(&initiator->frames), err);
    if (code == MIRSAL_OK) {
        mir_carriage_pad(body, 0);
        code = mir_buf_finish(body, err);
    }
    return code;
}

static mirsal_code seal_later(struct mir_initiator *initiator, mirsal_error *err)
{
    struct mir_buf *body = &initiator->body;
    mir_buf_append_u8(body, MIR_CARRIAGE_LATER);
    mir_buf_append(body, initiator->session, sizeof initiator->session);
    mir_buf_append_be32(body, initiator->counter);
    mirsal_code code =
        mir_carriage_seal(body, &initiator->transport, mir_buf_bytes(&initiator->frames), err);
    if (code == MIRSAL_OK) {
        mir_buf_append_be16(body, 0);
        mir_carriage_pad(body, 0);
        code = mir_buf_finish(body, err);
    }
    return code;
}

/* Ends the frames gathered, seals them into the request, and gets ready to send it. */
static mirsal_code make_request(struct mir_initiator *initiator, mirsal_error *err)
{
    int first = !initiator->has_transport;
    size_t room = first ? MIR_FIRST_PAYLOAD_MAX : REQUEST_MAX;
    size_t aim = initiator->request_size < room ? initiator->request_size : room;
    mirsal_code code = MIRSAL_OK;
    if (!first && initiator->vector_due) {
        code = write_vector(initiator, err);
        if (code == MIRSAL_OK) {
            code = write_words(initiator, err);
        }
    }
    if (code == MIRSAL_OK && !initiator->vector_due) {
        code = fill_runs(initiator, aim, room, err);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    if (initiator->self.joins && initiator->push_stopped && !initiator->join_framed) {
        /* Without the join the relay would refuse a device it does not know: nothing goes out. */
        initiator->counters.more = 1;
        initiator->need = MIR_NEED_DONE;
        return MIRSAL_OK;
    }
    finish_frames(initiator, room);
    code = mir_buf_finish(&initiator->frames, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    mir_buf_reset(&initiator->body);
    initiator->body_at = 0;
    initiator->repeated = 0;
    code = first ? seal_first(initiator, err) : seal_later(initiator, err);
    mir_buf_reset(&initiator->frames);
    if (code == MIRSAL_OK) {
        mir_pull_expect(initiator);
        initiator->need = MIR_NEED_WRITE;
    }
    return code;
}

mirsal_code mir_push_continue(struct mir_initiator *initiator, mirsal_error *err)
{
    initiator->counter++;
    return make_request(initiator, err);
}

static void reset_round(struct mir_initiator *initiator, int with_handshake)
{
    mir_buf_reset(&initiator->frames);
    mir_run_writer_fini(&initiator->run);
    mir_run_writer_init(&initiator->run, initiator->env, MIR_FRAME_SIZE_MAX - RUN_OVERHEAD);
    initiator->run_changesets = 0;
    initiator->push_ended = 0;
    initiator->push_stopped = 0;
    initiator->join_framed = 0;
    initiator->framed = 0;
    initiator->acknowledged = 0;
    initiator->end_sent = 0;
    initiator->round_had_vector = 0;
    initiator->relay_more = 0;
    initiator->pulled_in_round = 0;
    initiator->showed = 0;
    initiator->doubting = 0;
    if (with_handshake) {
        mir_noise_fini(&initiator->handshake);
        mir_wipe(&initiator->transport, sizeof initiator->transport);
        initiator->has_transport = 0;
        initiator->has_session = 0;
        initiator->counter = 0;
        mir_splitter_fini(&initiator->splitter);
        mir_splitter_init(&initiator->splitter, initiator->env);
    } else {
        initiator->counter++;
    }
}

mirsal_code mir_push_begin_round(struct mir_initiator *initiator,
    int with_handshake,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_sync_self *self = &initiator->self;
    mir_wipe(self, sizeof *self);
    mirsal_code code = local->describe(local->context, self, err);
    if (code == MIRSAL_OK) {
        code = local->push_begin(local->context, err);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    reset_round(initiator, with_handshake);
    if (initiator->wish.doubt && self->has_epoch) {
        self->has_checkpoint = 1;
        self->checkpoint = initiator->doubt;
        initiator->doubting = 1;
    }
    initiator->vector_due =
        initiator->wish.vector || (self->with_vector && !self->joins && !initiator->vector_done);
    if (with_handshake && self->token.size > 0) {
        const struct mir_register_frame frame = { self->token, self->genesis };
        mir_register_write(&initiator->frames, &frame);
    }
    write_hello(initiator);
    if (initiator->wish.checkpoint && self->has_checkpoint) {
        mir_checkpoint_write(&initiator->frames, &self->checkpoint);
        initiator->checkpoint_done = 1;
        initiator->showed = 1;
    }
    code = mir_buf_finish(&initiator->frames, err);
    if (code == MIRSAL_OK && with_handshake && initiator->frames.size > MIR_FIRST_PAYLOAD_MAX) {
        code = mir_fail(err, MIRSAL_LIMIT, "first message of %zu bytes", initiator->frames.size);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    if (over_budget(initiator, 0)) {
        initiator->counters.more = 1;
        initiator->need = MIR_NEED_DONE;
        return MIRSAL_OK;
    }
    return make_request(initiator, err);
}
