/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/custody.c - who holds what this device wrote: relays by acknowledgement, readers by
 * receipt; see replica.h.
 */
#include "replica.h"

#include "chains.h"
#include "identity.h"
#include "membership.h"

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
