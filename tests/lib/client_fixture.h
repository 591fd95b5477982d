/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/client_fixture.h - stores of one team, made and used through the public interface.
 */
#ifndef CLIENT_FIXTURE_H
#define CLIENT_FIXTURE_H

#include "test_env.h"
#include "test_vectors.h"

#include <mirsal/mirsal.h>

struct client {
    struct test_env test;
    char folder[96]; /* holds store and recovery */
    char store_path[112];
    char recovery[112];
    mirsal_store *store;
    mirsal_error err;
};

/* A folder and an environment; no store yet. */
void client_init(struct client *client, uint64_t seed);
/* Options that make or open its store, without a passphrase. */
mirsal_store_options client_options(struct client *client);
/* Closes and removes all. */
void client_fini(struct client *client);
void client_reopen(struct client *client);

/* Fails the test, with the error's words, unless code is MIRSAL_OK. */
void client_ok(const struct client *client, mirsal_code code);
/* Parses and releases; the caller ends it with json_decref. */
json_t *client_json(mirsal_text *answer);

/* init, and a team of which this is the founder. */
void client_found(struct client *client, uint64_t seed);
/* init, and a store that joined by an invite of admin: handed over in person, not protected. */
void client_join(struct client *client, struct client *admin, const char *role, uint64_t seed);

/* One record from JSON in a transaction of its own. */
mirsal_id client_insert(struct client *client, const char *json);
/* One incident with that source id and title. */
mirsal_id client_incident(struct client *client, const char *source_id, const char *title);

/* Collects the lines of a call: a JSON array. */
struct client_lines {
    json_t *values;
    size_t stop_at; /* other than 0: stops when it has so many */
};
int client_take_line(void *context, const char *json, size_t size);
void client_lines_init(struct client_lines *lines);
void client_lines_fini(struct client_lines *lines);

#endif
