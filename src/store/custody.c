/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/custody.c - who holds what this device wrote: relays by acknowledgement, readers by
 * receipt; see replica.h. And of any changeset, see custody.h.
 */
#include "custody.h"

#include "chains.h"
#include "fail.h"
#include "identity.h"
#include "membership.h"
#include "replica.h"

#include <string.h>

mirsal_code mir_replica_unsent(struct mir_unsent *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT count(*), coalesce(sum(c.size), 0) FROM changeset AS c"
                               " JOIN device AS d ON d.no = c.device"
                               " WHERE (d.key = ?1 OR d.key IN (SELECT key FROM former))"
                               " AND c.compartment <> 255 AND c.seq > coalesce("
                               " (SELECT max(h.seq) FROM peer_head AS h"
                               "  WHERE h.device = c.device AND h.compartment = c.compartment), 0)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, mir_store_device(store)->bytes, 32);
    rc = mir_sql_step(&row, store->sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        out->changesets = (uint64_t)mir_sql_column_int(statement, 0);
        out->bytes = (uint64_t)mir_sql_column_int(statement, 1);
    }
    mir_sql_release(statement);
    return rc;
}

static uint32_t readers_of(const struct mir_store *store,
    const mirsal_hash *device,
    const struct mir_chain_row *row)
{
    const struct mir_membership *membership = store->membership;
    uint32_t readers = 0;
    for (size_t i = 0; i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        int fresh =
            i == 0 || !mir_hash_equal(&receipt->reader, &membership->receipts[i - 1].reader) ||
            !mir_hash_equal(&receipt->head.device, &membership->receipts[i - 1].head.device);
        readers += fresh && receipt->head.compartment == row->compartment &&
                   receipt->head.seq >= row->seq && mir_hash_equal(&receipt->head.device, device);
    }
    return readers;
}

mirsal_code mir_custody_of(enum mir_custody *out,
    uint32_t *readers,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM peer_head WHERE device = ?1 AND compartment = ?2"
                               " AND seq >= ?3 LIMIT 1";
    struct mir_chain_row row;
    mirsal_hash device;
    sqlite3_stmt *statement = NULL;
    int relayed = 0;
    *out = MIR_CUSTODY_DEVICE;
    *readers = 0;
    mirsal_code rc = mir_chain_row(&row, store->sql, changeset, err);
    if (rc != MIRSAL_OK || row.no == 0) {
        return rc;
    }
    rc = mir_device_key(&device, store->sql, row.device, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, row.device);
        mir_sql_bind_int(statement, 2, row.compartment);
        mir_sql_bind_int(statement, 3, (int64_t)row.seq);
        rc = mir_sql_step(&relayed, store->sql, statement, err);
    }
    mir_sql_release(statement);
    *readers = readers_of(store, &device, &row);
    if (*readers > 0) {
        *out = MIR_CUSTODY_READERS;
    } else if (relayed || !mir_identity_is_own(store, &device)) {
        *out = MIR_CUSTODY_RELAY;
    }
    return rc;
}

const char *mir_custody_name(enum mir_custody custody)
{
    static const char *const names[] = { "device", "relay", "readers" };
    return names[custody];
}

mirsal_code mir_custody_relays(struct mir_custody_relay **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT p.identity, p.url, (SELECT count(*) FROM peer) FROM peer AS p WHERE EXISTS"
        " (SELECT 1 FROM peer_head AS h JOIN changeset AS c ON c.device = h.device"
        " AND c.compartment = h.compartment AND h.seq >= c.seq WHERE h.peer = p.no AND c.no = ?1)"
        " ORDER BY p.no";
    sqlite3_stmt *find = NULL;
    int row = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, changeset);
    for (;;) {
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        if (*out == NULL) {
            *out = mir_arena_alloc(arena, (size_t)mir_sql_column_int(find, 2), sizeof **out);
        }
        struct mir_bytes identity = mir_sql_column(find, 0);
        struct mir_bytes url = mir_sql_column(find, 1);
        const void *kept = mir_arena_copy(arena, url.data, url.size);
        if (*out == NULL || kept == NULL || identity.size != sizeof(mirsal_hash)) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for relays");
            break;
        }
        memcpy((*out)[*count].identity.bytes, identity.data, identity.size);
        (*out)[(*count)++].url = (struct mir_bytes){ kept, url.size };
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_custody_readers(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    struct mir_chain_row row;
    mirsal_hash device;
    *count = 0;
    *out = mir_arena_alloc(arena, membership->receipt_count + 1, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for readers");
    }
    mirsal_code rc = mir_chain_row(&row, store->sql, changeset, err);
    if (rc != MIRSAL_OK || row.no == 0) {
        return rc;
    }
    rc = mir_device_key(&device, store->sql, row.device, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        int told = *count > 0 && mir_hash_equal(&(*out)[*count - 1], &receipt->reader);
        if (!told && receipt->head.compartment == row.compartment && receipt->head.seq >= row.seq &&
            mir_hash_equal(&receipt->head.device, &device) &&
            !mir_hash_equal(&receipt->reader, &device)) {
            (*out)[(*count)++] = receipt->reader;
        }
    }
    return rc;
}

/* The highest place of a chain that the receipt of a reader other than author and this device
 * names. */
static uint64_t read_elsewhere(const struct mir_store *store,
    const mirsal_hash *device,
    uint32_t compartment)
{
    const struct mir_membership *membership = store->membership;
    uint64_t highest = 0;
    for (size_t i = 0; i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        if (receipt->head.compartment == compartment && receipt->head.seq > highest &&
            mir_hash_equal(&receipt->head.device, device) &&
            !mir_hash_equal(&receipt->reader, device) &&
            !mir_hash_equal(&receipt->reader, mir_store_device(store))) {
            highest = receipt->head.seq;
        }
    }
    return highest;
}

mirsal_code mir_custody_only_here(uint64_t *out, struct mir_store *store, mirsal_error *err)
{
    static const char chains_text[] =
        "SELECT d.key, c.compartment, max(c.seq), coalesce((SELECT max(h.seq) FROM peer_head AS h"
        " WHERE h.device = c.device AND h.compartment = c.compartment), 0), c.device"
        " FROM changeset AS c JOIN device AS d ON d.no = c.device"
        " WHERE d.key <> ?1 AND c.compartment <> 255 GROUP BY c.device, c.compartment";
    static const char count_text[] = "SELECT count(*) FROM changeset WHERE device = ?1"
                                     " AND compartment = ?2 AND seq > ?3";
    sqlite3_stmt *chains = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&chains, store->sql, chains_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(chains, 1, mir_store_device(store)->bytes, sizeof(mirsal_hash));
    for (;;) {
        sqlite3_stmt *number = NULL;
        mirsal_hash device = { { 0 } };
        rc = mir_sql_step(&row, store->sql, chains, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_bytes key = mir_sql_column(chains, 0);
        memcpy(device.bytes, key.data, key.size == sizeof device.bytes ? key.size : 0);
        int64_t compartment = mir_sql_column_int(chains, 1);
        uint64_t away = (uint64_t)mir_sql_column_int(chains, 3);
        uint64_t read = read_elsewhere(store, &device, (uint32_t)compartment);
        away = read > away ? read : away;
        if (away >= (uint64_t)mir_sql_column_int(chains, 2)) {
            continue;
        }
        rc = mir_sql_prepare(&number, store->sql, count_text, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        mir_sql_bind_int(number, 1, mir_sql_column_int(chains, 4));
        mir_sql_bind_int(number, 2, compartment);
        mir_sql_bind_int(number, 3, (int64_t)away);
        rc = mir_sql_step(&row, store->sql, number, err);
        *out += rc == MIRSAL_OK && row ? (uint64_t)mir_sql_column_int(number, 0) : 0;
        mir_sql_release(number);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(chains);
    return rc;
}
