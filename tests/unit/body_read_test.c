/* SPDX-License-Identifier: Apache-2.0 */
/* unit/body_read_test.c - bodies that no encoder writes are refused, and what is read encodes
 * again. */
#include "body.h"

#include "mir_limits.h"
#include "msgpack.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body sample;
static struct mir_buf out;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 7);
    test_body_init(&sample, &test.env);
    mir_buf_init(&out, &test.env, SIZE_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&out);
    test_body_fini(&sample);
    test_env_fini(&test);
    return 0;
}

/* Decodes; what is accepted must encode to the same bytes. */
static mirsal_code judge(const void *data, size_t size)
{
    struct mir_arena arena;
    struct mir_body body;
    struct mir_buf again;
    const struct mir_bytes clear = { data, size };
    mir_arena_init(&arena, &test.env, MIR_BODY_MEMORY_MAX);
    mirsal_code code = mir_body_decode(&body, &arena, &sample.place, clear, NULL);
    if (code == MIRSAL_OK) {
        mir_buf_init(&again, &test.env, SIZE_MAX);
        assert_int_equal(mir_body_encode(&again, &body, &sample.place, &arena, NULL), MIRSAL_OK);
        assert_true(mir_bytes_equal(mir_buf_bytes(&again), clear));
        mir_buf_fini(&again);
    } else {
        assert_int_equal(body.writes_count, 0);
    }
    mir_arena_fini(&arena);
    return code;
}

#define JUDGE(text) judge(text, sizeof(text) - 1)
#define ID          "0123456789abcdef"
#define BASE        "\xc4\x08\xb0\xb0\xb0\xb0\xb0\xb0\xb0\xb0"
#define ONE_EDIT    "\x91\x95\xc4\x10" ID "\x05\xc0\x07\x90"

static void the_smallest(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\x01\x90\x90"), MIRSAL_OK);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x90" ONE_EDIT), MIRSAL_OK);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x90\x90"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x90\x00" BASE "\x90"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x90" ONE_EDIT "\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\xff" BASE "\x90" ONE_EDIT), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\x00\xc4\x01\xb0\x90" ONE_EDIT), MIRSAL_MALFORMED);
}

static void refs_ascend_and_are_used(void **state)
{
    (void)state;
#define REF_A                                                                                      \
    "\xc4\x10"                                                                                     \
    "aaaaaaaaaaaaaaaa"
#define REF_B                                                                                      \
    "\xc4\x10"                                                                                     \
    "bbbbbbbbbbbbbbbb"
#define EDIT_OF(parents) "\x91\x95\xc4\x10" ID "\x05\xc0\x07" parents
    assert_int_equal(
        JUDGE("\x95\x92" REF_A REF_B "\x00" BASE "\x90" EDIT_OF("\x92\x00\x01")), MIRSAL_OK);
    assert_int_equal(
        JUDGE("\x95\x92" REF_B REF_A "\x00" BASE "\x90" EDIT_OF("\x92\x00\x01")), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x95\x92" REF_A REF_A "\x00" BASE "\x90" EDIT_OF("\x92\x00\x01")), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x95\x92" REF_A REF_B "\x00" BASE "\x90" EDIT_OF("\x91\x01")), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x95\x92" REF_A REF_B "\x00" BASE "\x90" EDIT_OF("\x92\x01\x00")), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x92" REF_A REF_B "\x00" BASE "\x90" EDIT_OF("\x93\x00\x01\x01")),
        MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x95\x91" REF_A "\x00" BASE "\x90" EDIT_OF("\x92\x00\x01")), MIRSAL_MALFORMED);
}

static void entries_ascend(void **state)
{
    (void)state;
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x92\x94\x02\x00\x01\x90\x94\x03\x09\x02\x90\x90"), MIRSAL_OK);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x92\x94\x02\x00\x01\x90\x94\x02\x01\x01\x90\x90"),
        MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x92\x94\x03\x00\x01\x90\x94\x02\x00\x01\x90\x90"),
        MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\x00\x90\x90"), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\xce\xff\xff\xff\xff\x01\x90\x90"), MIRSAL_OK);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\xce\xff\xff\xff\xff\x02\x90\x90"),
        MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x91\x94\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x90\x90"),
        MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\x01\xc0\x90"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE
                           "\x91\x94\x02\x00\x01\x92\x94\x05\x00\x01\x91\x01\x94\x06\x00\x01\x91"
                           "\x01\x90"),
        MIRSAL_OK);
    assert_int_equal(JUDGE("\x95\x90\x00" BASE
                           "\x91\x94\x02\x00\x01\x92\x94\x05\x00\x01\x91\x01\x94\x05\x00\x01\x91"
                           "\x01\x90"),
        MIRSAL_MALFORMED);
}

static void edits_ascend(void **state)
{
    (void)state;
#define EDIT(id, rest) "\x95\xc4\x10" id rest
#define TWO(a, b)      "\x95\x90\x00" BASE "\x90\x92" a b
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x05\xc0\x07\x90"), EDIT(ID, "\x06\xc0\x07\x90"))), MIRSAL_OK);
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x06\xc0\x07\x90"), EDIT(ID, "\x05\xc0\x07\x90"))), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x05\xc0\x07\x90"), EDIT(ID, "\x05\xc0\x07\x90"))), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x05\x01\x07\x90"), EDIT(ID, "\x05\xc0\x07\x90"))), MIRSAL_OK);
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x05\xc0\x07\x90"), EDIT(ID, "\x05\x01\x07\x90"))), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x06\xc0\x07\x90"), EDIT("1123456789abcdef", "\x05\xc0\x07\x90"))),
        MIRSAL_OK);
    assert_int_equal(
        JUDGE(TWO(EDIT(ID, "\x05\xc0\xc0\x90"), EDIT(ID, "\x06\xc0\x07\x90"))), MIRSAL_MALFORMED);
}

static void a_record_made_here_is_not_edited(void **state)
{
    (void)state;
    (void)test_body_create(&sample, 2, 0);
    struct mir_write *edit = test_body_edit(&sample, 1, 5, "\x07", 1);
    assert_int_equal(
        mir_body_encode(&out, &sample.body, &sample.place, &sample.arena, NULL), MIRSAL_OK);
    assert_int_equal(judge(out.data, out.size), MIRSAL_OK);
    size_t at = out.size - 4 - 16;
    assert_memory_equal(&out.data[at], edit->record.bytes, 16);
    memcpy(&out.data[at], sample.body.creates[0].record.bytes, 16);
    assert_int_equal(judge(out.data, out.size), MIRSAL_MALFORMED);
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\xcd\xff\xfe\x90\x90"), MIRSAL_OK);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\xcd\xff\xff\x90\x90"), MIRSAL_LIMIT);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x92\x94\x02\x00\xcd\xff\x00\x90\x94\x03\x00\xcd\xff\x00\x90"
              "\x90"),
        MIRSAL_LIMIT);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\xcd\xff\xfe\x90" ONE_EDIT), MIRSAL_LIMIT);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\xcd\xff\xfd\x90" ONE_EDIT), MIRSAL_LIMIT);
    assert_int_equal(
        JUDGE("\x95\x90\x00" BASE "\x91\x94\x02\x00\xcd\xff\xfc\x90" ONE_EDIT), MIRSAL_OK);
    uint8_t *large = mir_arena_alloc(&sample.arena, MIR_CLEAR_SIZE_MAX + 1, 1);
    assert_int_equal(judge(large, MIR_CLEAR_SIZE_MAX + 1), MIRSAL_LIMIT);
}

static void changed_bytes_never_read_otherwise(void **state)
{
    (void)state;
    unsigned accepted = 0;
    unsigned refused = 0;
    for (uint32_t round = 0; round < 6; round++) {
        test_body_fini(&sample);
        test_body_init(&sample, &test.env);
        test_body_random(&sample, 1 + round, 2);
        mir_buf_reset(&out);
        assert_int_equal(
            mir_body_encode(&out, &sample.body, &sample.place, &sample.arena, NULL), MIRSAL_OK);
        for (size_t at = 0; at < out.size; at++) {
            static const uint8_t flips[] = { 0x01, 0x02, 0x10, 0x80, 0xff };
            for (size_t f = 0; f < sizeof flips; f++) {
                out.data[at] ^= flips[f];
                mirsal_code code = judge(out.data, out.size);
                assert_true(code == MIRSAL_OK || code == MIRSAL_MALFORMED || code == MIRSAL_LIMIT);
                accepted += code == MIRSAL_OK;
                refused += code != MIRSAL_OK;
                out.data[at] ^= flips[f];
            }
            assert_int_equal(judge(out.data, at), MIRSAL_MALFORMED);
        }
    }
    assert_true(accepted > 500 && refused > 500);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    struct mir_body body;
    test_body_random(&sample, 8, 4);
    assert_int_equal(
        mir_body_encode(&out, &sample.body, &sample.place, &sample.arena, NULL), MIRSAL_OK);
    for (size_t used = 0;; used += 64) {
        struct mir_arena arena;
        mir_arena_init(&arena, &test.env, used);
        mirsal_code code = mir_body_decode(&body, &arena, &sample.place, mir_buf_bytes(&out), NULL);
        mir_arena_fini(&arena);
        if (code == MIRSAL_OK) {
            assert_true(used > 4096);
            return;
        }
        assert_int_equal(code, MIRSAL_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_smallest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refs_ascend_and_are_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_ascend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(edits_ascend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_made_here_is_not_edited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changed_bytes_never_read_otherwise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
