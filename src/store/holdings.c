/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/holdings.c - counts over the tables of chains and of relays' heads.
 *
 * Chains grow at their end, so that who holds a head holds all below it: a chain's custody is a
 * matter of three numbers.
 */
#include "holdings.h"

#include "changeset.h"
#include "fail.h"
#include "sql.h"

#include <string.h>

/* The number of the newest epoch of each compartment at which this device's reading begins. */
static int find_beginnings(uint64_t out[MIR_COMPARTMENT_CONTROL], const struct mir_store *store)
{
    const struct mir_membership *membership = store->membership;
    int found = 0;
    memset(out, 0, MIR_COMPARTMENT_CONTROL * sizeof *out);
    for (size_t i = 0; membership != NULL && i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        uint64_t after = epoch->name.number + UINT64_C(1);
        if (epoch->name.compartment < MIR_COMPARTMENT_CONTROL &&
            after > out[epoch->name.compartment] &&
            mir_membership_begins_later(membership, epoch, mir_store_device(store))) {
            out[epoch->name.compartment] = after;
            found = 1;
        }
    }
    return found;
}

/* Of the changesets that wait for a key, those of epochs before the beginnings. */
static mirsal_code count_not_given(uint64_t *out,
    struct mir_store *store,
    const uint64_t beginnings[MIR_COMPARTMENT_CONTROL],
    mirsal_error *err)
{
    static const char text[] = "SELECT t.header FROM changeset AS c JOIN content AS t"
                               " ON t.no = c.no WHERE c.state = ?1 AND c.reason = ?2";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, MIR_STATE_WAITING);
    mir_sql_bind_int(statement, 2, MIR_REASON_EPOCH_KEY);
    while ((rc = mir_sql_step(&row, store->sql, statement, err)) == MIRSAL_OK && row) {
        struct mir_header header;
        rc = mir_header_decode(&header, mir_sql_column(statement, 0), err);
        if (rc != MIRSAL_OK) {
            break;
        }
        *out += header.compartment < MIR_COMPARTMENT_CONTROL &&
                header.epoch < beginnings[header.compartment];
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code set_apart_not_given(struct mir_holdings *out,
    struct mir_store *store,
    mirsal_error *err)
{
    uint64_t beginnings[MIR_COMPARTMENT_CONTROL];
    if (out->waiting[MIR_REASON_EPOCH_KEY] == 0 || !find_beginnings(beginnings, store)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = count_not_given(&out->not_given, store, beginnings, err);
    out->waiting[MIR_REASON_EPOCH_KEY] -= out->not_given;
    out->waiting_all -= out->not_given;
    return rc;
}

mirsal_code mir_holdings(struct mir_holdings *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] =
        "SELECT state, reason, count(*) FROM changeset GROUP BY state, reason";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        uint64_t reason = (uint64_t)mir_sql_column_int(statement, 1) % MIR_HOLDINGS_REASONS;
        uint64_t count = (uint64_t)mir_sql_column_int(statement, 2);
        int64_t state = mir_sql_column_int(statement, 0);
        out->changesets += count;
        if (state == MIR_STATE_WAITING) {
            out->waiting[reason] += count;
            out->waiting_all += count;
        } else if (state == MIR_STATE_QUARANTINED) {
            out->quarantined[reason] += count;
            out->quarantined_all += count;
        }
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? set_apart_not_given(out, store, err) : rc;
}

/* The highest seq of this device's chain that another reader said it holds. */
static uint64_t read_up_to(const struct mir_store *store, uint8_t compartment)
{
    const struct mir_membership *membership = store->membership;
    const mirsal_hash *self = mir_store_device(store);
    uint64_t seq = 0;
    for (size_t i = 0; i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        if (receipt->head.compartment == compartment && receipt->head.seq > seq &&
            mir_hash_equal(&receipt->head.device, self) &&
            !mir_hash_equal(&receipt->reader, self)) {
            seq = receipt->head.seq;
        }
    }
    return seq;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

mirsal_code mir_holdings_custody(struct mir_holdings_custody *out,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT c.compartment, max(c.seq), coalesce((SELECT max(h.seq) FROM peer_head AS h"
        " WHERE h.device = c.device AND h.compartment = c.compartment), 0)"
        " FROM changeset AS c JOIN device AS d ON d.no = c.device"
        " WHERE d.key = ?1 AND c.compartment <> 255 GROUP BY c.compartment";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, mir_store_device(store)->bytes, sizeof(mirsal_hash));
    for (;;) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        uint64_t held = (uint64_t)mir_sql_column_int(statement, 1);
        uint64_t relayed = smaller((uint64_t)mir_sql_column_int(statement, 2), held);
        uint64_t read = smaller(read_up_to(store, (uint8_t)mir_sql_column_int(statement, 0)), held);
        uint64_t away = relayed > read ? relayed : read;
        out->readers += read;
        out->relay += away - read;
        out->device_only += held - away;
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_holdings_of_relay(uint64_t *out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT coalesce(sum(seq), 0) FROM (SELECT max(h.seq) AS seq FROM peer_head AS h"
        " JOIN device AS d ON d.no = h.device"
        " WHERE h.peer = ?1 AND d.key = ?2 AND h.compartment <> 255 GROUP BY h.compartment)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, peer);
    mir_sql_bind_blob(statement, 2, mir_store_device(store)->bytes, sizeof(mirsal_hash));
    rc = mir_sql_step(&row, store->sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *out = (uint64_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_holdings_chains(struct mir_holdings_chain **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    static const char text[] = "SELECT c.compartment, max(c.seq), sum(c.state = 2)"
                               " FROM changeset AS c JOIN device AS d ON d.no = c.device"
                               " WHERE d.key = ?1 AND c.compartment <> 255"
                               " GROUP BY c.compartment ORDER BY c.compartment";
    _Static_assert(MIR_STATE_QUARANTINED == 2, "the number in the statement");
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *count = 0;
    *out = mir_arena_alloc(arena, MIR_COMPARTMENT_CONTROL, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, device->bytes, sizeof device->bytes);
    while (*count < MIR_COMPARTMENT_CONTROL) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        (*out)[(*count)++] = (struct mir_holdings_chain){
            .compartment = (uint8_t)mir_sql_column_int(statement, 0),
            .last_seq = (uint64_t)mir_sql_column_int(statement, 1),
            .quarantined = (uint64_t)mir_sql_column_int(statement, 2),
        };
    }
    mir_sql_release(statement);
    return rc;
}
