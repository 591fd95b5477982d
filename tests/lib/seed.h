/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/seed.h - two incidents of one day, and the claims, links and judgements on them.
 *
 * number names the changeset, as in world.h; each function asserts that it is applied, and gives
 * the id of the record it made.
 */
#ifndef SEED_H
#define SEED_H

#include "world.h"

/* Two incidents, two sources: draft 1 by device 1. */
enum { INCIDENT, SECOND, CIVIL, OBSERVATORY, SEED_RECORDS };
void seed_add(struct world *world, mirsal_id *ids);
/* One claim of killed civilians on the first incident. */
mirsal_id seed_claim(struct world *world,
    uint32_t number,
    int64_t device,
    const mirsal_id *root,
    int64_t killed);
/* A link from the second incident to the first. */
mirsal_id seed_relate(struct world *world, uint32_t number, int64_t device, const char *relation);
/* A judgement that the claim is mis-scoped. */
mirsal_id seed_reject(struct world *world,
    uint32_t number,
    int64_t device,
    const mirsal_id *rejected);

#endif
