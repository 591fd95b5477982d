/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/daemon_fixture.h - mirsal_server over a fresh data folder, with a client of its HTTP
 * and a team's devices to fill it.
 */
#ifndef DAEMON_FIXTURE_H
#define DAEMON_FIXTURE_H

#include "net_fixture.h"
#include "server_fixture.h"
#include "serverin.h"

struct daemon_fixture {
    struct server_fixture server; /* environment and devices; its own teams stay empty */
    char data[64];
    mirsal_server_options options;
    mirsal_server *daemon;
    struct mir_http_client *client;
    struct mir_buf body; /* of the last answer of 200 */
};

/* Made and opened, not serving. */
void daemon_fixture_open(struct daemon_fixture *fixture, uint64_t seed);
void daemon_fixture_close(struct daemon_fixture *fixture);
void daemon_fixture_reopen(struct daemon_fixture *fixture);
/* Expects success. */
void daemon_fixture_start(struct daemon_fixture *fixture);
/* GET: its status, 0 when nobody answers. */
int daemon_fixture_get(struct daemon_fixture *fixture, const char *path);
/* The team in the daemon's own folder, with all that founder and monitor hold. */
struct mir_team *daemon_fixture_fill(struct daemon_fixture *fixture);
/* An invite of the founder for an observer that reads all, after the team named this relay. */
void daemon_fixture_invite(char out[2048], struct daemon_fixture *fixture);

#endif
