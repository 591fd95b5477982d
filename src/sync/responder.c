/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/responder.c - a server's sessions between their requests, and the first messages it has
 * seen; protocol/sync.md 1.4.
 *
 * The lock is held for the few steps in the table alone. A link that is busy is touched by no one
 * but its exchange; links are freed outside the lock.
 */
#include "env.h"
#include "exchange.h"
#include "fail.h"

#include <string.h>

#define SESSIONS   256u
#define FIRSTS     65536u
#define SESSION_MS 600000u

struct mir_responder {
    const mirsal_env *env;
    struct mir_responder_options options;
    struct mir_link **links;
    uint32_t link_count;
    uint64_t *firsts; /* a ring */
    uint32_t firsts_used;
    uint32_t firsts_next;
};

mirsal_code mir_responder_open(struct mir_responder **out,
    const struct mir_responder_options *options,
    mirsal_error *err)
{
    const mirsal_env *env = options->env;
    *out = NULL;
    struct mir_responder *responder = mir_alloc(env, sizeof *responder);
    if (responder == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a responder");
    }
    responder->env = env;
    responder->options = *options;
    if (responder->options.sessions_max == 0) {
        responder->options.sessions_max = SESSIONS;
    }
    if (responder->options.firsts_max == 0) {
        responder->options.firsts_max = FIRSTS;
    }
    responder->links = mir_alloc(env, responder->options.sessions_max * sizeof *responder->links);
    responder->firsts = mir_alloc(env, responder->options.firsts_max * sizeof *responder->firsts);
    if (responder->links == NULL || responder->firsts == NULL) {
        mir_responder_close(responder);
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a responder");
    }
    *out = responder;
    return MIRSAL_OK;
}

void mir_responder_close(struct mir_responder *responder)
{
    if (responder == NULL) {
        return;
    }
    const mirsal_env *env = responder->env;
    for (uint32_t i = 0; i < responder->link_count; i++) {
        MIR_ASSERT(!responder->links[i]->busy);
        mir_link_free(responder->links[i]);
    }
    if (responder->links != NULL) {
        mir_release(
            env, responder->links, responder->options.sessions_max * sizeof *responder->links);
    }
    if (responder->firsts != NULL) {
        mir_release(
            env, responder->firsts, responder->options.firsts_max * sizeof *responder->firsts);
    }
    mir_release(env, responder, sizeof *responder);
}

const mirsal_env *mir_responder_env(const struct mir_responder *responder)
{
    return responder->env;
}

struct mir_link *mir_link_new(const mirsal_env *env)
{
    struct mir_link *link = mir_secret_alloc(sizeof *link);
    if (link == NULL) {
        return NULL;
    }
    link->env = env;
    link->busy = 1;
    mir_random(env, link->id, sizeof link->id);
    mir_splitter_init(&link->splitter, env);
    mir_buf_init(&link->kept, env, MIR_ANSWER_KEPT_MAX);
    mir_buf_init(&link->rejects, env, MIR_REJECTS_MAX * sizeof(struct mir_reject));
    mir_buf_init(&link->ranges, env, MIR_VECTOR_ENTRIES_MAX * sizeof(struct mir_sync_range));
    mir_buf_init(&link->covered, env, MIR_VECTOR_ENTRIES_MAX * sizeof(struct mir_covered));
    return link;
}

void mir_link_free(struct mir_link *link)
{
    if (link == NULL) {
        return;
    }
    mir_splitter_fini(&link->splitter);
    mir_buf_fini(&link->kept);
    mir_buf_fini(&link->rejects);
    mir_buf_fini(&link->ranges);
    mir_buf_fini(&link->covered);
    mir_secret_free(link);
}

static void lock(struct mir_responder *responder)
{
    if (responder->options.lock != NULL) {
        responder->options.lock(responder->options.lock_context);
    }
}

static void unlock(struct mir_responder *responder)
{
    if (responder->options.unlock != NULL) {
        responder->options.unlock(responder->options.lock_context);
    }
}

/* Takes the i-th out of the table; the caller frees it. */
static struct mir_link *take_out(struct mir_responder *responder, uint32_t i)
{
    struct mir_link *link = responder->links[i];
    responder->link_count--;
    responder->links[i] = responder->links[responder->link_count];
    link->listed = 0;
    return link;
}

static int is_expired(const struct mir_link *link, uint64_t now)
{
    return !link->busy && now - link->used_ms > SESSION_MS;
}

/* One that ended for want of requests, or NULL. */
static struct mir_link *take_expired(struct mir_responder *responder, uint64_t now)
{
    for (uint32_t i = 0; i < responder->link_count; i++) {
        if (is_expired(responder->links[i], now)) {
            return take_out(responder, i);
        }
    }
    return NULL;
}

/* Frees what has expired, one at a time and outside the lock. */
static void prune(struct mir_responder *responder, uint64_t now)
{
    for (uint32_t i = 0; i < responder->options.sessions_max; i++) {
        lock(responder);
        struct mir_link *link = take_expired(responder, now);
        unlock(responder);
        if (link == NULL) {
            return;
        }
        mir_link_free(link);
    }
}

static enum mir_found claim(struct mir_link **out, struct mir_link *link)
{
    if (link->busy) {
        return MIR_FOUND_BUSY;
    }
    link->busy = 1;
    *out = link;
    return MIR_FOUND;
}

enum mir_found mir_responder_find(struct mir_link **out,
    struct mir_responder *responder,
    const uint8_t id[MIR_SESSION_SIZE])
{
    enum mir_found found = MIR_FOUND_NONE;
    *out = NULL;
    prune(responder, mir_ticks_ms(responder->env));
    lock(responder);
    for (uint32_t i = 0; i < responder->link_count && found == MIR_FOUND_NONE; i++) {
        if (mir_equal(responder->links[i]->id, id, MIR_SESSION_SIZE)) {
            found = claim(out, responder->links[i]);
        }
    }
    unlock(responder);
    return found;
}

static int was_seen(const struct mir_responder *responder, uint64_t first)
{
    for (uint32_t i = 0; i < responder->firsts_used; i++) {
        if (responder->firsts[i] == first) {
            return 1;
        }
    }
    return 0;
}

static void remember(struct mir_responder *responder, uint64_t first)
{
    responder->firsts[responder->firsts_next] = first;
    responder->firsts_next = (responder->firsts_next + 1) % responder->options.firsts_max;
    if (responder->firsts_used < responder->options.firsts_max) {
        responder->firsts_used++;
    }
}

enum mir_found mir_responder_first(struct mir_link **out,
    struct mir_responder *responder,
    uint64_t first)
{
    enum mir_found found = MIR_FOUND_NONE;
    *out = NULL;
    prune(responder, mir_ticks_ms(responder->env));
    lock(responder);
    if (!was_seen(responder, first)) {
        remember(responder, first);
    } else {
        found = MIR_FOUND_SEEN;
        for (uint32_t i = 0; i < responder->link_count; i++) {
            struct mir_link *link = responder->links[i];
            if (link->first == first && link->counter == 1 && link->kept_whole) {
                found = claim(out, link);
                break;
            }
        }
    }
    unlock(responder);
    return found;
}

/* The link that makes room: an idle one of the same device, else, when full, the longest idle. */
static struct mir_link *make_room(struct mir_responder *responder, const struct mir_link *link)
{
    uint32_t oldest = UINT32_MAX;
    for (uint32_t i = 0; i < responder->link_count; i++) {
        const struct mir_link *other = responder->links[i];
        if (other->busy) {
            continue;
        }
        if (mir_equal(&other->noise, &link->noise, sizeof link->noise)) {
            return take_out(responder, i);
        }
        if (oldest == UINT32_MAX || other->used_ms < responder->links[oldest]->used_ms) {
            oldest = i;
        }
    }
    int full = responder->link_count == responder->options.sessions_max;
    return full && oldest != UINT32_MAX ? take_out(responder, oldest) : NULL;
}

void mir_responder_list(struct mir_responder *responder, struct mir_link *link)
{
    link->used_ms = mir_ticks_ms(responder->env);
    lock(responder);
    struct mir_link *gone = make_room(responder, link);
    if (responder->link_count < responder->options.sessions_max) {
        responder->links[responder->link_count++] = link;
        link->listed = 1;
    }
    unlock(responder);
    mir_link_free(gone);
}

void mir_responder_return(struct mir_responder *responder, struct mir_link *link, int keep)
{
    uint64_t now = mir_ticks_ms(responder->env);
    struct mir_link *gone = keep && link->listed ? NULL : link;
    lock(responder);
    for (uint32_t i = 0; gone != NULL && link->listed && i < responder->link_count; i++) {
        if (responder->links[i] == link) {
            gone = take_out(responder, i);
        }
    }
    link->used_ms = now;
    link->busy = 0;
    unlock(responder);
    mir_link_free(gone);
}
