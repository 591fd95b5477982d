/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica_peer.c - the replica before a device of its team instead of a relay:
 * protocol/sync.md 10. What it learns of that device it holds for the run alone.
 */
#include "evidence.h"
#include "fail.h"
#include "identity.h"
#include "layout.h"
#include "members.h"
#include "replica_parts.h"

#include <string.h>

#define PEER_SERIAL 1u

static mirsal_code ignore_checkpoint(void *context,
    const struct mir_checkpoint *checkpoint,
    int consistent,
    mirsal_error *err)
{
    (void)context;
    (void)checkpoint;
    (void)consistent;
    (void)err;
    return MIRSAL_OK; /* a peer has none */
}

static mirsal_code peer_state(void *context,
    const uint8_t store_epoch[8],
    uint32_t key_serial,
    uint64_t time_ms,
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_met *met = replica->met;
    (void)key_serial;
    (void)time_ms;
    (void)err;
    if (met->has_epoch && memcmp(met->store_epoch, store_epoch, sizeof met->store_epoch) != 0) {
        met->cursor_count = 0;
    }
    memcpy(met->store_epoch, store_epoch, sizeof met->store_epoch);
    met->has_epoch = 1;
    met->introduces = 0; /* it answers: this device is known to it now */
    return MIRSAL_OK;
}

static mirsal_code describe(void *context, struct mir_sync_self *self, mirsal_error *err)
{
    struct mir_replica *replica = context;
    const struct mir_met *met = replica->met;
    memset(self, 0, sizeof *self);
    mirsal_code rc = mir_store_refresh(replica->store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_replica_describe_self(replica, self, err);
    }
    self->relay_identity = met->identity;
    self->relay_noise = met->noise;
    self->relay_serial = PEER_SERIAL;
    self->has_epoch = met->has_epoch;
    memcpy(self->store_epoch, met->store_epoch, sizeof self->store_epoch);
    self->joins = met->introduces;
    self->with_vector = !met->meets;
    if (met->meets || met->introduces) {
        self->want_count = 0;
    }
    for (uint32_t i = 0; i < met->cursor_count; i++) {
        int wanted = met->cursors[i].compartment == MIR_COMPARTMENT_CONTROL;
        for (uint32_t j = 0; j < self->want_count; j++) {
            wanted |= self->wants[j] == met->cursors[i].compartment;
        }
        if (wanted) {
            self->cursors[self->cursor_count++] = met->cursors[i];
        }
    }
    return rc;
}

static mirsal_code heads(void *context, int known, struct mir_heads *out, mirsal_error *err)
{
    struct mir_replica *replica = context;
    if (replica->met->meets && !known) {
        return MIRSAL_OK; /* nothing is named to a device that is not known yet */
    }
    return mir_replica_heads(replica, known, out, err);
}

static mirsal_code replace_known(void *context,
    const struct mir_vector *vector,
    const uint8_t handshake_hash[32],
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    mirsal_code rc = mir_replica_replace_known(replica, vector, handshake_hash, err);
    if (rc == MIRSAL_OK) {
        /* Empty: the peer does not know this device (every store holds the genesis). */
        replica->met->introduces = vector->entry_count == 0;
        replica->met->compared = vector->entry_count > 0;
    }
    return rc;
}

/* Appends int64_t: the control that was held when this device joined, with its join. */
static mirsal_code introduction(struct mir_replica *replica, mirsal_error *err)
{
    static const char text[] =
        "SELECT no FROM changeset WHERE compartment = 255 AND no <="
        " (SELECT c.no FROM changeset AS c JOIN device AS d ON d.no = c.device"
        "  WHERE d.key = ?1 AND c.compartment = 255 ORDER BY c.seq LIMIT 1) ORDER BY no";
    struct mir_sql *sql = replica->store->sql;
    const mirsal_hash *self = mir_store_device(replica->store);
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, self->bytes, sizeof self->bytes);
    while ((rc = mir_sql_step(&row, sql, statement, err)) == MIRSAL_OK && row) {
        int64_t no = mir_sql_column_int(statement, 0);
        mir_buf_append(&replica->queue, &no, sizeof no);
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(&replica->queue, err) : rc;
}

mirsal_code mir_replica_peer_queue(struct mir_replica *replica, mirsal_error *err)
{
    const struct mir_met *met = replica->met;
    if (met->introduces) {
        return introduction(replica, err);
    }
    if (met->meets || !met->compared) {
        return MIRSAL_OK; /* what the peer lacks is not known yet */
    }
    return mir_known_missing(&replica->queue, replica->store, MIR_KNOWN_MET, err);
}

int mir_replica_peer_may_hold(const struct mir_replica *replica,
    const mirsal_hash *author,
    uint8_t compartment)
{
    const mirsal_hash *peer = &replica->met->identity;
    return compartment == MIR_COMPARTMENT_CONTROL || mir_hash_equal(author, peer) ||
           mir_membership_can_read(replica->store->membership, peer, compartment);
}

int mir_replica_self_may_hold(const struct mir_store *store,
    const mirsal_hash *author,
    uint8_t compartment)
{
    return compartment == MIR_COMPARTMENT_CONTROL || mir_identity_is_own(store, author) ||
           mir_members_reads(store, compartment);
}

void mir_replica_peer_cursor(struct mir_replica *replica, const struct mir_cursor *cursor)
{
    struct mir_met *met = replica->met;
    uint32_t at = 0;
    while (at < met->cursor_count && met->cursors[at].compartment < cursor->compartment) {
        at++;
    }
    if (at < met->cursor_count && met->cursors[at].compartment == cursor->compartment) {
        met->cursors[at] = *cursor;
        return;
    }
    if (met->cursor_count < MIR_WANTS_MAX) {
        memmove(&met->cursors[at + 1], &met->cursors[at],
            (met->cursor_count - at) * sizeof met->cursors[0]);
        met->cursors[at] = *cursor;
        met->cursor_count++;
    }
}

mirsal_code mir_replica_peer_standing(enum mir_peer_standing *out,
    struct mir_replica *replica,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_refresh(replica->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct mir_member *member =
        mir_membership_device(replica->store->membership, &replica->met->identity);
    if (member == NULL || !member->valid) {
        *out = MIR_PEER_UNKNOWN;
    } else {
        *out = member->ended ? MIR_PEER_ENDED : MIR_PEER_JOINED;
    }
    return MIRSAL_OK;
}

void mir_replica_peer_meets(struct mir_replica *replica, int meets)
{
    replica->met->meets = meets;
}

void mir_replica_peer_key(struct mir_replica *replica, const struct mir_relay_key *key)
{
    replica->met->noise = key->noise;
}

static mirsal_code give_words(void *context, mir_word_sink sink, void *to, mirsal_error *err)
{
    const struct mir_replica *replica = context;
    return mir_evidence_give(replica->store, sink, to, err);
}

static mirsal_code take_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    const struct mir_replica *replica = context;
    return mir_evidence_take_any(replica->store, word, MIR_VIA_PEER, err);
}

mirsal_code mir_replica_open_peer(struct mir_replica **out,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err)
{
    struct mir_replica *replica = NULL;
    *out = NULL;
    mirsal_code rc = mir_known_meet(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_replica_make(&replica, store, MIR_KNOWN_MET, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    replica->met = mir_arena_alloc(&replica->lasting, 1, sizeof *replica->met);
    if (replica->met == NULL) {
        mir_replica_close(replica);
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(replica->met, 0, sizeof *replica->met);
    replica->met->identity = *identity;
    replica->local.describe = describe;
    replica->local.relay_state = peer_state;
    replica->local.checkpoint = ignore_checkpoint;
    replica->local.words = give_words;
    replica->local.word = take_word;
    replica->local.heads = heads;
    replica->local.replace_known = replace_known;
    *out = replica;
    return MIRSAL_OK;
}
