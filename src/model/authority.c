/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/authority.c - which control changeset a device cites; protocol/control.md 5.7: rights hold
 * for what knows them.
 */
#include "strata.h"

#define NOBODY MIR_CAUSAL_NOBODY

struct search {
    struct mir_causal *causal;
    uint32_t first;
    uint32_t found; /* the newest so far */
};

static void consider(struct search *search, uint32_t fact)
{
    const struct mir_causal *causal = search->causal;
    if (fact != NOBODY && fact != search->first && causal->stands[fact] &&
        (search->found == NOBODY || causal->position[fact] > causal->position[search->found]) &&
        (search->first == NOBODY || !mir_causal_knows_wanted(causal, search->first, fact))) {
        search->found = fact;
    }
}

static void consider_words(struct search *search,
    const struct mir_words *words,
    const mirsal_hash *device)
{
    size_t count = 0;
    const struct mir_word *items = mir_words_range(words, device, 0, &count);
    for (size_t i = 0; i < count; i++) {
        consider(search, items[i].said.fact);
    }
}

/* A word that makes the epoch usable that writers use: who knows it owes the turn (5.14). */
static void consider_epoch(struct search *search, const struct mir_epoch *epoch)
{
    struct mir_causal *causal = search->causal;
    uint32_t fact = epoch->unasked || epoch->word_count == 0
                        ? NOBODY
                        : mir_causal_find(causal, &epoch->words[0]);
    if (fact != NOBODY && causal->stands[fact] &&
        (search->found == NOBODY || causal->position[fact] > causal->position[search->found]) &&
        (search->first == NOBODY || !mir_causal_knows(causal, search->first, fact))) {
        search->found = fact;
    }
}

const mirsal_hash *mir_membership_authority(const struct mir_membership *membership,
    const mirsal_hash *device,
    const mirsal_hash *first)
{
    const struct mir_strata *strata = membership->strata;
    struct search search = { membership->causal, mir_causal_find(membership->causal, first),
        NOBODY };
    consider_words(&search, &strata->root_roles, device);
    consider_words(&search, &strata->roles, device);
    for (uint32_t i = 0; i < strata->turning_count; i++) {
        consider(&search, strata->turning[i]);
    }
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        if (epoch == mir_membership_epoch_for_writing(membership, epoch->name.compartment)) {
            consider_epoch(&search, epoch);
        }
    }
    return search.found == NOBODY ? first : &membership->causal->facts[search.found]->id;
}
