/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_replica.h - a store over arrays that has both views of sync/peer.h: a device's
 * with one relay, and a relay's.
 *
 * Judges signature, team, chain and authority; bodies mean nothing to it, but for a control body
 * of 'J', a Noise key and 'M' or 'W', which makes its author a member or lets it wait.
 */
#ifndef FIXTURE_REPLICA_H
#define FIXTURE_REPLICA_H

#include "arena.h"
#include "peer.h"
#include "test_env.h"

struct fixture_device {
    mirsal_hash id;
    struct mir_sign_secret sign;
    struct mir_agree_secret noise;
    struct mir_agree_public noise_public;
};
void fixture_device_init(struct fixture_device *device, uint8_t seed);

struct fixture_item {
    struct mir_changeset changeset;
    int known;     /* held by the relay */
    int rejected;  /* in this run */
    int fresh;     /* put or made known since pull_begin */
    int was_known; /* before pull_begin */
};

#define FIXTURE_MEMBERS_MAX 16u
struct fixture_member {
    struct mir_agree_public noise;
    struct mir_sync_device device;
};

struct fixture_replica {
    const mirsal_env *env;
    struct mir_arena arena;
    struct mir_buf items; /* struct fixture_item; arrival = index + 1 */
    mirsal_hash team;
    int has_team;
    uint8_t store_epoch[8];
    int has_epoch;
    struct mir_sync_local local;
    struct mir_sync_host host;

    /* A device and what it remembers of its relay. */
    struct fixture_device device;
    struct fixture_replica *relay;
    uint64_t cursors[256];
    uint64_t cursors_before[256];
    int has_checkpoint;
    struct mir_checkpoint checkpoint;
    const char *token; /* registers when set; cleared once the relay answered */
    int joins;
    uint8_t wants[4];
    uint32_t want_count;
    uint32_t push_phase;
    size_t push_at;
    struct mir_buf pushed; /* size_t: indexes given since push_begin */
    size_t count_before;
    int in_pull;
    uint32_t commits;
    uint32_t pages;
    uint32_t contradictions;
    uint32_t behind; /* headers of its own that it does not hold */
    uint32_t vectors;
    int wants_signed;
    uint64_t signed_sizes; /* of the newest acknowledgement that was signed */
    void (*on_settle)(struct fixture_replica *replica, uint32_t *wrote);

    /* A relay. */
    struct fixture_device identity;
    uint32_t serial;
    const char *accepts_token;
    struct mir_buf queue; /* struct mir_changeset, copied */
    struct fixture_member members[FIXTURE_MEMBERS_MAX];
    uint32_t member_count;
    uint32_t commits_hosted;
    uint32_t fail_commits; /* so many commits fail with DISK_FULL */
    uint32_t reads;
    void (*on_read)(struct fixture_replica *replica);
};

void fixture_init_device(struct fixture_replica *replica, const mirsal_env *env, uint8_t seed);
void fixture_init_relay(struct fixture_replica *replica, const mirsal_env *env, uint8_t seed);
void fixture_fini(struct fixture_replica *replica);
/* The device's store knows of this relay and nothing more. */
void fixture_attach(struct fixture_replica *device, struct fixture_replica *relay);
/* A team at a relay, as REGISTER makes it; founder NULL: none yet. */
void fixture_found(struct fixture_replica *relay, const mirsal_hash *team);
/* A team of the device's own, and its join as a member ('M') or one that waits ('W'). */
void fixture_join(struct fixture_replica *device, const mirsal_hash *team, char standing);

size_t fixture_count(const struct fixture_replica *replica);
struct fixture_item *fixture_at(const struct fixture_replica *replica, size_t index);
struct fixture_item *fixture_find(const struct fixture_replica *replica, const mirsal_hash *id);
/* Signs the author's next changeset of a compartment and stores it. */
void fixture_write(struct fixture_replica *replica,
    const struct fixture_device *author,
    uint8_t compartment,
    const void *body,
    size_t size);
/* As fixture_write with a body of so many bytes. */
void fixture_write_bulk(struct fixture_replica *replica, uint8_t compartment, size_t size);
/* A second one with the place of the author's newest. */
void fixture_fork(struct fixture_replica *replica,
    const struct fixture_device *author,
    uint8_t compartment,
    const void *body,
    size_t size);
/* Copies all changesets that other holds. */
void fixture_copy(struct fixture_replica *replica, const struct fixture_replica *other);
/* Holds only the first `count` from now, as after a restore from a backup. */
void fixture_truncate(struct fixture_replica *replica, size_t count);
/* Fails the test unless both hold the same set. */
void fixture_assert_same(const struct fixture_replica *a, const struct fixture_replica *b);
/* Over everything held and remembered. */
void fixture_digest(mirsal_hash *out, const struct fixture_replica *replica);

#endif
