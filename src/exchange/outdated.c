/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/outdated.c - what later handoffs have overtaken; see the header.
 */
#include "outdated.h"

#include "fail.h"

#include <string.h>

/* 1 when `of` is an update of the handoff `id`, or of one of its updates. */
static int follows(const struct mir_accepted_handoff *items,
    size_t count,
    const struct mir_handoff_manifest *of,
    const uint8_t id[16])
{
    for (size_t steps = 0; of != NULL && of->is_update && steps <= count; steps++) {
        const uint8_t *earlier = of->update_of;
        if (memcmp(earlier, id, 16) == 0) {
            return 1;
        }
        of = NULL;
        for (size_t i = 0; i < count && of == NULL; i++) {
            of = memcmp(items[i].manifest.handoff, earlier, 16) == 0 ? &items[i].manifest : NULL;
        }
    }
    return 0;
}

mirsal_code mir_outdated_read(struct mir_outdated *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handoff_manifest *manifest,
    mirsal_error *err)
{
    struct mir_accepted_handoff *items = NULL;
    size_t count = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_accepted_list(&items, &count, arena, store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->accepted = mir_arena_alloc(arena, count + 1, sizeof *out->accepted);
    if (out->accepted == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        const struct mir_handoff_manifest *other = &items[i].manifest;
        if (memcmp(&other->team, &manifest->team, sizeof other->team) != 0 ||
            memcmp(other->handoff, manifest->handoff, sizeof other->handoff) == 0 ||
            follows(items, count, manifest, other->handoff)) {
            continue;
        }
        if (follows(items, count, other, manifest->handoff) || other->made_ms > manifest->made_ms) {
            out->accepted[out->count++] = items[i];
        }
    }
    return MIRSAL_OK;
}

static int takes_back(const struct mir_handoff_manifest *manifest, const mirsal_id *record)
{
    size_t low = 0;
    size_t high = manifest->retraction_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&manifest->retractions[middle].record, record, sizeof *record);
        if (order == 0) {
            return 1;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return 0;
}

/* Records ascend by type, then id; without the type each is looked at. */
static const struct mir_handoff_record *find(const struct mir_handoff_manifest *manifest,
    uint32_t type,
    const mirsal_id *id)
{
    size_t low = 0;
    size_t high = manifest->record_count;
    for (size_t i = 0; type == 0 && i < manifest->record_count; i++) {
        if (memcmp(&manifest->records[i].id, id, sizeof *id) == 0) {
            return &manifest->records[i];
        }
    }
    while (type != 0 && low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mir_handoff_record *at = &manifest->records[middle];
        int order = at->type != type ? (at->type < type ? -1 : 1) : memcmp(&at->id, id, sizeof *id);
        if (order == 0) {
            return at;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

int mir_outdated_record(const struct mir_outdated *outdated, uint32_t type, const mirsal_id *record)
{
    for (size_t i = 0; i < outdated->count; i++) {
        const struct mir_handoff_manifest *manifest = &outdated->accepted[i].manifest;
        if (takes_back(manifest, record) || find(manifest, type, record) != NULL) {
            return 1;
        }
    }
    return 0;
}

static int withholds(const struct mir_handoff_record *shown, uint32_t field)
{
    for (uint32_t i = 0; i < shown->withheld_count; i++) {
        if (shown->withheld[i] == field) {
            return 1;
        }
    }
    return 0;
}

int mir_outdated_field(const struct mir_outdated *outdated,
    const struct mir_handoff_record *record,
    uint32_t field)
{
    for (size_t i = 0; i < outdated->count; i++) {
        const struct mir_handoff_manifest *manifest = &outdated->accepted[i].manifest;
        const struct mir_handoff_record *shown = find(manifest, record->type, &record->id);
        if (shown != NULL ? !withholds(shown, field) : takes_back(manifest, &record->id)) {
            return 1;
        }
    }
    return 0;
}
