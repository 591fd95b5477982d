/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/sync_run.c - the libcurl driver: sessions with the store's relays over HTTP.
 *
 * Relays are tried in turn. Between failed exchanges it waits, longer each time and never exactly
 * as long as another device. The budget counts every byte of HTTP: what headers cost is told to
 * the session, and room for the next request's is kept back.
 */
#include "clock.h"
#include "env.h"
#include "evidence.h"
#include "fail.h"
#include "handle.h"
#include "http_client.h"
#include "identity.h"
#include "mir_limits.h"
#include "read.h"
#include "relay_session.h"
#include "retire.h"
#include "team.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define TRIES_DEFAULT     3u
#define PAUSE_MS          500u
#define PAUSE_MS_MAX      30000u
#define PAUSE_STEP_MS     100u
#define HEADERS_RESERVE   512u /* bytes of the headers of one request and its answer */
#define BUDGET_MIN        1u
#define RELAYS_MEMORY_MAX ((size_t)4 << 20)
#define PIECE_SIZE        16384u
#define HTTP_OK           200

struct run {
    mirsal_store *store;
    const mirsal_sync_options *options;
    struct mir_http_client *client;
    struct mir_sync_sums sums;
    struct mir_buf url;
    struct mir_buf body;
    mirsal_session *session;
    uint32_t tries;
    const char *answered; /* URL of the last relay that a run ended with */
    int renewed;          /* this store is a new device since */
};

static int on_progress(void *context, uint64_t bytes_out, uint64_t bytes_in)
{
    const struct run *run = context;
    const mirsal_sync_options *options = run->options;
    return options->progress(
        options->progress_context, run->sums.bytes_out + bytes_out, run->sums.bytes_in + bytes_in);
}

/* 1 when the caller wants no more. */
static int is_cancelled(struct run *run)
{
    return run->options->progress != NULL && on_progress(run, 0, 0) != 0;
}

static mirsal_code pause_before(struct run *run, uint32_t failures, mirsal_error *err)
{
    uint32_t shift = failures < 8 ? failures - 1 : 7;
    uint32_t most = PAUSE_MS << shift;
    uint32_t jitter = 0;
    mir_random(&run->store->env, &jitter, sizeof jitter);
    most = most < PAUSE_MS_MAX ? most : PAUSE_MS_MAX;
    uint32_t left = most / 2 + jitter % (most / 2 + 1);
    while (left > 0) {
        uint32_t step = left < PAUSE_STEP_MS ? left : PAUSE_STEP_MS;
        struct timespec rest = { 0, (long)step * 1000000L };
        if (is_cancelled(run)) {
            return mir_fail(err, MIRSAL_CANCELLED, "the sync was cancelled");
        }
        while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
        }
        left -= step;
    }
    return MIRSAL_OK;
}

static mirsal_code take_bytes(void *context, const void *data, size_t size, mirsal_error *err)
{
    struct run *run = context;
    return mirsal_session_receive(run->session, data, size, err);
}

static mirsal_code gather_body(struct run *run, mirsal_error *err)
{
    uint8_t piece[PIECE_SIZE / 4];
    size_t size = 0;
    mir_buf_reset(&run->body);
    do {
        mirsal_code rc = mirsal_session_send(piece, sizeof piece, &size, run->session, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        mir_buf_append(&run->body, piece, size);
    } while (size > 0);
    return mir_buf_finish(&run->body, err);
}

static void count(struct run *run, const struct mir_http_counts *counts)
{
    run->sums.requests++;
    run->sums.bytes_out += counts->body_out;
    run->sums.bytes_in += counts->body_in;
    run->sums.http_out += counts->all_out;
    run->sums.http_in += counts->all_in;
}

/* One HTTP exchange. *through = 1 when it was a 200 to its end. */
static mirsal_code exchange(int *through, struct run *run, mirsal_error *err)
{
    int for_key = mirsal_session_need(run->session) == MIRSAL_NEED_KEY;
    struct mir_http_counts counts = { 0 };
    struct mir_bytes body = { NULL, 0 };
    int status = 0;
    mirsal_code rc = MIRSAL_OK;
    *through = 0;
    mir_buf_reset(&run->url);
    mir_buf_append_format(
        &run->url, "%s/v1/%s", mirsal_session_relay(run->session), for_key ? "relay" : "sync");
    mir_buf_append_u8(&run->url, 0);
    rc = mir_buf_finish(&run->url, err);
    if (rc == MIRSAL_OK && !for_key) {
        rc = gather_body(run, err);
        body = mir_buf_bytes(&run->body);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mirsal_error why = { 0 };
    rc = mir_http_request(run->client, &status, &counts, (const char *)run->url.data,
        for_key ? NULL : &body, take_bytes, run, &why);
    count(run, &counts);
    uint64_t beside = counts.all_out + counts.all_in;
    mir_relay_session_spend(
        run->session, for_key ? beside : beside - (counts.body_out + counts.body_in));
    if (rc != MIRSAL_OK && rc != MIRSAL_NO_RELAY) {
        if (err != NULL) {
            *err = why;
        }
        return rc;
    }
    int broken = rc != MIRSAL_OK;
    *through = !broken && status == HTTP_OK;
    if (for_key && !*through) {
        return MIRSAL_OK; /* it is asked for again */
    }
    return mirsal_session_end(run->session, broken ? 0 : status, err);
}

/* Exchanges until the session is done, or nothing got through so many times on end. */
static mirsal_code drive(struct run *run, mirsal_error *err)
{
    uint32_t failures = 0;
    while (mirsal_session_need(run->session) != MIRSAL_NEED_DONE) {
        int through = 0;
        if (is_cancelled(run)) {
            return mir_fail(err, MIRSAL_CANCELLED, "the sync was cancelled");
        }
        mirsal_code rc = exchange(&through, run, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        failures = through ? 0 : failures + 1;
        if (failures >= run->tries && mirsal_session_need(run->session) != MIRSAL_NEED_DONE) {
            return mir_fail(err, MIRSAL_NO_RELAY, "the %s could not be reached",
                run->options->peer != NULL ? "device" : "relay");
        }
        rc = failures > 0 ? pause_before(run, failures, err) : MIRSAL_OK;
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

static uint64_t budget_left(const struct run *run)
{
    uint64_t used = run->sums.http_out + run->sums.http_in + HEADERS_RESERVE;
    if (run->options->budget == 0) {
        return 0;
    }
    return used < run->options->budget ? run->options->budget - used : BUDGET_MIN;
}

static mirsal_code sync_with(struct run *run, const char *url, mirsal_error *err)
{
    mirsal_session_options options = MIRSAL_SESSION_OPTIONS_INIT;
    options.store = run->store;
    options.relay = url;
    options.peer = run->options->peer;
    options.budget = budget_left(run);
    mirsal_code rc = mirsal_session_open(&run->session, &options, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = drive(run, err);
    mir_relay_session_sum(&run->sums, run->session);
    if (rc == MIRSAL_OK && run->options->peer == NULL) {
        run->answered = url;
    }
    mirsal_session_close(run->session);
    run->session = NULL;
    return rc;
}

/* Another relay may do what this one did not. */
static int tries_next(mirsal_code code)
{
    mirsal_class class = mirsal_code_class(code);
    return code != MIRSAL_CANCELLED && code != MIRSAL_LOCKED &&
           (class == MIRSAL_CLASS_AGAIN || class == MIRSAL_CLASS_PEER ||
               class == MIRSAL_CLASS_DENIED);
}

/*
 * Each relay that is asked for, until one has answered, or all. What is told of several failures is
 * the first that says more than that there was no network.
 */
static mirsal_code sync_relays(struct run *run,
    const struct mir_peer *peers,
    size_t count,
    mirsal_error *err)
{
    const char *wanted = run->options->relay;
    int all = wanted != NULL && strcmp(wanted, "all") == 0;
    mirsal_code worst = MIRSAL_OK;
    size_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        const char *url = (const char *)peers[i].url.data;
        mirsal_error why = { 0 };
        if (wanted != NULL && !all && strcmp(wanted, url) != 0) {
            continue;
        }
        asked++;
        mirsal_code rc = sync_with(run, url, &why);
        if (rc == MIRSAL_OK && !all) {
            return MIRSAL_OK;
        }
        if (rc != MIRSAL_OK && (worst == MIRSAL_OK || worst == MIRSAL_NO_RELAY)) {
            worst = rc;
            if (err != NULL) {
                *err = why;
            }
        }
        if (rc != MIRSAL_OK && !tries_next(rc)) {
            return worst;
        }
    }
    if (asked == 0 && count > 0) {
        return mir_fail_field(err, MIRSAL_NOT_FOUND, "relay", "not a relay of this team");
    }
    if (asked == 0) {
        return mir_fail(err, MIRSAL_NO_RELAY, "this store knows no relay");
    }
    return run->answered != NULL && worst == MIRSAL_NO_RELAY ? MIRSAL_OK : worst;
}

/* The person's word, once no relay contradicts it. Without any relay nobody else holds anything. */
static mirsal_code settle_moved(struct run *run, size_t relays, mirsal_code rc, mirsal_error *err)
{
    struct mir_store *store = run->store->store;
    int unasked = rc == MIRSAL_NO_RELAY && relays == 0;
    if (!run->options->moved || !store->moved || (rc != MIRSAL_OK && !unasked)) {
        return rc;
    }
    return store->behind ? rc : mir_identity_settle(store, err);
}

/*
 * A newer state of this device exists, so that whatever it signed would fork its chain: it becomes
 * a new device by its own word, and says so to the relays at once. A store that was copied here may
 * have its original still in use: only a person can say that it has not.
 */
static mirsal_code renew(struct run *run,
    const struct mir_peer *peers,
    size_t count,
    mirsal_code rc,
    mirsal_error *err)
{
    struct mir_store *store = run->store->store;
    if (rc != MIRSAL_OK || !store->behind || run->sums.more ||
        (store->moved && !run->options->moved) || !mir_team_may_retire(store)) {
        return rc;
    }
    rc = mir_team_retire(store, err);
    run->renewed = rc == MIRSAL_OK;
    return rc == MIRSAL_OK ? sync_relays(run, peers, count, err) : rc;
}

/* A conflict that the same run settled opened nothing: never more than stand in the queue now. */
static void forget_settled(struct run *run)
{
    struct mir_read_counts counts;
    if (mir_read_counts(&counts, run->store->store, NULL) == MIRSAL_OK &&
        counts.conflicts < run->sums.conflicts_opened) {
        run->sums.conflicts_opened = counts.conflicts;
    }
}

static void give_result(mirsal_sync_result *result, const struct run *run)
{
    const struct mir_sync_sums *sums = &run->sums;
    const struct mir_store *store = run->store->store;
    const struct mir_member *member =
        mir_membership_device(store->membership, mir_store_device(store));
    *result = (mirsal_sync_result){ .pushed = sums->pushed,
        .pulled = sums->pulled,
        .bytes_out = sums->bytes_out,
        .bytes_in = sums->bytes_in,
        .http_out = sums->http_out,
        .http_in = sums->http_in,
        .requests = sums->requests,
        .conflicts_opened = sums->conflicts_opened,
        .quarantined = sums->quarantined,
        .more = sums->more,
        .renewed = run->renewed,
        .another_log = sums->another_log,
        .evidence = sums->evidence,
        .waiting = sums->removed || member == NULL || !member->member || member->ended ||
                   member->frozen || mir_identity_signing(store) != MIR_SIGNS };
}

/* The address without its key, as the answer shows it; NULL: it was about relays. */
static const char *peer_url(struct run *run)
{
    const char *address = run->options->peer;
    const char *mark = address != NULL ? strrchr(address, '#') : NULL;
    if (mark == NULL) {
        return NULL;
    }
    mir_buf_reset(&run->url);
    mir_buf_append(&run->url, address, (size_t)(mark - address));
    mir_buf_append_u8(&run->url, 0);
    return mir_buf_finish(&run->url, NULL) == MIRSAL_OK ? (const char *)run->url.data : NULL;
}

static mirsal_code open_run(struct run *run, mirsal_error *err)
{
    /* A device nearby is not asked for through what the environment names. */
    const char *proxy =
        run->options->peer != NULL && run->options->proxy == NULL ? "" : run->options->proxy;
    const struct mir_http_client_options http = { .proxy = proxy,
        .connect_timeout_ms = run->options->timeout_ms,
        .progress = run->options->progress != NULL ? on_progress : NULL,
        .progress_context = run };
    mirsal_code rc = mir_handle_version(run->options->version, 1, err);
    if (rc == MIRSAL_OK && run->options->peer != NULL &&
        (run->options->relay != NULL || run->options->moved)) {
        rc =
            mir_fail(err, MIRSAL_USAGE, "a device is asked for alone: no relay, no word of moving");
    }
    if (rc == MIRSAL_OK && run->store->txn != NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_refresh(run->store->store, err);
    }
    if (rc == MIRSAL_OK && mir_identity_signing(run->store->store) == MIR_SIGNS_INVITED) {
        rc = mir_identity_check(run->store->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_http_client_open(&run->client, &run->store->env, &http, err);
    }
    return rc;
}

mirsal_code mirsal_sync_run(mirsal_text *out,
    mirsal_sync_result *result,
    mirsal_store *store,
    const mirsal_sync_options *options,
    mirsal_error *err)
{
    struct run run = { .store = store, .options = options };
    struct mir_arena arena;
    struct mir_buf reply;
    struct mir_peer *peers = NULL;
    size_t count = 0;
    *out = (mirsal_text){ 0 };
    run.tries = options->tries == 0 ? TRIES_DEFAULT : options->tries;
    mir_arena_init(&arena, &store->env, RELAYS_MEMORY_MAX);
    mir_buf_init(&run.url, &store->env, MIR_REPLY_SIZE_MAX);
    mir_buf_init(&run.body, &store->env, MIR_HTTP_BODY_MAX);
    mir_buf_init(&reply, &store->env, MIR_REPLY_SIZE_MAX);
    mirsal_code rc = open_run(&run, err);
    if (rc == MIRSAL_OK) {
        rc = mir_relay_list(&peers, &count, &arena, store->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_last(&run.sums.heard_above, store->store, err);
    }
    if (rc == MIRSAL_OK) {
        mirsal_error why = { 0 };
        if (options->peer != NULL) {
            rc = sync_with(&run, NULL, &why);
        } else {
            rc = sync_relays(&run, peers, count, &why);
            rc = settle_moved(&run, count, rc, &why);
            rc = renew(&run, peers, count, rc, &why);
        }
        if (rc != MIRSAL_OK && err != NULL) {
            *err = why;
        }
        forget_settled(&run);
        const struct mir_sync_asked asked = { run.answered, peer_url(&run), 1 };
        mirsal_error *said = rc == MIRSAL_OK ? err : NULL;
        mirsal_code given = mir_sync_sums_write(&reply, &run.sums, &asked, store->store, said);
        given = mir_reply_end(out, &reply, given, said);
        rc = rc == MIRSAL_OK ? given : rc;
    }
    if (result != NULL) {
        give_result(result, &run);
    }
    mir_http_client_close(run.client);
    mir_buf_fini(&reply);
    mir_buf_fini(&run.body);
    mir_buf_fini(&run.url);
    mir_arena_fini(&arena);
    return rc;
}
