/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/acts.c - cut, freeze, adopt; see the header.
 */
#include "acts.h"

#include "chains.h"
#include "fail.h"
#include "line.h"
#include "members.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)
#define ADOPT_MAX 1000u /* changesets that one statement names */

/* A frozen admin's freezes count; whatever else it says of devices waits for root. */
static mirsal_code need_unfrozen(const struct mir_store *store, mirsal_error *err)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    if (self != NULL && self->frozen) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "this device is frozen until root decides");
    }
    return MIRSAL_OK;
}

static mirsal_code find_device(const struct mir_member **out,
    const struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    *out = mir_membership_device(store->membership, device);
    return *out != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NOT_FOUND, "no such device has joined");
}

static mirsal_code finish(struct mir_store *store, mirsal_code rc, mirsal_error *err)
{
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static const struct mir_cut_at *find_at(const struct mir_cut_at *at,
    size_t count,
    uint32_t compartment)
{
    for (size_t i = 0; i < count; i++) {
        if (at[i].compartment == compartment) {
            return &at[i];
        }
    }
    return NULL;
}

/*
 * The newest of a chain that counts (or would, if its body could be opened) up to a seq, and not by
 * an adopt alone, which may stand on another branch; seq 0 in place where there is none.
 */
static mirsal_code find_place(struct mir_chain_place *place,
    struct mir_store *store,
    int64_t device,
    uint64_t most,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT seq, id FROM changeset WHERE device = ?1 AND compartment = ?2 AND seq <= ?3"
        " AND (state = 0 OR (state = 1 AND reason IN (4, 5, 6))) ORDER BY seq DESC, id";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    place->seq = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, place->compartment);
    mir_sql_bind_int(statement, 3, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    while (place->seq == 0) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_bytes id = mir_sql_column(statement, 1);
        if (id.size != sizeof place->id.bytes) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a changeset's id is damaged");
            break;
        }
        memcpy(place->id.bytes, id.data, id.size);
        if (mir_membership_adopted(store->membership, &place->id, NULL) == 0) {
            place->seq = (uint64_t)mir_sql_column_int(statement, 0);
        }
    }
    mir_sql_release(statement);
    return rc;
}

/* The highest that a reader names of a chain and that is more than is held. */
static void take_receipt(struct mir_chain_place *place,
    const struct mir_membership *membership,
    const mirsal_hash *device)
{
    for (size_t i = 0; i < membership->receipt_count; i++) {
        const struct mir_receipt_head *head = &membership->receipts[i].head;
        if (head->compartment == place->compartment && head->seq > place->seq &&
            memcmp(&head->device, device, sizeof *device) == 0) {
            place->seq = head->seq;
            place->id = head->id;
        }
    }
}

mirsal_code mir_acts_places(struct mir_chain_place **out,
    uint32_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    const struct mir_cut_at *at,
    size_t at_count,
    mirsal_error *err)
{
    int64_t no = 0;
    *count = 0;
    *out = mir_arena_alloc(arena, MIR_COMPARTMENTS, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = mir_device_no(&no, store->sql, device, 0, err);
    for (uint32_t compartment = 0; rc == MIRSAL_OK && compartment < MIR_COMPARTMENTS;
         compartment++) {
        const struct mir_cut_at *told = find_at(at, at_count, compartment);
        struct mir_chain_place *place = &(*out)[*count];
        place->compartment = (uint8_t)compartment;
        rc = find_place(place, store, no, told != NULL ? told->seq : UINT64_MAX, err);
        if (rc == MIRSAL_OK && told != NULL && place->seq != told->seq) {
            rc = mir_fail(err, MIRSAL_NOT_FOUND, "nothing of that chain is held at that place");
        }
        if (rc == MIRSAL_OK && told == NULL && compartment != MIR_COMPARTMENT_CONTROL) {
            take_receipt(place, store->membership, device);
        }
        *count += rc == MIRSAL_OK && place->seq > 0;
    }
    return rc;
}

mirsal_code mir_device_cut(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_root *root,
    const struct mir_cut_order *order,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_CUT };
    const struct mir_member *member = NULL;
    struct mir_chain_place *places = NULL;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = find_device(&member, store, order->device, err);
    if (rc == MIRSAL_OK && root == NULL) {
        rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
        rc = rc == MIRSAL_OK ? need_unfrozen(store, err) : rc;
    }
    if (rc == MIRSAL_OK && root == NULL && member->role == MIR_ROLE_ADMIN) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "root's word is needed to cut an admin");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_acts_places(&places, &what.act.place_count, &arena, store, order->device,
            order->at, order->at_count, err);
    }
    what.act.subject = *order->device;
    what.act.numbers[0] = order->reason;
    what.act.places = places;
    what.act.ids = order->undoes;
    what.act.id_count = order->undo_count;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(&what.act.text, &arena, store, order->text, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(id, store, root, &what, err);
    }
    rc = finish(store, rc, err);
out:
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_device_freeze(mirsal_hash *id,
    struct mir_store *store,
    const mirsal_hash *device,
    const char *text,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_FREEZE };
    struct mir_chain_place place = { MIR_COMPARTMENT_CONTROL, 0, { { 0 } } };
    const struct mir_member *member = NULL;
    struct mir_arena arena;
    int64_t no = 0;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = find_device(&member, store, device, err);
    if (rc == MIRSAL_OK) {
        rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
    }
    if (rc == MIRSAL_OK && member->role != MIR_ROLE_ADMIN) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "only an admin is frozen; any other device is cut");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_no(&no, store->sql, device, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = find_place(&place, store, no, UINT64_MAX, err);
    }
    what.act.subject = *device;
    what.act.numbers[0] = place.seq;
    what.act.second = place.id;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(&what.act.text, &arena, store, text, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(id, store, NULL, &what, err);
    }
    rc = finish(store, rc, err);
out:
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_device_unfreeze(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *device,
    mirsal_error *err)
{
    uint32_t ended = 0;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < store->membership->freeze_count;) {
        const struct mir_freeze *freeze = &store->membership->freezes[i];
        struct mir_say what = { .kind = MIR_SAY_UNFREEZE };
        if (memcmp(&freeze->device, device, sizeof *device) != 0) {
            i++;
            continue;
        }
        what.act.subject = freeze->said;
        rc = mir_statements_settle(NULL, store, root, &what, err);
        i = 0; /* the list is another now, and one shorter at least */
        ended++;
    }
    if (rc == MIRSAL_OK && ended == 0) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no freeze of that device counts");
    }
    return finish(store, rc, err);
}

/* Data of the device in quarantine for a cut or a fork, oldest first. */
static mirsal_code list_quarantined(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT id FROM changeset WHERE device = ?1 AND compartment <> 255 AND state = 2"
        " AND reason IN (?2, ?3) ORDER BY compartment, seq, id";
    sqlite3_stmt *statement = NULL;
    int64_t no = 0;
    int more = 0;
    mirsal_code rc = mir_device_no(&no, store->sql, device, 0, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    mir_sql_bind_int(statement, 2, MIR_REASON_CUT);
    mir_sql_bind_int(statement, 3, MIR_REASON_FORK);
    while ((rc = mir_sql_step(&more, store->sql, statement, err)) == MIRSAL_OK && more) {
        struct mir_bytes id = mir_sql_column(statement, 0);
        mir_buf_append(out, id.data, id.size);
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

static int was_hostile(const struct mir_membership *membership, const mirsal_hash *device)
{
    for (size_t i = 0; i < membership->cut_count; i++) {
        const struct mir_statement_cut *cut = membership->cuts[i].what;
        if (cut->reason == MIR_CUT_HOSTILE && memcmp(&cut->device, device, sizeof *device) == 0) {
            return 1;
        }
    }
    return 0;
}

static int are_among(const struct mir_buf *found, const mirsal_hash *ids, uint32_t count)
{
    const mirsal_hash *held = (const mirsal_hash *)(const void *)found->data;
    size_t held_count = found->size / sizeof *held;
    for (uint32_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < held_count && memcmp(&held[at], &ids[i], sizeof *ids) != 0) {
            at++;
        }
        if (at == held_count) {
            return 0;
        }
    }
    return 1;
}

mirsal_code mir_device_adopt(uint32_t *adopted,
    struct mir_store *store,
    const mirsal_hash *device,
    const mirsal_hash *ids,
    uint32_t count,
    mirsal_error *err)
{
    struct mir_buf found;
    *adopted = 0;
    mir_buf_init(&found, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = mir_members_need(
        store, was_hostile(store->membership, device) ? MIR_ROLE_ADMIN : MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK) {
        rc = need_unfrozen(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = list_quarantined(&found, store, device, err);
    }
    if (rc == MIRSAL_OK && ids == NULL) {
        ids = (const mirsal_hash *)(const void *)found.data;
        count = (uint32_t)(found.size / sizeof *ids);
    }
    if (rc == MIRSAL_OK && (count == 0 || !are_among(&found, ids, count))) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such work of that device stands in quarantine");
    }
    while (rc == MIRSAL_OK && *adopted < count) {
        struct mir_say what = { .kind = MIR_SAY_ADOPT };
        what.act.ids = ids + *adopted;
        what.act.id_count = count - *adopted < ADOPT_MAX ? count - *adopted : ADOPT_MAX;
        rc = mir_statements_settle(NULL, store, NULL, &what, err);
        *adopted += what.act.id_count;
    }
    rc = finish(store, rc, err);
out:
    mir_buf_fini(&found);
    return rc;
}
