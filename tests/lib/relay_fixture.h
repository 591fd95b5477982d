/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/relay_fixture.h - a relay's log on disk and a team whose changesets are put into it.
 */
#ifndef RELAY_FIXTURE_H
#define RELAY_FIXTURE_H

#include "chains.h"
#include "relaylog.h"
#include "test_team.h"

/* The monitor's invite ends that long after TEST_START_MS. */
#define RELAY_FIXTURE_INVITE_MS ((uint64_t)7 * 24 * 3600 * 1000)

struct relay_fixture {
    struct test_store admin;
    struct test_store monitor; /* joined, in person */
    struct mir_relay_log *log;
    char path[96];
};

/* The founder with one report, a monitor with one; the log holds genesis alone. */
void relay_fixture_open(struct relay_fixture *relay, uint64_t seed);
void relay_fixture_close(struct relay_fixture *relay);
void relay_fixture_reopen(struct relay_fixture *relay);

/* The store's changeset with that arrival number; its bytes live in arena. */
void relay_fixture_load(struct mir_changeset *out,
    struct mir_arena *arena,
    struct test_store *store,
    int64_t no);
/* Puts one, in a transaction of its own. Its reject code, 0 when there is none. */
enum mir_reject_code relay_fixture_put(struct relay_fixture *relay,
    const struct mir_changeset *changeset,
    uint64_t *arrival);
/* The same, brought by that device; NULL: not known yet. */
enum mir_reject_code relay_fixture_put_from(struct relay_fixture *relay,
    const mirsal_hash *sender,
    const struct mir_changeset *changeset,
    uint64_t *arrival);
/* Puts all of a store, control first; all must be taken. How many were new. */
size_t relay_fixture_put_all(struct relay_fixture *relay, struct test_store *store);

#endif
