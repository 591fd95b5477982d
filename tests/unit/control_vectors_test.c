/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/control_vectors_test.c - judges every vector of protocol/vectors/control.json: bodies,
 * texts, envelopes and proofs with wire, invites by joining, sets of changesets by evaluating.
 */
#include "chains.h"
#include "changeset.h"
#include "invite.h"
#include "layout.h"
#include "line.h"
#include "members.h"
#include "sign.h"
#include "test_team.h"
#include "text.h"
#include "vector_judge.h"

#include <stdlib.h>
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

/* Lower case hex; null for none. */
static json_t *hex(const mirsal_hash *hash)
{
    char text[2 * sizeof hash->bytes + 1];
    if (hash == NULL) {
        return json_null();
    }
    for (size_t i = 0; i < sizeof hash->bytes; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", hash->bytes[i]);
    }
    return json_string(text);
}

static json_t *members_of(const struct mir_membership *found)
{
    static const mirsal_hash nobody;
    json_t *rows = json_array();
    for (size_t i = 0; i < found->member_count; i++) {
        const struct mir_member *member = &found->members[i];
        json_t *granted = json_array();
        int replaces = memcmp(member->replaces.bytes, nobody.bytes, sizeof nobody.bytes) != 0;
        for (uint32_t number = 0; number < MIR_COMPARTMENT_CONTROL; number++) {
            if ((member->granted[number / 64] >> (number % 64) & 1u) != 0) {
                json_array_append_new(granted, json_integer(number));
            }
        }
        json_t *row = json_pack("[o,i,o,i,i,i,i,o]", hex(&member->key), (int)member->role, granted,
            member->write_only, member->settled, member->vouched, member->ended,
            hex(replaces ? &member->replaces : NULL));
        if (member->member) {
            json_array_append_new(rows, row);
        } else {
            json_decref(row); /* waiting(admit) */
        }
    }
    return rows;
}

static json_t *epochs_of(const struct mir_membership *found)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < found->epoch_count; i++) {
        const struct mir_epoch *epoch = &found->epochs[i];
        json_array_append_new(
            rows, json_pack("[i,i,o,i]", (int)epoch->name.compartment, (int)epoch->name.number,
                      hex(&epoch->name.public_key), epoch->usable));
    }
    return rows;
}

static json_t *ids_of(const mirsal_hash *ids, size_t count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(rows, hex(&ids[i]));
    }
    return rows;
}

static json_t *faults_of(const struct mir_membership *found)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < found->fault_count; i++) {
        const struct mir_fault *fault = &found->faults[i];
        int quarantined = fault->reason >= MIR_REASON_NOT_ALLOWED;
        json_array_append_new(
            rows, json_pack("[o,i,s,s]", hex(&fault->changeset), (int)fault->statement,
                      quarantined ? "quarantined" : "waiting", mir_reason_name(fault->reason)));
    }
    return rows;
}

static int compare_headers(const void *a, const void *b)
{
    const struct mir_data_header *left = a;
    const struct mir_data_header *right = b;
    int order = memcmp(&left->device, &right->device, sizeof left->device);
    if (order == 0) {
        order = (int)left->compartment - (int)right->compartment;
    }
    return order != 0 ? order : memcmp(&left->id, &right->id, sizeof left->id);
}

static void read_data(struct mir_data_header *out, const json_t *hex_text)
{
    struct mir_header header;
    struct mir_bytes bytes = test_bytes_of(hex_text);
    assert_int_equal(mir_header_decode(&header, bytes, NULL), MIRSAL_OK);
    mir_changeset_id(&out->id, bytes);
    out->device = header.device;
    out->prev = header.prev;
    out->authority = header.authority;
    out->compartment = header.compartment;
    out->seq = header.seq;
}

static json_t *states_of(struct judged *vector, const struct mir_membership *found)
{
    const json_t *data = test_array(vector->input, "data");
    size_t count = json_array_size(data);
    struct mir_data_header *headers = mir_arena_alloc(&vector->arena, count + 1, sizeof *headers);
    struct mir_verdict *verdicts = mir_arena_alloc(&vector->arena, count + 1, sizeof *verdicts);
    json_t *states = json_object(); /* by id: the expected rows ascend by it */
    json_t *rows = json_array();
    const char *id = NULL;
    json_t *row = NULL;
    for (size_t i = 0; i < count; i++) {
        read_data(&headers[i], json_array_get(data, i));
    }
    qsort(headers, count, sizeof *headers, compare_headers);
    for (size_t from = 0, end = 0; from < count; from = end) {
        for (end = from + 1; end < count && headers[end].compartment == headers[from].compartment &&
                             memcmp(&headers[end].device, &headers[from].device, 32) == 0;
             end++) {
        }
        assert_int_equal(
            mir_line_judge(verdicts, found, headers + from, end - from, NULL), MIRSAL_OK);
        for (size_t i = from; i < end; i++) {
            json_t *name = hex(&headers[i].id);
            json_object_set_new(states, json_string_value(name),
                json_pack("[O,s,s]", name, mir_state_name(verdicts[i - from].state),
                    mir_reason_name(verdicts[i - from].reason)));
            json_decref(name);
        }
    }
    for (size_t i = 0; i < json_array_size(test_array(vector->expect, "states")); i++) {
        const json_t *expected = json_array_get(test_array(vector->expect, "states"), i);
        id = json_string_value(json_array_get(expected, 0));
        row = json_object_get(states, id);
        assert_non_null(row);
        json_array_append(rows, row);
    }
    assert_int_equal(json_object_size(states), json_array_size(rows));
    json_decref(states);
    return rows;
}

/* Prints the rows of one that the other lacks. */
static void print_rows(const char *what, const json_t *rows, const json_t *others)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        int held = 0;
        for (size_t j = 0; j < json_array_size(others) && !held; j++) {
            held = json_equal(row, json_array_get(others, j));
        }
        if (!held) {
            char *text = json_dumps(row, JSON_ENCODE_ANY);
            print_message("  %s %s\n", what, text);
            free(text);
        }
    }
}

static void same(const char *name, const char *what, json_t *found, const json_t *expect)
{
    const json_t *expected = json_object_get(expect, what);
    if (!json_equal(found, expected)) {
        print_message("%s: %s\n", name, what);
        print_rows("found", found, expected);
        print_rows("expected", expected, found);
        fail();
    }
    json_decref(found);
}

static json_t *purges_of(const struct mir_membership *found)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < found->purges.count; i++) {
        if (found->purges.items[i].level != MIR_PURGE_NONE) {
            json_t *row = json_array();
            json_array_append_new(row, hex(&found->purges.items[i].id));
            json_array_append_new(row, json_integer((json_int_t)found->purges.items[i].level));
            json_array_append_new(rows, row);
        }
    }
    return rows;
}

static json_t *recalled_of(const struct mir_membership *found)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < found->purges.recalled_count; i++) {
        char digits[2 * sizeof(mirsal_id) + 1];
        mir_hex_encode(digits, found->purges.recalled[i].bytes, sizeof(mirsal_id));
        json_array_append_new(rows, json_string(digits));
    }
    return rows;
}

/* Bodies that orders in force name, by themselves or by namings. */
static json_t *purged_of(const struct mir_membership *found)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < found->purges.body_count; i++) {
        json_t *row = json_array();
        json_array_append_new(row, hex(&found->purges.bodies[i].id));
        json_array_append_new(row, json_integer((json_int_t)found->purges.bodies[i].level));
        json_array_append_new(rows, row);
    }
    return rows;
}

/* What the founder owes. */
static json_t *due_of(struct mir_membership *found)
{
    struct mir_key_due *due = NULL;
    size_t count = 0;
    json_t *rows = json_array();
    assert_int_equal(
        mir_membership_keys_due(&due, &count, found, &found->founder, NULL), MIRSAL_OK);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(rows, json_pack("[I,I,o,o]", (json_int_t)due[i].epoch.compartment,
                                        (json_int_t)due[i].epoch.number,
                                        hex(&due[i].epoch.public_key), hex(&due[i].device)));
    }
    return rows;
}

static void same_membership(struct judged *vector, struct mir_membership *found)
{
    const struct mir_epoch *writing = mir_membership_epoch_for_writing(found, MIR_COMPARTMENT_MAIN);
    const json_t *expect = vector->expect;
    json_t *policies = json_array();
    for (size_t i = 0; i < MIR_TEAM_POLICIES; i++) {
        json_array_append_new(policies, json_integer(found->policies[i]));
    }
    same(vector->name, "faults", faults_of(found), expect);
    same(vector->name, "members", members_of(found), expect);
    same(vector->name, "epochs", epochs_of(found), expect);
    same(vector->name, "keys_due", due_of(found), expect);
    same(vector->name, "adopts", ids_of(found->adopts, found->adopt_count), expect);
    same(vector->name, "policies", policies, expect);
    same(vector->name, "purges", purges_of(found), expect);
    same(vector->name, "purged", purged_of(found), expect);
    same(vector->name, "recalled", recalled_of(found), expect);
    same(vector->name, "states", states_of(vector, found), expect);
    same(vector->name, "writing_main", hex(writing != NULL ? &writing->name.public_key : NULL),
        expect);
    same(vector->name, "schema_hash", hex(&found->schema.hash), expect);
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
        same_membership(vector, &members->membership);
        judge_same(members->digest.bytes, sizeof members->digest.bytes, vector->expect, "digest");
        mir_members_free(members);
        mir_sql_close(sql);
    }
    return MIRSAL_OK;
}

static const char *given_file;

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
    if (given_file != NULL) {
        judge_file(given_file, judges, 1);
    } else {
        judge_file("protocol/vectors/control.json", judges, 250);
    }
}

/* With a file: the vectors in it, which protocol/check/agree.py makes. */
int main(int argc, char **argv)
{
    given_file = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
