/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/handoff_fixture.h - a handoff's content out of a test store, and read back.
 */
#ifndef HANDOFF_FIXTURE_H
#define HANDOFF_FIXTURE_H

#include "handoffmake.h"
#include "handoffopen.h"
#include "test_team.h"

struct handoff_bed {
    struct mir_arena arena;
    struct mir_buf content;
    struct mir_org_key key; /* the recipient's */
    struct mir_org_secret secret;
    struct mir_handoff_made made;
    struct mir_handoff_opening *opening;
    const struct mir_handoff_opened *opened;
    uint32_t withheld; /* a field that is not shown; 0: all are */
};

/* These records of one type, in any order. The code of making; content is there when it is OK. */
mirsal_code handoff_bed_make(struct handoff_bed *bed,
    struct test_store *device,
    enum mir_handoff_mode mode,
    uint32_t type,
    const mirsal_id *ids,
    size_t count);
/* Reads it back as the recipient, which must succeed. */
void handoff_bed_open(struct handoff_bed *bed, struct test_store *device);
/* The value of a register that is shown, or empty bytes. */
struct mir_bytes handoff_bed_value(const struct handoff_bed *bed, size_t item, uint32_t field);
int handoff_bed_holds(const struct handoff_bed *bed, const void *bytes, size_t size);
void handoff_bed_fini(struct handoff_bed *bed); /* accepts a zeroed struct */

#endif
