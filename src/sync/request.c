/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/request.c - what a client's frames do at the relay; protocol/sync.md 2, 3, 4 and 6.
 *
 * Runs are queued as they come and committed when the request ends, whole or broken off; STATE
 * comes after that. A frame that breaks the protocol drops what this request queued and refuses
 * the session. Who may store what is the host's to judge; here stands only what a sender may do
 * before it is known.
 */
#include "env.h"
#include "exchange.h"
#include "fail.h"

#include <string.h>

static enum mir_refuse_code refusal_of(mirsal_code code)
{
    switch (mirsal_code_class(code)) {
    case MIRSAL_CLASS_PEER:
        return MIR_REFUSE_MALFORMED;
    case MIRSAL_CLASS_DENIED:
        return code == MIRSAL_QUOTA ? MIR_REFUSE_QUOTA : MIR_REFUSE_DEVICE;
    case MIRSAL_CLASS_NONE:
    case MIRSAL_CLASS_AGAIN:
    case MIRSAL_CLASS_LOCAL:
    case MIRSAL_CLASS_CALLER:
    default:
        return MIR_REFUSE_INTERNAL;
    }
}

mirsal_code mir_request_refuse(struct mir_exchange *exchange, mirsal_code code)
{
    struct mir_link *link = exchange->link;
    if (link->refused == 0) {
        link->refused = refusal_of(code);
    }
    exchange->host->discard(exchange->host->context);
    link->queued = 0;
    return code;
}

/* Refuses with a code of its own; nothing failed. */
static void refuse_with(struct mir_exchange *exchange, enum mir_refuse_code code)
{
    exchange->link->refused = code;
    exchange->host->discard(exchange->host->context);
    exchange->link->queued = 0;
}

/* Moves what a commit told into the link. Ranges beyond the room are forgotten: what they name is
 * served back, and held already. */
static void keep_outcome(struct mir_link *link, const struct mir_sync_outcome *outcome)
{
    size_t room = link->rejects.size_max - link->rejects.size;
    if (outcome->rejects.size <= room) {
        mir_buf_append(&link->rejects, outcome->rejects.data, outcome->rejects.size);
    } else {
        link->refused = MIR_REFUSE_MALFORMED;
    }
    const struct mir_reject *rejects = (const void *)outcome->rejects.data;
    for (size_t i = 0; i < outcome->rejects.size / sizeof *rejects; i++) {
        uint64_t *pushed = &link->pushed_own[rejects[i].compartment];
        if (rejects[i].code != MIR_REJECT_FORK && link->device_known &&
            mir_hash_equal(&rejects[i].device, &link->device.device) && *pushed >= rejects[i].seq) {
            *pushed = rejects[i].seq - 1; /* did not arrive after all */
        }
    }
    if (outcome->ranges.size <= link->ranges.size_max - link->ranges.size) {
        mir_buf_append(&link->ranges, outcome->ranges.data, outcome->ranges.size);
    }
}

static mirsal_code commit(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    if (link->queued == 0) {
        return MIRSAL_OK;
    }
    struct mir_sync_outcome outcome;
    mir_buf_init(
        &outcome.rejects, exchange->env, MIR_HTTP_BODY_MAX / 64u * sizeof(struct mir_reject));
    mir_buf_init(
        &outcome.ranges, exchange->env, MIR_HTTP_BODY_MAX / 64u * sizeof(struct mir_sync_range));
    outcome.stored = 0;
    link->queued = 0;
    mirsal_code code = host->commit(host->context, &link->team, &outcome, err);
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(&outcome.rejects, err);
    }
    if (code == MIRSAL_OK) {
        keep_outcome(link, &outcome);
        exchange->counters.pulled += outcome.stored;
        exchange->counters.rejected += outcome.rejects.size / sizeof(struct mir_reject);
    }
    mir_buf_fini(&outcome.rejects);
    mir_buf_fini(&outcome.ranges);
    return code;
}

/* Looks the sender up. known = 0 when it is in nothing held. */
static mirsal_code identify(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    mirsal_code code =
        host->find_device(host->context, &link->team, &link->noise, &link->device, err);
    link->device_known = code == MIRSAL_OK;
    if (code == MIRSAL_NOT_FOUND) {
        return MIRSAL_OK;
    }
    if (code == MIRSAL_OK && link->device.standing == MIR_SYNC_REMOVED) {
        refuse_with(exchange, MIR_REFUSE_REMOVED);
    }
    return code;
}

static mirsal_code take_register(struct mir_exchange *exchange,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    struct mir_register_frame frame;
    mirsal_code code = mir_register_read(&frame, payload, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    link->step = MIR_REQUEST_HELLO;
    if (exchange->replayed) {
        return MIRSAL_OK;
    }
    code = host->register_team(host->context, frame.token, frame.genesis, &link->team, err);
    if (code == MIRSAL_NOT_ALLOWED) {
        refuse_with(exchange, MIR_REFUSE_TOKEN);
        return MIRSAL_OK;
    }
    link->has_team = code == MIRSAL_OK;
    return code;
}

/* Whether the client's knowledge of this log still fits it. */
static mirsal_code judge_hello(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    const struct mir_hello *hello = &link->hello;
    struct mir_sync_log log;
    mirsal_code code = host->log(host->context, &link->team, &log, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    link->stale = hello->has_epoch &&
                  memcmp(hello->store_epoch, log.store_epoch, sizeof log.store_epoch) != 0;
    if (link->stale || !hello->has_checkpoint) {
        return MIRSAL_OK;
    }
    if (hello->checkpoint_size > log.size) {
        link->want_checkpoint = 1;
        return MIRSAL_OK;
    }
    mirsal_hash root;
    code = host->root_at(host->context, &link->team, hello->checkpoint_size, &root, err);
    link->want_checkpoint = code == MIRSAL_OK && memcmp(root.bytes, hello->checkpoint_root,
                                                     sizeof hello->checkpoint_root) != 0;
    return code;
}

static void begin_round(struct mir_link *link)
{
    link->step = MIR_REQUEST_EXTRAS;
    link->round_bytes = 0;
    link->stale = 0;
    link->want_checkpoint = 0;
    link->has_vector = 0;
    link->word_bytes = 0;
    link->headers_sent = 0;
    memset(link->pushed_own, 0, sizeof link->pushed_own);
    mir_buf_reset(&link->rejects);
    mir_buf_reset(&link->ranges);
    mir_buf_reset(&link->covered);
}

static mirsal_code take_hello(struct mir_exchange *exchange,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    mirsal_hash team;
    begin_round(link);
    mirsal_code code = mir_hello_read(&link->hello, payload, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (link->has_team && memcmp(link->team.bytes, link->hello.team, 16) != 0) {
        return mir_fail(err, MIRSAL_PROTOCOL, "another team in one session");
    }
    code = host->find_team(host->context, link->hello.team, &team, err);
    if (code == MIRSAL_NOT_FOUND) {
        refuse_with(exchange, MIR_REFUSE_TEAM);
        return MIRSAL_OK;
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    link->team = team;
    link->has_team = 1;
    code = identify(exchange, err);
    if (code != MIRSAL_OK || link->refused != 0) {
        return code;
    }
    if (!link->device_known && (link->hello.flags & MIR_HELLO_JOINS) == 0) {
        refuse_with(exchange, MIR_REFUSE_DEVICE);
        return MIRSAL_OK;
    }
    return judge_hello(exchange, err);
}

/* A checkpoint of this relay's own that its log does not continue: the log was restored. */
static mirsal_code take_checkpoint(struct mir_exchange *exchange,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    struct mir_checkpoint checkpoint;
    mirsal_code code = mir_checkpoint_read(&checkpoint, payload, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    int asked = link->want_checkpoint && link->device_known;
    link->want_checkpoint = 0;
    if (!asked || exchange->replayed || checkpoint.size != link->hello.checkpoint_size ||
        memcmp(checkpoint.root.bytes, link->hello.checkpoint_root, 16) != 0 ||
        !mir_checkpoint_verify(&checkpoint, &exchange->identity, &link->team)) {
        return MIRSAL_OK;
    }
    mir_log(exchange->env, MIRSAL_LOG_WARNING, "log was restored: a new store epoch begins");
    link->stale = 1;
    return host->restored(host->context, &link->team, err);
}

/* Index of the first head of a chain, and how many it has here. */
static size_t find_heads(const struct mir_heads *heads,
    const struct mir_covered *chain,
    size_t *count)
{
    size_t low = 0;
    size_t high = mir_heads_count(heads);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mir_head *head = mir_heads_at(heads, middle);
        int order = memcmp(&head->device, &chain->device, sizeof chain->device);
        if (order < 0 || (order == 0 && head->compartment < chain->compartment)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *count = 0;
    while (low + *count < mir_heads_count(heads)) {
        const struct mir_head *head = mir_heads_at(heads, low + *count);
        if (!mir_hash_equal(&head->device, &chain->device) ||
            head->compartment != chain->compartment) {
            break;
        }
        (*count)++;
    }
    return low;
}

/* 1 when the client's entries of a chain name each of its heads here. */
static int names_all_heads(const struct mir_exchange *exchange,
    const struct mir_vector_entry *entries,
    uint32_t entry_count,
    const struct mir_head *heads,
    size_t head_count)
{
    size_t named = 0;
    for (size_t h = 0; h < head_count; h++) {
        uint8_t tag[8];
        mir_vector_tag(tag, exchange->link->transport.handshake_hash, &heads[h].id);
        for (uint32_t e = 0; e < entry_count; e++) {
            if (entries[e].seq == heads[h].seq && memcmp(entries[e].tag, tag, sizeof tag) == 0) {
                named++;
                break;
            }
        }
    }
    return named == head_count;
}

/* Judges the client's entries of one chain: up to where it holds all that is here. */
static mirsal_code cover_chain(struct mir_exchange *exchange,
    struct mir_covered *chain,
    const struct mir_vector_entry *entries,
    uint32_t entry_count,
    const struct mir_heads *heads,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    size_t head_count = 0;
    size_t first = find_heads(heads, chain, &head_count);
    chain->seq = 0;
    if (head_count > 1) { /* forked: all or nothing */
        if (names_all_heads(
                exchange, entries, entry_count, mir_heads_at(heads, first), head_count)) {
            chain->seq = UINT64_MAX;
        }
        return MIRSAL_OK;
    }
    for (uint32_t i = entry_count; i > 0 && chain->seq == 0; i--) {
        int held = 0;
        mirsal_code code = host->holds(host->context, &link->team, &chain->device, &entries[i - 1],
            link->transport.handshake_hash, &held, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        if (held) {
            chain->seq = entries[i - 1].seq;
        }
    }
    return MIRSAL_OK;
}

/* What the client lacks is what `covered` does not name. */
static mirsal_code cover(struct mir_exchange *exchange,
    const struct mir_vector *vector,
    const struct mir_heads *heads,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    uint32_t at = 0;
    while (at < vector->entry_count) {
        const struct mir_vector_entry *first = &vector->entries[at];
        struct mir_covered chain;
        uint32_t count = 1;
        memset(&chain, 0, sizeof chain);
        chain.device = vector->devices[first->device];
        chain.compartment = first->compartment;
        while (at + count < vector->entry_count && first[count].device == first->device &&
               first[count].compartment == first->compartment) {
            count++;
        }
        mirsal_code code = cover_chain(exchange, &chain, first, count, heads, err);
        if (code != MIRSAL_OK) {
            return code;
        }
        mir_buf_append(&link->covered, &chain, sizeof chain);
        at += count;
    }
    return mir_buf_finish(&link->covered, err);
}

static mirsal_code take_vector(struct mir_exchange *exchange,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    struct mir_arena arena;
    struct mir_heads heads;
    struct mir_vector vector;
    uint64_t size = 0;
    if (exchange->first || !link->device_known) {
        return mir_fail(err, MIRSAL_PROTOCOL, "a vector before the session stands");
    }
    mir_arena_init(&arena, exchange->env, 2u * MIR_FRAME_SIZE_MAX);
    mir_heads_init(&heads, exchange->env);
    mirsal_code code = mir_vector_read(&vector, payload, &arena, err);
    if (code == MIRSAL_OK) {
        const struct mir_bytes wants = { link->hello.wants, link->hello.want_count };
        code = host->heads(host->context, &link->team, &link->device, wants, &heads, &size, err);
    }
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(&heads.buf, err);
    }
    if (code == MIRSAL_OK) {
        mir_heads_sort(&heads);
        code = cover(exchange, &vector, &heads, err);
    }
    link->has_vector = 1;
    link->step = exchange->host->word != NULL ? MIR_REQUEST_WORDS : MIR_REQUEST_RUNS;
    mir_heads_fini(&heads);
    mir_arena_fini(&arena);
    return code;
}

/* Before the sender is known it may bring its invite and its join, and no more. */
static mirsal_code admit_unknown(struct mir_exchange *exchange,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    if (link->device_known) {
        return MIRSAL_OK;
    }
    link->unknown_bytes += changeset->header.size + changeset->body.size + MIR_SIGNATURE_SIZE;
    if (changeset->fields.compartment == MIR_COMPARTMENT_CONTROL &&
        link->unknown_bytes <= MIR_ADMISSION_SIZE_MAX) {
        return MIRSAL_OK;
    }
    mirsal_code code = commit(exchange, err);
    if (code == MIRSAL_OK) {
        code = identify(exchange, err);
    }
    if (code == MIRSAL_OK && !link->device_known) {
        refuse_with(exchange, MIR_REFUSE_DEVICE);
    }
    return code;
}

static mirsal_code put_one(struct mir_exchange *exchange,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    const struct mir_sync_host *host = exchange->host;
    const struct mir_header *fields = &changeset->fields;
    mirsal_code code = admit_unknown(exchange, changeset, err);
    if (code != MIRSAL_OK || link->refused != 0) {
        return code;
    }
    const mirsal_hash *device = link->device_known ? &link->device.device : NULL;
    if (device != NULL && mir_hash_equal(&fields->device, device) &&
        fields->seq > link->pushed_own[fields->compartment]) {
        link->pushed_own[fields->compartment] = fields->seq;
    }
    code = host->put(host->context, &link->team, device, changeset, err);
    link->queued += code == MIRSAL_OK;
    return code;
}

static mirsal_code take_run(struct mir_exchange *exchange,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    struct mir_run_reader reader;
    struct mir_changeset changeset;
    link->step = MIR_REQUEST_RUNS;
    const mirsal_hash *device = link->device_known ? &link->device.device : NULL;
    mirsal_code code =
        mir_run_reader_init(&reader, payload, &link->team, device, exchange->env, err);
    if (code != MIRSAL_OK || exchange->replayed) {
        return code;
    }
    while (mir_run_reader_next(&reader, &changeset, &code, err)) {
        code = put_one(exchange, &changeset, err);
        if (code != MIRSAL_OK || link->refused != 0) {
            return code;
        }
    }
    return code;
}

static mirsal_code take_word(struct mir_exchange *exchange,
    struct mir_bytes payload,
    mirsal_error *err)
{
    exchange->link->word_bytes += payload.size;
    if (exchange->link->word_bytes > MIR_RELAY_WORDS_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "more words of relays than a round holds");
    }
    return exchange->host->word(exchange->host->context, payload, err);
}

static int is_expected(const struct mir_exchange *exchange, enum mir_frame_kind kind)
{
    const struct mir_link *link = exchange->link;
    int vector_due = (link->hello.flags & MIR_HELLO_VECTOR) != 0;
    switch (link->step) {
    case MIR_REQUEST_START:
        return kind == MIR_FRAME_HELLO || (kind == MIR_FRAME_REGISTER && exchange->first);
    case MIR_REQUEST_HELLO:
        return kind == MIR_FRAME_HELLO;
    case MIR_REQUEST_EXTRAS:
        if (kind == MIR_FRAME_CHECKPOINT) {
            return 1;
        }
        break;
    case MIR_REQUEST_VECTOR:
        break;
    case MIR_REQUEST_WORDS:
        return kind == MIR_FRAME_WORD || kind == MIR_FRAME_RUN || kind == MIR_FRAME_END;
    case MIR_REQUEST_RUNS:
        return kind == MIR_FRAME_RUN || kind == MIR_FRAME_END;
    case MIR_REQUEST_ENDED:
    default:
        return 0;
    }
    return vector_due ? kind == MIR_FRAME_VECTOR : kind == MIR_FRAME_RUN || kind == MIR_FRAME_END;
}

static mirsal_code take_frame(struct mir_exchange *exchange,
    const struct mir_frame *frame,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    struct mir_end end;
    mirsal_code code = MIRSAL_OK;
    if (!is_expected(exchange, frame->kind)) {
        return mir_fail(
            err, MIRSAL_PROTOCOL, "frame of kind %u out of order", (unsigned)frame->kind);
    }
    switch (frame->kind) {
    case MIR_FRAME_REGISTER:
        return take_register(exchange, frame->payload, err);
    case MIR_FRAME_HELLO:
        return take_hello(exchange, frame->payload, err);
    case MIR_FRAME_CHECKPOINT:
        link->step = MIR_REQUEST_VECTOR;
        return take_checkpoint(exchange, frame->payload, err);
    case MIR_FRAME_VECTOR:
        return take_vector(exchange, frame->payload, err);
    case MIR_FRAME_RUN:
        return take_run(exchange, frame->payload, err);
    case MIR_FRAME_WORD:
        return take_word(exchange, frame->payload, err);
    case MIR_FRAME_END:
        code = mir_end_read(&end, frame->payload, err);
        link->step = MIR_REQUEST_ENDED;
        return code;
    case MIR_FRAME_NONE:
    case MIR_FRAME_STATE:
    case MIR_FRAME_PAGE:
    case MIR_FRAME_REJECT:
    case MIR_FRAME_HEADERS:
    case MIR_FRAME_REFUSE:
    case MIR_FRAME_BUNDLE:
    case MIR_FRAME_PURGED:
    case MIR_FRAME_CLOSE:
    default:
        return mir_fail(err, MIRSAL_PROTOCOL, "frame of a relay from a client");
    }
}

mirsal_code mir_request_take(struct mir_exchange *exchange,
    struct mir_bytes clear,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    if (link->refused != 0) {
        return MIRSAL_OK;
    }
    mirsal_code code = mir_splitter_feed(&link->splitter, clear, err);
    while (code == MIRSAL_OK && link->refused == 0) {
        struct mir_frame frame;
        code = mir_splitter_next(&link->splitter, &frame, err);
        if (code != MIRSAL_OK || frame.kind == MIR_FRAME_NONE) {
            break;
        }
        code = take_frame(exchange, &frame, err);
    }
    return code == MIRSAL_OK ? code : mir_request_refuse(exchange, code);
}

mirsal_code mir_request_end(struct mir_exchange *exchange, int whole, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    if (link->refused != 0) {
        return MIRSAL_OK;
    }
    mirsal_code code = commit(exchange, err);
    if (code == MIRSAL_OK && whole && link->refused == 0) {
        if (link->step == MIR_REQUEST_START || link->step == MIR_REQUEST_HELLO) {
            code = mir_fail(err, MIRSAL_PROTOCOL, "a request without a HELLO");
        } else if (link->step == MIR_REQUEST_ENDED && !mir_splitter_empty(&link->splitter)) {
            code = mir_fail(err, MIRSAL_PROTOCOL, "bytes after END");
        } else if (!link->device_known) {
            code = identify(exchange, err);
            if (code == MIRSAL_OK && !link->device_known) {
                refuse_with(exchange, MIR_REFUSE_DEVICE);
            }
        }
    }
    return code == MIRSAL_OK ? code : mir_request_refuse(exchange, code);
}
