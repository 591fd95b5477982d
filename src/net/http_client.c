/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_client.c - the only place that speaks to libcurl.
 *
 * One easy handle per client, kept between requests so that a connection is used again. No
 * redirects are
 * followed, no cookies kept, no user agent told: what goes out is the body and what HTTP needs.
 */
#include "http_client.h"
#include "env.h"
#include "fail.h"
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#define STALL_SECONDS          60L
#define STALL_BYTES_PER_SECOND 30L

struct mir_http_client {
    const mirsal_env *env;
    CURL *curl;
    struct curl_slist *headers;
    int (*progress)(void *context, uint64_t bytes_out, uint64_t bytes_in);
    void *progress_context;
};

struct transfer {
    CURL *curl;
    mir_http_receive receive;
    void *context;
    mirsal_error *err;
    mirsal_code rc;
    uint64_t body_in;
    uint64_t head_out; /* bytes of headers, those for a proxy too */
    uint64_t head_in;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    long status = 0;
    transfer->body_in += size * count;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return size * count;
    }
    transfer->rc = transfer->receive(transfer->context, data, size * count, transfer->err);
    return transfer->rc == MIRSAL_OK ? size * count : 0;
}

/* CURLINFO_REQUEST_SIZE counts what of the body went with the head; here each is told apart. */
static int on_bytes(CURL *curl, curl_infotype type, char *data, size_t size, void *context)
{
    struct transfer *transfer = context;
    (void)curl;
    (void)data;
    if (type == CURLINFO_HEADER_OUT) {
        transfer->head_out += size;
    } else if (type == CURLINFO_HEADER_IN) {
        transfer->head_in += size;
    }
    return 0;
}

static int on_progress(void *context,
    curl_off_t down_total,
    curl_off_t down,
    curl_off_t up_total,
    curl_off_t up)
{
    struct mir_http_client *client = context;
    (void)down_total;
    (void)up_total;
    return client->progress(client->progress_context, (uint64_t)up, (uint64_t)down);
}

mirsal_code mir_http_client_open(struct mir_http_client **out,
    const mirsal_env *env,
    const struct mir_http_client_options *options,
    mirsal_error *err)
{
    *out = NULL;
    pthread_once(&curl_once, start_curl);
    struct mir_http_client *client = mir_alloc(env, sizeof(*client));
    if (client == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the HTTP client");
    }
    client->env = env;
    client->progress = options->progress;
    client->progress_context = options->progress_context;
    client->curl = curl_easy_init();
    client->headers = curl_slist_append(NULL, "Content-Type: application/octet-stream");
    /* No "Expect: 100-continue": it would cost a round trip on a slow link. */
    struct curl_slist *more = curl_slist_append(client->headers, "Expect:");
    if (client->curl == NULL || client->headers == NULL || more == NULL) {
        mir_http_client_close(client);
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the HTTP client");
    }
    client->headers = more;
    uint32_t timeout_ms = options->connect_timeout_ms;
    curl_easy_setopt(
        client->curl, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms == 0 ? 30000L : (long)timeout_ms);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_SECOND);
    curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_DEBUGFUNCTION, on_bytes);
    curl_easy_setopt(client->curl, CURLOPT_VERBOSE, 1L); /* it calls on_bytes, and prints nothing */
    curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(client->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (options->proxy != NULL) {
        curl_easy_setopt(client->curl, CURLOPT_PROXY, options->proxy);
    }
    if (client->progress != NULL) {
        curl_easy_setopt(client->curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(client->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(client->curl, CURLOPT_XFERINFODATA, client);
    }
    *out = client;
    return MIRSAL_OK;
}

void mir_http_client_close(struct mir_http_client *client)
{
    if (client == NULL) {
        return;
    }
    curl_slist_free_all(client->headers);
    curl_easy_cleanup(client->curl);
    mir_release(client->env, client, sizeof(*client));
}

static mirsal_code result_of(const struct transfer *transfer, CURLcode code, mirsal_error *err)
{
    if (transfer->rc != MIRSAL_OK) {
        return transfer->rc; /* the receiver has set err */
    }
    if (code == CURLE_OK) {
        return MIRSAL_OK;
    }
    if (err != NULL) {
        err->detail = (uint32_t)code;
    }
    switch ((int)code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return mir_fail(err, MIRSAL_CANCELLED, "the transfer was cancelled");
    case CURLE_OUT_OF_MEMORY:
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a transfer");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "relay", "not an http or https URL");
    default:
        return mir_fail(err, MIRSAL_NO_RELAY, "%s", curl_easy_strerror(code));
    }
}

static void read_counts(CURL *curl, struct mir_http_counts *counts, const struct transfer *transfer)
{
    curl_off_t up = 0;
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &up);
    counts->body_out = (uint64_t)up;
    counts->body_in = transfer->body_in;
    counts->all_out = (uint64_t)up + transfer->head_out;
    counts->all_in = transfer->body_in + transfer->head_in;
}

mirsal_code mir_http_request(struct mir_http_client *client,
    int *status,
    struct mir_http_counts *counts,
    const char *url,
    const struct mir_bytes *body,
    mir_http_receive receive,
    void *context,
    mirsal_error *err)
{
    struct transfer transfer = {
        .curl = client->curl, .receive = receive, .context = context, .err = err, .rc = MIRSAL_OK
    };
    *status = 0;
    memset(counts, 0, sizeof(*counts));
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(client->curl, CURLOPT_DEBUGDATA, &transfer);
    if (body != NULL) {
        curl_easy_setopt(client->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, (const char *)body->data);
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
    } else {
        curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    }
    CURLcode code = curl_easy_perform(client->curl);
    long http_status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &http_status);
    *status = (int)http_status;
    read_counts(client->curl, counts, &transfer);
    return result_of(&transfer, code, err);
}
