/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/rootword.c - what root says, and what is known of its recovery; see the header.
 */
#include "rootword.h"

#include "accept.h"
#include "acts.h"
#include "chains.h"
#include "env.h"
#include "fail.h"
#include "files.h"
#include "layout.h"
#include "members.h"
#include "mir_limits.h"
#include "persons.h"
#include "stamp.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)8 << 20)

mirsal_code mir_root_of(struct mir_root **out,
    struct mir_store *store,
    const struct mir_root_source *source,
    mirsal_error *err)
{
    struct mir_root *root = NULL;
    *out = NULL;
    mirsal_code rc = mir_root_open(&root, store->env, source, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (memcmp(root->team.bytes, store->team.bytes, root->team_size) != 0) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "this is another team's root");
    } else if (memcmp(root->public_key.bytes, store->membership->root.bytes,
                   sizeof root->public_key.bytes) != 0) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "this is not the root of the store's team");
    }
    if (rc != MIRSAL_OK) {
        mir_root_close(root);
        return rc;
    }
    root->team = store->team;
    root->team_size = sizeof root->team.bytes;
    *out = root;
    return MIRSAL_OK;
}

static const struct mir_control *find_genesis(const struct mir_store *store)
{
    const struct mir_members *members = store->members;
    for (size_t i = 0; i < members->count; i++) {
        if (members->facts[i].statements[0].kind == MIR_STATEMENT_GENESIS &&
            members->facts[i].statements[0].genesis.is_team) {
            return &members->facts[i];
        }
    }
    return NULL;
}

mirsal_code mir_root_place(struct mir_seal *out,
    struct mir_store *store,
    const struct mir_root *root,
    mirsal_error *err)
{
    struct mir_chain_row head = { .no = 0 };
    const struct mir_control *genesis = find_genesis(store);
    int64_t device = 0;
    memset(out, 0, sizeof *out);
    memcpy(out->device.bytes, root->public_key.bytes, sizeof out->device.bytes);
    mirsal_code rc = mir_device_no(&device, store->sql, &out->device, 0, err);
    if (rc == MIRSAL_OK && device != 0) {
        rc = mir_chain_head(&head, store->sql, device, MIR_COMPARTMENT_CONTROL, err);
    }
    if (rc == MIRSAL_OK && (genesis == NULL || head.no == 0)) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the store holds no genesis");
    }
    if (rc == MIRSAL_OK) {
        out->env = store->env;
        out->sign_secret = &root->sign;
        out->team = store->team;
        out->compartment = MIR_COMPARTMENT_CONTROL;
        out->seq = head.seq + 1;
        out->prev = head.id;
        out->authority = genesis->id;
    }
    return rc;
}

static mirsal_code may_give(const struct mir_store *store,
    const struct mir_member *member,
    enum mir_role role,
    mirsal_error *err)
{
    mirsal_code rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (role == MIR_ROLE_ADMIN || member->role == MIR_ROLE_ADMIN) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "root's word is needed to or from admin");
    }
    return MIRSAL_OK;
}

/*
 * Who is no coordinator any more reads no compartment any more either: what was granted apart is
 * taken, in this admin's name (root cannot say it).
 */
static mirsal_code take_grants(struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    const struct mir_reader_grant none = { *device, 0 };
    const struct mir_member *member = mir_membership_device(store->membership, device);
    uint64_t granted[MIR_COMPARTMENTS / 64];
    mirsal_code rc = MIRSAL_OK;
    if (mir_members_need(store, MIR_ROLE_ADMIN, NULL) != MIRSAL_OK) {
        return MIRSAL_OK;
    }
    memcpy(granted, member->granted, sizeof granted); /* each statement evaluates anew */
    for (uint32_t c = 1; rc == MIRSAL_OK && c < MIR_COMPARTMENT_CONTROL; c++) {
        struct mir_say say = { .kind = MIR_SAY_COMPARTMENT };
        say.compartment.number = (uint8_t)c;
        say.compartment.grants = &none;
        say.compartment.grant_count = 1;
        if (granted[c / 64] >> (c % 64) & 1u) {
            rc = mir_statements_settle(NULL, store, NULL, &say, err);
        }
    }
    return rc;
}

mirsal_code mir_device_role(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *device,
    enum mir_role role,
    const char *person,
    mirsal_error *err)
{
    struct mir_say say = { .kind = MIR_SAY_ROLE };
    const struct mir_member *member = NULL;
    struct mir_chain_place *left = NULL;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    member = mir_membership_device(store->membership, device);
    if (member == NULL) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such device");
    } else if (root == NULL) {
        rc = may_give(store, member, role, err);
    }
    say.role.device = *device;
    say.role.role = (uint8_t)role;
    if (rc == MIRSAL_OK) {
        rc = mir_person_number(&say.role.person, store, person, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(&say.role.name, &arena, store, person, err);
    }
    if (rc == MIRSAL_OK && role < member->role) { /* a loss: it leaves what was said before it */
        rc = mir_acts_places(&left, &say.role.cut_count, &arena, store, device, NULL, 0, err);
        say.role.cut = left;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(NULL, store, root, &say, err);
    }
    if (rc == MIRSAL_OK && role < MIR_ROLE_COORDINATOR) {
        rc = take_grants(store, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
    }
out:
    mir_arena_fini(&arena);
    return rc;
}

/* What recover says, inside a transaction. */
static mirsal_code say_recovered(struct mir_store *store,
    const struct mir_root *root,
    const struct mir_recover *recover,
    mirsal_error *err)
{
    struct mir_accept_counts counts;
    struct mir_say says[2];
    uint32_t count = 0;
    struct mir_arena arena;
    mirsal_code rc = MIRSAL_OK;
    memset(&counts, 0, sizeof counts);
    memset(says, 0, sizeof says);
    mir_arena_init(&arena, store->env, ARENA_MAX);
    if (recover->target != NULL) {
        int shared = recover->target->shares > 0;
        says[count].kind = MIR_SAY_RECOVERY;
        says[count].recovery.threshold = shared ? recover->target->threshold : 1;
        says[count].recovery.shares = shared ? recover->target->shares : 1;
        count++;
        rc = mir_meta_set_int(store->sql, "drilled", 0, err);
    }
    if (rc == MIRSAL_OK && recover->admin) {
        says[count].kind = MIR_SAY_ROLE;
        says[count].role.device = *mir_store_device(store);
        says[count].role.role = MIR_ROLE_ADMIN;
        rc = mir_person_number(&says[count].role.person, store, recover->person, err);
        if (rc == MIRSAL_OK) {
            rc = mir_statements_seal_text(
                &says[count].role.name, &arena, store, recover->person, err);
        }
        count++;
    }
    if (rc == MIRSAL_OK && count > 0) {
        rc = mir_statements_say_as(NULL, store, root, says, count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&counts, store, err);
    }
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_root_recover(struct mir_store *store,
    const struct mir_root *root,
    const struct mir_recover *recover,
    mirsal_error *err)
{
    const struct mir_member *self = NULL;
    int written = 0;
    mirsal_code rc = mir_file_alone(store->lock_file, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    self = mir_membership_device(store->membership, mir_store_device(store));
    if (recover->admin && self == NULL) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "this device has not joined");
    }
    if (rc == MIRSAL_OK && recover->target != NULL) {
        rc = mir_root_write(root, store->env, recover->target, err);
        written = rc == MIRSAL_OK;
    }
    if (rc == MIRSAL_OK) {
        rc = say_recovered(store, root, recover, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
    }
    if (rc != MIRSAL_OK && written) {
        mir_root_unwrite(store->env, recover->target);
    }
out:
    mir_file_share(store->lock_file);
    return rc;
}

mirsal_code mir_root_drilled(struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_meta_set_int(store->sql, "drilled", (int64_t)mir_now_ms(store->env), err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static int says_recovery(const struct mir_control *fact)
{
    for (size_t i = 0; i < fact->statement_count; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_RECOVERY) {
            return 1;
        }
    }
    return 0;
}

/* The last of root's chain that says it; of two at one place the higher id. */
static const struct mir_control *find_recovery(const struct mir_store *store)
{
    const struct mir_members *members = store->members;
    const struct mir_control *last = NULL;
    for (size_t i = 0; i < members->count; i++) {
        const struct mir_control *fact = &members->facts[i];
        if (!mir_hash_equal(&fact->device, &store->membership->root) || !says_recovery(fact)) {
            continue;
        }
        if (last == NULL || fact->seq > last->seq ||
            (fact->seq == last->seq &&
                memcmp(fact->id.bytes, last->id.bytes, sizeof last->id.bytes) > 0)) {
            last = fact;
        }
    }
    return last;
}

mirsal_code mir_recovery_facts(struct mir_recovery_facts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    const struct mir_control *fact = find_recovery(store);
    struct mir_control_body body = { .say_count = 0 };
    int64_t drilled = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_meta_int(&drilled, store->sql, "drilled", err);
    if (rc == MIRSAL_OK && fact != NULL) {
        rc = mir_statements_read(&body, arena, store, &fact->id, err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body.say_count; i++) {
        if (body.says[i].kind == MIR_SAY_RECOVERY) {
            out->has = 1;
            out->threshold = body.says[i].recovery.threshold;
            out->shares = body.says[i].recovery.shares;
        }
    }
    out->drilled_ms = drilled > 0 ? (uint64_t)drilled : 0;
    return rc;
}
