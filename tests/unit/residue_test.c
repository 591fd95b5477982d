/* SPDX-License-Identifier: Apache-2.0 */
/* unit/residue_test.c - residues of random bodies: what stays, what goes, made twice. */
#include "residue.h"

#include "mir_limits.h"
#include "run.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body body;
static struct test_author author;
static struct mir_arena arena;
static struct mir_changeset sealed;
static struct mir_opened opened;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 23);
    test_body_init(&body, &test.env);
    test_author_init(&author, &test.env);
    mir_arena_init(&arena, &test.env, MIR_BODY_MEMORY_MAX);
    return mir_crypto_start(NULL) == MIRSAL_OK ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

/* A sealed body of that many records, opened. */
static void seal_body(uint32_t records)
{
    struct mir_open keys = test_author_open(&author);
    test_author_seal(&sealed, &author, &body, records);
    assert_int_equal(mir_changeset_open(&opened, &arena, &sealed, &keys, NULL), MIRSAL_OK);
}

static void take_left(struct mir_left *left)
{
    struct mir_open keys = test_author_open(&author);
    assert_int_equal(mir_changeset_open(&opened, &arena, &sealed, &keys, NULL), MIRSAL_OK);
    assert_int_equal(mir_left_of_body(left, &arena, &opened.body, opened.seed, NULL), MIRSAL_OK);
}

/* Records whose number in ids of the body is in a set of bits. */
struct pick {
    mirsal_id ids[64];
    uint32_t count;
    uint64_t bits;
};

static void fill_pick(struct pick *pick)
{
    memset(pick, 0, sizeof *pick);
    for (uint32_t i = 0; i < opened.body.creates_count && pick->count < 60; i++) {
        pick->ids[pick->count++] = opened.body.creates[i].record;
    }
    for (uint32_t i = opened.body.edits_at; i < opened.body.writes_count && pick->count < 64; i++) {
        pick->ids[pick->count++] = opened.body.writes[i].record;
    }
}

static int picked(void *context, const mirsal_id *record)
{
    const struct pick *pick = context;
    for (uint32_t i = 0; i < pick->count; i++) {
        if ((pick->bits >> i & 1u) != 0 &&
            memcmp(pick->ids[i].bytes, record->bytes, sizeof record->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static void purge(struct mir_left *left, struct pick *pick, uint64_t bits)
{
    size_t taken = 0;
    pick->bits = bits;
    assert_int_equal(mir_left_purge(left, &taken, &arena, picked, pick, NULL), MIRSAL_OK);
}

static void seal_left(struct mir_buf *out, struct mir_left *left)
{
    struct mir_residue_seal seal = { author.seal.epoch_key, author.seal.dictionary };
    mir_buf_init(out, &test.env, SIZE_MAX);
    assert_int_equal(mir_residue_seal(out, &arena, &sealed, &seal, left, NULL), MIRSAL_OK);
}

static mirsal_code open_left(struct mir_left *out, const struct mir_buf *residue)
{
    struct mir_open keys = test_author_open(&author);
    return mir_residue_open(out, &arena, &sealed, mir_buf_bytes(residue), &keys, NULL);
}

static void says_all_but_what_was_purged(void **state)
{
    (void)state;
    struct mir_left left;
    struct mir_left again;
    struct mir_buf residue;
    struct pick pick;
    seal_body(9);
    fill_pick(&pick);
    take_left(&left);
    purge(&left, &pick, 0x15);
    seal_left(&residue, &left);
    assert_int_equal(open_left(&again, &residue), MIRSAL_OK);
    struct mir_left whole;
    take_left(&whole);
    struct mir_buf leaf;
    struct mir_buf kept;
    mir_buf_init(&leaf, &test.env, SIZE_MAX);
    mir_buf_init(&kept, &test.env, SIZE_MAX);
    size_t at = 0;
    for (size_t i = 0; i < mir_body_leaf_count(&whole.body); i++) {
        mir_buf_reset(&leaf);
        mir_body_leaf(&leaf, &whole.body, i);
        assert_int_equal(mir_buf_finish(&leaf, NULL), MIRSAL_OK);
        mirsal_id record = { { 0 } };
        if (i >= 2) {
            memcpy(record.bytes, &leaf.data[4], sizeof record.bytes); /* [kind, bin 16 … */
        }
        if (i >= 2 && picked(&pick, &record)) {
            continue;
        }
        mir_buf_reset(&kept);
        mir_body_leaf(&kept, &again.body, at++);
        assert_int_equal(mir_buf_finish(&kept, NULL), MIRSAL_OK);
        assert_true(mir_bytes_equal(mir_buf_bytes(&kept), mir_buf_bytes(&leaf)));
    }
    assert_int_equal(at, mir_body_leaf_count(&again.body));
    assert_true(at < mir_body_leaf_count(&whole.body));
    mir_buf_fini(&kept);
    mir_buf_fini(&leaf);
    mir_buf_fini(&residue);
}

static void made_in_steps_it_is_the_same(void **state)
{
    (void)state;
    struct mir_left left;
    struct mir_buf once;
    struct mir_buf first;
    struct mir_buf second;
    struct pick pick;
    seal_body(12);
    fill_pick(&pick);
    take_left(&left);
    purge(&left, &pick, 0x2d);
    seal_left(&once, &left);
    take_left(&left);
    purge(&left, &pick, 0x09);
    seal_left(&first, &left);
    assert_int_equal(open_left(&left, &first), MIRSAL_OK);
    purge(&left, &pick, 0x2d);
    seal_left(&second, &left);
    assert_true(mir_bytes_equal(mir_buf_bytes(&once), mir_buf_bytes(&second)));
    assert_false(mir_bytes_equal(mir_buf_bytes(&once), mir_buf_bytes(&first)));
    mir_buf_fini(&second);
    mir_buf_fini(&first);
    mir_buf_fini(&once);
}

static void nothing_may_be_left(void **state)
{
    (void)state;
    struct mir_left left;
    struct mir_buf residue;
    struct pick pick;
    seal_body(5);
    fill_pick(&pick);
    take_left(&left);
    purge(&left, &pick, UINT64_MAX);
    seal_left(&residue, &left);
    assert_int_equal(open_left(&left, &residue), MIRSAL_OK);
    assert_int_equal(left.body.creates_count, 0);
    assert_int_equal(left.body.writes_count, 0);
    assert_int_equal(mir_body_leaf_count(&left.body), 2);
    mir_buf_fini(&residue);
}

static void another_header_or_root_is_refused(void **state)
{
    (void)state;
    struct mir_left left;
    struct mir_buf residue;
    struct pick pick;
    seal_body(5);
    fill_pick(&pick);
    take_left(&left);
    purge(&left, &pick, 1);
    seal_left(&residue, &left);
    struct mir_changeset right = sealed;
    sealed.fields.content_root.bytes[0] ^= 1;
    assert_int_equal(open_left(&left, &residue), MIRSAL_BAD_ROOT);
    sealed = right;
    residue.data[residue.size - 1] ^= 1;
    assert_int_equal(open_left(&left, &residue), MIRSAL_NOT_AUTHENTIC);
    mir_buf_fini(&residue);
}

static void travels_in_a_run(void **state)
{
    (void)state;
    struct mir_left left;
    struct mir_buf residue;
    struct mir_buf bytes;
    struct mir_run_writer writer;
    struct mir_run_reader reader;
    struct mir_changeset carried;
    struct mir_changeset next;
    struct pick pick;
    mirsal_code code = MIRSAL_OK;
    seal_body(5);
    fill_pick(&pick);
    take_left(&left);
    purge(&left, &pick, 1);
    seal_left(&residue, &left);
    assert_int_equal(mir_changeset_read_left(
                         &carried, sealed.header, sealed.signature, mir_buf_bytes(&residue), NULL),
        MIRSAL_OK);
    assert_int_equal(mir_changeset_verify(&carried, NULL), MIRSAL_OK);
    mir_buf_init(&bytes, &test.env, SIZE_MAX);
    mir_run_writer_init(&writer, &test.env, SIZE_MAX);
    assert_int_equal(mir_run_writer_add(&writer, &carried, NULL), MIRSAL_OK);
    assert_int_equal(mir_run_writer_finish(&writer, &bytes, NULL, NULL), MIRSAL_OK);
    assert_int_equal(mir_run_reader_init(&reader, mir_buf_bytes(&bytes), &sealed.fields.team, NULL,
                         &test.env, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_run_reader_next(&reader, &next, &code, NULL), 1);
    assert_true(next.residue);
    assert_true(mir_hash_equal(&next.id, &sealed.id));
    assert_true(mir_bytes_equal(next.header, sealed.header));
    assert_true(mir_bytes_equal(next.body, mir_buf_bytes(&residue)));
    assert_int_equal(mir_run_reader_next(&reader, &next, &code, NULL), 0);
    assert_int_equal(code, MIRSAL_OK);
    mir_run_writer_fini(&writer);
    mir_buf_fini(&bytes);
    mir_buf_fini(&residue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_all_but_what_was_purged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(made_in_steps_it_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_may_be_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_header_or_root_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(travels_in_a_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
