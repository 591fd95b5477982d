/* SPDX-License-Identifier: Apache-2.0 */
/* unit/address_test.c - hosts that stand for all, addresses with a port, one of this machine. */
#include "address.h"

#include "test_env.h"

#include <string.h>

static void some_hosts_stand_for_every_address(void **state)
{
    (void)state;
    assert_int_equal(mir_address_is_any("0.0.0.0"), 1);
    assert_int_equal(mir_address_is_any("::"), 1);
    assert_int_equal(mir_address_is_any("127.0.0.1"), 0);
    assert_int_equal(mir_address_is_any("localhost"), 0);
}

static void ipv6_stands_in_brackets(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf out;
    test_env_init(&test, 1);
    mir_buf_init(&out, &test.env, 256);
    mir_address_append(&out, "192.168.1.7", 8441);
    mir_buf_append_u8(&out, ' ');
    mir_address_append(&out, "fe80::1", 1);
    mir_buf_append_u8(&out, 0);
    assert_int_equal(mir_buf_finish(&out, NULL), MIRSAL_OK);
    assert_string_equal((const char *)out.data, "192.168.1.7:8441 [fe80::1]:1");
    mir_buf_fini(&out);
}

static void an_address_nearby_is_no_loopback(void **state)
{
    (void)state;
    char near[MIR_ADDRESS_SIZE] = "";
    if (mir_address_near(near)) { /* a machine without a network has none */
        assert_true(strlen(near) >= 7);
        assert_int_not_equal(strncmp(near, "127.", 4), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_hosts_stand_for_every_address),
        cmocka_unit_test(ipv6_stands_in_brackets),
        cmocka_unit_test(an_address_nearby_is_no_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
