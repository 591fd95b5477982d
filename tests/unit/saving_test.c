/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/saving_test.c - Any order of the same changesets gives the same tables, review queue
 * and digest; and the shown value is the one that a naive reading of merge.md 1 to 4 gives.
 */
#include "world.h"

#include <string.h>

#define STEPS       4u
#define HISTORIES   40u
#define TEXT(value) v_text(&world.arena, value)

static struct world world;
static mirsal_error err;

/* What the naive model keeps of a write to incident.rel_text. */
struct naive {
    uint32_t number;
    int64_t device;
    char value;
    uint32_t parents[STEPS + 1];
};

struct history {
    struct draft drafts[STEPS];
    struct naive naive[STEPS];
    uint32_t naive_count;
};

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

static int role_of(const struct naive *write)
{
    return world.roles[write->device];
}

static const struct naive *naive_find(const struct history *history, uint32_t number)
{
    for (uint32_t i = 0; i < history->naive_count; i++) {
        if (history->naive[i].number == number) {
            return &history->naive[i];
        }
    }
    return NULL;
}

static uint32_t naive_depth(const struct history *history, const struct naive *write)
{
    uint32_t depth = 1;
    /* Parents have smaller numbers: no cycles, and at most STEPS levels. */
    for (uint32_t i = 0; write->parents[i] != 0; i++) {
        const struct naive *parent = naive_find(history, write->parents[i]);
        uint32_t own = 1;
        for (uint32_t j = 0; parent != NULL && parent->parents[j] != 0; j++) {
            const struct naive *grand = naive_find(history, parent->parents[j]);
            uint32_t above = grand == NULL ? 0 : 1u + (grand->device != parent->device);
            for (uint32_t k = 0; grand != NULL && grand->parents[k] != 0; k++) {
                const struct naive *first = naive_find(history, grand->parents[k]);
                uint32_t far = first == NULL ? 0
                                             : 1u + (first->device != grand->device) +
                                                   (grand->device != parent->device);
                above = far > above ? far : above;
            }
            own = above > own ? above : own;
        }
        uint32_t mine = parent == NULL ? 0 : own + (parent->device != write->device);
        depth = mine > depth ? mine : depth;
    }
    return depth;
}

static int naive_live(const struct history *history, const struct naive *write)
{
    for (uint32_t i = 0; i < history->naive_count; i++) {
        const struct naive *later = &history->naive[i];
        for (uint32_t j = 0; later->parents[j] != 0; j++) {
            if (later->parents[j] == write->number &&
                (later->device == write->device ||
                    (role_of(later) >= 2 && role_of(later) >= role_of(write)))) {
                return 0;
            }
        }
    }
    return 1;
}

/* The shown value; *conflict: live values differ. */
static char naive_winner(const struct history *history, int *conflict)
{
    const struct naive *best = NULL;
    *conflict = 0;
    for (uint32_t i = 0; i < history->naive_count; i++) {
        const struct naive *write = &history->naive[i];
        if (!naive_live(history, write)) {
            continue;
        }
        *conflict = *conflict || (best != NULL && best->value != write->value);
        if (best == NULL || role_of(write) > role_of(best) ||
            (role_of(write) == role_of(best) &&
                (naive_depth(history, write) > naive_depth(history, best) ||
                    (naive_depth(history, write) == naive_depth(history, best) &&
                        write->number > best->number)))) {
            best = write;
        }
    }
    return best == NULL ? 0 : best->value;
}

static void add_rel_text(struct history *history, struct draft *draft, uint64_t *seed)
{
    struct naive *naive = &history->naive[history->naive_count];
    char text[2] = { (char)('a' + draw(seed, 3)), 0 };
    uint32_t count = 0;
    memset(naive, 0, sizeof *naive);
    naive->number = draft->number;
    naive->device = draft->device;
    naive->value = text[0];
    for (uint32_t number = draft->number & ~15u; number < draft->number; number++) {
        if (draft->number % 16 > 0 && naive_find(history, number) != NULL && draw(seed, 2) == 0) {
            naive->parents[count++] = number;
        }
    }
    history->naive_count++;
    mirsal_id id = draft_id(draft->number & ~15u, 0);
    if (draft->number % 16 == 0) {
        draft_set(draft, 0, "incident.rel_text", v_none(), TEXT(text));
    } else {
        draft_edit(draft, &id, "incident.rel_text", v_none(), TEXT(text), naive->parents);
    }
}

/* Something of every policy. */
static void add_others(struct draft *draft, uint32_t first, uint64_t *seed)
{
    mirsal_id id = draft_id(first, 0);
    const uint32_t parents[2] = { first, 0 };
    const uint32_t *seen = draw(seed, 2) == 0 ? parents : NULL;
    if (draw(seed, 2) == 0) {
        draft_edit(draft, &id, "incident.ref_codes", TEXT("a:1"),
            v_int(&world.arena, draw(seed, 2)), seen);
    }
    if (draw(seed, 2) == 0) {
        draft_edit(draft, &id, "incident.release_level", v_none(),
            v_int(&world.arena, 1 + draw(seed, 4)), seen);
    }
    if (draw(seed, 2) == 0) {
        draft_edit(
            draft, &id, "incident.grading", v_none(), v_int(&world.arena, 1 + draw(seed, 5)), seen);
    }
    if (draw(seed, 3) == 0) {
        draft_edit(draft, &id, "incident.source_id", v_none(), TEXT("late"), NULL);
    }
    if (draw(seed, 3) == 0) {
        draft_edit(draft, &id, "incident.withdrawn", v_none(),
            v_withdrawal(&world.arena, "r", parents, 1), NULL);
    }
    if (draw(seed, 4) == 0) {
        draft_edit(draft, &id, "incident.raid_seq", v_none(), v_int(&world.arena, -1), NULL);
    }
}

static void make_history(struct history *history, uint32_t base, uint64_t *seed)
{
    memset(history, 0, sizeof *history);
    for (uint32_t i = 0; i < STEPS; i++) {
        struct draft *draft = &history->drafts[i];
        draft_begin(draft, &world.arena, &world.schema, base + i, 1 + (int64_t)draw(seed, 4));
        if (i == 0) {
            (void)draft_create(draft, "incident");
            draft_set(draft, 0, "incident.ref_codes", TEXT("a:1"), v_int(&world.arena, 1));
            draft_set(draft, 0, "incident.release_level", v_none(), v_int(&world.arena, 2));
        } else {
            add_others(draft, base, seed);
        }
        add_rel_text(history, draft, seed);
        draft_end(draft);
    }
}

/* Everything that must not depend on the order, as one text. */
static void dump(struct mir_buf *out)
{
    static const char *const queries[] = {
        "SELECT quote(id), withdrawn, quote(f101), quote(f102), quote(f111), quote(f115),"
        " quote(f120), quote(f125), quote(f127), (SELECT quote(id) FROM applied a WHERE"
        " a.changeset = r_1.updated) FROM r_1 ORDER BY id",
        "SELECT quote(record), kind, field, quote(key) FROM review ORDER BY 1, 2, 3, 4",
        "SELECT quote(w.record), w.field, quote(w.key), quote(a.id), w.reason, w.state FROM write w"
        " JOIN applied a ON a.changeset = w.changeset WHERE (SELECT count(*) FROM write o WHERE"
        " o.record = w.record AND o.field = w.field AND o.key = w.key) > 1 ORDER BY 1, 2, 3, 4",
        "SELECT compartment, quote(sum) FROM digest ORDER BY 1",
        "SELECT rowid FROM words WHERE words MATCH 'a OR b OR c' ORDER BY 1",
    };
    mir_buf_reset(out);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        sqlite3_stmt *read = NULL;
        int row = 0;
        assert_int_equal(mir_sql_prepare_once(&read, world.store.sql, queries[i], &err), MIRSAL_OK);
        for (;;) {
            assert_int_equal(mir_sql_step(&row, world.store.sql, read, &err), MIRSAL_OK);
            if (!row) {
                break;
            }
            for (int j = 0; j < sqlite3_column_count(read); j++) {
                struct mir_bytes column = mir_sql_column(read, j);
                mir_buf_append(out, column.data, i == 4 ? 0 : column.size);
                mir_buf_append_u8(out, j == 0 ? '\n' : ' ');
            }
        }
        mir_sql_finalize(read);
    }
    assert_int_equal(mir_buf_finish(out, &err), MIRSAL_OK);
}

static void check_naive(const struct history *history)
{
    int conflict = 0;
    char expected = naive_winner(history, &conflict);
    struct mir_record record;
    mirsal_id id = history->drafts[0].body.creates[0].record;
    assert_int_equal(mir_read_record(&record, &world.arena, &world.store, &id, &err), MIRSAL_OK);
    const struct mir_shown *shown =
        mir_record_find(&record, field_id(&world.schema, "incident.rel_text"), v_none());
    assert_non_null(shown);
    assert_int_equal(shown->value.data[1], expected);
    assert_int_equal(shown->conflict, conflict);
}

static void apply_order(const struct history *history, uint32_t order)
{
    uint32_t left[STEPS] = { 0, 1, 2, 3 };
    assert_int_equal(mir_project_reset(&world.store, &err), MIRSAL_OK);
    world.arrivals = 0;
    for (uint32_t count = STEPS; count > 0; count--) {
        uint32_t at = order % count;
        order /= count;
        (void)world_apply(&world, &history->drafts[left[at]]);
        memmove(&left[at], &left[at + 1], (STEPS - at - 1) * sizeof left[0]);
    }
}

static void every_order_gives_the_same(void **state)
{
    (void)state;
    struct mir_buf first;
    struct mir_buf other;
    uint64_t seed = 17;
    world_open(&world);
    mir_buf_init(&first, world.store.env, 1 << 20);
    mir_buf_init(&other, world.store.env, 1 << 20);
    assert_int_equal(mir_sql_run(world.store.sql, "BEGIN", &err), MIRSAL_OK);
    for (uint32_t i = 0; i < HISTORIES; i++) {
        struct history history;
        make_history(&history, 16 * (i + 1), &seed);
        for (uint32_t order = 0; order < 24; order++) {
            mirsal_hash kept;
            mirsal_hash computed;
            apply_order(&history, order);
            check_naive(&history);
            dump(order == 0 ? &first : &other);
            if (order > 0 && !mir_bytes_equal(mir_buf_bytes(&first), mir_buf_bytes(&other))) {
                fail_msg("history %u order %u:\n%.*s\n----\n%.*s", i, order, (int)first.size,
                    (const char *)first.data, (int)other.size, (const char *)other.data);
            }
            assert_int_equal(mir_project_digest(&kept, &world.store, 0, &err), MIRSAL_OK);
            assert_int_equal(
                mir_project_digest_recompute(&computed, &world.store, 0, &err), MIRSAL_OK);
            assert_memory_equal(&kept, &computed, sizeof kept);
        }
    }
    mir_buf_fini(&first);
    mir_buf_fini(&other);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_order_gives_the_same) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
