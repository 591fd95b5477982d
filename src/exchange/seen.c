/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/seen.c - open addressing, at most three quarters full.
 */
#include "seen.h"

#include "env.h"
#include "fail.h"

#include <string.h>

#define TEXTS_MAX      ((size_t)2 << 30)
#define CAPACITY_FIRST 1024u

void mir_seen_init(struct mir_seen *seen, const mirsal_env *env)
{
    memset(seen, 0, sizeof *seen);
    seen->env = env;
    mir_arena_init(&seen->texts, env, TEXTS_MAX);
    mir_random(env, &seen->seed, sizeof seen->seed);
}

void mir_seen_fini(struct mir_seen *seen)
{
    if (seen->items != NULL) {
        mir_release(seen->env, seen->items, seen->capacity * sizeof *seen->items);
    }
    mir_arena_fini(&seen->texts);
    memset(seen, 0, sizeof *seen);
}

/* FNV-1a from a seed, its bits mixed at the end. */
static uint64_t hash_of(const struct mir_seen *seen, struct mir_bytes text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ seen->seed;
    for (size_t i = 0; i < text.size; i++) {
        hash ^= text.data[i];
        hash *= UINT64_C(0x100000001b3);
    }
    hash ^= seen->seed >> 7;
    hash ^= hash >> 32;
    hash *= UINT64_C(0xd6e8feb86659fd93);
    return hash ^ (hash >> 32);
}

/* Where the text stands, or the empty place where it belongs. capacity is not 0. */
static struct mir_seen_item *place_of(const struct mir_seen *seen,
    uint64_t hash,
    struct mir_bytes text)
{
    size_t at = (size_t)hash & (seen->capacity - 1);
    while (seen->items[at].text != NULL) {
        const struct mir_seen_item *item = &seen->items[at];
        if (item->hash == hash && item->size == text.size &&
            memcmp(item->text, text.data, text.size) == 0) {
            break;
        }
        at = (at + 1) & (seen->capacity - 1);
    }
    return &seen->items[at];
}

const struct mir_seen_item *mir_seen_find(const struct mir_seen *seen, struct mir_bytes text)
{
    if (seen->capacity == 0) {
        return NULL;
    }
    const struct mir_seen_item *item = place_of(seen, hash_of(seen, text), text);
    return item->text == NULL ? NULL : item;
}

static mirsal_code grow(struct mir_seen *seen, mirsal_error *err)
{
    struct mir_seen old = *seen;
    size_t capacity = old.capacity == 0 ? CAPACITY_FIRST : 2 * old.capacity;
    struct mir_seen_item *items = mir_alloc(seen->env, capacity * sizeof *items);
    if (items == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    seen->items = items;
    seen->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        const struct mir_seen_item *item = &old.items[i];
        if (item->text != NULL) {
            struct mir_bytes text = { item->text, item->size };
            *place_of(seen, item->hash, text) = *item;
        }
    }
    if (old.items != NULL) {
        mir_release(seen->env, old.items, old.capacity * sizeof *old.items);
    }
    return MIRSAL_OK;
}

mirsal_code mir_seen_put(struct mir_seen *seen,
    struct mir_bytes text,
    const mirsal_id *id,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (4 * (seen->count + 1) > 3 * seen->capacity) {
        rc = grow(seen, err);
    }
    const uint8_t *kept =
        rc == MIRSAL_OK ? mir_arena_copy(&seen->texts, text.data, text.size) : NULL;
    if (kept == NULL) {
        return rc != MIRSAL_OK ? rc : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    uint64_t hash = hash_of(seen, text);
    struct mir_seen_item *item = place_of(seen, hash, text);
    MIR_ASSERT(item->text == NULL);
    *item = (struct mir_seen_item){ .hash = hash, .text = kept, .size = text.size };
    if (id != NULL) {
        item->id = *id;
        item->has_id = 1;
    }
    seen->count++;
    return MIRSAL_OK;
}
