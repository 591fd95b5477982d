/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/hostile/bed.c - a team with one hostile device; see the header.
 */
#include "bed.h"

#include "acts.h"
#include "msgpack.h"
#include "rootword.h"
#include "sealown.h"
#include "statements.h"
#include "teamschema.h"

#include <string.h>

#define SEED 4100u

void bed_open(struct bed *bed, enum mir_role role)
{
    const struct test_invite coordinator = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
    };
    const struct test_invite hostile = {
        .role = role == MIR_ROLE_ADMIN ? MIR_ROLE_COORDINATOR : role, .in_person = 1, .uses = 1
    };
    memset(bed, 0, sizeof *bed);
    relay_fixture_open(&bed->relay, SEED);
    bed->office = &bed->relay.admin;
    bed->victim = &bed->relay.monitor;
    test_team_join(&bed->reader, bed->office, SEED + 10, &coordinator);
    test_team_join(&bed->mallory, bed->office, SEED + 20, &hostile);
    mir_arena_init(&bed->arena, &bed->office->world.env, 1u << 26);
    test_team_meet(bed->office, &bed->mallory, 1);
    bed_meet(bed);
    assert_int_equal(mir_device_admit(bed->office->store, mir_store_device(bed->reader.store),
                         &bed->office->err),
        MIRSAL_OK);
    assert_int_equal(mir_device_admit(bed->office->store, mir_store_device(bed->mallory.store),
                         &bed->office->err),
        MIRSAL_OK);
    bed->report = test_team_report(bed->victim, "of the victim");
    bed->decided = test_team_report(&bed->reader, "of the reader");
    bed_meet(bed);
    if (role == MIR_ROLE_ADMIN) {
        bed_root_role(bed, role);
    }
    test_team_meet(bed->office, &bed->mallory, 2);
    bed_meet(bed);
    (void)relay_fixture_put_all(&bed->relay, bed->office);
    (void)relay_fixture_put_all(&bed->relay, &bed->mallory);
}

void bed_close(struct bed *bed)
{
    mir_arena_fini(&bed->arena);
    test_store_fini(&bed->mallory);
    test_store_fini(&bed->reader);
    relay_fixture_close(&bed->relay);
}

void bed_meet(struct bed *bed)
{
    for (uint64_t i = 0; i < 2; i++) {
        test_team_meet(bed->office, &bed->reader, 30 + i);
        test_team_meet(bed->office, bed->victim, 40 + i);
    }
    test_team_meet(bed->office, &bed->reader, 50);
}

static struct mir_changeset *room(struct bed *bed)
{
    assert_true(bed->said_count < BED_CHANGESETS_MAX);
    return &bed->said[bed->said_count++];
}

struct mir_seal bed_place(struct bed *bed, uint8_t compartment)
{
    struct mir_seal seal;
    assert_int_equal(
        mir_seal_next(&seal, bed->mallory.store, compartment, &bed->mallory.err), MIRSAL_OK);
    seal.compartment = compartment;
    return seal;
}

const struct mir_changeset *bed_says(struct bed *bed, const struct mir_say *says, uint32_t count)
{
    struct test_store *mallory = &bed->mallory;
    struct mir_accept_counts counts = { 0 };
    struct mir_changeset *out = room(bed);
    struct mir_chain_row row;
    mirsal_hash id;
    assert_int_equal(mir_store_begin(mallory->store, &mallory->err), MIRSAL_OK);
    assert_int_equal(
        mir_statements_say(&id, mallory->store, says, count, &mallory->err), MIRSAL_OK);
    assert_int_equal(mir_accept_settle(&counts, mallory->store, &mallory->err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(mallory->store, &mallory->err), MIRSAL_OK);
    assert_true(bed_holds(mallory, &id, &row));
    relay_fixture_load(out, &bed->arena, mallory, row.no);
    return out;
}

const struct mir_changeset *bed_say(struct bed *bed, const struct mir_say *say)
{
    return bed_says(bed, say, 1);
}

const struct mir_changeset *bed_control(struct bed *bed,
    const struct mir_seal *seal,
    struct mir_bytes body)
{
    struct mir_changeset *out = room(bed);
    assert_int_equal(
        mir_changeset_control(out, &bed->arena, seal, body, &bed->mallory.err), MIRSAL_OK);
    return out;
}

void bed_push_from(struct bed *bed, uint64_t seq)
{
    struct test_store *mallory = &bed->mallory;
    int64_t count = test_team_count(mallory, "SELECT count(*) FROM changeset");
    for (int64_t no = 1; no <= count; no++) {
        struct mir_changeset changeset;
        relay_fixture_load(&changeset, &bed->arena, mallory, no);
        if (changeset.fields.compartment == 0 && changeset.fields.seq >= seq &&
            mir_hash_equal(&changeset.fields.device, mir_store_device(mallory->store))) {
            *room(bed) = changeset;
        }
    }
}

void bed_body(struct test_body *body, struct bed *bed)
{
    const struct mir_store *store = bed->mallory.store;
    test_body_init(body, &bed->mallory.world.env);
    memcpy(body->place.device, mir_store_device(store)->bytes, sizeof body->place.device);
    body->body.schema_version = store->schema->version;
    body->body.schema_place = mir_team_schema_place(store);
}

struct mir_write *bed_text(struct test_body *body, const mirsal_id *record, const char *text)
{
    uint8_t value[64];
    size_t size = strlen(text);
    assert_true(size < 32);
    value[0] = (uint8_t)(0xa0u | size);
    memcpy(value + 1, text, size);
    struct mir_write *write = test_body_write(body, MIR_NO_CREATE, TEST_REL_TEXT, value, size + 1);
    write->record = *record;
    return write;
}

const struct mir_changeset *bed_seal(struct bed *bed,
    const struct mir_seal *at,
    struct test_body *body)
{
    struct mir_store *store = bed->mallory.store;
    const struct mir_epoch *epoch =
        mir_membership_epoch_for_writing(store->membership, MIR_COMPARTMENT_MAIN);
    struct mir_seal seal = *at;
    struct mir_changeset *out = room(bed);
    assert_non_null(epoch);
    seal.epoch = epoch->name.number;
    memcpy(seal.epoch_key.bytes, epoch->name.public_key.bytes, sizeof seal.epoch_key.bytes);
    assert_true(mir_team_schema_dictionary(
        &seal.dictionary, store, body->body.schema_version, body->body.schema_place));
    mirsal_code rc =
        mir_changeset_seal(out, NULL, &bed->arena, &seal, &body->body, &bed->mallory.err);
    if (rc != MIRSAL_OK) {
        fail_msg("seal: %s", bed->mallory.err.message);
    }
    return out;
}

static struct mir_root *open_root(struct bed *bed)
{
    const char *path = bed->office->recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    assert_int_equal(mir_root_of(&root, bed->office->store, &source, &bed->office->err), MIRSAL_OK);
    return root;
}

void bed_root_role(struct bed *bed, enum mir_role role)
{
    struct mir_root *root = open_root(bed);
    assert_int_equal(mir_device_role(bed->office->store, root, mir_store_device(bed->mallory.store),
                         role, NULL, &bed->office->err),
        MIRSAL_OK);
    mir_root_close(root);
}

void bed_root_cut(struct bed *bed)
{
    struct mir_root *root = open_root(bed);
    const struct mir_cut_order order = { .device = mir_store_device(bed->mallory.store),
        .reason = MIR_CUT_HOSTILE };
    assert_int_equal(
        mir_device_cut(NULL, bed->office->store, root, &order, &bed->office->err), MIRSAL_OK);
    mir_root_close(root);
    bed_meet(bed);
}

mirsal_code bed_put(struct test_store *to, const struct mir_changeset *changeset)
{
    struct mir_accept_counts counts = { 0 };
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    assert_int_equal(mir_store_begin(to->store, &to->err), MIRSAL_OK);
    mirsal_code rc = mir_accept_put(&accepted, to->store, changeset, &to->err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(to->store);
        assert_int_equal(mir_store_refresh(to->store, &to->err), MIRSAL_OK);
        return rc;
    }
    assert_int_equal(mir_accept_settle(&counts, to->store, &to->err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(to->store, &to->err), MIRSAL_OK);
    return MIRSAL_OK;
}

int bed_holds(struct test_store *device, const mirsal_hash *changeset, struct mir_chain_row *row)
{
    assert_int_equal(mir_chain_find(row, device->store->sql, changeset, &device->err), MIRSAL_OK);
    return row->no != 0;
}

enum mir_reason bed_fault(struct test_store *device, const mirsal_hash *changeset, size_t at)
{
    const struct mir_membership *membership = device->store->membership;
    for (size_t i = 0; i < membership->fault_count; i++) {
        if (membership->faults[i].statement == at &&
            mir_hash_equal(&membership->faults[i].changeset, changeset)) {
            return membership->faults[i].reason;
        }
    }
    return MIR_REASON_NONE;
}

const struct mir_member *bed_member(struct test_store *device, struct test_store *of)
{
    return mir_membership_device(device->store->membership, mir_store_device(of->store));
}

struct mir_say bed_admit(struct bed *bed, struct test_store *device, int confirmed)
{
    struct mir_say say = { .kind = MIR_SAY_ADMIT };
    say.admit.device = *mir_store_device(device->store);
    say.admit.join = bed_member(bed->office, device)->join;
    say.admit.confirmed = confirmed;
    return say;
}

void bed_reports_stand(struct bed *bed)
{
    assert_string_equal(test_team_shown(bed->office, &bed->report), "of the victim");
    assert_string_equal(test_team_shown(&bed->reader, &bed->report), "of the victim");
    assert_string_equal(test_team_shown(bed->office, &bed->decided), "of the reader");
}
