/* SPDX-License-Identifier: Apache-2.0 */
/* unit/edit_test.c - add, insert, edit and update on a store, and what they refuse. */
#include "edit.h"

#include "test_desk.h"

#include <string.h>

static struct test_store founder;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static void what_was_added_is_shown(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL,
        ASSIGN("title:ar=قصف", "date_start=2019-11", "lat=35.5", "lon=36.5", "means=mortar",
            "source_id=x:1"));
    mirsal_id claim = desk_add(&founder, "casualty", &incident, ASSIGN("min=5", "outcome=killed"));
    json_t *shown = desk_show(&founder, &incident, 0);
    assert_string_equal(desk_at(shown, "type"), "incident");
    assert_string_equal(desk_at(shown, "id"), desk_name(&incident));
    assert_string_equal(desk_at(shown, "title"), "[[\"ar\",\"قصف\"]]");
    assert_string_equal(desk_at(shown, "date_end"), "2019-11-30");
    assert_string_equal(desk_at(shown, "means"), "[\"mortar\"]");
    assert_string_equal(desk_at(shown, "children/0/id"), desk_name(&claim));
    assert_string_equal(desk_at(shown, "children/0/scope/0"), desk_name(&incident));
    assert_string_equal(desk_at(shown, "meta/state"), "accepted");
    json_decref(shown);
}

static void each_refusal_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(desk_try_add(&founder, "dragon", ASSIGN("title=x")), MIRSAL_UNKNOWN_TYPE);
    assert_int_equal(desk_try_add(&founder, "incident", ASSIGN("colour=x")), MIRSAL_UNKNOWN_FIELD);
    assert_string_equal(founder.err.field, "colour");
    assert_int_equal(
        desk_try_add(&founder, "incident", ASSIGN("lat=95", "lon=1")), MIRSAL_OUT_OF_RANGE);
    assert_int_equal(
        desk_try_add(&founder, "casualty", ASSIGN("min=2", "max=1")), MIRSAL_MIN_ABOVE_MAX);
    assert_int_equal(desk_try_add(&founder, "incident", ASSIGN("title=\xff")), MIRSAL_NOT_UTF8);
    assert_int_equal(desk_try_add(&founder, "incident", ASSIGN("place=ffffff")), MIRSAL_NOT_FOUND);
    struct mir_answer_list list = { .type = "incident" };
    json_t *lines = desk_list(&founder, &list);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
}

static void an_edit_names_the_record_by_prefix_or_source_id(void **state)
{
    (void)state;
    struct mir_edited edited = { 0 };
    mirsal_id incident =
        desk_add(&founder, "incident", NULL, ASSIGN("rel_text=near", "source_id=x:1"));
    char prefix[9] = { 0 };
    memcpy(prefix, desk_name(&incident), 8);
    assert_int_equal(desk_try_edit(&edited, &founder, prefix, ASSIGN("rel_text=far")), MIRSAL_OK);
    assert_int_equal(edited.writes, 1);
    assert_int_equal(desk_try_edit(&edited, &founder, "@x:1", ASSIGN("rel_text=far")), MIRSAL_OK);
    assert_int_equal(edited.writes, 0);
    assert_false(edited.superseded);
    assert_int_equal(
        desk_try_edit(&edited, &founder, "@x:2", ASSIGN("rel_text=far")), MIRSAL_NOT_FOUND);
    json_t *shown = desk_show(&founder, &incident, 0);
    assert_string_equal(desk_at(shown, "rel_text"), "far");
    json_decref(shown);
}

static void a_write_once_field_makes_a_new_record(void **state)
{
    (void)state;
    mirsal_id claim = desk_add(&founder, "casualty", NULL,
        ASSIGN("min=5", "max=6", "outcome=killed", "source_id=x:1", "retracted=no"));
    struct mir_edited edited = desk_edit(&founder, &claim, ASSIGN("max=7"));
    assert_true(edited.superseded);
    assert_memory_equal(&edited.old, &claim, sizeof claim);
    assert_memory_not_equal(&edited.id, &claim, sizeof claim);
    json_t *shown = desk_show(&founder, &edited.id, 0);
    assert_string_equal(desk_at(shown, "max"), "7");
    assert_string_equal(desk_at(shown, "min"), "5");
    assert_string_equal(desk_at(shown, "outcome"), "killed");
    assert_string_equal(desk_at(shown, "retracted"), "false");
    assert_string_equal(desk_at(shown, "source_id"), "x:1");
    assert_string_equal(desk_at(shown, "supersedes/0"), desk_name(&claim));
    json_decref(shown);
    struct mir_edited again = { 0 };
    assert_int_equal(desk_try_edit(&again, &founder, "@x:1", ASSIGN("retracted=yes")), MIRSAL_OK);
    assert_false(again.superseded);
    assert_memory_equal(&again.id, &edited.id, sizeof claim);
}

static mirsal_code insert(mirsal_id *id, const char *json)
{
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    mirsal_code rc = mir_record_insert(id, txn, founder.store, json, strlen(json), &founder.err);
    if (rc != MIRSAL_OK) {
        mir_txn_rollback(txn);
        return rc;
    }
    return mir_txn_commit(&result, txn, &founder.err);
}

static void json_brings_children_and_an_id_of_elsewhere(void **state)
{
    (void)state;
    mirsal_id id = { 0 };
    assert_int_equal(
        insert(&id, "{\"type\":\"incident\",\"id\":\"01020304-0506-8008-8009-0a0b0c0d0e0f\","
                    "\"children\":[{\"type\":\"casualty\",\"min\":1,\"children\":["
                    "{\"type\":\"note\",\"text\":\"n\"}]}]}"),
        MIRSAL_OK);
    json_t *shown = desk_show(&founder, &id, 0);
    assert_string_equal(desk_at(shown, "source_id"), "id:01020304-0506-8008-8009-0a0b0c0d0e0f");
    assert_string_equal(desk_at(shown, "children/0/min"), "1");
    json_decref(shown);
    char json[128];
    (void)snprintf(json, sizeof json, "{\"type\":\"incident\",\"id\":\"%s\"}", desk_name(&id));
    assert_int_equal(insert(&id, json), MIRSAL_BAD_VALUE);
}

static void an_update_takes_fields_as_json(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("means=mortar", "title=x"));
    struct mir_edited edited = { 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    const char *json = "{\"means\":[\"barrel_bomb\"],\"title\":null,\"strikes_min\":2}";
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_record_update(&edited, txn, founder.store, desk_name(&incident), json,
                         strlen(json), &founder.err),
        MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    json_t *shown = desk_show(&founder, &incident, 0);
    assert_string_equal(desk_at(shown, "means"), "[\"barrel_bomb\"]");
    assert_string_equal(desk_at(shown, "title"), "[[\"und\",\"x\"]]");
    assert_string_equal(desk_at(shown, "strikes_min"), "2");
    json_decref(shown);
}

static void a_compartment_is_named(void **state)
{
    (void)state;
    struct mir_add add = { .type = "link", .compartment = "protected" };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id id = { 0 };
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_record_add(&id, txn, founder.store, &add, &founder.err), MIRSAL_OK);
    add.compartment = "moon";
    assert_int_equal(mir_record_add(&id, txn, founder.store, &add, &founder.err), MIRSAL_BAD_VALUE);
    add = (struct mir_add){ .type = "victim", .compartment = "main" };
    assert_int_equal(mir_record_add(&id, txn, founder.store, &add, &founder.err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    assert_int_equal(result.changesets, 1);
}

/* Each allocation fails once: an error, and the transaction can be rolled back. */
static void without_memory_nothing_is_added(void **state)
{
    (void)state;
    const char *const assignments[] = { "title:ar=a", "date_start=2019", "lat=1", "lon=2",
        "means=mortar", "parties=[[\"@x\",\"attacker\"]]", "place=@p" };
    struct mir_add add = { .type = "incident",
        .assignments = assignments,
        .count = sizeof assignments / sizeof assignments[0] };
    mirsal_code rc = MIRSAL_NO_MEMORY;
    uint64_t failures = 0;
    for (uint64_t at = 1; rc != MIRSAL_OK; at++) {
        struct mir_txn *txn = NULL;
        mirsal_id id = { 0 };
        assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
        founder.world.fail_at = founder.world.allocations + at;
        rc = mir_record_add(&id, txn, founder.store, &add, &founder.err);
        founder.world.fail_at = 0;
        assert_true(rc == MIRSAL_OK || rc == MIRSAL_NO_MEMORY || rc == MIRSAL_TOO_LARGE);
        mir_txn_rollback(txn);
        failures++;
    }
    assert_true(failures > 10);
}

/* A write-only device that knows none of what it sent: as if it had forgotten it. */
static void what_was_forgotten_is_named_and_not_edited(void **state)
{
    static const char *const claim[] = { "min=5", NULL };
    static const char *const names[] = { "@x:1", "00000000-0000-8000-8000-000000000001", "000000" };
    static const mirsal_code codes[] = { MIRSAL_OK, MIRSAL_OK, MIRSAL_NOT_FOUND };
    const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1, .write_only = 1 };
    struct test_store phone;
    struct mir_edited edited = { 0 };
    (void)state;
    test_team_join(&phone, &founder, 2, &terms);
    test_store_reopen(&phone);
    for (size_t i = 0; i < 3; i++) {
        const struct mir_add add = {
            .type = "casualty", .assignments = claim, .count = 1, .parent = names[i]
        };
        struct mir_txn *txn = NULL;
        struct mir_txn_result result;
        mirsal_id id;
        assert_int_equal(mir_txn_begin(&txn, phone.store, MIR_TXN_LONE, &phone.err), MIRSAL_OK);
        assert_int_equal(mir_record_add(&id, txn, phone.store, &add, &phone.err), codes[i]);
        if (codes[i] == MIRSAL_OK) {
            assert_int_equal(mir_txn_commit(&result, txn, &phone.err), MIRSAL_OK);
            json_t *shown = desk_show(&phone, &id, 0);
            assert_string_equal(desk_at(shown, i == 0 ? "scope/0/source_id" : "scope/0"),
                i == 0 ? "x:1" : names[i]);
            json_decref(shown);
        } else {
            mir_txn_rollback(txn);
        }
        assert_int_equal(
            desk_try_edit(&edited, &phone, names[i], ASSIGN("rel_text=far")), MIRSAL_NOT_FOUND);
        assert_non_null(strstr(phone.err.message, "add a new record"));
    }
    test_store_fini(&phone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_added_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_refusal_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_edit_names_the_record_by_prefix_or_source_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_forgotten_is_named_and_not_edited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_once_field_makes_a_new_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            json_brings_children_and_an_id_of_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_update_takes_fields_as_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_compartment_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
