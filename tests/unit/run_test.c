/* SPDX-License-Identifier: Apache-2.0 */
/* unit/run_test.c - runs come back as the changesets they were; what may not follow does not. */
#include "run.h"

#include "msgpack.h"
#include "test_body.h"

#include <string.h>

#define ITEMS 5u

static struct test_env test;
static struct test_body bodies[ITEMS];
static struct test_author author;
static struct mir_changeset chain[ITEMS];
static struct mir_run_writer writer;
static struct mir_buf run;

static void build_chain(int control)
{
    static mirsal_hash seen = { { 9 } };
    for (uint32_t i = 0; i < ITEMS; i++) {
        author.seal.seen = i == 2 ? &seen : NULL;
        author.seal.authority.bytes[0] = i < 3 ? 1 : 2;
        if (control) {
            const struct mir_bytes text = { (const uint8_t *)"statements", i + 1 };
            assert_int_equal(
                mir_changeset_control(&chain[i], &bodies[i].arena, &author.seal, text, NULL),
                MIRSAL_OK);
        } else {
            test_author_seal(&chain[i], &author, &bodies[i], 1 + i);
        }
        test_author_advance(&author, &chain[i]);
    }
}

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 3);
    test_author_init(&author, &test.env);
    for (uint32_t i = 0; i < ITEMS; i++) {
        test_body_init(&bodies[i], &test.env);
    }
    mir_run_writer_init(&writer, &test.env, 1u << 20);
    mir_buf_init(&run, &test.env, 1u << 20);
    build_chain(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&run);
    mir_run_writer_fini(&writer);
    for (uint32_t i = 0; i < ITEMS; i++) {
        test_body_fini(&bodies[i]);
    }
    test_env_fini(&test);
    return 0;
}

static void write_run(uint32_t first, uint32_t count, const mirsal_hash *device)
{
    mir_buf_reset(&run);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(mir_run_writer_add(&writer, &chain[first + i], NULL), MIRSAL_OK);
    }
    assert_int_equal(mir_run_writer_finish(&writer, &run, device, NULL), MIRSAL_OK);
}

/* Reads a run; gives its code, and how many changesets came before. */
static mirsal_code read_run(struct mir_bytes bytes,
    const mirsal_hash *device,
    uint32_t first,
    uint32_t *count)
{
    struct mir_run_reader reader;
    struct mir_changeset next;
    *count = 0;
    mirsal_code code =
        mir_run_reader_init(&reader, bytes, &author.seal.team, device, &test.env, NULL);
    while (code == MIRSAL_OK && mir_run_reader_next(&reader, &next, &code, NULL)) {
        const struct mir_changeset *was = &chain[first + *count];
        if (mir_hash_equal(&next.id, &was->id)) {
            assert_true(mir_bytes_equal(next.header, was->header));
            assert_true(mir_bytes_equal(next.body, was->body));
        }
        int same =
            mir_hash_equal(&next.id, &was->id) && mir_bytes_equal(next.signature, was->signature);
        assert_int_equal(mir_changeset_verify(&next, NULL) == MIRSAL_OK, same);
        ++*count;
    }
    return code;
}

static void comes_back(void **state)
{
    (void)state;
    uint32_t count = 0;
    for (uint32_t first = 0; first < ITEMS; first++) {
        write_run(first, ITEMS - first, NULL);
        assert_int_equal(read_run(mir_buf_bytes(&run), NULL, first, &count), MIRSAL_OK);
        assert_int_equal(count, ITEMS - first);
        size_t named = run.size;
        write_run(first, ITEMS - first, &author.seal.device);
        assert_int_equal(run.size, named - 33); /* 34 bytes of name against a nil */
        assert_int_equal(
            read_run(mir_buf_bytes(&run), &author.seal.device, first, &count), MIRSAL_OK);
        assert_int_equal(count, ITEMS - first);
        assert_int_equal(read_run(mir_buf_bytes(&run), NULL, first, &count), MIRSAL_MALFORMED);
    }
}

static void control_comes_back(void **state)
{
    (void)state;
    uint32_t count = 0;
    author.seal.seq = 1;
    memset(author.seal.prev.bytes, 0, 32);
    build_chain(1);
    write_run(0, ITEMS, NULL);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 0, &count), MIRSAL_OK);
    assert_int_equal(count, ITEMS);
}

static void a_lone_changeset_is_cheap(void **state)
{
    (void)state;
    write_run(1, 1, &author.seal.device);
    /* All but the sealed text: signature 66, root 34, prev 34, authority 34, enc and tag 48. */
    assert_in_range(run.size - (chain[1].body.size - 48), 144, 228);
}

static void only_what_follows_is_added(void **state)
{
    (void)state;
    assert_true(mir_run_writer_follows(&writer, &chain[3]));
    assert_int_equal(mir_run_writer_finish(&writer, &run, NULL, NULL), MIRSAL_MISUSE);
    assert_int_equal(mir_run_writer_add(&writer, &chain[1], NULL), MIRSAL_OK);
    assert_int_equal(mir_run_writer_add(&writer, &chain[3], NULL), MIRSAL_MISUSE);
    assert_int_equal(mir_run_writer_add(&writer, &chain[1], NULL), MIRSAL_MISUSE);
    assert_true(mir_run_writer_follows(&writer, &chain[2]));
    struct mir_changeset other = chain[2];
    other.fields.prev.bytes[0] ^= 1;
    assert_false(mir_run_writer_follows(&writer, &other));
    other = chain[2];
    other.fields.device.bytes[0] ^= 1;
    assert_false(mir_run_writer_follows(&writer, &other));
    other = chain[2];
    other.fields.compartment = 1;
    assert_false(mir_run_writer_follows(&writer, &other));
    other = chain[2];
    other.fields.team.bytes[0] ^= 1;
    assert_false(mir_run_writer_follows(&writer, &other));
    writer.count = MIR_RUN_CHANGESETS_MAX;
    other = chain[2];
    other.fields.seq = writer.first.seq + writer.count;
    assert_false(mir_run_writer_follows(&writer, &other));
}

/* The head of a run by hand, with one item of the second changeset. */
static void by_hand(uint64_t compartment, uint64_t seq, int own_authority, uint32_t items)
{
    const struct mir_changeset *was = &chain[1];
    mir_buf_reset(&run);
    mir_mp_write_array(&run, 6);
    mir_mp_write_bin(&run, was->fields.device.bytes, 32);
    mir_mp_write_uint(&run, compartment);
    mir_mp_write_uint(&run, seq);
    mir_mp_write_bin(&run, was->fields.prev.bytes, 32);
    mir_mp_write_bin(&run, was->fields.authority.bytes, 32);
    mir_mp_write_array(&run, items);
    for (uint32_t i = 0; i < items; i++) {
        mirsal_hash other = was->fields.authority;
        other.bytes[0] ^= own_authority == 2;
        mir_mp_write_array(&run, 6);
        mir_mp_write_uint(&run, was->fields.epoch);
        if (own_authority) {
            mir_mp_write_bin(&run, other.bytes, 32);
        } else {
            mir_mp_write_nil(&run);
        }
        mir_mp_write_bin(&run, was->fields.content_root.bytes, 32);
        mir_mp_write_nil(&run);
        mir_mp_write_bin(&run, was->signature.data, 64);
        mir_mp_write_bin(&run, was->body.data, was->body.size);
    }
}

static void refuses_what_breaks_the_form(void **state)
{
    (void)state;
    uint32_t count = 0;
    by_hand(0, 2, 0, 1);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_OK);
    assert_int_equal(count, 1);
    by_hand(0, 2, 1, 1); /* an authority that nil would have said */
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, 2, 2, 1); /* another than the run's own in its first item */
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, 2, 0, 0);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, 0, 0, 1);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, 1, 0, 1); /* seq 1 with a prev */
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, UINT64_MAX, 0, 1);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, INT64_MAX, 0, 1);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_OK);
    by_hand(0, INT64_MAX, 0, 2);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(256, 2, 0, 1);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(255, 2, 0, 1); /* a content root in control */
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    by_hand(0, 2, 0, 1);
    mir_buf_append_u8(&run, 0);
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 1, &count), MIRSAL_MALFORMED);
    assert_int_equal(count, 1); /* what came before the trailing byte was whole */
    for (size_t size = 0; size + 1 < run.size; size++) {
        struct mir_bytes part = { run.data, size };
        assert_int_equal(read_run(part, NULL, 1, &count), MIRSAL_MALFORMED);
    }
}

static void a_changed_byte_changes_the_id(void **state)
{
    (void)state;
    uint32_t count = 0;
    write_run(0, 2, NULL);
    for (size_t at = 0; at < run.size; at++) {
        run.data[at] ^= 0x41;
        (void)read_run(mir_buf_bytes(&run), NULL, 0, &count);
        run.data[at] ^= 0x41;
    }
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 0, &count), MIRSAL_OK);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    uint32_t count = 0;
    write_run(0, 3, NULL);
    test.fail_at = test.allocations + 1;
    assert_int_equal(read_run(mir_buf_bytes(&run), NULL, 0, &count), MIRSAL_NO_MEMORY);
    test.fail_at = test.allocations + 1;
    mir_run_writer_fini(&writer);
    mir_run_writer_init(&writer, &test.env, 1u << 20);
    assert_int_equal(mir_run_writer_add(&writer, &chain[0], NULL), MIRSAL_NO_MEMORY);
    mir_run_writer_fini(&writer);
    mir_run_writer_init(&writer, &test.env, 20);
    assert_int_equal(mir_run_writer_add(&writer, &chain[0], NULL), MIRSAL_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(control_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lone_changeset_is_cheap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_follows_is_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_breaks_the_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_byte_changes_the_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
