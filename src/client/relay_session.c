/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/relay_session.c - a run with one relay: its key, then the conversation of src/sync.
 *
 * A device of the team that serves takes a relay's place (protocol/sync.md 10): its key is fetched
 * each time, and where this store does not know it, a first session meets it.
 *
 * A relay's key is fetched where none is kept, where the relay does not understand a first request
 * (it may have turned its key more often than it answers to), and after a run in which it named a
 * newer one.
 */
#include "relay_session.h"

#include "env.h"
#include "evidence_out.h"
#include "fail.h"
#include "forget.h"
#include "handle.h"
#include "json_out.h"
#include "names.h"
#include "replica.h"
#include "team.h"

#include <string.h>

#define KEY_SIZE_MAX      4096u
#define RELAYS_MEMORY_MAX ((size_t)4 << 20)
#define URL_SIZE_MAX      2048u
#define HTTP_OK           200
#define HTTP_BAD_REQUEST  400

struct mirsal_session {
    mirsal_store *store;
    struct mir_replica *replica;
    struct mir_session *inner; /* NULL before the relay's key is known */
    mirsal_hash identity;
    char url[URL_SIZE_MAX + 1];
    uint64_t budget; /* 0: none */
    uint64_t spent;  /* of it, beside what inner counts */
    struct mir_buf key;
    struct mir_session_counters before; /* of an inner session that was given up */
    uint32_t key_serial;
    int key_fetched;
    int finished; /* the run came to its end; what follows is a newer key at most */
    int removed;
    int is_peer; /* a device of the team */
    int meets;   /* it is not known yet */
    int64_t heard_above;
    mirsal_need need;
};

/* Finds the relay by its URL, or the first. */
static mirsal_code find_relay(int64_t *no,
    mirsal_session *session,
    const char *url,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_peer *peers = NULL;
    size_t count = 0;
    size_t at = 0;
    mir_arena_init(&arena, &session->store->env, RELAYS_MEMORY_MAX);
    mirsal_code rc = mir_relay_list(&peers, &count, &arena, session->store->store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    if (count == 0) {
        rc = mir_fail(err, MIRSAL_NO_RELAY, "this store knows no relay");
        goto out;
    }
    while (
        url != NULL && at < count &&
        !mir_bytes_equal(peers[at].url, (struct mir_bytes){ (const uint8_t *)url, strlen(url) })) {
        at++;
    }
    if (at == count || peers[at].url.size > URL_SIZE_MAX) {
        rc = mir_fail_field(err, MIRSAL_NOT_FOUND, "relay", "not a relay of this team");
        goto out;
    }
    *no = peers[at].no;
    session->identity = peers[at].identity;
    memcpy(session->url, peers[at].url.data, peers[at].url.size);
out:
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code find_peer(mirsal_session *session, const char *address, mirsal_error *err)
{
    size_t size = 0;
    mirsal_error why = { 0 };
    mirsal_code rc = mir_name_relay(&size, &session->identity, &session->store->env, address, &why);
    if (rc == MIRSAL_OK && size > URL_SIZE_MAX) {
        rc = MIRSAL_BAD_VALUE;
    }
    if (rc != MIRSAL_OK) {
        return mir_fail_field(err, rc, "peer", "a device is given as http://HOST:PORT#KEY");
    }
    memcpy(session->url, address, size);
    session->is_peer = 1;
    return mir_replica_open_peer(&session->replica, session->store->store, &session->identity, err);
}

static void follow_inner(mirsal_session *session)
{
    switch (mir_session_need(session->inner)) {
    case MIR_NEED_READ:
        session->need = MIRSAL_NEED_READ;
        break;
    case MIR_NEED_WRITE:
        session->need = MIRSAL_NEED_WRITE;
        break;
    case MIR_NEED_DONE:
    default:
        session->need = MIRSAL_NEED_DONE;
        break;
    }
}

static void ask_for_key(mirsal_session *session)
{
    mir_buf_reset(&session->key);
    session->need = MIRSAL_NEED_KEY;
}

/* Whether the device that was asked for is one of the team: not yet known the first time. */
static mirsal_code judge_peer(mirsal_session *session, mirsal_error *err)
{
    enum mir_peer_standing standing = MIR_PEER_UNKNOWN;
    int met = session->meets;
    mirsal_code rc = mir_replica_peer_standing(&standing, session->replica, err);
    if (rc == MIRSAL_OK && standing == MIR_PEER_ENDED) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "that device was removed from the team");
    } else if (rc == MIRSAL_OK && met && standing == MIR_PEER_UNKNOWN) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the key there is of no device of this team");
    }
    session->meets = standing == MIR_PEER_UNKNOWN;
    mir_replica_peer_meets(session->replica, session->meets);
    return rc;
}

/* What an inner session did that is given up or over. */
static void end_inner(mirsal_session *session)
{
    struct mir_session_counters counters = { 0 };
    mir_session_count(&counters, session->inner);
    session->before.pushed += counters.pushed;
    session->before.pulled += counters.pulled;
    session->before.requests += counters.requests;
    session->before.bytes_out += counters.bytes_out;
    session->before.bytes_in += counters.bytes_in;
    session->spent += counters.bytes_out + counters.bytes_in;
    mir_session_close(session->inner);
    session->inner = NULL;
}

static mirsal_code begin_inner(mirsal_session *session, mirsal_error *err);

static mirsal_code finish_run(mirsal_session *session, mirsal_error *err)
{
    struct mir_session_counters counters;
    if (session->is_peer && session->meets) {
        mirsal_code rc = judge_peer(session, err);
        end_inner(session);
        session->need = MIRSAL_NEED_DONE;
        return rc == MIRSAL_OK ? begin_inner(session, err) : rc;
    }
    if (session->is_peer) {
        session->finished = 1;
        return MIRSAL_OK;
    }
    mir_session_count(&counters, session->inner);
    session->finished = 1;
    mirsal_code rc = mir_replica_synced(session->replica, counters.hints, err);
    if (rc == MIRSAL_OK && counters.key_serial > session->key_serial && !session->key_fetched) {
        ask_for_key(session);
    }
    return rc;
}

static mirsal_code begin_inner(mirsal_session *session, mirsal_error *err)
{
    uint64_t left = 0;
    if (session->budget != 0) {
        left = session->spent < session->budget ? session->budget - session->spent : 1;
    }
    const struct mir_session_options options = {
        .env = &session->store->env, .local = mir_replica_local(session->replica), .budget = left
    };
    mirsal_code rc = mir_session_open(&session->inner, &options, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    follow_inner(session);
    return session->need == MIRSAL_NEED_DONE ? finish_run(session, err) : MIRSAL_OK;
}

mirsal_code mirsal_session_open(mirsal_session **out,
    const mirsal_session_options *options,
    mirsal_error *err)
{
    int64_t no = 0;
    *out = NULL;
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK && options->store->txn != NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_refresh(options->store->store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const mirsal_env *env = &options->store->env;
    mirsal_session *session = mir_alloc(env, sizeof *session);
    if (session == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a session");
    }
    session->store = options->store;
    session->budget = options->budget;
    mir_buf_init(&session->key, env, KEY_SIZE_MAX);
    rc = mir_evidence_last(&session->heard_above, options->store->store, err);
    if (rc == MIRSAL_OK && options->peer != NULL) {
        rc = find_peer(session, options->peer, err);
    } else if (rc == MIRSAL_OK) {
        rc = find_relay(&no, session, options->relay, err);
    }
    if (rc == MIRSAL_OK && !session->is_peer) {
        rc = mir_replica_open(&session->replica, options->store->store, no, err);
    }
    if (rc == MIRSAL_OK) {
        if (!session->is_peer && mir_replica_has_key(session->replica, &session->key_serial)) {
            rc = begin_inner(session, err);
        } else {
            ask_for_key(session);
        }
    }
    if (rc != MIRSAL_OK) {
        mirsal_session_close(session);
        return rc;
    }
    *out = session;
    return MIRSAL_OK;
}

/* What the relay has acknowledged. What fails here is done when the store is opened next. */
static void forget(struct mir_store *store, int wholly)
{
    mirsal_error why = { 0 };
    mirsal_code rc = wholly ? mir_forget(store, &why) : mir_forget_sent(store, &why);
    (void)rc;
}

void mirsal_session_close(mirsal_session *session)
{
    if (session == NULL) {
        return;
    }
    mirsal_store *store = session->store;
    mir_session_close(session->inner);
    mir_replica_close(session->replica);
    forget(store->store, 1);
    mir_buf_fini(&session->key);
    mir_release(&store->env, session, sizeof *session);
    mir_handle_tell(store);
}

mirsal_need mirsal_session_need(const mirsal_session *session)
{
    return session->need;
}

const char *mirsal_session_relay(const mirsal_session *session)
{
    return session->url;
}

static mirsal_code refused_by_peer(enum mir_refuse_code why, mirsal_error *err)
{
    switch (why) {
    case MIR_REFUSE_TEAM:
        return mir_fail(err, MIRSAL_REFUSED, "the device there is of another team");
    case MIR_REFUSE_DEVICE:
        return mir_fail(err, MIRSAL_REFUSED, "the device there does not know this one");
    case MIR_REFUSE_REMOVED:
        return mir_fail(err, MIRSAL_REFUSED, "this device was removed from the team");
    case MIR_REFUSE_TOKEN:
    case MIR_REFUSE_QUOTA:
    case MIR_REFUSE_MALFORMED:
    case MIR_REFUSE_VERSION:
    case MIR_REFUSE_INTERNAL:
    default:
        return mir_fail(err, MIRSAL_REFUSED, "the device there could not go on");
    }
}

/* A code ended the run. Being removed is an answer, not a failure: the store says so itself. */
static mirsal_code end_run(mirsal_session *session,
    mirsal_code code,
    mirsal_error *why,
    mirsal_error *err)
{
    struct mir_session_counters counters = { 0 };
    session->need = MIRSAL_NEED_DONE;
    if (session->inner != NULL) {
        mir_session_count(&counters, session->inner);
    }
    if (code == MIRSAL_REFUSED && session->is_peer) {
        code = refused_by_peer(counters.refused, why);
    } else if (code == MIRSAL_REFUSED && counters.refused == MIR_REFUSE_REMOVED) {
        session->removed = 1;
        return finish_run(session, err);
    }
    if (err != NULL && why->code == code) {
        *err = *why;
    }
    return code;
}

mirsal_code mirsal_session_receive(mirsal_session *session,
    const void *data,
    size_t size,
    mirsal_error *err)
{
    if (size == 0 || session->need == MIRSAL_NEED_DONE) {
        return MIRSAL_OK;
    }
    if (session->need == MIRSAL_NEED_KEY) {
        mir_buf_append(&session->key, data, size);
        mirsal_code kept = mir_buf_finish(&session->key, err);
        session->need = kept == MIRSAL_OK ? MIRSAL_NEED_KEY : MIRSAL_NEED_DONE;
        return kept;
    }
    mirsal_error why = { 0 };
    mirsal_code rc = mir_session_receive(session->inner, data, size, &why);
    if (rc == MIRSAL_OK) {
        return MIRSAL_OK;
    }
    return end_run(session, rc, &why, err);
}

static mirsal_code take_key(mirsal_session *session, int http_status, mirsal_error *err)
{
    struct mir_relay_key key;
    session->need = MIRSAL_NEED_DONE;
    if (http_status != HTTP_OK) {
        return mir_fail(err, MIRSAL_NO_RELAY, "no relay's key there: HTTP status %d", http_status);
    }
    mirsal_code rc =
        mir_relay_key_read(&key, mir_buf_bytes(&session->key), &session->identity, err);
    if (rc == MIRSAL_NOT_AUTHENTIC && session->is_peer) {
        return mir_fail(err, rc, "the device there has another key than the address says");
    }
    if (rc == MIRSAL_OK && session->is_peer) {
        mir_replica_peer_key(session->replica, &key);
        rc = judge_peer(session, err);
    } else if (rc == MIRSAL_OK) {
        rc = mir_replica_relay_key(session->replica, &key, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    session->key_fetched = 1;
    session->key_serial = key.serial;
    return session->finished ? MIRSAL_OK : begin_inner(session, err);
}

/* The relay did not understand: it may know the key no more that it was spoken to with. */
static void begin_anew(mirsal_session *session)
{
    end_inner(session);
    ask_for_key(session);
}

mirsal_code mirsal_session_end(mirsal_session *session, int http_status, mirsal_error *err)
{
    if (session->need == MIRSAL_NEED_KEY) {
        mirsal_code rc = take_key(session, http_status, err);
        if (session->finished && rc != MIRSAL_OK) {
            session->need = MIRSAL_NEED_DONE; /* the next run asks again */
            return MIRSAL_OK;
        }
        return rc;
    }
    if (session->need == MIRSAL_NEED_DONE) {
        return MIRSAL_OK;
    }
    if (http_status == HTTP_BAD_REQUEST && !session->key_fetched) {
        begin_anew(session);
        return MIRSAL_OK;
    }
    mirsal_error why = { 0 };
    mirsal_code rc = mir_session_receive(session->inner, NULL, 0, &why);
    if (rc != MIRSAL_OK) {
        return end_run(session, rc, &why, err);
    }
    follow_inner(session);
    forget(session->store->store, 0);
    return session->need == MIRSAL_NEED_DONE ? finish_run(session, err) : MIRSAL_OK;
}

mirsal_code mirsal_session_send(uint8_t *buffer,
    size_t capacity,
    size_t *size,
    mirsal_session *session,
    mirsal_error *err)
{
    *size = 0;
    if (session->need == MIRSAL_NEED_READ) {
        return MIRSAL_OK; /* the body is whole */
    }
    if (session->need != MIRSAL_NEED_WRITE) {
        return mir_fail(err, MIRSAL_MISUSE, "the session has nothing to send");
    }
    mirsal_code rc = mir_session_send(buffer, capacity, size, session->inner, err);
    follow_inner(session);
    return rc;
}

void mir_relay_session_sum(struct mir_sync_sums *sums, const mirsal_session *session)
{
    struct mir_session_counters now = { 0 };
    struct mir_accept_counts accepted = { 0 };
    if (session->inner != NULL) {
        mir_session_count(&now, session->inner);
    }
    mir_replica_counts(&accepted, session->replica);
    sums->pushed += session->before.pushed + now.pushed;
    sums->pulled += session->before.pulled + now.pulled;
    sums->conflicts_opened += accepted.conflicts_opened;
    sums->quarantined += accepted.quarantined;
    sums->more = sums->more || now.more;
    sums->removed = sums->removed || session->removed;
    sums->another_log = sums->another_log || mir_replica_another_log(session->replica);
}

void mir_relay_session_spend(mirsal_session *session, uint64_t bytes)
{
    session->spent += bytes;
    if (session->inner != NULL && session->budget != 0) {
        mir_session_spend(session->inner, bytes);
    }
}

mirsal_code mir_sync_sums_write(struct mir_buf *out,
    struct mir_sync_sums *sums,
    const struct mir_sync_asked *asked,
    struct mir_store *store,
    mirsal_error *err)
{
    const struct {
        const char *key;
        uint64_t value;
        int shown;
    } counts[] = {
        { "pushed", sums->pushed, 1 },
        { "pulled", sums->pulled, 1 },
        { "bytes_out", sums->bytes_out, 1 },
        { "bytes_in", sums->bytes_in, 1 },
        { "http_out", sums->http_out, asked->with_http },
        { "http_in", sums->http_in, asked->with_http },
        { "requests", sums->requests, 1 },
        { "conflicts_opened", sums->conflicts_opened, 1 },
        { "quarantined", sums->quarantined, 1 },
        { "media_left", 0, 1 },
        { "media_left_bytes", 0, 1 },
    };
    mir_json_open(out, '{');
    mir_json_key(out, "relay");
    if (asked->relay != NULL) {
        mir_json_text(out, asked->relay);
    } else {
        mir_json_null(out);
    }
    if (asked->peer != NULL) {
        mir_json_key(out, "peer");
        mir_json_text(out, asked->peer);
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i].shown) {
            mir_json_key(out, counts[i].key);
            mir_json_uint(out, counts[i].value);
        }
    }
    mir_json_key(out, "more");
    mir_json_bool(out, sums->more);
    mir_json_key(out, "another_log");
    mir_json_bool(out, sums->another_log);
    mirsal_code rc = mir_evidence_write(out, &sums->evidence, store, sums->heard_above, err);
    mir_json_close(out, '}');
    return rc;
}

mirsal_code mirsal_session_answer(mirsal_text *out, mirsal_session *session, mirsal_error *err)
{
    struct mir_session_counters now = { 0 };
    struct mir_sync_sums sums = { 0 };
    struct mir_buf reply;
    mir_buf_init(&reply, &session->store->env, MIR_REPLY_SIZE_MAX);
    if (session->inner != NULL) {
        mir_session_count(&now, session->inner);
    }
    mir_relay_session_sum(&sums, session);
    sums.bytes_out = session->before.bytes_out + now.bytes_out;
    sums.bytes_in = session->before.bytes_in + now.bytes_in;
    sums.requests = session->before.requests + now.requests;
    sums.heard_above = session->heard_above;
    const struct mir_sync_asked asked = { session->is_peer ? NULL : session->url,
        session->is_peer ? session->url : NULL, 0 };
    mirsal_code rc = mir_sync_sums_write(&reply, &sums, &asked, session->store->store, err);
    return mir_reply_end(out, &reply, rc, err);
}
