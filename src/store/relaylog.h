/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relaylog.h - a relay's log of one team: one SQLite file, no keys of the team, no plaintext.
 *
 * The pieces of sync/peer.h's host for one team; who serves many teams, commits in groups and owns
 * the identity key is the server. A log is used by one thread at a time; several may have one file
 * open: readers see the state of the last commit, writers take turns.
 */
#ifndef MIR_RELAYLOG_H
#define MIR_RELAYLOG_H

#include "changeset.h"
#include "peer.h"
#include "served.h"

struct mir_relay_log;

struct mir_relay_quota { /* bytes newly stored; 0: no bound */
    uint64_t device;
    uint64_t team;
    uint64_t cut; /* of a device, past what its cuts leave */
};

/* The log of the team whose genesis this is; PEER codes for a genesis that is none. Durable. */
mirsal_code mir_relay_log_create(struct mir_relay_log **out,
    const mirsal_env *env,
    const char *path,
    const char *vfs,
    struct mir_bytes genesis,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The team that a genesis (lone changeset) founds; PEER codes. */
mirsal_code mir_relay_log_team(mirsal_hash *out, struct mir_bytes genesis, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_relay_log_open(struct mir_relay_log **out,
    const mirsal_env *env,
    const char *path,
    const char *vfs,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_relay_log_close(struct mir_relay_log *log);                  /* accepts NULL */
const mirsal_hash *mir_relay_log_of(const struct mir_relay_log *log); /* the team */
/* What the log gives to others; borrowed. */
struct mir_served *mir_relay_log_served(struct mir_relay_log *log);
void mir_relay_log_set_quota(struct mir_relay_log *log, const struct mir_relay_quota *quota);

/*
 * Drops what was purged and became due since (sync.md 11.2), and wipes what a purge left in pages;
 * a commit does both too. For whoever writes to the log.
 */
mirsal_code mir_relay_log_purge(struct mir_relay_log *log, mirsal_error *err) MIRSAL_MUST_USE;

/* One write transaction for the batches of any number of connections; FULL sync at commit. */
mirsal_code mir_relay_log_begin(struct mir_relay_log *log, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Judges and stores one changeset that mir_changeset_read accepted (sync.md 6). sender NULL: not
 * known yet. *arrival = 0 when it was held before or not taken; *taken = 0 and *reject filled when
 * it is to be rejected; a fork is taken and rejected with MIR_REJECT_FORK.
 */
mirsal_code mir_relay_log_append(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    struct mir_relay_log *log,
    const mirsal_hash *sender,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Durable when it returns. */
mirsal_code mir_relay_log_commit(struct mir_relay_log *log, mirsal_error *err) MIRSAL_MUST_USE;
void mir_relay_log_rollback(struct mir_relay_log *log);

/* As the host's functions of the same names. */
mirsal_code mir_relay_log_find_device(struct mir_relay_log *log,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err) MIRSAL_MUST_USE;
/* checkpoint: the newest one kept by mir_relay_log_checkpoint. */
mirsal_code mir_relay_log_state(struct mir_relay_log *log,
    struct mir_sync_log *out,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Signs a checkpoint of the log as it is and keeps it; none when the newest has that size. */
mirsal_code mir_relay_log_checkpoint(struct mir_relay_log *log,
    const mirsal_hash *identity,
    const struct mir_sign_secret *secret,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_relay_log_root_at(struct mir_relay_log *log,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_relay_log_consistency(struct mir_relay_log *log,
    uint64_t old_size,
    uint64_t size,
    struct mir_buf *proof,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Draws and keeps a new store epoch, durably. */
mirsal_code mir_relay_log_restored(struct mir_relay_log *log, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Before anything is served: where the file does not lie where it lay (by its inode), or is a copy
 * of mir_relay_log_copy, others may know more of the log than it does, and it begins a new store
 * epoch (*anew = 1) before it signs anything. A disk that was put back whole is not noticed.
 */
mirsal_code mir_relay_log_settle(int *anew,
    struct mir_relay_log *log,
    uint64_t inode,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_relay_counts {
    uint64_t devices; /* that are members */
    uint64_t changesets;
    uint64_t bytes;
};
mirsal_code mir_relay_log_counts(struct mir_relay_counts *out,
    struct mir_relay_log *log,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A copy as of this moment, in a file that must not exist, while others may write. */
mirsal_code mir_relay_log_copy(struct mir_relay_log *log, const char *path, mirsal_error *err)
    MIRSAL_MUST_USE;
/*
 * Reads all: pages, every changeset's hashes and signature, the arrival tree, the newest
 * checkpoint. CORRUPT.
 */
mirsal_code mir_relay_log_check(struct mir_relay_log *log, mirsal_error *err) MIRSAL_MUST_USE;

#endif
