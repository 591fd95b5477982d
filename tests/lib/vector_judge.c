/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/vector_judge.c - see the header.
 */
#include "vector_judge.h"

#include <string.h>

#define ARENA_MAX ((size_t)64 << 20)

const char *judge_code_text(mirsal_code code)
{
    switch (code) {
#define CODE_TEXT(name, value, class_, print, text)                                                \
    case MIRSAL_##name:                                                                            \
        return #name;
        MIRSAL_ERRORS(CODE_TEXT)
#undef CODE_TEXT
    default:
        return "?";
    }
}

static mirsal_code judge_one(const struct judge *judges, const char *name, struct judged *vector)
{
    for (; judges->name != NULL; judges++) {
        if (strcmp(judges->name, name) == 0) {
            return judges->judge(vector);
        }
    }
    fail_msg("no judge of %s", name);
    return MIRSAL_MISUSE;
}

void judge_file(const char *path, const struct judge *judges, size_t count_min)
{
    json_t *root = test_load_source(path);
    size_t failed = 0;
    const json_t *vectors = test_array(root, "vectors");
    assert_true(json_array_size(vectors) >= count_min);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *from = json_array_get(vectors, i);
        struct judged vector;
        vector.name = test_text(from, "name");
        vector.input = json_object_get(from, "input");
        vector.expect = json_object_get(from, "expect");
        test_env_init(&vector.test, 1);
        mir_arena_init(&vector.arena, &vector.test.env, ARENA_MAX);
        const char *code = judge_code_text(judge_one(judges, test_text(from, "op"), &vector));
        const char *wanted = vector.expect != NULL ? "OK" : test_text(from, "error");
        if (strcmp(code, wanted) != 0) {
            print_error("%s: %s, not %s\n", vector.name, code, wanted);
            failed++;
        }
        mir_arena_fini(&vector.arena);
        test_release_bytes();
        test_env_fini(&vector.test);
    }
    json_decref(root);
    assert_int_equal(failed, 0);
}

void judge_same(const void *data, size_t size, const json_t *object, const char *key)
{
    struct mir_bytes expected = test_bytes(object, key);
    assert_int_equal(size, expected.size);
    if (size > 0) {
        assert_memory_equal(data, expected.data, size);
    }
}

void judge_same_hash(const mirsal_hash *hash, const json_t *hex)
{
    if (json_is_null(hex)) {
        assert_null(hash);
        return;
    }
    struct mir_bytes expected = test_bytes_of(hex);
    assert_non_null(hash);
    assert_int_equal(expected.size, sizeof hash->bytes);
    assert_memory_equal(hash->bytes, expected.data, sizeof hash->bytes);
}
