/* SPDX-License-Identifier: Apache-2.0 */
/* unit/causal_test.c - which changesets stand, and what each knows. */
#include "causal.h"

#include "team_fixture.h"

#include <string.h>

struct graph {
    struct team_fixture team;
    struct mir_arena arena;
    struct mir_causal causal;
};

static struct mir_statement receipt(void)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_RECEIPT };
    return what;
}

static void build(struct graph *graph)
{
    mir_arena_fini(&graph->arena);
    mir_arena_init(&graph->arena, &graph->team.test.env, SIZE_MAX);
    assert_true(
        mir_causal_init(&graph->causal, &graph->arena, graph->team.facts, graph->team.count));
}

static int knows(struct graph *graph, const struct mir_control *a, const struct mir_control *b)
{
    uint32_t later = mir_causal_find(&graph->causal, &a->id);
    uint32_t earlier = mir_causal_find(&graph->causal, &b->id);
    assert_true(later != MIR_CAUSAL_NOBODY && earlier != MIR_CAUSAL_NOBODY);
    return mir_causal_knows(&graph->causal, later, earlier);
}

static int stands(const struct graph *graph, const struct mir_control *fact)
{
    return graph->causal.stands[mir_causal_find(&graph->causal, &fact->id)];
}

static struct graph *graph_new(void)
{
    struct graph *graph = test_calloc(1, sizeof *graph);
    team_init(&graph->team);
    return graph;
}

static void graph_free(struct graph *graph)
{
    mir_arena_fini(&graph->arena);
    team_fini(&graph->team);
    test_free(graph);
}

static void the_past_is_chain_authority_and_knows(void **state)
{
    (void)state;
    struct graph *graph = graph_new();
    struct team_fixture *team = &graph->team;
    const struct mir_control *genesis = &team->facts[0];
    const struct mir_control *a1 = team_say(team, 'a', receipt());
    const struct mir_control *a2 = team_say(team, 'a', receipt());
    const struct mir_control *b1 = team_say(team, 'b', receipt());
    team_tell(team, 'c', a2);
    struct mir_control *c1 = team_say(team, 'c', receipt());
    team->knows[c1 - team->facts][0] = b1->id;
    c1->knows_count = 1;
    build(graph);
    assert_true(knows(graph, a2, a1));
    assert_false(knows(graph, a1, a2));
    assert_true(knows(graph, a2, genesis));
    assert_true(knows(graph, c1, a1));
    assert_true(knows(graph, c1, b1));
    assert_false(knows(graph, b1, a1));
    assert_false(knows(graph, c1, c1));
    graph_free(graph);
}

static void a_gap_in_the_chain_leaves_the_rest_waiting(void **state)
{
    (void)state;
    struct graph *graph = graph_new();
    struct team_fixture *team = &graph->team;
    const struct mir_control *a1 = team_say(team, 'a', receipt());
    struct mir_control *a2 = team_say(team, 'a', receipt());
    const struct mir_control *a3 = team_say(team, 'a', receipt());
    build(graph);
    assert_true(stands(graph, a1) && stands(graph, a2) && stands(graph, a3));
    mirsal_hash kept = a2->id;
    a2->id = team_key('?');
    build(graph);
    assert_true(stands(graph, a1) && stands(graph, a2));
    assert_false(stands(graph, a3));
    a2->id = kept;
    a2->seq = 7; /* says another place than prev leaves it */
    build(graph);
    assert_false(stands(graph, a2));
    a2->seq = 2;
    a2->device = team_key('z');
    build(graph);
    assert_false(stands(graph, a2) || stands(graph, a3));
    graph_free(graph);
}

static void copies_count_once_and_forks_all_stand(void **state)
{
    (void)state;
    struct graph *graph = graph_new();
    struct team_fixture *team = &graph->team;
    const struct mir_control *a1 = team_say(team, 'a', receipt());
    const struct mir_control *left = team_fork(team, 'a', a1, receipt());
    const struct mir_control *right = team_fork(team, 'a', a1, receipt());
    team->facts[team->count] = *left;
    team->count++;
    build(graph);
    assert_int_equal(graph->causal.count, 4);
    assert_true(stands(graph, left) && stands(graph, right));
    assert_false(knows(graph, left, right) || knows(graph, right, left));
    graph_free(graph);
}

static void a_cycle_is_walked_by_nobody(void **state)
{
    (void)state;
    struct graph *graph = graph_new();
    struct team_fixture *team = &graph->team;
    struct mir_control *a1 = team_say(team, 'a', receipt());
    struct mir_control *b1 = team_say(team, 'b', receipt());
    a1->authority = b1->id;
    b1->authority = a1->id;
    const struct mir_control *a2 = team_say(team, 'a', receipt());
    build(graph);
    assert_false(knows(graph, a1, b1) || knows(graph, b1, a1));
    assert_false(knows(graph, a2, b1));
    assert_true(stands(graph, a1) && stands(graph, b1));
    graph_free(graph);
}

static void what_follows_an_unknown_statement_is_marked(void **state)
{
    (void)state;
    struct graph *graph = graph_new();
    struct team_fixture *team = &graph->team;
    struct mir_statement unknown = { .kind = MIR_STATEMENT_UNKNOWN };
    const struct mir_control *a1 = team_say(team, 'a', unknown);
    const struct mir_control *a2 = team_say(team, 'a', receipt());
    const struct mir_control *a3 = team_say(team, 'a', receipt());
    const struct mir_control *b1 = team_say(team, 'b', receipt());
    build(graph);
    const uint8_t *after = graph->causal.after_unseen;
    assert_false(after[mir_causal_find(&graph->causal, &a1->id)]);
    assert_true(after[mir_causal_find(&graph->causal, &a2->id)]);
    assert_true(after[mir_causal_find(&graph->causal, &a3->id)]);
    assert_false(after[mir_causal_find(&graph->causal, &b1->id)]);
    graph_free(graph);
}

/* Rows of bits and walks answer alike, and as reachability found by repetition does. */
static void rows_and_walks_agree(void **state)
{
    (void)state;
    struct graph *graph = graph_new();
    struct team_fixture *team = &graph->team;
    uint8_t wanted[TEAM_FACTS_MAX];
    static uint8_t reach[128][128];
    for (size_t i = 1; i < 128; i++) {
        struct mir_control *fact = team_say(team, (char)('a' + i % 5), receipt());
        uint8_t random[3];
        team->test.env.random(team->test.env.context, random, sizeof random);
        fact->authority = team->facts[random[0] % i].id;
        if (random[1] < 100) {
            team->knows[i][0] = team->facts[random[2] % i].id;
            fact->knows_count = 1;
        }
    }
    build(graph);
    for (size_t i = 0; i < team->count; i++) {
        wanted[i] = (uint8_t)(i % 3 == 0);
    }
    assert_true(mir_causal_want(&graph->causal, &graph->arena, wanted));
    for (size_t i = 0; i < team->count; i++) { /* facts come past before future */
        const struct mir_control *fact = &team->facts[i];
        for (size_t past = 0; past < i; past++) {
            const mirsal_hash *id = &team->facts[past].id;
            if (memcmp(id, &fact->prev, sizeof *id) == 0 ||
                memcmp(id, &fact->authority, sizeof *id) == 0 ||
                (fact->knows_count > 0 && memcmp(id, &fact->knows[0], sizeof *id) == 0)) {
                reach[i][past] = 1;
                for (size_t b = 0; b < past; b++) {
                    reach[i][b] |= reach[past][b];
                }
            }
        }
    }
    for (size_t i = 0; i < team->count; i++) {
        for (size_t k = 0; k < team->count; k++) {
            uint32_t a = mir_causal_find(&graph->causal, &team->facts[i].id);
            uint32_t b = mir_causal_find(&graph->causal, &team->facts[k].id);
            assert_int_equal(mir_causal_knows(&graph->causal, a, b), reach[i][k]);
            assert_int_equal(
                mir_causal_knows_wanted(&graph->causal, a, b), wanted[b] && reach[i][k]);
        }
    }
    graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_past_is_chain_authority_and_knows),
        cmocka_unit_test(a_gap_in_the_chain_leaves_the_rest_waiting),
        cmocka_unit_test(copies_count_once_and_forks_all_stand),
        cmocka_unit_test(a_cycle_is_walked_by_nobody),
        cmocka_unit_test(what_follows_an_unknown_statement_is_marked),
        cmocka_unit_test(rows_and_walks_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
