/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/duties.c - what a device owes the team now; see the header.
 *
 * Table `said` remembers what was said by kind and subject, so that it is said once: of epoch_ok
 * the epoch's public key, of receipt the chain with its head.
 */
#include "duties.h"

#include "accept.h"
#include "carry.h"
#include "env.h"
#include "epochfollow.h"
#include "epochkeys.h"
#include "epochturn.h"
#include "fail.h"
#include "forget.h"
#include "forkproof.h"
#include "identity.h"
#include "line.h"
#include "members.h"
#include "mir_limits.h"
#include "peers.h"
#include "purgebodies.h"
#include "purging.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX    ((size_t)16 << 20)
#define PROOFS_MAX   64u /* of forks, a run */
#define SUBJECT_SIZE 33u /* device key ‖ compartment */

struct duties {
    struct mir_store *store;
    const struct mir_member *self;
    struct mir_arena arena;
    struct mir_buf says;  /* struct mir_say */
    struct mir_buf heads; /* struct mir_receipt_of */
};

static mirsal_code add_say(struct duties *duties, const struct mir_say *say, mirsal_error *err)
{
    if (duties->says.size / sizeof *say >= MIR_STATEMENTS_MAX / 4) {
        return MIRSAL_OK; /* the next run says the rest */
    }
    mir_buf_append(&duties->says, say, sizeof *say);
    return mir_buf_finish(&duties->says, err);
}

static mirsal_code was_said(int *said,
    struct mir_bytes *value,
    uint8_t room[40],
    struct duties *duties,
    int kind,
    struct mir_bytes subject,
    mirsal_error *err)
{
    static const char text[] = "SELECT value FROM said WHERE kind = ?1 AND subject = ?2";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, duties->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, kind);
    mir_sql_bind_blob(statement, 2, subject.data, subject.size);
    rc = mir_sql_step(said, duties->store->sql, statement, err);
    if (rc == MIRSAL_OK && *said && value != NULL) {
        struct mir_bytes column = mir_sql_column(statement, 0);
        value->size = column.size <= 40 ? column.size : 0;
        value->data = room;
        memcpy(room, column.data, value->size);
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code note_said(struct duties *duties,
    int kind,
    struct mir_bytes subject,
    struct mir_bytes value,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO said (kind, subject, value) VALUES (?1, ?2, ?3)"
                               " ON CONFLICT (kind, subject) DO UPDATE SET value = excluded.value";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, duties->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, kind);
    mir_sql_bind_blob(statement, 2, subject.data, subject.size);
    mir_sql_bind_blob(statement, 3, value.data, value.size);
    return mir_sql_done(duties->store->sql, statement, err);
}

/* Opens one envelope and owes the word on it. A private half already held is not tried again. */
static mirsal_code take_envelope(struct duties *duties,
    const struct mir_say_epoch_key *key,
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    struct mir_store *store = duties->store;
    struct mir_say say = { .kind = MIR_SAY_EPOCH_OK };
    struct mir_bytes subject = { key->name.public_key.bytes, 32 };
    int said = 0;
    int held = 0;
    mirsal_code rc = mir_epoch_secret(&secret, &held, store, &key->name.public_key, err);
    if (rc == MIRSAL_OK) {
        rc = was_said(&said, NULL, NULL, duties, MIR_SAY_EPOCH_OK, subject, err);
    }
    if (rc != MIRSAL_OK || held) {
        return rc;
    }
    say.epoch_ok.public_key = key->name.public_key;
    say.epoch_ok.opened = mir_envelope_open(&secret, key->envelope, &key->name, &store->team,
                              &store->keys->hpke, store->env, NULL) == MIRSAL_OK;
    if (say.epoch_ok.opened) {
        rc = mir_epoch_keep(
            store, key->name.compartment, key->name.number, &secret, &key->name.public_key, err);
        store->keys_came = 1;
    } else if (said) {
        return MIRSAL_OK;
    }
    uint8_t word = say.epoch_ok.opened ? 1 : 0;
    if (rc == MIRSAL_OK) {
        rc = note_said(duties, MIR_SAY_EPOCH_OK, subject, (struct mir_bytes){ &word, 1 }, err);
    }
    return rc == MIRSAL_OK ? add_say(duties, &say, err) : rc;
}

/* An epoch that a newer one was to give and did not: its holders deliver it then. */
static mirsal_code owe_refusals(struct duties *duties, mirsal_error *err)
{
    const struct mir_membership *membership = duties->store->membership;
    const uint8_t word = 0;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        struct mir_bytes subject = { epoch->name.public_key.bytes, 32 };
        struct mir_say say = { .kind = MIR_SAY_EPOCH_OK };
        int swallowed = 0;
        int said = 0;
        rc = mir_epoch_is_swallowed(&swallowed, duties->store, epoch, err);
        if (rc == MIRSAL_OK && swallowed) {
            rc = was_said(&said, NULL, NULL, duties, MIR_SAY_EPOCH_OK, subject, err);
        }
        if (rc != MIRSAL_OK || !swallowed || said) {
            continue;
        }
        say.epoch_ok.public_key = epoch->name.public_key;
        rc = note_said(duties, MIR_SAY_EPOCH_OK, subject, (struct mir_bytes){ &word, 1 }, err);
        rc = rc == MIRSAL_OK ? add_say(duties, &say, err) : rc;
    }
    return rc;
}

static int addresses(const struct mir_control *fact, const mirsal_hash *device)
{
    for (size_t i = 0; i < fact->statement_count; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_EPOCH_KEY &&
            mir_hash_equal(&fact->statements[i].epoch_key.device, device)) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code take_envelopes(struct duties *duties, mirsal_error *err)
{
    struct mir_store *store = duties->store;
    struct mir_control_body body;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        if (!addresses(fact, mir_store_device(store))) {
            continue;
        }
        rc = mir_statements_read(&body, &duties->arena, store, &fact->id, err);
        for (uint32_t j = 0; rc == MIRSAL_OK && j < body.say_count; j++) {
            const struct mir_say *say = &body.says[j];
            if (say->kind == MIR_SAY_EPOCH_KEY &&
                mir_hash_equal(&say->epoch_key.device, mir_store_device(store)) &&
                mir_members_reads(store, say->epoch_key.name.compartment)) {
                rc = take_envelope(duties, &say->epoch_key, err);
            }
        }
    }
    return rc;
}

/* Coordinators and admins settle the joins of monitors and observers that count. */
static mirsal_code owe_admits(struct duties *duties, mirsal_error *err)
{
    const struct mir_membership *membership = duties->store->membership;
    mirsal_code rc = MIRSAL_OK;
    /* The word of a coordinator who is not settled would not count (control.md 5.2). */
    if (duties->self->role < MIR_ROLE_COORDINATOR ||
        (duties->self->role == MIR_ROLE_COORDINATOR && !duties->self->settled)) {
        return MIRSAL_OK;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->member_count; i++) {
        const struct mir_member *member = &membership->members[i];
        struct mir_say say = { .kind = MIR_SAY_ADMIT };
        if (!member->member || member->settled || member->role > MIR_ROLE_MONITOR) {
            continue;
        }
        say.admit.device = member->key;
        say.admit.join = member->join;
        rc = add_say(duties, &say, err);
    }
    return rc;
}

static mirsal_code owe_keys(struct duties *duties, mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    struct mir_store *store = duties->store;
    struct mir_key_due *due = NULL;
    size_t count = 0;
    mirsal_code rc =
        mir_membership_keys_due(&due, &count, store->membership, mir_store_device(store), err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct mir_say say = { .kind = MIR_SAY_EPOCH_KEY };
        int held = 0;
        rc = mir_epoch_secret(&secret, &held, store, &due[i].epoch.public_key, err);
        if (rc != MIRSAL_OK || !held) {
            continue;
        }
        say.epoch_key.name.compartment = (uint8_t)due[i].epoch.compartment;
        say.epoch_key.name.number = due[i].epoch.number;
        say.epoch_key.name.public_key = due[i].epoch.public_key;
        say.epoch_key.device = due[i].device;
        rc = mir_envelope_seal(say.epoch_key.envelope, &say.epoch_key.name, &store->team, &secret,
            &due[i].hpke, store->env, err);
        if (rc == MIRSAL_OK) {
            rc = add_say(duties, &say, err);
        }
    }
    return rc;
}

/* One row: a chain's head. Owed where it moved since it was last said. */
static mirsal_code owe_head(struct duties *duties, sqlite3_stmt *statement, mirsal_error *err)
{
    struct mir_receipt_of receipt;
    struct mir_bytes value = { NULL, 0 };
    uint8_t subject[SUBJECT_SIZE];
    uint8_t room[40];
    int said = 0;
    struct mir_bytes key = mir_sql_column(statement, 0);
    struct mir_bytes id = mir_sql_column(statement, 3);
    memset(&receipt, 0, sizeof receipt);
    if (key.size != 32 || id.size != 32) {
        return mir_fail(err, MIRSAL_CORRUPT, "a chain's row is damaged");
    }
    memcpy(receipt.device.bytes, key.data, 32);
    receipt.head.compartment = (uint8_t)mir_sql_column_int(statement, 1);
    receipt.head.seq = (uint64_t)mir_sql_column_int(statement, 2);
    memcpy(receipt.head.id.bytes, id.data, 32);
    memcpy(subject, key.data, 32);
    subject[32] = receipt.head.compartment;
    struct mir_bytes name = { subject, sizeof subject };
    mirsal_code rc = was_said(&said, &value, room, duties, MIR_SAY_RECEIPT, name, err);
    struct mir_bytes now = { receipt.head.id.bytes, 32 };
    if (rc != MIRSAL_OK || (said && mir_bytes_equal(value, now))) {
        return rc;
    }
    if (duties->heads.size / sizeof receipt >= MIR_RECEIPT_HEADS_MAX) {
        return MIRSAL_OK;
    }
    mir_buf_append(&duties->heads, &receipt, sizeof receipt);
    rc = mir_buf_finish(&duties->heads, err);
    return rc == MIRSAL_OK ? note_said(duties, MIR_SAY_RECEIPT, name, now, err) : rc;
}

/* The chain and changeset of a row of the heads: whether it is passed over. */
static int is_passed_over(const struct duties *duties,
    uint8_t chain[SUBJECT_SIZE],
    sqlite3_stmt *statement)
{
    uint8_t name[SUBJECT_SIZE];
    mirsal_hash id;
    struct mir_bytes key = mir_sql_column(statement, 0);
    struct mir_bytes changeset = mir_sql_column(statement, 3);
    if (key.size != 32 || changeset.size != sizeof id.bytes) {
        return 0; /* said by who reads it */
    }
    memcpy(name, key.data, 32);
    name[32] = (uint8_t)mir_sql_column_int(statement, 1);
    memcpy(id.bytes, changeset.data, sizeof id.bytes);
    if (memcmp(chain, name, sizeof name) == 0 ||
        mir_membership_adopted(duties->store->membership, &id, NULL) > 0) {
        return 1;
    }
    memcpy(chain, name, sizeof name);
    return 0;
}

/*
 * Heads of others' data chains that were opened here. What counts by an adopt alone is no head: at
 * a fork a receipt would name the branch that lost.
 */
static mirsal_code owe_receipt(struct duties *duties, mirsal_error *err)
{
#define HEADS(what, end)                                                                           \
    "SELECT d.key, c.compartment, " what ", c.id FROM changeset AS c"                              \
    " JOIN device AS d ON d.no = c.device"                                                         \
    " WHERE c.compartment <> 255 AND c.state = 0 AND c.projected = 1 AND d.key <> ?1" end
    static const char heads[] =
        HEADS("max(c.seq)", " GROUP BY d.key, c.compartment ORDER BY d.key, c.compartment");
    static const char all[] = HEADS("c.seq", " ORDER BY d.key, c.compartment, c.seq DESC, c.id");
#undef HEADS
    uint8_t chain[SUBJECT_SIZE] = { 0 };
    struct mir_store *store = duties->store;
    struct mir_say say = { .kind = MIR_SAY_RECEIPT };
    sqlite3_stmt *statement = NULL;
    int row = 0;
    if (!mir_members_reads(store, MIR_COMPARTMENT_MAIN)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(
        &statement, store->sql, store->membership->adopt_count > 0 ? all : heads, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, mir_store_device(store)->bytes, 32);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc =
            is_passed_over(duties, chain, statement) ? MIRSAL_OK : owe_head(duties, statement, err);
    }
    mir_sql_release(statement);
    say.receipt.heads = (const struct mir_receipt_of *)(const void *)duties->heads.data;
    say.receipt.count = (uint32_t)(duties->heads.size / sizeof *say.receipt.heads);
    return rc == MIRSAL_OK && say.receipt.count > 0 ? add_say(duties, &say, err) : rc;
}

/* What a fork cost a device that this store was, once the fork is decided. */
static mirsal_code carry_over(struct duties *duties, uint32_t *wrote, mirsal_error *err)
{
    struct mir_accept_counts counts;
    uint32_t carried = 0;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_carry_over(&carried, duties->store, err);
    *wrote += carried;
    return rc == MIRSAL_OK && carried > 0 ? mir_accept_settle(&counts, duties->store, err) : rc;
}

static mirsal_code run(struct duties *duties, uint32_t *wrote, mirsal_error *err)
{
    struct mir_store *store = duties->store;
    struct mir_accept_counts counts;
    uint32_t kept = 0;
    uint32_t turned = 0;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_peer_learn(store, err);
    duties->self = mir_membership_device(store->membership, mir_store_device(store));
    int says =
        duties->self != NULL && duties->self->member && mir_identity_signing(store) == MIR_SIGNS;
    if (rc == MIRSAL_OK) {
        rc = mir_purging_step(says ? &duties->says : NULL, store, err);
    }
    if (rc == MIRSAL_OK && says) {
        rc = mir_purge_name_bodies(&duties->says, &duties->arena, store, err);
    }
    if (rc != MIRSAL_OK || !says) {
        return rc;
    }
    rc = take_envelopes(duties, err);
    if (rc == MIRSAL_OK) {
        rc = mir_epochs_follow(&kept, store, err);
        store->keys_came |= kept > 0;
    }
    if (rc == MIRSAL_OK && store->keys_came) {
        rc = mir_accept_settle(&counts, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_epochs_turn_due(&turned, store, err);
    }
    duties->self = mir_membership_device(store->membership, mir_store_device(store));
    if (rc == MIRSAL_OK) {
        rc = owe_refusals(duties, err);
    }
    if (rc == MIRSAL_OK) {
        rc = carry_over(duties, wrote, err);
    }
    if (rc == MIRSAL_OK) {
        rc = owe_admits(duties, err);
    }
    if (rc == MIRSAL_OK) {
        rc = owe_keys(duties, err);
    }
    if (rc == MIRSAL_OK) {
        rc = owe_receipt(duties, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_forks_prove(&duties->says, PROOFS_MAX, &duties->arena, store, err);
    }
    uint32_t count = (uint32_t)(duties->says.size / sizeof(struct mir_say));
    *wrote += turned;
    if (rc != MIRSAL_OK || count == 0) {
        return rc;
    }
    rc = mir_statements_say(
        NULL, store, (const struct mir_say *)(const void *)duties->says.data, count, err);
    *wrote += rc == MIRSAL_OK;
    return rc == MIRSAL_OK ? mir_accept_settle(&counts, store, err) : rc;
}

mirsal_code mir_duties_run(uint32_t *wrote, struct mir_store *store, mirsal_error *err)
{
    struct duties duties = { .store = store };
    *wrote = 0;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_arena_init(&duties.arena, store->env, ARENA_MAX);
    mir_buf_init(&duties.says, store->env, SIZE_MAX / 2);
    mir_buf_init(&duties.heads, store->env, SIZE_MAX / 2);
    rc = run(&duties, wrote, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        *wrote = 0;
        mir_store_rollback(store);
    }
    if (rc == MIRSAL_OK && store->membership->purges.body_count > 0 &&
        mir_forget_residue(store, NULL) != MIRSAL_OK) {
        mir_log(store->env, MIRSAL_LOG_INFO, "pages are wiped another time");
    }
    mir_buf_fini(&duties.heads);
    mir_buf_fini(&duties.says);
    mir_arena_fini(&duties.arena);
    return rc;
}
