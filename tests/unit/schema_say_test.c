/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/schema_say_test.c - a team's form grows: old and new side by side lose nothing, in any order
 * of arrival; what is not an extension is refused; who lacks the form waits.
 */
#include "schema_say.h"

#include "chains.h"
#include "fail.h"
#include "members.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "schema_in.h"
#include "teamschema.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

#define SHELTER 70001u /* the field that comes */
#define LABELS  "\"sensitivity\":1,\"en\":\"Shelter\",\"ar\":\"ملجأ\""
#define FIELD(kind, phrase)                                                                        \
    "{\"extends\":1,\"types\":[{\"name\":\"incident\",\"fields\":[{\"id\":70001,"                  \
    "\"name\":\"shelter\",\"policy\":\"review\",\"kind\":\"" kind "\"," LABELS "}]}],"             \
    "\"phrases\":[\"" phrase "\"]}"

static struct test_store founder;
static struct test_store reader;
static mirsal_error err;
static const struct mir_bytes none = { NULL, 0 };

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 3
    };
    test_team_found(&founder, 1);
    test_team_join(&reader, &founder, 2, &terms);
    test_team_meet(&founder, &reader, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&reader);
    test_store_fini(&founder);
    return 0;
}

static struct mir_bytes compile(struct mir_buf *room, const struct test_store *by, const char *json)
{
    struct mir_bytes given = { (const uint8_t *)json, strlen(json) };
    mir_buf_init(room, &by->world.env, MIR_SCHEMA_SIZE_MAX);
    if (mir_schema_compile(room, by->store->schema, 0, given, &err) != MIRSAL_OK) {
        fail_msg("compile: %s", err.message);
    }
    return mir_buf_bytes(room);
}

static mirsal_code extend(struct test_store *by, const char *json)
{
    struct mir_buf room;
    mirsal_code rc = mir_schema_extend(by->store, NULL, compile(&room, by, json), &err);
    mir_buf_fini(&room);
    return rc;
}

/* A record with a shelter, and a text of the field that was always there. */
static mirsal_id shelter(struct test_store *by, const char *text)
{
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_id id;
    mir_buf_init(&value, &by->world.env, 256);
    mir_mp_write_str(&value, text, strlen(text));
    assert_int_equal(mir_txn_begin(&txn, by->store, MIR_TXN_LONE, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, &err), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, mir_buf_bytes(&value), &err), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, SHELTER, none, mir_buf_bytes(&value), &err), MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &err), MIRSAL_OK);
    mir_buf_fini(&value);
    return id;
}

static int64_t shelters(struct test_store *at)
{
    return test_team_count(at, "SELECT count(f70001) FROM r_1");
}

/* Everything but control, as over a line that broke before it. */
static void carry_data(struct test_store *to, struct test_store *from)
{
    struct mir_accept_counts counts;
    struct mir_arena arena;
    int64_t total = test_team_count(from, "SELECT count(*) FROM changeset");
    memset(&counts, 0, sizeof counts);
    mir_arena_init(&arena, &from->world.env, 1u << 24);
    assert_int_equal(mir_store_begin(to->store, &err), MIRSAL_OK);
    for (int64_t no = 1; no <= total; no++) {
        struct mir_changeset loaded;
        struct mir_changeset read;
        enum mir_accepted accepted;
        assert_int_equal(mir_chain_load(&loaded, &arena, from->store->sql, no, &err), MIRSAL_OK);
        assert_int_equal(
            mir_changeset_read(&read, loaded.header, loaded.signature, loaded.body, &err),
            MIRSAL_OK);
        if (read.fields.compartment != MIR_COMPARTMENT_CONTROL) {
            assert_int_equal(mir_accept_put(&accepted, to->store, &read, &err), MIRSAL_OK);
        }
    }
    assert_int_equal(mir_accept_settle(&counts, to->store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(to->store, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
}

/* For the schema, or the statement that carries it: what is written by it cites it. */
static int64_t waiting_for_schema(struct test_store *at)
{
    char text[96];
    (void)snprintf(text, sizeof text,
        "SELECT count(*) FROM changeset WHERE state = %d AND reason IN (%d, %d)", MIR_STATE_WAITING,
        MIR_REASON_SCHEMA, MIR_REASON_AUTHORITY);
    return test_team_count(at, text);
}

static void old_and_new_lose_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        mirsal_hash digest;
        if (seed > 1) {
            tear_down(NULL);
            set_up(NULL);
        }
        mirsal_id old = test_team_report(&reader, "written by the old form");
        assert_int_equal(extend(&founder, FIELD("text", "a cellar")), MIRSAL_OK);
        assert_int_equal(founder.store->schema->version, 2);
        mirsal_id new = shelter(&founder, "cellar");
        test_team_carry(&founder, &reader, seed, 1);
        assert_string_equal(test_team_shown(&founder, &old), "written by the old form");
        assert_int_equal(test_team_edit(&reader, &old, "edited by the old form"), MIRSAL_OK);
        test_team_carry(&reader, &founder, seed, 1);
        assert_int_equal(reader.store->schema->version, 2);
        assert_string_equal(test_team_shown(&reader, &new), "cellar");
        assert_int_equal(shelters(&reader), 1);
        (void)shelter(&reader, "cave");
        assert_int_equal(test_team_edit(&founder, &old, "edited by the new form"), MIRSAL_OK);
        test_team_meet(&founder, &reader, seed);
        assert_int_equal(shelters(&founder), 2);
        assert_int_equal(waiting_for_schema(&reader) + waiting_for_schema(&founder), 0);
        digest = test_team_digest(&reader);
        mirsal_hash other = test_team_digest(&founder);
        assert_memory_equal(digest.bytes, other.bytes, sizeof digest.bytes);
        test_store_reopen(&reader);
        assert_int_equal(reader.store->schema->version, 2);
        other = test_team_digest(&reader);
        assert_memory_equal(digest.bytes, other.bytes, sizeof digest.bytes);
    }
}

static void data_before_its_form_waits_and_then_counts(void **state)
{
    (void)state;
    static const char own[] = "SELECT count(*) FROM changeset c JOIN device d ON d.no = c.device"
                              " WHERE c.compartment <> 255 AND d.no = 1";
    assert_int_equal(extend(&founder, FIELD("text", "a cellar")), MIRSAL_OK);
    mirsal_id new = shelter(&founder, "cellar");
    carry_data(&reader, &founder);
    assert_int_equal(waiting_for_schema(&reader), 1);
    assert_string_equal(test_team_shown(&reader, &new), "");
    int64_t count = test_team_count(&reader, own);
    test_team_carry(&reader, &founder, 1, 0);
    assert_int_equal(waiting_for_schema(&reader), 0);
    assert_string_equal(test_team_shown(&reader, &new), "cellar");
    assert_int_equal(shelters(&reader), 1);
    assert_int_equal(test_team_count(&reader, own), count);
}

/* As two admins say them who cannot reach each other; the smaller hash is used. */
static int tell_two_forms_apart(const char *second_form)
{
    struct mir_buf first;
    struct mir_buf second;
    struct mir_accept_counts counts;
    uint32_t named = 0;
    memset(&counts, 0, sizeof counts);
    (void)compile(&second, &founder, second_form);
    (void)compile(&first, &founder, FIELD("text", "cave"));
    assert_int_equal(
        mir_schema_extend(founder.store, NULL, mir_buf_bytes(&first), &err), MIRSAL_OK);
    test_team_carry(&reader, &founder, 1, 0);
    mirsal_id mine = shelter(&reader, "cellar");
    mirsal_hash before = founder.store->membership->schema.hash;
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_schema_say(founder.store, mir_buf_bytes(&second), &err), MIRSAL_OK);
    assert_int_equal(mir_accept_settle(&counts, founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_team_schema_held(&named, founder.store, 2), 2);
    assert_int_equal(named, 2);
    int turned = memcmp(&before, &founder.store->membership->schema.hash, sizeof before) != 0;
    uint32_t other = mir_team_schema_place(founder.store) == 0 ? 1 : 0;
    assert_int_equal(mir_team_schema_clashes(founder.store, 2, other, SHELTER), 1);
    assert_int_equal(mir_team_schema_clashes(founder.store, 2, other, TEST_REL_TEXT), 0);
    assert_int_equal(mir_team_schema_clashes(founder.store, 1, 0, SHELTER), 1);
    /* What was written by either is opened; a field that means something else is kept apart. */
    test_team_carry(&founder, &reader, 1, 0);
    assert_string_equal(test_team_shown(&founder, &mine), "cellar");
    assert_int_equal(shelters(&founder), turned ? 0 : 1);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM write WHERE field = 70001"),
        turned ? 1 : 0);
    test_team_carry(&reader, &founder, 2, 1);
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&reader);
    assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
    mir_buf_fini(&first);
    mir_buf_fini(&second);
    return turned;
}

static void two_forms_of_one_version_are_told_apart(void **state)
{
    (void)state;
    static const char *const forms[] = { FIELD("int", "an age"), FIELD("int", "ages"),
        FIELD("int", "of age"), FIELD("int", "the age") };
    int turned = 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (i > 0) {
            tear_down(NULL);
            set_up(NULL);
        }
        turned += tell_two_forms_apart(forms[i]);
    }
    assert_true(turned > 0 && turned < 4);
}

static void what_changes_a_meaning_is_refused(void **state)
{
    (void)state;
    struct mir_buf room;
    int64_t count = test_team_count(&founder, "SELECT count(*) FROM changeset");
    assert_int_equal(extend(&founder, FIELD("text", "a cellar")), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), count + 1);
    struct mir_bytes again = compile(&room, &reader, FIELD("text", "a cellar"));
    assert_int_equal(mir_schema_extend(founder.store, NULL, again, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), count + 1);
    assert_int_equal(mir_schema_extend(reader.store, NULL, again, &err), MIRSAL_NOT_ALLOWED);
    mir_buf_fini(&room);
    struct mir_bytes other = compile(&room, &reader, FIELD("int", "an age"));
    assert_int_equal(mir_schema_extend(founder.store, NULL, other, &err), MIRSAL_BAD_VALUE);
    assert_string_equal(err.field, "shelter");
    mir_buf_fini(&room);
    struct mir_bytes less = compile(&room, &reader, "{\"extends\":1,\"version\":9}");
    assert_int_equal(mir_schema_extend(founder.store, NULL, less, &err), MIRSAL_BAD_VALUE);
    mir_buf_fini(&room);
    other = compile(&room, &founder, "{\"extends\":2,\"version\":2,\"phrases\":[\"new\"]}");
    assert_int_equal(mir_schema_extend(founder.store, NULL, other, &err), MIRSAL_BAD_VALUE);
    assert_string_equal(err.field, "version");
    mir_buf_fini(&room);
    assert_int_equal(founder.store->schema->version, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_and_new_lose_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            data_before_its_form_waits_and_then_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_forms_of_one_version_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_changes_a_meaning_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
