/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/initiator.c - the client's half: exchange after exchange, round after round;
 * protocol/sync.md 3 and 7.
 *
 * A broken exchange of which nothing was opened is repeated byte for byte, once; any other begins
 * the round again with a new handshake, where what was acknowledged and paged is not sent again.
 */
#include "initiator.h"

#include "env.h"
#include "fail.h"

#include <string.h>

#define REQUEST_SIZE  (1u << 20)
#define REQUEST_LEAST 1024u
#define DOUBTS_MAX    8u /* rounds of a run that ask about what came from others */
#define ROUNDS_MAX    16u
#define FAILURES_MAX  5u /* broken exchanges in a row before the run is given up */
#define ARENA_MAX     (8u << 20)

mirsal_code mir_initiator_open(struct mir_initiator **out,
    const struct mir_session_options *options,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_initiator *initiator = mir_secret_alloc(sizeof *initiator);
    if (initiator == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a session");
    }
    const mirsal_env *env = options->env;
    initiator->env = env;
    initiator->local = options->local;
    initiator->budget = options->budget;
    initiator->request_size = options->request_size == 0 ? REQUEST_SIZE : options->request_size;
    if (initiator->request_size < REQUEST_LEAST) {
        initiator->request_size = REQUEST_LEAST;
    }
    mir_buf_init(&initiator->body, env, MIR_HTTP_BODY_MAX);
    mir_buf_init(&initiator->clear, env, MIR_NOISE_MESSAGE_MAX);
    mir_buf_init(&initiator->frames, env, MIR_HTTP_BODY_MAX);
    mir_unpacker_init(&initiator->unpacker, env);
    mir_splitter_init(&initiator->splitter, env);
    mir_arena_init(&initiator->arena, env, ARENA_MAX);
    mir_run_writer_init(&initiator->run, env, MIR_FRAME_SIZE_MAX);
    mirsal_code code = mir_push_begin_round(initiator, 1, err);
    if (code != MIRSAL_OK) {
        mir_initiator_close(initiator);
        return code;
    }
    *out = initiator;
    return MIRSAL_OK;
}

void mir_initiator_close(struct mir_initiator *initiator)
{
    mir_pull_abort(initiator);
    mir_run_writer_fini(&initiator->run);
    mir_arena_fini(&initiator->arena);
    mir_splitter_fini(&initiator->splitter);
    mir_unpacker_fini(&initiator->unpacker);
    mir_buf_fini(&initiator->frames);
    mir_buf_fini(&initiator->clear);
    mir_buf_fini(&initiator->body);
    mir_secret_free(initiator);
}

size_t mir_initiator_send(struct mir_initiator *initiator, uint8_t *buffer, size_t capacity)
{
    if (initiator->need != MIR_NEED_WRITE) {
        return 0;
    }
    size_t left = initiator->body.size - initiator->body_at;
    size_t size = left < capacity ? left : capacity;
    memcpy(buffer, initiator->body.data + initiator->body_at, size);
    initiator->body_at += size;
    initiator->counters.bytes_out += size;
    if (initiator->body_at == initiator->body.size) {
        initiator->need = MIR_NEED_READ;
        initiator->counters.requests++;
    }
    return size;
}

/* Opens one message of the answer into clear. */
static mirsal_code open_message(struct mir_initiator *initiator,
    struct mir_bytes message,
    mirsal_error *err)
{
    mir_buf_reset(&initiator->clear);
    if (initiator->has_transport) {
        return mir_noise_open(&initiator->transport, &initiator->clear, message, err);
    }
    mirsal_code code = mir_noise_read(&initiator->handshake, &initiator->clear, message, err);
    if (code == MIRSAL_OK) {
        mir_noise_split(&initiator->transport, &initiator->handshake);
        initiator->has_transport = 1;
    }
    return code;
}

static mirsal_code take_message(struct mir_initiator *initiator,
    struct mir_bytes message,
    mirsal_error *err)
{
    mirsal_code code = open_message(initiator, message, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    initiator->opened++;
    code = mir_splitter_feed(&initiator->splitter, mir_buf_bytes(&initiator->clear), err);
    while (code == MIRSAL_OK) {
        struct mir_frame frame;
        code = mir_splitter_next(&initiator->splitter, &frame, err);
        if (code != MIRSAL_OK || frame.kind == MIR_FRAME_NONE) {
            break;
        }
        code = mir_pull_take(initiator, &frame, err);
    }
    return code;
}

static mirsal_code take_bytes(struct mir_initiator *initiator,
    const void *data,
    size_t size,
    mirsal_error *err)
{
    struct mir_reader input;
    mir_reader_init(&input, data, size);
    mirsal_code code = MIRSAL_OK;
    while (code == MIRSAL_OK && mir_reader_left(&input) > 0) {
        struct mir_bytes message;
        code = mir_unpacker_next(&initiator->unpacker, &input, &message, err);
        if (code == MIRSAL_OK && message.data != NULL) {
            code = take_message(initiator, message, err);
        }
    }
    return code;
}

/* 1 in *pending when there is something to push. */
static mirsal_code look_for_more(struct mir_initiator *initiator, int *pending, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_changeset next;
    memset(&next, 0, sizeof next);
    *pending = 0;
    mirsal_code code = local->push_begin(local->context, err);
    if (code == MIRSAL_OK) {
        code = local->push_next(local->context, &next, err);
    }
    *pending = code == MIRSAL_OK && next.header.size > 0;
    return code;
}

/* When all is done: a checkpoint that came from others, which the relay is asked about. */
static mirsal_code look_for_doubt(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    int has = 0;
    if (local->doubt == NULL || initiator->budget != 0 || !initiator->has_session ||
        initiator->doubts >= DOUBTS_MAX) {
        return MIRSAL_OK;
    }
    mirsal_code code = local->doubt(local->context, &initiator->doubt, &has, err);
    if (code == MIRSAL_OK && has) {
        initiator->doubts++;
        initiator->wish.doubt = 1;
    }
    return code;
}

static mirsal_code end_round(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_round_wish *wish = &initiator->wish;
    initiator->counters.rounds++;
    uint32_t wrote = 0;
    int pending = 0;
    mirsal_code code = local->settle(local->context, &wrote, err);
    if (code == MIRSAL_OK) {
        code = look_for_more(initiator, &pending, err);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    wish->vector = (wish->vector || initiator->self.with_vector) && !initiator->vector_done;
    wish->checkpoint = wish->checkpoint && !initiator->checkpoint_done;
    wish->again = initiator->relay_more && initiator->pulled_in_round > 0;
    int wanted = pending || wish->vector || wish->checkpoint || wish->again;
    wish->doubt = wish->doubt && wish->checkpoint;
    if (!wanted && !initiator->relay_more) {
        code = look_for_doubt(initiator, err);
        wanted = wish->doubt;
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    int stopped = initiator->budget != 0 && (initiator->push_stopped || initiator->relay_more) &&
                  !wish->vector && !wish->checkpoint;
    if (!wanted || stopped || initiator->counters.rounds >= ROUNDS_MAX) {
        initiator->counters.more = wanted || initiator->relay_more || initiator->push_stopped;
        initiator->need = MIR_NEED_DONE;
        return MIRSAL_OK;
    }
    code = mir_push_begin_round(initiator, !initiator->has_session, err);
    memset(wish, 0, sizeof *wish);
    return code;
}

/* The body ended before the answer was whole. */
static mirsal_code recover(struct mir_initiator *initiator, mirsal_error *err)
{
    mir_pull_abort(initiator);
    initiator->failures++;
    if (initiator->failures > FAILURES_MAX) {
        return mir_fail(err, MIRSAL_NO_RELAY, "no exchange gets through");
    }
    if (initiator->counter > 0 && initiator->opened == 0 && !initiator->repeated) {
        uint64_t left = mir_push_budget_left(initiator);
        initiator->repeated = 1;
        initiator->body_at = 0;
        mir_pull_expect(initiator);
        if (left >= initiator->body.size) {
            initiator->need = MIR_NEED_WRITE;
        } else {
            initiator->counters.more = 1;
            initiator->need = MIR_NEED_DONE;
        }
        return MIRSAL_OK;
    }
    initiator->wish.vector = initiator->wish.vector || initiator->vector_due ||
                             (initiator->round_had_vector && initiator->step != MIR_ANSWER_DONE);
    initiator->vector_done = initiator->vector_done && !initiator->wish.vector;
    mirsal_code code = mir_push_begin_round(initiator, 1, err);
    memset(&initiator->wish, 0, sizeof initiator->wish);
    return code;
}

static mirsal_code end_body(struct mir_initiator *initiator, mirsal_error *err)
{
    if (initiator->need == MIR_NEED_WRITE) {
        initiator->counters.requests++; /* broken while it was being sent */
    }
    if (initiator->begins_anew) {
        initiator->begins_anew = 0;
        return mir_push_begin_round(initiator, 1, err);
    }
    if (!initiator->unpacker.ended && initiator->step != MIR_ANSWER_DONE) {
        return recover(initiator, err);
    }
    mirsal_code code = mir_pull_finish(initiator, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    initiator->failures = 0;
    if (initiator->end_sent) {
        return end_round(initiator, err);
    }
    if (!initiator->has_session) {
        return mir_fail(err, MIRSAL_PROTOCOL, "no session to continue in");
    }
    return mir_push_continue(initiator, err);
}

mirsal_code mir_initiator_receive(struct mir_initiator *initiator,
    const void *data,
    size_t size,
    mirsal_error *err)
{
    if (initiator->need == MIR_NEED_DONE) {
        return MIRSAL_OK;
    }
    initiator->counters.bytes_in += size;
    mirsal_code code =
        size == 0 ? end_body(initiator, err) : take_bytes(initiator, data, size, err);
    if (code != MIRSAL_OK) {
        mir_pull_abort(initiator);
        initiator->need = MIR_NEED_DONE;
    }
    return code;
}
