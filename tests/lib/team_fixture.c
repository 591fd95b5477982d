/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/team_fixture.c - an invented team's control changesets.
 */
#include "team_fixture.h"

#include <string.h>

mirsal_hash team_key(char letter)
{
    mirsal_hash key;
    memset(key.bytes, (unsigned char)letter, sizeof key.bytes);
    return key;
}

mirsal_hash team_epoch_key(unsigned number)
{
    mirsal_hash key;
    memset(key.bytes, (int)(0x80u + number), sizeof key.bytes);
    return key;
}

static mirsal_hash draw_id(struct team_fixture *team)
{
    mirsal_hash id;
    team->test.env.random(team->test.env.context, id.bytes, sizeof id.bytes);
    return id;
}

static const struct mir_control *last_of(const struct team_fixture *team, char author)
{
    mirsal_hash key = team_key(author);
    for (size_t i = team->count; i > 0; i--) {
        if (memcmp(team->facts[i - 1].device.bytes, key.bytes, sizeof key.bytes) == 0) {
            return &team->facts[i - 1];
        }
    }
    return NULL;
}

struct mir_control *team_fork(struct team_fixture *team,
    char author,
    const struct mir_control *prev,
    struct mir_statement what)
{
    assert_true(team->count < TEAM_FACTS_MAX);
    struct mir_control *fact = &team->facts[team->count];
    memset(fact, 0, sizeof *fact);
    fact->id = draw_id(team);
    fact->device = team_key(author);
    fact->seq = 1;
    if (prev != NULL) {
        fact->seq = prev->seq + 1;
        fact->prev = prev->id;
    }
    fact->authority = team->told[(unsigned char)author];
    fact->statements = team->statements[team->count];
    fact->knows = team->knows[team->count];
    team->count++;
    team_add(team, fact, what);
    return fact;
}

struct mir_control *team_say(struct team_fixture *team, char author, struct mir_statement what)
{
    return team_fork(team, author, last_of(team, author), what);
}

void team_add(struct team_fixture *team, struct mir_control *fact, struct mir_statement what)
{
    assert_true(fact->statement_count < TEAM_STATEMENTS_MAX);
    team->statements[fact - team->facts][fact->statement_count++] = what;
}

void team_tell(struct team_fixture *team, char letter, const struct mir_control *fact)
{
    team->told[(unsigned char)letter] = fact->id;
}

void team_init(struct team_fixture *team)
{
    memset(team, 0, sizeof *team);
    test_env_init(&team->test, 11);
    for (uint32_t i = 0; i < 2; i++) {
        team->epochs[i].compartment = i;
        team->epochs[i].number = 1;
        team->epochs[i].public_key = team_epoch_key(i);
    }
    struct mir_statement genesis = { .kind = MIR_STATEMENT_GENESIS };
    genesis.genesis.is_team = 1;
    genesis.genesis.founder = team_key(TEAM_FOUNDER);
    genesis.genesis.noise = team_key('n');
    genesis.genesis.hpke = team_key('h');
    genesis.genesis.epochs = team->epochs;
    genesis.genesis.epoch_count = 2;
    genesis.genesis.schema_version = 1;
    genesis.genesis.schema_hash = team_key('s');
    const struct mir_control *fact = team_say(team, TEAM_ROOT, genesis);
    for (unsigned letter = 0; letter < 256; letter++) {
        team->told[letter] = fact->id;
    }
}

void team_fini(struct team_fixture *team)
{
    mir_membership_fini(&team->membership);
    test_env_fini(&team->test);
}

const struct mir_membership *team_evaluate(struct team_fixture *team)
{
    mir_membership_fini(&team->membership);
    assert_int_equal(
        mir_membership_evaluate(&team->membership, team->facts, team->count, &team->test.env, NULL),
        MIRSAL_OK);
    return &team->membership;
}

const struct mir_member *team_member(const struct team_fixture *team, char letter)
{
    mirsal_hash key = team_key(letter);
    return mir_membership_device(&team->membership, &key);
}

struct mir_control *team_invite(struct team_fixture *team,
    char admin,
    enum mir_role role,
    uint64_t uses)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_INVITE };
    what.invite.role = role;
    what.invite.uses = uses;
    return team_say(team, admin, what);
}

struct mir_control *team_join(struct team_fixture *team,
    char device,
    const struct mir_control *invite)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_JOIN };
    what.join.grant = invite->id;
    what.join.noise = team_key('n');
    what.join.hpke = team_key('h');
    what.join.proof_ok = 1;
    team_tell(team, device, invite);
    return team_fork(team, device, NULL, what);
}

struct mir_control *team_admit(struct team_fixture *team,
    char author,
    const struct mir_control *join,
    int confirmed)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_ADMIT };
    what.admit.device = join->device;
    what.admit.join = join->id;
    what.admit.confirmed = confirmed;
    return team_say(team, author, what);
}

struct mir_control *team_role(struct team_fixture *team,
    char author,
    char device,
    enum mir_role role)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_ROLE };
    what.role.device = team_key(device);
    what.role.role = role;
    return team_say(team, author, what);
}

struct mir_control *team_revoke(struct team_fixture *team,
    char admin,
    const struct mir_control *invite)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_INVITE_REVOKE };
    what.invite_revoke.invite = invite->id;
    return team_say(team, admin, what);
}

struct mir_control *team_grant(struct team_fixture *team,
    char admin,
    uint32_t compartment,
    char device,
    int readable)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_COMPARTMENT };
    struct mir_grant *grant = &team->grants[team->count];
    grant->device = team_key(device);
    grant->readable = readable;
    what.compartment.number = compartment;
    what.compartment.grants = grant;
    what.compartment.grant_count = 1;
    return team_say(team, admin, what);
}

struct mir_control *team_epoch(struct team_fixture *team,
    char admin,
    uint32_t number,
    unsigned key,
    int has_previous)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_EPOCH };
    what.epoch.name.number = number;
    what.epoch.name.public_key = team_epoch_key(key);
    what.epoch.has_previous = has_previous;
    return team_say(team, admin, what);
}

struct mir_control *team_deliver(struct team_fixture *team, char author, unsigned key, char device)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_EPOCH_KEY };
    what.epoch_key.name.public_key = team_epoch_key(key);
    what.epoch_key.device = team_key(device);
    return team_say(team, author, what);
}

struct mir_control *team_answer(struct team_fixture *team, char device, unsigned key, int opened)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_EPOCH_OK };
    what.epoch_ok.public_key = team_epoch_key(key);
    what.epoch_ok.opened = opened;
    return team_say(team, device, what);
}

struct mir_control *team_cut(struct team_fixture *team,
    char author,
    char device,
    enum mir_cut_reason reason)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_CUT };
    what.cut.device = team_key(device);
    what.cut.reason = reason;
    return team_say(team, author, what);
}

static void add_spot(struct mir_places *places,
    struct mir_spot *room,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *id)
{
    assert_true(places->count < TEAM_SPOTS_MAX);
    room[places->count] = (struct mir_spot){ compartment, seq, *id };
    places->items = room;
    places->count++;
}

void team_leave(struct team_fixture *team,
    const struct mir_control *fact,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *id)
{
    size_t at = (size_t)(fact - team->facts);
    struct mir_statement *what = team->statements[at];
    add_spot(what->kind == MIR_STATEMENT_CUT ? &what->cut.places : &what->role.cut, team->spots[at],
        compartment, seq, id);
}

void team_from(struct team_fixture *team,
    const struct mir_control *fact,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *id)
{
    size_t at = (size_t)(fact - team->facts);
    add_spot(
        &team->statements[at]->role.from, team->spots[at] + TEAM_SPOTS_MAX, compartment, seq, id);
}

struct mir_control *team_freeze(struct team_fixture *team,
    char author,
    char device,
    const struct mir_control *after)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_FREEZE };
    what.freeze.device = team_key(device);
    if (after != NULL) {
        what.freeze.seq = after->seq;
        what.freeze.id = after->id;
    }
    return team_say(team, author, what);
}

struct mir_control *team_unfreeze(struct team_fixture *team, const struct mir_control *freeze)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_UNFREEZE };
    what.unfreeze.freeze = freeze->id;
    return team_say(team, TEAM_ROOT, what);
}

struct mir_control *team_retire(struct team_fixture *team, char device, char successor)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_RETIRE };
    what.retire.successor = team_key(successor);
    return team_say(team, device, what);
}

struct mir_control *team_adopt(struct team_fixture *team,
    char author,
    const struct mir_data_header *data)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_ADOPT };
    what.adopt.ids = &data->id;
    what.adopt.count = 1;
    return team_say(team, author, what);
}

struct mir_control *team_receipt(struct team_fixture *team,
    char author,
    const struct mir_data_header *head)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_RECEIPT };
    struct mir_receipt_head *room = &team->heads[team->count];
    room->device = head->device;
    room->compartment = head->compartment;
    room->seq = head->seq;
    room->id = head->id;
    what.receipt.heads = room;
    what.receipt.head_count = 1;
    return team_say(team, author, what);
}

struct mir_data_header *team_data(struct team_fixture *team,
    char device,
    uint32_t compartment,
    const struct mir_data_header *prev)
{
    assert_true(team->data_count < TEAM_DATA_MAX);
    struct mir_data_header *header = &team->data[team->data_count++];
    memset(header, 0, sizeof *header);
    header->id = draw_id(team);
    header->device = team_key(device);
    header->compartment = compartment;
    header->seq = prev == NULL ? 1 : prev->seq + 1;
    header->authority = team->told[(unsigned char)device];
    if (prev != NULL) {
        header->prev = prev->id;
    }
    return header;
}

struct mir_verdict team_state(struct team_fixture *team, const struct mir_data_header *data)
{
    static struct mir_data_header chain[TEAM_DATA_MAX];
    static struct mir_verdict states[TEAM_DATA_MAX];
    size_t count = 0;
    size_t sought = TEAM_DATA_MAX;
    for (size_t i = 0; i < team->data_count; i++) {
        const struct mir_data_header *header = &team->data[i];
        if (memcmp(&header->device, &data->device, sizeof header->device) == 0 &&
            header->compartment == data->compartment) {
            sought = header == data ? count : sought;
            chain[count++] = *header;
        }
    }
    assert_true(sought < count);
    assert_int_equal(mir_line_judge(states, &team->membership, chain, count, NULL), MIRSAL_OK);
    return states[sought];
}

struct mir_control *team_enrol(struct team_fixture *team, char device, enum mir_role role)
{
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, role, 1);
    struct mir_control *join = team_join(team, device, invite);
    const struct mir_control *admit = team_admit(team, TEAM_FOUNDER, join, 1);
    team_tell(team, device, admit);
    return join;
}

struct team_fixture *team_new(void)
{
    struct team_fixture *team = test_calloc(1, sizeof *team);
    team_init(team);
    return team;
}

void team_free(struct team_fixture *team)
{
    team_fini(team);
    test_free(team);
}

void team_admin(struct team_fixture *team, char letter)
{
    (void)team_enrol(team, letter, MIR_ROLE_COORDINATOR);
    team_tell(team, letter, team_role(team, TEAM_ROOT, letter, MIR_ROLE_ADMIN));
}

enum mir_reason team_fault(struct team_fixture *team, const struct mir_control *fact)
{
    const struct mir_membership *found = team_evaluate(team);
    for (size_t i = 0; i < found->fault_count; i++) {
        if (memcmp(found->faults[i].changeset.bytes, fact->id.bytes, 32) == 0) {
            return found->faults[i].reason;
        }
    }
    return MIR_REASON_NONE;
}

void team_assert_state(struct team_fixture *team,
    const struct mir_data_header *data,
    enum mir_held held,
    enum mir_reason reason)
{
    (void)team_evaluate(team);
    struct mir_verdict found = team_state(team, data);
    assert_int_equal(found.reason, reason);
    assert_int_equal(found.state, held);
}
