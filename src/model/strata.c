/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/strata.c - which statements stand, the first stratum (root), and how several words on one
 * subject combine; protocol/control.md 5.0, 5.1.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

const struct mir_control *mir_said_fact(const struct mir_strata *strata, struct mir_said said)
{
    return strata->causal->facts[said.fact];
}

const struct mir_statement *mir_said_what(const struct mir_strata *strata, struct mir_said said)
{
    return &strata->causal->facts[said.fact]->statements[said.at];
}

const mirsal_hash *mir_said_by(const struct mir_strata *strata, struct mir_said said)
{
    return &strata->causal->facts[said.fact]->device;
}

/* An invite counts also while it waits; after an unknown statement its author is not understood. */
static int statement_stands(const struct mir_causal *causal, uint32_t place, uint32_t at)
{
    const struct mir_control *fact = causal->facts[place];
    if (causal->after_unseen[place]) {
        return 0;
    }
    for (uint32_t i = 0; i < at; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_UNKNOWN) {
            return 0;
        }
    }
    return causal->stands[place] || fact->statements[at].kind == MIR_STATEMENT_INVITE;
}

/* The control chains as a tree whose nodes are the places. */
static int build_tree(struct mir_strata *strata)
{
    const struct mir_causal *causal = strata->causal;
    struct mir_tree *tree = &strata->tree;
    tree->count = causal->count;
    tree->nodes = mir_arena_alloc(strata->keep, tree->count, sizeof *tree->nodes);
    strata->marks = mir_arena_alloc(strata->keep, tree->count, sizeof *strata->marks);
    strata->losses = mir_arena_alloc(strata->keep, tree->count, sizeof *strata->losses);
    strata->roles_of = mir_arena_alloc(strata->keep, tree->count, sizeof *strata->roles_of);
    strata->bottom = mir_arena_alloc(strata->keep, tree->count, sizeof *strata->bottom);
    if (tree->nodes == NULL || strata->marks == NULL || strata->losses == NULL ||
        strata->roles_of == NULL || strata->bottom == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        struct mir_tree_node *node = &tree->nodes[i];
        node->device = &causal->facts[i]->device;
        node->id = &causal->facts[i]->id;
        node->seq = causal->facts[i]->seq;
        node->prev = causal->prev[i];
        node->stands = causal->stands[i];
        strata->losses[i] = MIR_CAUSAL_NOBODY;
    }
    if (!mir_tree_build(tree, strata->keep)) {
        return 0;
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t place = tree->sorted[i];
        uint32_t prev = tree->nodes[place].prev;
        uint32_t below = prev == NOBODY ? place : strata->bottom[prev];
        strata->bottom[place] = tree->nodes[place].stands ? below : NOBODY;
        strata->roles_of[place] = -1;
    }
    return 1;
}

int mir_strata_collect(struct mir_strata *strata)
{
    const struct mir_causal *causal = strata->causal;
    if (!build_tree(strata)) {
        return 0;
    }
    for (int fill = 0; fill < 2; fill++) {
        for (uint32_t place = 0; place < causal->count; place++) {
            const struct mir_control *fact = causal->facts[place];
            for (uint32_t at = 0; at < fact->statement_count; at++) {
                uint32_t kind = (uint32_t)fact->statements[at].kind;
                if (kind >= MIR_STRATA_KINDS || !statement_stands(causal, place, at)) {
                    continue;
                }
                struct mir_said_list *list = &strata->by_kind[kind];
                if (fill) {
                    list->items[list->count] = (struct mir_said){ place, at };
                }
                list->count++;
            }
        }
        for (uint32_t kind = 0; !fill && kind < MIR_STRATA_KINDS; kind++) {
            struct mir_said_list *list = &strata->by_kind[kind];
            list->items = mir_arena_alloc(strata->scratch, list->count, sizeof *list->items);
            if (list->items == NULL) {
                return 0;
            }
            list->count = 0;
        }
    }
    return 1;
}

static int compare_words(const void *a, const void *b, void *context)
{
    const struct mir_causal *causal = context;
    const struct mir_word *left = a;
    const struct mir_word *right = b;
    int order = mir_key_compare(&left->subject, &right->subject);
    if (order != 0) {
        return order;
    }
    if (left->matter != right->matter) {
        return left->matter < right->matter ? -1 : 1;
    }
    uint32_t left_at = causal->position[left->said.fact];
    uint32_t right_at = causal->position[right->said.fact];
    if (left_at != right_at) {
        return left_at > right_at ? -1 : 1;
    }
    return left->said.at > right->said.at ? -1 : left->said.at < right->said.at;
}

int mir_words_sort(struct mir_strata *strata, struct mir_words *words)
{
    mir_sort(words->items, words->count, sizeof *words->items, compare_words, strata->causal);
    words->newest = mir_arena_alloc(strata->keep, words->count, sizeof(const struct mir_word *));
    return words->newest != NULL;
}

/* Negative while the word stands before (subject, matter), positive behind it. */
static int compare_subject(const struct mir_word *word, const mirsal_hash *subject, uint32_t matter)
{
    int order = mir_key_compare(&word->subject, subject);
    if (order != 0 || word->matter == matter) {
        return order;
    }
    return word->matter < matter ? -1 : 1;
}

int mir_said_knows(const struct mir_strata *strata, struct mir_said newer, struct mir_said older)
{
    if (newer.fact == older.fact) {
        return newer.at > older.at;
    }
    return mir_causal_knows_wanted(strata->causal, newer.fact, older.fact);
}

const struct mir_word *mir_words_range(const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    size_t *count)
{
    size_t low = 0;
    size_t high = words->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_subject(&words->items[middle], subject, matter) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *count = 0;
    while (low + *count < words->count &&
           compare_subject(&words->items[low + *count], subject, matter) == 0) {
        (*count)++;
    }
    return *count == 0 ? NULL : &words->items[low];
}

/* Newest first: what one of the newest knows, or what that one knows, is replaced. */
int mir_words_lowest_before(const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    int otherwise,
    uint32_t unseen)
{
    size_t count = 0;
    size_t newest = 0;
    int lowest = otherwise;
    const struct mir_word *items = mir_words_range(words, subject, matter, &count);
    for (size_t i = 0; i < count; i++) {
        int replaced =
            unseen != NOBODY && mir_causal_knows_wanted(strata->causal, items[i].said.fact, unseen);
        for (size_t n = 0; n < newest && !replaced; n++) {
            replaced = mir_said_knows(strata, words->newest[n]->said, items[i].said);
        }
        if (!replaced) {
            lowest = newest == 0 || items[i].value < lowest ? items[i].value : lowest;
            words->newest[newest++] = &items[i];
        }
    }
    return lowest;
}

int mir_words_lowest(const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    int otherwise)
{
    return mir_words_lowest_before(strata, words, subject, matter, otherwise, NOBODY);
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_key_compare(a, b);
}

static int among(const mirsal_hash *sorted, size_t count, const mirsal_hash *wanted)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&sorted[middle], wanted);
        if (order == 0) {
            return 1;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

int mir_strata_is_root(const struct mir_strata *strata, const mirsal_hash *device)
{
    return mir_key_compare(&strata->out->root, device) == 0;
}

int mir_strata_is_candidate(const struct mir_strata *strata, const mirsal_hash *device)
{
    return among(strata->candidates, strata->candidate_count, device);
}

int mir_strata_is_admin(const struct mir_strata *strata, const mirsal_hash *device)
{
    return among(strata->admins, strata->admin_count, device);
}

const struct mir_statement *mir_strata_first(const struct mir_strata *strata,
    uint32_t place,
    enum mir_statement_kind kind)
{
    const struct mir_control *fact = strata->causal->facts[place];
    for (uint32_t at = 0; at < fact->statement_count; at++) {
        if (fact->statements[at].kind == kind) {
            return statement_stands(strata->causal, place, at) ? &fact->statements[at] : NULL;
        }
    }
    return NULL;
}

/* Of copies of the genesis body in several changesets the first by id: they say the same. */
static void find_genesis(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_GENESIS];
    strata->genesis = NOBODY;
    for (uint32_t i = 0; i < list->count && strata->genesis == NOBODY; i++) {
        const struct mir_control *fact = mir_said_fact(strata, list->items[i]);
        const struct mir_statement *said = mir_said_what(strata, list->items[i]);
        if (list->items[i].at == 0 && fact->seq == 1 && said->genesis.is_team &&
            mir_key_compare(&fact->device, &said->genesis.founder) != 0) {
            strata->genesis = list->items[i].fact;
            strata->out->has_genesis = 1;
            strata->out->root = fact->device;
            strata->out->founder = said->genesis.founder;
        }
    }
}

/* The founder, and whom root ever named: the only devices whose words on others may count. */
static int list_candidates(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ROLE];
    struct mir_words *words = &strata->root_roles;
    size_t kept = 1;
    words->items = mir_arena_alloc(strata->keep, list->count, sizeof *words->items);
    strata->candidates =
        mir_arena_alloc(strata->keep, (size_t)list->count + 1, sizeof *strata->candidates);
    if (words->items == NULL || strata->candidates == NULL) {
        return 0;
    }
    strata->candidates[0] = strata->out->founder;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *said = mir_said_what(strata, list->items[i]);
        if (mir_strata_is_root(strata, mir_said_by(strata, list->items[i]))) {
            struct mir_word *word = &words->items[words->count++];
            word->subject = said->role.device;
            word->value = (int)said->role.role;
            word->said = list->items[i];
            strata->candidates[words->count] = said->role.device;
        }
    }
    mir_sort(
        strata->candidates, words->count + 1, sizeof *strata->candidates, compare_hashes, NULL);
    for (size_t i = 1; i <= words->count; i++) {
        if (mir_key_compare(&strata->candidates[kept - 1], &strata->candidates[i]) != 0) {
            strata->candidates[kept++] = strata->candidates[i];
        }
    }
    strata->candidate_count = kept;
    return 1;
}

/* Of retires the first of each path: further ones never count. */
static void want_retires(struct mir_strata *strata, uint8_t *wanted, uint8_t *retired)
{
    for (uint32_t i = 0; i < strata->tree.count; i++) {
        uint32_t place = strata->tree.sorted[i];
        uint32_t prev = strata->tree.nodes[place].prev;
        int before = prev != NOBODY && retired[prev];
        int retires = strata->tree.nodes[place].stands &&
                      mir_strata_first(strata, place, MIR_STATEMENT_RETIRE) != NULL;
        wanted[place] |= (uint8_t)(retires && !before);
        retired[place] = (uint8_t)(before || retires);
    }
}

/* Columns for the statements whose order decides, by those who might be allowed to make them. */
static int want_columns(struct mir_strata *strata)
{
    static const enum mir_statement_kind ordered[] = { MIR_STATEMENT_ROLE,
        MIR_STATEMENT_INVITE_REVOKE, MIR_STATEMENT_COMPARTMENT, MIR_STATEMENT_EPOCH,
        MIR_STATEMENT_SCHEMA, MIR_STATEMENT_POLICY, MIR_STATEMENT_RELAY };
    size_t count = strata->causal->count;
    uint8_t *wanted = mir_arena_alloc(strata->scratch, count, sizeof *wanted);
    uint8_t *retired = mir_arena_alloc(strata->scratch, count, sizeof *retired);
    if (wanted == NULL || retired == NULL) {
        return 0;
    }
    for (size_t kind = 0; kind < sizeof ordered / sizeof ordered[0]; kind++) {
        const struct mir_said_list *list = &strata->by_kind[ordered[kind]];
        for (uint32_t i = 0; i < list->count; i++) {
            const mirsal_hash *author = mir_said_by(strata, list->items[i]);
            if (mir_strata_is_root(strata, author) || mir_strata_is_candidate(strata, author)) {
                wanted[list->items[i].fact] = 1;
            }
        }
    }
    want_retires(strata, wanted, retired);
    return mir_causal_want(strata->causal, strata->keep, wanted);
}

/* Without genesis root is the key of nobody: nothing counts, and every statement says why. */
int mir_strata_root(struct mir_strata *strata)
{
    find_genesis(strata);
    return list_candidates(strata) && want_columns(strata) &&
           mir_words_sort(strata, &strata->root_roles);
}
