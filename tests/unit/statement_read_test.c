/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/statement_read_test.c - control bodies both ways, and what is refused.
 */
#include "statement.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_arena arena;
static struct mir_buf bytes;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    assert_int_equal(mir_crypto_start(&err), MIRSAL_OK);
    mir_arena_init(&arena, &world.env, 1u << 20);
    mir_buf_init(&bytes, &world.env, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&bytes);
    mir_arena_fini(&arena);
    test_env_fini(&world);
    return 0;
}

static mirsal_hash hash(uint8_t fill)
{
    mirsal_hash out;
    memset(out.bytes, fill, sizeof out.bytes);
    return out;
}

static void raw(struct mir_say *out, uint64_t kind, void (*elements)(struct mir_buf *out))
{
    struct mir_buf one;
    mir_buf_init(&one, &world.env, 4096);
    elements(&one);
    assert_int_equal(mir_buf_finish(&one, &err), MIRSAL_OK);
    out->kind = kind;
    out->bytes.data = mir_arena_copy(&arena, one.data, one.size);
    out->bytes.size = one.size;
    mir_buf_fini(&one);
}

static void unknown_elements(struct mir_buf *out)
{
    mir_mp_write_array(out, 2);
    mir_mp_write_uint(out, 99);
    mir_mp_write_str(out, "later", 5);
}

/* Those of struct mir_say_act. */
static void act_kinds(struct mir_say *says,
    const struct mir_chain_place *places,
    struct mir_sealed_text text)
{
    static const mirsal_hash undone[2] = { { { 3 } }, { { 4 } } };
    static const uint8_t signature[64] = { 8 };
    static const uint8_t one[1] = { 1 };
    says[13].kind = MIR_SAY_CUT;
    says[13].act = (struct mir_say_act){ .subject = hash(7),
        .numbers = { 1, 0 },
        .places = places,
        .place_count = 2,
        .ids = undone,
        .id_count = 2,
        .text = text };
    says[14].kind = MIR_SAY_FREEZE;
    says[14].act =
        (struct mir_say_act){ .subject = hash(7), .second = hash(8), .numbers = { 5, 0 } };
    says[15].kind = MIR_SAY_ADOPT;
    says[15].act = (struct mir_say_act){ .ids = undone, .id_count = 1 };
    says[16].kind = MIR_SAY_RETIRE;
    says[16].act = (struct mir_say_act){ .subject = hash(6), .places = places, .place_count = 1 };
    says[17].kind = MIR_SAY_POLICY;
    says[17].act = (struct mir_say_act){ .numbers = { 2, 0 }, .value = { one, 1 } };
    says[18].kind = MIR_SAY_FORK_PROOF;
    says[18].act = (struct mir_say_act){ .headers = { { signature, 3 }, { signature, 5 } },
        .signatures = { { signature, 64 }, { signature, 64 } } };
}

/* One statement of each form, and one of an unknown kind. */
static uint32_t all_kinds(struct mir_say says[20])
{
    static struct mir_epoch_public epochs[2] = { { 0, 1, { { 1 } } }, { 1, 1, { { 2 } } } };
    static struct mir_chain_place places[2] = { { 0, 3, { { 3 } } }, { 255, 1, { { 4 } } } };
    static struct mir_reader_grant grants[1] = { { { { 5 } }, 1 } };
    static struct mir_receipt_of heads[2] = { { { { 1 } }, { 0, 5, { { 6 } } } },
        { { { 1 } }, { 1, 6, { { 7 } } } } };
    static const uint8_t sealed[64] = { 9 };
    struct mir_sealed_text text = { 1, 1, { sealed, sizeof sealed } };
    memset(says, 0, 20 * sizeof says[0]);
    says[0].kind = MIR_SAY_GENESIS;
    says[0].genesis = (struct mir_say_genesis){ .root = hash(1),
        .founder = hash(2),
        .noise = hash(3),
        .hpke = hash(4),
        .epochs = epochs,
        .epoch_count = 2,
        .schema_version = 1,
        .schema_hash = hash(5),
        .name = text };
    says[1].kind = MIR_SAY_ADMIT;
    says[1].admit.device = hash(1);
    says[1].admit.confirmed = 1;
    says[2].kind = MIR_SAY_ROLE;
    says[2].role = (struct mir_say_role){
        .device = hash(1), .role = 3, .from = places, .from_count = 2, .cut = places, .cut_count = 1
    };
    says[3].kind = MIR_SAY_INVITE;
    says[3].invite = (struct mir_say_invite){
        .key = hash(8), .role = 2, .protected_ = 1, .uses = 3, .expires_ms = 77, .label = text
    };
    says[4].kind = MIR_SAY_INVITE_REVOKE;
    says[4].subject = hash(9);
    says[5].kind = MIR_SAY_COMPARTMENT;
    says[5].compartment = (struct mir_say_compartment){
        .number = 2, .grants = grants, .grant_count = 1, .cut = places, .cut_count = 2
    };
    says[6].kind = MIR_SAY_EPOCH;
    says[6].epoch.name = epochs[1];
    says[7].kind = MIR_SAY_EPOCH_KEY;
    says[7].epoch_key.name = epochs[0];
    says[7].epoch_key.envelope[79] = 1;
    says[8].kind = MIR_SAY_EPOCH_OK;
    says[8].epoch_ok.opened = 1;
    says[9].kind = MIR_SAY_SCHEMA;
    says[9].schema.version = 2;
    says[9].schema.schema = (struct mir_bytes){ sealed, 5 };
    says[10].kind = MIR_SAY_RECEIPT;
    says[10].receipt.heads = heads;
    says[10].receipt.count = 2;
    says[11].kind = MIR_SAY_RELAY;
    says[11].relay.url = (struct mir_bytes){ (const uint8_t *)"http://a", 8 };
    says[11].relay.in_use = 1;
    raw(&says[12], 99, unknown_elements);
    act_kinds(says, places, text);
    return 19;
}

static void every_kind_goes_both_ways(void **state)
{
    (void)state;
    struct mir_say says[20];
    mirsal_hash knows[2] = { hash(1), hash(2) };
    struct mir_control_body body = { knows, 2, 12345, says, all_kinds(says) };
    struct mir_control_body read;
    struct mir_buf again;
    mir_control_body_write(&bytes, &body);
    assert_int_equal(mir_buf_finish(&bytes, &err), MIRSAL_OK);
    assert_int_equal(mir_control_body_read(&read, &arena, mir_buf_bytes(&bytes), &err), MIRSAL_OK);
    assert_int_equal(read.say_count, body.say_count);
    assert_int_equal(read.knows_count, 2);
    assert_int_equal(read.stamp, 12345);
    assert_int_equal(read.says[2].role.from[1].compartment, 255);
    assert_int_equal(read.says[3].invite.expires_ms, 77);
    assert_int_equal(read.says[12].kind, 99);
    assert_memory_equal(read.says[13].subject.bytes, hash(7).bytes, 32);
    assert_int_equal(read.says[13].act.numbers[0], 1);
    assert_int_equal(read.says[13].act.place_count, 2);
    assert_int_equal(read.says[13].act.id_count, 2);
    assert_true(read.says[13].act.text.has);
    assert_int_equal(read.says[14].act.numbers[0], 5);
    assert_memory_equal(read.says[14].act.second.bytes, hash(8).bytes, 32);
    assert_int_equal(read.says[15].act.ids[0].bytes[0], 3);
    assert_int_equal(read.says[16].act.places[0].compartment, 0);
    assert_int_equal(read.says[17].act.value.size, 1);
    assert_int_equal(read.says[18].act.headers[1].size, 5);
    mir_buf_init(&again, &world.env, 1u << 20);
    mir_control_body_write(&again, &read);
    assert_true(mir_bytes_equal(mir_buf_bytes(&bytes), mir_buf_bytes(&again)));
    mir_buf_fini(&again);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    struct mir_say says[20];
    struct mir_control_body body = { NULL, 0, 1, says, all_kinds(says) };
    struct mir_control_body read;
    mir_control_body_write(&bytes, &body);
    for (size_t size = 0; size < bytes.size; size++) {
        struct mir_bytes prefix = { bytes.data, size };
        assert_int_equal(mirsal_code_class(mir_control_body_read(&read, &arena, prefix, &err)),
            MIRSAL_CLASS_PEER);
        mir_arena_reset(&arena);
    }
}

static void wrong_forms_are_refused(void **state)
{
    (void)state;
    struct mir_say says[20];
    struct mir_control_body read;
    uint32_t count = all_kinds(says);
    for (uint32_t i = 0; i + 1 < count; i++) {
        struct mir_control_body body = { NULL, 0, 1, &says[i], 1 };
        mir_buf_reset(&bytes);
        mir_control_body_write(&bytes, &body);
        /* [[], 1, [[kind, …: one element less than the kind has. */
        assert_int_equal(bytes.data[0], 0x93);
        bytes.data[4]--;
        assert_int_equal(
            mir_control_body_read(&read, &arena, mir_buf_bytes(&bytes), &err), MIRSAL_MALFORMED);
    }
    says[3].invite.uses = 0;
    struct mir_control_body no_use = { NULL, 0, 1, &says[3], 1 };
    mir_buf_reset(&bytes);
    mir_control_body_write(&bytes, &no_use);
    assert_int_equal(
        mir_control_body_read(&read, &arena, mir_buf_bytes(&bytes), &err), MIRSAL_MALFORMED);
    mirsal_hash knows[2] = { hash(2), hash(1) };
    struct mir_control_body unsorted = { knows, 2, 1, &says[1], 1 };
    mir_buf_reset(&bytes);
    mir_control_body_write(&bytes, &unsorted);
    assert_int_equal(
        mir_control_body_read(&read, &arena, mir_buf_bytes(&bytes), &err), MIRSAL_MALFORMED);
}

static void a_join_stands_first(void **state)
{
    (void)state;
    struct mir_say says[2];
    struct mir_control_body body = { NULL, 0, 1, says, 2 };
    struct mir_control_body read;
    memset(says, 0, sizeof says);
    says[0].kind = MIR_SAY_JOIN;
    says[1].kind = MIR_SAY_ADMIT;
    mir_control_body_write(&bytes, &body);
    assert_int_equal(mir_control_body_read(&read, &arena, mir_buf_bytes(&bytes), &err), MIRSAL_OK);
    says[0].kind = MIR_SAY_ADMIT;
    says[1].kind = MIR_SAY_JOIN;
    mir_buf_reset(&bytes);
    mir_control_body_write(&bytes, &body);
    assert_int_equal(
        mir_control_body_read(&read, &arena, mir_buf_bytes(&bytes), &err), MIRSAL_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_goes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_prefix_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_forms_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_join_stands_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
