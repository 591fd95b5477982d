/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/team.h - a team is made or joined; invites, relays, admissions; protocol/control.md.
 *
 * Each call that says something does so in one transaction of its own and is durable when it
 * returns. NOT_ALLOWED where this device has not the right.
 */
#ifndef MIR_TEAM_H
#define MIR_TEAM_H

#include "policy.h"
#include "recovery.h"
#include "store.h"

struct mir_team_options {
    const char *name;
    const char *label;               /* of the founding device, or NULL */
    struct mir_root_target recovery; /* where the root key goes; path NULL: nobody keeps it */
    uint64_t founded_ms;             /* what its first statement says; 0: now */
    struct mir_bytes schema;         /* compiled; size 0: the default */
};
/*
 * In a store fresh from mir_store_create, which is published. The recovery file or shares are
 * written and read back before anything else: mir_root_write. That a person can use them is not
 * proven by that: mir_root_drilled.
 */
mirsal_code mir_team_create(struct mir_store *store,
    const struct mir_team_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

/* For join.c: team and authority into meta and memory; then what a first settling needs. */
mirsal_code mir_team_begin(struct mir_store *store,
    const mirsal_hash *team,
    const mirsal_hash *authority,
    const char *label,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_team_settle(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

struct mir_join_options {
    struct mir_bytes invite; /* the string mirsal1… */
    const char *label;       /* NULL: the invite's */
    int write_only;
    struct mir_bytes schema; /* compiled; size 0: none. NOT_AUTHENTIC unless genesis names it */
};
/*
 * In a store fresh from mir_store_create, which is published. Needs no network. MALFORMED,
 * NOT_AUTHENTIC, BAD_SIGNATURE, NOT_ALLOWED (expired).
 */
mirsal_code mir_team_join(struct mir_store *store,
    const struct mir_join_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A store that does not sign (identity.h) joins by new keys and is a new device from then on,
 * keeping all it holds; so does one whose device was cut or retired. NOT_ALLOWED: the invite is
 * another team's; STORE_EXISTS: this store signs already, and its device was neither cut nor
 * retired.
 */
mirsal_code mir_team_enrol(struct mir_store *store,
    const struct mir_join_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_invite_options {
    enum mir_role role; /* observer, monitor, coordinator */
    int protected_;
    int in_person;
    uint32_t uses;
    uint64_t expires_ms; /* 0: never */
    const char *label;   /* or NULL */
};
/* Appends the string mirsal1…; *id is the invite's changeset. The newest relay goes with it. */
mirsal_code mir_invite_create(struct mir_buf *out,
    mirsal_hash *id,
    struct mir_store *store,
    const struct mir_invite_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_invite_revoke(struct mir_store *store, const mirsal_hash *id, mirsal_error *err)
    MIRSAL_MUST_USE;

/* What an invite's statement says beyond the model's facts (membership.h). */
struct mir_invite_facts {
    uint64_t expires_ms;
    struct mir_bytes label; /* opened; empty where this device cannot */
    uint64_t stamp;
};
mirsal_code mir_invite_facts(struct mir_invite_facts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same of a join: label and stamp of a device. */
mirsal_code mir_device_facts(struct mir_invite_facts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The team's name, opened; empty where this device cannot. */
mirsal_code mir_team_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Settles a join; an admin's word says that fingerprints were compared. NOT_FOUND. */
mirsal_code mir_device_admit(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
    MIRSAL_MUST_USE;

/* A relay of the team: said to all, and remembered with its registration token here. */
mirsal_code mir_relay_add(struct mir_store *store,
    const char *url,
    const mirsal_hash *identity,
    struct mir_bytes token,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Rows of `peer`, ascending: what this device knows of each relay. */
struct mir_peer {
    int64_t no;
    struct mir_bytes url;
    mirsal_hash identity;
    uint32_t key_serial;
    int registered;
    int contradicted; /* the first thing held against its log as it is now (evidence.h), or 0 */
    uint32_t hints;
    uint64_t last_sync_ms; /* 0: never */
};
mirsal_code mir_relay_list(struct mir_peer **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
