/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/layout.h - tables of chains and of what stands beside them, and the format's version.
 *
 * Tables of a set of chains, in a replica and in a relay's log alike:
 *   device(no, key)                  each device key met, once
 *   changeset(no, id, …)             each changeset held; no counts arrivals here from 1, no gap;
 *                                    state and reason are those of verdict.h
 *   content(no, header, …)           its bytes as received; clear: an own body that this device
 *                                    could not open again (schema version ‖ clear body)
 *   fork(device, compartment, seq)   the first place of a chain that two changesets have
 *   join_proof(changeset, valid)     proofs of joins, judged once
 * Of a replica alone: epoch_secret, peer, peer_cursor, peer_head, and
 *   former(key)                      devices that this store was (identity.h)
 *   own_head(compartment, id)        the last changeset that this store wrote itself
 *   bundle_part(bundle, part, …)     parts of bundles that came here (bundlenotes.h)
 *   left_head(id)                    the same of devices it was: whose branch may lose (carry.h)
 * Each file has meta(key, value).
 */
#ifndef MIR_LAYOUT_H
#define MIR_LAYOUT_H

#include "sql.h"

#define MIR_STORE_FORMAT 1
#define MIR_LOG_FORMAT   1

enum mir_layout {
    MIR_LAYOUT_REPLICA,
    MIR_LAYOUT_LOG,
};

/* Creates the tables in an empty database, inside the caller's transaction. */
mirsal_code mir_layout_create(struct mir_sql *sql, enum mir_layout layout, mirsal_error *err)
    MIRSAL_MUST_USE;
/* VERSION when another version made the file, NO_STORE when nothing is in it. Changes nothing. */
mirsal_code mir_layout_check(struct mir_sql *sql, enum mir_layout layout, mirsal_error *err)
    MIRSAL_MUST_USE;

/* meta: small facts by name (static text). A missing number is 0; missing bytes are empty. */
mirsal_code mir_meta_int(int64_t *out, struct mir_sql *sql, const char *key, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_meta_set_int(struct mir_sql *sql, const char *key, int64_t value, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Appends. */
mirsal_code mir_meta_bytes(struct mir_buf *out,
    struct mir_sql *sql,
    const char *key,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_meta_set_bytes(struct mir_sql *sql,
    const char *key,
    struct mir_bytes value,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
