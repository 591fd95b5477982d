/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lib/test_schema.c - a small schema in tables. */
#include "test_schema.h"

#include <stdio.h>
#include <string.h>

#define MEMORY_MAX (1u << 20)

static const struct test_field fields[TEST_FIELDS] = {
    [TEST_SOURCE_ID] = { "source_id",
        { .id = 101, .shape.kind = MIR_KIND_TEXT, .policy = MIR_POLICY_ONCE, .sensitivity = 1 } },
    [TEST_WITHDRAWN] = { "withdrawn", { .id = 102,
                                          .shape.kind = MIR_KIND_WITHDRAWAL,
                                          .policy = MIR_POLICY_REVIEW,
                                          .sensitivity = 1 } },
    [TEST_DATE] = { "date", { .id = 103,
                                .shape.kind = MIR_KIND_DATE,
                                .policy = MIR_POLICY_REVIEW,
                                .component_count = 3 } },
    [TEST_COLOUR] = { "colour", { .id = 104,
                                    .shape = { .kind = MIR_KIND_CODE, .vocabulary_id = 1 },
                                    .policy = MIR_POLICY_LATTICE } },
    [TEST_MEANS] = { "means",
        { .id = 105,
            .shape = { .kind = MIR_KIND_SET, .element = MIR_KIND_CODE, .vocabulary_id = 2 },
            .policy = MIR_POLICY_SET } },
    [TEST_TITLE] = { "title",
        { .id = 106, .shape.kind = MIR_KIND_LANGTEXT, .policy = MIR_POLICY_REVIEW } },
    [TEST_COUNT] = { "count",
        { .id = 107,
            .shape = { .kind = MIR_KIND_INT, .has_min = 1, .has_max = 1, .max = 9 },
            .policy = MIR_POLICY_LATEST } },
    [TEST_WITHIN] = { "within", { .id = 108,
                                    .shape = { .kind = MIR_KIND_REF, .refers = 1 },
                                    .policy = MIR_POLICY_ONCE,
                                    .sensitivity = 3 } },
    [TEST_PARTS] = { "parts", { .id = 109,
                                  .shape = { .kind = MIR_KIND_LIST, .element = MIR_KIND_TUPLE },
                                  .policy = MIR_POLICY_ONCE,
                                  .component_count = 2 } },
    [TEST_PERSON_SOURCE_ID] = { "source_id",
        { .id = 201, .shape.kind = MIR_KIND_TEXT, .policy = MIR_POLICY_ONCE, .sensitivity = 2 } },
    [TEST_PERSON_WITHDRAWN] = { "withdrawn", { .id = 202,
                                                 .shape.kind = MIR_KIND_WITHDRAWAL,
                                                 .policy = MIR_POLICY_REVIEW,
                                                 .sensitivity = 2 } },
    [TEST_PERSON_NAMES] = { "names", { .id = 203,
                                         .shape = { .kind = MIR_KIND_NAMES, .vocabulary_id = 2 },
                                         .policy = MIR_POLICY_SET,
                                         .sensitivity = 2 } },
};

static const struct test_component components[TEST_COMPONENTS] = {
    { TEST_DATE, "date_start", { .kind = MIR_KIND_DAY } },
    { TEST_DATE, "date_end", { .kind = MIR_KIND_DAY } },
    { TEST_DATE, "date_prec", { .kind = MIR_KIND_CODE, .vocabulary_id = 2 } },
    { TEST_PARTS, "colour", { .kind = MIR_KIND_CODE, .vocabulary_id = 1 } },
    { TEST_PARTS, "count", { .kind = MIR_KIND_INT } },
};

struct mir_bytes test_schema_text(const char *text)
{
    return (struct mir_bytes){ (const uint8_t *)text, strlen(text) };
}

struct mir_schema_words test_schema_words(const char *name)
{
    return (struct mir_schema_words){ test_schema_text(name), test_schema_text(name),
        test_schema_text("اسم") };
}

void test_schema_init(struct test_schema *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    test_env_init(&fixture->test, 1);
    mir_arena_init(&fixture->arena, &fixture->test.env, MEMORY_MAX);
    memcpy(fixture->fields, fields, sizeof fields);
    memcpy(fixture->components, components, sizeof components);
    fixture->event_fields = TEST_PERSON_SOURCE_ID;
    fixture->types[0] = (struct mir_schema_type){ .id = 1, .name = "event", .parent_id = 108 };
    fixture->types[1] = (struct mir_schema_type){ .id = 2, .name = "person", .compartment = 1 };
    fixture->alias = "Crimson";
}

static mirsal_code add_code(struct test_schema *fixture, uint32_t id, const char *code)
{
    struct mir_schema_words words = test_schema_words(code);
    char arabic[32];
    int aliased = strcmp(code, "red") == 0 && fixture->alias != NULL;
    (void)snprintf(arabic, sizeof arabic, "لون %s", code);
    words.ar = test_schema_text(arabic);
    mirsal_code rc = mir_schema_add_code(
        &fixture->schema, id, id == 9 ? 2 : 0, &words, aliased ? 1 : 0, &fixture->error);
    return rc == MIRSAL_OK && aliased ? mir_schema_add_alias(&fixture->schema,
                                            test_schema_text(fixture->alias), &fixture->error)
                                      : rc;
}

static mirsal_code add_vocabularies(struct test_schema *fixture)
{
    struct mir_schema *schema = &fixture->schema;
    mirsal_code rc =
        mir_schema_add_vocabulary(schema, 1, test_schema_text("colour"), 3, &fixture->error);
    rc = rc != MIRSAL_OK ? rc : add_code(fixture, 1, "red");
    rc = rc != MIRSAL_OK ? rc : add_code(fixture, 4, "green");
    rc = rc != MIRSAL_OK ? rc : add_code(fixture, 9, "blue");
    rc = rc != MIRSAL_OK
             ? rc
             : mir_schema_add_vocabulary(schema, 2, test_schema_text("level"), 2, &fixture->error);
    rc = rc != MIRSAL_OK ? rc : add_code(fixture, 1, "low");
    return rc != MIRSAL_OK ? rc : add_code(fixture, 2, "high");
}

static mirsal_code add_field(struct test_schema *fixture, int at)
{
    struct test_field *field = &fixture->fields[at];
    field->given.words = test_schema_words(field->name);
    mirsal_code rc = mir_schema_add_field(&fixture->schema, &field->given, &fixture->error);
    for (int i = 0; i < TEST_COMPONENTS && rc == MIRSAL_OK; i++) {
        const struct test_component *component = &fixture->components[i];
        if (component->name != NULL && component->field == at) {
            struct mir_schema_words words = test_schema_words(component->name);
            rc = mir_schema_add_component(
                &fixture->schema, &words, &component->shape, &fixture->error);
        }
    }
    return rc;
}

mirsal_code test_schema_build(struct test_schema *fixture)
{
    const struct mir_schema_counts counts = { 2, 2, 1 };
    int total = 0;
    while (total < TEST_FIELDS && fixture->fields[total].name != NULL) {
        total++;
    }
    mirsal_code rc = mir_schema_begin(&fixture->schema, &fixture->arena,
        test_schema_text("test.small"), 1, counts, &fixture->error);
    rc = rc != MIRSAL_OK ? rc : add_vocabularies(fixture);
    for (int i = 0; i < total && rc == MIRSAL_OK; i++) {
        if (i == 0 || i == fixture->event_fields) {
            const struct mir_schema_type *type = &fixture->types[i > 0];
            struct mir_schema_words words = test_schema_words(type->name);
            int count = i == 0 ? fixture->event_fields : total - fixture->event_fields;
            rc = mir_schema_add_type(
                &fixture->schema, type, &words, (uint32_t)count, &fixture->error);
        }
        rc = rc != MIRSAL_OK ? rc : add_field(fixture, i);
    }
    rc = rc != MIRSAL_OK
             ? rc
             : mir_schema_add_phrase(&fixture->schema, test_schema_text("near"), &fixture->error);
    return rc != MIRSAL_OK ? rc : mir_schema_finish(&fixture->schema, &fixture->error);
}

void test_schema_fini(struct test_schema *fixture)
{
    mir_arena_fini(&fixture->arena);
    test_env_fini(&fixture->test);
}
