/* SPDX-License-Identifier: Apache-2.0 */
/* unit/foreignstore_test.c - another team's store becomes records of this one. */
#include "foreign.h"

#include "guest.h"
#include "test_desk.h"

#include <stdio.h>
#include <string.h>

static struct test_store nur;
static struct test_store amal;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&nur, 1);
    test_team_found(&amal, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&amal);
    test_store_fini(&nur);
    return 0;
}

static struct mir_import_counts merge(struct test_store *into, struct test_store *from)
{
    const struct mir_foreign_merging merging = { 0 };
    struct mir_import_counts counts;
    struct mir_foreign_back back;
    struct mir_store_options options;
    struct mir_store *guest = NULL;
    test_store_options(&options, from);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    mirsal_code rc = mir_foreign_merge(&counts, &back, into->store, guest, &merging, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("%s", err.message);
    }
    mir_store_close(guest);
    return counts;
}

static mirsal_id named(struct test_store *device, const mirsal_hash *team, const mirsal_id *id)
{
    mirsal_id found;
    char name[MIR_FOREIGN_NAME_SIZE + 2u] = "@";
    mir_foreign_name(name + 1, team, id);
    assert_int_equal(mir_record_named(&found, device->store, 0, name, &err), MIRSAL_OK);
    return found;
}

static void references_follow(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&amal, "incident", NULL, ASSIGN("date_start=2019-11-17"));
    mirsal_id casualty = desk_add(
        &amal, "casualty", &incident, ASSIGN("outcome=killed", "quality=exact", "min=4", "max=4"));
    struct mir_import_counts counts = merge(&nur, &amal);
    assert_int_equal(counts.added, 2);
    mirsal_id ours = named(&nur, &amal.store->team, &incident);
    mirsal_id claim = named(&nur, &amal.store->team, &casualty);
    json_t *shown = desk_show(&nur, &claim, 0);
    assert_string_equal(desk_at(shown, "scope/0"), desk_name(&ours));
    json_decref(shown);
}

static void a_correction_there_takes_the_place_here(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&amal, "incident", NULL, ASSIGN("date_start=2019-11-17"));
    mirsal_id old = desk_add(
        &amal, "casualty", &incident, ASSIGN("outcome=killed", "quality=exact", "min=4", "max=4"));
    (void)merge(&nur, &amal);
    struct mir_edited edited = desk_edit(&amal, &old, ASSIGN("min=5", "max=5"));
    assert_true(edited.superseded);
    assert_int_equal(merge(&nur, &amal).added, 1);
    mirsal_id ours = named(&nur, &amal.store->team, &old);
    mirsal_id corrected = named(&nur, &amal.store->team, &edited.id);
    json_t *shown = desk_show(&nur, &corrected, 0);
    assert_string_equal(desk_at(shown, "supersedes/0"), desk_name(&ours));
    assert_string_equal(desk_at(shown, "min"), "5");
    json_decref(shown);
}

static void what_went_there_from_here_stays_out(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&nur, "incident", NULL, ASSIGN("date_start=2019-11-17"));
    assert_int_equal(merge(&amal, &nur).added, 1);
    mirsal_id theirs = named(&amal, &nur.store->team, &incident);
    mirsal_id note = desk_add(&amal, "note", &theirs, ASSIGN("text=seen by us too"));
    assert_int_equal(merge(&nur, &amal).added, 1);
    mirsal_id ours = named(&nur, &amal.store->team, &note);
    json_t *shown = desk_show(&nur, &ours, 0);
    assert_string_equal(desk_at(shown, "subject"), desk_name(&incident));
    json_decref(shown);
}

static void records_of_one_source_id_come_as_one(void **state)
{
    (void)state;
    (void)desk_add(&amal, "incident", NULL, ASSIGN("date_start=2019-11-17", "source_id=one"));
    (void)desk_add(&amal, "incident", NULL, ASSIGN("date_start=2019-11-17", "source_id=one"));
    assert_int_equal(merge(&nur, &amal).added, 1);
    assert_int_equal(merge(&nur, &amal).unchanged, 1);
}

#define STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE(references_follow),
        STORE(a_correction_there_takes_the_place_here),
        STORE(what_went_there_from_here_stays_out),
        STORE(records_of_one_source_id_come_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
