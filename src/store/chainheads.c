/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chainheads.c - heads of chains, forked ones too; see the header.
 */
#include "chainheads.h"

#include "fail.h"
#include "known.h"

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
#define BRANCHES_KNOWN(table)                                                                      \
    BRANCHES " AND EXISTS (SELECT 1 FROM " table " AS h WHERE h.peer = ?4 AND h.device = ?1"       \
             "  AND h.compartment = ?2 AND h.id = c.id)"
    static const char known_text[] = BRANCHES_KNOWN("peer_head");
    static const char met_text[] = BRANCHES_KNOWN("temp.met_head");
    const char *known = peer == MIR_KNOWN_MET ? met_text : known_text;
    sqlite3_stmt *statement = NULL;
    struct mir_header header;
    struct mir_buf found;
    int row = 0;
    mir_buf_init(&found, out->buf.env, SIZE_MAX / 2);
    mirsal_code rc = mir_sql_prepare(&statement, sql, peer == 0 ? held_text : known, err);
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
#define HEADS_KNOWN(table)                                                                         \
    "SELECT c.device, max(c.seq), c.id, d.key, c.compartment FROM " table " AS c"                  \
    " JOIN device AS d ON d.no = c.device WHERE c.compartment = ?1"                                \
    " AND (?2 = 0 OR d.key = ?3) AND c.peer = ?4 GROUP BY c.device"
    static const char known_text[] = HEADS_KNOWN("peer_head");
    static const char met_text[] = HEADS_KNOWN("temp.met_head");
    const char *known = peer == MIR_KNOWN_MET ? met_text : known_text;
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, peer == 0 ? held_text : known, err);
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

/* The end of the run of changesets that begins at seq 1, where no fork is in it. */
static mirsal_code add_first_run(struct mir_heads *out,
    struct mir_sql *sql,
    const struct mir_chain_row *chain,
    const mirsal_hash *device,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT c.seq, c.id, (SELECT count(*) FROM changeset AS b WHERE b.device = ?1"
        "  AND b.compartment = ?2 AND b.seq <= c.seq) FROM changeset AS c"
        " WHERE c.device = ?1 AND c.compartment = ?2 AND NOT EXISTS (SELECT 1 FROM changeset AS n"
        "  WHERE n.device = ?1 AND n.compartment = ?2 AND n.seq = c.seq + 1)"
        " ORDER BY c.seq LIMIT 1";
    struct mir_head head = { *device, chain->compartment, 0, { { 0 } } };
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, chain->device);
    mir_sql_bind_int(statement, 2, chain->compartment);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes id = mir_sql_column(statement, 1);
        head.seq = (uint64_t)mir_sql_column_int(statement, 0);
        if (id.size != sizeof head.id.bytes) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a chain's row is damaged");
        } else if ((uint64_t)mir_sql_column_int(statement, 2) == head.seq) {
            memcpy(head.id.bytes, id.data, sizeof head.id.bytes);
            mir_heads_add(out, &head);
        }
    }
    mir_sql_release(statement);
    return rc;
}

/* Takes the heads of one chain out again. */
static void leave_out(struct mir_heads *heads, const mirsal_hash *device, uint32_t compartment)
{
    struct mir_head *all = (struct mir_head *)(void *)heads->buf.data;
    size_t count = mir_heads_count(heads);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].compartment != compartment || !mir_hash_equal(&all[i].device, device)) {
            all[kept++] = all[i];
        }
    }
    heads->buf.size = kept * sizeof *all;
}

mirsal_code mir_chain_whole_heads(struct mir_heads *out,
    struct mir_sql *sql,
    uint32_t compartment,
    const mirsal_hash *only,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT c.device, d.key FROM changeset AS c JOIN device AS d ON d.no = c.device"
        " WHERE c.compartment = ?1 AND (?2 = 0 OR d.key = ?3)"
        " GROUP BY c.device HAVING count(DISTINCT c.seq) < max(c.seq)";
    struct mir_chain_row chain = { .compartment = (uint8_t)compartment };
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_chain_heads(out, sql, 0, compartment, only, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, sql, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, compartment);
    mir_sql_bind_int(statement, 2, only != NULL);
    mir_sql_bind_blob(statement, 3, only != NULL ? only->bytes : NULL, only != NULL ? 32 : 0);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&row, sql, statement, err)) == MIRSAL_OK && row) {
        mirsal_hash device;
        struct mir_bytes key = mir_sql_column(statement, 1);
        if (key.size != sizeof device.bytes) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a device's key is damaged");
            break;
        }
        memcpy(device.bytes, key.data, sizeof device.bytes);
        chain.device = mir_sql_column_int(statement, 0);
        leave_out(out, &device, compartment);
        rc = add_first_run(out, sql, &chain, &device, err);
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(&out->buf, err) : rc;
}
