/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/envelopes.c - which envelopes a holder of epochs should write now; protocol/control.md 2
 * (kinds 8 and 9) and 5.6.
 *
 * An envelope is good until its device, knowing it, says that it does not open. An epoch that a
 * newer one opens (the only one of its number, below one that carries the private half before it)
 * is not delivered, unless the device says that it did not get it that way.
 */
#include "strata.h"

#include "fail.h"
#include "sort.h"

#include <string.h>

/* An envelope, or a device's word on an epoch. */
struct delivery {
    mirsal_hash public_key;
    mirsal_hash device;
    mirsal_hash by;
    uint32_t fact;
    int opened;
};

struct deliveries {
    struct delivery *items; /* ascending by (public key, device) */
    size_t count;
};

struct errand {
    const struct mir_membership *membership;
    const struct mir_member *holder;
    struct deliveries envelopes;
    struct deliveries answers;
};

static int compare_deliveries(const void *a, const void *b, void *context)
{
    (void)context;
    const struct delivery *left = a;
    const struct delivery *right = b;
    int order = mir_key_compare(&left->public_key, &right->public_key);
    return order != 0 ? order : mir_key_compare(&left->device, &right->device);
}

/* Moves said on to the next statement of one kind that stands and is understood; 0 at the end. */
static int next_statement(const struct mir_causal *causal,
    enum mir_statement_kind kind,
    struct mir_said *said)
{
    for (; said->fact < causal->count; said->fact++, said->at = 0) {
        const struct mir_control *fact = causal->facts[said->fact];
        if (!causal->stands[said->fact] || causal->after_unseen[said->fact]) {
            continue;
        }
        for (; said->at < fact->statement_count; said->at++) {
            if (fact->statements[said->at].kind == kind) {
                return 1;
            }
            if (fact->statements[said->at].kind == MIR_STATEMENT_UNKNOWN) {
                break;
            }
        }
    }
    return 0;
}

static void read_delivery(struct delivery *out,
    const struct mir_causal *causal,
    struct mir_said said)
{
    const struct mir_control *fact = causal->facts[said.fact];
    const struct mir_statement *what = &fact->statements[said.at];
    out->by = fact->device;
    out->fact = said.fact;
    if (what->kind == MIR_STATEMENT_EPOCH_KEY) {
        out->public_key = what->epoch_key.name.public_key;
        out->device = what->epoch_key.device;
    } else {
        out->public_key = what->epoch_ok.public_key;
        out->device = fact->device;
        out->opened = what->epoch_ok.opened != 0;
    }
}

static int list_deliveries(struct deliveries *out,
    struct mir_arena *arena,
    const struct mir_membership *membership,
    enum mir_statement_kind kind)
{
    const struct mir_causal *causal = membership->causal;
    size_t most = 0;
    for (struct mir_said said = { 0, 0 }; next_statement(causal, kind, &said); said.at++) {
        most++;
    }
    out->items = mir_arena_alloc(arena, most, sizeof *out->items);
    if (out->items == NULL) {
        return 0;
    }
    for (struct mir_said said = { 0, 0 }; next_statement(causal, kind, &said); said.at++) {
        const struct mir_statement *what = &causal->facts[said.fact]->statements[said.at];
        if (!mir_membership_counts(membership, &causal->facts[said.fact]->id, said.at)) {
            continue;
        }
        if (kind == MIR_STATEMENT_EPOCH_KEY &&
            !mir_membership_can_read(
                membership, &causal->facts[said.fact]->device, what->epoch_key.name.compartment)) {
            continue;
        }
        read_delivery(&out->items[out->count++], causal, said);
    }
    mir_sort(out->items, out->count, sizeof *out->items, compare_deliveries, NULL);
    return 1;
}

/* The first on (public key, device), and in *end the place behind the last. */
static size_t find_deliveries(const struct deliveries *list,
    const mirsal_hash *public_key,
    const mirsal_hash *device,
    size_t *end)
{
    const struct delivery sought = { .public_key = *public_key, .device = *device };
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_deliveries(&list->items[middle], &sought, NULL) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *end = low;
    while (*end < list->count && compare_deliveries(&list->items[*end], &sought, NULL) == 0) {
        (*end)++;
    }
    return low;
}

int mir_membership_epoch_is_carried(const struct mir_membership *membership,
    const struct mir_epoch *epoch)
{
    int newer = 0;
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *other = &membership->epochs[i];
        if (other == epoch || other->name.compartment != epoch->name.compartment) {
            continue;
        }
        if (other->name.number == epoch->name.number) {
            return 0;
        }
        newer |= other->name.number == epoch->name.number + UINT64_C(1) && other->has_previous;
    }
    return newer;
}

/* It came to a newer epoch that carries no older one: its reading begins there. */
static int begins_later(const struct mir_membership *membership,
    const struct mir_epoch *epoch,
    size_t member)
{
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *other = &membership->epochs[i];
        if (other->name.compartment == epoch->name.compartment &&
            other->name.number > epoch->name.number && !other->has_previous &&
            other->late != NULL && other->late[member]) {
            return 1;
        }
    }
    return 0;
}

static int envelope_refused(const struct errand *errand,
    const struct delivery *envelope,
    size_t answers,
    size_t answers_end)
{
    for (size_t i = answers; i < answers_end; i++) {
        if (mir_causal_knows(
                errand->membership->causal, errand->answers.items[i].fact, envelope->fact)) {
            return 1;
        }
    }
    return 0;
}

static int key_is_due(const struct errand *errand,
    const struct mir_epoch *epoch,
    const struct mir_member *reader,
    int covered)
{
    size_t answers_end = 0;
    size_t answers =
        find_deliveries(&errand->answers, &epoch->name.public_key, &reader->key, &answers_end);
    size_t envelopes_end = 0;
    size_t envelopes =
        find_deliveries(&errand->envelopes, &epoch->name.public_key, &reader->key, &envelopes_end);
    if (covered && answers == answers_end) {
        return 0;
    }
    for (size_t i = answers; i < answers_end; i++) {
        if (errand->answers.items[i].opened) {
            return 0;
        }
    }
    for (size_t i = envelopes; i < envelopes_end; i++) {
        const struct delivery *envelope = &errand->envelopes.items[i];
        if (mir_key_compare(&envelope->by, &errand->holder->key) == 0 ||
            !envelope_refused(errand, envelope, answers, answers_end)) {
            return 0;
        }
    }
    return 1;
}

int mir_membership_begins_later(const struct mir_membership *membership,
    const struct mir_epoch *epoch,
    const mirsal_hash *device)
{
    const struct mir_member *member = mir_membership_device(membership, device);
    return member != NULL &&
           begins_later(membership, epoch, (size_t)(member - membership->members));
}

/* Counts what is due, and writes it where out is not NULL. */
static size_t list_due(const struct errand *errand, struct mir_key_due *out)
{
    const struct mir_membership *membership = errand->membership;
    size_t due = 0;
    for (size_t e = 0; e < membership->epoch_count; e++) {
        const struct mir_epoch *epoch = &membership->epochs[e];
        int covered = mir_membership_epoch_is_carried(membership, epoch);
        if (!mir_member_holds_keys(errand->holder, epoch->name.compartment)) {
            continue;
        }
        for (size_t m = 0; m < membership->member_count; m++) {
            const struct mir_member *reader = &membership->members[m];
            if (reader == errand->holder || mir_key_compare(&reader->key, &epoch->issuer) == 0 ||
                !mir_member_holds_keys(reader, epoch->name.compartment) ||
                begins_later(membership, epoch, m) || !key_is_due(errand, epoch, reader, covered)) {
                continue;
            }
            if (out != NULL) {
                out[due].epoch = epoch->name;
                out[due].device = reader->key;
                out[due].hpke = reader->hpke;
            }
            due++;
        }
    }
    return due;
}

mirsal_code mir_membership_keys_due(struct mir_key_due **out,
    size_t *count,
    struct mir_membership *membership,
    const mirsal_hash *holder,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    struct mir_arena scratch;
    struct errand errand = { .membership = membership,
        .holder = mir_membership_device(membership, holder) };
    *out = NULL;
    *count = 0;
    if (errand.holder == NULL) {
        return MIRSAL_OK;
    }
    mir_arena_init(&scratch, membership->arena.env, SIZE_MAX);
    if (!list_deliveries(&errand.envelopes, &scratch, membership, MIR_STATEMENT_EPOCH_KEY) ||
        !list_deliveries(&errand.answers, &scratch, membership, MIR_STATEMENT_EPOCH_OK)) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to list envelopes");
        goto out;
    }
    *out = mir_arena_alloc(&membership->arena, list_due(&errand, NULL), sizeof(struct mir_key_due));
    if (*out == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to list envelopes");
        goto out;
    }
    *count = list_due(&errand, *out);
out:
    mir_arena_fini(&scratch);
    return rc;
}
