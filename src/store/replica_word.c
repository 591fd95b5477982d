/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica_word.c - what a relay signs, or shows unsigned, to a replica in a sync: kept, and
 * held against what it signed before; see replica.h, evidence.h.
 */
#include "replica_parts.h"

#include "evidence.h"
#include "fail.h"
#include "layout.h"
#include "mir_limits.h"
#include "reader.h"

#include <string.h>

#define CHECKPOINT_SIZE 120u /* store epoch 8 ‖ size u64 ‖ root 32 ‖ time u64 ‖ signature 64 */

int mir_replica_read_checkpoint(struct mir_checkpoint *out, struct mir_bytes bytes)
{
    struct mir_reader reader;
    if (bytes.size != CHECKPOINT_SIZE) {
        return 0;
    }
    mir_reader_init(&reader, bytes.data, bytes.size);
    mir_reader_copy(&reader, out->store_epoch, sizeof out->store_epoch);
    out->size = mir_reader_be64(&reader);
    mir_reader_copy(&reader, out->root.bytes, sizeof out->root.bytes);
    out->time_ms = mir_reader_be64(&reader);
    mir_reader_copy(&reader, out->signature, sizeof out->signature);
    return mir_reader_ok(&reader);
}

/* Who the relay is, its log by its own word, and the newest checkpoint accepted of it. */
struct relay_row {
    mirsal_hash identity;
    uint8_t store_epoch[8];
    int has_checkpoint;
    struct mir_checkpoint checkpoint;
};

static mirsal_code read_relay(struct relay_row *out, struct mir_replica *replica, mirsal_error *err)
{
    static const char text[] = "SELECT identity, store_epoch, checkpoint FROM peer WHERE no = ?1";
    sqlite3_stmt *find = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&find, replica->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, replica->peer);
    rc = mir_sql_step(&row, replica->store->sql, find, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes identity = mir_sql_column(find, 0);
        struct mir_bytes epoch = mir_sql_column(find, 1);
        if (identity.size == sizeof out->identity.bytes) {
            memcpy(out->identity.bytes, identity.data, identity.size);
        }
        if (epoch.size == sizeof out->store_epoch) {
            memcpy(out->store_epoch, epoch.data, epoch.size);
        }
        out->has_checkpoint =
            mir_replica_read_checkpoint(&out->checkpoint, mir_sql_column(find, 2));
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code finish(struct mir_store *store, mirsal_code rc, mirsal_error *err)
{
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static struct mir_relay_word word_of(const struct relay_row *relay,
    const struct mir_checkpoint *checkpoint)
{
    return (struct mir_relay_word){
        .kind = MIR_WORD_CHECKPOINT, .identity = relay->identity, .checkpoint = *checkpoint
    };
}

/* It is the newest of this relay now, and the next own changeset names it. */
static mirsal_code accept_checkpoint(struct mir_replica *replica,
    const struct relay_row *relay,
    const struct mir_checkpoint *checkpoint,
    mirsal_error *err)
{
    static const char text[] = "UPDATE peer SET checkpoint = ?2 WHERE no = ?1";
    struct mir_store *store = replica->store;
    struct mir_buf bytes;
    sqlite3_stmt *update = NULL;
    mirsal_hash seen;
    mir_buf_init(&bytes, store->env, CHECKPOINT_SIZE);
    mir_buf_append(&bytes, checkpoint->store_epoch, sizeof checkpoint->store_epoch);
    mir_buf_append_be64(&bytes, checkpoint->size);
    mir_buf_append(&bytes, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
    mir_buf_append_be64(&bytes, checkpoint->time_ms);
    mir_buf_append(&bytes, checkpoint->signature, sizeof checkpoint->signature);
    mirsal_code rc = mir_buf_finish(&bytes, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&update, store->sql, text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(update, 1, replica->peer);
        mir_sql_bind_blob(update, 2, bytes.data, bytes.size);
        rc = mir_sql_done(store->sql, update, err);
    }
    mir_buf_fini(&bytes);
    if (rc == MIRSAL_OK) {
        mir_checkpoint_hash(&seen, checkpoint, &relay->identity, &store->team);
        rc = mir_meta_set_bytes(
            store->sql, "seen", (struct mir_bytes){ seen.bytes, sizeof seen.bytes }, err);
    }
    return rc == MIRSAL_OK ? mir_evidence_proven(store, &relay->identity, checkpoint, 1, err) : rc;
}

static mirsal_code checkpoint_came(void *context,
    const struct mir_checkpoint *checkpoint,
    int consistent,
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct relay_row relay;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = read_relay(&relay, replica, err);
    struct mir_relay_word word = word_of(&relay, checkpoint);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_keep(store, &word, MIR_VIA_RELAY, err);
    }
    if (rc == MIRSAL_OK && consistent) {
        rc = accept_checkpoint(replica, &relay, checkpoint, err);
    } else if (rc == MIRSAL_OK && relay.has_checkpoint &&
               relay.checkpoint.size != checkpoint->size) {
        struct mir_relay_word held = word_of(&relay, &relay.checkpoint);
        rc = mir_evidence_contradicts(store,
            checkpoint->size < relay.checkpoint.size ? MIR_CONTRADICTION_ROLLED_BACK
                                                     : MIR_CONTRADICTION_INCONSISTENT,
            &held, &word, err);
    }
    return finish(store, rc, err);
}

/* The own changeset that STATE names by eight bytes of its id; *found = 0: not held. */
static mirsal_code find_own(struct mir_head *out,
    int *found,
    struct mir_store *store,
    const struct mir_own_head *named,
    mirsal_error *err)
{
    struct mir_chain_row row;
    const mirsal_hash *but = NULL;
    mirsal_hash other;
    int64_t device = 0;
    *found = 0;
    mirsal_code rc = mir_device_no(&device, store->sql, mir_store_device(store), 0, err);
    for (int branch = 0; rc == MIRSAL_OK && device != 0 && branch < 2 && !*found; branch++) {
        rc = mir_chain_at(&row, store->sql, device, named->compartment, named->seq, but, err);
        if (rc != MIRSAL_OK || row.no == 0) {
            break;
        }
        *found = memcmp(row.id.bytes, named->id, sizeof named->id) == 0;
        *out =
            (struct mir_head){ *mir_store_device(store), named->compartment, named->seq, row.id };
        other = row.id;
        but = &other;
    }
    return rc;
}

/* The heads that STATE names, whole; *all = 0: one of them is not held, so that nothing that is
 * signed over them can be verified. */
static mirsal_code write_heads(struct mir_buf *out,
    int *all,
    struct mir_store *store,
    const struct mir_state *state,
    mirsal_error *err)
{
    struct mir_heads heads;
    mirsal_code rc = MIRSAL_OK;
    *all = 1;
    mir_heads_init(&heads, store->env);
    for (uint32_t i = 0; rc == MIRSAL_OK && *all && i < state->head_count; i++) {
        struct mir_head head;
        rc = find_own(&head, all, store, &state->heads[i], err);
        if (rc == MIRSAL_OK && *all) {
            mir_heads_add(&heads, &head);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&heads.buf, err);
    }
    if (rc == MIRSAL_OK) {
        mir_acknowledged_write(out, (const void *)heads.buf.data, mir_heads_count(&heads));
        rc = mir_buf_finish(out, err);
    }
    mir_heads_fini(&heads);
    return rc;
}

/* The signed acknowledgement, where STATE has one that verifies: *has = 1, its heads in `bytes`. */
static mirsal_code read_signed(struct mir_relay_word *out,
    int *has,
    struct mir_buf *bytes,
    struct mir_store *store,
    const struct mir_state *state,
    mirsal_error *err)
{
    struct mir_acknowledgement *given = &out->acknowledgement;
    *has = 0;
    if (!state->has_signed) {
        return MIRSAL_OK;
    }
    mirsal_code rc = write_heads(bytes, has, store, state, err);
    if (rc != MIRSAL_OK || !*has) {
        return rc;
    }
    out->kind = MIR_WORD_ACKNOWLEDGEMENT;
    given->device = *mir_store_device(store);
    memcpy(given->store_epoch, state->store_epoch, sizeof given->store_epoch);
    given->size = state->signed_size;
    given->time_ms = state->time_ms;
    given->heads = mir_buf_bytes(bytes);
    memcpy(given->signature, state->signature, sizeof given->signature);
    *has = mir_relay_word_verify(out, &store->team);
    return MIRSAL_OK;
}

/* Shown a checkpoint of its own that it does not continue, a relay begins a new log. */
static mirsal_code judge_shown(struct mir_store *store,
    const struct relay_row *relay,
    const struct mir_checkpoint *shown,
    mirsal_error *err)
{
    struct mir_relay_word word = word_of(relay, shown);
    mirsal_code rc =
        mir_evidence_contradicts(store, MIR_CONTRADICTION_ROLLED_BACK, &word, NULL, err);
    return rc == MIRSAL_OK ? mir_evidence_proven(store, &relay->identity, shown, 0, err) : rc;
}

static mirsal_code judge_state(void *context,
    const struct mir_state *state,
    const struct mir_checkpoint *shown,
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct mir_relay_word word = { .identity = { { 0 } } };
    struct relay_row relay;
    struct mir_buf bytes;
    int has = 0;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&bytes, store->env, MIR_RELAY_WORD_SIZE_MAX);
    rc = read_relay(&relay, replica, err);
    word.identity = relay.identity;
    if (rc == MIRSAL_OK) {
        rc = read_signed(&word, &has, &bytes, store, state, err);
    }
    uint32_t unfit = state->hints & (MIR_HINT_CHECKPOINT | MIR_HINT_VECTOR);
    if (rc == MIRSAL_OK && shown != NULL && unfit != 0) {
        rc = judge_shown(store, &relay, shown, err);
    } else if (rc == MIRSAL_OK && (unfit & MIR_HINT_CHECKPOINT) == 0) {
        rc = mir_evidence_reaches(store, has ? &word : NULL, &relay.identity, state, err);
    }
    if (rc == MIRSAL_OK && has) {
        rc = mir_evidence_keep(store, &word, MIR_VIA_RELAY, err);
    }
    mir_buf_fini(&bytes);
    return finish(store, rc, err);
}

static mirsal_code served(void *context, mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct relay_row relay;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = read_relay(&relay, replica, err);
    if (rc == MIRSAL_OK && relay.has_checkpoint) {
        rc = mir_evidence_served(store, replica->peer, relay.checkpoint.size, err);
    }
    return finish(store, rc, err);
}

static mirsal_code doubt(void *context, struct mir_checkpoint *out, int *has, mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct relay_row relay;
    *has = 0;
    mirsal_code rc = read_relay(&relay, replica, err);
    if (rc != MIRSAL_OK || !relay.has_checkpoint) {
        return rc;
    }
    return mir_evidence_doubt(out, has, replica->store, &relay.identity, relay.store_epoch, err);
}

static int is_same(const struct mir_checkpoint *a, const struct mir_checkpoint *b)
{
    return a->size == b->size && mir_hash_equal(&a->root, &b->root);
}

/*
 * The answer proves something where it is the newest that this device accepted: one log holds both
 * then. A log that grew since then is asked about another time.
 */
static mirsal_code answered(void *context,
    const struct mir_checkpoint *asked,
    const struct mir_checkpoint *answer,
    int consistent,
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct relay_row relay;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = read_relay(&relay, replica, err);
    const struct mir_checkpoint *newest = answer != NULL ? answer : &relay.checkpoint;
    struct mir_relay_word one = word_of(&relay, asked);
    struct mir_relay_word other = word_of(&relay, newest);
    if (rc == MIRSAL_OK && answer != NULL) {
        rc = mir_evidence_keep(store, &other, MIR_VIA_RELAY, err);
    }
    if (rc == MIRSAL_OK && answer != NULL && consistent) {
        if (is_same(answer, &relay.checkpoint)) {
            rc = mir_evidence_proven(store, &relay.identity, asked, 1, err);
        }
        return finish(store, rc, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_proven(store, &relay.identity, asked, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_contradicts(store,
            asked->size > newest->size ? MIR_CONTRADICTION_HIDDEN : MIR_CONTRADICTION_INCONSISTENT,
            &one, &other, err);
    }
    return finish(store, rc, err);
}

mirsal_code mir_replica_wants_signed(int *out,
    struct mir_store *store,
    const struct mir_sync_self *self,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT 1 FROM acknowledged AS a JOIN acknowledged_head AS h ON h.acknowledged = a.no"
        " WHERE a.relay = ?1 AND a.epoch = ?2 AND a.device = ?3 AND h.compartment = ?4"
        " AND h.seq >= ?5 LIMIT 1";
    mirsal_code rc = MIRSAL_OK;
    *out = !self->has_epoch && self->head_count > 0;
    for (uint32_t i = 0; self->has_epoch && rc == MIRSAL_OK && !*out && i < self->head_count; i++) {
        sqlite3_stmt *find = NULL;
        int row = 0;
        rc = mir_sql_prepare(&find, store->sql, text, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        mir_sql_bind_blob(find, 1, self->relay_identity.bytes, sizeof(mirsal_hash));
        mir_sql_bind_blob(find, 2, self->store_epoch, sizeof self->store_epoch);
        mir_sql_bind_blob(find, 3, mir_store_device(store)->bytes, sizeof(mirsal_hash));
        mir_sql_bind_int(find, 4, self->heads[i].compartment);
        mir_sql_bind_int(find, 5, (int64_t)self->heads[i].seq);
        rc = mir_sql_step(&row, store->sql, find, err);
        mir_sql_release(find);
        *out = rc == MIRSAL_OK && !row;
    }
    return rc;
}

void mir_replica_word_calls(struct mir_sync_local *local)
{
    local->checkpoint = checkpoint_came;
    local->judge_state = judge_state;
    local->served = served;
    local->doubt = doubt;
    local->answered = answered;
}
