/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/schema_in_test.c - JSON compiles to the bytes of compile.py; what is wrong is named.
 */
#include "schema_in.h"

#include "mir_limits.h"
#include "schema_decode.h"
#include "test_env.h"
#include "test_vectors.h"

#include <string.h>

struct fixture {
    struct test_env test;
    struct mir_arena arena;
    struct mir_schema base;
    struct mir_buf out;
    mirsal_error err;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    test_env_init(&fixture.test, 1);
    mir_arena_init(&fixture.arena, &fixture.test.env, MIR_SCHEMA_MEMORY_MAX);
    mir_buf_init(&fixture.out, &fixture.test.env, (size_t)1 << 20);
    assert_int_equal(
        mir_schema_decode(&fixture.base, &fixture.arena, mir_schema_default_bytes(), &fixture.err),
        MIRSAL_OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mir_buf_fini(&fixture->out);
    mir_arena_fini(&fixture->arena);
    test_env_fini(&fixture->test);
    return 0;
}

static mirsal_code compile(struct fixture *fixture, const char *json)
{
    struct mir_bytes given = { (const uint8_t *)json, strlen(json) };
    mir_buf_reset(&fixture->out);
    return mir_schema_compile(&fixture->out, &fixture->base, 0, given, &fixture->err);
}

static void the_default_compiles_to_its_bytes(void **state)
{
    struct fixture *fixture = *state;
    json_t *root = test_load_source("protocol/schema/incident.json");
    char *text = json_dumps(root, JSON_COMPACT);
    assert_non_null(text);
    if (compile(fixture, text) != MIRSAL_OK) {
        fail_msg("%s", fixture->err.message);
    }
    assert_true(mir_bytes_equal(mir_buf_bytes(&fixture->out), mir_schema_default_bytes()));
    free(text);
    json_decref(root);
}

#define TYPE(fields) "{\"extends\":1,\"types\":[{\"name\":\"incident\",\"fields\":[" fields "]}]}"
#define REST         "\"policy\":\"review\",\"sensitivity\":1,\"en\":\"Cave\",\"ar\":\"كهف\"}"

static void what_is_wrong_is_named(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *json;
        const char *field;
    } wrong[] = {
        { "[", "" },
        { "[]", "schema" },
        { "{}", "schema" },
        { "{\"extends\":2}", "extends" },
        { "{\"extends\":1,\"more\":1}", "schema" },
        { "{\"extends\":1,\"version\":\"x\"}", "version" },
        { "{\"extends\":1,\"types\":7}", "types" },
        { TYPE("{\"kind\":\"text\"," REST), "incident" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"texts\"," REST), "cave" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"text\",\"id\":101," REST), "" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"text\",\"colour\":1," REST), "cave" },
        { TYPE("{\"name\":\"Cave\",\"kind\":\"text\"," REST), "" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"code\"," REST), "cave" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"code\",\"vocabulary\":\"none\"," REST), "cave" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"ref\",\"refers\":\"none\"," REST), "cave" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"set\"," REST), "cave" },
        { TYPE("{\"name\":\"cave\",\"kind\":\"int\",\"min\":\"1\"," REST), "cave" },
        { TYPE("{\"name\":\"children\",\"kind\":\"int\"," REST), "children" },
        { TYPE("{\"name\":\"title\",\"kind\":\"text\"}"), "title" },
        { TYPE("{\"name\":\"title\",\"sensitivity\":3}"), "title" },
        { "{\"extends\":1,\"vocabularies\":[{\"name\":\"empty\"}]}", "empty" },
        { "{\"extends\":1,\"types\":[{\"name\":\"cave\",\"en\":\"C\"}]}", "cave" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        mirsal_code rc = compile(fixture, wrong[i].json);
        if (rc != MIRSAL_BAD_VALUE || fixture->err.code != rc ||
            (wrong[i].field[0] != '\0' && strcmp(fixture->err.field, wrong[i].field) != 0)) {
            fail_msg("%s: %d %s: %s", wrong[i].json, rc, fixture->err.field, fixture->err.message);
        }
    }
}

static void another_form_than_the_default_is_refused(void **state)
{
    struct fixture *fixture = *state;
    json_t *root = test_load_source("protocol/schema/incident.json");
    json_array_remove(
        json_object_get(root, "types"), json_array_size(json_object_get(root, "types")) - 1);
    char *text = json_dumps(root, JSON_COMPACT);
    assert_int_equal(compile(fixture, text), MIRSAL_BAD_VALUE);
    free(text);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_default_compiles_to_its_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            another_form_than_the_default_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
