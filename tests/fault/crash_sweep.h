/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/crash_sweep.h - what the parts of the crash sweep share: a phone on a disk that loses
 * power, and what it must still hold.
 */
#ifndef CRASH_SWEEP_H
#define CRASH_SWEEP_H

#include "accept.h"
#include "crash_disk.h"
#include "peers.h"
#include "sql.h"
#include "store.h"
#include "test_env.h"

#define ACKNOWLEDGED 64u
#define SENT_TEXT    "seven graves beside the mill"
#define UNSENT_TEXT  "an eighth one by the road"

struct phone {
    struct test_env test;
    struct crash_disk *disk;
    struct mir_store *store;
    char folder[64];
    char recovery[80];
};

struct sweep {
    struct phone phone;
    struct crash_image *image; /* what each point begins with */
    struct mir_changeset *incoming;
    size_t incoming_count;
    struct mir_arena arena; /* of incoming */
    const char *pragma;     /* canary */
    unsigned stride;        /* from point to point */
    int forgets;            /* the phone is write-only */
    mirsal_hash acknowledged[ACKNOWLEDGED];
    size_t acknowledged_count;
    uint64_t points;
    uint64_t lost;
    uint64_t corrupt;
    uint64_t opened_wrongly;
};

/* One incident with a text, in a changeset of its own. */
mirsal_code sweep_report(mirsal_hash *id, struct phone *phone, const char *text, mirsal_error *err);
/* From now on the changeset must be there. */
void sweep_acknowledge(struct sweep *sweep, const mirsal_hash *id);
mirsal_code sweep_open_store(struct sweep *sweep, mirsal_error *err);

/* A relay acknowledges the reports, the phone forgets them, and goes on; crash_forget.c. */
mirsal_code sweep_forget_reports(struct sweep *sweep, mirsal_error *err);
/*
 * What the relay has is in no table and no page, what it has not is readable, and every sealed body
 * is here for a relay that loses its own.
 */
int sweep_is_forgotten(struct phone *phone);

#endif
