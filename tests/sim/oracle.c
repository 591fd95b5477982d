/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/oracle.c - the naive model; see the header.
 */
#include "oracle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *old, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return old; /* room was made up to the next power of two */
    }
    void *memory = realloc(old, (count == 0 ? 1 : count * 2) * size);
    assert(memory != NULL);
    return memory;
}

void oracle_free(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->write_count; i++) {
        free(oracle->writes[i].value);
    }
    free(oracle->changesets);
    free(oracle->records);
    free(oracle->writes);
    memset(oracle, 0, sizeof *oracle);
}

uint32_t oracle_add_changeset(struct oracle *oracle, const struct oracle_changeset *changeset)
{
    oracle->changesets = grow(oracle->changesets, oracle->changeset_count, sizeof *changeset);
    oracle->changesets[oracle->changeset_count] = *changeset;
    return oracle->changeset_count++;
}

uint32_t oracle_add_record(struct oracle *oracle, const struct oracle_record *record)
{
    oracle->records = grow(oracle->records, oracle->record_count, sizeof *record);
    oracle->records[oracle->record_count] = *record;
    return oracle->record_count++;
}

uint32_t oracle_add_write(struct oracle *oracle, const struct oracle_write *write)
{
    oracle->writes = grow(oracle->writes, oracle->write_count, sizeof *write);
    struct oracle_write *kept = &oracle->writes[oracle->write_count];
    *kept = *write;
    kept->value = malloc(write->value_size);
    assert(kept->value != NULL);
    memcpy(kept->value, write->value, write->value_size);
    return oracle->write_count++;
}

uint32_t oracle_find_changeset(const struct oracle *oracle, const mirsal_hash *id)
{
    for (uint32_t i = 0; i < oracle->changeset_count; i++) {
        if (memcmp(&oracle->changesets[i].id, id, sizeof *id) == 0) {
            return i;
        }
    }
    return ORACLE_NONE;
}

uint32_t oracle_find_record(const struct oracle *oracle, const mirsal_id *id)
{
    for (uint32_t i = 0; i < oracle->record_count; i++) {
        if (memcmp(&oracle->records[i].id, id, sizeof *id) == 0) {
            return i;
        }
    }
    return ORACLE_NONE;
}

enum mir_policy oracle_policy(uint32_t field)
{
    switch (field) {
    case 116: /* incident.means */
    case 120: /* incident.ref_codes */
        return MIR_POLICY_SET;
    case 123: /* incident.workflow */
    case 127: /* incident.release_level */
        return MIR_POLICY_LATTICE;
    case 124: /* incident.verification */
    case 125: /* incident.grading */
    case 126: /* incident.grading_reason */
    case 522: /* casualty.retracted */
        return MIR_POLICY_RANKED;
    case 104: /* incident.raw */
        return MIR_POLICY_LATEST;
    case 105: /* incident.kind */
        return MIR_POLICY_ONCE;
    default:
        return field / 100 == 5 && field != 502 ? MIR_POLICY_ONCE : MIR_POLICY_REVIEW;
    }
}

int oracle_same_register(const struct oracle_write *a, const struct oracle_write *b)
{
    return a->record == b->record && a->field == b->field && a->key_size == b->key_size &&
           memcmp(a->key, b->key, a->key_size) == 0;
}

int oracle_exists(const struct oracle *oracle, const uint8_t *applied, uint32_t record)
{
    return applied[oracle->records[record].changeset];
}

static uint32_t author_of(const struct oracle *oracle, const struct oracle_write *write)
{
    return oracle->changesets[write->changeset].author;
}

static uint32_t rank_of(const struct oracle *oracle,
    enum mir_policy policy,
    const struct oracle_write *write)
{
    if (policy == MIR_POLICY_LATEST || policy == MIR_POLICY_LOG) {
        return 0;
    }
    return (uint32_t)oracle->roles[author_of(oracle, write)];
}

/* What the writes applied of one register are, and what is known of each. */
struct weighed {
    uint32_t write;
    uint32_t depth;
    uint32_t rank;
    uint32_t first; /* of the value, where it counts before rank */
    int live;
};

static uint32_t small_uint(const struct oracle_write *write)
{
    if (write->value[0] < 0x80) {
        return write->value[0];
    }
    if (write->value[0] == 0xcc) {
        return write->value[1];
    }
    return write->value[0] == 0xcd ? (uint32_t)(write->value[1] << 8 | write->value[2]) : 0;
}

static int supersedes(const struct oracle *oracle,
    enum mir_policy policy,
    const struct oracle_write *write,
    uint32_t parent)
{
    const struct oracle_write *old = &oracle->writes[parent];
    uint32_t named = 0;
    while (named < write->parent_count && write->parents[named] != parent) {
        named++;
    }
    if (named == write->parent_count) {
        return 0;
    }
    uint32_t author = author_of(oracle, write);
    return author == author_of(oracle, old) ||
           (oracle->roles[author] >= MIR_ROLE_COORDINATOR &&
               rank_of(oracle, policy, write) >= rank_of(oracle, policy, old));
}

/* Writes stand in the order they were made, so parents come first. */
static uint32_t depth_of(const struct oracle *oracle,
    const struct weighed *known,
    uint32_t count,
    const struct oracle_write *write)
{
    uint32_t depth = 1;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t p = 0; p < write->parent_count; p++) {
            if (write->parents[p] != known[i].write) {
                continue;
            }
            const struct oracle_write *parent = &oracle->writes[known[i].write];
            uint32_t other = author_of(oracle, parent) != author_of(oracle, write);
            depth = known[i].depth + other > depth ? known[i].depth + other : depth;
        }
    }
    return depth;
}

static int wins(const struct oracle *oracle, const struct weighed *a, const struct weighed *b)
{
    const struct oracle_changeset *x = &oracle->changesets[oracle->writes[a->write].changeset];
    const struct oracle_changeset *y = &oracle->changesets[oracle->writes[b->write].changeset];
    if (a->first != b->first) {
        return a->first > b->first;
    }
    if (a->rank != b->rank) {
        return a->rank > b->rank;
    }
    if (a->depth != b->depth) {
        return a->depth > b->depth;
    }
    if (x->stamp != y->stamp) {
        return x->stamp > y->stamp;
    }
    return memcmp(&x->id, &y->id, sizeof x->id) > 0;
}

static int same_value(const struct oracle *oracle, uint32_t a, uint32_t b)
{
    const struct oracle_write *x = &oracle->writes[a];
    const struct oracle_write *y = &oracle->writes[b];
    return x->value_size == y->value_size && memcmp(x->value, y->value, x->value_size) == 0;
}

static int has_conflict(const struct oracle *oracle,
    enum mir_policy policy,
    const struct weighed *known,
    uint32_t count,
    const struct weighed *winner)
{
    if (policy != MIR_POLICY_REVIEW && policy != MIR_POLICY_RANKED) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (known[i].live && (policy == MIR_POLICY_REVIEW || known[i].rank == winner->rank) &&
            !same_value(oracle, known[i].write, winner->write)) {
            return 1;
        }
    }
    return 0;
}

static uint32_t gather(struct weighed *known,
    struct oracle_register *out,
    const struct oracle *oracle,
    const uint8_t *applied,
    const struct oracle_write *probe)
{
    enum mir_policy policy = oracle_policy(probe->field);
    uint32_t count = 0;
    for (uint32_t i = 0; i < oracle->write_count; i++) {
        const struct oracle_write *write = &oracle->writes[i];
        if (!applied[write->changeset] || !oracle_same_register(write, probe)) {
            continue;
        }
        out->written++;
        if (policy == MIR_POLICY_ONCE && !write->with_record) {
            out->once = 1;
            continue;
        }
        known[count].write = i;
        known[count].rank = rank_of(oracle, policy, write);
        known[count].first =
            policy == MIR_POLICY_SET || policy == MIR_POLICY_LATTICE ? small_uint(write) : 0;
        known[count].depth = depth_of(oracle, known, count, write);
        known[count].live = 1;
        count++;
    }
    return count;
}

void oracle_evaluate(struct oracle_register *out,
    const struct oracle *oracle,
    const uint8_t *applied,
    uint32_t record,
    uint32_t field,
    const void *key,
    size_t key_size)
{
    static struct weighed known[4096];
    struct oracle_write probe = { .record = record, .field = field, .key_size = key_size };
    enum mir_policy policy = oracle_policy(field);
    const struct weighed *best = NULL;
    memset(out, 0, sizeof *out);
    out->winner = ORACLE_NONE;
    memcpy(probe.key, key, key_size);
    if (!oracle_exists(oracle, applied, record)) {
        return;
    }
    uint32_t count = gather(known, out, oracle, applied, &probe);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            const struct oracle_write *other = &oracle->writes[known[j].write];
            if (supersedes(oracle, policy, other, known[i].write) || (oracle->last_wins && j > i)) {
                known[i].live = 0;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (known[i].live) {
            assert(out->live_count < ORACLE_LIVE_MAX);
            out->live[out->live_count++] = known[i].write;
            best = best == NULL || wins(oracle, &known[i], best) ? &known[i] : best;
        }
    }
    if (best != NULL) {
        out->winner = best->write;
        out->conflict = has_conflict(oracle, policy, known, count, best);
    }
}

/* A withdrawal is [reason, [id 32 …]]: the ids end the value, each after the bytes c4 20. */
static int lists(const struct oracle_write *withdrawal, const mirsal_hash *id)
{
    for (size_t at = 0; at + sizeof *id <= withdrawal->value_size; at++) {
        if (memcmp(withdrawal->value + at, id, sizeof *id) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_unseen(const struct oracle *oracle,
    const uint8_t *applied,
    uint32_t record,
    const struct oracle_write *withdrawal)
{
    uint32_t creating = oracle->records[record].changeset;
    if (creating != withdrawal->changeset && !lists(withdrawal, &oracle->changesets[creating].id)) {
        return 1;
    }
    for (uint32_t i = 0; i < oracle->write_count; i++) {
        const struct oracle_write *write = &oracle->writes[i];
        struct oracle_register found;
        if (write->record != record || !applied[write->changeset] ||
            write->field == withdrawal->field || write->changeset == withdrawal->changeset) {
            continue;
        }
        oracle_evaluate(&found, oracle, applied, record, write->field, write->key, write->key_size);
        for (uint32_t at = 0; at < found.live_count; at++) {
            if (found.live[at] == i &&
                !lists(withdrawal, &oracle->changesets[write->changeset].id)) {
                return 1;
            }
        }
    }
    return 0;
}

static int decides_before(const struct oracle *oracle,
    const uint8_t *applied,
    uint32_t a,
    uint32_t b)
{
    /* Their depths: count what each stands on. */
    static struct weighed known[4096];
    struct oracle_register ignored;
    struct weighed x = { 0 };
    struct weighed y = { 0 };
    memset(&ignored, 0, sizeof ignored);
    uint32_t count = gather(known, &ignored, oracle, applied, &oracle->writes[a]);
    for (uint32_t i = 0; i < count; i++) {
        x = known[i].write == a ? known[i] : x;
        y = known[i].write == b ? known[i] : y;
    }
    return wins(oracle, &x, &y);
}

enum oracle_standing oracle_withdrawal(int *unseen,
    const struct oracle *oracle,
    const uint8_t *applied,
    uint32_t record)
{
    const struct oracle_record *found = &oracle->records[record];
    struct oracle_register live;
    uint32_t best = ORACLE_NONE;
    int suggested = 0;
    *unseen = 0;
    oracle_evaluate(&live, oracle, applied, record, found->type * 100 + 2, "", 0);
    for (uint32_t i = 0; i < live.live_count; i++) {
        const struct oracle_write *write = &oracle->writes[live.live[i]];
        uint32_t author = author_of(oracle, write);
        int taken = write->value_size > 1; /* [] takes it back */
        if (oracle->roles[author] < MIR_ROLE_COORDINATOR && author != found->author) {
            suggested = suggested || taken;
        } else if (best == ORACLE_NONE || decides_before(oracle, applied, live.live[i], best)) {
            best = live.live[i];
        }
    }
    if (best != ORACLE_NONE && oracle->writes[best].value_size > 1) {
        *unseen = is_unseen(oracle, applied, record, &oracle->writes[best]);
        return ORACLE_TAKEN_OUT;
    }
    return suggested ? ORACLE_SUGGESTED : ORACLE_STANDS;
}
