/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_drive.h - runs a device's session against a relay's, exchange by exchange, and
 * does to the bytes between them what a network does.
 */
#ifndef FIXTURE_DRIVE_H
#define FIXTURE_DRIVE_H

#include "fixture_replica.h"
#include "session.h"

#define DRIVE_NEVER UINT64_MAX

struct fixture_drive {
    const mirsal_env *env;
    struct mir_responder *responder;
    struct fixture_replica *relay;
    size_t piece;        /* bytes given at once, both ways */
    uint64_t budget;     /* of the next runs */
    size_t request_size; /* as in session options */
    uint64_t beside;     /* bytes of headers that each exchange spends of the budget */

    /* Faults count the bytes of a run, from its start; each happens once. */
    uint64_t cut_request; /* this many bytes of requests arrive, then the link breaks */
    uint64_t cut_answer;
    uint64_t flip_request; /* a bit of this byte changes */
    uint64_t flip_answer;
    uint32_t exchanges_max; /* give up after so many; 0: never */

    /* Of the last run. */
    struct mir_session_counters counters;
    uint32_t exchanges;
    uint64_t sent;
    uint64_t answered;
    struct mir_buf request; /* of the last exchange, whole */
    struct mir_buf answer;
    unsigned status;
    mirsal_code server_code; /* first code that the relay's side gave */
};

void fixture_drive_init(struct fixture_drive *drive,
    const mirsal_env *env,
    struct fixture_replica *relay);
void fixture_drive_fini(struct fixture_drive *drive);
/* A run to its end. */
mirsal_code fixture_run(struct fixture_drive *drive, struct fixture_replica *device);
/* One request as it stands in drive->request; its answer and status stand there after. */
void fixture_serve(struct fixture_drive *drive);

#endif
