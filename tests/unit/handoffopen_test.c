/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/handoffopen_test.c - every "verify" vector of protocol/vectors/handoff.json: what it shows,
 * or the reason it is refused for.
 */
#include "handoffopen.h"

#include "test_vectors.h"

#include <string.h>

static void same_bytes(struct mir_bytes got, const json_t *hex)
{
    assert_true(mir_bytes_equal(got, test_bytes_of(hex)));
}

/* nil as bytes, where a key is none. */
static struct mir_bytes key_of(struct mir_bytes key)
{
    static const uint8_t nil = 0xc0;
    return key.size > 0 ? key : (struct mir_bytes){ &nil, 1 };
}

static void check_record(const struct mir_handoff_item *item, const json_t *row)
{
    const json_t *values = json_array_get(row, 4);
    const json_t *withheld = json_array_get(row, 5);
    same_bytes((struct mir_bytes){ item->record.id.bytes, 16 }, json_array_get(row, 0));
    assert_int_equal(item->record.type, json_integer_value(json_array_get(row, 1)));
    assert_int_equal(item->author, json_integer_value(json_array_get(row, 2)));
    assert_int_equal(item->claimed, json_integer_value(json_array_get(row, 3)));
    assert_int_equal(item->record.register_count, json_array_size(values));
    for (size_t i = 0; i < item->record.register_count; i++) {
        const json_t *value = json_array_get(values, i);
        const struct mir_shown *shown = &item->record.registers[i];
        assert_int_equal(shown->field, json_integer_value(json_array_get(value, 0)));
        same_bytes(key_of(shown->key), json_array_get(value, 1));
        same_bytes(shown->value, json_array_get(value, 2));
        assert_int_equal(item->authors != NULL, item->author > 0);
    }
    assert_int_equal(item->entry->withheld_count, json_array_size(withheld));
    for (uint32_t i = 0; i < item->entry->withheld_count; i++) {
        assert_int_equal(item->entry->withheld[i], json_integer_value(json_array_get(withheld, i)));
    }
}

static void check_summary(const struct mir_handoff_opened *opened, const json_t *summary)
{
    const json_t *records = test_array(summary, "records");
    assert_int_equal(opened->manifest->mode, test_number(summary, "mode"));
    same_bytes(
        (struct mir_bytes){ opened->manifest->team.bytes, 32 }, json_object_get(summary, "team"));
    same_bytes(
        (struct mir_bytes){ opened->manifest->handoff, 16 }, json_object_get(summary, "handoff"));
    same_bytes((struct mir_bytes){ opened->manifest_hash.bytes, 32 },
        json_object_get(summary, "manifest_hash"));
    assert_int_equal(opened->count, json_array_size(records));
    for (size_t i = 0; i < opened->count; i++) {
        check_record(&opened->items[i], json_array_get(records, i));
    }
}

static void judge(const json_t *vector)
{
    struct test_env test;
    mirsal_error err = { 0 };
    struct mir_org_key key = { .name = { NULL, 0 } };
    mirsal_hash from;
    const json_t *input = json_object_get(vector, "input");
    const json_t *expect = json_object_get(vector, "expect");
    struct mir_handoff_opening *opening = NULL;
    const struct mir_handoff_opened *opened = NULL;
    struct mir_handoff_reading reading = { .env = &test.env, .keys = &key };
    print_message("%s\n", test_text(vector, "name"));
    test_env_init(&test, 1);
    if (!json_is_null(json_object_get(input, "sign"))) {
        test_fixed(key.sign.bytes, 32, input, "sign");
        test_fixed(key.hpke.bytes, 32, input, "hpke");
        reading.key_count = 1;
    }
    if (!json_is_null(json_object_get(input, "from"))) {
        test_fixed(from.bytes, 32, input, "from");
        reading.from = &from;
    }
    assert_int_equal(mir_handoff_opening_begin(&opening, &reading, &err), MIRSAL_OK);
    mirsal_code rc = mir_handoff_opening_feed(opening, test_bytes(input, "content"), &err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_opening_end(&opened, opening, &err);
    }
    if (test_has(expect, "reason")) {
        assert_string_equal(err.field, test_text(expect, "reason"));
        assert_int_equal(
            rc, strcmp(err.field, "version") == 0 ? MIRSAL_VERSION : MIRSAL_NOT_AUTHENTIC);
        assert_null(opened);
    } else {
        assert_string_equal(err.message, "");
        assert_int_equal(rc, MIRSAL_OK);
        check_summary(opened, json_object_get(expect, "summary"));
    }
    mir_handoff_opening_close(opening);
    test_env_fini(&test);
}

static void every_verify_vector(void **state)
{
    (void)state;
    json_t *file = test_load_source("protocol/vectors/handoff.json");
    const json_t *vectors = test_array(file, "vectors");
    size_t refused = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        if (strcmp(test_text(vector, "op"), "verify") == 0) {
            judge(vector);
            refused += (size_t)test_has(json_object_get(vector, "expect"), "reason");
        }
        test_release_bytes();
    }
    assert_true(refused >= 60);
    json_decref(file);
}

int main(void)
{
    mirsal_error err;
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_verify_vector) };
    if (mir_crypto_start(&err) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
