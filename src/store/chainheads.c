/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chainheads.c - heads of chains, forked ones too; see the header.
 */
#include "chainheads.h"

#include "fail.h"

#include <string.h>

/* A changeset of a forked chain, and the one before it. */
struct branch {
    mirsal_hash id;
    mirsal_hash prev;
    uint64_t seq;
};

static int leads_on(const struct branch *branches, size_t count, const mirsal_hash *id)
{
    for (size_t i = 0; i < count; i++) {
        if (mir_hash_equal(&branches[i].prev, id)) {
            return 1;
        }
    }
    return 0;
}

/* Heads of a forked chain: those of it, from the fork on, that no other of them follows. */
static mirsal_code add_branches(struct mir_heads *out,
    struct mir_sql *sql,
    int64_t peer,
    const struct mir_chain_row *chain,
    const mirsal_hash *device,
    mirsal_error *err)
{
#define BRANCHES                                                                                   \
    "SELECT t.header FROM changeset AS c JOIN content AS t ON t.no = c.no"                         \
    " WHERE c.device = ?1 AND c.compartment = ?2 AND c.seq >= ?3"
    static const char held_text[] = BRANCHES;
    static const char known_text[] =
        BRANCHES " AND EXISTS (SELECT 1 FROM peer_head AS h WHERE h.peer = ?4 AND h.device = ?1"
                 "  AND h.compartment = ?2 AND h.id = c.id)";
    sqlite3_stmt *statement = NULL;
    struct mir_header header;
    struct mir_buf found;
    int row = 0;
    mir_buf_init(&found, out->buf.env, SIZE_MAX / 2);
    mirsal_code rc = mir_sql_prepare(&statement, sql, peer == 0 ? held_text : known_text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, chain->device);
        mir_sql_bind_int(statement, 2, chain->compartment);
        mir_sql_bind_int(statement, 3, (int64_t)chain->seq);
    }
    if (rc == MIRSAL_OK && peer != 0) {
        mir_sql_bind_int(statement, 4, peer);
    }
    while (rc == MIRSAL_OK) {
        struct branch branch;
        rc = mir_sql_step(&row, sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_bytes bytes = mir_sql_column(statement, 0);
        rc = mir_header_decode(&header, bytes, err);
        mir_changeset_id(&branch.id, bytes);
        branch.prev = header.prev;
        branch.seq = header.seq;
        mir_buf_append(&found, &branch, sizeof branch);
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&found, err);
    }
    const struct branch *branches = (const struct branch *)(const void *)found.data;
    size_t count = found.size / sizeof *branches;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        if (!leads_on(branches, count, &branches[i].id)) {
            struct mir_head head = { *device, chain->compartment, branches[i].seq, branches[i].id };
            mir_heads_add(out, &head);
        }
    }
    mir_buf_fini(&found);
    return rc;
}

/* One row of chain: its highest seq and id, the key, the fork's seq or 0. */
static mirsal_code add_chain(struct mir_heads *out,
    struct mir_sql *sql,
    int64_t peer,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct mir_chain_row chain;
    struct mir_head head;
    uint64_t fork = 0;
    struct mir_bytes id = mir_sql_column(statement, 2);
    struct mir_bytes key = mir_sql_column(statement, 3);
    memset(&chain, 0, sizeof chain);
    if (id.size != sizeof head.id.bytes || key.size != sizeof head.device.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a chain's row is damaged");
    }
    chain.device = mir_sql_column_int(statement, 0);
    head.seq = (uint64_t)mir_sql_column_int(statement, 1);
    memcpy(head.id.bytes, id.data, id.size);
    memcpy(head.device.bytes, key.data, key.size);
    head.compartment = (uint8_t)mir_sql_column_int(statement, 4);
    chain.compartment = head.compartment;
    mirsal_code rc = mir_chain_fork(&fork, sql, chain.device, chain.compartment, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (fork == 0 || head.seq < fork) {
        mir_heads_add(out, &head);
        return MIRSAL_OK;
    }
    chain.seq = fork;
    return add_branches(out, sql, peer, &chain, &head.device, err);
}

mirsal_code mir_chain_heads(struct mir_heads *out,
    struct mir_sql *sql,
    int64_t peer,
    uint32_t compartment,
    const mirsal_hash *only,
    mirsal_error *err)
{
    static const char held_text[] =
        "SELECT c.device, c.seq, c.id, d.key, c.compartment FROM device AS d"
        " JOIN changeset AS c ON c.no = (SELECT h.no FROM changeset AS h WHERE h.device = d.no"
        "  AND h.compartment = ?1 ORDER BY h.seq DESC, h.id LIMIT 1)"
        " WHERE ?2 = 0 OR d.key = ?3";
    static const char known_text[] =
        "SELECT c.device, max(c.seq), c.id, d.key, c.compartment FROM peer_head AS c"
        " JOIN device AS d ON d.no = c.device WHERE c.compartment = ?1"
        " AND (?2 = 0 OR d.key = ?3) AND c.peer = ?4 GROUP BY c.device";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, peer == 0 ? held_text : known_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, compartment);
    mir_sql_bind_int(statement, 2, only != NULL);
    mir_sql_bind_blob(statement, 3, only != NULL ? only->bytes : NULL, only != NULL ? 32 : 0);
    if (peer != 0) {
        mir_sql_bind_int(statement, 4, peer);
    }
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = add_chain(out, sql, peer, statement, err);
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(&out->buf, err) : rc;
}
