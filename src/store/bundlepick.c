/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlepick.c - which changesets go into a bundle; see the header.
 *
 * Numbers are read in batches, so that nothing is held open in the database while a file is
 * written, and memory does not grow with the store.
 */
#include "bundlepick.h"

#include "chainheads.h"
#include "fail.h"
#include "sort.h"

#include <string.h>

#define PHASE_CONTROL 0u
#define PHASE_OWN     1u
#define PHASE_OTHERS  2u
#define PHASE_END     3u

#define CHAINS_WITH_STEPS (MIR_VECTOR_ENTRIES_MAX / 64u) /* a chain has 63 steps at most */

static mirsal_code find_top(int64_t *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT coalesce(max(no), 0) FROM changeset";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
    }
    if (rc == MIRSAL_OK && row) {
        *out = mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

/* One device: what it may hold, by the control held here. */
static mirsal_code address(struct mir_bundle_pick *pick, const mirsal_hash *to, mirsal_error *err)
{
    const struct mir_membership *membership = pick->store->membership;
    const struct mir_member *member = mir_membership_device(membership, to);
    if (member == NULL || member->ended) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "that device is no member of the team");
    }
    pick->to_one = 1;
    pick->to = *to;
    for (uint32_t c = 0; !member->write_only && c < MIR_COMPARTMENT_CONTROL; c++) {
        if (mir_membership_can_read(membership, to, c)) {
            pick->readable[c / 8] |= (uint8_t)(1u << c % 8);
        }
    }
    return mir_device_no(&pick->to_no, pick->store->sql, to, 0, err);
}

mirsal_code mir_bundle_pick_init(struct mir_bundle_pick *out,
    struct mir_store *store,
    const mirsal_hash *to,
    int64_t top,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    out->store = store;
    out->top = top;
    mir_buf_init(&out->known, store->env, SIZE_MAX / 2);
    mir_buf_init(&out->withheld, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_device_no(&out->own, store->sql, mir_store_device(store), 0, err);
    if (rc == MIRSAL_OK && top == 0) {
        rc = find_top(&out->top, store, err);
    }
    if (rc == MIRSAL_OK && to != NULL) {
        rc = address(out, to, err);
    }
    return rc;
}

void mir_bundle_pick_fini(struct mir_bundle_pick *pick)
{
    mir_buf_fini(&pick->known);
    mir_buf_fini(&pick->withheld);
}

static int may_hold(const struct mir_bundle_pick *pick, int64_t device, uint8_t compartment)
{
    return !pick->to_one || compartment == MIR_COMPARTMENT_CONTROL || device == pick->to_no ||
           (pick->readable[compartment / 8] >> compartment % 8 & 1) != 0;
}

static int compare_chains(const void *a, const void *b, void *context)
{
    const struct mir_bundle_chain *left = a;
    const struct mir_bundle_chain *right = b;
    (void)context;
    if (left->device != right->device) {
        return left->device < right->device ? -1 : 1;
    }
    return (left->compartment > right->compartment) - (left->compartment < right->compartment);
}

static struct mir_bundle_chain *chain_at(const struct mir_buf *chains, size_t index)
{
    return (struct mir_bundle_chain *)(void *)chains->data + index;
}

/* The chain's row, or NULL. */
static struct mir_bundle_chain *find_chain(const struct mir_buf *chains,
    int64_t device,
    uint8_t compartment)
{
    const struct mir_bundle_chain key = { device, compartment, 0 };
    size_t low = 0;
    size_t high = chains->size / sizeof key;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_chains(chain_at(chains, middle), &key, NULL);
        if (order == 0) {
            return chain_at(chains, middle);
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* What a vector says of one chain. */
struct chain_entries {
    const struct mir_vector_entry *first;
    size_t count;
    const uint8_t *tag_key;
};

/* 1 in *held where a changeset held at the entry's place has its tag. */
static mirsal_code is_held(int *held,
    struct mir_store *store,
    const struct mir_bundle_chain *chain,
    const uint8_t tag[8],
    const uint8_t tag_key[32],
    mirsal_error *err)
{
    static const char text[] = "SELECT id FROM changeset"
                               " WHERE device = ?1 AND compartment = ?2 AND seq = ?3";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *held = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, chain->device);
    mir_sql_bind_int(statement, 2, chain->compartment);
    mir_sql_bind_int(statement, 3, (int64_t)chain->seq);
    while (!*held && (rc = mir_sql_step(&row, store->sql, statement, err)) == MIRSAL_OK && row) {
        uint8_t own[8];
        mirsal_hash id;
        struct mir_bytes bytes = mir_sql_column(statement, 0);
        memcpy(id.bytes, bytes.data, sizeof id.bytes);
        mir_vector_tag(own, tag_key, &id);
        *held = memcmp(own, tag, sizeof own) == 0;
    }
    mir_sql_release(statement);
    return rc;
}

static int is_named(const struct mir_vector_entry *entries,
    size_t count,
    const struct mir_head *head,
    const uint8_t tag_key[32])
{
    uint8_t tag[8];
    mir_vector_tag(tag, tag_key, &head->id);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].seq == head->seq && memcmp(entries[i].tag, tag, sizeof tag) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Of a chain that forked here nothing is left out before all of its heads are named. */
static mirsal_code is_all_named(int *all,
    struct mir_store *store,
    const struct mir_bundle_chain *chain,
    const mirsal_hash *device,
    const struct chain_entries *entries,
    mirsal_error *err)
{
    struct mir_heads heads;
    uint64_t fork = 0;
    *all = 1;
    mirsal_code rc = mir_chain_fork(&fork, store->sql, chain->device, chain->compartment, err);
    if (rc != MIRSAL_OK || fork == 0) {
        return rc;
    }
    mir_heads_init(&heads, store->env);
    rc = mir_chain_heads(&heads, store->sql, 0, chain->compartment, device, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < mir_heads_count(&heads); i++) {
        *all &= is_named(entries->first, entries->count, mir_heads_at(&heads, i), entries->tag_key);
    }
    mir_heads_fini(&heads);
    return rc;
}

/* Entries of one chain stand together: the chain's last place that the other side holds. */
static mirsal_code add_known(uint32_t *next,
    struct mir_bundle_pick *pick,
    const struct mir_vector *vector,
    const uint8_t tag_key[32],
    mirsal_error *err)
{
    struct chain_entries entries = { &vector->entries[*next], 0, tag_key };
    struct mir_bundle_chain chain = { 0, entries.first->compartment, 0 };
    const mirsal_hash *device = &vector->devices[entries.first->device];
    uint64_t highest = 0;
    int all = 0;
    mirsal_code rc = mir_device_no(&chain.device, pick->store->sql, device, 0, err);
    for (; rc == MIRSAL_OK && *next < vector->entry_count; (*next)++) {
        const struct mir_vector_entry *entry = &vector->entries[*next];
        int held = 0;
        if (entry->device != entries.first->device ||
            entry->compartment != entries.first->compartment) {
            break;
        }
        entries.count++;
        chain.seq = entry->seq;
        rc = is_held(&held, pick->store, &chain, entry->tag, tag_key, err);
        highest = held ? entry->seq : highest;
    }
    chain.seq = highest;
    if (rc == MIRSAL_OK && highest > 0) {
        rc = is_all_named(&all, pick->store, &chain, device, &entries, err);
    }
    if (rc == MIRSAL_OK && all) {
        mir_buf_append(&pick->known, &chain, sizeof chain);
    }
    return rc;
}

mirsal_code mir_bundle_pick_since(struct mir_bundle_pick *pick,
    const struct mir_vector *vector,
    const uint8_t tag_key[32],
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    mir_buf_reset(&pick->known);
    for (uint32_t next = 0; rc == MIRSAL_OK && next < vector->entry_count;) {
        rc = add_known(&next, pick, vector, tag_key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&pick->known, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sort(pick->known.data, pick->known.size / sizeof(struct mir_bundle_chain),
            sizeof(struct mir_bundle_chain), compare_chains, NULL);
    }
    return rc;
}

/* The next numbers of this phase; none where it ended. The plus keeps SQLite on the order of no. */
static mirsal_code read_batch(struct mir_bundle_pick *pick, mirsal_error *err)
{
    static const char control_text[] =
        "SELECT no FROM changeset WHERE compartment = 255 AND no > ?1 AND no <= ?2"
        " ORDER BY no LIMIT ?3";
    static const char own_text[] =
        "SELECT no FROM changeset WHERE compartment <> 255 AND no > ?1 AND no <= ?2"
        " AND +device = ?4 ORDER BY no LIMIT ?3";
    static const char others_text[] =
        "SELECT no FROM changeset WHERE compartment <> 255 AND no > ?1 AND no <= ?2"
        " AND +device <> ?4 ORDER BY no LIMIT ?3";
    static const char *const texts[] = { control_text, own_text, others_text };
    sqlite3_stmt *statement = NULL;
    int row = 0;
    pick->batch_count = 0;
    pick->batch_at = 0;
    mirsal_code rc = mir_sql_prepare(&statement, pick->store->sql, texts[pick->phase], err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, pick->no);
    mir_sql_bind_int(statement, 2, pick->top);
    mir_sql_bind_int(statement, 3, MIR_BUNDLE_BATCH);
    if (pick->phase != PHASE_CONTROL) {
        mir_sql_bind_int(statement, 4, pick->own);
    }
    while (pick->batch_count < MIR_BUNDLE_BATCH &&
           (rc = mir_sql_step(&row, pick->store->sql, statement, err)) == MIRSAL_OK && row) {
        pick->batch[pick->batch_count++] = mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_bundle_pick_withhold(struct mir_bundle_pick *pick,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    const struct mir_bundle_chain chain = { row->device, row->compartment, row->seq };
    mir_buf_append(&pick->withheld, &chain, sizeof chain);
    return mir_buf_finish(&pick->withheld, err);
}

/* Whose body is not held any more, and what stands above it in its chain: sync.md 8.2. */
static mirsal_code is_withheld(int *out,
    struct mir_bundle_pick *pick,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    size_t count = pick->withheld.size / sizeof(struct mir_bundle_chain);
    *out = 0;
    for (size_t i = 0; i < count && !*out; i++) {
        const struct mir_bundle_chain *chain = chain_at(&pick->withheld, i);
        *out = chain->device == row->device && chain->compartment == row->compartment &&
               row->seq >= chain->seq;
    }
    if (*out || row->kept != MIR_KEPT_HEADER) {
        return MIRSAL_OK;
    }
    *out = 1;
    return mir_bundle_pick_withhold(pick, row, err);
}

mirsal_code mir_bundle_pick_next(struct mir_chain_row *out,
    struct mir_bundle_pick *pick,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && pick->phase != PHASE_END) {
        if (pick->batch_at == pick->batch_count) {
            rc = read_batch(pick, err);
            if (rc == MIRSAL_OK && pick->batch_count == 0) {
                pick->phase++;
                pick->no = 0;
            }
            continue;
        }
        int withheld = 0;
        pick->no = pick->batch[pick->batch_at++];
        rc = mir_chain_row(out, pick->store->sql, pick->no, err);
        if (rc != MIRSAL_OK || !may_hold(pick, out->device, out->compartment)) {
            continue;
        }
        const struct mir_bundle_chain *known =
            find_chain(&pick->known, out->device, out->compartment);
        if (known != NULL && out->seq <= known->seq) {
            continue;
        }
        rc = is_withheld(&withheld, pick, out, err);
        if (rc == MIRSAL_OK && !withheld) {
            return MIRSAL_OK;
        }
    }
    memset(out, 0, sizeof *out);
    return rc;
}

void mir_bundle_pick_go(struct mir_bundle_pick *pick, uint8_t phase, int64_t no)
{
    pick->phase = phase;
    pick->no = no;
    pick->batch_count = 0;
    pick->batch_at = 0;
}

/* Adds the changesets at 1, 2, 4 … places below the head of a chain that is not forked. */
static mirsal_code add_steps(struct mir_heads *out,
    struct mir_store *store,
    const struct mir_head *head,
    mirsal_error *err)
{
    struct mir_head below = *head;
    struct mir_chain_row row;
    int64_t device = 0;
    uint64_t fork = 0;
    mirsal_code rc = mir_device_no(&device, store->sql, &head->device, 0, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_fork(&fork, store->sql, device, head->compartment, err);
    }
    for (uint64_t step = 1; rc == MIRSAL_OK && fork == 0 && step < head->seq; step *= 2) {
        below.seq = head->seq - step;
        rc = mir_chain_at(&row, store->sql, device, head->compartment, below.seq, NULL, err);
        if (rc == MIRSAL_OK && row.no != 0) {
            below.id = row.id;
            mir_heads_add(out, &below);
        }
    }
    return rc;
}

mirsal_code mir_bundle_pick_heads(struct mir_heads *out,
    struct mir_bundle_pick *pick,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENTS; c++) {
        int all = !pick->to_one || c == MIR_COMPARTMENT_CONTROL ||
                  (pick->readable[c / 8] >> c % 8 & 1) != 0;
        rc = mir_chain_whole_heads(out, pick->store->sql, c, all ? NULL : &pick->to, err);
    }
    size_t count = mir_heads_count(out);
    for (size_t i = 0; rc == MIRSAL_OK && count <= CHAINS_WITH_STEPS && i < count; i++) {
        struct mir_head head = *mir_heads_at(out, i);
        rc = add_steps(out, pick->store, &head, err);
    }
    return rc == MIRSAL_OK ? mir_buf_finish(&out->buf, err) : rc;
}
