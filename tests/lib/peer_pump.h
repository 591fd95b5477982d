/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/peer_pump.h - two stores that sync with each other in one process: one serves, the
 * other runs a session, and the bytes between them are carried by hand.
 */
#ifndef PEER_PUMP_H
#define PEER_PUMP_H

#include "hosting.h"
#include "replica.h"
#include "session.h"
#include "test_team.h"

struct peer_pump {
    struct test_store *server;
    struct mir_hosting *hosting;
    struct mir_responder *responder;
    int break_at;       /* this exchange's answer breaks in the middle, counted from 1; 0: none */
    int stop_at;        /* the client is gone after this exchange; 0: never */
    uint32_t locks;     /* taken and not given back */
    uint32_t exchanges; /* of the last run */
    mirsal_code met;    /* what a meeting before it came to */
    struct mir_session_counters counters;
    mirsal_error err;
};

void peer_pump_open(struct peer_pump *pump, struct test_store *server);
void peer_pump_close(struct peer_pump *pump);
/* A run of the client with the server, as the client's driver makes it; what it ended with. */
mirsal_code peer_pump_run(struct peer_pump *pump, struct test_store *client);

/* Changesets held of one device and compartment; author NULL: of all. */
int64_t peer_pump_held(struct test_store *device, struct test_store *author, uint8_t compartment);

#endif
