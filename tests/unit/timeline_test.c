/* SPDX-License-Identifier: Apache-2.0 */
/* unit/timeline_test.c - what became of a record: by whom it was held, read, assessed, purged. */
#include "timeline.h"

#include "evidence.h"
#include "peers.h"
#include "purge.h"
#include "test_desk.h"

#include <string.h>

static struct test_store founder;
static struct test_store reader;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite invite = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&reader, &founder, 2, &invite);
    test_team_meet(&founder, &reader, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&reader);
    test_store_fini(&founder);
    return 0;
}

/* The newest changeset of main is held by a relay, which signed for it where asked. */
static void acknowledge(int signs)
{
    static const uint8_t seed[32] = { 5 };
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    struct mir_relay_word word = { .kind = MIR_WORD_ACKNOWLEDGEMENT,
        .acknowledgement = { .size = 9, .time_ms = founder.world.now_ms } };
    struct mir_head head = { .device = *mir_store_device(founder.store) };
    struct mir_buf heads;
    mir_sign_keypair(&public_key, &secret, seed);
    memcpy(word.identity.bytes, public_key.bytes, sizeof word.identity.bytes);
    assert_int_equal(mir_relay_add(founder.store, "http://localhost:1", &word.identity,
                         (struct mir_bytes){ NULL, 0 }, &founder.err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_run(founder.store->sql,
                         "INSERT INTO peer_head (peer, device, compartment, seq, id)"
                         " SELECT p.no, c.device, 0, c.seq, c.id FROM peer AS p, changeset AS c"
                         " WHERE c.no = (SELECT max(no) FROM changeset WHERE compartment = 0)",
                         &founder.err),
        MIRSAL_OK);
    if (!signs) {
        return;
    }
    head.seq =
        (uint64_t)test_team_count(&founder, "SELECT max(seq) FROM changeset WHERE compartment = 0");
    mir_buf_init(&heads, &founder.world.env, 1000);
    mir_acknowledged_write(&heads, &head, 1);
    word.acknowledgement.device = head.device;
    word.acknowledgement.heads = mir_buf_bytes(&heads);
    mir_acknowledgement_sign(&word.acknowledgement, &word.identity, &founder.store->team, &secret);
    assert_int_equal(
        mir_evidence_keep(founder.store, &word, MIR_VIA_RELAY, &founder.err), MIRSAL_OK);
    mir_buf_fini(&heads);
}

static json_t *timeline(const mirsal_id *id)
{
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_log(founder.store, id, desk_take_line, lines, &founder.err), MIRSAL_OK);
    return lines;
}

/* The first line of that event, or NULL. */
static const json_t *find(const json_t *lines, const char *event)
{
    json_t *line = NULL;
    size_t at = 0;
    json_array_foreach(lines, at, line)
    {
        if (strcmp(desk_at(line, "event"), event) == 0) {
            return line;
        }
    }
    return NULL;
}

static void a_record_tells_what_became_of_it(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    json_t *lines = timeline(&id);
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(desk_at(lines, "0/event"), "written");
    json_decref(lines);
    (void)desk_edit(&founder, &id, ASSIGN("title=b"));
    acknowledge(1);
    test_team_meet(&founder, &reader, 2);
    desk_withdraw(&founder, &id, "never was");
    lines = timeline(&id);
    assert_string_equal(desk_at(lines, "0/event"), "written");
    const json_t *signed_by = find(lines, "acknowledged");
    assert_non_null(signed_by);
    assert_string_equal(desk_at(signed_by, "url"), "http://localhost:1");
    assert_true(json_string_length(json_object_get(signed_by, "proof")) > 300);
    assert_non_null(find(lines, "edited"));
    assert_non_null(find(lines, "receipted"));
    assert_string_equal(
        desk_at(json_array_get(lines, json_array_size(lines) - 1), "event"), "withdrawn");
    json_decref(lines);
}

static void without_a_signature_a_relay_is_named_without_proof(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    acknowledge(0);
    json_t *lines = timeline(&id);
    const json_t *held = find(lines, "acknowledged");
    assert_non_null(held);
    assert_string_equal(desk_at(held, "proof"), "null");
    assert_string_equal(desk_at(held, "at"), "null");
    json_decref(lines);
}

static void an_assessment_is_told_with_its_author(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    (void)desk_add(&founder, "assessment", &id, ASSIGN("field=verification", "reason=seen"));
    json_t *lines = timeline(&id);
    const json_t *said = find(lines, "assessed");
    assert_non_null(said);
    assert_string_equal(desk_at(said, "label"), "office");
    assert_string_equal(desk_at(said, "record/reason"), "seen");
    json_decref(lines);
}

/* Who ordered it and when, who spoke for it, and what became of the order. */
static void a_purge_is_told_with_its_words(void **state)
{
    (void)state;
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    mirsal_hash order;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &id, "threatened", &founder.err), MIRSAL_OK);
    json_t *lines = timeline(&id);
    const json_t *said = find(lines, "purge");
    assert_string_equal(desk_at(said, "label"), "office");
    assert_string_equal(desk_at(said, "state"), "hidden");
    assert_non_null(strstr(desk_at(said, "stamp"), "T"));
    assert_null(find(lines, "purge_approved"));
    json_decref(lines);
    assert_int_equal(mir_root_of(&root, founder.store, &source, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_purge_approve(founder.store, root, &order, &founder.err), MIRSAL_OK);
    mir_root_close(root);
    lines = timeline(&id);
    assert_string_equal(desk_at(find(lines, "purge"), "state"), "ordered");
    assert_string_equal(desk_at(find(lines, "purge_approved"), "label"), "root");
    assert_non_null(strstr(desk_at(find(lines, "purge_approved"), "stamp"), "T"));
    json_decref(lines);
}

static void one_changeset_has_a_line_of_its_own(void **state)
{
    (void)state;
    json_t *lines = json_array();
    (void)desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    acknowledge(1);
    int64_t no = test_team_count(&founder, "SELECT max(no) FROM changeset WHERE compartment = 0");
    assert_int_equal(
        mir_answer_log_changeset(founder.store, no, desk_take_line, lines, &founder.err),
        MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(desk_at(lines, "0/kind"), "data");
    assert_string_equal(desk_at(lines, "1/event"), "acknowledged");
    json_decref(lines);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_record_tells_what_became_of_it),
        TEST(without_a_signature_a_relay_is_named_without_proof),
        TEST(an_assessment_is_told_with_its_author),
        TEST(a_purge_is_told_with_its_words),
        TEST(one_changeset_has_a_line_of_its_own),
    };
#undef TEST
    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
