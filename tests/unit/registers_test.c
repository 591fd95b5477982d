/* SPDX-License-Identifier: Apache-2.0 */
/* unit/registers_test.c - the rules of merge.md, each by name, and all against a naive oracle. */
#include "registers.h"

#include "test_env.h"

#include <string.h>

#define WRITES_MAX 24u

/* One register under construction; parents are kept here. */
struct board {
    struct test_env test;
    struct mir_register_write writes[WRITES_MAX];
    struct mir_write_name names[WRITES_MAX][WRITES_MAX];
    size_t count;
    struct mir_register found;
};

static void board_init(struct board *board)
{
    memset(board, 0, sizeof *board);
    test_env_init(&board->test, 7);
}

/* A write whose changeset id begins with its number; later numbers have greater ids. */
static struct mir_register_write *add(struct board *board,
    uint8_t author,
    enum mir_role role,
    char value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct mir_register_write *write = &board->writes[board->count];
    memset(write, 0, sizeof *write);
    write->changeset.bytes[0] = (uint8_t)(board->count + 1);
    write->author.bytes[0] = author;
    write->role = role;
    write->stamp = 100;
    write->accepted = 1;
    write->value.data = (const uint8_t *)letters + (value - 'a');
    write->value.size = 1;
    write->parents = board->names[board->count];
    board->count++;
    return write;
}

static void names(struct board *board,
    struct mir_register_write *child,
    const struct mir_register_write *parent)
{
    size_t place = (size_t)(child - board->writes);
    memcpy(board->names[place][child->parent_count].bytes, parent->changeset.bytes, 16);
    child->parent_count++;
}

static void evaluate(struct board *board, enum mir_policy policy)
{
    mirsal_code rc = mir_register_evaluate(
        &board->found, board->writes, board->count, policy, &board->test.env, NULL);
    assert_int_equal(rc, MIRSAL_OK);
}

static void board_fini(struct board *board)
{
    test_env_fini(&board->test);
}

static void an_empty_register_has_no_winner(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_true(board.found.winner == MIR_REGISTER_NO_WINNER);
    assert_int_equal(board.found.live_count, 0);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    struct mir_register_write *waiting = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    waiting->accepted = 0;
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_true(board.found.winner == MIR_REGISTER_NO_WINNER);
    board_fini(&board);
}

static void an_author_replaces_its_own_word(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *first = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *second = add(&board, 1, MIR_ROLE_MONITOR, 'b');
    names(&board, second, first);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 1);
    assert_int_equal(board.found.winner, 1);
    assert_int_equal(first->live, 0);
    assert_int_equal(second->depth, 1); /* own edits earn nothing */
    board_fini(&board);
}

static void a_monitor_supersedes_nobody_else(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *first = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *second = add(&board, 2, MIR_ROLE_MONITOR, 'b');
    names(&board, second, first);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 2);
    assert_int_equal(board.found.conflict, MIR_REGISTER_VALUES);
    assert_int_equal(second->depth, 2);
    assert_int_equal(board.found.winner, 1); /* the deeper one */
    board_fini(&board);
}

static void a_coordinator_resolves_and_a_monitor_does_not_undo_it(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *a = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *b = add(&board, 2, MIR_ROLE_MONITOR, 'b');
    struct mir_register_write *decision = add(&board, 3, MIR_ROLE_COORDINATOR, 'c');
    names(&board, decision, a);
    names(&board, decision, b);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 1);
    assert_int_equal(board.found.winner, 2);
    struct mir_register_write *reply = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    names(&board, reply, decision);
    reply->stamp = UINT64_MAX;
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 2);
    assert_int_equal(board.found.winner, 2); /* rank before depth before stamp */
    assert_int_equal(board.found.conflict, MIR_REGISTER_VALUES);
    evaluate(&board, MIR_POLICY_RANKED);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    board_fini(&board);
}

static void a_coordinator_does_not_replace_an_admin(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *admin = add(&board, 1, MIR_ROLE_ADMIN, 'a');
    struct mir_register_write *coordinator = add(&board, 2, MIR_ROLE_COORDINATOR, 'b');
    names(&board, coordinator, admin);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 2);
    assert_int_equal(board.found.winner, 0);
    evaluate(&board, MIR_POLICY_LATEST); /* nobody ranks there */
    assert_int_equal(board.found.live_count, 1);
    assert_int_equal(board.found.winner, 1);
    board_fini(&board);
}

static void twenty_edits_of_ones_own_beat_no_honest_value(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *honest = add(&board, 1, MIR_ROLE_MONITOR, 'h');
    honest->stamp = 500;
    for (unsigned i = 0; i < 20; i++) {
        struct mir_register_write *edit = add(&board, 2, MIR_ROLE_MONITOR, 'x');
        edit->stamp = 10 + i;
        if (i > 0) {
            names(&board, edit, edit - 1);
        }
    }
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 2);
    assert_int_equal(board.found.winner, 0);
    board_fini(&board);
}

static void a_name_that_two_answer_to_supersedes_nothing(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *first = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *twin = add(&board, 1, MIR_ROLE_MONITOR, 'b');
    memcpy(twin->changeset.bytes, first->changeset.bytes, 16);
    twin->changeset.bytes[31] = 1;
    twin->accepted = 0;
    struct mir_register_write *next = add(&board, 1, MIR_ROLE_MONITOR, 'c');
    names(&board, next, first);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 2);
    twin->changeset.bytes[15] ^= 1; /* now only one does */
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 1);
    board_fini(&board);
}

static void what_is_missing_or_not_accepted_is_no_parent(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *first = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *refused = add(&board, 2, MIR_ROLE_MONITOR, 'b');
    refused->accepted = 0;
    names(&board, refused, first);
    struct mir_register_write *last = add(&board, 2, MIR_ROLE_MONITOR, 'c');
    names(&board, last, refused);
    memset(board.names[2][1].bytes, 0xEE, 16); /* held by nobody */
    last->parent_count++;
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(first->live, 1);
    assert_int_equal(refused->live, 0);
    assert_int_equal(refused->depth, 0);
    assert_int_equal(last->depth, 1);
    assert_int_equal(board.found.live_count, 2);
    board_fini(&board);
}

static void stamps_then_ids_decide_between_equals(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *a = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    (void)add(&board, 2, MIR_ROLE_MONITOR, 'b');
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.winner, 1);
    a->stamp = 101;
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.winner, 0);
    board_fini(&board);
}

static void equal_values_need_nobody(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    (void)add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *other = add(&board, 2, MIR_ROLE_MONITOR, 'a');
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.live_count, 2);
    assert_int_equal(board.found.value_count, 1);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    assert_null(mir_register_conflict_name(board.found.conflict));
    other->value.size = 0; /* "unknown" beside a value is a difference */
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(board.found.value_count, 2);
    assert_string_equal(mir_register_conflict_name(board.found.conflict), "values");
    evaluate(&board, MIR_POLICY_LATEST);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    board_fini(&board);
}

static void ranked_asks_only_between_the_highest(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    (void)add(&board, 1, MIR_ROLE_MONITOR, 'a');
    (void)add(&board, 2, MIR_ROLE_COORDINATOR, 'b');
    evaluate(&board, MIR_POLICY_RANKED);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    (void)add(&board, 3, MIR_ROLE_COORDINATOR, 'c');
    evaluate(&board, MIR_POLICY_RANKED);
    assert_int_equal(board.found.conflict, MIR_REGISTER_VALUES);
    board_fini(&board);
}

static void the_strictest_value_wins_until_a_coordinator_names_it(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *strict = add(&board, 1, MIR_ROLE_MONITOR, 's');
    strict->ordinal = 4;
    struct mir_register_write *loose = add(&board, 2, MIR_ROLE_ADMIN, 'l');
    loose->ordinal = 1;
    loose->stamp = 900;
    evaluate(&board, MIR_POLICY_LATTICE);
    assert_int_equal(board.found.winner, 0);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    names(&board, loose, strict);
    evaluate(&board, MIR_POLICY_LATTICE);
    assert_int_equal(board.found.winner, 1);
    assert_int_equal(board.found.live_count, 1);
    board_fini(&board);
}

static void in_a_set_presence_wins(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *added = add(&board, 1, MIR_ROLE_MONITOR, 'p');
    added->ordinal = 1;
    struct mir_register_write *removed = add(&board, 2, MIR_ROLE_ADMIN, 'q');
    evaluate(&board, MIR_POLICY_SET);
    assert_int_equal(board.found.winner, 0);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    names(&board, removed, added);
    evaluate(&board, MIR_POLICY_SET);
    assert_int_equal(board.found.winner, 1);
    evaluate(&board, MIR_POLICY_LOG); /* absent is no value there: nothing was removed */
    assert_int_equal(board.found.winner, 0);
    assert_int_equal(removed->live, 0);
    board_fini(&board);
}

static void once_counts_what_came_with_the_record(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *created = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    created->creating = 1;
    evaluate(&board, MIR_POLICY_ONCE);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    struct mir_register_write *later = add(&board, 1, MIR_ROLE_ADMIN, 'b');
    names(&board, later, created);
    evaluate(&board, MIR_POLICY_ONCE);
    assert_int_equal(board.found.winner, 0);
    assert_int_equal(board.found.live_count, 1);
    assert_int_equal(later->live, 0);
    assert_int_equal(board.found.conflict, MIR_REGISTER_ONCE);
    assert_string_equal(mir_register_conflict_name(board.found.conflict), "once");
    later->accepted = 0;
    evaluate(&board, MIR_POLICY_ONCE);
    assert_int_equal(board.found.conflict, MIR_REGISTER_AGREES);
    evaluate(&board, MIR_POLICY_DERIVED);
    assert_int_equal(board.found.live_count, 0);
    board_fini(&board);
}

static void a_cycle_ends_and_hides_nothing(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *a = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    struct mir_register_write *b = add(&board, 1, MIR_ROLE_MONITOR, 'b');
    struct mir_register_write *before = add(&board, 1, MIR_ROLE_MONITOR, 'c');
    names(&board, a, b);
    names(&board, b, a);
    names(&board, a, a);
    names(&board, b, before);
    evaluate(&board, MIR_POLICY_REVIEW);
    assert_int_equal(a->live, 1);
    assert_int_equal(b->live, 1);
    assert_int_equal(before->live, 0);
    board_fini(&board);
}

/* The oracle: the sentences of merge.md, each as slow as it reads. */
static int oracle_counts(const struct mir_register_write *write, enum mir_policy policy)
{
    int counts = write->accepted;
    counts = counts && (policy != MIR_POLICY_ONCE || write->creating);
    counts = counts && (policy != MIR_POLICY_LOG || write->ordinal == 1);
    return counts && policy != MIR_POLICY_DERIVED;
}

static const struct mir_register_write *oracle_parent(const struct mir_register_write *writes,
    size_t count,
    const struct mir_write_name *name,
    enum mir_policy policy)
{
    const struct mir_register_write *match = NULL;
    for (size_t i = 0; i < count; i++) {
        if (memcmp(writes[i].changeset.bytes, name->bytes, 16) == 0) {
            if (match != NULL && memcmp(match->changeset.bytes, writes[i].changeset.bytes, 32)) {
                return NULL;
            }
            match = &writes[i];
        }
    }
    return match != NULL && oracle_counts(match, policy) ? match : NULL;
}

static void oracle(const struct mir_register_write *writes,
    size_t count,
    enum mir_policy policy,
    int *live,
    uint32_t *depth)
{
    for (size_t i = 0; i < count; i++) {
        live[i] = oracle_counts(&writes[i], policy);
        depth[i] = live[i] ? 1 : 0;
    }
    for (size_t round = 0; round < count; round++) {
        for (size_t i = 0; i < count; i++) {
            for (size_t p = 0; oracle_counts(&writes[i], policy) && p < writes[i].parent_count;
                 p++) {
                const struct mir_register_write *parent =
                    oracle_parent(writes, count, &writes[i].parents[p], policy);
                if (parent == NULL) {
                    continue;
                }
                int same = memcmp(parent->author.bytes, writes[i].author.bytes, 32) == 0;
                int level = policy == MIR_POLICY_LATEST || policy == MIR_POLICY_LOG ||
                            writes[i].role >= parent->role;
                if (same || (writes[i].role >= MIR_ROLE_COORDINATOR && level)) {
                    live[parent - writes] = 0;
                }
                uint32_t reached = depth[parent - writes] + (same ? 0 : 1);
                depth[i] = reached > depth[i] ? reached : depth[i];
            }
        }
    }
}

static uint64_t draw(struct test_env *test, uint64_t below)
{
    uint64_t value = 0;
    test->env.random(test->env.context, &value, sizeof value);
    return value % below;
}

static void random_register(struct board *board, enum mir_policy policy)
{
    size_t count = draw(&board->test, WRITES_MAX - 8) + 1;
    board->count = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t author = (uint8_t)draw(&board->test, 4);
        struct mir_register_write *write =
            add(board, author, (enum mir_role)(author % 4), (char)('a' + draw(&board->test, 3)));
        board->test.env.random(board->test.env.context, write->changeset.bytes, 32);
        if (i > 0 && draw(&board->test, 12) == 0) { /* a name that collides */
            memcpy(write->changeset.bytes, board->writes[i - 1].changeset.bytes, 16);
        }
        write->stamp = draw(&board->test, 3);
        write->accepted = draw(&board->test, 6) != 0;
        write->creating = draw(&board->test, 2) != 0;
        write->ordinal = policy == MIR_POLICY_LATTICE ? (uint32_t)draw(&board->test, 4)
                                                      : (uint32_t)draw(&board->test, 2);
        for (size_t p = 0; p < i && p < 3 && draw(&board->test, 3) != 0; p++) {
            names(board, write, &board->writes[draw(&board->test, i)]);
        }
    }
}

static void shuffle_and_repeat(struct board *board)
{
    size_t copies = draw(&board->test, 8);
    for (size_t i = 0; i < copies; i++) {
        board->writes[board->count] = board->writes[draw(&board->test, board->count)];
        board->count++;
    }
    for (size_t i = board->count; i > 1; i--) {
        size_t other = draw(&board->test, i);
        struct mir_register_write kept = board->writes[i - 1];
        board->writes[i - 1] = board->writes[other];
        board->writes[other] = kept;
    }
}

/* Any order, any repetition: same winner, same live writes, same depths; and they are right. */
static void any_delivery_gives_what_the_oracle_says(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    for (unsigned round = 0; round < 3000; round++) {
        enum mir_policy policy = (enum mir_policy)(round % 8 + 1);
        int live[WRITES_MAX];
        uint32_t depth[WRITES_MAX];
        random_register(&board, policy);
        evaluate(&board, policy);
        oracle(board.writes, board.count, policy, live, depth);
        size_t live_count = 0;
        for (size_t i = 0; i < board.count; i++) {
            assert_int_equal(board.writes[i].live, live[i]);
            assert_int_equal(board.writes[i].depth, depth[i]);
            live_count += (size_t)live[i];
        }
        struct mir_register first = board.found;
        mirsal_hash winner = { { 0 } };
        if (first.winner != MIR_REGISTER_NO_WINNER) {
            winner = board.writes[first.winner].changeset;
        }
        assert_int_equal(first.live_count, live_count);
        assert_int_equal(first.winner == MIR_REGISTER_NO_WINNER, live_count == 0);
        shuffle_and_repeat(&board);
        evaluate(&board, policy);
        assert_int_equal(board.found.live_count, first.live_count);
        assert_int_equal(board.found.value_count, first.value_count);
        assert_int_equal(board.found.conflict, first.conflict);
        if (live_count > 0) {
            assert_memory_equal(board.writes[board.found.winner].changeset.bytes, winner.bytes, 32);
        }
    }
    board_fini(&board);
}

#define MANY 100000u

/* A register that a hundred thousand writes crowd into is still judged. */
static void a_crowded_register_is_judged_in_time(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 3);
    struct mir_register_write *writes = test_calloc(MANY, sizeof *writes);
    struct mir_write_name *parents = test_calloc(MANY, 3 * sizeof *parents);
    for (size_t i = 0; i < MANY; i++) {
        test.env.random(test.env.context, writes[i].changeset.bytes, 32);
        writes[i].author.bytes[0] = (uint8_t)(i % 2);
        writes[i].role = MIR_ROLE_COORDINATOR;
        writes[i].accepted = 1;
        writes[i].parents = &parents[3 * i];
        if (i > 0) {
            memcpy(parents[3 * i].bytes, writes[i - 1].changeset.bytes, 16);
            memcpy(parents[3 * i + 1].bytes, writes[i / 2].changeset.bytes, 16);
            writes[i].parent_count = 2;
        }
    }
    struct mir_register found;
    assert_int_equal(
        mir_register_evaluate(&found, writes, MANY, MIR_POLICY_REVIEW, &test.env, NULL), MIRSAL_OK);
    assert_int_equal(found.live_count, 1);
    assert_int_equal(found.winner, MANY - 1);
    assert_int_equal(writes[MANY - 1].depth, MANY);
    test_free(parents);
    test_free(writes);
    test_env_fini(&test);
}

static void lack_of_memory_is_told(void **state)
{
    (void)state;
    struct board board;
    board_init(&board);
    struct mir_register_write *first = add(&board, 1, MIR_ROLE_MONITOR, 'a');
    names(&board, add(&board, 1, MIR_ROLE_MONITOR, 'b'), first);
    mirsal_error err;
    board.test.fail_at = board.test.allocations + 1;
    assert_int_equal(mir_register_evaluate(&board.found, board.writes, board.count,
                         MIR_POLICY_REVIEW, &board.test.env, &err),
        MIRSAL_NO_MEMORY);
    assert_int_equal(err.code, MIRSAL_NO_MEMORY);
    board_fini(&board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_register_has_no_winner),
        cmocka_unit_test(an_author_replaces_its_own_word),
        cmocka_unit_test(a_monitor_supersedes_nobody_else),
        cmocka_unit_test(a_coordinator_resolves_and_a_monitor_does_not_undo_it),
        cmocka_unit_test(a_coordinator_does_not_replace_an_admin),
        cmocka_unit_test(twenty_edits_of_ones_own_beat_no_honest_value),
        cmocka_unit_test(a_name_that_two_answer_to_supersedes_nothing),
        cmocka_unit_test(what_is_missing_or_not_accepted_is_no_parent),
        cmocka_unit_test(stamps_then_ids_decide_between_equals),
        cmocka_unit_test(equal_values_need_nobody),
        cmocka_unit_test(ranked_asks_only_between_the_highest),
        cmocka_unit_test(the_strictest_value_wins_until_a_coordinator_names_it),
        cmocka_unit_test(in_a_set_presence_wins),
        cmocka_unit_test(once_counts_what_came_with_the_record),
        cmocka_unit_test(a_cycle_ends_and_hides_nothing),
        cmocka_unit_test(any_delivery_gives_what_the_oracle_says),
        cmocka_unit_test(a_crowded_register_is_judged_in_time),
        cmocka_unit_test(lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
