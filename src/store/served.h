/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/served.h - what a set of changesets gives to others, over the tables of layout.h: of a
 * relay's log and of a replica that serves. Who is there, heads, changesets by arrival.
 *
 * The functions of a host (sync/peer.h) that look at one team's set alone. Used by one thread at a
 * time, outside transactions but for mir_served_members.
 */
#ifndef MIR_SERVED_H
#define MIR_SERVED_H

#include "arena.h"
#include "membership.h"
#include "peer.h"

struct mir_sql;     /* sql.h */
struct mir_members; /* members.h */

struct mir_served {
    const mirsal_env *env;
    struct mir_sql *sql; /* borrowed */
    mirsal_hash team;
    struct mir_members *members; /* of the control held up to members_no */
    int64_t members_no;
    int names_whole;        /* heads of what is whole alone: mir_chain_whole_heads */
    struct mir_arena arena; /* for one changeset at a time */
};

void mir_served_init(struct mir_served *served,
    const mirsal_env *env,
    struct mir_sql *sql,
    const mirsal_hash *team);
void mir_served_fini(struct mir_served *served);
/* After a rollback: what was evaluated may be of control that is not held. */
void mir_served_forget(struct mir_served *served);

/* The membership of the control held now; evaluated again where more came. Borrowed. */
mirsal_code mir_served_members(const struct mir_membership **out,
    struct mir_served *served,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The highest arrival number. */
mirsal_code mir_served_size(uint64_t *out, struct mir_served *served, mirsal_error *err)
    MIRSAL_MUST_USE;

/* As the host's functions of the same names. */
mirsal_code mir_served_find_device(struct mir_served *served,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_served_own_heads(struct mir_served *served,
    const mirsal_hash *device,
    struct mir_heads *out,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_served_header(struct mir_served *served,
    const mirsal_hash *id,
    struct mir_buf *out,
    uint8_t signature[64],
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_served_read(struct mir_served *served,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_served_heads(struct mir_served *served,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_served_holds(struct mir_served *served,
    const mirsal_hash *device,
    const struct mir_vector_entry *entry,
    const uint8_t handshake_hash[32],
    int *held,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
