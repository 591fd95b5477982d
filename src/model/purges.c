/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/purges.c - purge orders and who stands behind them; see the header.
 *
 * Voices are sorted by order and device, so that one device speaks once however often it says it.
 */
#include "purges.h"

#include "sort.h"
#include "strata.h"

#include <string.h>

/* A word that counts for an order. */
struct voice {
    mirsal_hash order;
    const mirsal_hash *by;
    const mirsal_hash *said; /* changeset */
};

/* A device that speaks for an order, and whose root says it is. */
struct speaker {
    const struct voice *voice; /* its first */
    uint32_t *persons;
    size_t person_count;
};

static int compare_voices(const void *a, const void *b, void *context)
{
    (void)context;
    const struct voice *left = a;
    const struct voice *right = b;
    int order = mir_key_compare(&left->order, &right->order);
    if (order == 0) {
        order = mir_key_compare(left->by, right->by);
    }
    return order != 0 ? order : mir_key_compare(left->said, right->said);
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_key_compare(a, b);
}

/* The first purge of a changeset held where it is an order, standing or not. */
static const struct mir_statement_purge *order_in(const struct mir_control *fact)
{
    for (size_t i = 0; i < fact->statement_count; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_PURGE) {
            const struct mir_statement_purge *purge = &fact->statements[i].purge;
            return purge->approves ? NULL : purge;
        }
    }
    return NULL;
}

static int list_orders(struct mir_strata *strata)
{
    const struct mir_causal *causal = strata->causal;
    struct mir_purges *out = &strata->out->purges;
    for (int fill = 0; fill < 2; fill++) {
        out->count = 0;
        for (uint32_t place = 0; place < causal->count; place++) {
            const struct mir_statement_purge *purge = order_in(causal->facts[place]);
            if (purge == NULL) {
                continue;
            }
            if (fill) {
                struct mir_purge *item = &out->items[out->count];
                item->id = causal->facts[place]->id;
                item->by = causal->facts[place]->device;
                item->records = purge->records;
                item->record_count = purge->record_count;
                item->media = purge->media;
                item->media_count = purge->media_count;
                item->changesets = purge->changesets;
                item->changeset_count = purge->changeset_count;
                item->own_count = purge->changeset_count;
            }
            out->count++;
        }
        if (!fill) {
            out->items = mir_arena_alloc(strata->keep, out->count, sizeof *out->items);
            if (out->items == NULL) {
                return 0;
            }
        }
    }
    return 1;
}

static struct mir_purge *find_order(const struct mir_purges *purges, const mirsal_hash *id)
{
    size_t low = 0;
    size_t high = purges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&purges->items[middle].id, id);
        if (order == 0) {
            return &purges->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static int list_voices(struct mir_strata *strata, struct voice **out, size_t *count)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_PURGE];
    struct voice *voices = mir_arena_alloc(strata->scratch, list->count, sizeof *voices);
    *count = 0;
    for (uint32_t i = 0; voices != NULL && i < list->count; i++) {
        const struct mir_control *fact = mir_said_fact(strata, list->items[i]);
        const struct mir_statement_purge *purge = &mir_said_what(strata, list->items[i])->purge;
        const mirsal_hash *order = purge->approves ? &purge->of : &fact->id;
        if (!mir_purge_is_naming(purge) && find_order(&strata->out->purges, order) != NULL &&
            mir_said_state(strata, list->items[i]) == MIR_REASON_NONE) {
            voices[*count].order = *order;
            voices[*count].by = &fact->device;
            voices[*count].said = &fact->id;
            (*count)++;
        }
    }
    *out = voices;
    if (voices != NULL) {
        mir_sort(voices, *count, sizeof *voices, compare_voices, NULL);
    }
    return voices != NULL;
}

/* Of root's words that make the device an admin those that no other of them knows (5.16). */
static int find_persons(struct mir_strata *strata, struct speaker *out, const mirsal_hash *device)
{
    size_t count = 0;
    const struct mir_word *words = mir_words_range(&strata->root_roles, device, 0, &count);
    const struct mir_word **newest = mir_arena_alloc(strata->scratch, count + 1, sizeof *newest);
    out->persons = mir_arena_alloc(strata->scratch, count + 1, sizeof *out->persons);
    if (newest == NULL || out->persons == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int replaced = words[i].value != (int)MIR_ROLE_ADMIN;
        for (size_t n = 0; n < out->person_count && !replaced; n++) {
            replaced = mir_said_knows(strata, newest[n]->said, words[i].said);
        }
        if (!replaced) {
            newest[out->person_count] = &words[i];
            out->persons[out->person_count++] = mir_said_what(strata, words[i].said)->role.person;
        }
    }
    if (out->person_count == 0) { /* the founder, by genesis */
        out->persons[out->person_count++] = 0;
    }
    return 1;
}

/* The lowest number, for people; an order weighs them all. */
static int tell_persons(struct mir_strata *strata)
{
    for (size_t i = 0; i < strata->out->member_count; i++) {
        struct mir_member *member = &strata->out->members[i];
        struct speaker speaker = { .person_count = 0 };
        if (!mir_strata_is_admin(strata, &member->key)) {
            continue;
        }
        if (!find_persons(strata, &speaker, &member->key)) {
            return 0;
        }
        member->person = speaker.persons[0];
        for (size_t p = 1; p < speaker.person_count; p++) {
            if (speaker.persons[p] < member->person) {
                member->person = speaker.persons[p];
            }
        }
    }
    return 1;
}

static int have_common_person(const struct speaker *a, const struct speaker *b)
{
    for (size_t i = 0; i < a->person_count; i++) {
        for (size_t j = 0; j < b->person_count; j++) {
            if (a->persons[i] == b->persons[j]) {
                return 1;
            }
        }
    }
    return 0;
}

/* The lower id of two words that could be the second one. */
static void second_by(struct mir_purge *purge, const struct voice *voice)
{
    if (mir_key_compare(voice->said, &purge->id) == 0 && !purge->by_root) {
        return; /* it is the first */
    }
    if (mir_key_is_zero(&purge->second) || mir_key_compare(voice->said, &purge->second) < 0) {
        purge->second = *voice->said;
    }
}

static int weigh(struct mir_strata *strata,
    struct mir_purge *purge,
    const struct voice *voices,
    size_t count)
{
    struct speaker *speakers = mir_arena_alloc(strata->scratch, count, sizeof *speakers);
    mirsal_hash *said = mir_arena_alloc(strata->keep, count, sizeof *said);
    size_t speaker_count = 0;
    if (speakers == NULL || said == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        said[i] = *voices[i].said;
        if (i > 0 && mir_key_compare(voices[i - 1].by, voices[i].by) == 0) {
            continue;
        }
        speakers[speaker_count].voice = &voices[i];
        purge->by_root |= mir_strata_is_root(strata, voices[i].by);
        if (!find_persons(strata, &speakers[speaker_count++], voices[i].by)) {
            return 0;
        }
    }
    mir_sort(said, count, sizeof *said, compare_hashes, NULL);
    purge->voices = said;
    purge->voice_count = count;
    purge->level = MIR_PURGE_HIDDEN;
    for (size_t i = 0; i < speaker_count; i++) {
        if (mir_strata_is_root(strata, speakers[i].voice->by)) {
            second_by(purge, speakers[i].voice);
        }
        for (size_t j = 0; j < i && !purge->by_root; j++) {
            if (!have_common_person(&speakers[i], &speakers[j])) {
                second_by(purge, speakers[i].voice);
                second_by(purge, speakers[j].voice);
            }
        }
    }
    if (!mir_key_is_zero(&purge->second)) {
        purge->level = MIR_PURGE_ORDERED;
    }
    return 1;
}

static int hear_voices(struct mir_strata *strata)
{
    struct voice *voices = NULL;
    size_t count = 0;
    if (!list_voices(strata, &voices, &count)) {
        return 0;
    }
    for (size_t at = 0, next = 0; at < count; at = next) {
        struct mir_purge *purge = find_order(&strata->out->purges, &voices[at].order);
        while (next < count && mir_key_compare(&voices[next].order, &voices[at].order) == 0) {
            next++;
        }
        if (!weigh(strata, purge, &voices[at], next - at)) {
            return 0;
        }
    }
    return 1;
}

/* An admin does not lift what root stands behind. */
static void lift(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_UNPURGE];
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_purge *purge =
            find_order(&strata->out->purges, &mir_said_what(strata, list->items[i])->unpurge.order);
        if (purge != NULL && mir_said_state(strata, list->items[i]) == MIR_REASON_NONE &&
            (!purge->by_root || mir_strata_is_root(strata, mir_said_by(strata, list->items[i])))) {
            purge->lifted = 1;
            purge->recalled |= purge->level == MIR_PURGE_ORDERED;
            purge->level = MIR_PURGE_NONE;
        }
    }
}

static int compare_residues(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_residue *left = a;
    const struct mir_residue *right = b;
    int order = mir_key_compare(&left->changeset, &right->changeset);
    if (order == 0) {
        order = mir_key_compare(&left->said, &right->said);
    }
    return order != 0 ? order : mir_key_compare(&left->hash, &right->hash);
}

static int list_residues(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_RESIDUE];
    struct mir_purges *out = &strata->out->purges;
    out->residues = mir_arena_alloc(strata->keep, list->count, sizeof *out->residues);
    if (out->residues == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (mir_said_state(strata, list->items[i]) == MIR_REASON_NONE) {
            struct mir_residue *residue = &out->residues[out->residue_count++];
            residue->changeset = what->residue.changeset;
            residue->hash = what->residue.hash;
            residue->size = what->residue.size;
            residue->epoch = what->residue.epoch;
            residue->by = *mir_said_by(strata, list->items[i]);
            residue->said = mir_said_fact(strata, list->items[i])->id;
        }
    }
    mir_sort(out->residues, out->residue_count, sizeof *out->residues, compare_residues, NULL);
    return 1;
}

static int compare_receipts(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_purge_receipt *left = a;
    const struct mir_purge_receipt *right = b;
    int order = mir_key_compare(&left->order, &right->order);
    if (order == 0) {
        order = mir_key_compare(&left->by, &right->by);
    }
    return order != 0 ? order : mir_key_compare(&left->said, &right->said);
}

static int list_receipts(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_PURGE_DONE];
    struct mir_purges *out = &strata->out->purges;
    size_t kept = 0;
    out->receipts = mir_arena_alloc(strata->keep, list->count, sizeof *out->receipts);
    if (out->receipts == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (mir_said_state(strata, list->items[i]) == MIR_REASON_NONE) {
            struct mir_purge_receipt *receipt = &out->receipts[out->receipt_count++];
            receipt->order = mir_said_what(strata, list->items[i])->purge_done.order;
            receipt->by = *mir_said_by(strata, list->items[i]);
            receipt->said = mir_said_fact(strata, list->items[i])->id;
        }
    }
    mir_sort(out->receipts, out->receipt_count, sizeof *out->receipts, compare_receipts, NULL);
    for (size_t i = 0; i < out->receipt_count; i++) {
        const struct mir_purge_receipt *one = &out->receipts[i];
        if (kept == 0 || mir_key_compare(&out->receipts[kept - 1].order, &one->order) != 0 ||
            mir_key_compare(&out->receipts[kept - 1].by, &one->by) != 0) {
            out->receipts[kept++] = *one;
        }
    }
    out->receipt_count = kept;
    return 1;
}

int mir_strata_purges(struct mir_strata *strata)
{
    if (!list_orders(strata) || !hear_voices(strata)) {
        return 0;
    }
    lift(strata);
    return mir_strata_purge_names(strata) && list_residues(strata) && list_receipts(strata) &&
           tell_persons(strata);
}

const struct mir_purge *mir_purges_find(const struct mir_membership *membership,
    const mirsal_hash *order)
{
    return find_order(&membership->purges, order);
}

size_t mir_purges_residues(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    const struct mir_residue **first)
{
    const struct mir_purges *purges = &membership->purges;
    size_t low = 0;
    size_t high = purges->residue_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_key_compare(&purges->residues[middle].changeset, changeset) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < purges->residue_count &&
           mir_key_compare(&purges->residues[end].changeset, changeset) == 0) {
        end++;
    }
    *first = &purges->residues[low];
    return end - low;
}
