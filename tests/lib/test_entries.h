/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_entries.h - values in and out on the default schema, without a store: records from
 * JSON or assignments, and as JSON again.
 */
#ifndef TEST_ENTRIES_H
#define TEST_ENTRIES_H

#include "test_env.h"

#include "entry.h"
#include "record_out.h"

struct test_entries {
    struct test_env env;
    struct mir_arena schema_arena;
    struct mir_schema schema;
    struct mir_arena arena;
    struct mir_buf scratch;
    struct mir_buf text; /* of the newest JSON, NUL behind it */
    struct mir_values values;
    struct mir_record current; /* of test_entries_keep */
    mirsal_error error;
};

/* A cmocka set-up and tear-down; *state is a struct test_entries. */
int test_entries_setup(void **state);
int test_entries_teardown(void **state);

/* One entry from a JSON record, settled as a new one, as JSON without braces' inside changed:
 * {"type":…, fields}. NULL on failure: test->error says why. */
const char *test_entries_json(struct test_entries *test, const char *json);
/* The same from assignments, NULL-terminated. */
const char *test_entries_assign(struct test_entries *test,
    const char *type,
    const char *const *assignments);
/* What assignments write to the record of test_entries_keep: only that, as JSON; a set's elements
 * that go are listed as "-": [elements]. */
const char *test_entries_edit(struct test_entries *test, const char *const *assignments);
/* The record that test_entries_edit edits. */
void test_entries_keep(struct test_entries *test, const char *json);

#define ASSIGN(...)                                                                                \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

#endif
