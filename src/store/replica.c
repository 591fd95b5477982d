/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica.c - a store as the initiator of a sync sees it; see the header. The half of the
 * calls that describe the replica and remember the relay is replica_relay.c's.
 */
#include "replica.h"

#include "duties.h"
#include "env.h"
#include "fail.h"
#include "members.h"
#include "replica_parts.h"
#include "residue.h"
#include "residues.h"

#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)

static mirsal_code push_begin(void *context, mirsal_error *err)
{
    struct mir_replica *replica = context;
    mir_buf_reset(&replica->queue);
    mir_buf_reset(&replica->given);
    mir_buf_reset(&replica->left);
    mir_buf_reset(&replica->withheld);
    replica->next = 0;
    replica->acknowledged = 0;
    mirsal_code rc = mir_store_refresh(replica->store, err);
    if (rc == MIRSAL_OK && replica->met != NULL) {
        return mir_replica_peer_queue(replica, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_known_missing(&replica->queue, replica->store, replica->peer, err);
    }
    return rc == MIRSAL_OK
               ? mir_known_missing_residues(&replica->queue, replica->store, replica->peer, err)
               : rc;
}

static int64_t number_at(const struct mir_buf *buf, size_t index)
{
    int64_t no = 0;
    memcpy(&no, buf->data + index * sizeof no, sizeof no);
    return no;
}

static int is_among(const struct mir_buf *chains, const struct mir_chain_row *row)
{
    for (size_t at = 0; at < chains->size; at += sizeof(struct mir_refused_chain)) {
        struct mir_refused_chain chain;
        memcpy(&chain, chains->data + at, sizeof chain);
        if (chain.device == row->device && chain.compartment == row->compartment &&
            row->seq >= chain.seq) {
            return 1;
        }
    }
    return 0;
}

static int is_rejected(const struct mir_replica *replica, const struct mir_chain_row *row)
{
    return is_among(&replica->refused, row);
}

/* Whether it goes to the one at the other end at all: a relay takes everything. */
static mirsal_code passes(int *out,
    struct mir_replica *replica,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    mirsal_hash author;
    *out = 1;
    if (replica->met == NULL || row->compartment == MIR_COMPARTMENT_CONTROL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_device_key(&author, replica->store->sql, row->device, err);
    *out = rc == MIRSAL_OK && mir_replica_peer_may_hold(replica, &author, row->compartment);
    return rc;
}

/* Whose body is not held any more: a reader has it, and brings it to a relay that lost it. */
static mirsal_code withhold(struct mir_replica *replica,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_refused_chain chain = { row->device, row->compartment, row->seq };
    mir_buf_append(&replica->withheld, &chain, sizeof chain);
    return mir_buf_finish(&replica->withheld, err);
}

/* The residue of a changeset that the relay is not known to hold: its body is empty without. */
static mirsal_code load_left(struct mir_changeset *out,
    struct mir_replica *replica,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_store *store = replica->store;
    mirsal_hash hash;
    int found = 0;
    mirsal_code rc = mir_known_missing_residue(&hash, &found, store, replica->peer, row->no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load_left(out, &replica->arena, store->sql, row->no, err);
    }
    out->body = (struct mir_bytes){ NULL, 0 };
    return rc == MIRSAL_OK && found
               ? mir_residues_bytes(&out->body, &replica->arena, store->sql, row->no, &hash, err)
               : rc;
}

/* What was given, and which residue where it was one. */
static mirsal_code note_given(struct mir_replica *replica,
    int64_t no,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    mirsal_hash left = { { 0 } };
    if (changeset->residue) {
        mir_residue_hash(&left, changeset->body);
    }
    mir_buf_append(&replica->left, &left, sizeof left);
    mir_buf_append(&replica->given, &no, sizeof no);
    mirsal_code rc = mir_buf_finish(&replica->left, err);
    return rc == MIRSAL_OK ? mir_buf_finish(&replica->given, err) : rc;
}

/* A changeset of the queue; known = 1: it is not to be given. */
static mirsal_code take_next(struct mir_replica *replica,
    struct mir_changeset *out,
    int *known,
    int64_t no,
    mirsal_error *err)
{
    struct mir_sql *sql = replica->store->sql;
    struct mir_chain_row row;
    int left = no < 0; /* a residue of one that the relay has */
    int there = 0;
    int may = 0;
    mirsal_code rc = mir_chain_row(&row, sql, left ? -no : no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_known_is(&there, replica->store, replica->peer, &row, err);
    }
    /* A residue in the place of its body went before. */
    *known = left ? !there && row.kept == MIR_KEPT_RESIDUE : there;
    *known = *known || is_rejected(replica, &row) || is_among(&replica->withheld, &row);
    if (rc == MIRSAL_OK && !*known) {
        rc = passes(&may, replica, &row, err);
        *known = !may;
    }
    if (rc != MIRSAL_OK || *known) {
        return rc;
    }
    mir_arena_reset(&replica->arena);
    rc = left ? load_left(out, replica, &row, err)
              : mir_chain_load(out, &replica->arena, sql, row.no, err);
    if (rc == MIRSAL_OK && out->body.size == 0 && (left || row.kept != MIR_KEPT_WHOLE)) {
        *known = 1;
        rc = left ? MIRSAL_OK : withhold(replica, &row, err);
    }
    return rc;
}

static mirsal_code push_next(void *context, struct mir_changeset *out, mirsal_error *err)
{
    struct mir_replica *replica = context;
    size_t count = replica->queue.size / sizeof(int64_t);
    memset(out, 0, sizeof *out);
    while (replica->next < count) {
        int known = 0;
        int64_t no = number_at(&replica->queue, replica->next++);
        mirsal_code rc = take_next(replica, out, &known, no, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (!known) {
            return note_given(replica, no, out, err);
        }
        memset(out, 0, sizeof *out);
    }
    return MIRSAL_OK;
}

static mirsal_code rejected(void *context, const struct mir_reject *reject, mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_refused_chain chain = { 0, reject->compartment, reject->seq };
    if (reject->code == MIR_REJECT_FORK) {
        return MIRSAL_OK; /* kept all the same */
    }
    mirsal_code rc = mir_device_no(&chain.device, replica->store->sql, &reject->device, 0, err);
    if (rc == MIRSAL_OK && chain.device != 0) {
        mir_buf_append(&replica->refused, &chain, sizeof chain);
        rc = mir_buf_finish(&replica->refused, err);
    }
    return rc;
}

static mirsal_code acknowledge(void *context, uint64_t count, mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    uint64_t given = replica->given.size / sizeof(int64_t);
    count = count < given ? count : given;
    if (count <= replica->acknowledged) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (uint64_t i = replica->acknowledged; rc == MIRSAL_OK && i < count; i++) {
        struct mir_chain_row row;
        int64_t no = number_at(&replica->given, (size_t)i);
        rc = mir_chain_row(&row, store->sql, no < 0 ? -no : no, err);
        if (rc != MIRSAL_OK || is_rejected(replica, &row)) {
            continue;
        }
        if (no > 0) {
            rc = mir_known_mark(store, replica->peer, &row, err);
        }
        mirsal_hash left;
        memcpy(&left, replica->left.data + i * sizeof left, sizeof left);
        if (rc == MIRSAL_OK && replica->met == NULL && !mir_hash_is_zero(&left)) {
            rc = mir_known_mark_residue(store, replica->peer, row.no, &left, err);
        }
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    rc = mir_store_commit(store, err);
    if (rc == MIRSAL_OK) {
        replica->acknowledged = count;
    }
    return rc;
}

static mirsal_code mark_own_head(struct mir_replica *replica,
    int64_t device,
    const struct mir_own_head *head,
    mirsal_error *err)
{
    struct mir_chain_row row;
    mirsal_code rc =
        mir_chain_at(&row, replica->store->sql, device, head->compartment, head->seq, NULL, err);
    if (rc == MIRSAL_OK && row.no != 0 && memcmp(row.id.bytes, head->id, sizeof head->id) != 0) {
        mirsal_hash other = row.id;
        rc = mir_chain_at(
            &row, replica->store->sql, device, head->compartment, head->seq, &other, err);
    }
    if (rc == MIRSAL_OK && row.no != 0 && memcmp(row.id.bytes, head->id, sizeof head->id) == 0) {
        rc = mir_known_mark(replica->store, replica->peer, &row, err);
    }
    return rc;
}

static mirsal_code relay_heads(void *context,
    const struct mir_own_head *heads,
    uint32_t count,
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    int64_t device = 0;
    if (count == 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_device_no(&device, store->sql, mir_store_device(store), 0, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && device != 0 && i < count; i++) {
        rc = mark_own_head(replica, device, &heads[i], err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static mirsal_code pull_begin(void *context, mirsal_error *err)
{
    struct mir_replica *replica = context;
    return mir_store_begin(replica->store, err);
}

static mirsal_code put(void *context,
    enum mir_sync_verdict *verdict,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    static const enum mir_sync_verdict verdicts[] = { [MIR_ACCEPT_STORED] = MIR_SYNC_STORED,
        [MIR_ACCEPT_DUPLICATE] = MIR_SYNC_DUPLICATE,
        [MIR_ACCEPT_FORK] = MIR_SYNC_FORK };
    struct mir_replica *replica = context;
    struct mir_chain_row row;
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    if (replica->met != NULL && !mir_replica_self_may_hold(replica->store,
                                    &changeset->fields.device, changeset->fields.compartment)) {
        *verdict = MIR_SYNC_REJECTED;
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_accept_put(&accepted, replica->store, changeset, err);
    if (mirsal_code_class(rc) == MIRSAL_CLASS_PEER) {
        *verdict = MIR_SYNC_REJECTED;
        return MIRSAL_OK;
    }
    *verdict = verdicts[accepted];
    if (rc == MIRSAL_OK) {
        rc = mir_chain_find(&row, replica->store->sql, &changeset->id, err);
    }
    if (rc == MIRSAL_OK && changeset->residue && replica->met == NULL) {
        mirsal_hash left;
        mir_residue_hash(&left, changeset->body);
        rc = mir_known_mark_residue(replica->store, replica->peer, row.no, &left, err);
    }
    return rc == MIRSAL_OK ? mir_known_mark(replica->store, replica->peer, &row, err) : rc;
}

static mirsal_code pull_commit(void *context, const struct mir_cursor *cursor, mirsal_error *err)
{
    struct mir_replica *replica = context;
    mirsal_code rc = mir_accept_settle(&replica->counts, replica->store, err);
    if (rc == MIRSAL_OK && cursor != NULL && replica->met == NULL) {
        rc = mir_replica_set_cursor(replica, cursor, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(replica->store);
        return rc;
    }
    rc = mir_store_commit(replica->store, err);
    if (rc == MIRSAL_OK && cursor != NULL && replica->met != NULL) {
        mir_replica_peer_cursor(replica, cursor);
    }
    return rc;
}

static void pull_abort(void *context)
{
    struct mir_replica *replica = context;
    mir_store_rollback(replica->store);
}

static mirsal_code settle(void *context, uint32_t *wrote, mirsal_error *err)
{
    struct mir_replica *replica = context;
    return mir_duties_run(wrote, replica->store, err);
}

mirsal_code mir_replica_make(struct mir_replica **out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_replica *replica = mir_alloc(store->env, sizeof *replica);
    if (replica == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    replica->store = store;
    replica->peer = peer;
    mir_arena_init(&replica->arena, store->env, ARENA_MAX);
    mir_arena_init(&replica->described, store->env, ARENA_MAX);
    mir_arena_init(&replica->lasting, store->env, ARENA_MAX);
    mir_buf_init(&replica->queue, store->env, SIZE_MAX / 2);
    mir_buf_init(&replica->given, store->env, SIZE_MAX / 2);
    mir_buf_init(&replica->left, store->env, SIZE_MAX / 2);
    mir_buf_init(&replica->refused, store->env, SIZE_MAX / 2);
    mir_buf_init(&replica->withheld, store->env, SIZE_MAX / 2);
    replica->local.context = replica;
    replica->local.push_begin = push_begin;
    replica->local.push_next = push_next;
    replica->local.rejected = rejected;
    replica->local.acknowledge = acknowledge;
    replica->local.relay_heads = relay_heads;
    replica->local.pull_begin = pull_begin;
    replica->local.put = put;
    replica->local.pull_commit = pull_commit;
    replica->local.pull_abort = pull_abort;
    replica->local.settle = settle;
    mir_replica_relay_calls(&replica->local);
    *out = replica;
    return MIRSAL_OK;
}

mirsal_code mir_replica_open(struct mir_replica **out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err)
{
    struct mir_replica *replica = NULL;
    *out = NULL;
    mirsal_code rc = mir_replica_make(&replica, store, peer, err);
    if (rc == MIRSAL_OK) {
        mir_replica_word_calls(&replica->local);
        rc = mir_replica_read_key(replica, err);
    }
    if (rc != MIRSAL_OK) {
        mir_replica_close(replica);
        return rc;
    }
    *out = replica;
    return MIRSAL_OK;
}

void mir_replica_close(struct mir_replica *replica)
{
    if (replica == NULL) {
        return;
    }
    const mirsal_env *env = replica->store->env;
    mir_buf_fini(&replica->withheld);
    mir_buf_fini(&replica->refused);
    mir_buf_fini(&replica->left);
    mir_buf_fini(&replica->given);
    mir_buf_fini(&replica->queue);
    mir_arena_fini(&replica->lasting);
    mir_arena_fini(&replica->described);
    mir_arena_fini(&replica->arena);
    mir_release(env, replica, sizeof *replica);
}

const struct mir_sync_local *mir_replica_local(struct mir_replica *replica)
{
    return &replica->local;
}

int mir_replica_another_log(const struct mir_replica *replica)
{
    return replica->another_log;
}

void mir_replica_counts(struct mir_accept_counts *out, const struct mir_replica *replica)
{
    *out = replica->counts;
}
