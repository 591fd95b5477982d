/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_html_test.c - the page says who vouches, what is withheld, and runs nothing. */
#include "handoff_html.h"

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

static char *page(const char *name)
{
    const struct mir_handoff_around around = { .fingerprint = "six words here",
        .fingerprint_ar = "ست كلمات" };
    struct mir_buf out;
    test_env_init(&world, 1);
    opened = NULL;
    open_vector(name);
    mir_buf_init(&out, &world.env, 1u << 20);
    assert_int_equal(mir_handoff_html(&out, opened, &around, &err), MIRSAL_OK);
    mir_buf_append_u8(&out, 0);
    char *text = malloc(out.size);
    assert_non_null(text);
    memcpy(text, out.data, out.size);
    mir_buf_fini(&out);
    mir_handoff_opening_close(opening);
    test_env_fini(&world);
    return text;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("the page lacks %s", part);
    }
}

static void the_page_can_be_printed_and_runs_nothing(void **state)
{
    (void)state;
    char *text = page("attested");
    has(text, "<!DOCTYPE html>");
    has(text, "default-src 'none'");
    has(text, "Observatory");
    has(text, "six words here");
    has(text, "not shown"); /* who recorded it */
    has(text, "court case");
    has(text, "غارة");
    has(text, "<bdi lang=\"ar\">");
    has(text, "withheld");
    has(text, "not released to this recipient");
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "http:"));
    assert_null(strstr(text, "https:"));
    assert_null(strstr(text, "src=\""));
    free(text);
}

static void authors_are_numbers(void **state)
{
    (void)state;
    char *text = page("author");
    has(text, "Recorded by");
    has(text, "author 1");
    has(text, "monitor");
    has(text, "2019-11-17");
    free(text);
}

static void an_update_is_said(void **state)
{
    (void)state;
    char *text = page("attested: an update");
    has(text, "Corrections to an earlier handoff");
    has(text, "purged");
    has(text, "Title <bdi lang=\"ar\">العنوان</bdi>: the value shown earlier was replaced");
    has(text, "<div lang=\"ar\" dir=\"rtl\">");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_can_be_printed_and_runs_nothing),
        cmocka_unit_test(authors_are_numbers),
        cmocka_unit_test(an_update_is_said),
    };
    if (mir_crypto_start(&err) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
