/* SPDX-License-Identifier: Apache-2.0 */
/*
 * examples/session_over_socket.c - a sync whose bytes are carried by the program itself.
 *
 *     session_over_socket FOLDER PASSPHRASE
 *
 * The session gives and takes bytes; what carries them is the program's affair. Here it is one
 * plain socket a request and the little of HTTP/1.0 that a relay needs: no TLS, http:// only.
 * mirsal_sync_run does the same with libcurl, with proxies, waiting and several relays.
 */
#include <mirsal/mirsal.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX  (8u << 20)
#define TRIES_MAX 3

static int fail(const char *what, const mirsal_error *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, mirsal_code_name(error->code), error->message);
    return 1;
}

/* Splits http://HOST:PORT; 1 when it is that. */
static int split_url(const char *url, char host[256], char port[8])
{
    return sscanf(url, "http://%255[^:/]:%7[0-9]", host, port) == 2;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (fd >= 0 && connect(fd, each->ai_addr, each->ai_addrlen) != 0) {
            (void)close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static int send_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return 0;
        }
        at += sent;
        size -= (size_t)sent;
    }
    return 1;
}

/* Reads the head of an answer; gives its status, and what came of the body with it. */
static int read_head(int fd, char *buffer, size_t capacity, char **body, size_t *body_size)
{
    size_t size = 0;
    int status = 0;
    *body_size = 0;
    while (size + 1 < capacity) {
        ssize_t got = recv(fd, buffer + size, capacity - 1 - size, 0);
        if (got <= 0) {
            return 0;
        }
        size += (size_t)got;
        buffer[size] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (end != NULL) {
            *body = end + 4;
            *body_size = size - (size_t)(*body - buffer);
            return sscanf(buffer, "HTTP/%*s %d", &status) == 1 ? status : 0;
        }
    }
    return 0;
}

/* Gives the body of a 200 to the session as it comes. The status, 0 when the link broke. */
static int read_answer(int fd, mirsal_session *session, mirsal_code *code, mirsal_error *error)
{
    char buffer[8192];
    char *body = NULL;
    size_t size = 0;
    int status = read_head(fd, buffer, sizeof buffer, &body, &size);
    while (status == 200 && *code == MIRSAL_OK) {
        *code = size > 0 ? mirsal_session_receive(session, body, size, error) : MIRSAL_OK;
        ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) {
            return got < 0 ? 0 : status;
        }
        body = buffer;
        size = (size_t)got;
    }
    return status;
}

/* The whole body of the next request. */
static mirsal_code gather(uint8_t *body, size_t *size, mirsal_session *session, mirsal_error *error)
{
    size_t piece = 0;
    *size = 0;
    do {
        mirsal_code code =
            mirsal_session_send(body + *size, BODY_MAX - *size, &piece, session, error);
        if (code != MIRSAL_OK) {
            return code;
        }
        *size += piece;
    } while (piece > 0);
    return MIRSAL_OK;
}

static mirsal_code exchange(int *status,
    mirsal_session *session,
    uint8_t *body,
    mirsal_error *error)
{
    char host[256], port[8], head[512];
    size_t size = 0;
    int for_key = mirsal_session_need(session) == MIRSAL_NEED_KEY;
    mirsal_code code = for_key ? MIRSAL_OK : gather(body, &size, session, error);
    *status = 0;
    if (code != MIRSAL_OK || !split_url(mirsal_session_relay(session), host, port)) {
        return code;
    }
    int fd = connect_to(host, port);
    if (fd < 0) {
        return MIRSAL_OK; /* status 0: it did not get through */
    }
    int length = snprintf(head, sizeof head,
        "%s /v1/%s HTTP/1.0\r\nHost: %s:%s\r\nContent-Type: application/octet-stream\r\n"
        "Content-Length: %zu\r\n\r\n",
        for_key ? "GET" : "POST", for_key ? "relay" : "sync", host, port, size);
    if (length > 0 && send_all(fd, head, (size_t)length) && send_all(fd, body, size)) {
        *status = read_answer(fd, session, &code, error);
    }
    (void)close(fd);
    return code;
}

static mirsal_code drive(mirsal_session *session, uint8_t *body, mirsal_error *error)
{
    int failures = 0;
    while (mirsal_session_need(session) != MIRSAL_NEED_DONE && failures < TRIES_MAX) {
        int status = 0;
        mirsal_code code = exchange(&status, session, body, error);
        if (code == MIRSAL_OK) {
            code = mirsal_session_end(session, status, error);
        }
        if (code != MIRSAL_OK) {
            return code;
        }
        failures = status == 200 ? 0 : failures + 1;
        if (failures > 0) {
            (void)sleep((unsigned)failures);
        }
    }
    return MIRSAL_OK;
}

int main(int argc, char **argv)
{
    mirsal_store *store = NULL;
    mirsal_session *session = NULL;
    mirsal_text answer = { 0 };
    mirsal_error error = { 0 };
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_session_options run = MIRSAL_SESSION_OPTIONS_INIT;
    if (argc != 3) {
        fprintf(stderr, "usage: %s FOLDER PASSPHRASE\n", argv[0]);
        return 2;
    }
    options.directory = argv[1];
    options.passphrase = argv[2];
    options.passphrase_size = strlen(argv[2]);
    if (mirsal_open(&store, &options, &error) != MIRSAL_OK) {
        return fail("open", &error);
    }
    uint8_t *body = malloc(BODY_MAX);
    int status = body == NULL;
    run.store = store; /* its first relay */
    if (!status && mirsal_session_open(&session, &run, &error) != MIRSAL_OK) {
        status = fail("session", &error);
    } else if (!status && drive(session, body, &error) != MIRSAL_OK) {
        status = fail("sync", &error);
    } else if (!status && mirsal_session_answer(&answer, session, &error) != MIRSAL_OK) {
        status = fail("answer", &error);
    }
    if (status == 0) {
        printf("%s\n", answer.data);
        status = mirsal_session_need(session) != MIRSAL_NEED_DONE;
    }
    mirsal_text_free(&answer);
    mirsal_session_close(session);
    mirsal_close(store);
    free(body);
    return status;
}
