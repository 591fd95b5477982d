/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relayread.c - what a relay gives: who is there, heads, changesets by arrival.
 */
#include "fail.h"
#include "relaylogin.h"

#include <string.h>

mirsal_code mir_relay_log_find_device(struct mir_relay_log *log,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    const struct mir_membership *membership = NULL;
    uint64_t used = 0;
    int64_t no = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_relay_members(&membership, log, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct mir_member *found = NULL;
    for (size_t i = 0; i < membership->member_count && found == NULL; i++) {
        if (memcmp(membership->members[i].noise.bytes, noise->bytes, sizeof noise->bytes) == 0) {
            found = &membership->members[i];
        }
    }
    if (found == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no device of this team has that key");
    }
    out->device = found->key;
    out->standing = found->member ? MIR_SYNC_MEMBER : MIR_SYNC_WAITING;
    for (uint32_t c = 0; found->member && c < MIR_COMPARTMENT_CONTROL; c++) {
        if (mir_membership_can_read(membership, &found->key, c)) {
            out->readable[c / 8] |= (uint8_t)(1u << c % 8);
        }
    }
    rc = mir_device_no(&no, log->sql, &found->key, 0, err);
    if (rc == MIRSAL_OK && no != 0) {
        rc = mir_relay_usage(&used, log, no, err);
    }
    out->quota_near = log->quota.device != 0 && used > log->quota.device / 10 * 9;
    return rc;
}

/* Ids that stand at the end of a branch, of a chain that forks: those that none names as prev. */
static mirsal_code add_branches(struct mir_heads *out,
    struct mir_relay_log *log,
    const struct mir_head *chain,
    int64_t device,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT c.id, c.seq FROM changeset c WHERE c.device = ?1 AND c.compartment = ?2"
        " AND NOT EXISTS (SELECT 1 FROM changeset n JOIN content k ON k.no = n.no"
        " WHERE n.device = c.device AND n.compartment = c.compartment AND n.seq = c.seq + 1"
        " AND instr(k.header, c.id) > 0)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, chain->compartment);
    while ((rc = mir_sql_step(&row, log->sql, statement, err)) == MIRSAL_OK && row) {
        struct mir_head head = *chain;
        struct mir_bytes id = mir_sql_column(statement, 0);
        head.seq = (uint64_t)mir_sql_column_int(statement, 1);
        memcpy(head.id.bytes, id.data, sizeof head.id.bytes);
        mir_heads_add(out, &head);
    }
    mir_sql_release(statement);
    return rc;
}

/* Heads of a compartment's chains; device 0: of all. */
static mirsal_code add_heads(struct mir_heads *out,
    struct mir_relay_log *log,
    uint8_t compartment,
    int64_t device,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT d.key, max(c.seq), c.id, c.device,"
        " EXISTS (SELECT 1 FROM fork f WHERE f.device = c.device AND f.compartment = ?1)"
        " FROM changeset c JOIN device d ON d.no = c.device"
        " WHERE c.compartment = ?1 AND (?2 = 0 OR c.device = ?2) GROUP BY c.device";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, compartment);
    mir_sql_bind_int(statement, 2, device);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&row, log->sql, statement, err)) == MIRSAL_OK &&
           row) {
        struct mir_head head = { .compartment = compartment };
        struct mir_bytes key = mir_sql_column(statement, 0);
        memcpy(head.device.bytes, key.data, sizeof head.device.bytes);
        head.seq = (uint64_t)mir_sql_column_int(statement, 1);
        struct mir_bytes id = mir_sql_column(statement, 2);
        memcpy(head.id.bytes, id.data, sizeof head.id.bytes);
        if (mir_sql_column_int(statement, 4)) {
            rc = add_branches(out, log, &head, mir_sql_column_int(statement, 3), err);
        } else {
            mir_heads_add(out, &head);
        }
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(&out->buf, err) : rc;
}

mirsal_code mir_relay_log_own_heads(struct mir_relay_log *log,
    const mirsal_hash *device,
    struct mir_heads *out,
    mirsal_error *err)
{
    static const char text[] = "SELECT DISTINCT compartment FROM changeset WHERE device = ?1"
                               " ORDER BY compartment";
    sqlite3_stmt *statement = NULL;
    int64_t no = 0;
    int row = 0;
    mirsal_code rc = mir_device_no(&no, log->sql, device, 0, err);
    if (rc != MIRSAL_OK || no == 0) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&row, log->sql, statement, err)) == MIRSAL_OK &&
           row) {
        rc = add_heads(out, log, (uint8_t)mir_sql_column_int(statement, 0), no, err);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_relay_log_header(struct mir_relay_log *log,
    const mirsal_hash *id,
    struct mir_buf *out,
    uint8_t signature[64],
    mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_changeset changeset;
    mirsal_code rc = mir_chain_find(&row, log->sql, id, err);
    if (rc == MIRSAL_OK && row.no == 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such changeset here");
    }
    mir_arena_reset(&log->arena);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load_header(&changeset, &log->arena, log->sql, row.no, err);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(out, changeset.header.data, changeset.header.size);
        memcpy(signature, changeset.signature.data, MIR_SIGNATURE_SIZE);
        rc = mir_buf_finish(out, err);
    }
    return rc;
}

/* One row of mir_relay_log_read: asks the sink, then loads. *stop = 1 when it has enough. */
static mirsal_code offer(struct mir_relay_log *log,
    sqlite3_stmt *statement,
    uint8_t compartment,
    const struct mir_sync_sink *sink,
    int *stop,
    mirsal_error *err)
{
    struct mir_sync_place place = { .compartment = compartment };
    struct mir_changeset changeset;
    place.arrival = (uint64_t)mir_sql_column_int(statement, 0);
    struct mir_bytes id = mir_sql_column(statement, 1);
    memcpy(place.id.bytes, id.data, sizeof place.id.bytes);
    struct mir_bytes key = mir_sql_column(statement, 2);
    memcpy(place.device.bytes, key.data, sizeof place.device.bytes);
    place.seq = (uint64_t)mir_sql_column_int(statement, 3);
    if (!sink->wants(sink->context, &place)) {
        return MIRSAL_OK;
    }
    mir_arena_reset(&log->arena);
    mirsal_code rc = mir_chain_load(&changeset, &log->arena, log->sql, (int64_t)place.arrival, err);
    if (rc == MIRSAL_OK) {
        *stop = !sink->take(sink->context, &changeset, place.arrival);
    }
    return rc;
}

static mirsal_code read_rows(struct mir_relay_log *log,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    int *ended,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT c.no, c.id, d.key, c.seq FROM changeset c JOIN device d ON d.no = c.device"
        " WHERE c.compartment = ?1 AND c.no > ?2 AND (?3 IS NULL OR d.key = ?3) ORDER BY c.no";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    int stop = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, query->compartment);
    mir_sql_bind_int(statement, 2, (int64_t)query->after);
    if (query->only != NULL) {
        mir_sql_bind_blob(statement, 3, query->only->bytes, sizeof query->only->bytes);
    } else {
        mir_sql_bind_null(statement, 3);
    }
    while (rc == MIRSAL_OK && !stop &&
           (rc = mir_sql_step(&row, log->sql, statement, err)) == MIRSAL_OK && row) {
        rc = offer(log, statement, query->compartment, sink, &stop, err);
    }
    mir_sql_release(statement);
    *ended = rc == MIRSAL_OK && !stop;
    return rc;
}

mirsal_code mir_relay_log_read(struct mir_relay_log *log,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err)
{
    *ended = 0;
    *size = 0;
    /* One view: size and rows of the same moment. */
    mirsal_code rc = mir_sql_run(log->sql, "BEGIN", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_relay_size(size, log, err);
    if (rc == MIRSAL_OK) {
        rc = read_rows(log, query, sink, ended, err);
    }
    mirsal_code end = mir_sql_run(log->sql, "COMMIT", rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? end : rc;
}

mirsal_code mir_relay_log_heads(struct mir_relay_log *log,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err)
{
    int64_t own = 0;
    *size = 0;
    mirsal_code rc = mir_sql_run(log->sql, "BEGIN", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_relay_size(size, log, err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_no(&own, log->sql, &device->device, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_heads(out, log, MIR_COMPARTMENT_CONTROL, 0, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < wants.size; i++) {
        uint8_t c = wants.data[i];
        int readable = (device->readable[c / 8] >> c % 8 & 1) != 0;
        if (readable || own != 0) {
            rc = add_heads(out, log, c, readable ? 0 : own, err);
        }
    }
    mirsal_code end = mir_sql_run(log->sql, "COMMIT", rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? end : rc;
}

mirsal_code mir_relay_log_holds(struct mir_relay_log *log,
    const mirsal_hash *device,
    const struct mir_vector_entry *entry,
    const uint8_t handshake_hash[32],
    int *held,
    mirsal_error *err)
{
    static const char text[] = "SELECT id FROM changeset"
                               " WHERE device = ?1 AND compartment = ?2 AND seq = ?3";
    sqlite3_stmt *statement = NULL;
    int64_t no = 0;
    int row = 0;
    *held = 0;
    mirsal_code rc = mir_device_no(&no, log->sql, device, 0, err);
    if (rc != MIRSAL_OK || no == 0) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    mir_sql_bind_int(statement, 2, entry->compartment);
    mir_sql_bind_int(statement, 3, (int64_t)entry->seq);
    while ((rc = mir_sql_step(&row, log->sql, statement, err)) == MIRSAL_OK && row && !*held) {
        uint8_t tag[8];
        mirsal_hash id;
        struct mir_bytes bytes = mir_sql_column(statement, 0);
        memcpy(id.bytes, bytes.data, sizeof id.bytes);
        mir_vector_tag(tag, handshake_hash, &id);
        *held = memcmp(tag, entry->tag, sizeof tag) == 0;
    }
    mir_sql_release(statement);
    return rc;
}
