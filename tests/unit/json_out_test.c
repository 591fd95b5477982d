/* SPDX-License-Identifier: Apache-2.0 */
/* unit/json_out_test.c - commas, escapes, degrees. */
#include "json_out.h"

#include "stamp.h"
#include "test_env.h"

#include <string.h>

struct fixture {
    struct test_env env;
    struct mir_buf out;
};

static const char *text(struct fixture *fixture)
{
    mir_buf_append_u8(&fixture->out, 0);
    assert_int_equal(mir_buf_finish(&fixture->out, NULL), MIRSAL_OK);
    return (const char *)fixture->out.data;
}

static void begin(struct fixture *fixture)
{
    test_env_init(&fixture->env, 1);
    mir_buf_init(&fixture->out, &fixture->env.env, 4096);
}

static void end(struct fixture *fixture)
{
    mir_buf_fini(&fixture->out);
    test_env_fini(&fixture->env);
}

static void commas_come_between(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    mir_json_open(&fixture.out, '{');
    mir_json_key(&fixture.out, "a");
    mir_json_text(&fixture.out, "{");
    mir_json_key(&fixture.out, "b");
    mir_json_open(&fixture.out, '[');
    for (int i = 0; i < 3; i++) {
        mir_json_item(&fixture.out);
        mir_json_int(&fixture.out, i - 1);
    }
    mir_json_close(&fixture.out, ']');
    mir_json_key(&fixture.out, "c");
    mir_json_open(&fixture.out, '{');
    mir_json_close(&fixture.out, '}');
    mir_json_close(&fixture.out, '}');
    assert_string_equal(text(&fixture), "{\"a\":\"{\",\"b\":[-1,0,1],\"c\":{}}");
    end(&fixture);
}

static void only_what_must_be_is_escaped(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    mir_json_text(&fixture.out, "سراقب \"a\\b\"\n\x01/");
    assert_string_equal(text(&fixture), "\"سراقب \\\"a\\\\b\\\"\\n\\u0001/\"");
    end(&fixture);
}

static void degrees_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = { { 355920900, "35.59209" }, { 0, "0.0" }, { -1, "-0.0000001" },
        { 1800000000, "180.0" }, { -364947401, "-36.4947401" }, { 10000001, "1.0000001" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        begin(&fixture);
        mir_json_degrees(&fixture.out, cases[i].value);
        assert_string_equal(text(&fixture), cases[i].text);
        end(&fixture);
    }
}

static void times_ids_and_days(void **state)
{
    (void)state;
    struct fixture fixture;
    mirsal_id id = { { 0xab, 1 } };
    mirsal_hash hash = { { 0xcd, 2 } };
    begin(&fixture);
    mir_json_open(&fixture.out, '[');
    mir_json_stamp(&fixture.out, mir_stamp_make(1574000000123, 9));
    mir_json_item(&fixture.out);
    mir_json_day(&fixture.out, 18217);
    mir_json_item(&fixture.out);
    mir_json_uuid(&fixture.out, &id);
    mir_json_item(&fixture.out);
    mir_json_hash(&fixture.out, &hash);
    mir_json_item(&fixture.out);
    mir_json_uint(&fixture.out, UINT64_MAX);
    mir_json_item(&fixture.out);
    mir_json_bool(&fixture.out, 1);
    mir_json_item(&fixture.out);
    mir_json_null(&fixture.out);
    assert_string_equal(text(&fixture),
        "[\"2019-11-17T14:13:20.123Z\",\"2019-11-17\",\"ab010000-0000-0000-0000-000000000000\","
        "\"cd02000000000000000000000000000000000000000000000000000000000000\","
        "18446744073709551615,true,null");
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_come_between),
        cmocka_unit_test(only_what_must_be_is_escaped),
        cmocka_unit_test(degrees_are_exact),
        cmocka_unit_test(times_ids_and_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
