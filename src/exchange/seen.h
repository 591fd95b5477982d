/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/seen.h - the source ids of one import, with the records they became.
 *
 * A hash table that grows; what it holds is about the size of the source ids and 48 bytes each. The
 * hash is seeded, so that a file cannot choose its collisions.
 */
#ifndef MIR_SEEN_H
#define MIR_SEEN_H

#include "arena.h"
#include "buf.h"

struct mir_seen_item {
    uint64_t hash;
    const uint8_t *text;
    size_t size;
    mirsal_id id;
    int has_id; /* 0 in a dry run */
};
struct mir_seen {
    const mirsal_env *env;
    struct mir_arena texts;
    struct mir_seen_item *items; /* capacity of them, text NULL where empty */
    size_t capacity;             /* a power of two, or 0 */
    size_t count;
    uint64_t seed;
};

void mir_seen_init(struct mir_seen *seen, const mirsal_env *env);
void mir_seen_fini(struct mir_seen *seen);
/* NULL when it was not put. */
const struct mir_seen_item *mir_seen_find(const struct mir_seen *seen, struct mir_bytes text);
/* id may be NULL. It must not be there. NO_MEMORY. */
mirsal_code mir_seen_put(struct mir_seen *seen,
    struct mir_bytes text,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
