/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/answer.c - what the relay says: STATE (state.c), and after the client's END the pull, page
 * by page; protocol/sync.md 3 and 4.
 *
 * Frames are made a little ahead of what is sent: at most one page waits. The frontier is told only
 * where it was taken of the very log that was served whole.
 */
#include "env.h"
#include "exchange.h"
#include "fail.h"

#include <string.h>

#define RUN_SIZE     57344u /* aim for one run */
#define RUN_OVERHEAD 128u
#define ITEM_MAX     192u
#define TAIL_SIZE    64u /* PAGE and END */
#define PULL_TURNS   3u  /* over a log that grows meanwhile */

static void write_refuse(struct mir_exchange *exchange)
{
    static const char *const reasons[] = {
        [MIR_REFUSE_TEAM] = "unknown team",
        [MIR_REFUSE_DEVICE] = "unknown device",
        [MIR_REFUSE_TOKEN] = "bad token",
        [MIR_REFUSE_QUOTA] = "quota",
        [MIR_REFUSE_MALFORMED] = "malformed",
        [MIR_REFUSE_VERSION] = "version",
        [MIR_REFUSE_REMOVED] = "removed",
        [MIR_REFUSE_INTERNAL] = "internal",
    };
    enum mir_refuse_code code = exchange->link->refused;
    mir_buf_reset(&exchange->frames);
    mir_refuse_write(&exchange->frames, code, reasons[code]);
    exchange->making = MIR_MAKING_DONE;
}

static void write_end(struct mir_exchange *exchange, const uint8_t *frontier)
{
    struct mir_end end = { exchange->more, frontier != NULL, { 0 } };
    if (frontier != NULL) {
        memcpy(end.frontier, frontier, sizeof end.frontier);
    }
    mir_end_write(&exchange->frames, &end);
    exchange->making = MIR_MAKING_DONE;
}

static mirsal_code make_state(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    if (exchange->first && !exchange->replayed) {
        mir_responder_list(exchange->responder, link);
    }
    mirsal_code code = mir_state_make(exchange, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    exchange->making = MIR_MAKING_PULL;
    if (exchange->replayed || link->stale || link->want_checkpoint) {
        exchange->more = 1; /* serving goes on once that is settled */
        if (link->step == MIR_REQUEST_ENDED || exchange->replayed) {
            write_end(exchange, NULL);
        }
    }
    if (link->step != MIR_REQUEST_ENDED) {
        exchange->making = MIR_MAKING_DONE;
    }
    return MIRSAL_OK;
}

/* Pull */

static void begin_pull(struct mir_exchange *exchange)
{
    const struct mir_link *link = exchange->link;
    for (uint32_t i = 0; i < link->hello.cursor_count; i++) {
        const struct mir_cursor *cursor = &link->hello.cursors[i];
        exchange->named[cursor->compartment] = link->has_vector ? 0 : cursor->arrival;
        exchange->after[cursor->compartment] = exchange->named[cursor->compartment];
    }
}

mirsal_code mir_answer_begin(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    mirsal_code code = MIRSAL_OK;
    exchange->making = MIR_MAKING_STATE;
    if (link->refused == 0) {
        begin_pull(exchange);
        code = make_state(exchange, err);
        if (code != MIRSAL_OK) {
            (void)mir_request_refuse(exchange, code);
        }
    }
    if (link->refused != 0) {
        write_refuse(exchange);
    }
    return code;
}

static int may_read(const struct mir_link *link, uint8_t compartment)
{
    return compartment == MIR_COMPARTMENT_CONTROL ||
           (link->device.readable[compartment / 8] >> (compartment % 8) & 1) != 0;
}

static int is_in_ranges(const struct mir_link *link, uint64_t arrival)
{
    const struct mir_sync_range *ranges = (const void *)link->ranges.data;
    size_t low = 0;
    size_t high = link->ranges.size / sizeof *ranges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < arrival) {
            low = middle + 1;
        } else if (ranges[middle].first > arrival) {
            high = middle;
        } else {
            return 1;
        }
    }
    return 0;
}

static uint64_t covered_seq(const struct mir_link *link, const struct mir_sync_place *place)
{
    const struct mir_covered *chains = (const void *)link->covered.data;
    size_t low = 0;
    size_t high = link->covered.size / sizeof *chains;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&chains[middle].device, &place->device, sizeof place->device);
        if (order == 0) {
            order = (chains[middle].compartment > place->compartment) -
                    (chains[middle].compartment < place->compartment);
        }
        if (order < 0) {
            low = middle + 1;
        } else if (order > 0) {
            high = middle;
        } else {
            return chains[middle].seq;
        }
    }
    return 0;
}

static int wants_place(void *context, const struct mir_sync_place *place)
{
    struct mir_exchange *exchange = context;
    const struct mir_link *link = exchange->link;
    int wanted = !is_in_ranges(link, place->arrival);
    if (link->has_vector) {
        wanted = wanted && place->seq > covered_seq(link, place);
    } else if (mir_hash_equal(&place->device, &link->device.device)) {
        wanted = wanted && place->seq > mir_state_own_seq(link, place->compartment);
    }
    if (!wanted) {
        exchange->page_covered = place->arrival;
    }
    return wanted;
}

static mirsal_code flush_run(struct mir_exchange *exchange, mirsal_error *err)
{
    if (exchange->run_changesets == 0) {
        return MIRSAL_OK;
    }
    struct mir_buf payload;
    mir_buf_init(&payload, exchange->env, MIR_FRAME_SIZE_MAX);
    mirsal_code code =
        mir_run_writer_finish(&exchange->run, &payload, &exchange->link->device.device, err);
    if (code == MIRSAL_OK) {
        mir_frame_write(&exchange->frames, MIR_FRAME_RUN, mir_buf_bytes(&payload));
        exchange->counters.pushed += exchange->run_changesets;
        exchange->run_changesets = 0;
        code = mir_buf_finish(&exchange->frames, err);
    }
    mir_buf_fini(&payload);
    return code;
}

/* 1 when the round would cost more than its budget with so many bytes more. */
static int over_budget(const struct mir_exchange *exchange, size_t more)
{
    const struct mir_link *link = exchange->link;
    if (link->hello.budget == 0) {
        return 0;
    }
    uint64_t clear = exchange->frames.size + exchange->run.items.size + more + RUN_OVERHEAD;
    uint64_t answer =
        exchange->made + mir_carriage_sealed_size(clear + TAIL_SIZE) + MIR_NOISE_M2_OVERHEAD + 4u;
    return link->round_bytes + exchange->bytes_in + mir_carriage_padded(answer) >
           link->hello.budget;
}

static int take_changeset(void *context, const struct mir_changeset *changeset, uint64_t arrival)
{
    struct mir_exchange *exchange = context;
    size_t size = changeset->body.size + ITEM_MAX;
    mirsal_error err;
    if (exchange->page_bytes > 0 && exchange->page_bytes + size > MIR_PAGE_SIZE) {
        return 0;
    }
    if (over_budget(exchange, size)) {
        exchange->budget_spent = 1;
        return 0;
    }
    if (exchange->run.items.size + size > RUN_SIZE ||
        !mir_run_writer_follows(&exchange->run, changeset)) {
        exchange->sink_code = flush_run(exchange, &err);
    }
    if (exchange->sink_code == MIRSAL_OK) {
        exchange->sink_code = mir_run_writer_add(&exchange->run, changeset, &err);
    }
    if (exchange->sink_code != MIRSAL_OK) {
        return 0;
    }
    exchange->run_changesets++;
    exchange->page_bytes += size;
    exchange->page_covered = arrival;
    return 1;
}

/* The compartment in turn, and whether its PAGEs move a cursor; 0 when all had theirs. */
static int next_part(struct mir_exchange *exchange, uint8_t *compartment, int *own_only)
{
    const struct mir_link *link = exchange->link;
    for (;; exchange->pull_at++) {
        if (exchange->pull_at == 0) {
            *compartment = MIR_COMPARTMENT_CONTROL;
            *own_only = 0;
            return 1;
        }
        if (exchange->pull_at > link->hello.want_count ||
            link->device.standing == MIR_SYNC_WAITING) {
            return 0;
        }
        *compartment = link->hello.wants[exchange->pull_at - 1];
        *own_only = !may_read(link, *compartment);
        if (!*own_only) {
            return 1;
        }
        for (size_t i = 0; i < mir_heads_count(&exchange->own_heads); i++) {
            const struct mir_head *head = mir_heads_at(&exchange->own_heads, i);
            if (head->compartment == *compartment &&
                (head->seq > mir_state_own_seq(link, *compartment) || link->has_vector)) {
                return 1;
            }
        }
    }
}

/* One page, or what is left of one part of the pull. */
static mirsal_code make_page(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    uint8_t compartment = 0;
    int own_only = 0;
    if (!next_part(exchange, &compartment, &own_only)) {
        exchange->making = MIR_MAKING_FRONTIER;
        return MIRSAL_OK;
    }
    const struct mir_sync_query query = {
        &link->team,
        compartment,
        own_only ? &link->device.device : NULL,
        exchange->after[compartment],
    };
    const struct mir_sync_sink sink = { exchange, wants_place, take_changeset };
    uint64_t size = 0;
    int ended = 0;
    exchange->page_bytes = 0;
    exchange->page_covered = exchange->after[compartment];
    mirsal_code code = host->read(host->context, &query, &sink, &size, &ended, err);
    if (code == MIRSAL_OK && exchange->sink_code != MIRSAL_OK) {
        code = mir_fail(err, exchange->sink_code, "a page could not be made");
    }
    if (code == MIRSAL_OK) {
        code = flush_run(exchange, err);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    exchange->after[compartment] = ended ? size : exchange->page_covered;
    if (!own_only && exchange->after[compartment] > exchange->named[compartment]) {
        exchange->named[compartment] = exchange->after[compartment];
        mir_page_write(
            &exchange->frames, &(struct mir_cursor){ compartment, exchange->after[compartment] });
    }
    if (exchange->budget_spent) {
        exchange->more = 1;
        write_end(exchange, NULL);
    } else if (ended) {
        if (exchange->pull_at == 0) {
            exchange->log_size = size;
        }
        exchange->pull_at++;
    }
    return mir_buf_finish(&exchange->frames, err);
}

static mirsal_code write_vector(struct mir_exchange *exchange,
    struct mir_heads *heads,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_vector vector;
    mir_arena_init(&arena, exchange->env, 2u * MIR_FRAME_SIZE_MAX);
    mirsal_code code =
        mir_vector_of(&vector, heads, exchange->link->transport.handshake_hash, &arena, err);
    if (code == MIRSAL_OK) {
        mir_vector_write(&exchange->frames, &vector);
    }
    mir_arena_fini(&arena);
    return code;
}

/* All was served: the frontier of that very log, or another turn over what came meanwhile. */
static mirsal_code make_frontier(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    const struct mir_bytes wants = { link->hello.wants, link->hello.want_count };
    struct mir_heads heads;
    uint8_t frontier[16];
    uint64_t size = 0;
    mir_heads_init(&heads, exchange->env);
    mirsal_code code =
        host->heads(host->context, &link->team, &link->device, wants, &heads, &size, err);
    int grown = size != exchange->log_size;
    if (code == MIRSAL_OK && grown && ++exchange->pull_turns < PULL_TURNS) {
        exchange->pull_at = 0;
        exchange->making = MIR_MAKING_PULL;
        mir_heads_fini(&heads);
        return MIRSAL_OK;
    }
    if (code == MIRSAL_OK) {
        code = mir_frontier(frontier, &heads, err);
    }
    if (code == MIRSAL_OK && link->has_vector) {
        code = write_vector(exchange, &heads, err);
    }
    if (code == MIRSAL_OK) {
        write_end(exchange, grown ? NULL : frontier);
    }
    mir_heads_fini(&heads);
    return code;
}

mirsal_code mir_answer_fill(struct mir_exchange *exchange, size_t aim, mirsal_error *err)
{
    mirsal_code code = MIRSAL_OK;
    while (
        code == MIRSAL_OK && exchange->making != MIR_MAKING_DONE && exchange->frames.size < aim) {
        code = exchange->making == MIR_MAKING_FRONTIER ? make_frontier(exchange, err)
                                                       : make_page(exchange, err);
    }
    return code == MIRSAL_OK ? mir_buf_finish(&exchange->frames, err) : code;
}
