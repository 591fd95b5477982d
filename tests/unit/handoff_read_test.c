/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/handoff_read_test.c - the reader in pieces, and after a refusal; every vector is judged
 * with its schema by handoffopen_test.c.
 */
#include "handoff.h"

#include "test_vectors.h"

#include <string.h>

static json_t *file;
static struct test_env world;
static mirsal_error err;

static struct mir_bytes content_of(const char *name)
{
    const json_t *vectors = test_array(file, "vectors");
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        if (strcmp(test_text(vector, "name"), name) == 0) {
            return test_bytes(json_object_get(vector, "input"), "content");
        }
    }
    fail_msg("no vector %s", name);
    return (struct mir_bytes){ NULL, 0 };
}

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    file = test_load_source("protocol/vectors/handoff.json");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_release_bytes();
    json_decref(file);
    test_env_fini(&world);
    return 0;
}

/* Counts what the reader tells. */
struct told {
    unsigned manifests, schemas, stamps, leaves, records;
};
static mirsal_code tell_manifest(void *context,
    const struct mir_handoff_manifest *m,
    mirsal_error *e)
{
    struct told *told = context;
    (void)e;
    assert_int_equal(m->record_count, 2);
    told->manifests++;
    return MIRSAL_OK;
}
static mirsal_code tell_schema(void *context, struct mir_bytes schema, mirsal_error *e)
{
    struct told *told = context;
    (void)e;
    assert_true(schema.size > 0);
    told->schemas++;
    return MIRSAL_OK;
}
static mirsal_code tell_stamp(void *context, uint32_t changeset, uint64_t stamp, mirsal_error *e)
{
    struct told *told = context;
    (void)e;
    assert_int_equal(changeset, told->stamps);
    assert_true(stamp > 0);
    told->stamps++;
    return MIRSAL_OK;
}
static mirsal_code tell_leaf(void *context,
    uint32_t record,
    uint32_t number,
    const struct mir_handoff_leaf *leaf,
    mirsal_error *e)
{
    struct told *told = context;
    (void)e;
    assert_int_equal(record, told->records);
    assert_int_equal(leaf->kind, number == 0 ? 2 : 3);
    told->leaves++;
    return MIRSAL_OK;
}
static mirsal_code tell_record(void *context, uint32_t record, mirsal_error *e)
{
    struct told *told = context;
    (void)e;
    assert_int_equal(record, told->records);
    told->records++;
    return MIRSAL_OK;
}

static struct told read_in_pieces(struct mir_bytes content, size_t piece)
{
    struct told told = { 0, 0, 0, 0, 0 };
    struct mir_handoff_reader *reader = NULL;
    const struct mir_handoff_reading reading = { .env = &world.env,
        .sink = { &told, tell_manifest, tell_schema, tell_stamp, tell_leaf, tell_record } };
    assert_int_equal(mir_handoff_reader_open(&reader, &reading, &err), MIRSAL_OK);
    assert_null(mir_handoff_reader_manifest(reader));
    for (size_t at = 0; at < content.size; at += piece) {
        size_t size = content.size - at < piece ? content.size - at : piece;
        assert_int_equal(
            mir_handoff_reader_feed(reader, (struct mir_bytes){ content.data + at, size }, &err),
            MIRSAL_OK);
    }
    assert_int_equal(mir_handoff_reader_end(reader, &err), MIRSAL_OK);
    assert_non_null(mir_handoff_reader_manifest(reader));
    mir_handoff_reader_close(reader);
    return told;
}

static void pieces_of_any_size_say_the_same(void **state)
{
    (void)state;
    const size_t sizes[] = { 1, 7, 1000, SIZE_MAX / 2 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct told told = read_in_pieces(content_of("attested"), sizes[i]);
        assert_int_equal(told.manifests, 1);
        assert_int_equal(told.schemas, 1);
        assert_int_equal(told.stamps, 0);
        assert_int_equal(told.leaves, 5 + 3);
        assert_int_equal(told.records, 2);
        assert_int_equal(read_in_pieces(content_of("author"), sizes[i]).stamps, 2);
    }
}

static void every_cut_is_truncated(void **state)
{
    (void)state;
    struct mir_bytes content = content_of("author");
    for (size_t size = 0; size < content.size; size += 97) {
        struct mir_handoff_reader *reader = NULL;
        const struct mir_handoff_reading reading = { .env = &world.env };
        assert_int_equal(mir_handoff_reader_open(&reader, &reading, &err), MIRSAL_OK);
        assert_int_equal(
            mir_handoff_reader_feed(reader, (struct mir_bytes){ content.data, size }, &err),
            MIRSAL_OK);
        assert_int_equal(mir_handoff_reader_end(reader, &err), MIRSAL_NOT_AUTHENTIC);
        assert_string_equal(err.field, "truncated");
        mir_handoff_reader_close(reader);
    }
}

static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    struct mir_bytes content = content_of("attested");
    uint8_t *copy = malloc(content.size);
    assert_non_null(copy);
    for (size_t at = 0; at < content.size; at += 13) {
        struct mir_handoff_reader *reader = NULL;
        const struct mir_handoff_reading reading = { .env = &world.env };
        memcpy(copy, content.data, content.size);
        copy[at] ^= 0x20;
        assert_int_equal(mir_handoff_reader_open(&reader, &reading, &err), MIRSAL_OK);
        mirsal_code rc =
            mir_handoff_reader_feed(reader, (struct mir_bytes){ copy, content.size }, &err);
        if (rc == MIRSAL_OK) {
            rc = mir_handoff_reader_end(reader, &err);
        } else {
            assert_int_equal(mir_handoff_reader_end(reader, NULL), MIRSAL_MISUSE);
        }
        assert_true(rc == MIRSAL_NOT_AUTHENTIC || rc == MIRSAL_VERSION);
        mir_handoff_reader_close(reader);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_of_any_size_say_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_cut_is_truncated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_byte_is_refused, set_up, tear_down),
    };
    if (mir_crypto_start(&err) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
