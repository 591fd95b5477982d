/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/hosting.c - a replica that serves; see the header.
 *
 * What comes is judged as a relay judges it, stored and settled as from a relay, and what it
 * obliges this device to say is written before the answer goes on.
 */
#include "hosting.h"

#include "accept.h"
#include "duties.h"
#include "entrance.h"
#include "env.h"
#include "evidence.h"
#include "fail.h"
#include "hostparts.h"
#include "layout.h"
#include "members.h"
#include "replica.h"
#include "residues.h"

#include <string.h>

#define PEER_SERIAL 1u

struct mir_hosting {
    struct mir_store *store;
    struct mir_hosting_options options;
    struct mir_served served;
    uint8_t store_epoch[8];
    struct mir_agree_secret noise;
    struct mir_agree_public noise_public;
    uint64_t from_ms;
};

struct mir_visit {
    struct mir_host_parts parts; /* first: the context of the vtable */
    struct mir_sync_host host;
    struct mir_hosting *hosting;
    const struct mir_sync_sink *sink; /* of the read that runs */
    uint8_t withheld[32]; /* own chains whose bodies are gone from a place on, by compartment */
};

static void lock(const struct mir_hosting *hosting)
{
    if (hosting->options.lock != NULL) {
        hosting->options.lock(hosting->options.lock_context);
    }
}

static void unlock(const struct mir_hosting *hosting)
{
    if (hosting->options.unlock != NULL) {
        hosting->options.unlock(hosting->options.lock_context);
    }
}

static mirsal_code find_set(struct mir_served **out,
    struct mir_host_parts *parts,
    const mirsal_hash *team,
    mirsal_error *err)
{
    struct mir_hosting *hosting = ((struct mir_visit *)(void *)parts)->hosting;
    *out = &hosting->served;
    if (!mir_hash_equal(team, &hosting->store->team)) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "another team");
    }
    lock(hosting);
    return MIRSAL_OK;
}

static void leave_set(struct mir_host_parts *parts)
{
    unlock(((struct mir_visit *)(void *)parts)->hosting);
}

static mirsal_code identity(void *context, mirsal_hash *out, uint32_t *serial, mirsal_error *err)
{
    const struct mir_visit *visit = context;
    (void)err;
    *out = *mir_store_device(visit->hosting->store);
    *serial = PEER_SERIAL;
    return MIRSAL_OK;
}

static mirsal_code noise_secret(void *context,
    uint32_t serial,
    struct mir_agree_secret *out,
    mirsal_error *err)
{
    const struct mir_visit *visit = context;
    if (serial != PEER_SERIAL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no Noise key of that serial");
    }
    *out = visit->hosting->noise;
    return MIRSAL_OK;
}

static mirsal_code find_team(void *context,
    const uint8_t prefix[16],
    mirsal_hash *team,
    mirsal_error *err)
{
    const struct mir_visit *visit = context;
    const mirsal_hash *own = &visit->hosting->store->team;
    if (memcmp(prefix, own->bytes, 16) != 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "another team");
    }
    *team = *own;
    return MIRSAL_OK;
}

static mirsal_code register_team(void *context,
    struct mir_bytes token,
    struct mir_bytes genesis,
    mirsal_hash *team,
    mirsal_error *err)
{
    (void)context;
    (void)token;
    (void)genesis;
    (void)team;
    return mir_fail(err, MIRSAL_NOT_ALLOWED, "a device takes no other team");
}

static mirsal_code find_device(void *context,
    const mirsal_hash *team,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    struct mir_visit *visit = context;
    struct mir_served *served = NULL;
    const struct mir_membership *membership = NULL;
    mirsal_code rc = find_set(&served, &visit->parts, team, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_served_find_device(served, noise, out, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_members(&membership, served, err);
    }
    if (rc == MIRSAL_OK) {
        const struct mir_member *member = mir_membership_device(membership, &out->device);
        if (member != NULL && member->ended) {
            out->standing = MIR_SYNC_REMOVED;
        }
    }
    leave_set(&visit->parts);
    return rc;
}

/* Somebody holds more of this device's own chains than it does. */
static mirsal_code note_behind(struct mir_store *store, mirsal_error *err)
{
    store->behind = 1;
    return mir_meta_set_int(store->sql, "behind", 1, err);
}

static mirsal_code judge(struct mir_entrance_answer *answer,
    struct mir_hosting *hosting,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_header *fields = &changeset->fields;
    mirsal_code rc = mir_entrance_judge(answer, &hosting->served, changeset, 0, err);
    if (rc == MIRSAL_OK && answer->code == 0 &&
        !mir_replica_self_may_hold(hosting->store, &fields->device, fields->compartment)) {
        answer->code = MIR_REJECT_ADMISSION;
        answer->text = "not for this device";
    }
    return rc;
}

/* Stores what was judged fit. */
static mirsal_code take(uint64_t *arrival,
    struct mir_entrance_answer *answer,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    struct mir_chain_row row;
    mirsal_code rc = mir_accept_put(&accepted, store, changeset, err);
    if (mirsal_code_class(rc) == MIRSAL_CLASS_PEER) {
        answer->code = MIR_REJECT_MALFORMED;
        answer->text = "does not verify";
        return MIRSAL_OK;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_find(&row, store->sql, &changeset->id, err);
    }
    if (rc == MIRSAL_OK && accepted != MIR_ACCEPT_DUPLICATE &&
        mir_hash_equal(&changeset->fields.device, mir_store_device(store))) {
        rc = note_behind(store, err);
    }
    if (rc == MIRSAL_OK) {
        *arrival = (uint64_t)row.no;
    }
    if (rc == MIRSAL_OK && accepted == MIR_ACCEPT_FORK) {
        answer->code = MIR_REJECT_FORK;
        answer->text = "another one has this place";
    }
    return rc;
}

/* Data is judged by what came before it: who may hold it, and what was purged. */
static mirsal_code settle_control(struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    if (!store->control_came || changeset->fields.compartment == MIR_COMPARTMENT_CONTROL) {
        return MIRSAL_OK;
    }
    return mir_accept_settle(&counts, store, err);
}

static mirsal_code append(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    void *set,
    const struct mir_queued *item,
    mirsal_error *err)
{
    struct mir_hosting *hosting = set;
    struct mir_store *store = hosting->store;
    struct mir_entrance_answer answer = { 0 };
    struct mir_chain_row row;
    uint64_t ignored = 0;
    mir_arena_reset(&hosting->served.arena);
    mirsal_code rc = settle_control(store, &item->changeset, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_find(&row, store->sql, &item->changeset.id, err);
    }
    if (rc == MIRSAL_OK && row.no != 0) {
        *taken = 1;
        return item->changeset.residue ? take(&ignored, &answer, store, &item->changeset, err)
                                       : MIRSAL_OK;
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = judge(&answer, hosting, &item->changeset, err);
    if (rc == MIRSAL_OK && answer.code == 0) {
        rc = take(arrival, &answer, store, &item->changeset, err);
        *taken = *arrival != 0;
    }
    if (rc == MIRSAL_OK && answer.code != 0) {
        mir_entrance_reject(reject, &item->changeset, &answer);
    }
    return rc;
}

static mirsal_code store_queue(struct mir_visit *visit,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct mir_hosting *hosting = visit->hosting;
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_store_begin(hosting->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_queued_store(outcome, visit->parts.first, append, hosting, err);
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&counts, hosting->store, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(hosting->store);
        mir_served_forget(&hosting->served);
        return rc;
    }
    return mir_store_commit(hosting->store, err);
}

static mirsal_code commit(void *context,
    const mirsal_hash *team,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct mir_visit *visit = context;
    struct mir_served *served = NULL;
    mirsal_error why = { 0 };
    uint32_t wrote = 0;
    mirsal_code rc = find_set(&served, &visit->parts, team, err);
    if (rc == MIRSAL_OK) {
        rc = visit->parts.first != NULL ? store_queue(visit, outcome, err) : MIRSAL_OK;
        if (rc == MIRSAL_OK && outcome->stored > 0 &&
            mir_duties_run(&wrote, visit->hosting->store, &why) != MIRSAL_OK) {
            /* What came is held all the same; what is owed is written another time. */
            mir_log(visit->parts.env, MIRSAL_LOG_WARNING, "duties not done code=%s",
                mirsal_code_name(why.code));
        }
        leave_set(&visit->parts);
    }
    mir_host_parts_fini(&visit->parts);
    return rc;
}

static mirsal_code describe_log(void *context,
    const mirsal_hash *team,
    struct mir_sync_log *out,
    mirsal_error *err)
{
    struct mir_visit *visit = context;
    struct mir_served *served = NULL;
    memset(out, 0, sizeof *out);
    memcpy(out->store_epoch, visit->hosting->store_epoch, sizeof out->store_epoch);
    mirsal_code rc = find_set(&served, &visit->parts, team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_served_size(&out->size, served, err);
        leave_set(&visit->parts);
    }
    return rc;
}

/* 1 in *gone when an own changeset has no body any more. */
static mirsal_code body_is_gone(int *gone,
    const struct mir_visit *visit,
    uint64_t arrival,
    mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_sql *sql = visit->hosting->store->sql;
    uint64_t residues = 0;
    mirsal_code rc = mir_chain_row(&row, sql, (int64_t)arrival, err);
    if (rc == MIRSAL_OK && row.kept == MIR_KEPT_RESIDUE) {
        rc = mir_residues_count(&residues, sql, row.no, NULL, err);
    }
    *gone = rc != MIRSAL_OK || row.kept == MIR_KEPT_HEADER ||
            (row.kept == MIR_KEPT_RESIDUE && residues == 0);
    return rc;
}

/* Leaves out what cannot be given, and what stands above it (sync.md 10.8). */
static int wants(void *context, const struct mir_sync_place *place)
{
    struct mir_visit *visit = context;
    uint8_t *withheld = &visit->withheld[place->compartment / 8];
    uint8_t bit = (uint8_t)(1u << place->compartment % 8);
    int gone = 0;
    int own = mir_hash_equal(&place->device, mir_store_device(visit->hosting->store)) &&
              place->compartment != MIR_COMPARTMENT_CONTROL;
    if ((own && (*withheld & bit) != 0) || !visit->sink->wants(visit->sink->context, place)) {
        return 0;
    }
    mirsal_code rc = own ? body_is_gone(&gone, visit, place->arrival, NULL) : MIRSAL_OK;
    if (rc != MIRSAL_OK || gone) {
        *withheld |= bit;
        return 0;
    }
    return 1;
}

static int take_one(void *context, const struct mir_changeset *changeset, uint64_t arrival)
{
    const struct mir_visit *visit = context;
    return visit->sink->take(visit->sink->context, changeset, arrival);
}

static mirsal_code read_set(void *context,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err)
{
    struct mir_visit *visit = context;
    struct mir_served *served = NULL;
    const struct mir_sync_sink through = { visit, wants, take_one };
    mirsal_code rc = find_set(&served, &visit->parts, query->team, err);
    if (rc == MIRSAL_OK) {
        visit->sink = sink;
        rc = mir_served_read(served, query, &through, size, ended, err);
        leave_set(&visit->parts);
    }
    return rc;
}

/* There are no checkpoints: whoever names one named another log. */
static mirsal_code root_at(void *context,
    const mirsal_hash *team,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *err)
{
    (void)context;
    (void)team;
    (void)size;
    (void)root;
    return mir_fail(err, MIRSAL_PROTOCOL, "a checkpoint of a device");
}

static mirsal_code consistency(void *context,
    const mirsal_hash *team,
    uint64_t old_size,
    uint64_t size,
    struct mir_buf *proof,
    mirsal_error *err)
{
    (void)context;
    (void)team;
    (void)old_size;
    (void)size;
    (void)proof;
    return mir_fail(err, MIRSAL_PROTOCOL, "a checkpoint of a device");
}

static mirsal_code give_words(void *context, mir_word_sink sink, void *to, mirsal_error *err)
{
    struct mir_visit *visit = context;
    struct mir_store *store = visit->hosting->store;
    struct mir_served *served = NULL;
    mirsal_code rc = find_set(&served, &visit->parts, &store->team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_give(store, sink, to, err);
        leave_set(&visit->parts);
    }
    return rc;
}

static mirsal_code take_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    struct mir_visit *visit = context;
    struct mir_store *store = visit->hosting->store;
    struct mir_served *served = NULL;
    mirsal_code rc = find_set(&served, &visit->parts, &store->team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_take_any(store, word, MIR_VIA_PEER, err);
        leave_set(&visit->parts);
    }
    return rc;
}

static mirsal_code restored(void *context, const mirsal_hash *team, mirsal_error *err)
{
    (void)context;
    (void)team;
    return mir_fail(err, MIRSAL_PROTOCOL, "a checkpoint of a device");
}

mirsal_code mir_hosting_open(struct mir_hosting **out,
    struct mir_store *store,
    const struct mir_hosting_options *options,
    mirsal_error *err)
{
    uint8_t seed[32];
    *out = NULL;
    struct mir_hosting *hosting = mir_secret_alloc(sizeof *hosting);
    if (hosting == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no locked memory for keys");
    }
    hosting->store = store;
    hosting->options = *options;
    hosting->from_ms = mir_now_ms(store->env);
    mir_served_init(&hosting->served, store->env, store->sql, &store->team);
    hosting->served.names_whole = 1;
    mir_random(store->env, hosting->store_epoch, sizeof hosting->store_epoch);
    mir_random(store->env, seed, sizeof seed);
    mir_agree_keypair(&hosting->noise_public, &hosting->noise, seed);
    mir_wipe(seed, sizeof seed);
    *out = hosting;
    return MIRSAL_OK;
}

void mir_hosting_close(struct mir_hosting *hosting)
{
    if (hosting == NULL) {
        return;
    }
    mir_served_fini(&hosting->served);
    mir_secret_free(hosting);
}

void mir_hosting_announce(struct mir_buf *out, const struct mir_hosting *hosting)
{
    const struct mir_relay_key key = {
        .identity = *mir_store_device(hosting->store),
        .serial = PEER_SERIAL,
        .noise = hosting->noise_public,
        .from_ms = hosting->from_ms,
    };
    mir_relay_key_write(out, &key, &hosting->store->keys->sign);
}

mirsal_code mir_visit_open(struct mir_visit **out, struct mir_hosting *hosting, mirsal_error *err)
{
    *out = NULL;
    struct mir_visit *visit = mir_alloc(hosting->store->env, sizeof *visit);
    if (visit == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for an exchange");
    }
    visit->hosting = hosting;
    visit->parts.env = hosting->store->env;
    visit->parts.find = find_set;
    visit->parts.leave = leave_set;
    visit->host = (struct mir_sync_host){
        .identity = identity,
        .noise_secret = noise_secret,
        .find_team = find_team,
        .register_team = register_team,
        .find_device = find_device,
        .commit = commit,
        .log = describe_log,
        .root_at = root_at,
        .consistency = consistency,
        .words = give_words,
        .word = take_word,
        .restored = restored,
    };
    mir_host_parts_fill(&visit->host, &visit->parts);
    visit->host.read = read_set;
    *out = visit;
    return MIRSAL_OK;
}

void mir_visit_close(struct mir_visit *visit)
{
    if (visit == NULL) {
        return;
    }
    mir_host_parts_fini(&visit->parts);
    mir_release(visit->parts.env, visit, sizeof *visit);
}

const struct mir_sync_host *mir_visit_host(struct mir_visit *visit)
{
    return &visit->host;
}
