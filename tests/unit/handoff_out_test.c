/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_out_test.c - the answer of a handoff that verified, from the vectors. */
#include "handoff_out.h"

#include "test_desk.h"
#include "test_vectors.h"

#include <string.h>

static struct test_env world;
static struct mir_handoff_opening *opening;
static const struct mir_handoff_opened *opened;
static mirsal_error err;

/* The content of a vector of protocol/vectors/handoff.json, opened. */
static void open_vector(const char *name)
{
    const struct mir_handoff_reading reading = { .env = &world.env };
    json_t *file = test_load_source("protocol/vectors/handoff.json");
    const json_t *vectors = test_array(file, "vectors");
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        if (strcmp(test_text(vector, "name"), name) == 0) {
            struct mir_bytes content = test_bytes(json_object_get(vector, "input"), "content");
            assert_int_equal(mir_handoff_opening_begin(&opening, &reading, &err), MIRSAL_OK);
            assert_int_equal(mir_handoff_opening_feed(opening, content, &err), MIRSAL_OK);
            assert_int_equal(mir_handoff_opening_end(&opened, opening, &err), MIRSAL_OK);
        }
    }
    assert_non_null(opened);
    test_release_bytes();
    json_decref(file);
}

static json_t *answer(const char *name)
{
    const struct mir_handoff_around around = {
        .fingerprint = "six words", .fingerprint_ar = "ست كلمات", .origin_known = 1, .today = 20001
    };
    struct mir_buf out;
    test_env_init(&world, 1);
    opened = NULL;
    open_vector(name);
    mir_buf_init(&out, &world.env, 1u << 20);
    assert_int_equal(mir_handoff_answer(&out, opened, &around, &world.env, &err), MIRSAL_OK);
    json_t *json = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(json);
    mir_buf_fini(&out);
    mir_handoff_opening_close(opening);
    test_env_fini(&world);
    return json;
}

static void attested_names_no_author(void **state)
{
    (void)state;
    json_t *json = answer("attested");
    assert_string_equal(desk_at(json, "verified"), "true");
    assert_string_equal(desk_at(json, "mode"), "attested");
    assert_string_equal(desk_at(json, "origin_name"), "Observatory");
    assert_string_equal(desk_at(json, "fingerprint"), "six words");
    assert_string_equal(desk_at(json, "purpose"), "court case");
    assert_string_equal(desk_at(json, "until"), "2024-10-04");
    assert_string_equal(desk_at(json, "expired"), "true");
    assert_string_equal(desk_at(json, "withheld"), "1");
    assert_string_equal(desk_at(json, "authors"), "0");
    assert_string_equal(desk_at(json, "left_out/release"), "1");
    assert_string_equal(desk_at(json, "left_out/records/0/why"), "release");
    assert_string_equal(desk_at(json, "records/0/type"), "incident");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(json, "records"), 0), "author")));
    assert_string_equal(desk_at(json, "records/0/fields/title/1/1"), "Raid");
    assert_string_equal(desk_at(json, "records/0/fields/means/0"), "airstrike");
    assert_string_equal(desk_at(json, "records/0/withheld/0"), "summary");
    json_decref(json);
}

static void author_says_who_and_when(void **state)
{
    (void)state;
    json_t *json = answer("author");
    assert_string_equal(desk_at(json, "authors"), "2");
    assert_int_equal(strncmp(desk_at(json, "records/0/author/pseudonym"), "author ", 7), 0);
    assert_string_equal(desk_at(json, "records/0/author/role"), "monitor");
    assert_string_equal(desk_at(json, "records/0/claimed"), "2019-11-17T10:00:00.000Z");
    assert_int_equal(strncmp(desk_at(json, "records/0/field_authors/title"), "author ", 7), 0);
    assert_string_not_equal(desk_at(json, "records/0/field_authors/title"),
        desk_at(json, "records/0/author/pseudonym"));
    json_decref(json);
}

static void an_update_names_what_it_takes_back(void **state)
{
    (void)state;
    json_t *json = answer("attested: an update");
    assert_int_equal(strlen(desk_at(json, "update_of")), 32);
    assert_int_equal(json_array_size(json_object_get(json, "retractions")), 2);
    assert_int_equal(json_array_size(json_object_get(json, "supersedes")), 1);
    assert_string_equal(desk_at(json, "supersedes/0/field"), "title");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attested_names_no_author),
        cmocka_unit_test(author_says_who_and_when),
        cmocka_unit_test(an_update_names_what_it_takes_back),
    };
    if (mir_crypto_start(&err) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
