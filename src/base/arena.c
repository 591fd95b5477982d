/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.c - memory for one message, in blocks, released at once.
 *
 * The ceiling counts what was asked for, rounded up to the alignment; blocks are wiped before they
 * are released, since messages carry clear text.
 */
#include "arena.h"

#include "checked.h"
#include "env.h"
#include "fail.h"

#include <stdalign.h>
#include <string.h>

#define ALIGNMENT      alignof(max_align_t)
#define BLOCK_SIZE_MIN 4096u
#define BLOCK_SIZE_MAX 65536u /* but for one large piece */

struct mir_arena_block {
    struct mir_arena_block *next;
    size_t capacity; /* bytes behind this head */
    size_t used;
    alignas(max_align_t) uint8_t bytes[];
};

void mir_arena_init(struct mir_arena *arena, const mirsal_env *env, size_t used_max)
{
    memset(arena, 0, sizeof *arena);
    arena->env = env;
    arena->used_max = used_max;
}

void mir_arena_reset(struct mir_arena *arena)
{
    while (arena->blocks != NULL) {
        struct mir_arena_block *block = arena->blocks;
        size_t size = sizeof *block + block->capacity;
        arena->blocks = block->next;
        memset(block, 0, size);
        __asm__ __volatile__("" : : "r"(block) : "memory");
        mir_release(arena->env, block, size);
    }
    arena->used = 0;
}

void mir_arena_fini(struct mir_arena *arena)
{
    mir_arena_reset(arena);
    memset(arena, 0, sizeof *arena);
}

static struct mir_arena_block *add_block(struct mir_arena *arena, size_t need)
{
    /* An eighth of what is used already: few blocks for many pieces, little waste for few. */
    size_t usual = arena->used / 8 < BLOCK_SIZE_MIN   ? BLOCK_SIZE_MIN
                   : arena->used / 8 > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX
                                                      : arena->used / 8;
    size_t capacity = need > usual ? need : usual;
    size_t size = 0;
    if (!mir_add_size(&size, sizeof(struct mir_arena_block), capacity)) {
        return NULL;
    }
    struct mir_arena_block *block = mir_alloc(arena->env, size);
    if (block == NULL) {
        return NULL;
    }
    block->capacity = capacity;
    /* A block of its own for a large piece goes behind the newest, which may still have room. */
    if (need > usual && arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *mir_arena_alloc(struct mir_arena *arena, size_t count, size_t size)
{
    MIR_ASSERT(arena->env != NULL);
    size_t need = 0;
    size_t used = 0;
    if (!mir_mul_size(&need, count, size) || !mir_add_size(&need, need, ALIGNMENT - 1)) {
        return NULL;
    }
    need = need / ALIGNMENT * ALIGNMENT;
    if (need == 0) {
        need = ALIGNMENT; /* an empty array is not a failure */
    }
    if (!mir_add_size(&used, arena->used, need) || used > arena->used_max) {
        return NULL;
    }
    struct mir_arena_block *block = arena->blocks;
    if (block == NULL || need > block->capacity - block->used) {
        block = add_block(arena, need);
        if (block == NULL) {
            return NULL;
        }
    }
    void *piece = block->bytes + block->used;
    block->used += need;
    arena->used = used;
    return piece;
}

void *mir_arena_copy(struct mir_arena *arena, const void *data, size_t size)
{
    size_t with_nul = 0;
    if (!mir_add_size(&with_nul, size, 1)) {
        return NULL;
    }
    char *copy = mir_arena_alloc(arena, with_nul, 1);
    if (copy != NULL && size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}
