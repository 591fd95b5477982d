/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/epochs.c - epochs and schema versions, and which epoch writers use;
 * protocol/control.md 5.14.
 *
 * An epoch is usable when a reader for whom another than its issuer vouches has opened it, or when
 * no such reader was there before it: what a reader's own statements know decides, since nobody
 * can make what was signed before know an epoch that was made after.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_names(const struct mir_epoch_name *a, const struct mir_epoch_name *b)
{
    int order = compare_numbers(a->compartment, b->compartment);
    if (order == 0) {
        order = compare_numbers(a->number, b->number);
    }
    return order != 0 ? order : mir_key_compare(&a->public_key, &b->public_key);
}

/* A statement of an epoch, and where it stands. */
struct issue {
    struct mir_epoch epoch;
    uint32_t fact; /* NOBODY: genesis */
};

/* Of several statements of one epoch that of genesis stands first, then the lower issuer. */
static int compare_epochs(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_epoch *left = &((const struct issue *)a)->epoch;
    const struct mir_epoch *right = &((const struct issue *)b)->epoch;
    int order = compare_names(&left->name, &right->name);
    if (order == 0) {
        order = right->from_genesis - left->from_genesis;
    }
    return order != 0 ? order : mir_key_compare(&left->issuer, &right->issuer);
}

/* A device that says it opened an epoch, and whose word counts. */
struct opening {
    mirsal_hash public_key;
    uint32_t fact;
};

struct openings {
    struct opening *items; /* ascending by public key */
    size_t count;
};

static int compare_openings(const void *a, const void *b, void *context)
{
    (void)context;
    const struct opening *left = a;
    const struct opening *right = b;
    int order = mir_key_compare(&left->public_key, &right->public_key);
    return order != 0 ? order : left->fact < right->fact ? -1 : left->fact > right->fact;
}

static int list_openings(struct mir_strata *strata, struct openings *out)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_EPOCH_OK];
    out->items = mir_arena_alloc(strata->scratch, list->count, sizeof *out->items);
    if (out->items == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (what->epoch_ok.opened && mir_said_state(strata, list->items[i]) == MIR_REASON_NONE) {
            out->items[out->count].public_key = what->epoch_ok.public_key;
            out->items[out->count++].fact = list->items[i].fact;
        }
    }
    mir_sort(out->items, out->count, sizeof *out->items, compare_openings, NULL);
    return 1;
}

/* Whether it was ever given the right to read what it says it opened. */
static int was_granted(const struct mir_strata *strata,
    const struct mir_member *member,
    uint32_t fact,
    uint32_t compartment)
{
    size_t count = 0;
    if (compartment == MIR_COMPARTMENT_MAIN) {
        return (strata->marks[fact] & MIR_MARK_ADMIN) != 0 ||
               strata->roles_of[fact] != (int)MIR_ROLE_MONITOR;
    }
    const struct mir_word *words =
        mir_words_range(&strata->grants, &member->key, compartment, &count);
    for (size_t i = 0; i < count; i++) {
        if (words[i].value) {
            return 1;
        }
    }
    return compartment == MIR_COMPARTMENT_PROTECTED && member->by_join;
}

/* The changesets whose word confirms an epoch (5.14 a); writes them where out is not NULL. */
static size_t list_words(mirsal_hash *out,
    const struct mir_strata *strata,
    const struct openings *openings,
    const struct issue *issue)
{
    size_t low = 0;
    size_t high = openings->count;
    size_t listed = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_key_compare(&openings->items[middle].public_key, &issue->epoch.name.public_key) <
            0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < openings->count &&
           mir_key_compare(&openings->items[low].public_key, &issue->epoch.name.public_key) == 0;
         low++) {
        uint32_t fact = openings->items[low].fact;
        const struct mir_member *member =
            mir_membership_device(strata->out, &strata->causal->facts[fact]->device);
        if (member != NULL && !member->write_only &&
            mir_key_compare(&member->key, &issue->epoch.issuer) != 0 &&
            mir_strata_vouched(strata, &member->key, &issue->epoch.issuer, NOBODY) &&
            was_granted(strata, member, fact, issue->epoch.name.compartment)) {
            if (out != NULL) {
                out[listed] = strata->causal->facts[fact]->id;
            }
            listed++;
        }
    }
    return listed;
}

static int confirm(struct mir_epoch *epoch,
    const struct mir_strata *strata,
    const struct openings *openings,
    const struct issue *issue)
{
    size_t count = list_words(NULL, strata, openings, issue);
    if (count == 0 || epoch->word_count > 0) {
        return 1;
    }
    mirsal_hash *words = mir_arena_alloc(strata->keep, count, sizeof *words);
    if (words == NULL) {
        return 0;
    }
    epoch->word_count = list_words(words, strata, openings, issue);
    epoch->words = words;
    epoch->usable = 1;
    return 1;
}

/* Granted reading by statements that do not know the changeset at place unseen. */
static int granted_before(const struct mir_strata *strata,
    const struct mir_member *member,
    uint32_t compartment,
    uint32_t unseen)
{
    if (compartment == MIR_COMPARTMENT_MAIN) {
        int basis = (int)member->basis;
        return mir_words_lowest_before(strata, &strata->roles, &member->key, 0, basis, unseen) !=
               (int)MIR_ROLE_MONITOR;
    }
    int otherwise = compartment == MIR_COMPARTMENT_PROTECTED && member->by_join;
    return mir_words_lowest_before(
        strata, &strata->grants, &member->key, compartment, otherwise, unseen);
}

/* It was a reader, by another's word than `but`, before the epoch was made. */
static int was_reader(const struct mir_strata *strata,
    const struct mir_member *reader,
    const struct issue *issue,
    const mirsal_hash *but)
{
    uint32_t compartment = issue->epoch.name.compartment;
    uint32_t join = reader->founder ? NOBODY : mir_causal_find(strata->causal, &reader->join);
    return mir_member_holds_keys(reader, compartment) &&
           mir_strata_vouched(strata, &reader->key, but, issue->fact) &&
           (join == NOBODY || !mir_causal_knows_wanted(strata->causal, join, issue->fact)) &&
           granted_before(strata, reader, compartment, issue->fact);
}

/* 5.14 (b): nobody was there before it who could be asked. */
static int nobody_to_ask(const struct mir_strata *strata, const struct issue *issue)
{
    const mirsal_hash *issuer = &issue->epoch.issuer;
    for (size_t i = 0; i < strata->out->member_count; i++) {
        const struct mir_member *reader = &strata->out->members[i];
        if (mir_key_compare(&reader->key, issuer) != 0 &&
            was_reader(strata, reader, issue, issuer)) {
            return 0;
        }
    }
    return 1;
}

/*
 * Who came to an epoch that does not carry the one before it: they get nothing older. Of several
 * statements of it whoever was a reader before any is not late.
 */
static int list_late(struct mir_epoch *epoch,
    const struct mir_strata *strata,
    const struct issue *issue)
{
    const mirsal_hash none = { { 0 } };
    size_t count = strata->out->member_count;
    uint8_t *late = mir_arena_alloc(strata->keep, count, sizeof *late);
    if (late == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        late[i] = (epoch->late == NULL || epoch->late[i]) &&
                  !was_reader(strata, &strata->out->members[i], issue, &none);
    }
    epoch->late = late;
    return 1;
}

static const struct mir_statement_genesis *genesis_of(const struct mir_strata *strata)
{
    return strata->genesis == NOBODY
               ? NULL
               : &strata->causal->facts[strata->genesis]->statements[0].genesis;
}

static int compare_said(const void *a, const void *b, void *context)
{
    (void)context;
    return compare_names(a, b);
}

/*
 * Numbers of one compartment follow one another, from the lowest of genesis on, or 1: the next is
 * reached. Whether their statements count is not asked, so that a cut takes no later epoch away.
 */
static int reach_numbers(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_EPOCH];
    const struct mir_statement_genesis *genesis = genesis_of(strata);
    size_t first = genesis != NULL ? genesis->epoch_count : 0;
    struct mir_epoch_name *names =
        mir_arena_alloc(strata->scratch, first + list->count, sizeof *names);
    if (names == NULL) {
        return 0;
    }
    for (uint32_t compartment = 0; compartment < MIR_COMPARTMENTS; compartment++) {
        strata->reached[compartment] = 1;
    }
    for (size_t i = 0; i < first; i++) {
        names[i] = genesis->epochs[i];
    }
    for (uint32_t i = 0; i < list->count; i++) {
        names[first + i] = mir_said_what(strata, list->items[i])->epoch.name;
    }
    for (size_t i = first; i > 0; i--) { /* of several of one compartment the lowest is first */
        strata->reached[names[i - 1].compartment] = names[i - 1].number;
    }
    mir_sort(names, first + list->count, sizeof *names, compare_said, NULL);
    for (size_t i = 0; i < first + list->count; i++) {
        uint64_t *reached = &strata->reached[names[i].compartment];
        *reached += names[i].number == *reached;
    }
    return 1;
}

int mir_strata_reaches(const struct mir_strata *strata, const struct mir_epoch_name *name)
{
    return name->number <= strata->reached[name->compartment];
}

static struct issue *list_issues(struct mir_strata *strata, size_t *listed)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_EPOCH];
    const struct mir_statement_genesis *genesis = genesis_of(strata);
    size_t first = genesis != NULL ? genesis->epoch_count : 0;
    struct issue *issues = mir_arena_alloc(strata->scratch, first + list->count, sizeof *issues);
    *listed = 0;
    for (size_t i = 0; genesis != NULL && issues != NULL && i < first; i++) {
        struct issue *issue = &issues[(*listed)++];
        issue->fact = NOBODY;
        issue->epoch.name = genesis->epochs[i];
        issue->epoch.issuer = genesis->founder;
        issue->epoch.from_genesis = 1;
        issue->epoch.usable = 1;
        issue->epoch.unasked = 1;
    }
    for (uint32_t i = 0; issues != NULL && i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (mir_said_by_admin(strata, list->items[i]) &&
            mir_strata_reaches(strata, &what->epoch.name)) {
            struct issue *issue = &issues[(*listed)++];
            issue->fact = list->items[i].fact;
            issue->epoch.name = what->epoch.name;
            issue->epoch.issuer = *mir_said_by(strata, list->items[i]);
            issue->epoch.changeset = mir_said_fact(strata, list->items[i])->id;
            issue->epoch.has_previous = what->epoch.has_previous != 0;
        }
    }
    return issues;
}

static int list_epochs(struct mir_strata *strata, const struct openings *openings)
{
    struct mir_membership *out = strata->out;
    size_t listed = 0;
    struct issue *issues = list_issues(strata, &listed);
    out->epochs = mir_arena_alloc(strata->keep, listed, sizeof *out->epochs);
    if (issues == NULL || out->epochs == NULL) {
        return 0;
    }
    mir_sort(issues, listed, sizeof *issues, compare_epochs, NULL);
    for (size_t i = 0; i < listed; i++) {
        struct mir_epoch *last = out->epoch_count > 0 ? &out->epochs[out->epoch_count - 1] : NULL;
        if (last == NULL || compare_names(&last->name, &issues[i].epoch.name) != 0) {
            last = &out->epochs[out->epoch_count++];
            *last = issues[i].epoch;
        }
        last->has_previous |= issues[i].epoch.has_previous;
        if (!last->from_genesis && !last->has_previous && !list_late(last, strata, &issues[i])) {
            return 0;
        }
        if (last->from_genesis || last->unasked) {
            continue;
        }
        if (!confirm(last, strata, openings, &issues[i])) {
            return 0;
        }
        last->unasked = nobody_to_ask(strata, &issues[i]);
        last->usable |= last->unasked;
    }
    return 1;
}

static int compare_schemas(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_schema_version *left = a;
    const struct mir_schema_version *right = b;
    int order = compare_numbers(left->version, right->version);
    return order != 0 ? order : mir_key_compare(&left->hash, &right->hash);
}

static int list_schemas(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_SCHEMA];
    const struct mir_statement_genesis *genesis = genesis_of(strata);
    struct mir_membership *out = strata->out;
    size_t listed = 0;
    if (genesis == NULL) {
        return 1;
    }
    out->schemas = mir_arena_alloc(strata->keep, (size_t)list->count + 1, sizeof *out->schemas);
    if (out->schemas == NULL) {
        return 0;
    }
    out->schemas[listed].version = genesis->schema_version;
    out->schemas[listed].by_root = 0;
    out->schemas[listed++].hash = genesis->schema_hash;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        int by_root = mir_strata_is_root(strata, mir_said_by(strata, list->items[i])) &&
                      mir_said_state(strata, list->items[i]) == MIR_REASON_NONE;
        if (by_root || mir_said_by_admin(strata, list->items[i])) {
            out->schemas[listed].version = what->schema.version;
            out->schemas[listed].hash = what->schema.hash;
            out->schemas[listed++].by_root = by_root;
        }
    }
    mir_sort(out->schemas, listed, sizeof *out->schemas, compare_schemas, NULL);
    for (size_t i = 0; i < listed; i++) {
        if (i > 0 &&
            compare_schemas(&out->schemas[out->schema_count - 1], &out->schemas[i], NULL) == 0) {
            out->schemas[out->schema_count - 1].by_root |= out->schemas[i].by_root;
            continue;
        }
        out->schemas[out->schema_count++] = out->schemas[i];
    }
    out->schema = out->schemas[out->schema_count - 1];
    for (size_t i = out->schema_count; i > 0; i--) {
        if (out->schemas[i - 1].version == out->schema.version) {
            out->schema = out->schemas[i - 1];
        }
    }
    return 1;
}

/* What every device should come to know: it turns to it, or is bound by it. */
static int list_turning(struct mir_strata *strata)
{
    static const enum mir_statement_kind kinds[] = { MIR_STATEMENT_EPOCH, MIR_STATEMENT_SCHEMA,
        MIR_STATEMENT_POLICY };
    size_t most = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        most += strata->by_kind[kinds[k]].count;
    }
    strata->turning = mir_arena_alloc(strata->keep, most, sizeof *strata->turning);
    if (strata->turning == NULL) {
        return 0;
    }
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const struct mir_said_list *list = &strata->by_kind[kinds[k]];
        for (uint32_t i = 0; i < list->count; i++) {
            if (mir_said_state(strata, list->items[i]) == MIR_REASON_NONE) {
                strata->turning[strata->turning_count++] = list->items[i].fact;
            }
        }
    }
    return 1;
}

int mir_strata_epochs(struct mir_strata *strata)
{
    struct openings openings = { NULL, 0 };
    return reach_numbers(strata) && list_openings(strata, &openings) &&
           list_epochs(strata, &openings) && list_schemas(strata) && list_turning(strata);
}

/* Epochs ascend, so the first of a number is that of the smaller public key. */
const struct mir_epoch *mir_membership_epoch_for_writing(const struct mir_membership *membership,
    uint32_t compartment)
{
    const struct mir_epoch *found = NULL;
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        if (epoch->name.compartment == compartment && epoch->usable &&
            (found == NULL || epoch->name.number > found->name.number)) {
            found = epoch;
        }
    }
    return found;
}
