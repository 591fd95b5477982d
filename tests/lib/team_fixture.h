/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/team_fixture.h - control changesets of an invented team, one statement at a time.
 *
 * A device is a letter; its key is that letter 32 times. Statements are added to chains in the
 * order of the calls; each cites the changeset that the author was last told of.
 */
#ifndef TEAM_FIXTURE_H
#define TEAM_FIXTURE_H

#include "line.h"
#include "test_env.h"

#define TEAM_FACTS_MAX      512u
#define TEAM_STATEMENTS_MAX 4u
#define TEAM_DATA_MAX       512u
#define TEAM_SPOTS_MAX      4u

struct team_fixture {
    struct test_env test;
    struct mir_control facts[TEAM_FACTS_MAX];
    struct mir_statement statements[TEAM_FACTS_MAX][TEAM_STATEMENTS_MAX];
    mirsal_hash knows[TEAM_FACTS_MAX][TEAM_STATEMENTS_MAX];
    struct mir_grant grants[TEAM_FACTS_MAX];
    struct mir_receipt_head heads[TEAM_FACTS_MAX];
    struct mir_epoch_name epochs[2];
    struct mir_spot spots[TEAM_FACTS_MAX][2 * TEAM_SPOTS_MAX];
    size_t count;
    struct mir_data_header data[TEAM_DATA_MAX];
    size_t data_count;
    mirsal_hash told[256]; /* by letter: the authority it cites next */
    struct mir_membership membership;
};

#define TEAM_ROOT    'R'
#define TEAM_FOUNDER 'F'

/* Root, the founder, epoch 1 of main and protected. Returns the genesis in fact 0. */
void team_init(struct team_fixture *team);
void team_fini(struct team_fixture *team);
/* The same on the heap. */
struct team_fixture *team_new(void);
void team_free(struct team_fixture *team);
/* Evaluates what has been said; out of memory fails the test. */
const struct mir_membership *team_evaluate(struct team_fixture *team);
const struct mir_member *team_member(const struct team_fixture *team, char letter);

mirsal_hash team_key(char letter);
mirsal_hash team_epoch_key(unsigned number);

/* The author's next changeset with this statement. */
struct mir_control *team_say(struct team_fixture *team, char author, struct mir_statement what);
/* One more statement in the same changeset. */
void team_add(struct team_fixture *team, struct mir_control *fact, struct mir_statement what);
/* From now on the letter's changesets cite that one. */
void team_tell(struct team_fixture *team, char letter, const struct mir_control *fact);
/* As a fork: the next changeset of this author continues the one given (NULL: it is a seq 1). */
struct mir_control *team_fork(struct team_fixture *team,
    char author,
    const struct mir_control *prev,
    struct mir_statement what);

struct mir_control *team_invite(struct team_fixture *team,
    char admin,
    enum mir_role role,
    uint64_t uses);
/* The device's first changeset: a join under that invite. */
struct mir_control *team_join(struct team_fixture *team,
    char device,
    const struct mir_control *invite);
struct mir_control *team_admit(struct team_fixture *team,
    char author,
    const struct mir_control *join,
    int confirmed);
struct mir_control *team_role(struct team_fixture *team,
    char author,
    char device,
    enum mir_role role);
struct mir_control *team_revoke(struct team_fixture *team,
    char admin,
    const struct mir_control *invite);
struct mir_control *team_grant(struct team_fixture *team,
    char admin,
    uint32_t compartment,
    char device,
    int readable);
struct mir_control *team_epoch(struct team_fixture *team,
    char admin,
    uint32_t number,
    unsigned key,
    int has_previous);
struct mir_control *team_deliver(struct team_fixture *team, char author, unsigned key, char device);
struct mir_control *team_answer(struct team_fixture *team, char device, unsigned key, int opened);
/* A cut that names nothing yet, so that it leaves nothing. */
struct mir_control *team_cut(struct team_fixture *team,
    char author,
    char device,
    enum mir_cut_reason reason);
/* One more place of the first statement, a cut or the cut of a role. */
void team_leave(struct team_fixture *team,
    const struct mir_control *fact,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *id);
/* One more place from which the first statement, a role, holds. */
void team_from(struct team_fixture *team,
    const struct mir_control *fact,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *id);
/* after: the last control changeset that is left, or NULL. */
struct mir_control *team_freeze(struct team_fixture *team,
    char author,
    char device,
    const struct mir_control *after);
struct mir_control *team_unfreeze(struct team_fixture *team, const struct mir_control *freeze);
struct mir_control *team_retire(struct team_fixture *team, char device, char successor);
struct mir_control *team_adopt(struct team_fixture *team,
    char author,
    const struct mir_data_header *data);
struct mir_control *team_receipt(struct team_fixture *team,
    char author,
    const struct mir_data_header *head);

/* A data changeset above prev (NULL: seq 1), citing what the device was last told of. */
struct mir_data_header *team_data(struct team_fixture *team,
    char device,
    uint32_t compartment,
    const struct mir_data_header *prev);
/* Its state before content, of the chain as held. The set must have been evaluated. */
struct mir_verdict team_state(struct team_fixture *team, const struct mir_data_header *data);
/* A device of that role, invited, joined and admitted by the founder, fingerprint compared. */
struct mir_control *team_enrol(struct team_fixture *team, char device, enum mir_role role);
/* A second admin, by root's word, which it knows. */
void team_admin(struct team_fixture *team, char letter);

/* Reason against a statement of the changeset, NONE when all count; evaluates anew. */
enum mir_reason team_fault(struct team_fixture *team, const struct mir_control *fact);
/* The state of a data changeset of the set as it is now. */
void team_assert_state(struct team_fixture *team,
    const struct mir_data_header *data,
    enum mir_held held,
    enum mir_reason reason);
#define ACCEPTED(team, data) team_assert_state(team, data, MIR_STATE_ACCEPTED, MIR_REASON_NONE)
#define HELD_BACK(team, data, why)                                                                 \
    team_assert_state(team, data, MIR_STATE_QUARANTINED, MIR_REASON_##why)

#endif
