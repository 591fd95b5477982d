/* SPDX-License-Identifier: Apache-2.0 */
/* store/purge.c - purge orders given, approved and lifted; see the header. */
#include "purge.h"

#include "acts.h"
#include "fail.h"
#include "members.h"
#include "purgebodies.h"
#include "purgetree.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX  ((size_t)16 << 20)
#define BODIES_MAX 4096u /* in one order */

static mirsal_code may_say(const struct mir_store *store,
    const struct mir_root *root,
    mirsal_error *err)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    if (root != NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
    return rc == MIRSAL_OK && self->frozen
               ? mir_fail(err, MIRSAL_NOT_ALLOWED, "this device is frozen until root decides")
               : rc;
}

static mirsal_code finish(struct mir_store *store, mirsal_code rc, mirsal_error *err)
{
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

/* Orders in force name each of the records, and each of their bodies. */
static int is_ordered(const struct mir_store *store,
    const mirsal_id *records,
    size_t record_count,
    const mirsal_hash *bodies,
    size_t count)
{
    for (size_t i = 0; i < record_count; i++) {
        if (mir_purges_of_record(store->membership, &records[i]) == MIR_PURGE_NONE) {
            return 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (mir_purges_of_body(store->membership, &bodies[i]) == MIR_PURGE_NONE) {
            return 0;
        }
    }
    return 1;
}

mirsal_code mir_purge_say(mirsal_hash *order,
    struct mir_store *store,
    const struct mir_root *root,
    const mirsal_id *record,
    const char *reason,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_PURGE };
    mirsal_hash *bodies = NULL;
    mirsal_id *records = NULL;
    struct mir_arena arena;
    size_t count = 0;
    size_t record_count = 0;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = may_say(store, root, err);
    if (rc == MIRSAL_OK) {
        rc = mir_purge_tree(&records, &record_count, &arena, store, record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_purge_bodies(&bodies, &count, &arena, store, records, record_count, err);
    }
    if (rc == MIRSAL_OK && is_ordered(store, records, record_count, bodies, count)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "an order names it already: see purge list");
    } else if (rc == MIRSAL_OK && count == 0) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "nothing of the record is held");
    } else if (rc == MIRSAL_OK && count > BODIES_MAX) {
        rc = mir_fail(err, MIRSAL_TOO_LARGE,
            "more than %u changesets tell of it: purge what hangs from it first", BODIES_MAX);
    }
    what.purge.records = records;
    what.purge.record_count = (uint32_t)record_count;
    what.purge.changesets = bodies;
    what.purge.changeset_count = (uint32_t)count;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(&what.purge.reason, &arena, store, reason, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(order, store, root, &what, err);
    }
    rc = finish(store, rc, err);
out:
    mir_arena_fini(&arena);
    return rc;
}

static const mirsal_hash *author_of(const struct mir_store *store, const mirsal_hash *changeset)
{
    for (size_t i = 0; i < store->members->count; i++) {
        if (mir_hash_equal(&store->members->facts[i].id, changeset)) {
            return &store->members->facts[i].device;
        }
    }
    return changeset; /* no device has this key */
}

/* Whether the person of this device has spoken for the order. */
static int has_spoken(const struct mir_store *store, const struct mir_purge *purge)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    for (size_t i = 0; i < purge->voice_count; i++) {
        const struct mir_member *member =
            mir_membership_device(store->membership, author_of(store, &purge->voices[i]));
        if (member != NULL && member->person == self->person) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code find_order(const struct mir_purge **out,
    const struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err)
{
    *out = mir_purges_find(store->membership, order);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such order");
    }
    return (*out)->lifted ? mir_fail(err, MIRSAL_NOT_FOUND, "the order was lifted") : MIRSAL_OK;
}

mirsal_code mir_purge_approve(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_PURGE };
    const struct mir_purge *purge = NULL;
    mirsal_hash said;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = may_say(store, root, err);
    if (rc == MIRSAL_OK) {
        rc = find_order(&purge, store, order, err);
    }
    if (rc == MIRSAL_OK && purge->level == MIR_PURGE_ORDERED) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "it is ordered already");
    } else if (rc == MIRSAL_OK && root == NULL && has_spoken(store, purge)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED,
            "another person's word is needed: this device's person has spoken");
    }
    what.purge.approves = 1;
    what.purge.of = *order;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(&said, store, root, &what, err);
    }
    return finish(store, rc, err);
}

mirsal_code mir_purge_lift(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_UNPURGE };
    const struct mir_purge *purge = NULL;
    mirsal_hash said;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = may_say(store, root, err);
    if (rc == MIRSAL_OK) {
        rc = find_order(&purge, store, order, err);
    }
    if (rc == MIRSAL_OK && root == NULL && purge->by_root) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "root's word is needed to lift what root ordered");
    }
    what.subject = *order;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(&said, store, root, &what, err);
    }
    return finish(store, rc, err);
}
