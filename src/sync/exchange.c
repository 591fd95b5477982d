/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/exchange.c - one HTTP request at the relay, and its answer, as bytes; protocol/sync.md 1.
 *
 * Messages are taken as they become whole, so that a request that breaks off has done what came
 * of it; repeated, it goes on where it broke. The answer is sealed as it is sent. Once its last
 * bytes were made the link goes back to the table, since the client may be faster than the server
 * at closing.
 */
#include "exchange.h"

#include "env.h"
#include "fail.h"

#include <string.h>

#define FIRST_HEAD_SIZE 5u /* kind, key serial, size of message 1 */
#define LATER_HEAD_SIZE (1u + MIR_SESSION_SIZE + 4u)
#define M2_PAYLOAD_MAX  (MIR_NOISE_MESSAGE_MAX - MIR_NOISE_M2_OVERHEAD)

enum http_status {
    HTTP_OK = 200,
    HTTP_BAD_REQUEST = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_TOO_LARGE = 413,
    HTTP_UNAVAILABLE = 503,
};

mirsal_code mir_exchange_open(struct mir_exchange **out,
    struct mir_responder *responder,
    const struct mir_sync_host *host,
    mirsal_error *err)
{
    const mirsal_env *env = mir_responder_env(responder);
    *out = NULL;
    struct mir_exchange *exchange = mir_secret_alloc(sizeof *exchange);
    if (exchange == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for an exchange");
    }
    exchange->env = env;
    exchange->responder = responder;
    exchange->host = host;
    exchange->step = MIR_EXCHANGE_KIND;
    exchange->head_size = 1;
    mir_buf_init(&exchange->head, env, FIRST_HEAD_SIZE + MIR_NOISE_MESSAGE_MAX);
    mir_unpacker_init(&exchange->unpacker, env);
    mir_buf_init(&exchange->clear, env, MIR_NOISE_MESSAGE_MAX);
    mir_buf_init(&exchange->frames, env, 2u * MIR_FRAME_SIZE_MAX);
    mir_buf_init(&exchange->out, env, 2u * MIR_NOISE_MESSAGE_MAX);
    mir_heads_init(&exchange->own_heads, env);
    mir_run_writer_init(&exchange->run, env, MIR_FRAME_SIZE_MAX);
    *out = exchange;
    return MIRSAL_OK;
}

/* Ends the ownership of the link. */
static void release_link(struct mir_exchange *exchange, int keep)
{
    if (exchange->link != NULL) {
        mir_responder_return(exchange->responder, exchange->link, keep);
        exchange->link = NULL;
    }
}

enum mir_need mir_exchange_need(const struct mir_exchange *exchange)
{
    switch (exchange->step) {
    case MIR_EXCHANGE_ANSWER:
        return MIR_NEED_WRITE;
    case MIR_EXCHANGE_DONE:
        return MIR_NEED_DONE;
    case MIR_EXCHANGE_KIND:
    case MIR_EXCHANGE_FIRST:
    case MIR_EXCHANGE_PADDING:
    case MIR_EXCHANGE_LATER:
    case MIR_EXCHANGE_MESSAGES:
    case MIR_EXCHANGE_IGNORE:
    default:
        return MIR_NEED_READ;
    }
}

unsigned mir_exchange_status(const struct mir_exchange *exchange)
{
    return exchange->status;
}

void mir_exchange_count(struct mir_session_counters *out, const struct mir_exchange *exchange)
{
    *out = exchange->counters;
    out->bytes_in = exchange->bytes_in;
    out->bytes_out = exchange->bytes_out;
    out->requests = 1;
}

/* The answer is a status alone; the rest of the request is not read. */
static void answer_status(struct mir_exchange *exchange, unsigned status)
{
    exchange->status = status;
    exchange->step = MIR_EXCHANGE_IGNORE;
}

/* A kept answer is given once more, byte for byte. */
static mirsal_code answer_again(struct mir_exchange *exchange, mirsal_error *err)
{
    mir_buf_append(&exchange->out, exchange->link->kept.data, exchange->link->kept.size);
    mirsal_code code = mir_buf_finish(&exchange->out, err);
    exchange->finished = 1;
    release_link(exchange, 1);
    answer_status(exchange, HTTP_OK);
    return code;
}

/* Message 1 opened: its link, or what else it gets. */
static mirsal_code begin_link(struct mir_exchange *exchange,
    struct mir_bytes message,
    mirsal_error *err)
{
    mirsal_hash hash;
    uint64_t first = 0;
    struct mir_link *link = NULL;
    mir_hash_keyed(hash.bytes, sizeof hash.bytes, -1, NULL, 0, message);
    memcpy(&first, hash.bytes, sizeof first);
    switch (mir_responder_first(&link, exchange->responder, first)) {
    case MIR_FOUND:
        exchange->link = link;
        return answer_again(exchange, err);
    case MIR_FOUND_BUSY:
        answer_status(exchange, HTTP_UNAVAILABLE);
        return MIRSAL_OK;
    case MIR_FOUND_SEEN:
        exchange->replayed = 1;
        break;
    case MIR_FOUND_NONE:
    default:
        break;
    }
    link = mir_link_new(exchange->env);
    if (link == NULL) {
        answer_status(exchange, HTTP_UNAVAILABLE);
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a session");
    }
    link->first = first;
    link->noise = exchange->handshake.rs;
    exchange->link = link;
    exchange->first = 1;
    exchange->step = MIR_EXCHANGE_PADDING;
    return mir_request_take(exchange, mir_buf_bytes(&exchange->clear), err);
}

static mirsal_code take_first(struct mir_exchange *exchange, mirsal_error *err)
{
    const struct mir_sync_host *host = exchange->host;
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    uint8_t prologue[MIR_PROLOGUE_SIZE];
    uint8_t seed[32];
    struct mir_reader reader;
    mir_reader_init(&reader, exchange->head.data, exchange->head.size);
    (void)mir_reader_u8(&reader);
    uint32_t serial = mir_reader_be16(&reader);
    struct mir_bytes message = mir_reader_take(&reader, mir_reader_be16(&reader));
    mirsal_code code =
        host->identity(host->context, &exchange->identity, &exchange->key_serial, err);
    if (code == MIRSAL_OK) {
        code = host->noise_secret(host->context, serial, &secret, err);
        if (code == MIRSAL_NOT_FOUND) {
            answer_status(exchange, HTTP_BAD_REQUEST);
            return mir_fail(err, MIRSAL_PROTOCOL, "key of the relay that it no longer has");
        }
    }
    if (code != MIRSAL_OK) {
        answer_status(exchange, HTTP_UNAVAILABLE);
        return code;
    }
    mir_prologue(prologue, &exchange->identity);
    mir_random(exchange->env, seed, sizeof seed);
    mir_noise_init_responder(
        &exchange->handshake, (struct mir_bytes){ prologue, sizeof prologue }, &secret, seed);
    mir_wipe(seed, sizeof seed);
    code = mir_noise_read(&exchange->handshake, &exchange->clear, message, err);
    if (code != MIRSAL_OK) {
        answer_status(exchange, HTTP_BAD_REQUEST);
        return code;
    }
    return begin_link(exchange, message, err);
}

static mirsal_code take_later(struct mir_exchange *exchange, mirsal_error *err)
{
    const struct mir_sync_host *host = exchange->host;
    struct mir_link *link = NULL;
    struct mir_reader reader;
    mir_reader_init(&reader, exchange->head.data, exchange->head.size);
    (void)mir_reader_u8(&reader);
    struct mir_bytes id = mir_reader_take(&reader, MIR_SESSION_SIZE);
    uint32_t counter = mir_reader_be32(&reader);
    enum mir_found found = mir_responder_find(&link, exchange->responder, id.data);
    if (found != MIR_FOUND) {
        answer_status(exchange, found == MIR_FOUND_BUSY ? HTTP_UNAVAILABLE : HTTP_NOT_FOUND);
        return MIRSAL_OK;
    }
    exchange->link = link;
    if (counter != link->counter) {
        if (counter > 0 && counter == link->counter - 1 && link->kept_whole) {
            return answer_again(exchange, err);
        }
        release_link(exchange, 1);
        answer_status(exchange, HTTP_NOT_FOUND);
        return MIRSAL_OK;
    }
    mirsal_code code =
        host->identity(host->context, &exchange->identity, &exchange->key_serial, err);
    if (code != MIRSAL_OK) {
        release_link(exchange, 1);
        answer_status(exchange, HTTP_UNAVAILABLE);
        return code;
    }
    exchange->skip = link->opened;
    exchange->step = MIR_EXCHANGE_MESSAGES;
    return MIRSAL_OK;
}

/* Gathers head_size bytes and moves on. */
static mirsal_code take_head(struct mir_exchange *exchange,
    struct mir_reader *input,
    mirsal_error *err)
{
    struct mir_buf *head = &exchange->head;
    size_t left = mir_reader_left(input);
    size_t missing = exchange->head_size - head->size;
    struct mir_bytes piece = mir_reader_take(input, left < missing ? left : missing);
    mir_buf_append(head, piece.data, piece.size);
    mirsal_code code = mir_buf_finish(head, err);
    if (code != MIRSAL_OK || head->size < exchange->head_size) {
        return code;
    }
    if (exchange->step == MIR_EXCHANGE_LATER) {
        return take_later(exchange, err);
    }
    if (exchange->step == MIR_EXCHANGE_KIND) {
        uint8_t kind = head->data[0];
        exchange->step = kind == MIR_CARRIAGE_FIRST ? MIR_EXCHANGE_FIRST : MIR_EXCHANGE_LATER;
        exchange->head_size = kind == MIR_CARRIAGE_FIRST ? FIRST_HEAD_SIZE : LATER_HEAD_SIZE;
        if (kind != MIR_CARRIAGE_FIRST && kind != MIR_CARRIAGE_LATER) {
            answer_status(exchange, HTTP_BAD_REQUEST);
            return mir_fail(err, MIRSAL_MALFORMED, "request of unknown kind");
        }
        return MIRSAL_OK;
    }
    if (exchange->head_size == FIRST_HEAD_SIZE) {
        struct mir_reader reader;
        mir_reader_init(&reader, head->data, head->size);
        (void)mir_reader_take(&reader, 3);
        exchange->head_size += mir_reader_be16(&reader);
        if (head->size < exchange->head_size) {
            return MIRSAL_OK;
        }
    }
    return take_first(exchange, err);
}

static mirsal_code take_messages(struct mir_exchange *exchange,
    struct mir_reader *input,
    mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    struct mir_bytes message;
    mirsal_code code = mir_unpacker_next(&exchange->unpacker, input, &message, err);
    if (code == MIRSAL_OK && message.data != NULL) {
        if (exchange->skip > 0) {
            exchange->skip--;
            return MIRSAL_OK;
        }
        mir_buf_reset(&exchange->clear);
        code = mir_noise_open(&link->transport, &exchange->clear, message, err);
        if (code == MIRSAL_OK) {
            link->opened++;
            return mir_request_take(exchange, mir_buf_bytes(&exchange->clear), err);
        }
    }
    if (code != MIRSAL_OK) { /* not the client's bytes: the session stays for those that are */
        mirsal_error ignored;
        if (mir_request_end(exchange, 0, &ignored) == MIRSAL_OK) {
            release_link(exchange, 1);
        }
        release_link(exchange, 0);
        answer_status(exchange, HTTP_BAD_REQUEST);
    }
    return code;
}

static mirsal_code take_bytes(struct mir_exchange *exchange,
    struct mir_reader *input,
    mirsal_error *err)
{
    switch (exchange->step) {
    case MIR_EXCHANGE_KIND:
    case MIR_EXCHANGE_FIRST:
    case MIR_EXCHANGE_LATER:
        return take_head(exchange, input, err);
    case MIR_EXCHANGE_PADDING: {
        mirsal_code code = mir_padding_check(input, err);
        if (code != MIRSAL_OK) {
            exchange->host->discard(exchange->host->context);
            release_link(exchange, 0);
            answer_status(exchange, HTTP_BAD_REQUEST);
        }
        return code;
    }
    case MIR_EXCHANGE_MESSAGES:
        return take_messages(exchange, input, err);
    case MIR_EXCHANGE_IGNORE:
    case MIR_EXCHANGE_ANSWER:
    case MIR_EXCHANGE_DONE:
    default:
        (void)mir_reader_take(input, mir_reader_left(input));
        return MIRSAL_OK;
    }
}

/* The body ended in the middle: what came whole stays, the session waits for the repeat. */
static mirsal_code end_broken(struct mir_exchange *exchange, mirsal_error *err)
{
    mirsal_code code = MIRSAL_OK;
    if (exchange->link != NULL) {
        code = mir_request_end(exchange, 0, err);
        release_link(exchange, code == MIRSAL_OK);
    }
    exchange->status = HTTP_BAD_REQUEST;
    exchange->step = MIR_EXCHANGE_DONE;
    return code;
}

static mirsal_code end_body(struct mir_exchange *exchange, mirsal_error *err)
{
    if (exchange->step == MIR_EXCHANGE_IGNORE) {
        exchange->step = exchange->status == HTTP_OK ? MIR_EXCHANGE_ANSWER : MIR_EXCHANGE_DONE;
        return MIRSAL_OK;
    }
    int whole = exchange->step == MIR_EXCHANGE_PADDING ||
                (exchange->step == MIR_EXCHANGE_MESSAGES && exchange->unpacker.ended);
    if (!whole) {
        return end_broken(exchange, err);
    }
    mirsal_code code = mir_request_end(exchange, 1, err);
    mirsal_code answer_code = mir_answer_begin(exchange, code == MIRSAL_OK ? err : NULL);
    mir_buf_reset(&exchange->link->kept);
    exchange->link->kept_whole = 1;
    exchange->status = HTTP_OK;
    exchange->step = MIR_EXCHANGE_ANSWER;
    return code == MIRSAL_OK ? answer_code : code;
}

mirsal_code mir_exchange_receive(struct mir_exchange *exchange,
    const void *data,
    size_t size,
    mirsal_error *err)
{
    if (exchange->step == MIR_EXCHANGE_ANSWER || exchange->step == MIR_EXCHANGE_DONE) {
        return MIRSAL_OK;
    }
    if (size == 0) {
        return end_body(exchange, err);
    }
    exchange->bytes_in += size;
    if (exchange->bytes_in > MIR_HTTP_BODY_MAX && exchange->step != MIR_EXCHANGE_IGNORE) {
        mirsal_code code = end_broken(exchange, err);
        answer_status(exchange, HTTP_TOO_LARGE);
        return code;
    }
    struct mir_reader input;
    mir_reader_init(&input, data, size);
    mirsal_code code = MIRSAL_OK;
    while (mir_reader_left(&input) > 0) { /* to its end, for the refusal to be sent */
        mirsal_code next = take_bytes(exchange, &input, code == MIRSAL_OK ? err : NULL);
        code = code == MIRSAL_OK ? next : code;
    }
    return code;
}

/* Keeps a copy of the answer for a repeat, as long as it is small. */
static void keep(struct mir_exchange *exchange)
{
    struct mir_link *link = exchange->link;
    if (!link->kept_whole) {
        return;
    }
    mir_buf_append(&link->kept, exchange->out.data, exchange->out.size);
    if (link->kept.failed != MIRSAL_OK) {
        mir_buf_fini(&link->kept);
        mir_buf_init(&link->kept, link->env, MIR_ANSWER_KEPT_MAX);
        link->kept_whole = 0;
    }
}

/* Message 2 with the answer's first frames. */
static mirsal_code seal_second(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_buf *frames = &exchange->frames;
    size_t size = frames->size < M2_PAYLOAD_MAX ? frames->size : M2_PAYLOAD_MAX;
    const struct mir_bytes payload = { frames->data, size };
    mir_buf_append_be16(&exchange->out, (uint16_t)(size + MIR_NOISE_M2_OVERHEAD));
    mirsal_code code = mir_noise_write(&exchange->handshake, &exchange->out, payload, err);
    if (code == MIRSAL_OK) {
        mir_buf_consume(frames, size);
        mir_noise_split(&exchange->link->transport, &exchange->handshake);
        exchange->first = 0;
    }
    return code;
}

/* The answer's next bytes into out, which is empty. */
static mirsal_code make_bytes(struct mir_exchange *exchange, mirsal_error *err)
{
    struct mir_link *link = exchange->link;
    struct mir_buf *frames = &exchange->frames;
    mirsal_code code = mir_answer_fill(exchange, MIR_MESSAGE_CLEAR_MAX, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (exchange->first) {
        code = seal_second(exchange, err);
    } else if (frames->size > 0) {
        size_t size = frames->size < MIR_MESSAGE_CLEAR_MAX ? frames->size : MIR_MESSAGE_CLEAR_MAX;
        const struct mir_bytes clear = { frames->data, size };
        code = mir_carriage_seal(&exchange->out, &link->transport, clear, err);
        mir_buf_consume(frames, size);
    }
    if (code == MIRSAL_OK && exchange->making == MIR_MAKING_DONE && frames->size == 0) {
        mir_buf_append_be16(&exchange->out, 0);
        mir_carriage_pad(&exchange->out, exchange->made);
        exchange->finished = 1;
    }
    if (code == MIRSAL_OK) {
        code = mir_buf_finish(&exchange->out, err);
    }
    if (code != MIRSAL_OK) {
        return code;
    }
    exchange->made += exchange->out.size;
    keep(exchange);
    if (exchange->finished) {
        link->counter++;
        link->opened = 0;
        if (link->step == MIR_REQUEST_ENDED) {
            link->step = MIR_REQUEST_HELLO; /* of a further round */
        }
        link->round_bytes += exchange->bytes_in + exchange->made;
        release_link(exchange, link->refused == 0 && !exchange->replayed);
    }
    return MIRSAL_OK;
}

mirsal_code mir_exchange_send(uint8_t *buffer,
    size_t capacity,
    size_t *size,
    struct mir_exchange *exchange,
    mirsal_error *err)
{
    *size = 0;
    if (exchange->step != MIR_EXCHANGE_ANSWER) {
        return MIRSAL_OK;
    }
    if (exchange->out_at == exchange->out.size && !exchange->finished) {
        mir_buf_reset(&exchange->out);
        exchange->out_at = 0;
        mirsal_code code = make_bytes(exchange, err);
        if (code != MIRSAL_OK) {
            exchange->step = MIR_EXCHANGE_DONE;
            release_link(exchange, 0);
            return code;
        }
    }
    struct mir_reader reader;
    mir_reader_init(&reader, exchange->out.data, exchange->out.size);
    (void)mir_reader_take(&reader, exchange->out_at);
    size_t left = mir_reader_left(&reader);
    *size = left < capacity ? left : capacity;
    mir_reader_copy(&reader, buffer, *size);
    exchange->out_at += *size;
    exchange->bytes_out += *size;
    if (exchange->finished && exchange->out_at == exchange->out.size) {
        exchange->step = MIR_EXCHANGE_DONE;
    }
    return MIRSAL_OK;
}

void mir_exchange_close(struct mir_exchange *exchange)
{
    mirsal_error err;
    while (exchange->link != NULL && exchange->step == MIR_EXCHANGE_ANSWER &&
           exchange->link->kept_whole) { /* small: make the rest, for a repeat */
        uint8_t rest[1024];
        size_t size = 0;
        if (mir_exchange_send(rest, sizeof rest, &size, exchange, &err) != MIRSAL_OK || size == 0) {
            break;
        }
    }
    if (exchange->link != NULL && exchange->step != MIR_EXCHANGE_ANSWER) {
        (void)end_broken(exchange, &err);
    }
    release_link(exchange, 0);
    mir_noise_fini(&exchange->handshake);
    mir_buf_fini(&exchange->head);
    mir_unpacker_fini(&exchange->unpacker);
    mir_buf_fini(&exchange->clear);
    mir_buf_fini(&exchange->frames);
    mir_buf_fini(&exchange->out);
    mir_heads_fini(&exchange->own_heads);
    mir_run_writer_fini(&exchange->run);
    mir_secret_free(exchange);
}
