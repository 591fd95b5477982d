/* SPDX-License-Identifier: Apache-2.0 */
/* unit/changeset_test.c - header fields and their rules, ids, signatures, the lone form. */
#include "changeset.h"

#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sign.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body body;
static struct test_author author;
static struct mir_changeset sealed;
static struct mir_buf bytes;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 5);
    test_body_init(&body, &test.env);
    test_author_init(&author, &test.env);
    test_author_seal(&sealed, &author, &body, 2);
    mir_buf_init(&bytes, &test.env, SIZE_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&bytes);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

static mirsal_code judge_header(const struct mir_header *header)
{
    struct mir_header again;
    mir_buf_reset(&bytes);
    mir_header_encode(&bytes, header);
    mirsal_code code = mir_header_decode(&again, mir_buf_bytes(&bytes), NULL);
    if (code == MIRSAL_OK) {
        struct mir_buf twice;
        mir_buf_init(&twice, &test.env, SIZE_MAX);
        mir_header_encode(&twice, &again);
        assert_true(mir_bytes_equal(mir_buf_bytes(&twice), mir_buf_bytes(&bytes)));
        mir_buf_fini(&twice);
    }
    return code;
}

static void header_has_twelve_fields(void **state)
{
    (void)state;
    struct mir_header header = { .compartment = 1, .seq = 2, .epoch = 3, .body_size = 4 };
    memset(header.team.bytes, 0x11, 32);
    memset(header.device.bytes, 0x22, 32);
    memset(header.prev.bytes, 0x33, 32);
    memset(header.authority.bytes, 0x44, 32);
    memset(header.content_root.bytes, 0x55, 32);
    memset(header.body_hash.bytes, 0x66, 32);
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    assert_int_equal(bytes.size, 1 + 1 + 34 + 34 + 1 + 1 + 34 + 1 + 34 + 34 + 1 + 34 + 1);
    assert_memory_equal(bytes.data, "\x9c\x01\xc4\x20\x11", 5);
    assert_memory_equal(&bytes.data[70], "\x01\x02\xc4\x20\x33", 5);
    assert_memory_equal(&bytes.data[106], "\x03\xc4\x20\x44", 4);
    assert_memory_equal(&bytes.data[175], "\xc0\xc4\x20\x66", 4);
    assert_int_equal(bytes.data[bytes.size - 1], 4);
    header.has_seen = 1;
    memset(header.seen.bytes, 0x77, 32);
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    assert_memory_equal(&bytes.data[175], "\xc4\x20\x77", 3);
    struct mir_header again;
    assert_int_equal(mir_header_decode(&again, mir_buf_bytes(&bytes), NULL), MIRSAL_OK);
    assert_memory_equal(again.seen.bytes, header.seen.bytes, 32);
    assert_memory_equal(again.content_root.bytes, header.content_root.bytes, 32);
    for (size_t size = 0; size < bytes.size; size++) {
        struct mir_bytes part = { bytes.data, size };
        assert_int_equal(mir_header_decode(&again, part, NULL), MIRSAL_MALFORMED);
    }
    mir_buf_append_u8(&bytes, 0);
    assert_int_equal(mir_header_decode(&again, mir_buf_bytes(&bytes), NULL), MIRSAL_MALFORMED);
    (void)mir_buf_extend(&bytes, MIR_HEADER_SIZE_MAX);
    assert_int_equal(mir_header_decode(&again, mir_buf_bytes(&bytes), NULL), MIRSAL_LIMIT);
}

static void rules_on_single_fields(void **state)
{
    (void)state;
    struct mir_header header = sealed.fields;
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.seq = 0;
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.seq = 2; /* without prev */
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.prev.bytes[31] = 1;
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.seq = 1; /* with prev */
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.seq = (uint64_t)INT64_MAX;
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.seq++;
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.seq = 2;
    header.epoch = 0;
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.compartment = MIR_COMPARTMENT_CONTROL;
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.epoch = 1;
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.epoch = 0;
    memset(header.authority.bytes, 0, 32); /* genesis is seq 1 */
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED);
    header.seq = 1;
    memset(header.prev.bytes, 0, 32);
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.body_size = MIR_CONTROL_BODY_SIZE_MAX;
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.body_size++;
    assert_int_equal(judge_header(&header), MIRSAL_LIMIT);
    header.compartment = 0;
    header.epoch = UINT32_MAX;
    assert_int_equal(judge_header(&header), MIRSAL_MALFORMED); /* data without authority */
    header.authority.bytes[0] = 1;
    assert_int_equal(judge_header(&header), MIRSAL_OK);
    header.body_size = MIR_BODY_SIZE_MAX + 1;
    assert_int_equal(judge_header(&header), MIRSAL_LIMIT);
}

/* Replaces one byte of the encoded header and gives what the decoder says. */
static mirsal_code with_byte(size_t at, uint8_t value)
{
    struct mir_header again;
    mir_buf_reset(&bytes);
    mir_header_encode(&bytes, &sealed.fields);
    bytes.data[at] = value;
    return mir_header_decode(&again, mir_buf_bytes(&bytes), NULL);
}

static void other_versions_and_shapes(void **state)
{
    (void)state;
    assert_int_equal(with_byte(0, 0x9c), MIRSAL_OK);
    assert_int_equal(with_byte(0, 0x9b), MIRSAL_MALFORMED);
    assert_int_equal(with_byte(1, 0), MIRSAL_MALFORMED);
    assert_int_equal(with_byte(1, 2), MIRSAL_MALFORMED);
    assert_int_equal(with_byte(3, 0x1f), MIRSAL_MALFORMED);  /* a team of 31 bytes */
    assert_int_equal(with_byte(70, 0xff), MIRSAL_MALFORMED); /* compartment -1 */
}

static void id_is_the_hash_of_the_header(void **state)
{
    (void)state;
    mirsal_hash hash;
    mir_hash_bytes(&hash, MIR_CONTEXT_CHANGESET, sealed.header.data, sealed.header.size);
    assert_true(mir_hash_equal(&hash, &sealed.id));
    assert_int_equal(mir_hash_compare(&hash, &sealed.id), 0);
    hash.bytes[31] ^= 1;
    assert_false(mir_hash_equal(&hash, &sealed.id));
    assert_int_not_equal(mir_hash_compare(&hash, &sealed.id), 0);
    assert_false(mir_hash_is_zero(&hash));
    memset(hash.bytes, 0, 32);
    assert_true(mir_hash_is_zero(&hash));
}

static void body_and_signature_must_fit(void **state)
{
    (void)state;
    struct mir_changeset read;
    const struct mir_bytes header = sealed.header;
    struct mir_bytes text = sealed.body;
    uint8_t *changed = mir_arena_copy(&body.arena, text.data, text.size);
    uint8_t *signature = mir_arena_copy(&body.arena, sealed.signature.data, 64);
    changed[text.size / 2] ^= 1;
    assert_int_equal(mir_changeset_read(&read, header, sealed.signature,
                         (struct mir_bytes){ changed, text.size }, NULL),
        MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mir_changeset_read(&read, header, sealed.signature,
                         (struct mir_bytes){ text.data, text.size - 1 }, NULL),
        MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mir_changeset_read(&read, header,
                         (struct mir_bytes){ sealed.signature.data, 63 }, text, NULL),
        MIRSAL_MALFORMED);
    for (size_t i = 0; i < 64; i++) {
        signature[i] ^= 1;
        assert_int_equal(
            mir_changeset_read(&read, header, (struct mir_bytes){ signature, 64 }, text, NULL),
            MIRSAL_OK);
        assert_int_equal(mir_changeset_verify(&read, NULL), MIRSAL_BAD_SIGNATURE);
        signature[i] ^= 1;
    }
    assert_int_equal(
        mir_changeset_read(&read, header, (struct mir_bytes){ signature, 64 }, text, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_changeset_verify(&read, NULL), MIRSAL_OK);
}

static void control_commits_to_its_body(void **state)
{
    (void)state;
    struct mir_changeset control;
    struct mir_changeset read;
    const struct mir_bytes text = { (const uint8_t *)"statements", 10 };
    assert_int_equal(
        mir_changeset_control(&control, &body.arena, &author.seal, text, NULL), MIRSAL_OK);
    control.fields.content_root.bytes[0] ^= 1;
    mir_header_encode(&bytes, &control.fields);
    assert_int_equal(
        mir_changeset_read(&read, mir_buf_bytes(&bytes), control.signature, control.body, NULL),
        MIRSAL_BAD_ROOT);
}

static void lone_form(void **state)
{
    (void)state;
    struct mir_changeset read;
    mir_changeset_encode(&bytes, &sealed);
    assert_int_equal(bytes.data[0], 0x93);
    assert_int_equal(mir_changeset_decode(&read, mir_buf_bytes(&bytes), NULL), MIRSAL_OK);
    assert_true(mir_hash_equal(&read.id, &sealed.id));
    assert_true(mir_bytes_equal(read.header, sealed.header));
    assert_true(mir_bytes_equal(read.signature, sealed.signature));
    assert_true(mir_bytes_equal(read.body, sealed.body));
    for (size_t size = 0; size < bytes.size; size++) {
        struct mir_bytes part = { bytes.data, size };
        assert_int_equal(mir_changeset_decode(&read, part, NULL), MIRSAL_MALFORMED);
    }
    mir_buf_append_u8(&bytes, 0xc0);
    assert_int_equal(mir_changeset_decode(&read, mir_buf_bytes(&bytes), NULL), MIRSAL_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(header_has_twelve_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_on_single_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_versions_and_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(id_is_the_hash_of_the_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(body_and_signature_must_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(control_commits_to_its_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lone_form, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
