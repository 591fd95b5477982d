/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_team.h - whole stores on disk, of one team, and changesets carried between them
 * by hand.
 */
#ifndef TEST_TEAM_H
#define TEST_TEAM_H

#include "accept.h"
#include "store.h"
#include "team.h"
#include "test_env.h"
#include "txn.h"

struct test_store {
    struct test_env world;
    char folder[64];
    char recovery[80];
    struct mir_store *store;
    mirsal_error err;
};

/* A folder and an environment; the same seed gives the same keys. Nothing is made yet. */
void test_store_init(struct test_store *device, uint64_t seed);
void test_store_options(struct mir_store_options *out, struct test_store *device);
void test_store_reopen(struct test_store *device);
/* Closes and removes all. */
void test_store_fini(struct test_store *device);

/* The founder's store, open. */
void test_team_found(struct test_store *device, uint64_t seed);

struct test_invite {
    enum mir_role role;
    int protected_;
    int in_person;
    int write_only;
    uint32_t uses;
    uint64_t expires_ms; /* 0: never */
};
/* An invite by admin, joined by a new store. */
void test_team_join(struct test_store *device,
    struct test_store *admin,
    uint64_t seed,
    const struct test_invite *invite);

/* Every changeset of `from` that `to` lacks, in an order drawn from seed, each in a transaction of
 * its own where one_by_one. */
void test_team_carry(struct test_store *to, struct test_store *from, uint64_t seed, int one_by_one);
/* Carries both ways and runs duties until nothing is new. */
void test_team_meet(struct test_store *a, struct test_store *b, uint64_t seed);

/* An incident with a text in rel_text (main) and one in grading_reason; its id. */
mirsal_id test_team_report(struct test_store *device, const char *text);
/* So many of them in one changeset; their texts are text, "text 1", "text 2" … */
void test_team_batch(mirsal_id *ids, struct test_store *device, const char *text, size_t count);
/* One write of text to incident.rel_text. */
mirsal_code test_team_edit(struct test_store *device, const mirsal_id *record, const char *text);
/* What incident.rel_text shows; empty text when nothing stands. Static. */
const char *test_team_shown(struct test_store *device, const mirsal_id *record);
mirsal_hash test_team_digest(struct test_store *device);
/* By the founder's root: an admin, said to be this person's (NULL: nothing is said). */
void test_team_make_admin(struct test_store *founder,
    struct test_store *device,
    const char *person);
int64_t test_team_count(struct test_store *device, const char *sql);

#define TEST_INCIDENT 1u
#define TEST_REL_TEXT 111u
#define TEST_TITLE    121u
#define TEST_PRIVATE  113u /* a point, in protected */

#endif
