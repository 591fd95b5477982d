/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_schema.h - a small schema in tables, which a test changes before it is built.
 *
 * Types 1 `event` (parent `within`) and 2 `person`, protected; vocabularies 1 `colour`, 2 `level`.
 */
#ifndef TEST_SCHEMA_H
#define TEST_SCHEMA_H

#include "test_env.h"

#include "schema.h"

#define TEST_FIELDS     12
#define TEST_COMPONENTS 12

struct test_field {
    const char *name;
    struct mir_schema_field_given given; /* words are made of name */
};

struct test_component {
    int field; /* place in fields */
    const char *name;
    struct mir_schema_shape shape;
};

struct test_schema {
    struct test_env test;
    struct mir_arena arena;
    struct mir_schema schema;
    mirsal_error error;
    struct test_field fields[TEST_FIELDS];
    int event_fields; /* the first so many are of event */
    struct test_component components[TEST_COMPONENTS];
    struct mir_schema_type types[2]; /* id, name, compartment, parent_id */
    const char *alias;               /* of red */
};

enum {
    TEST_SOURCE_ID,
    TEST_WITHDRAWN,
    TEST_DATE,
    TEST_COLOUR,
    TEST_MEANS,
    TEST_TITLE,
    TEST_COUNT,
    TEST_WITHIN,
    TEST_PARTS,
    TEST_PERSON_SOURCE_ID,
    TEST_PERSON_WITHDRAWN,
    TEST_PERSON_NAMES,
};

void test_schema_init(struct test_schema *fixture);
/* Builds, up to the first field without a name, and finishes; the error is in fixture->error. */
mirsal_code test_schema_build(struct test_schema *fixture);
void test_schema_fini(struct test_schema *fixture);

struct mir_bytes test_schema_text(const char *text);
struct mir_schema_words test_schema_words(const char *name);

#endif
