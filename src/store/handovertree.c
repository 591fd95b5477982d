/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handovertree.c - handoffs and their updates (handovers.h).
 *
 * An update is of the handoff whose receipt it answers, and goes to one recipient: so a handoff to
 * several has an update for each, and one receipt may be answered twice.
 */
#include "handovers.h"

#include <string.h>

/* The first of those that it is an update of; itself where it is none, or that one is not here. */
static size_t root_of(const struct mir_handover *items, size_t count, size_t at)
{
    for (size_t round = 0; round < count && items[at].manifest.is_update; round++) {
        size_t next = count;
        for (size_t i = 0; i < count && next == count; i++) {
            next = memcmp(items[i].id, items[at].manifest.update_of, sizeof items[i].id) == 0
                       ? i
                       : count;
        }
        if (next == count) {
            break;
        }
        at = next;
    }
    return at;
}

int mir_handover_follows(const struct mir_handover *items, size_t count, size_t of, size_t at)
{
    size_t from = of;
    for (size_t round = 0; round < count && items[from].manifest.is_update; round++) {
        size_t next = count;
        for (size_t i = 0; i < count; i++) {
            if (memcmp(items[i].id, items[from].manifest.update_of, sizeof items[i].id) == 0) {
                next = i;
            }
        }
        if (next == count || next == at) {
            return next == at;
        }
        from = next;
    }
    return 0;
}

int mir_handover_is_to(const struct mir_handover *handed, const mirsal_hash *sign)
{
    for (uint32_t i = 0; i < handed->manifest.recipient_count; i++) {
        if (memcmp(handed->manifest.recipients[i].sign.bytes, sign->bytes, sizeof sign->bytes) ==
            0) {
            return 1;
        }
    }
    return 0;
}

static int takes_back(const struct mir_handoff_manifest *manifest, const mirsal_id *record)
{
    for (uint32_t i = 0; i < manifest->retraction_count; i++) {
        if (memcmp(&manifest->retractions[i].record, record, sizeof *record) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_signed_by(const struct mir_handover *handed, const mirsal_hash *sign)
{
    for (size_t i = 0; i < handed->receipt_count; i++) {
        if (memcmp(handed->receipts[i].receipt.sign.bytes, sign->bytes, sizeof sign->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_told_to(const struct mir_handover *items,
    size_t count,
    size_t at,
    const mirsal_id *record,
    const mirsal_hash *sign,
    int signed_for)
{
    size_t root = root_of(items, count, at);
    for (size_t i = at + 1; i < count; i++) {
        if (items[i].manifest.is_update && root_of(items, count, i) == root &&
            mir_handover_is_to(&items[i], sign) && takes_back(&items[i].manifest, record) &&
            (!signed_for || is_signed_by(&items[i], sign))) {
            return 1;
        }
    }
    return 0;
}

int mir_handover_told(const struct mir_handover *items,
    size_t count,
    size_t at,
    const mirsal_id *record,
    const mirsal_hash *to)
{
    const struct mir_handoff_manifest *manifest = &items[at].manifest;
    if (to != NULL) {
        return is_told_to(items, count, at, record, to, 1);
    }
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        mirsal_hash sign;
        memcpy(sign.bytes, manifest->recipients[i].sign.bytes, sizeof sign.bytes);
        if (!is_told_to(items, count, at, record, &sign, 0)) {
            return 0;
        }
    }
    return 1;
}

/* Records ascend by type, then id. */
static int has_record(const struct mir_handoff_manifest *manifest, const struct mir_item *record)
{
    size_t low = 0;
    size_t high = manifest->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mir_handoff_record *at = &manifest->records[middle];
        int order = at->type != record->type ? (at->type < record->type ? -1 : 1)
                                             : memcmp(&at->id, &record->id, sizeof at->id);
        if (order == 0) {
            return 1;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    for (uint32_t i = 0; i < manifest->left_count; i++) {
        if (manifest->left[i].why == MIR_HANDOFF_LEFT_UNPROVEN &&
            memcmp(&manifest->left[i].id, &record->id, sizeof record->id) == 0) {
            return 1; /* it was tried */
        }
    }
    return 0;
}

int mir_handover_gave(const struct mir_handover_asked *asked,
    size_t from,
    const mirsal_hash *to,
    const struct mir_item *record)
{
    size_t root = root_of(asked->items, asked->count, asked->at);
    for (size_t i = from; i < asked->count; i++) {
        if ((i == asked->at || root_of(asked->items, asked->count, i) == root) &&
            mir_handover_is_to(&asked->items[i], to) &&
            (asked->to == NULL || !asked->items[i].manifest.is_update ||
                is_signed_by(&asked->items[i], to)) &&
            has_record(&asked->items[i].manifest, record)) {
            return 1;
        }
    }
    return 0;
}
