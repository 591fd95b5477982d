/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/statement.c - writing control bodies and their statements; see the header. Reading them is
 * statement_read.c's.
 */
#include "statement.h"

#include "msgpack.h"

#include <string.h>

static void write_hash(struct mir_buf *out, const mirsal_hash *hash)
{
    mir_mp_write_bin(out, hash->bytes, sizeof hash->bytes);
}

static void write_text(struct mir_buf *out, const struct mir_sealed_text *text)
{
    if (!text->has) {
        mir_mp_write_nil(out);
        return;
    }
    mir_mp_write_array(out, 2);
    mir_mp_write_uint(out, text->epoch);
    mir_mp_write_bin(out, text->sealed.data, text->sealed.size);
}

static void write_epoch(struct mir_buf *out, const struct mir_epoch_public *epoch)
{
    mir_mp_write_uint(out, epoch->compartment);
    mir_mp_write_uint(out, epoch->number);
    write_hash(out, &epoch->public_key);
}

static void write_places(struct mir_buf *out, const struct mir_chain_place *places, uint32_t count)
{
    mir_mp_write_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, places[i].compartment);
        mir_mp_write_uint(out, places[i].seq);
        write_hash(out, &places[i].id);
    }
}

static void write_genesis(struct mir_buf *out, const struct mir_say_genesis *genesis)
{
    mir_mp_write_array(out, 8);
    mir_mp_write_uint(out, MIR_SAY_GENESIS);
    write_hash(out, &genesis->root);
    mir_mp_write_bin(out, genesis->nonce, sizeof genesis->nonce);
    mir_mp_write_array(out, 3);
    write_hash(out, &genesis->founder);
    write_hash(out, &genesis->noise);
    write_hash(out, &genesis->hpke);
    mir_mp_write_array(out, genesis->epoch_count);
    for (uint32_t i = 0; i < genesis->epoch_count; i++) {
        mir_mp_write_array(out, 3);
        write_epoch(out, &genesis->epochs[i]);
    }
    mir_mp_write_uint(out, genesis->schema_version);
    write_hash(out, &genesis->schema_hash);
    write_text(out, &genesis->name);
}

static void write_join(struct mir_buf *out, const struct mir_say_join *join)
{
    mir_mp_write_array(out, 7);
    mir_mp_write_uint(out, MIR_SAY_JOIN);
    write_hash(out, &join->grant);
    write_hash(out, &join->noise);
    write_hash(out, &join->hpke);
    mir_mp_write_uint(out, join->write_only != 0);
    write_text(out, &join->label);
    mir_mp_write_bin(out, join->proof, sizeof join->proof);
}

static void write_role(struct mir_buf *out, const struct mir_say_role *role)
{
    mir_mp_write_array(out, 7);
    mir_mp_write_uint(out, MIR_SAY_ROLE);
    write_hash(out, &role->device);
    mir_mp_write_uint(out, role->role);
    write_places(out, role->from, role->from_count);
    write_places(out, role->cut, role->cut_count);
    mir_mp_write_uint(out, role->person);
    write_text(out, &role->name);
}

static void write_invite(struct mir_buf *out, const struct mir_say_invite *invite)
{
    mir_mp_write_array(out, 8);
    mir_mp_write_uint(out, MIR_SAY_INVITE);
    write_hash(out, &invite->key);
    mir_mp_write_uint(out, invite->role);
    mir_mp_write_uint(out, invite->protected_ != 0);
    mir_mp_write_uint(out, invite->uses);
    mir_mp_write_uint(out, invite->expires_ms);
    mir_mp_write_uint(out, invite->in_person != 0);
    write_text(out, &invite->label);
}

static void write_compartment(struct mir_buf *out, const struct mir_say_compartment *compartment)
{
    mir_mp_write_array(out, 5);
    mir_mp_write_uint(out, MIR_SAY_COMPARTMENT);
    mir_mp_write_uint(out, compartment->number);
    write_text(out, &compartment->name);
    mir_mp_write_array(out, compartment->grant_count);
    for (uint32_t i = 0; i < compartment->grant_count; i++) {
        mir_mp_write_array(out, 2);
        write_hash(out, &compartment->grants[i].device);
        mir_mp_write_uint(out, compartment->grants[i].readable != 0);
    }
    write_places(out, compartment->cut, compartment->cut_count);
}

static void write_receipt(struct mir_buf *out, const struct mir_receipt_of *heads, uint32_t count)
{
    mir_mp_write_array(out, 2);
    mir_mp_write_uint(out, MIR_SAY_RECEIPT);
    mir_mp_write_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        mir_mp_write_array(out, 4);
        write_hash(out, &heads[i].device);
        mir_mp_write_uint(out, heads[i].head.compartment);
        mir_mp_write_uint(out, heads[i].head.seq);
        write_hash(out, &heads[i].head.id);
    }
}

static void write_epoch_key(struct mir_buf *out, const struct mir_say_epoch_key *key)
{
    mir_mp_write_array(out, 6);
    mir_mp_write_uint(out, MIR_SAY_EPOCH_KEY);
    write_epoch(out, &key->name);
    write_hash(out, &key->device);
    mir_mp_write_bin(out, key->envelope, sizeof key->envelope);
}

static void write_epoch_statement(struct mir_buf *out, const struct mir_say_epoch *epoch)
{
    mir_mp_write_array(out, 5);
    mir_mp_write_uint(out, MIR_SAY_EPOCH);
    write_epoch(out, &epoch->name);
    if (epoch->has_previous) {
        mir_mp_write_bin(out, epoch->previous, sizeof epoch->previous);
    } else {
        mir_mp_write_nil(out);
    }
}

static void write_hashes(struct mir_buf *out, const mirsal_hash *hashes, uint32_t count)
{
    mir_mp_write_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        write_hash(out, &hashes[i]);
    }
}

static void write_purge(struct mir_buf *out, const struct mir_say_purge *purge)
{
    mir_mp_write_array(out, 6);
    mir_mp_write_uint(out, MIR_SAY_PURGE);
    if (purge->approves) {
        write_hash(out, &purge->of);
    } else {
        mir_mp_write_nil(out);
    }
    mir_mp_write_array(out, purge->record_count);
    for (uint32_t i = 0; i < purge->record_count; i++) {
        mir_mp_write_bin(out, purge->records[i].bytes, sizeof purge->records[i].bytes);
    }
    write_hashes(out, purge->media, purge->media_count);
    write_hashes(out, purge->changesets, purge->changeset_count);
    write_text(out, &purge->reason);
}

static void write_element(struct mir_buf *out,
    const struct mir_say_act *act,
    char element,
    uint32_t *numbers,
    uint32_t *headers)
{
    if (element == 'H') {
        write_hashes(out, act->ids, act->id_count);
    } else if (element == 'p') {
        write_places(out, act->places, act->place_count);
    } else if (element == 't') {
        write_text(out, &act->text);
    } else if (element == 'v') {
        mir_buf_append(out, act->value.data, act->value.size);
    } else if (element == 'b') {
        mir_mp_write_bin(out, act->headers[*headers].data, act->headers[*headers].size);
    } else if (element == 's') {
        mir_mp_write_bin(out, act->signatures[*headers].data, act->signatures[*headers].size);
        (*headers)++;
    } else {
        mir_mp_write_uint(out, act->numbers[(*numbers)++]);
    }
}

static void write_act(struct mir_buf *out, const struct mir_say *say)
{
    const char *grammar = mir_say_grammar(say->kind);
    uint32_t numbers = 0;
    uint32_t headers = 0;
    mir_mp_write_array(out, (uint32_t)strlen(grammar) + 1);
    mir_mp_write_uint(out, say->kind);
    for (const char *at = grammar; *at != '\0'; at++) {
        if (*at == 'h') {
            write_hash(out, at == grammar ? &say->act.subject : &say->act.second);
        } else {
            write_element(out, &say->act, *at, &numbers, &headers);
        }
    }
}

/* The small ones. */
static void write_short(struct mir_buf *out, const struct mir_say *say)
{
    if (say->kind == MIR_SAY_ADMIT) {
        mir_mp_write_array(out, 4);
        mir_mp_write_uint(out, say->kind);
        write_hash(out, &say->admit.device);
        write_hash(out, &say->admit.join);
        mir_mp_write_uint(out, say->admit.confirmed != 0);
    } else if (say->kind == MIR_SAY_EPOCH_OK) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, say->kind);
        write_hash(out, &say->epoch_ok.public_key);
        mir_mp_write_uint(out, say->epoch_ok.opened != 0);
    } else if (say->kind == MIR_SAY_SCHEMA) {
        mir_mp_write_array(out, 4);
        mir_mp_write_uint(out, say->kind);
        mir_mp_write_uint(out, say->schema.version);
        write_hash(out, &say->schema.hash);
        mir_mp_write_bin(out, say->schema.schema.data, say->schema.schema.size);
    } else if (say->kind == MIR_SAY_RELAY) {
        mir_mp_write_array(out, 4);
        mir_mp_write_uint(out, say->kind);
        write_hash(out, &say->relay.identity);
        mir_mp_write_str(out, say->relay.url.data, say->relay.url.size);
        mir_mp_write_uint(out, say->relay.in_use != 0);
    } else if (say->kind == MIR_SAY_RECOVERY) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, say->kind);
        mir_mp_write_uint(out, say->recovery.threshold);
        mir_mp_write_uint(out, say->recovery.shares);
    } else if (say->kind == MIR_SAY_PURGE) {
        write_purge(out, &say->purge);
    } else if (mir_say_grammar(say->kind) != NULL) {
        write_act(out, say);
    } else {
        mir_buf_append(out, say->bytes.data, say->bytes.size);
    }
}

void mir_say_write(struct mir_buf *out, const struct mir_say *say)
{
    if (say->kind == MIR_SAY_GENESIS) {
        write_genesis(out, &say->genesis);
    } else if (say->kind == MIR_SAY_JOIN) {
        write_join(out, &say->join);
    } else if (say->kind == MIR_SAY_ROLE) {
        write_role(out, &say->role);
    } else if (say->kind == MIR_SAY_INVITE) {
        write_invite(out, &say->invite);
    } else if (say->kind == MIR_SAY_COMPARTMENT) {
        write_compartment(out, &say->compartment);
    } else if (say->kind == MIR_SAY_EPOCH) {
        write_epoch_statement(out, &say->epoch);
    } else if (say->kind == MIR_SAY_EPOCH_KEY) {
        write_epoch_key(out, &say->epoch_key);
    } else if (say->kind == MIR_SAY_RECEIPT) {
        write_receipt(out, say->receipt.heads, say->receipt.count);
    } else {
        write_short(out, say);
    }
}

void mir_control_body_write(struct mir_buf *out, const struct mir_control_body *body)
{
    mir_mp_write_array(out, 3);
    mir_mp_write_array(out, body->knows_count);
    for (uint32_t i = 0; i < body->knows_count; i++) {
        write_hash(out, &body->knows[i]);
    }
    mir_mp_write_uint(out, body->stamp);
    mir_mp_write_array(out, body->say_count);
    for (uint32_t i = 0; i < body->say_count; i++) {
        mir_say_write(out, &body->says[i]);
    }
}
