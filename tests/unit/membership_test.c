/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/membership_test.c - any delivery of a set gives one membership and one state of each data
 * changeset. What the sentences of control.md 5 say is checked by its vectors, against a second
 * evaluator.
 */
#include "membership.h"

#include "judge.h"
#include "line.h"

#include "team_fixture.h"

#include <string.h>

#define ROUNDS    150u
#define FACTS_MAX 120u
#define DATA_MAX  80u

static const char letters[] = { 'R', 'F', 'A', 'B', 'a', 'b', 'c', 'd', 'e', 'f' };

static uint32_t draw(struct team_fixture *team, uint32_t below)
{
    uint32_t value = 0;
    team->test.env.random(team->test.env.context, &value, sizeof value);
    return value % below;
}

static char draw_letter(struct team_fixture *team)
{
    return letters[draw(team, sizeof letters)];
}

static const struct mir_control *draw_kind(struct team_fixture *team, enum mir_statement_kind kind)
{
    for (uint32_t tries = 0; tries < 12; tries++) {
        uint32_t place = draw(team, (uint32_t)team->count);
        if (team->statements[place][0].kind == kind) {
            return &team->facts[place];
        }
    }
    return NULL;
}

static const struct mir_data_header *draw_data(struct team_fixture *team)
{
    return team->data_count == 0 ? NULL : &team->data[draw(team, (uint32_t)team->data_count)];
}

/* A control changeset of a device, or the genesis. */
static const struct mir_control *draw_of(struct team_fixture *team, char letter)
{
    mirsal_hash key = team_key(letter);
    for (uint32_t tries = 0; tries < 12; tries++) {
        const struct mir_control *fact = &team->facts[draw(team, (uint32_t)team->count)];
        if (memcmp(fact->device.bytes, key.bytes, 32) == 0) {
            return fact;
        }
    }
    return &team->facts[0];
}

static int has_joined(const struct team_fixture *team, char letter)
{
    mirsal_hash key = team_key(letter);
    for (size_t i = 0; i < team->count; i++) {
        if (memcmp(team->facts[i].device.bytes, key.bytes, 32) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Some of the chains of a device: its control as far as it may be, one changeset of its data. */
static void leave_some(struct team_fixture *team, const struct mir_control *said, char device)
{
    const struct mir_data_header *data = draw_data(team);
    mirsal_hash key = team_key(device);
    if (data != NULL && memcmp(data->device.bytes, key.bytes, 32) == 0) {
        team_leave(team, said, data->compartment, data->seq, &data->id);
    }
    if (draw(team, 3) != 0) {
        const struct mir_control *last = draw_of(team, device);
        team_leave(team, said, MIR_COMPARTMENT_CONTROL, last->seq, &last->id);
    }
}

static void say_of_others(struct team_fixture *team, char author, char subject)
{
    const struct mir_data_header *data = draw_data(team);
    const struct mir_control *said = NULL;
    struct mir_statement policy = { .kind = MIR_STATEMENT_POLICY };
    switch (draw(team, 8)) {
    case 0:
        said = team_cut(team, author, subject, (enum mir_cut_reason)draw(team, 3));
        leave_some(team, said, subject);
        break;
    case 1:
        said = team_role(team, author, subject, (enum mir_role)draw(team, 4));
        leave_some(team, said, subject);
        if (draw(team, 3) == 0 && data != NULL) {
            team_from(team, said, data->compartment, data->seq, &data->id);
        }
        break;
    case 2:
        said = draw_of(team, subject);
        (void)team_freeze(team, author, subject, draw(team, 4) == 0 ? NULL : said);
        break;
    case 3:
        said = draw_kind(team, MIR_STATEMENT_FREEZE);
        if (said != NULL) {
            (void)team_unfreeze(team, said);
        }
        break;
    case 4:
        (void)team_retire(team, author, subject);
        break;
    case 5:
        policy.policy.name = draw(team, 4);
        policy.policy.value = (int64_t)draw(team, 40);
        policy.policy.is_integer = 1;
        (void)team_say(team, author, policy);
        break;
    case 6:
        if (data != NULL) {
            (void)team_adopt(team, author, data);
        }
        break;
    default:
        if (data != NULL) {
            (void)team_receipt(team, author, data);
        }
        break;
    }
}

static void say_something(struct team_fixture *team)
{
    char author = draw(team, 3) == 0 ? draw_letter(team) : letters[draw(team, 4)];
    const struct mir_control *invite = draw_kind(team, MIR_STATEMENT_INVITE);
    const struct mir_control *join = draw_kind(team, MIR_STATEMENT_JOIN);
    const struct mir_control *retire = draw_kind(team, MIR_STATEMENT_RETIRE);
    char subject = letters[1 + draw(team, sizeof letters - 1)];
    struct mir_statement unknown = { .kind = MIR_STATEMENT_UNKNOWN };
    uint32_t kind = draw(team, 16);
    if (kind <= 3) {
        const struct mir_control *grant = retire != NULL && draw(team, 4) == 0 ? retire : invite;
        subject = letters[2 + draw(team, sizeof letters - 2)];
        if (grant != NULL && (!has_joined(team, subject) || draw(team, 6) == 0)) {
            struct mir_control *made = team_join(team, subject, grant);
            team->statements[made - team->facts][0].join.proof_ok = draw(team, 8) != 0;
        }
    } else if (kind <= 5 && join != NULL) {
        author = draw(team, 2) == 0 ? author : draw_letter(team);
        (void)team_admit(team, author, join, draw(team, 3) == 0);
    } else if (kind == 6) {
        (void)team_invite(team, author, (enum mir_role)draw(team, 3), draw(team, 4));
    } else if (kind == 7 && invite != NULL && draw(team, 3) == 0) {
        (void)team_revoke(team, author, invite);
    } else if (kind == 8) {
        (void)team_grant(team, author, 1 + draw(team, 2), subject, (int)draw(team, 2));
    } else if (kind == 9) {
        (void)team_epoch(team, author, 2 + draw(team, 2), 5 + draw(team, 3), 1);
        (void)team_answer(team, subject, 5 + draw(team, 3), 1);
    } else if (kind == 10 && draw(team, 8) == 0) {
        (void)team_say(team, author, unknown);
    } else {
        say_of_others(team, author, subject);
    }
}

static void write_something(struct team_fixture *team)
{
    char device = letters[1 + draw(team, sizeof letters - 1)];
    const struct mir_data_header *prev = draw_data(team);
    mirsal_hash key = team_key(device);
    if (prev != NULL && memcmp(prev->device.bytes, key.bytes, 32) != 0) {
        prev = NULL;
    }
    (void)team_data(team, device, prev == NULL ? draw(team, 3) : prev->compartment, prev);
}

static void draw_team(struct team_fixture *team)
{
    (void)team_invite(team, 'F', MIR_ROLE_COORDINATOR, 2);
    (void)team_role(team, 'R', 'A', MIR_ROLE_ADMIN);
    uint32_t rounds = 30 + draw(team, 40);
    for (uint32_t i = 0; i < rounds && team->count + 3 < FACTS_MAX; i++) {
        size_t before = team->count;
        team_tell(team, draw_letter(team), &team->facts[draw(team, (uint32_t)team->count)]);
        say_something(team);
        for (size_t made = before; made < team->count && draw(team, 2) == 0; made++) {
            team->knows[made][0] = team->facts[draw(team, (uint32_t)before)].id;
            team->facts[made].knows_count = 1;
        }
        for (uint32_t more = draw(team, 3); more > 0 && team->data_count < DATA_MAX; more--) {
            write_something(team);
        }
        if (draw(team, 12) == 0) { /* a fork of a control chain: what was made last grows below */
            struct mir_control *made = &team->facts[team->count - 1];
            const struct mir_control *below = draw_of(team, 'F');
            if (made->seq > 1 && memcmp(made->device.bytes, below->device.bytes, 32) == 0) {
                made->seq = below->seq + 1;
                made->prev = below->id;
            }
        }
    }
}

/* All that a membership says, as bytes. */
static void describe(struct mir_buf *out, const struct mir_membership *found)
{
    for (size_t i = 0; i < found->member_count; i++) {
        const struct mir_member *m = &found->members[i];
        mir_buf_append(out, m->key.bytes, 32);
        mir_buf_append(out, m->join.bytes, 32);
        mir_buf_append(out, m->admitted_by.bytes, 32);
        mir_buf_append(out, m->replaces.bytes, 32);
        mir_buf_append(out, m->granted, sizeof m->granted);
        mir_buf_append_format(out, "%d %d %d %d %d %d %d", (int)m->role, m->member, m->settled,
            m->confirmed, m->vouched, m->ended, m->frozen);
    }
    for (size_t i = 0; i < found->invite_count; i++) {
        mir_buf_append(out, found->invites[i].id.bytes, 32);
        mir_buf_append_be64(out, found->invites[i].remaining);
        mir_buf_append_u8(out, (uint8_t)(found->invites[i].counts + 2 * found->invites[i].revoked));
    }
    for (size_t i = 0; i < found->epoch_count; i++) {
        mir_buf_append(out, found->epochs[i].name.public_key.bytes, 32);
        mir_buf_append(out, found->epochs[i].issuer.bytes, 32);
        mir_buf_append_u8(out, (uint8_t)found->epochs[i].usable);
    }
    for (size_t i = 0; i < found->cut_count; i++) {
        mir_buf_append(out, found->cuts[i].id.bytes, 32);
    }
    for (size_t i = 0; i < found->freeze_count; i++) {
        mir_buf_append(out, found->freezes[i].said.bytes, 32);
    }
    for (size_t i = 0; i < found->adopt_count; i++) {
        mir_buf_append(out, found->adopts[i].bytes, 32);
    }
    for (size_t i = 0; i < MIR_TEAM_POLICIES; i++) {
        mir_buf_append_be64(out, (uint64_t)found->policies[i]);
    }
    for (size_t i = 0; i < found->fault_count; i++) {
        mir_buf_append(out, found->faults[i].changeset.bytes, 32);
        mir_buf_append_format(
            out, "%zu %d", found->faults[i].statement, (int)found->faults[i].reason);
    }
}

/* The states of every data chain, each given in an order of its own; by number of the changeset. */
static void judge_data(struct team_fixture *team,
    const struct mir_membership *found,
    struct mir_verdict *out,
    unsigned *reasons)
{
    struct mir_data_header chain[DATA_MAX];
    struct mir_verdict states[DATA_MAX];
    size_t places[DATA_MAX];
    for (size_t first = 0; first < team->data_count; first++) {
        size_t count = 0;
        int judged = 0; /* the chain was met before */
        for (size_t i = 0; i < team->data_count; i++) {
            size_t at = (first + i) % team->data_count;
            if (memcmp(&team->data[at].device, &team->data[first].device, 32) == 0 &&
                team->data[at].compartment == team->data[first].compartment) {
                places[count] = at;
                judged |= at < first;
                chain[count++] = team->data[at];
            }
        }
        assert_int_equal(mir_line_judge(states, found, chain, count, NULL), MIRSAL_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(!judged || states[i].state == out[places[i]].state);
            out[places[i]] = states[i];
            reasons[states[i].reason]++;
        }
    }
}

static void check_any_delivery(struct team_fixture *team, unsigned *reasons)
{
    static struct mir_control given[2 * FACTS_MAX];
    struct mir_verdict states[DATA_MAX];
    struct mir_verdict again[DATA_MAX];
    struct mir_buf first;
    struct mir_buf second;
    struct mir_membership other;
    size_t count = 0;
    mir_buf_init(&first, &team->test.env, 1u << 20);
    mir_buf_init(&second, &team->test.env, 1u << 20);
    for (size_t i = 0; i < team->count; i++) {
        given[count++] = team->facts[i];
        if (draw(team, 4) == 0) {
            given[count++] = team->facts[i];
        }
    }
    for (size_t i = count; i > 1; i--) {
        size_t place = draw(team, (uint32_t)i);
        struct mir_control kept = given[i - 1];
        given[i - 1] = given[place];
        given[place] = kept;
    }
    assert_int_equal(
        mir_membership_evaluate(&other, given, count, &team->test.env, NULL), MIRSAL_OK);
    describe(&first, &team->membership);
    describe(&second, &other);
    assert_true(mir_bytes_equal(mir_buf_bytes(&first), mir_buf_bytes(&second)));
    judge_data(team, &team->membership, states, reasons);
    judge_data(team, &other, again, reasons);
    for (size_t i = 0; i < team->data_count; i++) {
        assert_int_equal(states[i].state, again[i].state);
        assert_int_equal(states[i].reason, again[i].reason);
    }
    mir_membership_fini(&other);
    mir_buf_fini(&first);
    mir_buf_fini(&second);
}

/* Plain devices are judged at once: as whole chains are. */
static void check_plain(struct team_fixture *team)
{
    for (size_t i = 0; i < team->data_count; i++) {
        const struct mir_data_header *header = &team->data[i];
        struct mir_data_facts facts = { header->device, header->compartment, 1, 1 };
        struct mir_verdict whole = team_state(team, header);
        if (!mir_line_is_plain(&team->membership, &header->device) ||
            whole.reason == MIR_REASON_PREV || whole.reason == MIR_REASON_AUTHORITY ||
            whole.reason == MIR_REASON_FORK) {
            continue;
        }
        struct mir_verdict found = mir_judge_plain(&team->membership, &facts);
        assert_int_equal(found.state, whole.state);
        assert_int_equal(found.reason, whole.reason);
    }
}

static void any_set_in_any_order_is_judged_alike(void **state)
{
    (void)state;
    unsigned reasons[64] = { 0 };
    unsigned faults[64] = { 0 };
    struct team_fixture *team = test_calloc(1, sizeof *team);
    for (unsigned round = 0; round < ROUNDS; round++) {
        team_init(team);
        team->test.random_state += round * 7919u;
        draw_team(team);
        (void)team_evaluate(team);
        check_any_delivery(team, reasons);
        check_any_delivery(team, reasons);
        check_plain(team);
        for (size_t i = 0; i < team->membership.fault_count; i++) {
            faults[team->membership.faults[i].reason]++;
        }
        team_fini(team);
    }
    /* The worlds drawn are such that every rule was met. */
    static const enum mir_reason met[] = { MIR_REASON_NONE, MIR_REASON_PREV, MIR_REASON_ADMIT,
        MIR_REASON_NOT_ALLOWED, MIR_REASON_FORK, MIR_REASON_CUT };
    for (size_t i = 0; i < sizeof met / sizeof met[0]; i++) {
        assert_true(reasons[met[i]] > 20 || (met[i] == MIR_REASON_PREV && reasons[met[i]] == 0));
    }
    assert_true(faults[MIR_REASON_FROZEN] > 20 && faults[MIR_REASON_CUT] > 20);
    assert_true(faults[MIR_REASON_NOT_ALLOWED] > 20 && faults[MIR_REASON_ADMIT] > 20);
    test_free(team);
}

static void knowledge_is_asked_by_id(void **state)
{
    (void)state;
    struct team_fixture *team = test_calloc(1, sizeof *team);
    team_init(team);
    const struct mir_control *join = team_enrol(team, 'a', MIR_ROLE_MONITOR);
    const struct mir_membership *found = team_evaluate(team);
    const mirsal_hash stranger = team_key('?');
    assert_true(mir_membership_knows(found, &join->id, &team->facts[0].id));
    assert_false(mir_membership_knows(found, &team->facts[0].id, &join->id));
    assert_false(mir_membership_knows(found, &stranger, &join->id));
    assert_false(mir_membership_knows(found, &join->id, &stranger));
    assert_true(mir_membership_stands(found, &join->id));
    assert_false(mir_membership_stands(found, &stranger));
    team_fini(team);
    test_free(team);
}

static void lack_of_memory_leaves_nothing_behind(void **state)
{
    (void)state;
    struct team_fixture *team = test_calloc(1, sizeof *team);
    team_init(team);
    for (char letter = 'a'; letter < 'a' + 20; letter++) {
        (void)team_enrol(team, letter, MIR_ROLE_COORDINATOR);
    }
    for (unsigned fail = 1; fail < 400; fail++) {
        struct mir_membership out;
        team->test.fail_at = team->test.allocations + fail;
        mirsal_code rc =
            mir_membership_evaluate(&out, team->facts, team->count, &team->test.env, NULL);
        if (rc == MIRSAL_OK) {
            mir_membership_fini(&out);
            assert_true(fail > 3);
            break;
        }
        assert_int_equal(rc, MIRSAL_NO_MEMORY);
    }
    team->test.fail_at = 0;
    team_fini(team);
    test_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_set_in_any_order_is_judged_alike),
        cmocka_unit_test(knowledge_is_asked_by_id),
        cmocka_unit_test(lack_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
