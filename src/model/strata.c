/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/strata.c - which statements stand, the first two strata (root, admins), and how several
 * words on one subject combine; protocol/control.md 5.0, 5.1.
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

int mir_strata_collect(struct mir_strata *strata)
{
    const struct mir_causal *causal = strata->causal;
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
            list->items = mir_arena_alloc(&strata->scratch, list->count, sizeof *list->items);
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
    words->newest = mir_arena_alloc(&strata->scratch, words->count, sizeof(struct mir_word *));
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

static int word_knows(const struct mir_strata *strata,
    const struct mir_word *newer,
    const struct mir_word *older)
{
    if (newer->said.fact == older->said.fact) {
        return newer->said.at > older->said.at;
    }
    return mir_causal_knows_wanted(strata->causal, newer->said.fact, older->said.fact);
}

int mir_words_lowest(const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    int otherwise)
{
    size_t low = 0;
    size_t high = words->count;
    size_t newest = 0;
    int lowest = otherwise;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_subject(&words->items[middle], subject, matter) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* Newest first: what one of the newest knows, or what that one knows, is replaced. */
    for (size_t i = low; i < words->count; i++) {
        struct mir_word *word = &words->items[i];
        int replaced = 0;
        if (compare_subject(word, subject, matter) != 0) {
            break;
        }
        for (size_t n = 0; n < newest && !replaced; n++) {
            replaced = word_knows(strata, words->newest[n], word);
        }
        if (!replaced) {
            lowest = newest == 0 || word->value < lowest ? word->value : lowest;
            words->newest[newest++] = word;
        }
    }
    return lowest;
}

static int compare_pairs(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_pair *left = a;
    const struct mir_pair *right = b;
    int order = mir_key_compare(&left->first, &right->first);
    return order != 0 ? order : mir_key_compare(&left->second, &right->second);
}

void mir_pairs_sort(struct mir_pairs *pairs)
{
    mir_sort(pairs->items, pairs->count, sizeof *pairs->items, compare_pairs, NULL);
}

int mir_pairs_have(const struct mir_pairs *pairs,
    const mirsal_hash *first,
    const mirsal_hash *second)
{
    struct mir_pair sought = { *first, *second };
    size_t low = 0;
    size_t high = pairs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_pairs(&pairs->items[middle], &sought, NULL);
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

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_key_compare(a, b);
}

int mir_strata_is_root(const struct mir_strata *strata, const mirsal_hash *device)
{
    return mir_key_compare(&strata->out->root, device) == 0;
}

int mir_strata_is_admin(const struct mir_strata *strata, const mirsal_hash *device)
{
    size_t low = 0;
    size_t high = strata->admin_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&strata->admins[middle], device);
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

/* Of copies of the genesis body in several changesets the first by id: they say the same. */
static void find_genesis(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_GENESIS];
    strata->genesis = NOBODY;
    for (uint32_t i = 0; i < list->count && strata->genesis == NOBODY; i++) {
        const struct mir_control *fact = mir_said_fact(strata, list->items[i]);
        const struct mir_statement *said = mir_said_what(strata, list->items[i]);
        if (list->items[i].at == 0 && fact->seq == 1 && said->genesis.is_team) {
            strata->genesis = list->items[i].fact;
            strata->out->has_genesis = 1;
            strata->out->root = fact->device;
            strata->out->founder = said->genesis.founder;
        }
    }
}

/* The founder, and whom root ever named: the only devices whose words on others may count. */
static int list_candidates(struct mir_strata *strata, struct mir_words *words)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ROLE];
    words->items = mir_arena_alloc(&strata->scratch, list->count, sizeof *words->items);
    strata->admins =
        mir_arena_alloc(&strata->scratch, (size_t)list->count + 1, sizeof *strata->admins);
    if (words->items == NULL || strata->admins == NULL) {
        return 0;
    }
    strata->admins[strata->admin_count++] = strata->out->founder;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *said = mir_said_what(strata, list->items[i]);
        if (!mir_strata_is_root(strata, mir_said_by(strata, list->items[i]))) {
            continue;
        }
        struct mir_word *word = &words->items[words->count++];
        word->subject = said->role.device;
        word->value = (int)said->role.role;
        word->said = list->items[i];
        strata->admins[strata->admin_count++] = said->role.device;
    }
    mir_sort(strata->admins, strata->admin_count, sizeof *strata->admins, compare_hashes, NULL);
    return 1;
}

/* Columns for the statements whose order decides, by those who might be allowed to make them. */
static int want_columns(struct mir_strata *strata)
{
    static const enum mir_statement_kind ordered[] = { MIR_STATEMENT_ROLE,
        MIR_STATEMENT_INVITE_REVOKE, MIR_STATEMENT_COMPARTMENT, MIR_STATEMENT_RELAY };
    uint8_t *wanted = mir_arena_alloc(&strata->scratch, strata->causal->count, sizeof *wanted);
    if (wanted == NULL) {
        return 0;
    }
    for (size_t kind = 0; kind < sizeof ordered / sizeof ordered[0]; kind++) {
        const struct mir_said_list *list = &strata->by_kind[ordered[kind]];
        for (uint32_t i = 0; i < list->count; i++) {
            const mirsal_hash *author = mir_said_by(strata, list->items[i]);
            if (mir_strata_is_root(strata, author) || mir_strata_is_admin(strata, author)) {
                wanted[list->items[i].fact] = 1;
            }
        }
    }
    return mir_causal_want(strata->causal, strata->keep, wanted);
}

int mir_strata_root(struct mir_strata *strata)
{
    struct mir_words words = { NULL, 0, NULL };
    size_t kept = 0;
    find_genesis(strata);
    if (strata->genesis == NOBODY) {
        return 1;
    }
    if (!list_candidates(strata, &words) || !want_columns(strata) ||
        !mir_words_sort(strata, &words)) {
        return 0;
    }
    for (size_t i = 0; i < strata->admin_count; i++) {
        const mirsal_hash *device = &strata->admins[i];
        int founder = mir_key_compare(device, &strata->out->founder) == 0;
        int otherwise = founder ? (int)MIR_ROLE_ADMIN : (int)MIR_ROLE_OBSERVER;
        int repeated = kept > 0 && mir_key_compare(device, &strata->admins[kept - 1]) == 0;
        if (!repeated &&
            mir_words_lowest(strata, &words, device, 0, otherwise) == (int)MIR_ROLE_ADMIN) {
            strata->admins[kept++] = *device;
        }
    }
    strata->admin_count = kept;
    return 1;
}
