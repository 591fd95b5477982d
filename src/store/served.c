/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/served.c - what a set of changesets gives to others; see the header.
 */
#include "served.h"

#include "chainheads.h"
#include "fail.h"
#include "members.h"
#include "residues.h"

#include <string.h>

void mir_served_init(struct mir_served *served,
    const mirsal_env *env,
    struct mir_sql *sql,
    const mirsal_hash *team)
{
    memset(served, 0, sizeof *served);
    served->env = env;
    served->sql = sql;
    served->team = *team;
    mir_arena_init(&served->arena, env, MIR_BODY_SIZE_MAX + MIR_CONTROL_BODY_SIZE_MAX * 16u);
}

void mir_served_fini(struct mir_served *served)
{
    mir_served_forget(served);
    mir_arena_fini(&served->arena);
}

void mir_served_forget(struct mir_served *served)
{
    mir_members_free(served->members);
    served->members = NULL;
    served->members_no = 0;
}

static mirsal_code read_number(uint64_t *out,
    struct mir_served *served,
    const char *text,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, served->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_sql_step(&row, served->sql, statement, err);
    *out = rc == MIRSAL_OK && row ? (uint64_t)mir_sql_column_int(statement, 0) : 0;
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_served_size(uint64_t *out, struct mir_served *served, mirsal_error *err)
{
    static const char text[] = "SELECT max(no) FROM changeset";
    return read_number(out, served, text, err);
}

mirsal_code mir_served_members(const struct mir_membership **out,
    struct mir_served *served,
    mirsal_error *err)
{
    static const char text[] = "SELECT max(no) FROM changeset WHERE compartment = 255";
    struct mir_members *members = NULL;
    uint64_t newest = 0;
    mirsal_code rc = read_number(&newest, served, text, err);
    if (rc == MIRSAL_OK && (served->members == NULL || (int64_t)newest != served->members_no)) {
        rc = mir_members_load(&members, served->env, served->sql, &served->team, err);
        if (rc == MIRSAL_OK) {
            mir_members_free(served->members);
            served->members = members;
            served->members_no = (int64_t)newest;
        }
    }
    *out = rc == MIRSAL_OK ? &served->members->membership : NULL;
    return rc;
}

mirsal_code mir_served_find_device(struct mir_served *served,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    const struct mir_membership *membership = NULL;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_served_members(&membership, served, err);
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
    return MIRSAL_OK;
}

mirsal_code mir_served_own_heads(struct mir_served *served,
    const mirsal_hash *device,
    struct mir_heads *out,
    mirsal_error *err)
{
    static const char text[] = "SELECT DISTINCT compartment FROM changeset WHERE device = ?1"
                               " ORDER BY compartment";
    sqlite3_stmt *statement = NULL;
    int64_t no = 0;
    int row = 0;
    mirsal_code rc = mir_device_no(&no, served->sql, device, 0, err);
    if (rc != MIRSAL_OK || no == 0) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, served->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&row, served->sql, statement, err)) == MIRSAL_OK &&
           row) {
        rc = mir_chain_heads(
            out, served->sql, 0, (uint32_t)mir_sql_column_int(statement, 0), device, err);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_served_header(struct mir_served *served,
    const mirsal_hash *id,
    struct mir_buf *out,
    uint8_t signature[64],
    mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_changeset changeset;
    mirsal_code rc = mir_chain_find(&row, served->sql, id, err);
    if (rc == MIRSAL_OK && row.no == 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such changeset here");
    }
    mir_arena_reset(&served->arena);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load_header(&changeset, &served->arena, served->sql, row.no, err);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(out, changeset.header.data, changeset.header.size);
        memcpy(signature, changeset.signature.data, MIR_SIGNATURE_SIZE);
        rc = mir_buf_finish(out, err);
    }
    return rc;
}

/* Residues that others named, too: whoever reads them knows which is what was signed. */
static mirsal_code offer_others(struct mir_served *served,
    struct mir_changeset *changeset,
    const struct mir_sync_sink *sink,
    uint64_t arrival,
    int *stop,
    mirsal_error *err)
{
    struct mir_buf hashes;
    mir_buf_init(&hashes, served->env, SIZE_MAX / 2);
    mirsal_code rc = mir_residues_list(&hashes, served->sql, (int64_t)arrival, err);
    for (size_t at = 32; rc == MIRSAL_OK && !*stop && at < hashes.size; at += 32) {
        mirsal_hash hash;
        memcpy(hash.bytes, hashes.data + at, sizeof hash.bytes);
        rc = mir_residues_bytes(
            &changeset->body, &served->arena, served->sql, (int64_t)arrival, &hash, err);
        if (rc == MIRSAL_OK && changeset->body.size > 0) {
            *stop = !sink->take(sink->context, changeset, arrival);
        }
    }
    mir_buf_fini(&hashes);
    return rc;
}

/* One row of mir_served_read: asks the sink, then loads. *stop = 1 when it has enough. */
static mirsal_code offer(struct mir_served *served,
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
    mir_arena_reset(&served->arena);
    mirsal_code rc =
        mir_chain_load(&changeset, &served->arena, served->sql, (int64_t)place.arrival, err);
    if (rc == MIRSAL_OK) {
        *stop = !sink->take(sink->context, &changeset, place.arrival);
    }
    return rc == MIRSAL_OK && changeset.residue && !*stop
               ? offer_others(served, &changeset, sink, place.arrival, stop, err)
               : rc;
}

static mirsal_code read_rows(struct mir_served *served,
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
    mirsal_code rc = mir_sql_prepare(&statement, served->sql, text, err);
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
           (rc = mir_sql_step(&row, served->sql, statement, err)) == MIRSAL_OK && row) {
        rc = offer(served, statement, query->compartment, sink, &stop, err);
    }
    mir_sql_release(statement);
    *ended = rc == MIRSAL_OK && !stop;
    return rc;
}

mirsal_code mir_served_read(struct mir_served *served,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err)
{
    *ended = 0;
    *size = 0;
    /* One view: size and rows of the same moment. */
    mirsal_code rc = mir_sql_run(served->sql, "BEGIN", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_served_size(size, served, err);
    if (rc == MIRSAL_OK) {
        rc = read_rows(served, query, sink, ended, err);
    }
    mirsal_code end = mir_sql_run(served->sql, "COMMIT", rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? end : rc;
}

static mirsal_code all_heads(struct mir_heads *out,
    struct mir_sql *sql,
    uint32_t compartment,
    const mirsal_hash *only,
    mirsal_error *err)
{
    return mir_chain_heads(out, sql, 0, compartment, only, err);
}

mirsal_code mir_served_heads(struct mir_served *served,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err)
{
    mirsal_code (*add)(struct mir_heads *, struct mir_sql *, uint32_t, const mirsal_hash *,
        mirsal_error *) = served->names_whole ? mir_chain_whole_heads : all_heads;
    *size = 0;
    mirsal_code rc = mir_sql_run(served->sql, "BEGIN", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_served_size(size, served, err);
    if (rc == MIRSAL_OK) {
        rc = add(out, served->sql, MIR_COMPARTMENT_CONTROL, NULL, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < wants.size; i++) {
        uint8_t c = wants.data[i];
        int readable = (device->readable[c / 8] >> c % 8 & 1) != 0;
        rc = add(out, served->sql, c, readable ? NULL : &device->device, err);
    }
    mirsal_code end = mir_sql_run(served->sql, "COMMIT", rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? end : rc;
}

mirsal_code mir_served_holds(struct mir_served *served,
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
    mirsal_code rc = mir_device_no(&no, served->sql, device, 0, err);
    if (rc != MIRSAL_OK || no == 0) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, served->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, no);
    mir_sql_bind_int(statement, 2, entry->compartment);
    mir_sql_bind_int(statement, 3, (int64_t)entry->seq);
    while ((rc = mir_sql_step(&row, served->sql, statement, err)) == MIRSAL_OK && row && !*held) {
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
