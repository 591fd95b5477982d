/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_decode_test.c - the default schema, and compiled bytes that are refused. */
#include "schema_decode.h"

#include "mir_limits.h"
#include "test_env.h"
#include "test_vectors.h"

#include <string.h>

struct fixture {
    struct test_env test;
    struct mir_arena arena;
    struct mir_schema schema;
    mirsal_error error;
};

static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    test_env_init(&fixture.test, 1);
    mir_arena_init(&fixture.arena, &fixture.test.env, MIR_SCHEMA_MEMORY_MAX);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    mir_arena_fini(&fixture->arena);
    test_env_fini(&fixture->test);
    return 0;
}

static mirsal_code decode(struct fixture *fixture, const void *data, size_t size)
{
    struct mir_bytes bytes = { data, size };
    mir_arena_reset(&fixture->arena);
    memset(&fixture->error, 0, sizeof fixture->error);
    return mir_schema_decode(&fixture->schema, &fixture->arena, bytes, &fixture->error);
}

static mirsal_code decode_default(struct fixture *fixture)
{
    struct mir_bytes bytes = mir_schema_default_bytes();
    return decode(fixture, bytes.data, bytes.size);
}

static const struct mir_schema_field *field_of(const struct fixture *fixture,
    const char *type,
    const char *name)
{
    const struct mir_schema_type *found = mir_schema_type_by_name(&fixture->schema, type);
    const struct mir_schema_field *field =
        found != NULL ? mir_schema_field_by_name(NULL, found, name) : NULL;
    if (field == NULL) {
        fail_msg("no field %s of %s", name, type);
    }
    return field;
}

static void the_default_schema_has_the_types_of_the_domain(void **state)
{
    static const char *const names[] = { "incident", "observation", "source", "report", "casualty",
        "victim", "attribution", "equipment", "toll", "media", "custody", "actor", "place",
        "assessment", "link", "note" };
    struct fixture *fixture = *state;
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    assert_string_equal(fixture->schema.name, "mirsal.incident");
    assert_int_equal(fixture->schema.version, 1);
    assert_int_equal(fixture->schema.type_count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct mir_schema_type *type =
            mir_schema_type_by_id(&fixture->schema, (uint32_t)i + 1);
        assert_string_equal(type->name, names[i]);
        for (uint32_t j = 0; j < type->field_count; j++) {
            assert_int_equal(type->fields[j].id / 100, type->id);
        }
    }
}

static void policies_and_parents_are_those_of_the_domain(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    assert_int_equal(field_of(fixture, "incident", "date_start")->policy, MIR_POLICY_REVIEW);
    assert_int_equal(field_of(fixture, "incident", "means")->policy, MIR_POLICY_SET);
    assert_int_equal(field_of(fixture, "incident", "grading")->policy, MIR_POLICY_RANKED);
    assert_int_equal(field_of(fixture, "incident", "release_level")->policy, MIR_POLICY_LATTICE);
    assert_int_equal(field_of(fixture, "casualty", "min")->policy, MIR_POLICY_ONCE);
    assert_int_equal(field_of(fixture, "place", "match_keys")->policy, MIR_POLICY_DERIVED);
    assert_string_equal(field_of(fixture, "casualty", "scope")->type->parent->name, "scope");
    assert_string_equal(field_of(fixture, "attribution", "scope")->type->parent->name, "scope");
    assert_string_equal(field_of(fixture, "observation", "kind")->type->parent->name, "incident");
    assert_string_equal(field_of(fixture, "equipment", "item")->type->parent->name, "incident");
    assert_null(field_of(fixture, "incident", "kind")->type->parent);
}

/* DOMAIN 4 in one table: what only readers of protected may see. */
static void what_endangers_people_stands_in_protected(void **state)
{
    static const char *const fields[][2] = { { "observation", "observer" },
        { "observation", "device_geo" }, { "observation", "interviewee" },
        { "observation", "seen_at" }, { "source", "display_name" }, { "source", "contact" },
        { "source", "connection" }, { "source", "willing_witness" }, { "source", "private_url" },
        { "report", "private_url" }, { "report", "private_text" }, { "report", "collector" },
        { "media", "exif" }, { "media", "device" }, { "media", "original_name" },
        { "media", "capture_lat" }, { "custody", "by" }, { "custody", "place" },
        { "attribution", "private_basis" }, { "incident", "private_lat" }, { "incident", "raw" } };
    struct fixture *fixture = *state;
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const struct mir_schema_field *field = field_of(fixture, fields[i][0], fields[i][1]);
        assert_int_equal(mir_schema_field_compartment(field, 0), 1);
    }
    const struct mir_schema_type *victim = mir_schema_type_by_name(&fixture->schema, "victim");
    assert_false(mir_schema_type_allows(victim, 0));
    assert_true(mir_schema_type_allows(victim, 1));
    assert_int_equal(field_of(fixture, "victim", "id_numbers")->sensitivity, 3);
    assert_int_equal(
        mir_schema_field_compartment(field_of(fixture, "source", "public_name"), 0), 0);
}

static void people_may_write_codes_in_both_languages(void **state)
{
    static const struct {
        const char *vocabulary;
        const char *text;
        const char *code;
    } cases[] = { { "means", "Explosive Barrels", "barrel_bomb" },
        { "means", "برميل متفجر", "barrel_bomb" }, { "means", "airstrike", "airstrike" },
        { "means", "مدفعية", "artillery" }, { "outcome", "Injured", "wounded" },
        { "event_type", "Airstrike", "air_drone_strike" }, { "sex", "أنثى", "female" },
        { "actor_kind", "8", "external_state_forces" }, { "geo_prec", "village", "village" },
        { "date_prec", "Two to six days", "days" }, { "grading", "fair", "fair" },
        { "reject_reason", "mis-scoped", "mis_scoped" } };
    struct fixture *fixture = *state;
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct mir_schema_vocabulary *vocabulary =
            mir_schema_vocabulary_by_name(&fixture->schema, cases[i].vocabulary);
        const struct mir_schema_code *code =
            mir_schema_code_by_text(vocabulary, cases[i].text, strlen(cases[i].text));
        assert_non_null(code);
        assert_string_equal(code->code, cases[i].code);
    }
}

static void lattices_go_from_loosest_to_strictest(void **state)
{
    static const char *const levels[] = { "public", "partners", "organisation", "team", "sealed" };
    static const char *const work[] = { "draft", "submitted", "under_review", "verified",
        "published" };
    struct fixture *fixture = *state;
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    const struct mir_schema_vocabulary *release =
        field_of(fixture, "incident", "release_level")->shape.vocabulary;
    const struct mir_schema_vocabulary *workflow =
        field_of(fixture, "incident", "workflow")->shape.vocabulary;
    for (uint32_t i = 0; i < 5; i++) {
        assert_string_equal(mir_schema_code_by_id(release, i + 1)->code, levels[i]);
        assert_string_equal(mir_schema_code_by_id(workflow, i + 1)->code, work[i]);
        assert_int_equal(mir_schema_code_by_id(workflow, i + 1)->rank, i >= 2 ? 2 : 0);
    }
}

static void the_dictionary_is_the_end_of_labels_and_phrases(void **state)
{
    struct fixture *fixture = *state;
    struct mir_buf dictionary;
    const char end[] = " und en ar ";
    mir_buf_init(&dictionary, &fixture->test.env, MIR_DICTIONARY_SIZE_MAX);
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    assert_int_equal(
        mir_schema_dictionary(&dictionary, &fixture->schema, &fixture->error), MIRSAL_OK);
    assert_int_equal(dictionary.size, MIR_DICTIONARY_SIZE_MAX);
    assert_memory_equal(dictionary.data + dictionary.size - (sizeof end - 1), end, sizeof end - 1);
    mir_buf_fini(&dictionary);
    mir_buf_init(&dictionary, &fixture->test.env, MIR_DICTIONARY_SIZE_MAX - 1);
    assert_int_equal(
        mir_schema_dictionary(&dictionary, &fixture->schema, &fixture->error), MIRSAL_LIMIT);
    mir_buf_fini(&dictionary);
}

static void the_hash_names_the_bytes(void **state)
{
    mirsal_hash hash;
    mirsal_hash other;
    struct mir_bytes bytes = mir_schema_default_bytes();
    (void)state;
    mir_schema_hash(&hash, bytes);
    bytes.size--;
    mir_schema_hash(&other, bytes);
    assert_memory_not_equal(&hash, &other, sizeof hash);
}

/* [1, "s", 1, [], [type t], []]: the smallest schema. */
static const uint8_t smallest[] =
    "\x96\x01\xa1s\x01\x90\x91"
    "\x97\x01\xa1t\xa1t\xa1t\x00\x00\x92"
    "\x9d\x01\xa9source_id\xa1i\xa1i\x03\x00\x00\x00\x02\x01\xc0\xc0\x90"
    "\x9d\x02\xa9withdrawn\xa1w\xa1w\x10\x00\x00\x00\x01\x01\xc0\xc0\x90"
    "\x90";
#define SMALLEST_SIZE (sizeof smallest - 1)
#define KIND_AT       (7 + 11 + 16)

static void the_smallest_schema_is_taken(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(decode(fixture, smallest, SMALLEST_SIZE), MIRSAL_OK);
    assert_string_equal(fixture->schema.types[0].fields[1].name, "withdrawn");
    assert_int_equal(smallest[KIND_AT], MIR_KIND_TEXT);
}

static void every_prefix_and_every_longer_form_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint8_t longer[SMALLEST_SIZE + 1];
    for (size_t size = 0; size < SMALLEST_SIZE; size++) {
        assert_int_equal(decode(fixture, smallest, size), MIRSAL_MALFORMED);
    }
    memcpy(longer, smallest, SMALLEST_SIZE);
    longer[SMALLEST_SIZE] = 0;
    assert_int_equal(decode(fixture, longer, sizeof longer), MIRSAL_MALFORMED);
}

static void other_forms_kinds_and_counts_are_refused(void **state)
{
    struct fixture *fixture = *state;
    uint8_t bytes[SMALLEST_SIZE];
    memcpy(bytes, smallest, sizeof bytes);
    bytes[1] = 2;
    assert_int_equal(decode(fixture, bytes, sizeof bytes), MIRSAL_VERSION);
    memcpy(bytes, smallest, sizeof bytes);
    bytes[KIND_AT] = 17;
    assert_int_equal(decode(fixture, bytes, sizeof bytes), MIRSAL_LIMIT);
    bytes[KIND_AT] = 0;
    assert_int_equal(decode(fixture, bytes, sizeof bytes), MIRSAL_MALFORMED);
    memcpy(bytes, smallest, sizeof bytes);
    bytes[4] = 0;
    assert_int_equal(decode(fixture, bytes, sizeof bytes), MIRSAL_MALFORMED);
    memcpy(bytes, smallest, sizeof bytes);
    bytes[5] = 0x91;
    assert_int_not_equal(decode(fixture, bytes, sizeof bytes), MIRSAL_OK);
}

static void any_changed_byte_is_refused_or_read_without_harm(void **state)
{
    struct fixture *fixture = *state;
    uint8_t bytes[SMALLEST_SIZE];
    size_t refused = 0;
    for (size_t at = 0; at < SMALLEST_SIZE; at++) {
        for (unsigned value = 0; value < 256; value += 5) {
            memcpy(bytes, smallest, sizeof bytes);
            bytes[at] = (uint8_t)value;
            mirsal_code rc = decode(fixture, bytes, sizeof bytes);
            assert_int_equal(fixture->schema.finished, rc == MIRSAL_OK);
            refused += rc != MIRSAL_OK;
        }
    }
    assert_true(refused > SMALLEST_SIZE * 20);
}

static void memory_that_ends_anywhere_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    fixture->test.allocations = 0;
    assert_int_equal(decode_default(fixture), MIRSAL_OK);
    uint64_t allocations = fixture->test.allocations;
    assert_true(allocations > 0);
    for (uint64_t i = 1; i <= allocations; i++) {
        mir_arena_fini(&fixture->arena);
        mir_arena_init(&fixture->arena, &fixture->test.env, MIR_SCHEMA_MEMORY_MAX);
        fixture->test.allocations = 0;
        fixture->test.fail_at = i;
        assert_int_equal(decode_default(fixture), MIRSAL_NO_MEMORY);
    }
    fixture->test.fail_at = 0;
}

static void a_schema_over_the_limit_is_not_read(void **state)
{
    static uint8_t large[MIR_SCHEMA_SIZE_MAX + 1];
    struct fixture *fixture = *state;
    assert_int_equal(decode(fixture, large, sizeof large), MIRSAL_LIMIT);
}

static void check_accepted(struct fixture *fixture, const json_t *expect, struct mir_bytes bytes)
{
    mirsal_hash hash;
    struct mir_buf dictionary;
    struct mir_bytes wanted = test_bytes(expect, "dictionary");
    mir_buf_init(&dictionary, &fixture->test.env, MIR_DICTIONARY_SIZE_MAX);
    assert_string_equal(fixture->schema.name, test_text(expect, "name"));
    assert_int_equal(fixture->schema.version, test_number(expect, "version"));
    mir_schema_hash(&hash, bytes);
    assert_true(mir_bytes_equal(
        (struct mir_bytes){ hash.bytes, sizeof hash.bytes }, test_bytes(expect, "hash")));
    assert_int_equal(
        mir_schema_dictionary(&dictionary, &fixture->schema, &fixture->error), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&dictionary), wanted));
    mir_buf_fini(&dictionary);
}

/* protocol/vectors/schema.json, judged by protocol/check too. */
static void vectors_are_judged_as_they_say(void **state)
{
    struct fixture *fixture = *state;
    json_t *file = test_load_source("protocol/vectors/schema.json");
    const json_t *vectors = test_array(file, "vectors");
    size_t refused = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        struct mir_bytes bytes = test_bytes(json_object_get(vector, "input"), "schema");
        mirsal_code rc = decode(fixture, bytes.data, bytes.size);
        if ((rc == MIRSAL_OK) == test_has(vector, "error")) {
            fail_msg("%s: %s", test_text(vector, "name"), fixture->error.message);
        }
        if (rc == MIRSAL_OK) {
            check_accepted(fixture, json_object_get(vector, "expect"), bytes);
        }
        refused += rc != MIRSAL_OK;
    }
    assert_true(refused > 50 && refused < json_array_size(vectors));
    test_release_bytes();
    json_decref(file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_default_schema_has_the_types_of_the_domain),
        TEST(policies_and_parents_are_those_of_the_domain),
        TEST(what_endangers_people_stands_in_protected),
        TEST(people_may_write_codes_in_both_languages),
        TEST(lattices_go_from_loosest_to_strictest),
        TEST(the_dictionary_is_the_end_of_labels_and_phrases),
        TEST(the_hash_names_the_bytes),
        TEST(the_smallest_schema_is_taken),
        TEST(every_prefix_and_every_longer_form_is_refused),
        TEST(other_forms_kinds_and_counts_are_refused),
        TEST(any_changed_byte_is_refused_or_read_without_harm),
        TEST(memory_that_ends_anywhere_is_an_error),
        TEST(a_schema_over_the_limit_is_not_read),
        TEST(vectors_are_judged_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
