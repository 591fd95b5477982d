/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.h - memory for one message, released at once, with a ceiling from the limits table.
 */
#ifndef MIR_ARENA_H
#define MIR_ARENA_H

#include <mirsal/types.h>

struct mir_arena_block;

struct mir_arena {
    const mirsal_env *env;
    struct mir_arena_block *blocks;
    size_t used;
    size_t used_max;
};

void mir_arena_init(struct mir_arena *arena, const mirsal_env *env, size_t used_max);
/* Wipes and releases all. Accepts a zeroed struct. */
void mir_arena_fini(struct mir_arena *arena);
void mir_arena_reset(struct mir_arena *arena);
/* Zeroed, aligned for anything; NULL at the ceiling or without memory; the product is checked. */
void *mir_arena_alloc(struct mir_arena *arena, size_t count, size_t size);
/* A copy with a NUL behind it, not counted in size. */
void *mir_arena_copy(struct mir_arena *arena, const void *data, size_t size);

#endif
