/* SPDX-License-Identifier: Apache-2.0 */
/* unit/names_test.c - prefixes of devices and invites, and relays as mirsald prints them. */
#include "names.h"

#include "test_env.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static const char key_text[] = "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct team {
    struct mir_store store;
    struct mir_membership membership;
    struct mir_member members[3];
    struct mir_invite invites[2];
};

static void prepare(struct team *team)
{
    memset(team, 0, sizeof *team);
    memset(team->members[0].key.bytes, 0xaa, 32);
    memset(team->members[1].key.bytes, 0xaa, 32);
    team->members[1].key.bytes[3] = 0xab;
    memset(team->members[2].key.bytes, 0xcc, 32);
    memset(team->invites[0].id.bytes, 0x11, 32);
    memset(team->invites[1].id.bytes, 0x22, 32);
    team->membership.members = team->members;
    team->membership.member_count = 3;
    team->membership.invites = team->invites;
    team->membership.invite_count = 2;
    team->store.membership = &team->membership;
}

static void a_device_is_named_by_a_prefix_that_only_it_has(void **state)
{
    struct team team;
    mirsal_hash found;
    char whole[65];
    (void)state;
    prepare(&team);
    assert_int_equal(mir_name_device(&found, &team.store, "cccccc", NULL), MIRSAL_OK);
    assert_memory_equal(found.bytes, team.members[2].key.bytes, 32);
    assert_int_equal(mir_name_device(&found, &team.store, "aaaaaaab", NULL), MIRSAL_OK);
    assert_memory_equal(found.bytes, team.members[1].key.bytes, 32);
    assert_int_equal(mir_name_device(&found, &team.store, "aaaaaa", NULL), MIRSAL_AMBIGUOUS_ID);
    assert_int_equal(mir_name_device(&found, &team.store, "ccccc", NULL), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_name_device(&found, &team.store, "cccccd", NULL), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_name_device(&found, &team.store, "", NULL), MIRSAL_NOT_FOUND);
    mir_hex_encode(whole, team.members[0].key.bytes, 32);
    assert_int_equal(mir_name_device(&found, &team.store, whole, NULL), MIRSAL_OK);
    assert_memory_equal(found.bytes, team.members[0].key.bytes, 32);
}

static void an_invite_is_named_alike(void **state)
{
    struct team team;
    mirsal_hash found;
    (void)state;
    prepare(&team);
    assert_int_equal(mir_name_invite(&found, &team.store, "222222", NULL), MIRSAL_OK);
    assert_memory_equal(found.bytes, team.invites[1].id.bytes, 32);
    assert_int_equal(mir_name_invite(&found, &team.store, "cccccc", NULL), MIRSAL_NOT_FOUND);
    team.membership.invites = NULL;
    team.membership.invite_count = 0;
    assert_int_equal(mir_name_invite(&found, &team.store, "222222", NULL), MIRSAL_NOT_FOUND);
}

static void a_relay_is_an_url_with_its_key(void **state)
{
    static const char *const refused[] = { "http://relay:8440", "relay:8440#KEY", "ftp://relay#KEY",
        "http://relay#short", "http://relay#", "#KEY" };
    struct test_env test;
    mirsal_hash identity;
    size_t size = 0;
    char text[256];
    (void)state;
    test_env_init(&test, 1);
    (void)snprintf(text, sizeof text, "https://relay.invalid/mirsal/#%s", key_text);
    assert_int_equal(mir_name_relay(&size, &identity, &test.env, text, NULL), MIRSAL_OK);
    assert_int_equal(size, strlen("https://relay.invalid/mirsal"));
    assert_int_equal(identity.bytes[2], 3);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        mirsal_error err = { 0 };
        const char *key = strstr(refused[i], "KEY");
        (void)snprintf(text, sizeof text, "%.*s%s",
            (int)(key != NULL ? (size_t)(key - refused[i]) : strlen(refused[i])), refused[i],
            key != NULL ? key_text : "");
        assert_int_equal(mir_name_relay(&size, &identity, &test.env, text, &err), MIRSAL_BAD_VALUE);
        assert_string_equal(err.field, "relay");
        assert_int_equal(size, 0);
    }
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_named_by_a_prefix_that_only_it_has),
        cmocka_unit_test(an_invite_is_named_alike),
        cmocka_unit_test(a_relay_is_an_url_with_its_key),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
