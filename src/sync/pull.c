/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/pull.c - takes the frames of an answer; protocol/sync.md 2, 3 and 5.
 *
 * Nothing of an answer is believed that the store does not verify, and nothing of a page is kept
 * before PAGE: an answer that breaks off or breaks the protocol leaves the cursor where it was.
 * What was pushed counts as held once STATE and the REJECTs after it were read.
 */
#include "initiator.h"

#include "fail.h"
#include "merkle.h"

#include <string.h>

#define PULL_OPEN_MAX (8u * MIR_PAGE_SIZE) /* bytes put before a commit without a cursor */

void mir_pull_expect(struct mir_initiator *initiator)
{
    initiator->step = MIR_ANSWER_STATE;
    initiator->acknowledge_due = 0;
    initiator->headers_taken = 0;
    initiator->words_in = 0;
    initiator->words_over = 0;
    initiator->opened = 0;
    mir_unpacker_restart(&initiator->unpacker);
}

void mir_pull_abort(struct mir_initiator *initiator)
{
    if (initiator->pull_open) {
        initiator->local->pull_abort(initiator->local->context);
        initiator->pull_open = 0;
    }
}

static mirsal_code commit(struct mir_initiator *initiator,
    const struct mir_cursor *cursor,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    initiator->pull_open = 0;
    mirsal_code code = local->pull_commit(local->context, cursor, err);
    if (code == MIRSAL_OK) {
        initiator->failures = 0;
    }
    return code;
}

static mirsal_code open_pull(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    if (initiator->pull_open) {
        return MIRSAL_OK;
    }
    mirsal_code code = local->pull_begin(local->context, err);
    if (code == MIRSAL_OK) {
        initiator->pull_open = 1;
        initiator->pull_bytes = 0;
    }
    return code;
}

/* 1 when STATE is of the log that the device knew when the round began. */
static int is_same_log(const struct mir_initiator *initiator)
{
    const struct mir_sync_self *self = &initiator->self;
    return self->has_epoch &&
           memcmp(self->store_epoch, initiator->state.store_epoch, sizeof self->store_epoch) == 0;
}

/* After STATE and its REJECTs: what arrived is held. */
static mirsal_code acknowledge(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    if (!initiator->acknowledge_due) {
        return MIRSAL_OK;
    }
    initiator->acknowledge_due = 0;
    mirsal_code code = local->acknowledge(local->context, initiator->framed, err);
    if (code == MIRSAL_OK) {
        initiator->counters.pushed += initiator->framed - initiator->acknowledged;
        initiator->acknowledged = initiator->framed;
        code = local->relay_heads(
            local->context, initiator->state.heads, initiator->state.head_count, err);
    }
    if (code == MIRSAL_OK && local->judge_state != NULL) {
        const struct mir_sync_self *self = &initiator->self;
        code = local->judge_state(local->context, &initiator->state,
            initiator->showed && is_same_log(initiator) ? &self->checkpoint : NULL, err);
    }
    return code;
}

/* The relay was asked about a checkpoint that came from others, and gave none of its own. */
static mirsal_code take_silence(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    uint32_t hints = initiator->state.hints;
    if (!initiator->doubting || !initiator->end_sent || !is_same_log(initiator)) {
        return MIRSAL_OK;
    }
    initiator->doubting = 0;
    if ((hints & MIR_HINT_CHECKPOINT) != 0) {
        initiator->wish.doubt = 1; /* it may have been restored: it is shown the checkpoint */
        return MIRSAL_OK;
    }
    return local->answered(local->context, &initiator->doubt, NULL, 0, err);
}

/* A new checkpoint: signature and proof decide whether it replaces the one held. */
static mirsal_code take_checkpoint(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_sync_self *self = &initiator->self;
    const struct mir_sync_local *local = initiator->local;
    const struct mir_state *state = &initiator->state;
    if (!mir_checkpoint_verify(&state->checkpoint, &self->relay_identity, &self->team)) {
        return mir_fail(err, MIRSAL_BAD_SIGNATURE, "checkpoint: signature does not verify");
    }
    if (memcmp(state->checkpoint.store_epoch, state->store_epoch, sizeof state->store_epoch) != 0) {
        return mir_fail(err, MIRSAL_PROTOCOL, "a checkpoint of another log");
    }
    int consistent = 1;
    if (self->has_checkpoint && is_same_log(initiator)) {
        consistent = mir_merkle_consistency_verify(&self->checkpoint.root, self->checkpoint.size,
            &state->checkpoint.root, state->checkpoint.size, state->proof);
    }
    if (!consistent) {
        initiator->counters.contradicted = 1;
    }
    if (initiator->doubting && is_same_log(initiator)) {
        initiator->doubting = 0;
        return local->answered(
            local->context, &initiator->doubt, &state->checkpoint, consistent, err);
    }
    return local->checkpoint(local->context, &state->checkpoint, consistent, err);
}

static mirsal_code take_state(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_state *state = &initiator->state;
    const struct mir_sync_self *self = &initiator->self;
    const struct mir_sync_local *local = initiator->local;
    mirsal_code code = mir_state_read(state, payload, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    initiator->counters.hints |= state->hints;
    initiator->counters.key_serial = state->key_serial;
    initiator->has_session = state->has_session;
    memcpy(initiator->session, state->session, sizeof initiator->session);
    if ((self->has_epoch && !is_same_log(initiator)) || (state->hints & MIR_HINT_VECTOR) != 0) {
        initiator->wish.vector = 1;
    }
    if ((state->hints & MIR_HINT_CHECKPOINT) != 0 && self->has_checkpoint) {
        initiator->wish.checkpoint = 1;
    }
    code = local->relay_state(
        local->context, state->store_epoch, state->key_serial, state->time_ms, err);
    if (code == MIRSAL_OK) {
        code =
            state->has_checkpoint ? take_checkpoint(initiator, err) : take_silence(initiator, err);
    }
    initiator->acknowledge_due = code == MIRSAL_OK;
    initiator->step = MIR_ANSWER_REJECTS;
    return code;
}

static mirsal_code take_headers(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_headers headers;
    initiator->headers_taken = 1;
    mir_arena_reset(&initiator->arena);
    mirsal_code code = mir_headers_read(&headers, payload, &initiator->arena, err);
    for (uint32_t i = 0; code == MIRSAL_OK && i < headers.count; i++) {
        int behind = 0;
        code = local->own_header(local->context, &headers.items[i], &behind, err);
        initiator->counters.behind |= behind;
    }
    return code;
}

static mirsal_code take_reject(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_reject reject;
    mirsal_code code = mir_reject_read(&reject, payload, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    initiator->headers_taken = 1; /* they come before */
    initiator->counters.rejected++;
    if (reject.code == MIR_REJECT_FORK) {
        initiator->counters.forked = 1;
    }
    if (reject.code == MIR_REJECT_GAP || reject.code == MIR_REJECT_AUTHORITY) {
        initiator->wish.vector = 1; /* it lacks what it was known to hold */
    }
    return local->rejected(local->context, &reject, err);
}

static mirsal_code put_one(struct mir_initiator *initiator,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    enum mir_sync_verdict verdict = MIR_SYNC_REJECTED;
    mirsal_code code = local->put(local->context, &verdict, changeset, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    switch (verdict) {
    case MIR_SYNC_FORK:
        initiator->counters.forked = 1;
        initiator->counters.pulled++;
        initiator->pulled_in_round++;
        break;
    case MIR_SYNC_STORED:
        initiator->counters.pulled++;
        initiator->pulled_in_round++;
        break;
    case MIR_SYNC_DUPLICATE:
        break;
    case MIR_SYNC_REJECTED:
    default:
        initiator->counters.rejected++;
        break;
    }
    return MIRSAL_OK;
}

static mirsal_code take_run(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_run_reader reader;
    struct mir_changeset changeset;
    const struct mir_sync_self *self = &initiator->self;
    mirsal_code code = MIRSAL_OK;
    if (initiator->pull_open && initiator->pull_bytes + payload.size > PULL_OPEN_MAX) {
        code = commit(initiator, NULL, err);
    }
    if (code == MIRSAL_OK) {
        code =
            mir_run_reader_init(&reader, payload, &self->team, &self->device, initiator->env, err);
    }
    if (code == MIRSAL_OK) {
        code = open_pull(initiator, err);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    initiator->pull_bytes += payload.size;
    while (mir_run_reader_next(&reader, &changeset, &code, err)) {
        code = put_one(initiator, &changeset, err);
        if (code != MIRSAL_OK) {
            return code;
        }
    }
    return code;
}

/* The cursor that the round named for a compartment; 0 for none. */
static uint64_t named_cursor(const struct mir_initiator *initiator, uint8_t compartment)
{
    const struct mir_sync_self *self = &initiator->self;
    for (uint32_t i = 0; i < self->cursor_count; i++) {
        if (self->cursors[i].compartment == compartment) {
            return self->cursors[i].arrival;
        }
    }
    return 0;
}

static int is_wanted(const struct mir_initiator *initiator, uint8_t compartment)
{
    const struct mir_sync_self *self = &initiator->self;
    if (compartment == MIR_COMPARTMENT_CONTROL) {
        return 1;
    }
    return self->want_count > 0 && memchr(self->wants, compartment, self->want_count) != NULL;
}

static mirsal_code take_page(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_cursor cursor;
    mirsal_code code = mir_page_read(&cursor, payload, err);
    if (code == MIRSAL_OK && !is_wanted(initiator, cursor.compartment)) {
        code = mir_fail(err, MIRSAL_PROTOCOL, "page of a compartment that was not wanted");
    }
    if (code == MIRSAL_OK) {
        code = open_pull(initiator, err);
    }
    if (code == MIRSAL_OK) {
        /* With a vector the relay begins at 0: below the cursor named nothing is new to it. */
        int advances = !initiator->round_had_vector ||
                       cursor.arrival > named_cursor(initiator, cursor.compartment);
        code = commit(initiator, advances ? &cursor : NULL, err);
    }
    return code;
}

static mirsal_code take_vector(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_vector vector;
    mirsal_code code = MIRSAL_OK;
    mir_arena_reset(&initiator->arena);
    if (initiator->pull_open) {
        code = commit(initiator, NULL, err);
    }
    if (code == MIRSAL_OK) {
        code = mir_vector_read(&vector, payload, &initiator->arena, err);
    }
    if (code == MIRSAL_OK) {
        code =
            local->replace_known(local->context, &vector, initiator->transport.handshake_hash, err);
    }
    initiator->step = MIR_ANSWER_END;
    return code;
}

/* Where the relay holds another set than it is known to hold, the next round carries VECTOR. */
static mirsal_code compare_frontier(struct mir_initiator *initiator,
    const struct mir_end *end,
    mirsal_error *err)
{
    const struct mir_sync_local *local = initiator->local;
    struct mir_heads heads;
    uint8_t frontier[16];
    mir_heads_init(&heads, initiator->env);
    mirsal_code code = local->heads(local->context, 1, &heads, err);
    if (code == MIRSAL_OK) {
        code = mir_frontier(frontier, &heads, err);
    }
    if (code == MIRSAL_OK && memcmp(frontier, end->frontier, sizeof frontier) != 0) {
        initiator->wish.vector = 1;
    } else if (code == MIRSAL_OK && !end->more && local->served != NULL) {
        code = local->served(local->context, err);
    }
    mir_heads_fini(&heads);
    return code;
}

static mirsal_code take_end(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_end end;
    mirsal_code code = mir_end_read(&end, payload, err);
    if (code == MIRSAL_OK && initiator->pull_open) {
        code = commit(initiator, NULL, err);
    }
    if (code == MIRSAL_OK && end.has_frontier) {
        code = compare_frontier(initiator, &end, err);
    }
    initiator->relay_more = end.more;
    initiator->step = MIR_ANSWER_DONE;
    return code;
}

/* A relay that was restored may have lost the join it once held: all that was known goes. */
static mirsal_code forget_relay(struct mir_initiator *initiator, mirsal_error *err)
{
    const struct mir_vector nothing = { 0 };
    const uint8_t no_handshake[32] = { 0 };
    mir_pull_abort(initiator);
    initiator->forgotten = 1;
    initiator->begins_anew = 1;
    initiator->step = MIR_ANSWER_DONE;
    return initiator->local->replace_known(initiator->local->context, &nothing, no_handshake, err);
}

static mirsal_code take_refuse(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    static const char *const reasons[] = {
        [MIR_REFUSE_TEAM] = "the relay does not know this team",
        [MIR_REFUSE_DEVICE] = "the relay does not know this device",
        [MIR_REFUSE_TOKEN] = "the relay does not accept the token",
        [MIR_REFUSE_QUOTA] = "the quota at the relay is spent",
        [MIR_REFUSE_MALFORMED] = "the relay could not read this device's frames",
        [MIR_REFUSE_VERSION] = "the relay speaks another version",
        [MIR_REFUSE_REMOVED] = "this device was removed from the team",
        [MIR_REFUSE_INTERNAL] = "the relay failed",
    };
    struct mir_refuse refuse;
    mirsal_code code = mir_refuse_read(&refuse, payload, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (refuse.code == MIR_REFUSE_DEVICE && !initiator->self.joins && !initiator->forgotten) {
        return forget_relay(initiator, err);
    }
    initiator->counters.refused = refuse.code;
    return mir_fail(err, refuse.code == MIR_REFUSE_QUOTA ? MIRSAL_QUOTA : MIRSAL_REFUSED, "%s",
        reasons[refuse.code]);
}

static mirsal_code take_word(struct mir_initiator *initiator,
    struct mir_bytes payload,
    mirsal_error *err)
{
    initiator->words_in += payload.size;
    if (initiator->words_in > MIR_RELAY_WORDS_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "more words of relays than a round holds");
    }
    return initiator->local->word(initiator->local->context, payload, err);
}

/* 1 when a frame of that kind may come now. */
static int is_expected(const struct mir_initiator *initiator, enum mir_frame_kind kind)
{
    switch (initiator->step) {
    case MIR_ANSWER_STATE:
        return kind == MIR_FRAME_STATE || kind == MIR_FRAME_REFUSE;
    case MIR_ANSWER_REJECTS:
        if (kind == MIR_FRAME_REJECT) {
            return 1;
        }
        if (kind == MIR_FRAME_HEADERS) {
            return !initiator->headers_taken;
        }
        break;
    case MIR_ANSWER_PULL:
        break;
    case MIR_ANSWER_END:
        return kind == MIR_FRAME_END || kind == MIR_FRAME_REFUSE;
    case MIR_ANSWER_DONE:
    default:
        return 0;
    }
    if (kind == MIR_FRAME_REFUSE) {
        return 1;
    }
    if (!initiator->end_sent) {
        return 0;
    }
    if (kind == MIR_FRAME_WORD) {
        return initiator->local->word != NULL && initiator->round_had_vector &&
               !initiator->words_over;
    }
    return kind == MIR_FRAME_RUN || kind == MIR_FRAME_PAGE || kind == MIR_FRAME_END ||
           (kind == MIR_FRAME_VECTOR && initiator->round_had_vector);
}

static mirsal_code take_expected(struct mir_initiator *initiator,
    const struct mir_frame *frame,
    mirsal_error *err)
{
    switch (frame->kind) {
    case MIR_FRAME_STATE:
        return take_state(initiator, frame->payload, err);
    case MIR_FRAME_HEADERS:
        return take_headers(initiator, frame->payload, err);
    case MIR_FRAME_REJECT:
        return take_reject(initiator, frame->payload, err);
    case MIR_FRAME_RUN:
        return take_run(initiator, frame->payload, err);
    case MIR_FRAME_PAGE:
        return take_page(initiator, frame->payload, err);
    case MIR_FRAME_VECTOR:
        return take_vector(initiator, frame->payload, err);
    case MIR_FRAME_END:
        return take_end(initiator, frame->payload, err);
    case MIR_FRAME_REFUSE:
        return take_refuse(initiator, frame->payload, err);
    case MIR_FRAME_WORD:
        return take_word(initiator, frame->payload, err);
    case MIR_FRAME_NONE:
    case MIR_FRAME_REGISTER:
    case MIR_FRAME_HELLO:
    case MIR_FRAME_CHECKPOINT:
    case MIR_FRAME_BUNDLE:
    case MIR_FRAME_PURGED:
    case MIR_FRAME_CLOSE:
    default:
        return mir_fail(err, MIRSAL_PROTOCOL, "frame of a client from the relay");
    }
}

mirsal_code mir_pull_take(struct mir_initiator *initiator,
    const struct mir_frame *frame,
    mirsal_error *err)
{
    if (!is_expected(initiator, frame->kind)) {
        return mir_fail(
            err, MIRSAL_PROTOCOL, "frame of kind %u out of order", (unsigned)frame->kind);
    }
    if (initiator->step == MIR_ANSWER_REJECTS && frame->kind != MIR_FRAME_HEADERS &&
        frame->kind != MIR_FRAME_REJECT && frame->kind != MIR_FRAME_REFUSE) {
        initiator->step = MIR_ANSWER_PULL;
        mirsal_code code = acknowledge(initiator, err);
        if (code != MIRSAL_OK) {
            return code;
        }
    }
    initiator->words_over = initiator->words_over ||
                            (initiator->step == MIR_ANSWER_PULL && frame->kind != MIR_FRAME_WORD);
    return take_expected(initiator, frame, err);
}

mirsal_code mir_pull_finish(struct mir_initiator *initiator, mirsal_error *err)
{
    int whole = mir_splitter_empty(&initiator->splitter) &&
                (initiator->end_sent ? initiator->step == MIR_ANSWER_DONE
                                     : initiator->step == MIR_ANSWER_REJECTS);
    if (!whole) {
        return mir_fail(err, MIRSAL_PROTOCOL, "the answer ends in the middle of a round");
    }
    return acknowledge(initiator, err);
}
