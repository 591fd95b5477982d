/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/control_vectors_test.c - judges every vector of protocol/vectors/control.json: bodies,
 * texts, envelopes and proofs with wire, invites by joining, sets of changesets by evaluating.
 */
#include "chains.h"
#include "changeset.h"
#include "invite.h"
#include "layout.h"
#include "members.h"
#include "sign.h"
#include "test_team.h"
#include "vector_judge.h"

#include <string.h>

static void read_hash(mirsal_hash *out, const json_t *object, const char *key)
{
    test_fixed(out->bytes, sizeof out->bytes, object, key);
}

static mirsal_code judge_body(struct judged *vector)
{
    struct mir_control_body body;
    struct mir_buf again;
    struct mir_bytes bytes = test_bytes(vector->input, "body");
    mirsal_code code = mir_control_body_read(&body, &vector->arena, bytes, NULL);
    if (code != MIRSAL_OK || vector->expect == NULL) {
        return code;
    }
    const json_t *kinds = test_array(vector->expect, "kinds");
    assert_int_equal(body.say_count, json_array_size(kinds));
    for (uint32_t i = 0; i < body.say_count; i++) {
        assert_int_equal(body.says[i].kind, json_integer_value(json_array_get(kinds, i)));
    }
    mir_buf_init(&again, &vector->test.env, SIZE_MAX);
    mir_control_body_write(&again, &body);
    assert_int_equal(mir_buf_finish(&again, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&again), bytes));
    mir_buf_fini(&again);
    return MIRSAL_OK;
}

static mirsal_code judge_text(struct judged *vector)
{
    struct mir_sealed_text text = { 1, 1, test_bytes(vector->input, "sealed") };
    struct mir_agree_secret secret;
    struct mir_buf clear;
    mirsal_hash team;
    test_fixed(secret.bytes, sizeof secret.bytes, vector->input, "secret");
    read_hash(&team, vector->input, "team");
    mir_buf_init(&clear, &vector->test.env, SIZE_MAX);
    mirsal_code code = mir_text_open(&clear, &text, &team, &secret, NULL);
    if (code == MIRSAL_OK && vector->expect != NULL) {
        judge_same(clear.data, clear.size, vector->expect, "clear");
    }
    mir_buf_fini(&clear);
    return code;
}

static mirsal_code judge_envelope(struct judged *vector)
{
    struct mir_epoch_public name;
    struct mir_agree_secret recipient;
    struct mir_agree_secret out;
    mirsal_hash team;
    uint8_t envelope[MIR_ENVELOPE_SIZE];
    name.compartment = (uint8_t)test_number(vector->input, "compartment");
    name.number = (uint32_t)test_number(vector->input, "number");
    read_hash(&name.public_key, vector->input, "public");
    read_hash(&team, vector->input, "team");
    test_fixed(recipient.bytes, sizeof recipient.bytes, vector->input, "recipient");
    test_fixed(envelope, sizeof envelope, vector->input, "envelope");
    mirsal_code code =
        mir_envelope_open(&out, envelope, &name, &team, &recipient, &vector->test.env, NULL);
    if (code == MIRSAL_OK && vector->expect != NULL) {
        judge_same(out.bytes, sizeof out.bytes, vector->expect, "secret");
    }
    return code;
}

static mirsal_code judge_proof(struct judged *vector)
{
    struct mir_say_join join;
    struct mir_buf message;
    mirsal_hash team;
    mirsal_hash device;
    mirsal_hash key;
    memset(&join, 0, sizeof join);
    read_hash(&team, vector->input, "team");
    read_hash(&device, vector->input, "device");
    read_hash(&key, vector->input, "key");
    read_hash(&join.grant, vector->input, "grant");
    read_hash(&join.noise, vector->input, "noise");
    read_hash(&join.hpke, vector->input, "hpke");
    test_fixed(join.proof, sizeof join.proof, vector->input, "proof");
    mir_buf_init(&message, &vector->test.env, SIZE_MAX);
    mir_join_message(&message, &team, &device, &join);
    int valid =
        mir_sign_verify(join.proof, MIR_CONTEXT_JOIN, message.data, message.size, key.bytes);
    mir_buf_fini(&message);
    return valid ? MIRSAL_OK : MIRSAL_BAD_SIGNATURE;
}

/* What mir_invite_read accepts it writes again. */
static void write_again(struct judged *vector, struct mir_bytes string)
{
    struct mir_invite_string *invite = mir_arena_alloc(&vector->arena, 1, sizeof *invite);
    struct mir_changeset last;
    struct mir_buf again;
    assert_int_equal(mir_invite_read(invite, &vector->arena, string, NULL), MIRSAL_OK);
    mir_buf_init(&again, &vector->test.env, SIZE_MAX);
    assert_int_equal(mir_invite_write(&again, invite, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&again), string));
    mir_buf_fini(&again);
    assert_int_equal(
        mir_changeset_decode(&last, invite->changesets[invite->changeset_count - 1], NULL),
        MIRSAL_OK);
    judge_same(last.id.bytes, sizeof last.id.bytes, vector->expect, "invite");
}

static mirsal_code judge_invite(struct judged *vector)
{
    struct test_store device;
    struct mir_store_options options;
    struct mir_join_options join = { .invite = test_bytes(vector->input, "string"),
        .label = "phone" };
    test_store_init(&device, 1);
    test_store_options(&options, &device);
    device.world.now_ms = test_number(vector->input, "now_ms");
    assert_int_equal(mir_store_create(&device.store, &options, NULL), MIRSAL_OK);
    mirsal_code code = mir_team_join(device.store, &join, NULL);
    test_store_fini(&device);
    if (code == MIRSAL_VERSION && vector->expect != NULL) {
        code = MIRSAL_OK; /* all was checked; the schema that this genesis names no build holds */
    }
    if (code == MIRSAL_OK && vector->expect != NULL) {
        write_again(vector, join.invite);
    }
    return code;
}

static void same_members(const struct mir_membership *found, const json_t *expect)
{
    const json_t *members = test_array(expect, "members");
    size_t member_at = 0;
    for (size_t i = 0; i < found->member_count; i++) {
        const struct mir_member *member = &found->members[i];
        const json_t *row = json_array_get(members, member_at);
        if (!member->member) {
            continue; /* waiting(admit) */
        }
        assert_true(member_at < json_array_size(members));
        member_at++;
        judge_same_hash(&member->key, json_array_get(row, 0));
        assert_int_equal(member->role, json_integer_value(json_array_get(row, 1)));
        assert_int_equal(mir_membership_can_read(found, &member->key, MIR_COMPARTMENT_PROTECTED),
            json_integer_value(json_array_get(row, 2)));
        assert_int_equal(member->write_only, json_integer_value(json_array_get(row, 3)));
        assert_int_equal(member->settled, json_integer_value(json_array_get(row, 4)));
    }
    assert_int_equal(member_at, json_array_size(members));
}

static void same_epochs(const struct mir_membership *found, const json_t *expect)
{
    const json_t *epochs = test_array(expect, "epochs");
    const struct mir_epoch *writing = mir_membership_epoch_for_writing(found, MIR_COMPARTMENT_MAIN);
    assert_int_equal(found->epoch_count, json_array_size(epochs));
    for (size_t i = 0; i < found->epoch_count; i++) {
        const struct mir_epoch_name *name = &found->epochs[i].name;
        const json_t *row = json_array_get(epochs, i);
        assert_int_equal(name->compartment, json_integer_value(json_array_get(row, 0)));
        assert_int_equal(name->number, json_integer_value(json_array_get(row, 1)));
        judge_same_hash(&name->public_key, json_array_get(row, 2));
    }
    judge_same_hash(writing != NULL ? &writing->name.public_key : NULL,
        json_object_get(expect, "writing_main"));
    judge_same_hash(&found->schema.hash, json_object_get(expect, "schema_hash"));
}

/* Into a relay's log in memory, first to last or last to first. */
static struct mir_sql *hold(struct judged *vector, int backwards)
{
    const json_t *list = test_array(vector->input, "changesets");
    const struct mir_verdict verdict = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    struct mir_sql *sql = NULL;
    size_t count = json_array_size(list);
    assert_int_equal(mir_sql_open(&sql, &vector->test.env,
                         &(struct mir_sql_options){ .path = ":memory:" }, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_layout_create(sql, MIR_LAYOUT_LOG, NULL), MIRSAL_OK);
    for (size_t i = 0; i < count; i++) {
        struct mir_changeset changeset;
        struct mir_chain_row row;
        int forks = 0;
        struct mir_bytes bytes = test_bytes_of(json_array_get(list, backwards ? count - 1 - i : i));
        assert_int_equal(mir_changeset_decode(&changeset, bytes, NULL), MIRSAL_OK);
        assert_int_equal(mir_changeset_verify(&changeset, NULL), MIRSAL_OK);
        assert_int_equal(
            mir_chain_insert(&row, &forks, sql, &changeset, 0, verdict, NULL), MIRSAL_OK);
    }
    return sql;
}

static mirsal_code judge_evaluate(struct judged *vector)
{
    mirsal_hash team;
    read_hash(&team, vector->input, "team");
    for (int backwards = 0; backwards < 2; backwards++) {
        struct mir_members *members = NULL;
        struct mir_sql *sql = hold(vector, backwards);
        assert_int_equal(
            mir_members_load(&members, &vector->test.env, sql, &team, NULL), MIRSAL_OK);
        same_members(&members->membership, vector->expect);
        same_epochs(&members->membership, vector->expect);
        judge_same(members->digest.bytes, sizeof members->digest.bytes, vector->expect, "digest");
        mir_members_free(members);
        mir_sql_close(sql);
    }
    return MIRSAL_OK;
}

static void control(void **state)
{
    static const struct judge judges[] = {
        { "body", judge_body },
        { "text", judge_text },
        { "envelope", judge_envelope },
        { "proof", judge_proof },
        { "invite", judge_invite },
        { "evaluate", judge_evaluate },
        { NULL, NULL },
    };
    (void)state;
    judge_file("protocol/vectors/control.json", judges, 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
