/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/bearing_test.c - figures and hints are the same in whatever order changesets came and
 * however many of them were settled at once.
 */
#include "bearing.h"

#include "seed.h"

#include <string.h>

#define STORIES           9u
#define STATE_SIZE        8192u
#define TEXT(value)       v_text(&world.arena, value)
#define CODE(field, code) v_code(&world.arena, &world.schema, field, code)

static struct world world;
static mirsal_error err;

/* A claim of killed people; report and superseded may be NULL. */
static void claim(uint32_t number,
    const mirsal_id *scope,
    uint32_t scope_count,
    const mirsal_id *report,
    const mirsal_id *superseded,
    int64_t killed)
{
    struct draft draft;
    world_begin(&world, &draft, number, 1);
    uint32_t place = draft_create(&draft, "casualty");
    draft_set(&draft, place, "casualty.scope", v_none(), v_refs(&world.arena, scope, scope_count));
    draft_set(&draft, place, "casualty.outcome", v_none(), CODE("casualty.outcome", "killed"));
    draft_set(&draft, place, "casualty.quality", v_none(), CODE("casualty.quality", "exact"));
    draft_set(&draft, place, "casualty.min", v_none(), v_int(&world.arena, killed));
    draft_set(&draft, place, "casualty.max", v_none(), v_int(&world.arena, killed));
    if (report != NULL) {
        draft_set(&draft, place, "casualty.report", v_none(), v_ref(&world.arena, report));
    }
    if (superseded != NULL) {
        draft_set(&draft, place, "casualty.supersedes", v_ref(&world.arena, superseded),
            v_int(&world.arena, 1));
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static void named_incident(uint32_t number, const char *source_id)
{
    struct draft draft;
    world_begin(&world, &draft, number, 3);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.source_id", v_none(), TEXT(source_id));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static void report(uint32_t number, const mirsal_id *root)
{
    struct draft draft;
    world_begin(&world, &draft, number, 1);
    uint32_t place = draft_create(&draft, "report");
    draft_set(&draft, place, "report.root_source", v_none(), v_ref(&world.arena, root));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static void tell(uint32_t story)
{
    const mirsal_id both[] = { draft_id(1, INCIDENT), draft_id(1, SECOND) };
    const mirsal_id root = draft_id(1, OBSERVATORY);
    const mirsal_id told = draft_id(3, 0);
    const mirsal_id on_both = draft_id(4, 0);
    const mirsal_id named = draft_id(7, 0);
    mirsal_id ids[SEED_RECORDS];
    switch (story) {
    case 1:
        seed_add(&world, ids);
        break;
    case 2:
        claim(2, &both[0], 1, &told, NULL, 30);
        break;
    case 3:
        report(3, &root);
        break;
    case 4:
        claim(4, both, 2, NULL, NULL, 12);
        break;
    case 5:
        claim(5, &both[1], 1, NULL, &on_both, 7);
        break;
    case 6:
        (void)seed_claim(&world, 6, 2, &root, 4);
        break;
    case 7:
        named_incident(7, "S:1");
        break;
    case 8:
        named_incident(8, "S:1");
        break;
    default:
        claim(9, &named, 1, NULL, NULL, 3);
        break;
    }
}

/* Figures and review items, each beside the record's id. */
static void write_state(char *out)
{
    static const char text[] =
        "SELECT hex(r.id) || '|' || ifnull(f.killed_min, '-') || '|' || ifnull(f.killed_best, '-')"
        " || '|' || ifnull(f.killed_max, '-') || '|' || ifnull(hex(f.sources), '-') AS line"
        " FROM r_1 r LEFT JOIN figures f ON f.no = r.no UNION ALL"
        " SELECT hex(record) || kind || hex(key) || hex(others) FROM review ORDER BY line";
    sqlite3_stmt *find = NULL;
    int row = 0;
    size_t used = 0;
    assert_int_equal(mir_sql_prepare_once(&find, world.store.sql, text, &err), MIRSAL_OK);
    while (mir_sql_step(&row, world.store.sql, find, &err) == MIRSAL_OK && row) {
        struct mir_bytes line = mir_sql_column(find, 0);
        assert_true(used + line.size + 2 < STATE_SIZE);
        memcpy(out + used, line.data, line.size);
        used += line.size;
        out[used++] = '\n';
    }
    mir_sql_finalize(find);
    out[used] = 0;
    assert_true(used > 300);
}

/* In the order given; settled after every step-th. */
static void run(char *out, const uint32_t *order, uint32_t step)
{
    world_open(&world);
    for (uint32_t i = 0; i < STORIES; i++) {
        tell(order[i]);
        if ((i + 1) % step == 0 || i + 1 == STORIES) {
            assert_int_equal(mir_project_settle(&world.store, &err), MIRSAL_OK);
            assert_int_equal(world_count(&world, "SELECT count(*) FROM touched"), 0);
        }
    }
    write_state(out);
    world_close(&world);
}

static void order_and_batches_change_nothing(void **state)
{
    (void)state;
    uint32_t order[STORIES];
    for (uint32_t i = 0; i < STORIES; i++) {
        order[i] = i + 1;
    }
    static char expected[STATE_SIZE];
    static char got[STATE_SIZE];
    run(expected, order, STORIES);
    uint32_t seed = 20191117;
    for (uint32_t i = 0; i < 40; i++) {
        run(got, order, i % 2 == 0 ? 1 : 1 + i % 4);
        assert_string_equal(got, expected);
        for (uint32_t left = STORIES; left > 1; left--) {
            seed = seed * 1664525u + 1013904223u;
            uint32_t at = (seed >> 8) % left;
            uint32_t kept = order[left - 1];
            order[left - 1] = order[at];
            order[at] = kept;
        }
    }
}

static void what_hangs_together_is_gathered_whole(void **state)
{
    (void)state;
    struct mir_bearing bearing;
    struct mir_arena arena;
    int64_t row = 0;
    const mirsal_id first = draft_id(1, INCIDENT);
    world_open(&world);
    for (uint32_t i = 1; i <= STORIES; i++) {
        tell(i);
    }
    mir_arena_init(&arena, world.store.env, 1u << 20);
    assert_int_equal(mir_rows_find(&row, &world.store, &first, &err), MIRSAL_OK);
    assert_int_equal(mir_bearing_gather(&bearing, &arena, &world.store, &row, 1, &err), MIRSAL_OK);
    /* The second through the claim on both; the third and fourth share nothing with them. */
    assert_int_equal(bearing.incidents.numbers.count, 2);
    assert_int_equal(bearing.others.numbers.count, 4);
    mir_arena_fini(&arena);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_batches_change_nothing),
        cmocka_unit_test(what_hangs_together_is_gathered_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
