/* SPDX-License-Identifier: Apache-2.0 */
/* unit/carriage_test.c - bodies around messages, however they are cut; padding; the prologue. */
#include "carriage.h"

#include "test_env.h"

#include <string.h>

static struct test_env test;

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 13);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_env_fini(&test);
    return 0;
}

static void write_body(struct mir_buf *body)
{
    mir_buf_init(body, &test.env, 10000);
    mir_buf_append_be16(body, 3);
    mir_buf_append(body, "one", 3);
    mir_buf_append_be16(body, 300);
    memset(mir_buf_extend(body, 300), 'x', 300);
    mir_buf_append_be16(body, 0);
    mir_carriage_pad(body, 0);
}

static void any_cut_gives_the_same_messages(void **state)
{
    (void)state;
    struct mir_buf body;
    struct mir_unpacker unpacker;
    write_body(&body);
    assert_int_equal(body.size, 512);
    mir_unpacker_init(&unpacker, &test.env);
    for (size_t step = 1; step <= body.size; step++) {
        unsigned found = 0;
        mir_unpacker_restart(&unpacker);
        for (size_t at = 0; at < body.size; at += step) {
            struct mir_reader input;
            struct mir_bytes message;
            mir_reader_init(&input, body.data + at, body.size - at < step ? body.size - at : step);
            while (mir_reader_left(&input) > 0) {
                assert_int_equal(mir_unpacker_next(&unpacker, &input, &message, NULL), MIRSAL_OK);
                if (message.data != NULL) {
                    assert_int_equal(message.size, found == 0 ? 3 : 300);
                    assert_int_equal(message.data[0], found == 0 ? 'o' : 'x');
                    found++;
                }
            }
        }
        assert_int_equal(found, 2);
        assert_true(unpacker.ended);
    }
    mir_unpacker_fini(&unpacker);
    mir_buf_fini(&body);
}

static void padding_is_zeros_and_nothing_else(void **state)
{
    (void)state;
    struct mir_buf body;
    struct mir_unpacker unpacker;
    write_body(&body);
    mir_unpacker_init(&unpacker, &test.env);
    for (size_t at = 309; at < body.size; at += 50) {
        struct mir_reader input;
        struct mir_bytes message;
        mirsal_code code = MIRSAL_OK;
        body.data[at] = 1;
        mir_unpacker_restart(&unpacker);
        mir_reader_init(&input, body.data, body.size);
        while (code == MIRSAL_OK && mir_reader_left(&input) > 0) {
            code = mir_unpacker_next(&unpacker, &input, &message, NULL);
        }
        assert_int_equal(code, MIRSAL_MALFORMED);
        body.data[at] = 0;
    }
    mir_unpacker_fini(&unpacker);
    mir_buf_fini(&body);
}

static void padding_reaches_the_next_multiple(void **state)
{
    (void)state;
    struct mir_buf body;
    mir_buf_init(&body, &test.env, 10000);
    mir_carriage_pad(&body, 0);
    assert_int_equal(body.size, 0);
    mir_carriage_pad(&body, 1);
    assert_int_equal(body.size, 255);
    mir_buf_reset(&body);
    mir_buf_append_u8(&body, 1);
    mir_carriage_pad(&body, 255);
    assert_int_equal(body.size, 1);
    mir_carriage_pad(&body, 256);
    assert_int_equal(body.size, 256);
    assert_int_equal(mir_carriage_padded(0), 0);
    assert_int_equal(mir_carriage_padded(1), 256);
    assert_int_equal(mir_carriage_padded(256), 256);
    assert_int_equal(mir_carriage_padded(257), 512);
    mir_buf_fini(&body);
}

static void sealed_size_is_what_sealing_gives(void **state)
{
    (void)state;
    const size_t sizes[] = { 0, 1, MIR_MESSAGE_CLEAR_MAX, MIR_MESSAGE_CLEAR_MAX + 1,
        3 * MIR_MESSAGE_CLEAR_MAX };
    static uint8_t clear[3 * MIR_MESSAGE_CLEAR_MAX];
    struct mir_buf out;
    mir_buf_init(&out, &test.env, 1u << 20);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mir_noise_transport transport;
        memset(&transport, 0, sizeof transport);
        mir_buf_reset(&out);
        assert_int_equal(
            mir_carriage_seal(&out, &transport, (struct mir_bytes){ clear, sizes[i] }, NULL),
            MIRSAL_OK);
        assert_int_equal(out.size, mir_carriage_sealed_size(sizes[i]));
    }
    mir_buf_fini(&out);
}

static void the_prologue_binds_version_relay_and_path(void **state)
{
    (void)state;
    const mirsal_hash identity = { { 1, 2, 3 } };
    uint8_t prologue[MIR_PROLOGUE_SIZE];
    mir_prologue(prologue, &identity);
    assert_memory_equal(prologue, "mirsal/1", 8);
    assert_memory_equal(prologue + 8, identity.bytes, 32);
    assert_memory_equal(prologue + 40, "/v1/sync", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_cut_gives_the_same_messages, start, stop),
        cmocka_unit_test_setup_teardown(padding_is_zeros_and_nothing_else, start, stop),
        cmocka_unit_test_setup_teardown(padding_reaches_the_next_multiple, start, stop),
        cmocka_unit_test_setup_teardown(sealed_size_is_what_sealing_gives, start, stop),
        cmocka_unit_test_setup_teardown(the_prologue_binds_version_relay_and_path, start, stop),
    };
    return cmocka_run_group_tests_name("carriage", tests, NULL, NULL);
}
