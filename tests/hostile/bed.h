/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/hostile/bed.h - a real team on disk with a relay's log, and one of its devices, mallory,
 * whose keys sign whatever a test writes.
 *
 * office is the founder, reader a coordinator, victim a monitor (each with one report), mallory has
 * the role asked for. All have met, readers' receipts included; the relay holds all.
 */
#ifndef HOSTILE_BED_H
#define HOSTILE_BED_H

#include "members.h"
#include "relay_fixture.h"
#include "statement.h"
#include "test_body.h"

#define BED_CHANGESETS_MAX 8u

struct bed {
    struct relay_fixture relay;
    struct test_store reader;
    struct test_store mallory;
    struct test_store *office; /* of the relay's fixture */
    struct test_store *victim;
    mirsal_id report;  /* the victim's */
    mirsal_id decided; /* the reader's */
    struct mir_arena arena;
    struct mir_changeset said[BED_CHANGESETS_MAX]; /* what mallory pushes */
    uint32_t said_count;
};

void bed_open(struct bed *bed, enum mir_role role);
void bed_close(struct bed *bed);
/* Everybody but mallory, both ways, until nothing is new. */
void bed_meet(struct bed *bed);

/* mallory's next control changeset with these statements, among what is pushed. Any are signed. */
const struct mir_changeset *bed_says(struct bed *bed, const struct mir_say *says, uint32_t count);
/* The same of one. */
const struct mir_changeset *bed_say(struct bed *bed, const struct mir_say *say);
/* A control body as it stands. */
const struct mir_changeset *bed_control(struct bed *bed,
    const struct mir_seal *seal,
    struct mir_bytes body);
/* Everything of mallory's own data chain from that seq on. */
void bed_push_from(struct bed *bed, uint64_t seq);
/* The place of mallory's next changeset. */
struct mir_seal bed_place(struct bed *bed, uint8_t compartment);
/* The body at that place, sealed to main's epoch, among what is pushed. */
const struct mir_changeset *bed_seal(struct bed *bed,
    const struct mir_seal *seal,
    struct test_body *body);
void bed_body(struct test_body *body, struct bed *bed);
/* A text, as an edit of rel_text. */
struct mir_write *bed_text(struct test_body *body, const mirsal_id *record, const char *text);
/* A root's role statement on mallory, or cut, met by all. */
void bed_root_role(struct bed *bed, enum mir_role role);
void bed_root_cut(struct bed *bed);

/* What a replica says to one changeset, in a transaction of its own. */
mirsal_code bed_put(struct test_store *to, const struct mir_changeset *changeset);
/* 1 when it is held. */
int bed_holds(struct test_store *device, const mirsal_hash *changeset, struct mir_chain_row *row);
/* Why a statement of a control changeset does not count; NONE. */
enum mir_reason bed_fault(struct test_store *device, const mirsal_hash *changeset, size_t at);
/* That mallory admits the device. */
struct mir_say bed_admit(struct bed *bed, struct test_store *device, int confirmed);
/* What others wrote is shown as they wrote it. */
void bed_reports_stand(struct bed *bed);
const struct mir_member *bed_member(struct test_store *device, struct test_store *of);

#endif
