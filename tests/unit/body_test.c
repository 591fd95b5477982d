/* SPDX-License-Identifier: Apache-2.0 */
/* unit/body_test.c - the bytes of a small body, order from any order, and what is no body. */
#include "body.h"

#include "mir_limits.h"
#include "sort.h"
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

static mirsal_code encode(void)
{
    mir_buf_reset(&out);
    return mir_body_encode(&out, &sample.body, &sample.place, &sample.arena, NULL);
}

static void small_body_byte_for_byte(void **state)
{
    (void)state;
    static const char expected[] =
        "\x95"
        "\x92\xc4\x10"
        "aaaaaaaaaaaaaaaa\xc4\x10"
        "bbbbbbbbbbbbbbbb"
        "\xcd\x12\x34"
        "\xc4\x08\xb0\xb0\xb0\xb0\xb0\xb0\xb0\xb0"
        "\x92"
        "\x94\x02\x00\x02" /* type 2, from 0, two records */
        "\x92"
        "\x94\x05\x00\x01\x92\xc0\x07"                 /* an integer */
        "\x94\x09\x02\x00\x92\x92\x03\xc4\x01\x02\xc0" /* a set: 3, and a record made here */
        "\x94\x04\x06\x01\x90"                         /* type 4, number 6, no columns */
        "\x91"
        "\x95\xc4\x10\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
        "\x05\xc0\x09\x92\x00\x01";
    sample.body.stamp = 0x1234;
    uint32_t later = test_body_create(&sample, 2, 1);
    uint32_t other = test_body_create(&sample, 4, 6);
    uint32_t first = test_body_create(&sample, 2, 0);
    uint8_t reference[18] = { 0xc4, 16 };
    memcpy(&reference[2], sample.body.creates[other].record.bytes, 16);
    test_body_parents(&sample, test_body_edit(&sample, 1, 5, "\x09", 1), "ab");
    (void)test_body_write(&sample, later, 5, "\x07", 1);
    test_body_key(
        &sample, test_body_write(&sample, first, 9, "\x01", 1), MIR_KEY_SET, reference, 18);
    test_body_key(&sample, test_body_write(&sample, first, 9, "\x01", 1), MIR_KEY_SET, "\x03", 1);
    assert_int_equal(encode(), MIRSAL_OK);
    assert_int_equal(out.size, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.size);
    assert_int_equal(sample.body.edits_at, 3);
    assert_int_equal(sample.body.refs_count, 2);
    assert_int_equal(sample.body.creates[0].number, 0);
    assert_int_equal(sample.body.writes[0].create, 1);
}

static int in_drawn_order(const void *a, const void *b, void *context)
{
    const uint32_t *drawn = context;
    size_t left = *(const uint32_t *)a;
    size_t right = *(const uint32_t *)b;
    return drawn[left] < drawn[right] ? -1 : drawn[left] > drawn[right];
}

/* Puts creates and writes into a random order. */
static void shuffle(void)
{
    struct mir_body *body = &sample.body;
    uint32_t count = body->creates_count;
    uint32_t *drawn = mir_arena_alloc(&sample.arena, count + 1, sizeof *drawn);
    uint32_t *order = mir_arena_alloc(&sample.arena, count + 1, sizeof *order);
    struct mir_create *creates = mir_arena_alloc(&sample.arena, count + 1, sizeof *creates);
    uint32_t *moved = mir_arena_alloc(&sample.arena, count + 1, sizeof *moved);
    for (uint32_t i = 0; i < count; i++) {
        drawn[i] = test_random(&test.env, UINT32_MAX);
        order[i] = i;
    }
    mir_sort(order, count, sizeof *order, in_drawn_order, drawn);
    for (uint32_t i = 0; i < count; i++) {
        creates[i] = body->creates[order[i]];
        moved[order[i]] = i;
    }
    for (uint32_t i = 0; i < count; i++) {
        body->creates[i] = creates[i];
    }
    for (uint32_t i = 0; i < body->writes_count; i++) {
        uint32_t other = i + test_random(&test.env, body->writes_count - i);
        struct mir_write kept = body->writes[i];
        body->writes[i] = body->writes[other];
        body->writes[other] = kept;
    }
    for (uint32_t i = 0; i < body->writes_count; i++) {
        if (body->writes[i].create != MIR_NO_CREATE) {
            body->writes[i].create = moved[body->writes[i].create];
        }
    }
}

static void same_writes(const struct mir_body *a, const struct mir_body *b)
{
    assert_int_equal(a->writes_count, b->writes_count);
    assert_int_equal(a->creates_count, b->creates_count);
    assert_int_equal(a->edits_at, b->edits_at);
    assert_int_equal(a->refs_count, b->refs_count);
    assert_true(a->stamp == b->stamp);
    assert_memory_equal(a->base, b->base, sizeof a->base);
    for (uint32_t i = 0; i < a->creates_count; i++) {
        assert_int_equal(a->creates[i].type, b->creates[i].type);
        assert_int_equal(a->creates[i].number, b->creates[i].number);
        assert_memory_equal(a->creates[i].record.bytes, b->creates[i].record.bytes, 16);
    }
    for (uint32_t i = 0; i < a->writes_count; i++) {
        const struct mir_write *x = &a->writes[i];
        const struct mir_write *y = &b->writes[i];
        assert_int_equal(x->create, y->create);
        assert_int_equal(x->field, y->field);
        assert_memory_equal(x->record.bytes, y->record.bytes, 16);
        assert_int_equal(x->key_form, y->key_form);
        assert_true(mir_bytes_equal(x->key, y->key));
        assert_true(mir_bytes_equal(x->value, y->value));
        assert_int_equal(x->parents_count, y->parents_count);
        for (uint32_t p = 0; p < x->parents_count; p++) {
            assert_memory_equal(x->parents[p].bytes, y->parents[p].bytes, MIR_REF_SIZE);
        }
    }
}

static void any_order_gives_the_same_bytes(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 25; round++) {
        struct mir_buf before;
        struct mir_body decoded;
        test_body_fini(&sample);
        test_body_init(&sample, &test.env);
        test_body_random(&sample, round % 20, 1 + round % 7);
        assert_int_equal(encode(), MIRSAL_OK);
        mir_buf_init(&before, &test.env, SIZE_MAX);
        mir_buf_append(&before, out.data, out.size);
        shuffle();
        assert_int_equal(encode(), MIRSAL_OK);
        assert_int_equal(out.size, before.size);
        assert_memory_equal(out.data, before.data, out.size);
        assert_int_equal(
            mir_body_decode(&decoded, &sample.arena, &sample.place, mir_buf_bytes(&out), NULL),
            MIRSAL_OK);
        same_writes(&sample.body, &decoded);
        mir_buf_fini(&before);
    }
}

static void what_is_no_body(void **state)
{
    (void)state;
    struct mir_body *body = &sample.body;
    assert_int_equal(encode(), MIRSAL_BAD_VALUE); /* nothing in it */
    (void)test_body_create(&sample, 2, 0);
    assert_int_equal(encode(), MIRSAL_OK);
    (void)test_body_create(&sample, 2, 2); /* a gap */
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    body->creates[1].number = 0; /* twice */
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    body->creates[1].number = 1;
    assert_int_equal(encode(), MIRSAL_OK);
    struct mir_write *write = test_body_write(&sample, 2, 5, "\x01", 1);
    assert_int_equal(encode(), MIRSAL_BAD_VALUE); /* no such record */
    write->create = 1;
    assert_int_equal(encode(), MIRSAL_OK);
    write->parents_count = 1; /* a new record's write has no parents */
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    write->parents_count = 0;
    write->key_form = MIR_KEY_TEXT;
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    test_body_key(&sample, write, MIR_KEY_NONE, "\x01", 1);
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    test_body_key(&sample, write, MIR_KEY_SET, "\x03", 1);
    assert_int_equal(encode(), MIRSAL_OK);
    static const uint8_t absent[1] = { 0 };
    write->value.data = absent; /* absent from a new set says nothing */
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    write->key_form = MIR_KEY_TEXT;
    assert_int_equal(encode(), MIRSAL_OK);
    write = test_body_write(&sample, 0, 5, "\x01", 1);
    assert_int_equal(encode(), MIRSAL_BAD_VALUE); /* two forms of key in a column */
    write->field = 6;
    assert_int_equal(encode(), MIRSAL_OK);
    (void)test_body_write(&sample, 0, 6, "\x02", 1);
    assert_int_equal(encode(), MIRSAL_BAD_VALUE); /* a register twice */
}

static void what_is_no_edit(void **state)
{
    (void)state;
    uint32_t first = test_body_create(&sample, 2, 0);
    struct mir_write *edit = test_body_edit(&sample, 1, 5, "\x01", 1);
    assert_int_equal(encode(), MIRSAL_OK);
    edit->value.size = 0;
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    edit->value.size = 1;
    test_body_parents(&sample, edit, "ba");
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    test_body_parents(&sample, edit, "aa");
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    test_body_parents(&sample, edit, "ab");
    assert_int_equal(encode(), MIRSAL_OK);
    test_body_key(&sample, edit, MIR_KEY_TEXT, "\xc0", 1);
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
    test_body_key(&sample, edit, MIR_KEY_TEXT, "\xa1x", 2);
    assert_int_equal(encode(), MIRSAL_OK);
    edit->parents_count = MIR_PARENTS_MAX + 1;
    struct mir_ref *many = mir_arena_alloc(&sample.arena, MIR_PARENTS_MAX + 1, sizeof *many);
    for (uint32_t i = 0; i <= MIR_PARENTS_MAX; i++) {
        many[i].bytes[0] = (uint8_t)(i >> 8);
        many[i].bytes[1] = (uint8_t)i;
    }
    edit->parents = many;
    assert_int_equal(encode(), MIRSAL_LIMIT);
    edit->parents_count = MIR_PARENTS_MAX;
    assert_int_equal(encode(), MIRSAL_OK);
    edit->record = sample.body.creates[first].record;
    assert_int_equal(encode(), MIRSAL_BAD_VALUE);
}

static void leaves_are_limited(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MIR_LEAVES_MAX - 2; i++) {
        (void)test_body_create(&sample, 1, i);
    }
    assert_int_equal(encode(), MIRSAL_OK);
    struct mir_body decoded;
    assert_int_equal(
        mir_body_decode(&decoded, &sample.arena, &sample.place, mir_buf_bytes(&out), NULL),
        MIRSAL_OK);
    (void)test_body_create(&sample, 2, 0);
    assert_int_equal(encode(), MIRSAL_LIMIT);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    test_body_random(&sample, 12, 5);
    for (uint64_t at = 1;; at++) {
        mir_buf_fini(&out);
        mir_buf_init(&out, &test.env, SIZE_MAX);
        test.fail_at = test.allocations + at;
        mirsal_code code = encode();
        if (test.failures == 0 || code == MIRSAL_OK) {
            test.fail_at = 0;
            assert_int_equal(code, MIRSAL_OK);
            assert_true(at > 3);
            return;
        }
        test.failures = 0;
        assert_int_equal(code, MIRSAL_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_body_byte_for_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_order_gives_the_same_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_edit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
