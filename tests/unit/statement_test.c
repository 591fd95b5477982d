/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/statement_test.c - the bytes of statements as protocol/control.md gives them.
 */
#include "statement.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_buf bytes;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    mir_buf_init(&bytes, &world.env, 1u << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&bytes);
    test_env_fini(&world);
    return 0;
}

static void a_body_is_knows_stamp_statements(void **state)
{
    (void)state;
    mirsal_hash known = { { 7 } };
    struct mir_say says[2];
    struct mir_control_body body = { &known, 1, 5, says, 2 };
    memset(says, 0, sizeof says);
    says[0].kind = MIR_SAY_EPOCH_OK;
    says[0].epoch_ok.opened = 1;
    says[1].kind = MIR_SAY_INVITE_REVOKE;
    mir_control_body_write(&bytes, &body);
    /* [[bin 32], 5, [[9, bin 32, 1], [5, bin 32]]] */
    static const uint8_t begin[] = { 0x93, 0x91, 0xc4, 32, 7 };
    static const uint8_t middle[] = { 5, 0x92, 0x93, 9, 0xc4, 32 };
    static const uint8_t end[] = { 1, 0x92, 5, 0xc4, 32 };
    assert_int_equal(bytes.size, 4 + 32 + sizeof middle + 32 + sizeof end + 32);
    assert_memory_equal(bytes.data, begin, sizeof begin);
    assert_memory_equal(bytes.data + 36, middle, sizeof middle);
    assert_memory_equal(bytes.data + 36 + sizeof middle + 32, end, sizeof end);
}

static void a_text_that_is_not_there_is_nil(void **state)
{
    (void)state;
    struct mir_say say;
    memset(&say, 0, sizeof say);
    say.kind = MIR_SAY_INVITE;
    say.invite.uses = 1;
    mir_say_write(&bytes, &say);
    assert_int_equal(bytes.data[0], 0x98);
    assert_int_equal(bytes.data[1], 4);
    assert_int_equal(bytes.data[bytes.size - 1], 0xc0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_body_is_knows_stamp_statements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_text_that_is_not_there_is_nil, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
