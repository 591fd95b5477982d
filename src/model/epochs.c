/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/epochs.c - epochs and schema versions, and which epoch writers use;
 * protocol/control.md 5.6.
 *
 * A reader, here, is a member that may read the compartment, is not write-only, and may be given
 * keys: its fingerprint was confirmed or it joined in person. Nobody delivers to others, so nobody
 * waits for their word.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

int mir_member_holds_keys(const struct mir_member *member, uint32_t compartment)
{
    return member->member && !member->write_only && !member->unresolved &&
           (member->confirmed || member->in_person) && mir_member_reads(member, compartment);
}

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

/* Of several statements of one epoch that of genesis stands first, then the lower issuer. */
static int compare_epochs(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_epoch *left = a;
    const struct mir_epoch *right = b;
    int order = compare_names(&left->name, &right->name);
    if (order == 0) {
        order = right->from_genesis - left->from_genesis;
    }
    return order != 0 ? order : mir_key_compare(&left->issuer, &right->issuer);
}

static int list_epochs(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_EPOCH];
    const struct mir_statement_genesis *genesis =
        &strata->causal->facts[strata->genesis]->statements[0].genesis;
    struct mir_membership *out = strata->out;
    size_t listed = 0;
    out->epochs =
        mir_arena_alloc(strata->keep, genesis->epoch_count + list->count, sizeof *out->epochs);
    if (out->epochs == NULL) {
        return 0;
    }
    for (size_t i = 0; i < genesis->epoch_count; i++) {
        struct mir_epoch *epoch = &out->epochs[listed++];
        epoch->name = genesis->epochs[i];
        epoch->issuer = genesis->founder;
        epoch->from_genesis = 1;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (mir_strata_is_admin(strata, mir_said_by(strata, list->items[i]))) {
            struct mir_epoch *epoch = &out->epochs[listed++];
            epoch->name = what->epoch.name;
            epoch->issuer = *mir_said_by(strata, list->items[i]);
            epoch->has_previous = what->epoch.has_previous != 0;
        }
    }
    mir_sort(out->epochs, listed, sizeof *out->epochs, compare_epochs, NULL);
    for (size_t i = 0; i < listed; i++) {
        struct mir_epoch *last = out->epoch_count > 0 ? &out->epochs[out->epoch_count - 1] : NULL;
        if (last != NULL && compare_names(&last->name, &out->epochs[i].name) == 0) {
            last->has_previous |= out->epochs[i].has_previous;
        } else {
            out->epochs[out->epoch_count++] = out->epochs[i];
        }
    }
    return 1;
}

/* Epoch's public key and device, of each device that says it opened it. */
static int list_opened(struct mir_strata *strata, struct mir_pairs *opened)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_EPOCH_OK];
    opened->items = mir_arena_alloc(&strata->scratch, list->count, sizeof *opened->items);
    if (opened->items == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (what->epoch_ok.opened) {
            opened->items[opened->count].first = what->epoch_ok.public_key;
            opened->items[opened->count++].second = *mir_said_by(strata, list->items[i]);
        }
    }
    mir_pairs_sort(opened);
    return 1;
}

/* Genesis epochs have none before them and are always usable. */
static void judge_epoch(const struct mir_strata *strata,
    const struct mir_pairs *opened,
    struct mir_epoch *epoch)
{
    int readers = 0;
    epoch->usable = epoch->from_genesis;
    for (size_t i = 0; i < strata->out->member_count && !epoch->usable; i++) {
        const struct mir_member *reader = &strata->out->members[i];
        if (!mir_member_holds_keys(reader, epoch->name.compartment) ||
            mir_key_compare(&reader->key, &epoch->issuer) == 0 ||
            mir_key_compare(&reader->invited_by, &epoch->issuer) == 0 ||
            mir_pairs_have(&strata->admitted, &reader->key, &epoch->issuer)) {
            continue;
        }
        readers = 1;
        epoch->usable = mir_pairs_have(opened, &epoch->name.public_key, &reader->key);
    }
    if (!readers) {
        epoch->usable = 1;
    }
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
    const struct mir_statement_genesis *genesis =
        &strata->causal->facts[strata->genesis]->statements[0].genesis;
    struct mir_membership *out = strata->out;
    size_t listed = 0;
    out->schemas = mir_arena_alloc(strata->keep, (size_t)list->count + 1, sizeof *out->schemas);
    if (out->schemas == NULL) {
        return 0;
    }
    out->schemas[listed].version = genesis->schema_version;
    out->schemas[listed++].hash = genesis->schema_hash;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (mir_strata_is_admin(strata, mir_said_by(strata, list->items[i]))) {
            out->schemas[listed].version = what->schema.version;
            out->schemas[listed++].hash = what->schema.hash;
        }
    }
    mir_sort(out->schemas, listed, sizeof *out->schemas, compare_schemas, NULL);
    for (size_t i = 0; i < listed; i++) {
        if (i > 0 &&
            compare_schemas(&out->schemas[out->schema_count - 1], &out->schemas[i], NULL) == 0) {
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

int mir_strata_epochs(struct mir_strata *strata)
{
    struct mir_pairs opened = { NULL, 0 };
    if (!list_epochs(strata) || !list_opened(strata, &opened) || !list_schemas(strata)) {
        return 0;
    }
    for (size_t i = 0; i < strata->out->epoch_count; i++) {
        judge_epoch(strata, &opened, &strata->out->epochs[i]);
    }
    return 1;
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
