/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_entries.c - see the header. An entry's writes are taken as the registers of a
 * record, ordered as store would give them.
 */
#include "test_entries.h"

#include "assign.h"
#include "json_out.h"
#include "pack.h"
#include "record_in.h"
#include "schema_decode.h"
#include "sort.h"

#include <stdlib.h>
#include <string.h>

int test_entries_setup(void **state)
{
    struct test_entries *test = calloc(1, sizeof *test);
    assert_non_null(test);
    test_env_init(&test->env, 7);
    mir_arena_init(&test->schema_arena, &test->env.env, (size_t)64 << 20);
    assert_int_equal(mir_schema_decode(&test->schema, &test->schema_arena,
                         mir_schema_default_bytes(), &test->error),
        MIRSAL_OK);
    mir_arena_init(&test->arena, &test->env.env, (size_t)64 << 20);
    mir_buf_init(&test->scratch, &test->env.env, (size_t)4 << 20);
    mir_buf_init(&test->text, &test->env.env, (size_t)4 << 20);
    test->values = (struct mir_values){
        .schema = &test->schema, .arena = &test->arena, .scratch = &test->scratch
    };
    *state = test;
    return 0;
}

int test_entries_teardown(void **state)
{
    struct test_entries *test = *state;
    mir_buf_fini(&test->text);
    mir_buf_fini(&test->scratch);
    mir_arena_fini(&test->arena);
    mir_arena_fini(&test->schema_arena);
    test_env_fini(&test->env);
    free(test);
    return 0;
}

static int compare_shown(const void *a, const void *b, void *context)
{
    const struct mir_shown *left = a;
    const struct mir_shown *right = b;
    (void)context;
    if (left->field != right->field) {
        return left->field < right->field ? -1 : 1;
    }
    return mir_bytes_compare(left->key, right->key);
}

/* Present registers, or (absent 1) the elements that go. */
static struct mir_record record_of(struct test_entries *test,
    const struct mir_entry *entry,
    int absent)
{
    struct mir_record record = { .type = entry->type->id };
    record.registers = mir_arena_alloc(&test->arena, entry->count + 1, sizeof *record.registers);
    assert_non_null(record.registers);
    for (size_t i = 0; i < entry->count; i++) {
        const struct mir_entry_write *write = &entry->writes[i];
        int set = mir_schema_key_form(write->field) == MIR_KEY_SET;
        int goes = set && write->value.data[0] == 0;
        if (goes == absent) {
            record.registers[record.register_count++] = (struct mir_shown){
                .field = write->field->id, .key = write->key, .value = write->value
            };
        }
    }
    mir_sort(
        record.registers, record.register_count, sizeof *record.registers, compare_shown, NULL);
    return record;
}

static mirsal_code put_reference(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_packed item = mir_packed_of(value);
    (void)context;
    (void)changeset;
    (void)err;
    if (item.kind == MIR_PACKED_BIN) {
        mirsal_id id;
        memcpy(id.bytes, item.bytes.data, sizeof id.bytes);
        mir_json_uuid(out, &id);
    } else {
        mir_json_open(out, '{');
        mir_json_key(out, "source_id");
        mir_json_bytes(out, item.bytes);
        mir_json_close(out, '}');
    }
    return MIRSAL_OK;
}

static const char *print(struct test_entries *test, const struct mir_entry *entry)
{
    struct mir_record_out form = { &test->schema, &test->arena, put_reference, NULL };
    struct mir_record present = record_of(test, entry, 0);
    struct mir_record absent = record_of(test, entry, 1);
    mir_buf_reset(&test->text);
    mir_json_open(&test->text, '{');
    assert_int_equal(mir_fields_write(&test->text, &form, &present, NULL, &test->error), MIRSAL_OK);
    if (absent.register_count > 0) {
        mir_json_key(&test->text, "-");
        mir_json_open(&test->text, '{');
        assert_int_equal(
            mir_fields_write(&test->text, &form, &absent, NULL, &test->error), MIRSAL_OK);
        mir_json_close(&test->text, '}');
    }
    mir_json_close(&test->text, '}');
    mir_buf_append_u8(&test->text, 0);
    assert_int_equal(mir_buf_finish(&test->text, &test->error), MIRSAL_OK);
    return (const char *)test->text.data;
}

static const char *settle(struct test_entries *test,
    struct mir_entry *entry,
    const struct mir_record *current)
{
    if (mir_entry_settle(entry, &test->values, current, &test->error) != MIRSAL_OK) {
        return NULL;
    }
    if (current != NULL) {
        mir_entry_drop_equal(entry, current, 1);
    }
    return print(test, entry);
}

static mirsal_code parse(struct test_entries *test, struct mir_entries *out, const char *json)
{
    struct json_t *loaded = NULL;
    struct mir_record_in options = { 0 };
    memset(&test->error, 0, sizeof test->error);
    mirsal_code rc = mir_json_load(&loaded, json, strlen(json), &test->error);
    if (rc == MIRSAL_OK) {
        rc = mir_record_parse(out, &test->values, loaded, &options, &test->error);
    }
    mir_json_drop(loaded);
    return rc;
}

const char *test_entries_json(struct test_entries *test, const char *json)
{
    struct mir_entries entries = { 0 };
    if (parse(test, &entries, json) != MIRSAL_OK) {
        return NULL;
    }
    return settle(test, &entries.items[0], NULL);
}

const char *test_entries_assign(struct test_entries *test,
    const char *type,
    const char *const *assignments)
{
    struct mir_entry entry = { .type = mir_schema_type_by_name(&test->schema, type) };
    size_t count = 0;
    memset(&test->error, 0, sizeof test->error);
    while (assignments[count] != NULL) {
        count++;
    }
    if (mir_assign(&entry, &test->values, assignments, count, &test->error) != MIRSAL_OK) {
        return NULL;
    }
    return settle(test, &entry, NULL);
}

const char *test_entries_edit(struct test_entries *test, const char *const *assignments)
{
    struct mir_entry entry = { .type = mir_schema_type_by_id(&test->schema, test->current.type) };
    size_t count = 0;
    memset(&test->error, 0, sizeof test->error);
    while (assignments[count] != NULL) {
        count++;
    }
    if (mir_assign(&entry, &test->values, assignments, count, &test->error) != MIRSAL_OK) {
        return NULL;
    }
    return settle(test, &entry, &test->current);
}

void test_entries_keep(struct test_entries *test, const char *json)
{
    struct mir_entries entries = { 0 };
    assert_int_equal(parse(test, &entries, json), MIRSAL_OK);
    assert_int_equal(
        mir_entry_settle(&entries.items[0], &test->values, NULL, &test->error), MIRSAL_OK);
    test->current = record_of(test, &entries.items[0], 0);
    test->current.id =
        (mirsal_id){ { 1, 2, 3, 4, 5, 6, 0x80, 8, 0x80, 10, 11, 12, 13, 14, 15, 16 } };
}
