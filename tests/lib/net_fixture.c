/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/net_fixture.c - the loopback server of the tests of src/net.
 */
#include "net_fixture.h"
#include "env.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct echo {
    struct net_fixture *net;
    struct mir_buf body;
    size_t at;
    int large;
    int broken;
};

static uint64_t ticks(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void no_random(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 0, size);
}

static void *echo_begin(void *context, const char *method, const char *path, const char *peer)
{
    struct net_fixture *net = context;
    assert_non_null(method);
    assert_string_equal(peer, "127.0.0.1");
    if (strcmp(path, "/busy") == 0) {
        return NULL;
    }
    struct echo *echo = mir_alloc(&net->env, sizeof(*echo));
    mir_buf_init(&echo->body, &net->env, 10000000);
    echo->net = net;
    echo->large = strcmp(path, "/large") == 0;
    echo->broken = strcmp(path, "/broken") == 0;
    return echo;
}

static int echo_data(void *request, const void *data, size_t size)
{
    struct echo *echo = request;
    mir_buf_append(&echo->body, data, size);
    return echo->body.size < 5000000;
}

static void echo_answer(void *request, struct mir_http_answer *out)
{
    struct echo *echo = request;
    out->status = 200;
    out->content_type = "application/octet-stream";
    out->size = echo->large || echo->broken ? -1 : (int64_t)echo->body.size;
}

static ptrdiff_t echo_read(void *request, uint8_t *buffer, size_t capacity)
{
    struct echo *echo = request;
    size_t whole = echo->large ? NET_FIXTURE_LARGE : echo->broken ? 200000 : echo->body.size;
    size_t size = whole - echo->at < capacity ? whole - echo->at : capacity;
    if (echo->broken && size == 0) {
        return -1;
    }
    if (echo->large || echo->broken) {
        memset(buffer, 'x', size);
    } else if (size > 0) {
        memcpy(buffer, echo->body.data + echo->at, size);
    }
    echo->at += size;
    return (ptrdiff_t)size;
}

static void echo_close(void *request, int complete)
{
    struct echo *echo = request;
    int *count = complete ? &echo->net->closed_whole : &echo->net->closed_broken;
    __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    mir_buf_fini(&echo->body);
    mir_release(&echo->net->env, echo, sizeof(*echo));
}

void net_fixture_open(struct net_fixture *net)
{
    memset(net, 0, sizeof(*net));
    mirsal_env given = {
        .version = MIRSAL_ENV_VERSION, .now_ms = ticks, .ticks_ms = ticks, .random = no_random
    };
    mir_env_fill(&net->env, &given);
    const struct mir_http_handler handler = { net, echo_begin, echo_data, echo_answer, echo_read,
        echo_close };
    const struct mir_http_server_options options = { .host = "127.0.0.1" };
    assert_int_equal(
        mir_http_server_start(&net->server, &net->env, &options, &handler, NULL), MIRSAL_OK);
    const struct mir_http_client_options plain = { .proxy = "", .connect_timeout_ms = 5000 };
    assert_int_equal(mir_http_client_open(&net->client, &net->env, &plain, NULL), MIRSAL_OK);
}

void net_fixture_close(struct net_fixture *net)
{
    mir_http_client_close(net->client);
    mir_http_server_stop(net->server, 2000);
    net->server = NULL;
}

const char *net_fixture_url(struct net_fixture *net, const char *path)
{
    snprintf(net->url, sizeof(net->url), "http://127.0.0.1:%u%s",
        (unsigned)mir_http_server_port(net->server), path);
    return net->url;
}

mirsal_code net_fixture_collect(void *context, const void *data, size_t size, mirsal_error *err)
{
    mir_buf_append(context, data, size);
    return mir_buf_finish(context, err);
}
