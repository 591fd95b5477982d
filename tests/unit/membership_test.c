/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/membership_test.c - any delivery of a set gives one membership, which is what the sentences
 * of control.md 5 say when each is carried out as it reads; and large teams are judged in time.
 */
#include "membership.h"

#include "team_fixture.h"

#include <string.h>
#include <time.h>

#define FACTS_MAX 96u

static const char letters[] = { 'R', 'F', 'A', 'B', 'a', 'b', 'c', 'd', 'e', 'f' };

struct world {
    struct team_fixture team;
    uint8_t reach[FACTS_MAX][FACTS_MAX]; /* [later][earlier] */
    uint8_t counts[FACTS_MAX];
};

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

static void say_something(struct team_fixture *team)
{
    char author = draw(team, 3) == 0 ? draw_letter(team) : letters[draw(team, 4)];
    const struct mir_control *invite = draw_kind(team, MIR_STATEMENT_INVITE);
    const struct mir_control *join = draw_kind(team, MIR_STATEMENT_JOIN);
    char subject = letters[1 + draw(team, sizeof letters - 1)];
    struct mir_statement unknown = { .kind = MIR_STATEMENT_UNKNOWN };
    switch (draw(team, 12)) {
    case 0:
    case 1:
        (void)team_role(team, author, subject, (enum mir_role)draw(team, 4));
        break;
    case 2:
        (void)team_invite(team, author, (enum mir_role)draw(team, 3), draw(team, 3));
        break;
    case 3:
    case 4:
    case 5:
        subject = letters[2 + draw(team, sizeof letters - 2)];
        if (invite != NULL && !has_joined(team, subject)) {
            struct mir_control *made = team_join(team, subject, invite);
            team->statements[made - team->facts][0].join.proof_ok = draw(team, 8) != 0;
        }
        break;
    case 6:
    case 7:
        if (join != NULL) {
            author = draw(team, 2) == 0 ? author : draw_letter(team);
            (void)team_admit(team, author, join, draw(team, 4) == 0);
        }
        break;
    case 8:
        if (invite != NULL) {
            (void)team_revoke(team, author, invite);
        }
        break;
    case 9:
        (void)team_grant(team, author, 1, subject, (int)draw(team, 2));
        break;
    case 10:
        (void)team_epoch(team, author, 2 + draw(team, 2), 5 + draw(team, 3), 1);
        (void)team_answer(team, subject, 5 + draw(team, 3), 1);
        break;
    default:
        if (draw(team, 8) == 0) {
            (void)team_say(team, author, unknown);
        }
        break;
    }
}

static void draw_team(struct world *world)
{
    struct team_fixture *team = &world->team;
    (void)team_invite(team, 'F', MIR_ROLE_COORDINATOR, 2);
    (void)team_role(team, 'R', 'A', MIR_ROLE_ADMIN);
    uint32_t rounds = 20 + draw(team, 30);
    for (uint32_t i = 0; i < rounds && team->count + 2 < FACTS_MAX; i++) {
        size_t before = team->count;
        team_tell(team, draw_letter(team), &team->facts[draw(team, (uint32_t)team->count)]);
        say_something(team);
        for (size_t made = before; made < team->count && draw(team, 3) == 0; made++) {
            team->knows[made][0] = team->facts[draw(team, (uint32_t)before)].id;
            team->facts[made].knows_count = 1;
        }
        if (team->count > before && team->facts[before].seq > 2 && draw(team, 12) == 0) {
            team->facts[before].prev = team_key('?'); /* a gap that never fills */
        }
    }
}

/* The oracle. Facts stand in the order of their making, so the past has lower numbers. */
static int same(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static int by(const struct world *world, size_t fact, char letter)
{
    mirsal_hash key = team_key(letter);
    return same(&world->team.facts[fact].device, &key);
}

static const struct mir_statement *what(const struct world *world, size_t fact)
{
    return &world->team.statements[fact][0];
}

static void find_past(struct world *world)
{
    const struct team_fixture *team = &world->team;
    uint8_t stands[FACTS_MAX] = { 0 };
    uint8_t unseen[FACTS_MAX] = { 0 };
    memset(world->reach, 0, sizeof world->reach);
    for (size_t i = 0; i < team->count; i++) {
        const struct mir_control *fact = &team->facts[i];
        stands[i] = fact->seq == 1;
        for (size_t past = 0; past < i; past++) {
            const mirsal_hash *id = &team->facts[past].id;
            if (same(id, &fact->prev)) {
                stands[i] = stands[past];
                unseen[i] = unseen[past] || what(world, past)->kind == MIR_STATEMENT_UNKNOWN;
            }
            if (same(id, &fact->prev) || same(id, &fact->authority) ||
                (fact->knows_count > 0 && same(id, &fact->knows[0]))) {
                world->reach[i][past] = 1;
                for (size_t older = 0; older < past; older++) {
                    world->reach[i][older] |= world->reach[past][older];
                }
            }
        }
        world->counts[i] =
            (stands[i] || what(world, i)->kind == MIR_STATEMENT_INVITE) && !unseen[i];
    }
}

/* Lowest value among the chosen facts that no other chosen fact knows. */
static int lowest(const struct world *world, const uint8_t *chosen, const int *value, int otherwise)
{
    int found = 0;
    for (size_t i = 0; i < world->team.count; i++) {
        int known = 0;
        for (size_t k = 0; k < world->team.count; k++) {
            known |= chosen[k] && world->reach[k][i];
        }
        if (chosen[i] && !known) {
            otherwise = !found || value[i] < otherwise ? value[i] : otherwise;
            found = 1;
        }
    }
    return otherwise;
}

static int oracle_role(const struct world *world, char letter, int otherwise, int only_root);

static int oracle_admin(const struct world *world, char letter)
{
    return letter != 'R' && oracle_role(world, letter, letter == 'F' ? 3 : 0, 1) == 3;
}

static int oracle_admin_by(const struct world *world, size_t fact)
{
    for (size_t i = 0; i < sizeof letters; i++) {
        if (by(world, fact, letters[i])) {
            return oracle_admin(world, letters[i]);
        }
    }
    return 0;
}

static int oracle_role(const struct world *world, char letter, int otherwise, int only_root)
{
    uint8_t chosen[FACTS_MAX] = { 0 };
    int value[FACTS_MAX] = { 0 };
    mirsal_hash key = team_key(letter);
    for (size_t i = 0; i < world->team.count; i++) {
        const struct mir_statement *said = what(world, i);
        if (!world->counts[i] || said->kind != MIR_STATEMENT_ROLE ||
            !same(&said->role.device, &key)) {
            continue;
        }
        value[i] = (int)said->role.role;
        chosen[i] = by(world, i, 'R') || (!only_root && oracle_admin_by(world, i) &&
                                             value[i] != 3 && !oracle_admin(world, letter));
    }
    return lowest(world, chosen, value, otherwise);
}

static int oracle_reads_protected(const struct world *world, char letter, int otherwise)
{
    uint8_t chosen[FACTS_MAX] = { 0 };
    int value[FACTS_MAX] = { 0 };
    mirsal_hash key = team_key(letter);
    for (size_t i = 0; i < world->team.count; i++) {
        const struct mir_statement *said = what(world, i);
        chosen[i] = world->counts[i] && said->kind == MIR_STATEMENT_COMPARTMENT &&
                    oracle_admin_by(world, i) && same(&said->compartment.grants[0].device, &key);
        value[i] = chosen[i] && said->compartment.grants[0].readable;
    }
    return lowest(world, chosen, value, otherwise);
}

struct verdicts {
    size_t invite[FACTS_MAX]; /* of a join */
    uint8_t valid[FACTS_MAX];
    uint8_t stopped[FACTS_MAX]; /* some admin revoked its invite */
    uint8_t settled[FACTS_MAX];
    uint8_t placed[FACTS_MAX];
};

static void oracle_joins(const struct world *world, struct verdicts *out)
{
    for (size_t i = 0; i < world->team.count; i++) {
        out->valid[i] = 0;
        for (size_t g = 0; g < world->team.count; g++) {
            if (what(world, i)->kind == MIR_STATEMENT_JOIN && world->counts[i] &&
                same(&what(world, i)->join.grant, &world->team.facts[g].id)) {
                out->invite[i] = g;
                out->valid[i] =
                    what(world, i)->join.proof_ok && world->counts[g] && oracle_admin_by(world, g);
            }
        }
        for (size_t r = 0; out->valid[i] && r < world->team.count; r++) {
            if (world->counts[r] && what(world, r)->kind == MIR_STATEMENT_INVITE_REVOKE &&
                oracle_admin_by(world, r) &&
                same(
                    &what(world, r)->invite_revoke.invite, &world->team.facts[out->invite[i]].id)) {
                out->stopped[i] = 1;
                out->valid[i] = !world->reach[i][r];
            }
        }
    }
}

/* 1 when the author's admits count: an admin, or a coordinator that is settled itself. */
static int oracle_admits(const struct world *world, const struct verdicts *found, size_t admit)
{
    if (oracle_admin_by(world, admit)) {
        return 1;
    }
    if (what(world, admit)->admit.confirmed) {
        return 0;
    }
    if (by(world, admit, 'F')) {
        return oracle_role(world, 'F', 3, 0) == 2;
    }
    for (size_t i = 0; i < world->team.count; i++) {
        if (found->settled[i] &&
            same(&world->team.facts[i].device, &world->team.facts[admit].device)) {
            int invited = (int)what(world, found->invite[i])->invite.role;
            return oracle_role(world, (char)world->team.facts[i].device.bytes[0], invited, 0) == 2;
        }
    }
    return 0;
}

static void oracle_places(const struct world *world, struct verdicts *out)
{
    for (size_t round = 0; round < world->team.count; round++) {
        for (size_t a = 0; a < world->team.count; a++) {
            for (size_t i = 0; i < world->team.count; i++) {
                const struct mir_statement *said = what(world, a);
                if (said->kind == MIR_STATEMENT_ADMIT && world->counts[a] && out->valid[i] &&
                    same(&said->admit.join, &world->team.facts[i].id) &&
                    oracle_admits(world, out, a)) {
                    out->settled[i] = 1;
                }
            }
        }
    }
    for (size_t i = 0; i < world->team.count; i++) {
        uint64_t before = 0; /* settled, or with a lower id: each takes a use */
        for (size_t k = 0; k < world->team.count; k++) {
            int rival = out->valid[i] && out->valid[k] && out->invite[k] == out->invite[i];
            int lower =
                memcmp(world->team.facts[k].id.bytes, world->team.facts[i].id.bytes, 32) < 0;
            before += rival && (out->settled[k] || (lower && !out->stopped[k]));
        }
        out->placed[i] = out->valid[i] && !out->settled[i] && !out->stopped[i] &&
                         before < what(world, out->invite[i])->invite.uses;
    }
}

static void check_against_oracle(struct world *world)
{
    static struct verdicts found;
    memset(&found, 0, sizeof found);
    find_past(world);
    oracle_joins(world, &found);
    oracle_places(world, &found);
    team_evaluate(&world->team);
    for (size_t l = 1; l < sizeof letters; l++) {
        const struct mir_member *member = team_member(&world->team, letters[l]);
        size_t join = FACTS_MAX;
        for (size_t i = 0; i < world->team.count; i++) {
            if (world->counts[i] && what(world, i)->kind == MIR_STATEMENT_JOIN &&
                by(world, i, letters[l])) {
                join = i;
            }
        }
        if (letters[l] == 'F' || join == FACTS_MAX) {
            assert_int_equal(member != NULL, letters[l] == 'F');
            continue;
        }
        assert_non_null(member);
        assert_int_equal(member->member, found.settled[join] || found.placed[join]);
        assert_int_equal(member->settled, found.settled[join]);
        if (!found.valid[join]) {
            continue;
        }
        const struct mir_statement_invite *invite = &what(world, found.invite[join])->invite;
        int role = oracle_role(world, letters[l], (int)invite->role, 0);
        assert_int_equal(member->role, role);
        assert_int_equal(member->reads[0] & 1u, role != MIR_ROLE_MONITOR);
        assert_int_equal(member->reads[0] >> 1 & 1u, oracle_reads_protected(world, letters[l], 0));
    }
    const struct mir_member *founder = team_member(&world->team, 'F');
    assert_int_equal(founder->role, oracle_role(world, 'F', 3, 0));
    assert_int_equal(founder->reads[0] >> 1 & 1u, oracle_reads_protected(world, 'F', 1));
}

/* All that a membership says, as bytes. */
static void describe(struct mir_buf *out, const struct mir_membership *found)
{
    for (size_t i = 0; i < found->member_count; i++) {
        const struct mir_member *m = &found->members[i];
        mir_buf_append(out, m->key.bytes, 32);
        mir_buf_append(out, m->join.bytes, 32);
        mir_buf_append(out, m->admitted_by.bytes, 32);
        mir_buf_append(out, m->reads, sizeof m->reads);
        mir_buf_append_format(out, "%d %d %d %d %d", (int)m->role, m->member, m->settled,
            m->confirmed, m->unresolved);
    }
    for (size_t i = 0; i < found->invite_count; i++) {
        mir_buf_append(out, found->invites[i].id.bytes, 32);
        mir_buf_append_be64(out, found->invites[i].remaining);
    }
    for (size_t i = 0; i < found->epoch_count; i++) {
        mir_buf_append(out, found->epochs[i].name.public_key.bytes, 32);
        mir_buf_append(out, found->epochs[i].issuer.bytes, 32);
        mir_buf_append_u8(out, (uint8_t)found->epochs[i].usable);
    }
    for (size_t i = 0; i < found->fault_count; i++) {
        mir_buf_append(out, found->faults[i].changeset.bytes, 32);
        mir_buf_append_format(
            out, "%zu %d", found->faults[i].statement, (int)found->faults[i].reason);
    }
}

static void check_any_delivery(struct world *world)
{
    static struct mir_control given[2 * FACTS_MAX];
    struct team_fixture *team = &world->team;
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
    mir_membership_fini(&other);
    mir_buf_fini(&first);
    mir_buf_fini(&second);
}

static void any_set_in_any_order_is_judged_as_the_text_reads(void **state)
{
    (void)state;
    struct world *world = test_calloc(1, sizeof *world);
    for (unsigned round = 0; round < 150; round++) {
        team_init(&world->team);
        world->team.test.random_state += round * 7919u;
        draw_team(world);
        check_against_oracle(world);
        check_any_delivery(world);
        team_fini(&world->team);
    }
    test_free(world);
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

#define MANY_DEVICES 1000u
#define MANY_FACTS   5000u

struct crowd {
    struct mir_control facts[MANY_FACTS];
    struct mir_statement statements[MANY_FACTS];
};

static struct mir_control *crowd_say(struct crowd *crowd,
    size_t count,
    mirsal_hash device,
    const struct mir_control *prev,
    const struct mir_control *authority)
{
    struct mir_control *fact = &crowd->facts[count];
    uint64_t mixed = (count + 1) * UINT64_C(0x9E3779B97F4A7C15);
    memcpy(fact->id.bytes, &mixed, sizeof mixed);
    fact->device = device;
    fact->seq = prev == NULL ? 1 : prev->seq + 1;
    if (prev != NULL) {
        fact->prev = prev->id;
    }
    fact->authority = authority->id;
    fact->statements = &crowd->statements[count];
    fact->statement_count = 1;
    return fact;
}

/* One invite, a thousand joins, an admit and a role for each, receipts for the rest. */
static size_t draw_crowd(struct crowd *crowd)
{
    static struct mir_control *joins[MANY_DEVICES];
    size_t count = 0;
    struct mir_control *last = crowd_say(crowd, count++, team_key('R'), NULL, &crowd->facts[0]);
    crowd->statements[0].genesis.is_team = 1;
    crowd->statements[0].genesis.founder = team_key('F');
    last = crowd_say(crowd, count++, team_key('F'), NULL, last);
    crowd->statements[1].kind = MIR_STATEMENT_INVITE;
    crowd->statements[1].invite.role = MIR_ROLE_MONITOR;
    crowd->statements[1].invite.uses = MANY_DEVICES / 2;
    const struct mir_control *invite = last;
    for (size_t i = 0; i < MANY_DEVICES; i++) {
        mirsal_hash device = team_key('d');
        memcpy(device.bytes, &i, sizeof i);
        crowd->statements[count].kind = MIR_STATEMENT_JOIN;
        crowd->statements[count].join.grant = invite->id;
        crowd->statements[count].join.proof_ok = 1;
        joins[i] = crowd_say(crowd, count++, device, NULL, invite);
    }
    for (size_t i = 0; i < 2 * MANY_DEVICES; i++) {
        const struct mir_control *join = joins[i / 2];
        struct mir_statement *said = &crowd->statements[count];
        said->kind = i % 2 == 0 ? MIR_STATEMENT_ADMIT : MIR_STATEMENT_ROLE;
        if (i % 2 == 0) {
            said->admit.device = join->device;
            said->admit.join = join->id;
            said->admit.confirmed = 1;
        } else {
            said->role.device = join->device;
            said->role.role = MIR_ROLE_COORDINATOR;
        }
        last = crowd_say(crowd, count++, team_key('F'), last, join);
    }
    for (size_t i = 0; count < MANY_FACTS; i = (i + 1) % MANY_DEVICES) {
        crowd->statements[count].kind = MIR_STATEMENT_RECEIPT;
        joins[i] = crowd_say(crowd, count++, joins[i]->device, joins[i], last);
    }
    return count;
}

static void a_large_team_is_judged_in_time(void **state)
{
    (void)state;
    struct crowd *crowd = test_calloc(1, sizeof *crowd);
    struct test_env test;
    test_env_init(&test, 5);
    size_t count = draw_crowd(crowd);
    struct mir_membership found;
    struct timespec before;
    struct timespec after;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
    assert_int_equal(
        mir_membership_evaluate(&found, crowd->facts, count, &test.env, NULL), MIRSAL_OK);
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
    int64_t ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    print_message(
        "%zu control changesets of %zu devices: %d ms\n", count, found.member_count, (int)ms);
    assert_true(ms < 500); /* 50 is the aim; sanitizers and slow machines take more */
    assert_int_equal(found.member_count, MANY_DEVICES + 1);
    assert_int_equal(found.fault_count, 0);
    for (size_t i = 0; i < found.member_count; i++) {
        assert_true(found.members[i].settled && found.members[i].role >= MIR_ROLE_COORDINATOR);
    }
    mir_membership_fini(&found);
    test_env_fini(&test);
    test_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_set_in_any_order_is_judged_as_the_text_reads),
        cmocka_unit_test(knowledge_is_asked_by_id),
        cmocka_unit_test(lack_of_memory_leaves_nothing_behind),
        cmocka_unit_test(a_large_team_is_judged_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
