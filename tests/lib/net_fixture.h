/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/net_fixture.h - a loopback server with three paths, for the tests of src/net:
 * POST /echo gives the body back, GET /large gives 3,000,000 bytes, GET /broken breaks after some.
 */
#ifndef NET_FIXTURE_H
#define NET_FIXTURE_H

#include "http_client.h"
#include "http_server.h"
#include "test_env.h"

struct net_fixture {
    mirsal_env env; /* the C library's allocator: handlers run in many threads */
    struct mir_http_server *server;
    struct mir_http_client *client;
    int closed_whole;  /* requests closed after a whole answer */
    int closed_broken; /* and before */
    char url[64];
};

void net_fixture_open(struct net_fixture *net);
void net_fixture_close(struct net_fixture *net);
/* The whole URL of a path, borrowed until the next call. */
const char *net_fixture_url(struct net_fixture *net, const char *path);
/* A mir_http_receive that appends to a struct mir_buf. */
mirsal_code net_fixture_collect(void *context, const void *data, size_t size, mirsal_error *err);

#define NET_FIXTURE_LARGE 3000000

#endif
