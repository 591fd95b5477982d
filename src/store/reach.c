/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/reach.c - see the header.
 */
#include "reach.h"

#include "chainheads.h"
#include "fail.h"
#include "sql.h"
#include "text.h"

#include <string.h>

#define PREFIX_DIGITS_MIN 6u

const char *mir_reach_name(enum mir_reach reach)
{
    switch (reach) {
    case MIR_REACH_DEVICE:
        return "device";
    case MIR_REACH_RELAY:
        return "relay";
    case MIR_REACH_READERS:
        return "readers";
    }
    return "device";
}

mirsal_code mir_reach_changeset(struct mir_reach_row *out,
    struct mir_store *store,
    int64_t no,
    mirsal_error *err)
{
    struct mir_chain_row row = { 0 };
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_chain_row(&row, store->sql, no, err);
    if (rc != MIRSAL_OK || row.no == 0) {
        return rc;
    }
    *out = (struct mir_reach_row){ .no = row.no,
        .id = row.id,
        .compartment = row.compartment,
        .seq = row.seq,
        .state = row.state,
        .reason = row.reason,
        .stamp = row.stamp,
        .kept = row.kept };
    return mir_device_key(&out->device, store->sql, row.device, err);
}

/* The lowest and the highest id that begin with the digits; 0 when they are none, or too few. */
static int bracket_prefix(mirsal_hash *low, mirsal_hash *high, const char *text)
{
    char digits[2][2 * sizeof(mirsal_hash) + 1];
    size_t size = strlen(text);
    if (size < PREFIX_DIGITS_MIN || size > 2 * sizeof(mirsal_hash)) {
        return 0;
    }
    memset(digits[0], '0', sizeof digits[0]);
    memset(digits[1], 'f', sizeof digits[1]);
    memcpy(digits[0], text, size);
    memcpy(digits[1], text, size);
    return mir_hex_decode(low->bytes, sizeof low->bytes, digits[0], 2 * sizeof *low) &&
           mir_hex_decode(high->bytes, sizeof high->bytes, digits[1], 2 * sizeof *high);
}

mirsal_code mir_reach_named(int64_t *no,
    mirsal_hash *id,
    struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    static const char between[] =
        "SELECT no, id FROM changeset WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 2";
    sqlite3_stmt *query = NULL;
    mirsal_hash low;
    mirsal_hash high;
    int row = 0;
    *no = 0;
    if (!bracket_prefix(&low, &high, text)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&query, store->sql, between, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(query, 1, low.bytes, sizeof low.bytes);
    mir_sql_bind_blob(query, 2, high.bytes, sizeof high.bytes);
    rc = mir_sql_step(&row, store->sql, query, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes found = mir_sql_column(query, 1);
        *no = mir_sql_column_int(query, 0);
        if (found.size != sizeof *id) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "an id has another size");
        } else if (id != NULL) {
            memcpy(id->bytes, found.data, sizeof id->bytes);
        }
    }
    if (rc == MIRSAL_OK && row) {
        rc = mir_sql_step(&row, store->sql, query, err);
    }
    if (rc == MIRSAL_OK && row) {
        *no = 0;
        rc = mir_fail(err, MIRSAL_AMBIGUOUS_ID, "several changesets begin like this");
    }
    mir_sql_release(query);
    return rc;
}

/* One number from a query with up to two parameters. */
static mirsal_code read_number(uint64_t *out,
    struct mir_store *store,
    const char *text,
    int64_t first,
    int64_t second,
    mirsal_error *err)
{
    sqlite3_stmt *query = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&query, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(query, 1, first);
    mir_sql_bind_int(query, 2, second);
    rc = mir_sql_step(&row, store->sql, query, err);
    if (rc == MIRSAL_OK && row) {
        int64_t number = mir_sql_column_int(query, 0);
        *out = number > 0 ? (uint64_t)number : 0;
    }
    mir_sql_release(query);
    return rc;
}

static const char highest_at_relay[] =
    "SELECT max(seq) FROM peer_head WHERE device = ?1 AND compartment = ?2";

static uint64_t highest_at_readers(const struct mir_store *store,
    const mirsal_hash *device,
    uint32_t compartment)
{
    const struct mir_membership *membership = store->membership;
    uint64_t highest = 0;
    for (size_t i = 0; membership != NULL && i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        if (receipt->head.compartment == compartment && receipt->head.seq > highest &&
            memcmp(&receipt->head.device, device, sizeof *device) == 0 &&
            memcmp(&receipt->reader, device, sizeof *device) != 0) {
            highest = receipt->head.seq;
        }
    }
    return highest;
}

mirsal_code mir_reach_of(enum mir_reach *out,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_reach_row row = { 0 };
    int64_t device = 0;
    uint64_t relay = 0;
    *out = MIR_REACH_DEVICE;
    mirsal_code rc = mir_reach_changeset(&row, store, changeset, err);
    if (rc != MIRSAL_OK || row.no == 0) {
        return rc;
    }
    if (row.seq <= highest_at_readers(store, &row.device, row.compartment)) {
        *out = MIR_REACH_READERS;
        return MIRSAL_OK;
    }
    rc = mir_device_no(&device, store->sql, &row.device, 0, err);
    if (rc == MIRSAL_OK) {
        rc = read_number(&relay, store, highest_at_relay, device, row.compartment, err);
    }
    *out = rc == MIRSAL_OK && row.seq <= relay ? MIR_REACH_RELAY : MIR_REACH_DEVICE;
    return rc;
}

mirsal_code mir_reach_frontier(uint8_t out[16], struct mir_store *store, mirsal_error *err)
{
    struct mir_heads heads;
    mirsal_code rc = MIRSAL_OK;
    mir_heads_init(&heads, store->env);
    for (uint32_t number = 0; number < MIR_COMPARTMENTS - 1 && rc == MIRSAL_OK; number++) {
        if (store->membership->compartments[number / 64] >> (number % 64) & 1) {
            rc = mir_chain_heads(&heads, store->sql, 0, number, NULL, err);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&heads.buf, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_frontier(out, &heads, err);
    }
    mir_heads_fini(&heads);
    return rc;
}
