/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica_relay.c - what a replica tells a relay of itself, and what it remembers of the
 * relay; see replica.h.
 */
#include "replica_parts.h"

#include "bracket.h"
#include "chainheads.h"
#include "env.h"
#include "fail.h"
#include "layout.h"
#include "members.h"
#include "reader.h"
#include "stamp.h"

#include <string.h>

static mirsal_code bind_peer(sqlite3_stmt **out,
    struct mir_replica *replica,
    const char *text,
    mirsal_error *err)
{
    mirsal_code rc = mir_sql_prepare(out, replica->store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(*out, 1, replica->peer);
    }
    return rc;
}

/* One statement over this peer with one more parameter. */
static mirsal_code set_peer_bytes(struct mir_replica *replica,
    const char *text,
    struct mir_bytes value,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 2, value.data, value.size);
    return mir_sql_done(replica->store->sql, statement, err);
}

mirsal_code mir_replica_read_key(struct mir_replica *replica, mirsal_error *err)
{
    static const char text[] = "SELECT key_serial, noise FROM peer WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, replica->store->sql, statement, err);
    }
    if (rc == MIRSAL_OK && !row) {
        rc = mir_fail(err, MIRSAL_NO_RELAY, "no such relay is known");
    }
    if (rc == MIRSAL_OK) {
        replica->key_serial = (uint32_t)mir_sql_column_int(statement, 0);
        replica->has_key = mir_sql_column(statement, 1).size == 32;
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_replica_relay_key(struct mir_replica *replica,
    const struct mir_relay_key *key,
    mirsal_error *err)
{
    static const char text[] = "UPDATE peer SET noise = ?2, key_serial = ?3 WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    if (key->serial < replica->key_serial) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the relay shows an older key than before");
    }
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 2, key->noise.bytes, sizeof key->noise.bytes);
    mir_sql_bind_int(statement, 3, key->serial);
    rc = mir_sql_done(replica->store->sql, statement, err);
    if (rc == MIRSAL_OK) {
        replica->key_serial = key->serial;
        replica->has_key = 1;
    }
    return rc;
}

int mir_replica_has_key(const struct mir_replica *replica, uint32_t *serial)
{
    *serial = replica->key_serial;
    return replica->has_key;
}

/* What the relay is known to hold by now was made before its newest word. */
static mirsal_code bracket_held(struct mir_replica *replica, mirsal_error *err)
{
    static const char text[] = "SELECT heard FROM peer WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, replica->store->sql, statement, err);
    }
    int64_t heard = rc == MIRSAL_OK && row ? mir_sql_column_int(statement, 0) : 0;
    mir_sql_release(statement);
    return rc == MIRSAL_OK && heard > 0
               ? mir_bracket_held(replica->store, replica->peer, (uint64_t)heard, err)
               : rc;
}

mirsal_code mir_replica_synced(struct mir_replica *replica, uint32_t hints, mirsal_error *err)
{
    static const char text[] = "UPDATE peer SET hints = ?2, last_sync = ?3 WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 2, hints);
    mir_sql_bind_int(statement, 3, (int64_t)mir_now_ms(replica->store->env));
    rc = mir_sql_done(replica->store->sql, statement, err);
    return rc == MIRSAL_OK ? bracket_held(replica, err) : rc;
}

mirsal_code mir_replica_set_cursor(struct mir_replica *replica,
    const struct mir_cursor *cursor,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO peer_cursor (peer, compartment, arrival, whole) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (peer, compartment) DO UPDATE"
        " SET arrival = excluded.arrival, whole = excluded.whole";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 2, cursor->compartment);
    mir_sql_bind_int(statement, 3, (int64_t)cursor->arrival);
    mir_sql_bind_int(statement, 4, mir_members_reads(replica->store, cursor->compartment));
    return mir_sql_done(replica->store->sql, statement, err);
}

/* 1 when from has that size: nothing is copied otherwise. */
static int copy_exact(uint8_t *out, size_t size, struct mir_bytes from)
{
    if (from.size != size) {
        return 0;
    }
    memcpy(out, from.data, size);
    return 1;
}

/* The peer's row. */
static mirsal_code describe_peer(struct mir_replica *replica,
    struct mir_sync_self *self,
    int *registers,
    mirsal_error *err)
{
    static const char text[] = "SELECT identity, noise, key_serial, token, registered, store_epoch,"
                               " checkpoint FROM peer WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, replica->store->sql, statement, err);
    }
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes identity = mir_sql_column(statement, 0);
        struct mir_bytes noise = mir_sql_column(statement, 1);
        struct mir_bytes token = mir_sql_column(statement, 3);
        struct mir_bytes epoch = mir_sql_column(statement, 5);
        (void)copy_exact(self->relay_identity.bytes, 32, identity);
        (void)copy_exact(self->relay_noise.bytes, 32, noise);
        self->relay_serial = (uint32_t)mir_sql_column_int(statement, 2);
        *registers = token.size > 0 && mir_sql_column_int(statement, 4) == 0;
        self->token.data = mir_arena_copy(&replica->described, token.data, token.size);
        self->token.size = *registers && self->token.data != NULL ? token.size : 0;
        self->has_epoch = copy_exact(self->store_epoch, sizeof self->store_epoch, epoch);
        self->has_checkpoint =
            mir_replica_read_checkpoint(&self->checkpoint, mir_sql_column(statement, 6));
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code find_own_first(struct mir_chain_row *out,
    struct mir_store *store,
    mirsal_error *err)
{
    int64_t device = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_device_no(&device, store->sql, mir_store_device(store), 0, err);
    if (rc == MIRSAL_OK && device != 0) {
        rc = mir_chain_at(out, store->sql, device, MIR_COMPARTMENT_CONTROL, 1, NULL, err);
    }
    return rc;
}

static mirsal_code describe_genesis(struct mir_replica *replica,
    struct mir_sync_self *self,
    mirsal_error *err)
{
    struct mir_store *store = replica->store;
    struct mir_changeset genesis;
    struct mir_chain_row row;
    struct mir_buf lone;
    mir_buf_init(&lone, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_chain_row(&row, store->sql, 1, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load(&genesis, &replica->described, store->sql, 1, err);
    }
    if (rc == MIRSAL_OK) {
        mir_changeset_encode(&lone, &genesis);
        rc = mir_buf_finish(&lone, err);
    }
    if (rc == MIRSAL_OK) {
        self->genesis.data = mir_arena_copy(&replica->described, lone.data, lone.size);
        self->genesis.size = self->genesis.data != NULL ? lone.size : 0;
    }
    mir_buf_fini(&lone);
    return rc;
}

/* A cursor of a compartment that this device may read by now, but might not then, starts over. */
static mirsal_code describe_cursors(struct mir_replica *replica,
    struct mir_sync_self *self,
    mirsal_error *err)
{
    static const char text[] = "SELECT compartment, arrival, whole FROM peer_cursor"
                               " WHERE peer = ?1 ORDER BY compartment";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    while (rc == MIRSAL_OK && self->cursor_count < MIR_WANTS_MAX) {
        rc = mir_sql_step(&row, replica->store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        uint8_t compartment = (uint8_t)mir_sql_column_int(statement, 0);
        int wanted = compartment == MIR_COMPARTMENT_CONTROL;
        for (uint32_t i = 0; i < self->want_count; i++) {
            wanted |= self->wants[i] == compartment;
        }
        int whole = mir_sql_column_int(statement, 2) != 0;
        if (wanted && (whole || !mir_members_reads(replica->store, compartment))) {
            self->cursors[self->cursor_count++] =
                (struct mir_cursor){ compartment, (uint64_t)mir_sql_column_int(statement, 1) };
        }
    }
    mir_sql_release(statement);
    return rc;
}

/* Compartments of the team, and control. */
static int exists(const struct mir_store *store, uint32_t compartment)
{
    return compartment == MIR_COMPARTMENT_CONTROL ||
           ((store->membership->compartments[compartment / 64] >> (compartment % 64)) & 1u) != 0;
}

static mirsal_code describe_heads(struct mir_replica *replica,
    struct mir_sync_self *self,
    mirsal_error *err)
{
    struct mir_store *store = replica->store;
    struct mir_heads heads;
    uint32_t count = 0;
    mir_heads_init(&heads, store->env);
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENTS; c++) {
        size_t before = mir_heads_count(&heads);
        if (!exists(store, c)) {
            continue;
        }
        rc = mir_chain_heads(&heads, store->sql, 0, c, mir_store_device(store), err);
        int own = mir_heads_count(&heads) > before;
        if (c != MIR_COMPARTMENT_CONTROL && (own || mir_members_reads(store, c)) &&
            self->want_count < MIR_WANTS_MAX) {
            self->wants[self->want_count++] = (uint8_t)c;
        }
    }
    count = (uint32_t)mir_heads_count(&heads);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count && self->head_count < MIR_HEADS_MAX; i++) {
        const struct mir_head *head = mir_heads_at(&heads, i);
        struct mir_own_head *out = &self->heads[self->head_count++];
        out->compartment = head->compartment;
        out->seq = head->seq;
        memcpy(out->id, head->id.bytes, sizeof out->id);
    }
    mir_heads_fini(&heads);
    return rc;
}

mirsal_code mir_replica_describe_self(struct mir_replica *replica,
    struct mir_sync_self *self,
    mirsal_error *err)
{
    self->team = replica->store->team;
    self->device = *mir_store_device(replica->store);
    self->noise = replica->store->keys->noise;
    return describe_heads(replica, self, err);
}

static mirsal_code describe(void *context, struct mir_sync_self *self, mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct mir_chain_row first;
    int registers = 0;
    int known = 0;
    memset(self, 0, sizeof *self);
    mir_arena_reset(&replica->described);
    mirsal_code rc = mir_store_refresh(store, err);
    if (rc == MIRSAL_OK) {
        rc = describe_peer(replica, self, &registers, err);
    }
    if (rc == MIRSAL_OK && registers) {
        rc = describe_genesis(replica, self, err);
    }
    if (rc == MIRSAL_OK) {
        rc = find_own_first(&first, store, err);
    }
    if (rc == MIRSAL_OK && first.no != 0) {
        rc = mir_known_is(&known, store, replica->peer, &first, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_replica_describe_self(replica, self, err);
    }
    if (rc == MIRSAL_OK) {
        rc = describe_cursors(replica, self, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_replica_wants_signed(&self->wants_signed, store, self, err);
    }
    self->joins = first.no != 0 && !known &&
                  !mir_hash_equal(&store->membership->founder, mir_store_device(store));
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

static mirsal_code forget_place(struct mir_replica *replica, mirsal_error *err)
{
    static const char cursor_text[] = "DELETE FROM peer_cursor WHERE peer = ?1";
    static const char checkpoint_text[] =
        "UPDATE peer SET checkpoint = NULL, served = 0 WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = bind_peer(&statement, replica, cursor_text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_done(replica->store->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        rc = bind_peer(&statement, replica, checkpoint_text, err);
    }
    return rc == MIRSAL_OK ? mir_sql_done(replica->store->sql, statement, err) : rc;
}

/* The relay's clock, and how far this device's is from it. */
static mirsal_code hear_time(struct mir_replica *replica, uint64_t time_ms, mirsal_error *err)
{
    static const char text[] = "UPDATE peer SET clock_offset = ?2, heard = ?3 WHERE no = ?1";
    uint64_t now_ms = mir_now_ms(replica->store->env);
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = bind_peer(&statement, replica, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint64_t kept = time_ms < MIR_STAMP_MS_MAX ? time_ms : MIR_STAMP_MS_MAX;
    uint64_t own = now_ms < MIR_STAMP_MS_MAX ? now_ms : MIR_STAMP_MS_MAX;
    mir_sql_bind_int(statement, 2, (int64_t)kept - (int64_t)own);
    mir_sql_bind_int(statement, 3, (int64_t)kept);
    return mir_sql_done(replica->store->sql, statement, err);
}

static mirsal_code relay_state(void *context,
    const uint8_t store_epoch[8],
    uint32_t key_serial,
    uint64_t time_ms,
    mirsal_error *err)
{
    static const char read_text[] = "SELECT store_epoch FROM peer WHERE no = ?1";
    static const char write_text[] = "UPDATE peer SET store_epoch = ?2, registered = 1"
                                     " WHERE no = ?1";
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct mir_bytes epoch = { store_epoch, 8 };
    sqlite3_stmt *statement = NULL;
    int row = 0;
    int same = 0;
    int had = 0;
    (void)key_serial;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = bind_peer(&statement, replica, read_text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        struct mir_bytes held = mir_sql_column(statement, 0);
        had = row && held.size > 0;
        same = had && mir_bytes_equal(held, epoch);
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK && had && !same) {
        replica->another_log = 1;
        rc = forget_place(replica, err);
    }
    if (rc == MIRSAL_OK) {
        rc = set_peer_bytes(replica, write_text, epoch, err);
    }
    if (rc == MIRSAL_OK) {
        rc = hear_time(replica, time_ms, err);
    }
    return finish(store, rc, err);
}

static mirsal_code own_header(void *context,
    const struct mir_signed_header *header,
    int *behind,
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    struct mir_changeset shown;
    struct mir_chain_row row;
    *behind = 0;
    memset(&shown, 0, sizeof shown);
    if (mir_header_decode(&shown.fields, header->header, NULL) != MIRSAL_OK) {
        return MIRSAL_OK;
    }
    shown.header = header->header;
    shown.signature = (struct mir_bytes){ header->signature, MIR_SIGNATURE_SIZE };
    mir_changeset_id(&shown.id, header->header);
    if (!mir_hash_equal(&shown.fields.device, mir_store_device(store)) ||
        !mir_hash_equal(&shown.fields.team, &store->team) ||
        mir_changeset_verify(&shown, NULL) != MIRSAL_OK) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_chain_find(&row, store->sql, &shown.id, err);
    if (rc == MIRSAL_OK && row.no == 0) {
        *behind = 1;
        store->behind = 1;
        rc = mir_meta_set_int(store->sql, "behind", 1, err);
    }
    return finish(store, rc, err);
}

mirsal_code mir_replica_heads(void *context, int known, struct mir_heads *out, mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENTS; c++) {
        int all = c == MIR_COMPARTMENT_CONTROL || mir_members_reads(store, c);
        const mirsal_hash *only = all ? NULL : mir_store_device(store);
        if (exists(store, c)) {
            rc = known ? mir_chain_heads(out, store->sql, replica->peer, c, only, err)
                       : mir_chain_whole_heads(out, store->sql, c, only, err);
        }
    }
    return rc;
}

static mirsal_code mark_entry(struct mir_replica *replica,
    const mirsal_hash *key,
    const struct mir_vector_entry *entry,
    const uint8_t handshake_hash[32],
    mirsal_error *err)
{
    struct mir_store *store = replica->store;
    struct mir_chain_row row;
    mirsal_hash other;
    const mirsal_hash *but = NULL;
    int64_t device = 0;
    uint8_t tag[8];
    mirsal_code rc = mir_device_no(&device, store->sql, key, 0, err);
    for (int branch = 0; rc == MIRSAL_OK && device != 0 && branch < 2; branch++) {
        rc = mir_chain_at(&row, store->sql, device, entry->compartment, entry->seq, but, err);
        if (rc != MIRSAL_OK || row.no == 0) {
            break;
        }
        mir_vector_tag(tag, handshake_hash, &row.id);
        if (memcmp(tag, entry->tag, sizeof tag) == 0) {
            return mir_known_mark(store, replica->peer, &row, err);
        }
        other = row.id;
        but = &other;
    }
    return rc;
}

mirsal_code mir_replica_replace_known(void *context,
    const struct mir_vector *vector,
    const uint8_t handshake_hash[32],
    mirsal_error *err)
{
    struct mir_replica *replica = context;
    struct mir_store *store = replica->store;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENTS; c++) {
        rc = mir_known_forget(store, replica->peer, c, err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < vector->entry_count; i++) {
        const struct mir_vector_entry *entry = &vector->entries[i];
        rc = mark_entry(replica, &vector->devices[entry->device], entry, handshake_hash, err);
    }
    return finish(store, rc, err);
}

void mir_replica_relay_calls(struct mir_sync_local *local)
{
    local->describe = describe;
    local->relay_state = relay_state;
    local->own_header = own_header;
    local->heads = mir_replica_heads;
    local->replace_known = mir_replica_replace_known;
}
