/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/relay_pump.h - a relay in the same process: the server's logs and responder, with the
 * bytes of public sessions carried to it by hand.
 */
#ifndef RELAY_PUMP_H
#define RELAY_PUMP_H

#include "client_fixture.h"
#include "session.h"
#include "teams.h"

struct relay_pump {
    struct test_env test;
    char folder[96];
    struct mir_relay_keys *keys;
    struct mir_teams *teams;
    struct mir_responder *responder;
    char url_key[700]; /* URL#KEY */
    char token[2 * MIR_RELAY_TOKEN_SIZE + 1];

    int answer_with; /* other than 0: every request gets this HTTP status, without a body */
    int break_next;  /* so many next answers break in the middle */
    unsigned keys_given;
    unsigned exchanges;
};

void relay_pump_open(struct relay_pump *pump, const char *url, uint64_t seed);
void relay_pump_close(struct relay_pump *pump);
/* One HTTP exchange of the session, whatever it needs. */
mirsal_code relay_pump_exchange(struct relay_pump *pump,
    mirsal_session *session,
    mirsal_error *err);
/* Adds the relay to the store. */
void relay_pump_introduce(struct relay_pump *pump, struct client *client);
/* A whole session; its answer, parsed, which must be there. */
json_t *relay_pump_sync(struct relay_pump *pump, struct client *client, uint64_t budget);

#endif
