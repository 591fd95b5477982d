/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_choose_test.c - which records leave, which fields, and what is pointed out. */
#include "handoff_choose.h"

#include "test_desk.h"

#include <string.h>

static struct test_store founder;
static struct mir_handoff_choice choice;
static struct mir_handoff_request request;

static int set_up(void **state)
{
    (void)state;
    memset(&choice, 0, sizeof choice);
    memset(&request, 0, sizeof request);
    request.release = MIR_RELEASE_PARTNERS;
    request.where = "1";
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_handoff_choice_fini(&choice);
    test_store_fini(&founder);
    return 0;
}

static mirsal_code choose(void)
{
    mir_handoff_choice_fini(&choice);
    return mir_handoff_choose(&choice, founder.store, &request, &founder.err);
}

static int is_chosen(const mirsal_id *id)
{
    for (size_t i = 0; i < choice.record_count; i++) {
        if (memcmp(&choice.records[i].id, id, sizeof *id) == 0) {
            return 1;
        }
    }
    return 0;
}

static enum mir_handoff_show of_field(const mirsal_id *id, const char *name)
{
    struct mir_arena arena;
    struct mir_record record;
    int component = -1;
    mir_arena_init(&arena, &founder.world.env, 1u << 22);
    assert_int_equal(mir_read_record(&record, &arena, founder.store, id, &founder.err), MIRSAL_OK);
    const struct mir_schema_field *field = mir_schema_field_by_name(
        &component, mir_schema_type_by_id(founder.store->schema, record.type), name);
    enum mir_handoff_show show = mir_handoff_choice_shows(&choice, &record, field);
    mir_arena_fini(&arena);
    return show;
}

static void what_a_record_names_goes_along(void **state)
{
    (void)state;
    mirsal_id sub = desk_add(&founder, "place", NULL, ASSIGN("source_id=sub"));
    mirsal_id place = desk_add(&founder, "place", NULL, ASSIGN("source_id=village", "admin3=@sub"));
    mirsal_id alone = desk_add(&founder, "place", NULL, ASSIGN("source_id=alone"));
    mirsal_id witness = desk_add(&founder, "place", NULL, ASSIGN("source_id=seen-from"));
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("place=@village"));
    mirsal_id seen = desk_add(&founder, "observation", &incident, ASSIGN("seen_at=@seen-from"));
    assert_int_equal(choose(), MIRSAL_OK);
    assert_true(is_chosen(&incident));
    assert_true(is_chosen(&seen));
    assert_true(is_chosen(&place));
    assert_true(is_chosen(&sub));
    assert_false(is_chosen(&alone));
    assert_false(is_chosen(&witness)); /* named by a field that stays */
    request.withhold = "incident.place";
    assert_int_equal(choose(), MIRSAL_OK);
    assert_false(is_chosen(&place));
    assert_int_equal(of_field(&incident, "place"), MIR_HANDOFF_WITHHOLD);
}

static void fields_are_named(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL,
        ASSIGN("title=a", "lat=35.5", "lon=36.5", "private_lat=35.6", "private_lon=36.6"));
    mirsal_id place = desk_add(&founder, "place", NULL, ASSIGN("lat=35.5", "lon=36.5"));
    assert_int_equal(choose(), MIRSAL_OK);
    assert_int_equal(of_field(&incident, "point"), MIR_HANDOFF_SHOW);
    assert_int_equal(of_field(&incident, "private_point"), MIR_HANDOFF_WITHHOLD);
    assert_int_equal(of_field(&incident, "withdrawn"), MIR_HANDOFF_OMIT);
    request.withhold = "lat,,title";
    request.disclose = "incident.private_lon";
    assert_int_equal(choose(), MIRSAL_OK);
    assert_int_equal(of_field(&incident, "point"), MIR_HANDOFF_WITHHOLD);
    assert_int_equal(of_field(&place, "point"), MIR_HANDOFF_WITHHOLD);
    assert_int_equal(of_field(&incident, "title"), MIR_HANDOFF_WITHHOLD);
    assert_int_equal(of_field(&incident, "private_point"), MIR_HANDOFF_SHOW);
    request.withhold = "incident.names";
    assert_int_equal(choose(), MIRSAL_UNKNOWN_FIELD);
    request.withhold = "nowhere.title";
    assert_int_equal(choose(), MIRSAL_UNKNOWN_FIELD);
}

static void consent_and_release_decide(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    mirsal_id yes = desk_add(&founder, "victim", &incident, ASSIGN("consent=partners"));
    mirsal_id no = desk_add(&founder, "victim", &incident, ASSIGN("occupation=baker"));
    mirsal_id court = desk_add(&founder, "victim", &incident, ASSIGN("consent=courts"));
    mirsal_id sealed = desk_add(&founder, "incident", NULL, ASSIGN("release_level=team"));
    mirsal_id claim = desk_add(&founder, "casualty", &sealed, ASSIGN("min=1"));
    assert_int_equal(choose(), MIRSAL_OK);
    assert_int_equal(choice.record_count, 2);
    assert_true(is_chosen(&yes));
    assert_int_equal(choice.left_count, 4);
    size_t consent = 0;
    for (size_t i = 0; i < choice.left_count; i++) {
        int of_people =
            memcmp(&choice.left[i].id, &no, 16) == 0 || memcmp(&choice.left[i].id, &court, 16) == 0;
        consent += choice.left[i].why == MIR_HANDOFF_LEFT_CONSENT;
        assert_int_equal(choice.left[i].why == MIR_HANDOFF_LEFT_CONSENT, of_people);
        assert_true(i == 0 || choice.left[i - 1].type <= choice.left[i].type);
    }
    assert_int_equal(consent, 2);
    assert_false(is_chosen(&claim));
    /* A looser level lets records out; nobody's consent becomes wider by it. */
    mirsal_id inside = desk_add(&founder, "victim", &incident, ASSIGN("consent=internal"));
    request.release = MIR_RELEASE_TEAM;
    assert_int_equal(choose(), MIRSAL_OK);
    assert_true(is_chosen(&claim));
    assert_false(is_chosen(&court) || is_chosen(&inside));
    request.courts = 1;
    assert_int_equal(choose(), MIRSAL_OK);
    assert_false(is_chosen(&inside));
    assert_true(is_chosen(&court));
    assert_true(is_chosen(&claim));
    assert_false(is_chosen(&no));
}

static void texts_are_pointed_out(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL,
        ASSIGN("summary=call 0944123456", "title=a", "lat=35.5", "lon=36.5"));
    (void)desk_add(&founder, "observation", &incident, ASSIGN("private_text=0944123456"));
    assert_int_equal(choose(), MIRSAL_OK);
    const struct mir_handoff_pointed *found = (const void *)choice.pointed.data;
    assert_int_equal(choice.pointed.size, sizeof *found);
    assert_memory_equal(&found->record, &incident, sizeof incident);
    assert_string_equal(
        mir_schema_field_by_id(founder.store->schema, found->field)->name, "summary");
    assert_int_equal(found->what, MIR_POINTED_PHONE);
    request.withhold = "summary";
    assert_int_equal(choose(), MIRSAL_OK);
    assert_int_equal(choice.pointed.size, 0);
}

/* What an update takes: these and what they refer to, none besides. */
static void records_are_chosen_by_their_ids(void **state)
{
    (void)state;
    mirsal_id ids[2] = { { { 0 } } };
    mirsal_id place = desk_add(&founder, "place", NULL, ASSIGN("pcode=SY1"));
    char refers[64];
    (void)snprintf(refers, sizeof refers, "place=%s", desk_name(&place));
    ids[1] = desk_add(&founder, "incident", NULL, ASSIGN("title=a", refers));
    mirsal_id other = desk_add(&founder, "incident", NULL, ASSIGN("title=call 0944123456"));
    mirsal_id child = desk_add(&founder, "casualty", &ids[1], ASSIGN("min=1"));
    request.ids = ids;
    request.id_count = 2;
    assert_int_equal(choose(), MIRSAL_OK);
    assert_int_equal(choice.record_count, 2);
    assert_true(is_chosen(&ids[1]) && is_chosen(&place));
    assert_false(is_chosen(&other) || is_chosen(&child));
    assert_int_equal(choice.pointed.size, 0);
}

static void withdrawn_records_stay(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    mirsal_id claim = desk_add(&founder, "casualty", &incident, ASSIGN("min=1"));
    desk_withdraw(&founder, &claim, "an error");
    assert_int_equal(choose(), MIRSAL_OK);
    assert_int_equal(choice.record_count, 1);
    assert_int_equal(choice.left_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_record_names_goes_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(consent_and_release_decide, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_pointed_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_are_chosen_by_their_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(withdrawn_records_stay, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
