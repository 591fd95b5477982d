/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_server.c - the only place that speaks to libmicrohttpd.
 */
#include "http_server.h"
#include "env.h"
#include "fail.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTION_TIMEOUT_SECONDS 120u
#define THREAD_STACK_SIZE          ((size_t)512 * 1024)
#define READ_BLOCK                 ((size_t)64 * 1024)

struct mir_http_server {
    const mirsal_env *env;
    struct mir_http_handler handler;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    uint32_t running; /* requests begun and not closed */
    uint16_t port;
};

struct request {
    struct mir_http_server *server;
    void *handled;
    int refused; /* data() said enough */
};

static void peer_text(char out[INET6_ADDRSTRLEN], struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    out[0] = '\0';
    if (info == NULL || info->client_addr == NULL) {
        return;
    }
    char host[INET6_ADDRSTRLEN + 32]; /* with a scope id */
    socklen_t size = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                              : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, size, host, sizeof(host), NULL, 0, NI_NUMERICHOST) == 0) {
        snprintf(out, INET6_ADDRSTRLEN, "%.45s", host);
    }
}

static void count_running(struct mir_http_server *server, int change)
{
    pthread_mutex_lock(&server->lock);
    server->running = change > 0 ? server->running + 1 : server->running - 1;
    pthread_mutex_unlock(&server->lock);
}

static ssize_t on_read(void *context, uint64_t position, char *buffer, size_t capacity)
{
    struct request *request = context;
    (void)position;
    ptrdiff_t size =
        request->server->handler.read(request->handled, (uint8_t *)(void *)buffer, capacity);
    if (size > 0) {
        return (ssize_t)size;
    }
    return size == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result queue_status(struct MHD_Connection *connection, unsigned status)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result queue_answer(struct MHD_Connection *connection, struct request *request)
{
    struct mir_http_answer answer = { .status = 500, .size = 0 };
    request->server->handler.answer(request->handled, &answer);
    uint64_t size = answer.size < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)answer.size;
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, READ_BLOCK, on_read, request, NULL);
    if (response == NULL) {
        return MHD_NO;
    }
    if (answer.content_type != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type);
    }
    if (answer.retry_after != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, answer.retry_after);
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context,
    struct MHD_Connection *connection,
    const char *url,
    const char *method,
    const char *version,
    const char *data,
    size_t *size,
    void **state)
{
    struct mir_http_server *server = context;
    struct request *request = *state;
    (void)version;
    if (request == NULL) {
        char peer[INET6_ADDRSTRLEN];
        peer_text(peer, connection);
        request = mir_alloc(server->env, sizeof(*request));
        if (request == NULL) {
            return MHD_NO;
        }
        request->server = server;
        request->handled = server->handler.begin(server->handler.context, method, url, peer);
        count_running(server, 1);
        *state = request;
        return MHD_YES;
    }
    if (*size > 0) {
        if (request->handled != NULL && !request->refused) {
            request->refused = !server->handler.data(request->handled, data, *size);
        }
        *size = 0;
        return MHD_YES;
    }
    if (request->handled == NULL) {
        return queue_status(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
    }
    return queue_answer(connection, request);
}

static void on_completed(void *context,
    struct MHD_Connection *connection,
    void **state,
    enum MHD_RequestTerminationCode code)
{
    struct mir_http_server *server = context;
    struct request *request = *state;
    (void)connection;
    if (request == NULL) {
        return;
    }
    if (request->handled != NULL) {
        server->handler.close(request->handled, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
    mir_release(server->env, request, sizeof(*request));
    *state = NULL;
    count_running(server, -1);
}

/* Silences libmicrohttpd's own messages: they could name peers. */
static void on_message(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static mirsal_code fail_to_listen(mirsal_error *err, int why, unsigned port)
{
    const char *text = why == EADDRINUSE      ? "it is in use"
                       : why == EADDRNOTAVAIL ? "the address is not this machine's"
                       : why == EACCES        ? "permission denied"
                                              : "the system refuses";
    mirsal_code rc = mir_fail_field(err, why == EACCES ? MIRSAL_NO_ACCESS : MIRSAL_BAD_VALUE,
        "listen", "cannot listen at port %u: %s", port, text);
    if (err != NULL) {
        err->detail = (uint32_t)why;
    }
    return rc;
}

static mirsal_code listen_socket(int *out,
    uint16_t *port,
    const struct mir_http_server_options *options,
    mirsal_error *err)
{
    char service[8];
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof(bound);
    int on = 1;
    snprintf(service, sizeof(service), "%u", (unsigned)options->port);
    if (getaddrinfo(options->host, service, &hints, &found) != 0) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "listen", "not an address to listen at");
    }
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    int ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
             bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 512) == 0 &&
             getsockname(fd, (struct sockaddr *)(void *)&bound, &bound_size) == 0;
    int why = errno;
    freeaddrinfo(found);
    if (!ok) {
        if (fd >= 0) {
            close(fd);
        }
        return fail_to_listen(err, why, options->port);
    }
    *port = bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port)
                                        : ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    *out = fd;
    return MIRSAL_OK;
}

static struct MHD_Daemon *start_daemon(struct mir_http_server *server,
    const struct mir_http_server_options *options,
    int fd)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, NULL },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    if (options->tls_cert != NULL) {
        flags |= MHD_USE_TLS;
        memcpy(&tls[0].ptr_value, &options->tls_cert, sizeof(tls[0].ptr_value));
        memcpy(&tls[1].ptr_value, &options->tls_key, sizeof(tls[1].ptr_value));
    } else {
        tls[0].option = MHD_OPTION_END;
    }
    unsigned connections = options->connections_max == 0 ? 4096u : options->connections_max;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER,
        on_message, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_SECONDS,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_THREAD_STACK_SIZE, THREAD_STACK_SIZE,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

mirsal_code mir_http_server_start(struct mir_http_server **out,
    const mirsal_env *env,
    const struct mir_http_server_options *options,
    const struct mir_http_handler *handler,
    mirsal_error *err)
{
    *out = NULL;
    int fd = -1;
    struct mir_http_server *server = mir_alloc(env, sizeof(*server));
    if (server == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the HTTP server");
    }
    server->env = env;
    server->handler = *handler;
    mirsal_code rc = listen_socket(&fd, &server->port, options, err);
    if (rc != MIRSAL_OK) {
        mir_release(env, server, sizeof(*server));
        return rc;
    }
    pthread_mutex_init(&server->lock, NULL);
    server->daemon = start_daemon(server, options, fd);
    if (server->daemon == NULL) {
        close(fd);
        pthread_mutex_destroy(&server->lock);
        mir_release(env, server, sizeof(*server));
        return mir_fail(err, MIRSAL_IO, "the HTTP server does not start (certificate?)");
    }
    *out = server;
    return MIRSAL_OK;
}

uint16_t mir_http_server_port(const struct mir_http_server *server)
{
    return server->port;
}

void mir_http_server_stop(struct mir_http_server *server, uint32_t wait_ms)
{
    if (server == NULL) {
        return;
    }
    const struct timespec pause = { .tv_nsec = 5000000 };
    MHD_socket fd = MHD_quiesce_daemon(server->daemon);
    uint64_t until_ms = mir_ticks_ms(server->env) + wait_ms;
    for (;;) {
        pthread_mutex_lock(&server->lock);
        uint32_t running = server->running;
        pthread_mutex_unlock(&server->lock);
        if (running == 0 || mir_ticks_ms(server->env) >= until_ms) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    MHD_stop_daemon(server->daemon);
    if (fd != MHD_INVALID_SOCKET) {
        close(fd);
    }
    pthread_mutex_destroy(&server->lock);
    mir_release(server->env, server, sizeof(*server));
}

mirsal_code mir_http_server_split(char host[MIR_HTTP_HOST_SIZE],
    uint16_t *port,
    const char *listen,
    mirsal_error *err)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    size_t size = colon == NULL ? 0 : (size_t)(colon - listen);
    unsigned long number = colon == NULL ? 0 : strtoul(colon + 1, &end, 10);
    if (size == 0 || size >= MIR_HTTP_HOST_SIZE || colon[1] == '\0' || *end != '\0' ||
        number > 65535u) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "listen", "not HOST:PORT");
    }
    if (listen[0] == '[' && size > 2 && listen[size - 1u] == ']') {
        listen++;
        size -= 2u;
    }
    memcpy(host, listen, size);
    host[size] = '\0';
    *port = (uint16_t)number;
    return MIRSAL_OK;
}
