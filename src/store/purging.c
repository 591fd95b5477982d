/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purging.c - a replica destroys what was purged; see the header.
 *
 * A residue is made from the body, or from a residue of fewer orders, and is the same for all who
 * make it: where a statement has its hash nothing more is said.
 */
#include "purging.h"

#include "env.h"
#include "epochkeys.h"
#include "fail.h"
#include "forget.h"
#include "handed.h"
#include "members.h"
#include "mir_limits.h"
#include "opening.h"
#include "purge.h"
#include "residues.h"
#include "statement.h"
#include "teamschema.h"

#include <string.h>

#define ARENA_MAX (2 * MIR_BODY_MEMORY_MAX)

struct purging {
    struct mir_store *store;
    struct mir_buf *says;   /* or NULL */
    struct mir_arena arena; /* of one changeset */
    struct mir_arena whole; /* of the step */
    struct mir_causal causal;
    int has_causal;
    uint64_t now_ms;
    int destroyed;
};

/* A record of one changeset. */
struct asked {
    const struct mir_membership *membership;
    const mirsal_hash *changeset;
};

static int is_purged(void *context, const mirsal_id *record)
{
    const struct asked *asked = context;
    return mir_ordered_record(asked->membership, asked->changeset, record);
}

static mirsal_code add_say(struct purging *purging, const struct mir_say *say, mirsal_error *err)
{
    if (purging->says == NULL || purging->says->size / sizeof *say >= MIR_STATEMENTS_MAX / 4) {
        return MIRSAL_OK; /* another time */
    }
    mir_buf_append(purging->says, say, sizeof *say);
    return mir_buf_finish(purging->says, err);
}

static mirsal_code seal_to(struct mir_buf *out,
    struct purging *purging,
    const struct mir_changeset *changeset,
    const struct mir_epoch *epoch,
    struct mir_left *left,
    mirsal_error *err)
{
    struct mir_residue_seal seal;
    memset(&seal, 0, sizeof seal);
    memcpy(seal.epoch_key.bytes, epoch->name.public_key.bytes, sizeof seal.epoch_key.bytes);
    if (!mir_team_schema_dictionary(
            &seal.dictionary, purging->store, left->body.schema_version, left->body.schema_place)) {
        return mir_fail(err, MIRSAL_VERSION, "the schema's dictionary is not held");
    }
    mir_buf_reset(out);
    return mir_residue_seal(out, &purging->arena, changeset, &seal, left, err);
}

static mirsal_code take_causal(struct purging *purging, mirsal_error *err)
{
    const struct mir_members *members = purging->store->members;
    if (!purging->has_causal &&
        !mir_causal_init(&purging->causal, &purging->whole, members->facts, members->count)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for what statements know");
    }
    purging->has_causal = 1;
    return MIRSAL_OK;
}

static int is_of(const struct mir_residue *residue, struct mir_bytes bytes)
{
    mirsal_hash hash;
    mir_residue_hash(&hash, bytes);
    return residue->size == bytes.size && mir_hash_equal(&residue->hash, &hash);
}

/* *found = 1 and out is a residue that somebody's statement names already. */
static mirsal_code find_said(int *found,
    struct mir_buf *out,
    struct purging *purging,
    const struct mir_changeset *changeset,
    struct mir_left *left,
    mirsal_error *err)
{
    const struct mir_membership *membership = purging->store->membership;
    const struct mir_residue *first = NULL;
    size_t count = mir_purges_residues(membership, &changeset->id, &first);
    mirsal_code rc = count > 0 ? take_causal(purging, err) : MIRSAL_OK;
    *found = 0;
    for (size_t i = 0; rc == MIRSAL_OK && !*found && i < count; i++) {
        if (!mir_residues_good(&purging->causal, membership, &first[i])) {
            continue;
        }
        for (size_t e = 0; rc == MIRSAL_OK && !*found && e < membership->epoch_count; e++) {
            const struct mir_epoch *epoch = &membership->epochs[e];
            if (epoch->name.compartment != changeset->fields.compartment ||
                epoch->name.number != first[i].epoch) {
                continue;
            }
            rc = seal_to(out, purging, changeset, epoch, left, err);
            *found = rc == MIRSAL_OK && is_of(&first[i], mir_buf_bytes(out));
        }
    }
    return rc;
}

/* The residue as others made it, or this device's own, which it says. */
static mirsal_code settle_residue(struct purging *purging,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    struct mir_left *left,
    const mirsal_hash *mark,
    mirsal_error *err)
{
    struct mir_store *store = purging->store;
    const struct mir_epoch *epoch =
        mir_membership_epoch_for_writing(store->membership, changeset->fields.compartment);
    struct mir_residue_row made = {
        .changeset = row->no, .mark = mark, .named = 1, .now_ms = purging->now_ms
    };
    struct mir_buf residue;
    int found = 0;
    mir_buf_init(&residue, store->env, MIR_BODY_SIZE_MAX);
    mirsal_code rc = find_said(&found, &residue, purging, changeset, left, err);
    if (rc == MIRSAL_OK && !found && epoch != NULL) {
        struct mir_say say = { .kind = MIR_SAY_RESIDUE };
        rc = seal_to(&residue, purging, changeset, epoch, left, err);
        made.own = purging->says != NULL && mir_members_self(store, MIR_ROLE_COORDINATOR) != NULL;
        made.named = made.own;
        say.act.subject = changeset->id;
        say.act.numbers[0] = residue.size;
        say.act.numbers[1] = epoch->name.number;
        say.act.number_count = 2;
        mir_residue_hash(&say.act.second, mir_buf_bytes(&residue));
        if (rc == MIRSAL_OK && made.own) {
            rc = add_say(purging, &say, err);
        }
    }
    if (rc == MIRSAL_OK && residue.size > 0) {
        made.bytes = mir_buf_bytes(&residue);
        rc = mir_residues_put(store->sql, &made, err);
    }
    mir_buf_fini(&residue);
    return rc;
}

/* *wanting = 1: nobody's statement on the body's residue is good, and this device may say one. */
static mirsal_code is_wanting(int *wanting,
    struct purging *purging,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    const struct mir_membership *membership = purging->store->membership;
    const struct mir_residue *first = NULL;
    size_t count = mir_purges_residues(membership, &row->id, &first);
    *wanting =
        purging->says != NULL && mir_members_self(purging->store, MIR_ROLE_COORDINATOR) != NULL;
    mirsal_code rc = *wanting && count > 0 ? take_causal(purging, err) : MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && *wanting && i < count; i++) {
        *wanting = !mir_residues_good(&purging->causal, membership, &first[i]);
    }
    return rc;
}

/*
 * Of a body that is held and read here. A body that does not open has none. Where the day came
 * before this device could say anything, the body is gone, and what is left of it is said.
 */
static mirsal_code make_residue(struct purging *purging,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_store *store = purging->store;
    struct asked asked = { store->membership, &row->id };
    struct mir_changeset changeset;
    struct mir_left left;
    enum mir_opening how = MIR_OPENING_NO_KEY;
    mirsal_hash mark;
    uint64_t made = 0;
    size_t taken = 0;
    if (!mir_members_reads(store, row->compartment)) {
        return MIRSAL_OK;
    }
    mir_ordered_mark(&mark, store->membership, &row->id);
    mirsal_code rc = mir_residues_count(&made, store->sql, row->no, &mark, err);
    int wanting = 1;
    if (rc == MIRSAL_OK && made > 0) {
        rc = is_wanting(&wanting, purging, row, err);
    }
    if (rc != MIRSAL_OK || !wanting) {
        return rc;
    }
    mir_arena_reset(&purging->arena);
    rc = mir_chain_load(&changeset, &purging->arena, store->sql, row->no, err);
    if (rc == MIRSAL_OK && changeset.body.size > 0) {
        rc = mir_epoch_open_left(&left, &how, &purging->arena, store, &changeset, err);
    }
    if (rc != MIRSAL_OK || how != MIR_OPENED) {
        return rc;
    }
    rc = mir_left_purge(&left, &taken, &purging->arena, is_purged, &asked, err);
    if (rc == MIRSAL_OK) {
        rc = settle_residue(purging, row, &changeset, &left, &mark, err);
    }
    if (rc == MIRSAL_LIMIT) {
        mir_log(store->env, MIRSAL_LOG_ERROR, "a residue is too large to be carried");
        return MIRSAL_OK; /* the body stays, hidden */
    }
    return rc;
}

/* An own record's clear copy without what is purged, for an author who reads nothing else. */
static mirsal_code keep_own(struct purging *purging,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    struct mir_body *body,
    mirsal_error *err)
{
    static const char text[] = "UPDATE content SET clear = ?2 WHERE no = ?1";
    static const uint8_t no_seed[32];
    struct mir_store *store = purging->store;
    struct asked asked = { store->membership, &row->id };
    struct mir_place place = { .compartment = row->compartment };
    struct mir_left left;
    struct mir_buf kept;
    sqlite3_stmt *statement = NULL;
    size_t taken = 0;
    memcpy(place.device, changeset->fields.device.bytes, sizeof place.device);
    mir_buf_init(&kept, store->env, SIZE_MAX / 2);
    mir_buf_append_be32(&kept, body->schema_version);
    mirsal_code rc = mir_left_of_body(&left, &purging->arena, body, no_seed, err);
    if (rc == MIRSAL_OK) {
        rc = mir_left_purge(&left, &taken, &purging->arena, is_purged, &asked, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_body_encode_left(&kept, &left.body, &place, &purging->arena, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, row->no);
        mir_sql_bind_blob(statement, 2, kept.data, kept.size);
        rc = mir_sql_done(store->sql, statement, err);
    }
    mir_buf_fini(&kept);
    return rc;
}

/* Of a compartment that this device does not read: once others are known to keep what is left. */
static mirsal_code destroy_unread(struct purging *purging,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_store *store = purging->store;
    const struct mir_residue *first = NULL;
    struct mir_changeset changeset;
    struct mir_opened opened;
    enum mir_content content = MIR_CONTENT_CLOSED;
    if (mir_purges_residues(store->membership, &row->id, &first) == 0) {
        return MIRSAL_OK;
    }
    mir_arena_reset(&purging->arena);
    mirsal_code rc = mir_chain_load(&changeset, &purging->arena, store->sql, row->no, err);
    if (rc == MIRSAL_OK && !store->write_only) {
        rc = mir_content_open(&opened, &content, &purging->arena, store, &changeset, row, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_residues_drop_body(store->sql, row->no, err);
    }
    if (rc == MIRSAL_OK && content == MIR_CONTENT_OPENED) {
        rc = keep_own(purging, row, &changeset, &opened.body, err);
    }
    purging->destroyed = 1;
    return rc;
}

static mirsal_code destroy_read(struct purging *purging,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_sql *sql = purging->store->sql;
    mirsal_hash mark;
    uint64_t made = 0;
    uint64_t all = 0;
    mir_ordered_mark(&mark, purging->store->membership, &row->id);
    mirsal_code rc = mir_residues_count(&made, sql, row->no, &mark, err);
    if (rc == MIRSAL_OK) {
        rc = mir_residues_count(&all, sql, row->no, NULL, err);
    }
    int bad = row->state == MIR_STATE_QUARANTINED && row->reason == MIR_REASON_BAD_CONTENT;
    if (rc != MIRSAL_OK || (made == 0 && !bad)) {
        return rc; /* what it holds cannot be read yet: it goes with the key's coming */
    }
    if (row->kept != MIR_KEPT_RESIDUE) {
        rc = mir_residues_drop_body(sql, row->no, err);
        purging->destroyed = 1;
    }
    if (rc == MIRSAL_OK && made > 0 && all > made) {
        rc = mir_residues_keep(sql, row->no, &mark, err);
        purging->destroyed = 1;
    }
    return rc;
}

static mirsal_code step_body(struct purging *purging, const mirsal_hash *id, mirsal_error *err)
{
    struct mir_store *store = purging->store;
    struct mir_chain_row row;
    int due = 0;
    mirsal_code rc = mir_chain_find(&row, store->sql, id, err);
    if (rc != MIRSAL_OK || row.no == 0 || row.compartment == MIR_COMPARTMENT_CONTROL) {
        return rc;
    }
    rc = make_residue(purging, &row, err);
    if (rc == MIRSAL_OK) {
        rc = mir_ordered_due(&due, store->sql, store->membership, id, purging->now_ms, err);
    }
    if (rc != MIRSAL_OK || !due) {
        return rc;
    }
    if (mir_members_reads(store, row.compartment)) {
        return destroy_read(purging, &row, err);
    }
    return row.kept == MIR_KEPT_RESIDUE ? MIRSAL_OK : destroy_unread(purging, &row, err);
}

static int confirmed(const struct mir_store *store, const mirsal_hash *order)
{
    const struct mir_purges *purges = &store->membership->purges;
    for (size_t i = 0; i < purges->receipt_count; i++) {
        if (mir_hash_equal(&purges->receipts[i].order, order) &&
            mir_hash_equal(&purges->receipts[i].by, &store->device)) {
            return 1;
        }
    }
    return 0;
}

/* Nothing of what the order names is left here: noted, and said by purge_done. */
static mirsal_code owe_done(struct purging *purging,
    const struct mir_purge *order,
    mirsal_error *err)
{
    struct mir_store *store = purging->store;
    struct mir_say say = { .kind = MIR_SAY_PURGE_DONE };
    struct mir_purge_here here;
    int done = 0;
    if (order->level != MIR_PURGE_ORDERED) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_ordered_order_due(
        &done, store->sql, store->membership, &order->id, purging->now_ms, err);
    for (size_t i = 0; rc == MIRSAL_OK && done && i < order->changeset_count; i++) {
        struct mir_chain_row row;
        rc = mir_chain_find(&row, store->sql, &order->changesets[i], err);
        done = row.no == 0 || row.kept == MIR_KEPT_RESIDUE || row.kept == MIR_KEPT_HEADER;
    }
    if (rc == MIRSAL_OK && done) {
        rc = mir_purge_here(&here, store, &order->id, err);
    }
    if (rc == MIRSAL_OK && done && here.destroyed_ms == 0) {
        rc = mir_handed_forget(store, order, err);
        rc = rc == MIRSAL_OK ? mir_purge_set_destroyed(store, &order->id, err) : rc;
    }
    say.act.subject = order->id;
    return rc == MIRSAL_OK && done && !confirmed(store, &order->id) ? add_say(purging, &say, err)
                                                                    : rc;
}

static mirsal_code step(struct purging *purging, mirsal_error *err)
{
    struct mir_store *store = purging->store;
    const struct mir_purges *purges = &store->membership->purges;
    mirsal_code rc = mir_purge_note(store, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->body_count; i++) {
        if (purges->bodies[i].level == MIR_PURGE_ORDERED) {
            rc = step_body(purging, &purges->bodies[i].id, err);
        }
    }
    if (rc == MIRSAL_OK && purging->destroyed) {
        rc = mir_forget_project(store, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->count; i++) {
        rc = owe_done(purging, &purges->items[i], err);
    }
    return rc;
}

mirsal_code mir_purging_step(struct mir_buf *says, struct mir_store *store, mirsal_error *err)
{
    struct purging purging = { .store = store, .says = says };
    if (store->membership == NULL || store->membership->purges.count == 0) {
        return MIRSAL_OK;
    }
    purging.now_ms = mir_now_ms(store->env);
    mir_arena_init(&purging.arena, store->env, ARENA_MAX);
    mir_arena_init(&purging.whole, store->env, SIZE_MAX);
    mirsal_code rc = step(&purging, err);
    mir_arena_fini(&purging.whole);
    mir_arena_fini(&purging.arena);
    return rc;
}

/* Whether a body stands that is to be destroyed, without the cost of a write transaction. */
static mirsal_code look(int *any, struct mir_store *store, mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    uint64_t now_ms = mir_now_ms(store->env);
    mirsal_code rc = MIRSAL_OK;
    *any = 0;
    for (size_t i = 0; rc == MIRSAL_OK && !*any && i < purges->body_count; i++) {
        struct mir_chain_row row;
        int due = 0;
        rc = mir_chain_find(&row, store->sql, &purges->bodies[i].id, err);
        if (rc == MIRSAL_OK && row.no != 0 && row.kept != MIR_KEPT_RESIDUE) {
            rc = mir_ordered_due(&due, store->sql, store->membership, &row.id, now_ms, err);
        }
        *any = due;
    }
    return rc;
}

mirsal_code mir_purging_due(struct mir_store *store, mirsal_error *err)
{
    int any = 0;
    if (store->membership == NULL || store->transaction_depth > 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = look(&any, store, err);
    if (rc != MIRSAL_OK || !any) {
        return rc;
    }
    rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_purging_step(NULL, store, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}
