/* SPDX-License-Identifier: Apache-2.0 */
/* hostile/control_cases.c - statements that she may not make, or that may not do what they say. */
#include "cases.h"

#include "acts.h"
#include "duties.h"
#include "epochturn.h"
#include "msgpack.h"

#include <string.h>

static struct mir_say role_of(const struct test_store *device, enum mir_role role)
{
    struct mir_say say = { .kind = MIR_SAY_ROLE };
    say.role.device = *mir_store_device(device->store);
    say.role.role = (uint8_t)role;
    return say;
}

static struct mir_say cut_of(const struct test_store *device)
{
    struct mir_say say = { .kind = MIR_SAY_CUT };
    say.act.subject = *mir_store_device(device->store);
    say.act.numbers[0] = MIR_CUT_HOSTILE;
    return say;
}

static void makes_itself_admin(struct bed *bed)
{
    struct mir_say say = role_of(&bed->mallory, MIR_ROLE_ADMIN);
    (void)bed_say(bed, &say);
}

static void role_is_kept(struct bed *bed)
{
    struct test_store *stores[] = { bed->office, &bed->reader };
    for (size_t i = 0; i < 2; i++) {
        assert_true(bed_member(stores[i], &bed->mallory)->role < MIR_ROLE_ADMIN);
        assert_int_equal(bed_member(stores[i], bed->office)->role, MIR_ROLE_ADMIN);
        assert_int_equal(bed_member(stores[i], &bed->reader)->ended, 0);
    }
}

static void confirms_itself(struct bed *bed)
{
    struct mir_say say = bed_admit(bed, &bed->mallory, 1);
    (void)bed_say(bed, &say);
}

static void cuts_the_founder(struct bed *bed)
{
    struct mir_say say = cut_of(bed->office);
    (void)bed_say(bed, &say);
}

/* She was cut by root; her word on others came after. */
static void cuts_who_cut_her(struct bed *bed)
{
    struct mir_say say = cut_of(&bed->reader);
    bed_root_cut(bed);
    (void)bed_say(bed, &say);
}

/* One changeset: a role it may not give, between two statements that it may say. */
static void hides_it_among_others(struct bed *bed)
{
    struct mir_say says[3] = { role_of(bed->victim, MIR_ROLE_OBSERVER),
        bed_admit(bed, bed->victim, 0), bed_admit(bed, &bed->reader, 0) };
    (void)bed_says(bed, says, 3);
}

static void only_it_suffers(struct bed *bed)
{
    const mirsal_hash *id = &bed->said[bed->said_count - 1].id;
    assert_int_equal(bed_fault(bed->office, id, 1), MIR_REASON_NONE);
    assert_int_equal(bed_fault(bed->office, id, 2), MIR_REASON_NONE);
    assert_int_equal(bed_member(bed->office, bed->victim)->role, MIR_ROLE_MONITOR);
}

static void write_body(struct bed *bed, const struct mir_seal *seal, struct mir_buf *out)
{
    (void)bed;
    mir_buf_init(out, seal->env, 4096);
    mir_mp_write_array(out, 3);
    mir_mp_write_array(out, 0);
    mir_mp_write_uint(out, UINT64_C(1700000000000) << 16);
    mir_mp_write_array(out, 1);
}

/* A role statement with one element more than it has. */
static void adds_a_field_to_a_role(struct bed *bed)
{
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_CONTROL);
    struct mir_buf body;
    write_body(bed, &seal, &body);
    mir_mp_write_array(&body, 8);
    mir_mp_write_uint(&body, MIR_SAY_ROLE);
    mir_mp_write_bin(&body, mir_store_device(bed->mallory.store)->bytes, 32);
    mir_mp_write_uint(&body, MIR_ROLE_ADMIN);
    mir_mp_write_array(&body, 0);
    mir_mp_write_array(&body, 0);
    mir_mp_write_uint(&body, 0);
    mir_mp_write_nil(&body);
    mir_mp_write_uint(&body, 1);
    (void)bed_control(bed, &seal, mir_buf_bytes(&body));
    mir_buf_fini(&body);
}

/* A statement of a kind that nobody knows, which gives a role. */
static void gives_a_role_by_an_unknown_kind(struct bed *bed)
{
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_CONTROL);
    struct mir_buf body;
    write_body(bed, &seal, &body);
    mir_mp_write_array(&body, 3);
    mir_mp_write_uint(&body, 77);
    mir_mp_write_bin(&body, mir_store_device(bed->mallory.store)->bytes, 32);
    mir_mp_write_uint(&body, MIR_ROLE_ADMIN);
    (void)bed_control(bed, &seal, mir_buf_bytes(&body));
    mir_buf_fini(&body);
}

/* A device that nobody invited joins under the invite of another, its proof by a key of its own. */
static void joins_by_a_forged_proof(struct bed *bed)
{
    struct mir_sign_secret secret;
    struct mir_sign_public key;
    uint8_t seed[32];
    struct mir_say say = { .kind = MIR_SAY_JOIN };
    struct mir_control_body body = { .says = &say, .say_count = 1, .stamp = 1 };
    struct mir_buf encoded;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_CONTROL);
    memset(seed, 0x77, sizeof seed);
    mir_sign_keypair(&key, &secret, seed);
    memcpy(seal.device.bytes, key.bytes, sizeof seal.device.bytes);
    seal.sign_secret = &secret;
    seal.seq = 1;
    memset(&seal.prev, 0, sizeof seal.prev);
    say.join.grant = bed_member(bed->office, &bed->mallory)->invite;
    seal.authority = say.join.grant;
    memset(say.join.proof, 0x55, sizeof say.join.proof);
    mir_buf_init(&encoded, seal.env, 4096);
    mir_control_body_write(&encoded, &body);
    (void)bed_control(bed, &seal, mir_buf_bytes(&encoded));
    mir_buf_fini(&encoded);
}

/* A first changeset of the founder's root that is another team's: the ids differ by the name. */
static void forks_at_genesis(struct bed *bed)
{
    struct mir_changeset genesis;
    struct mir_control_body body;
    struct mir_buf encoded;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_CONTROL);
    relay_fixture_load(&genesis, &bed->arena, bed->office, 1);
    assert_int_equal(mir_control_body_read(&body, &bed->arena, genesis.body, NULL), MIRSAL_OK);
    struct mir_say say = body.says[0];
    say.genesis.founder = *mir_store_device(bed->mallory.store);
    say.genesis.root = *mir_store_device(bed->mallory.store);
    body.says = &say;
    body.say_count = 1;
    seal.seq = 1;
    memset(&seal.prev, 0, sizeof seal.prev);
    memset(&seal.authority, 0, sizeof seal.authority);
    mir_buf_init(&encoded, seal.env, 1 << 16);
    mir_control_body_write(&encoded, &body);
    (void)bed_control(bed, &seal, mir_buf_bytes(&encoded));
    mir_buf_fini(&encoded);
}

/* An epoch of hers, whose private half nobody gets: rubbish for the reader, nothing for others. */
static void turns_to_an_epoch_of_rubbish(struct bed *bed)
{
    struct mir_say says[2] = { { .kind = MIR_SAY_EPOCH }, { .kind = MIR_SAY_EPOCH_KEY } };
    says[0].epoch.name.number = 2;
    memset(says[0].epoch.name.public_key.bytes, 0x31, 32);
    says[1].epoch_key.name = says[0].epoch.name;
    says[1].epoch_key.device = *mir_store_device(bed->reader.store);
    memset(says[1].epoch_key.envelope, 0x44, sizeof says[1].epoch_key.envelope);
    (void)bed_says(bed, says, 2);
}

/* The last number of all: nothing could follow it. */
static void uses_up_the_numbers(struct bed *bed)
{
    struct mir_say say = { .kind = MIR_SAY_EPOCH };
    say.epoch.name.number = UINT32_MAX;
    memset(say.epoch.name.public_key.bytes, 0x31, 32);
    (void)bed_say(bed, &say);
}

static void the_next_number_is_free(struct bed *bed)
{
    struct mir_epoch_public made;
    assert_int_equal(
        mir_epoch_rotate(&made, bed->office->store, 0, 1, &bed->office->err), MIRSAL_OK);
    assert_int_equal(made.number, 2);
}

static void writers_stay_with_the_old_epoch(struct bed *bed)
{
    uint32_t wrote = 0;
    assert_int_equal(mir_duties_run(&wrote, bed->reader.store, &bed->reader.err), MIRSAL_OK);
    bed_meet(bed);
    struct test_store *stores[] = { bed->office, &bed->reader, bed->victim };
    for (size_t i = 0; i < 3; i++) {
        const struct mir_epoch *epoch =
            mir_membership_epoch_for_writing(stores[i]->store->membership, MIR_COMPARTMENT_MAIN);
        assert_int_equal(epoch->name.number, 1);
    }
    mirsal_id id = test_team_report(bed->victim, "goes on");
    bed_meet(bed);
    assert_string_equal(test_team_shown(&bed->reader, &id), "goes on");
}

/* From the newest that the device said on. */
static struct mir_say freeze_of(struct test_store *device)
{
    struct mir_say say = { .kind = MIR_SAY_FREEZE };
    struct mir_chain_row head;
    int64_t no = 0;
    say.act.subject = *mir_store_device(device->store);
    assert_int_equal(mir_device_no(&no, device->store->sql, &say.act.subject, 0, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_chain_head(&head, device->store->sql, no, MIR_COMPARTMENT_CONTROL, NULL), MIRSAL_OK);
    say.act.numbers[0] = head.seq;
    say.act.second = head.id;
    return say;
}

/* Each freezes the other; what she says then is judged. */
static void freezes_who_freezes_her(struct bed *bed)
{
    struct mir_say say = freeze_of(bed->office);
    assert_int_equal(bed_put(bed->office, bed_say(bed, &say)), MIRSAL_OK);
    bed->said_count = 0;
    assert_int_equal(mir_device_freeze(NULL, bed->office->store,
                         mir_store_device(bed->mallory.store), "frozen too", &bed->office->err),
        MIRSAL_OK);
    bed_meet(bed);
    say = cut_of(&bed->reader);
    (void)bed_say(bed, &say);
}

static void both_wait_for_root(struct bed *bed)
{
    assert_int_equal(bed_member(&bed->reader, bed->office)->frozen, 1);
    assert_int_equal(bed_member(&bed->reader, &bed->mallory)->frozen, 1);
    assert_int_equal(bed_member(&bed->reader, &bed->reader)->ended, 0);
    bed_reports_stand(bed);
}

/* An invite for one, of which the office has settled the first: a second device joins under it. */
static void uses_an_invite_twice(struct bed *bed)
{
    struct mir_invite_options terms = { .role = MIR_ROLE_MONITOR, .uses = 1, .label = "one" };
    struct mir_changeset *join = &bed->said[0];
    struct test_store devices[2];
    struct mir_buf text;
    mirsal_hash id;
    mir_buf_init(&text, &bed->office->world.env, 1u << 16);
    assert_int_equal(
        mir_invite_create(&text, &id, bed->office->store, &terms, &bed->office->err), MIRSAL_OK);
    for (uint64_t i = 0; i < 2; i++) {
        struct mir_join_options options = { .invite = mir_buf_bytes(&text) };
        struct mir_store_options within;
        test_store_init(&devices[i], 5000 + i);
        test_store_options(&within, &devices[i]);
        assert_int_equal(mir_store_create(&devices[i].store, &within, &devices[i].err), MIRSAL_OK);
        assert_int_equal(mir_team_join(devices[i].store, &options, &devices[i].err), MIRSAL_OK);
    }
    test_team_meet(bed->office, &devices[0], 70);
    bed_meet(bed);
    int64_t last = test_team_count(&devices[1], "SELECT max(no) FROM changeset");
    relay_fixture_load(join, &bed->arena, &devices[1], last);
    assert_int_equal(join->fields.seq, 1);
    bed->said_count = 1;
    mir_buf_fini(&text);
    test_store_fini(&devices[0]);
    test_store_fini(&devices[1]);
}

const struct hostile control_cases[] = {
    { "a monitor makes itself an admin", MIR_ROLE_MONITOR, makes_itself_admin, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, role_is_kept },
    { "a coordinator makes itself an admin", MIR_ROLE_COORDINATOR, makes_itself_admin, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, role_is_kept },
    { "a coordinator confirms itself", MIR_ROLE_COORDINATOR, confirms_itself, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, NULL },
    { "an admin cuts the founder", MIR_ROLE_ADMIN, cuts_the_founder, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, NULL },
    { "cut by the cut", MIR_ROLE_ADMIN, cuts_who_cut_her, MIRSAL_OK, 0, MIR_STATE_ACCEPTED,
        MIR_REASON_CUT, 0, NULL },
    { "a role among statements that count", MIR_ROLE_COORDINATOR, hides_it_among_others, MIRSAL_OK,
        0, MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, only_it_suffers },
    { "a role with an unknown element", MIR_ROLE_MONITOR, adds_a_field_to_a_role, MIRSAL_MALFORMED,
        MIR_REJECT_MALFORMED, 0, 0, 0, role_is_kept },
    { "a role by an unknown kind", MIR_ROLE_MONITOR, gives_a_role_by_an_unknown_kind, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_UNRESOLVED, 0, role_is_kept },
    { "a forged join", MIR_ROLE_MONITOR, joins_by_a_forged_proof, MIRSAL_OK, MIR_REJECT_ADMISSION,
        MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, NULL },
    { "a fork at genesis", MIR_ROLE_MONITOR, forks_at_genesis, MIRSAL_OK, MIR_REJECT_ADMISSION,
        MIR_STATE_ACCEPTED, MIR_REASON_NOT_ALLOWED, 0, NULL },
    { "an invite used twice", MIR_ROLE_MONITOR, uses_an_invite_twice, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_ADMIT, 0, NULL },
    { "an epoch with rubbish envelopes", MIR_ROLE_ADMIN, turns_to_an_epoch_of_rubbish, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NONE, 1, writers_stay_with_the_old_epoch },
    { "an epoch of the last number", MIR_ROLE_ADMIN, uses_up_the_numbers, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_UNRESOLVED, 0, the_next_number_is_free },
    { "two admins freeze each other", MIR_ROLE_ADMIN, freezes_who_freezes_her, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_FROZEN, 0, both_wait_for_root },
};
const size_t control_case_count = sizeof control_cases / sizeof control_cases[0];
