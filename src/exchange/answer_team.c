/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_team.c - team, relays and devices; see answers.h.
 */
#include "answers.h"
#include "compared.h"
#include "compartments.h"
#include "evidence_out.h"
#include "fail.h"
#include "holdings.h"
#include "json_out.h"
#include "members.h"
#include "persons.h"
#include "rootword.h"
#include "team_out.h"

#include <string.h>

#define ANSWER_MEMORY_MAX ((size_t)16 << 20)
#define PROTECTED         1u

void mir_optional_write(struct mir_buf *out, const char *key, struct mir_bytes text)
{
    mir_json_key(out, key);
    if (text.size > 0) {
        mir_json_bytes(out, text);
    } else {
        mir_json_null(out);
    }
}

const char *mir_member_state(const struct mir_member *member)
{
    if (member == NULL || !member->member) {
        return "waiting";
    }
    if (member->ended) {
        return member->ended == 2 ? "cut" : "retired";
    }
    return member->frozen ? "frozen" : "active";
}

void mir_words_key_write(struct mir_buf *out,
    const struct mir_store *store,
    const struct mir_member *member)
{
    char words[MIR_COMPARED_WORDS_SIZE];
    mir_compared_words(words, store, member, 0);
    mir_json_key(out, "words");
    mir_json_text(out, words);
    mir_compared_words(words, store, member, 1);
    mir_json_key(out, "words_ar");
    mir_json_text(out, words);
}

/* Who may read it, by device; main goes by role. */
static void write_granted(struct mir_buf *out, const struct mir_store *store, uint32_t number)
{
    const struct mir_membership *membership = store->membership;
    mir_json_key(out, "granted");
    mir_json_open(out, '[');
    for (size_t i = 0; i < membership->member_count; i++) {
        if (mir_membership_can_read(membership, &membership->members[i].key, number)) {
            mir_json_item(out);
            mir_json_hash(out, &membership->members[i].key);
        }
    }
    mir_json_close(out, ']');
}

static mirsal_code write_compartment(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t number,
    mirsal_error *err)
{
    const struct mir_epoch *epoch = mir_membership_epoch_for_writing(store->membership, number);
    struct mir_bytes name;
    mirsal_code rc = mir_compartment_name(&name, arena, store, number, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "number");
    mir_json_uint(out, number);
    mir_optional_write(out, "name", name);
    mir_json_key(out, "readable");
    mir_json_bool(out, mir_members_reads(store, number));
    mir_json_key(out, "epoch");
    if (epoch != NULL) {
        mir_json_uint(out, epoch->name.number);
    } else {
        mir_json_null(out);
    }
    write_granted(out, store, number);
    mir_json_close(out, '}');
    return MIRSAL_OK;
}

mirsal_code mir_compartments_write(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mir_json_key(out, "compartments");
    mir_json_open(out, '[');
    for (uint32_t number = 0; rc == MIRSAL_OK && number < MIR_COMPARTMENT_CONTROL; number++) {
        if (mir_compartment_exists(store, number)) {
            mir_arena_reset(&arena);
            rc = write_compartment(out, &arena, store, number, err);
        }
    }
    mir_json_close(out, ']');
    mir_arena_fini(&arena);
    return rc;
}

static void write_epochs(struct mir_buf *out, const struct mir_membership *membership)
{
    mir_json_key(out, "epochs");
    mir_json_open(out, '[');
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "compartment");
        mir_json_uint(out, epoch->name.compartment);
        mir_json_key(out, "epoch");
        mir_json_uint(out, epoch->name.number);
        mir_json_key(out, "public");
        mir_json_hash(out, &epoch->name.public_key);
        mir_json_key(out, "usable");
        mir_json_bool(out, epoch->usable);
        mir_json_key(out, "history");
        mir_json_bool(out, epoch->from_genesis || epoch->has_previous);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

/* How root's key is kept, as root said; when a person proved it on this device. */
static void write_recovery(struct mir_buf *out, const struct mir_recovery_facts *facts)
{
    mir_json_key(out, "recovery");
    if (!facts->has) {
        mir_json_null(out);
        return;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "threshold");
    mir_json_uint(out, facts->threshold);
    mir_json_key(out, "shares");
    mir_json_uint(out, facts->shares);
    mir_json_key(out, "drilled_at");
    if (facts->drilled_ms > 0) {
        mir_json_time(out, (int64_t)facts->drilled_ms, 0, 0);
    } else {
        mir_json_null(out);
    }
    mir_json_close(out, '}');
}

mirsal_code mir_answer_team(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    struct mir_arena arena;
    struct mir_recovery_facts recovery;
    struct mir_bytes name;
    mirsal_hash digest;
    int has = 0;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mirsal_code rc = mir_team_name(&name, &arena, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_digest(&digest, &has, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_recovery_facts(&recovery, &arena, store, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(out, '{');
        mir_json_key(out, "team_id");
        mir_json_hash(out, &store->team);
        mir_optional_write(out, "name", name);
        mir_json_key(out, "devices");
        mir_json_uint(out, membership->member_count);
        write_epochs(out, membership);
        rc = mir_compartments_write(out, store, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_key(out, "schema_version");
        mir_json_uint(out, membership->schema.version);
        write_recovery(out, &recovery);
        mir_json_key(out, "digest");
        if (has) {
            mir_json_hash(out, &digest);
        } else {
            mir_json_null(out);
        }
        mir_json_close(out, '}');
    }
    mir_arena_fini(&arena);
    return rc;
}

static void write_sync_time(struct mir_buf *out, uint64_t time_ms)
{
    mir_json_key(out, "last_sync");
    if (time_ms > 0) {
        mir_json_time(out, (int64_t)time_ms, 0, 0);
    } else {
        mir_json_null(out);
    }
}

static void write_relay(struct mir_buf *out,
    const struct mir_peer *peer,
    uint64_t acknowledged,
    uint64_t logs)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "url");
    mir_json_bytes(out, peer->url);
    mir_json_key(out, "identity");
    mir_json_hash(out, &peer->identity);
    mir_json_key(out, "registered");
    mir_json_bool(out, peer->registered);
    write_sync_time(out, peer->last_sync_ms);
    mir_json_key(out, "acknowledged");
    mir_json_uint(out, acknowledged);
    mir_json_key(out, "logs");
    mir_json_uint(out, logs);
    mir_json_key(out, "error");
    if (peer->contradicted != 0) {
        mir_json_text(out, mir_evidence_text((enum mir_contradiction)peer->contradicted));
    } else {
        mir_json_null(out);
    }
    mir_json_close(out, '}');
}

mirsal_code mir_relays_write(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_peer *peers = NULL;
    size_t count = 0;
    uint64_t newest_ms = 0;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mirsal_code rc = mir_relay_list(&peers, &count, &arena, store, err);
    mir_json_key(out, "relays");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        uint64_t acknowledged = 0;
        uint64_t logs = 0;
        rc = mir_holdings_of_relay(&acknowledged, store, peers[i].no, err);
        if (rc == MIRSAL_OK) {
            rc = mir_evidence_logs(&logs, store, &peers[i].identity, err);
        }
        write_relay(out, &peers[i], acknowledged, logs);
        newest_ms = peers[i].last_sync_ms > newest_ms ? peers[i].last_sync_ms : newest_ms;
    }
    mir_json_close(out, ']');
    write_sync_time(out, newest_ms);
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_answer_relays(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    mir_json_open(out, '{');
    mirsal_code rc = mir_relays_write(out, store, err);
    mir_json_close(out, '}');
    return rc;
}

/* The highest seq that another device said it holds. */
static uint64_t receipted(const struct mir_membership *membership,
    const mirsal_hash *device,
    uint32_t compartment)
{
    uint64_t seq = 0;
    for (size_t i = 0; i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        if (receipt->head.compartment == compartment && receipt->head.seq > seq &&
            memcmp(&receipt->head.device, device, sizeof *device) == 0 &&
            memcmp(&receipt->reader, device, sizeof *device) != 0) {
            seq = receipt->head.seq;
        }
    }
    return seq;
}

/* The last seq that cuts leave, at most; null where there is none. */
static void write_cut_at(struct mir_buf *out,
    const struct mir_store *store,
    const mirsal_hash *device,
    uint32_t compartment)
{
    uint64_t seq = 0;
    if (mir_membership_cut_at(&seq, store->membership, device, compartment)) {
        mir_json_uint(out, seq);
    } else {
        mir_json_null(out);
    }
}

static uint64_t write_chains(struct mir_buf *out,
    const struct mir_store *store,
    const mirsal_hash *device,
    const struct mir_holdings_chain *chains,
    size_t count)
{
    uint64_t last_seq = 0;
    mir_json_key(out, "chains");
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "compartment");
        mir_json_uint(out, chains[i].compartment);
        mir_json_key(out, "last_seq");
        mir_json_uint(out, chains[i].last_seq);
        mir_json_key(out, "cut_at");
        write_cut_at(out, store, device, chains[i].compartment);
        mir_json_key(out, "receipted");
        mir_json_uint(out, receipted(store->membership, device, chains[i].compartment));
        mir_json_key(out, "quarantined");
        mir_json_uint(out, chains[i].quarantined);
        mir_json_close(out, '}');
        last_seq = chains[i].last_seq > last_seq ? chains[i].last_seq : last_seq;
    }
    mir_json_close(out, ']');
    return last_seq;
}

static void write_flags(struct mir_buf *out,
    const struct mir_store *store,
    const struct mir_member *member,
    int compared)
{
    const struct {
        const char *key;
        int value;
    } flags[] = {
        { "protected", (member->granted[0] >> PROTECTED & 1) != 0 },
        { "write_only", member->write_only },
        { "verified", member->confirmed || compared },
        { "in_person", member->in_person },
        { "this", memcmp(&member->key, mir_store_device(store), sizeof member->key) == 0 },
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        mir_json_key(out, flags[i].key);
        mir_json_bool(out, flags[i].value);
    }
}

static int is_zero(const mirsal_hash *hash)
{
    static const mirsal_hash zero;
    return memcmp(hash, &zero, sizeof zero) == 0;
}

static mirsal_code write_device(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_member *member,
    mirsal_error *err)
{
    struct mir_invite_facts facts;
    struct mir_holdings_chain *chains = NULL;
    size_t count = 0;
    int compared = 0;
    mirsal_code rc = mir_device_facts(&facts, arena, store, &member->key, err);
    if (rc == MIRSAL_OK) {
        rc = mir_holdings_chains(&chains, &count, arena, store, &member->key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_compared_here(&compared, store, &member->key, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_open(out, '{');
    mir_json_key(out, "device_id");
    mir_json_hash(out, &member->key);
    mir_optional_write(out, "label", facts.label);
    mir_json_key(out, "role");
    mir_json_text(out, mir_role_name(member->role));
    mir_json_key(out, "state");
    mir_json_text(out, mir_member_state(member));
    write_flags(out, store, member, compared);
    mir_words_key_write(out, store, member);
    uint64_t last_seq = write_chains(out, store, &member->key, chains, count);
    mir_json_key(out, "last_seq");
    mir_json_uint(out, last_seq);
    mir_json_key(out, "joined");
    if (facts.stamp != 0) {
        mir_json_stamp(out, facts.stamp);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "admitted_by");
    if (is_zero(&member->admitted_by)) {
        mir_json_null(out);
    } else {
        mir_json_hash(out, &member->admitted_by);
    }
    return MIRSAL_OK;
}

mirsal_code mir_answer_devices(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    struct mir_arena arena;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mir_json_open(out, '{');
    mir_json_key(out, "devices");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->member_count; i++) {
        mir_json_item(out);
        rc = write_device(out, &arena, store, &membership->members[i], err);
        mir_json_close(out, '}');
        mir_arena_reset(&arena);
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    mir_arena_fini(&arena);
    return rc;
}

/* Whose it is, by root's word; null of devices that are no admin's. */
static mirsal_code write_person(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_member *member,
    mirsal_error *err)
{
    struct mir_bytes name = { NULL, 0 };
    mir_json_key(out, "person");
    if (member->role != MIR_ROLE_ADMIN) {
        mir_json_null(out);
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_person_name(&name, arena, store, member->person, err);
    mir_json_open(out, '{');
    mir_json_key(out, "number");
    mir_json_uint(out, member->person);
    mir_optional_write(out, "name", name);
    mir_json_close(out, '}');
    return rc;
}

/* The words about the device that count, and what its loss exposes. */
static mirsal_code answer_device(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *device,
    const uint64_t *adopted,
    mirsal_error *err)
{
    const struct mir_member *member = mir_membership_device(store->membership, device);
    struct mir_arena arena;
    if (member == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such device");
    }
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mirsal_code rc = write_device(out, &arena, store, member, err);
    if (rc == MIRSAL_OK) {
        rc = write_person(out, &arena, store, member, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_exposure_write(out, &arena, store, member, err);
    }
    if (adopted != NULL) {
        mir_json_key(out, "adopted");
        mir_json_uint(out, *adopted);
    }
    mir_json_close(out, '}');
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_answer_device(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    return answer_device(out, store, device, NULL, err);
}

mirsal_code mir_answer_adopted(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *device,
    uint64_t adopted,
    mirsal_error *err)
{
    return answer_device(out, store, device, &adopted, err);
}
