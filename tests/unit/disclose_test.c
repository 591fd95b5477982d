/* SPDX-License-Identifier: Apache-2.0 */
/* unit/disclose_test.c - who may leave: levels from above, consent by audience, what endangers. */
#include "disclose.h"

#include "test_desk.h"

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

static struct mir_disclosure to(enum mir_release release)
{
    return (struct mir_disclosure){ .schema = founder.store->schema, .release = release };
}

static enum mir_withheld whole(struct mir_disclosure disclosure, const mirsal_id *id)
{
    struct mir_arena arena;
    struct mir_record record;
    enum mir_withheld out = MIR_DISCLOSED;
    mir_arena_init(&arena, &founder.world.env, 1u << 22);
    assert_int_equal(mir_read_record(&record, &arena, founder.store, id, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_disclose_whole(&out, &disclosure, founder.store, &record, &founder.err), MIRSAL_OK);
    mir_arena_fini(&arena);
    return out;
}

static enum mir_withheld of_field(struct mir_disclosure disclosure,
    const mirsal_id *id,
    const char *name)
{
    struct mir_arena arena;
    struct mir_record record;
    int component = -1;
    mir_arena_init(&arena, &founder.world.env, 1u << 22);
    assert_int_equal(mir_read_record(&record, &arena, founder.store, id, &founder.err), MIRSAL_OK);
    const struct mir_schema_field *field = mir_schema_field_by_name(
        &component, mir_schema_type_by_id(disclosure.schema, record.type), name);
    assert_non_null(field);
    enum mir_withheld out = mir_disclose_field(&disclosure, &record, field);
    mir_arena_fini(&arena);
    return out;
}

static void a_level_holds_for_what_hangs_from_the_record(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    mirsal_id claim = desk_add(&founder, "casualty", &incident, ASSIGN("min=3"));
    mirsal_id note = desk_add(&founder, "note", &claim, ASSIGN("text=x"));
    assert_int_equal(whole(to(MIR_RELEASE_PUBLIC), &note), MIR_DISCLOSED);
    (void)desk_edit(&founder, &incident, ASSIGN("release_level=organisation"));
    assert_int_equal(whole(to(MIR_RELEASE_PARTNERS), &incident), MIR_WITHHELD_RELEASE);
    assert_int_equal(whole(to(MIR_RELEASE_PARTNERS), &claim), MIR_WITHHELD_RELEASE);
    assert_int_equal(whole(to(MIR_RELEASE_PARTNERS), &note), MIR_WITHHELD_RELEASE);
    assert_int_equal(whole(to(MIR_RELEASE_ORGANISATION), &note), MIR_DISCLOSED);
}

static void people_leave_by_their_consent(void **state)
{
    (void)state;
    static const struct {
        const char *consent;
        enum mir_release least; /* the widest audience that the consent excludes is below it */
    } cases[] = {
        { "consent=public", MIR_RELEASE_PUBLIC },
        { "consent=partners", MIR_RELEASE_PARTNERS },
        { "consent=internal", MIR_RELEASE_ORGANISATION },
        { "consent=courts", MIR_RELEASE_ORGANISATION },
    };
    static const char *const never[] = { "consent=refused", "consent=withdrawn",
        "consent=not_asked", "sex=male" };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mirsal_id id = desk_add(&founder, "victim", NULL, ASSIGN(cases[i].consent));
        for (unsigned level = MIR_RELEASE_PUBLIC; level <= MIR_RELEASE_TEAM; level++) {
            enum mir_withheld expected =
                level >= (unsigned)cases[i].least ? MIR_DISCLOSED : MIR_WITHHELD_CONSENT;
            assert_int_equal(whole(to((enum mir_release)level), &id), expected);
            assert_int_equal(of_field(to((enum mir_release)level), &id, "sex"), expected);
        }
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        mirsal_id id = desk_add(&founder, "victim", NULL, ASSIGN(never[i]));
        struct mir_disclosure knowingly = to(MIR_RELEASE_TEAM);
        assert_int_equal(whole(knowingly, &id), MIR_WITHHELD_CONSENT);
        knowingly.personal = 1;
        assert_int_equal(whole(knowingly, &id), MIR_DISCLOSED);
    }
    mirsal_id court = desk_add(&founder, "victim", NULL, ASSIGN("consent=courts"));
    struct mir_disclosure to_court = to(MIR_RELEASE_PARTNERS);
    to_court.courts = 1;
    assert_int_equal(whole(to_court, &court), MIR_DISCLOSED);
}

static void what_endangers_leaves_only_when_named(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "source", NULL, ASSIGN("contact=x"));
    struct mir_disclosure disclosure = to(MIR_RELEASE_TEAM);
    assert_int_equal(whole(disclosure, &id), MIR_DISCLOSED);
    assert_int_equal(of_field(disclosure, &id, "contact"), MIR_WITHHELD_SENSITIVE);
    assert_int_equal(of_field(disclosure, &id, "public_connection"), MIR_DISCLOSED);
    disclosure.sensitive = 1;
    assert_int_equal(of_field(disclosure, &id, "contact"), MIR_DISCLOSED);
}

static void a_record_leaves_until_its_day(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("release_until=2031-05-02"));
    mirsal_id note = desk_add(&founder, "note", &id, ASSIGN("text=x"));
    struct mir_disclosure disclosure = to(MIR_RELEASE_PARTNERS);
    disclosure.today = 22401; /* 2031-05-02 */
    assert_int_equal(whole(disclosure, &note), MIR_DISCLOSED);
    disclosure.today++;
    assert_int_equal(whole(disclosure, &id), MIR_WITHHELD_RELEASE);
    assert_int_equal(whole(disclosure, &note), MIR_WITHHELD_RELEASE);
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_int_equal(mir_release_of("public"), MIR_RELEASE_PUBLIC);
    assert_int_equal(mir_release_of("sealed"), MIR_RELEASE_SEALED);
    assert_int_equal(mir_release_of("all"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_level_holds_for_what_hangs_from_the_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(people_leave_by_their_consent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_endangers_leaves_only_when_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_leaves_until_its_day, set_up, tear_down),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
