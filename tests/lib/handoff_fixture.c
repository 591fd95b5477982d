/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/handoff_fixture.c - see the header.
 */
#include "handoff_fixture.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_id));
}

static enum mir_handoff_show shows(void *context,
    const struct mir_record *record,
    const struct mir_schema_field *field)
{
    const struct handoff_bed *bed = context;
    (void)record;
    return field->id == bed->withheld ? MIR_HANDOFF_WITHHOLD : MIR_HANDOFF_SHOW;
}

static mirsal_code keep(void *context, struct mir_bytes content, mirsal_error *err)
{
    struct handoff_bed *bed = context;
    mir_buf_append(&bed->content, content.data, content.size);
    return mir_buf_finish(&bed->content, err);
}

mirsal_code handoff_bed_make(struct handoff_bed *bed,
    struct test_store *device,
    enum mir_handoff_mode mode,
    uint32_t type,
    const mirsal_id *ids,
    size_t count)
{
    const mirsal_hash court = { { 9 } };
    const mirsal_env *env = &device->world.env;
    uint32_t withheld = bed->withheld;
    memset(bed, 0, sizeof *bed);
    bed->withheld = withheld;
    mir_arena_init(&bed->arena, env, (size_t)64 << 20);
    mir_buf_init(&bed->content, env, (size_t)64 << 20);
    mir_org_make(
        &bed->key, &bed->secret, &court, (struct mir_bytes){ (const uint8_t *)"Court", 5 }, env);
    struct mir_handoff_chosen *chosen = mir_arena_alloc(&bed->arena, count + 1, sizeof *chosen);
    mirsal_id *sorted = mir_arena_alloc(&bed->arena, count + 1, sizeof *sorted);
    memcpy(sorted, ids, count * sizeof *ids);
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++) {
        chosen[i] = (struct mir_handoff_chosen){ sorted[i], type };
    }
    const struct mir_handoff_making making = { .mode = mode,
        .recipients = &bed->key,
        .recipient_count = 1,
        .release = 2,
        .records = chosen,
        .record_count = count,
        .shows = shows,
        .shows_context = bed,
        .write = keep,
        .write_context = bed };
    return mir_handoff_make(&bed->made, &bed->arena, device->store, &making, &device->err);
}

void handoff_bed_open(struct handoff_bed *bed, struct test_store *device)
{
    const struct mir_handoff_reading reading = {
        .env = &device->world.env, .keys = &bed->key, .key_count = 1, .from = &device->store->team
    };
    assert_int_equal(mir_handoff_opening_begin(&bed->opening, &reading, &device->err), MIRSAL_OK);
    mirsal_code rc =
        mir_handoff_opening_feed(bed->opening, mir_buf_bytes(&bed->content), &device->err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_opening_end(&bed->opened, bed->opening, &device->err);
    }
    if (rc != MIRSAL_OK) {
        fail_msg("%s", device->err.message);
    }
}

struct mir_bytes handoff_bed_value(const struct handoff_bed *bed, size_t item, uint32_t field)
{
    const struct mir_record *record = &bed->opened->items[item].record;
    for (size_t i = 0; i < record->register_count; i++) {
        if (record->registers[i].field == field) {
            return record->registers[i].value;
        }
    }
    return (struct mir_bytes){ NULL, 0 };
}

int handoff_bed_holds(const struct handoff_bed *bed, const void *bytes, size_t size)
{
    for (size_t i = 0; i + size <= bed->content.size; i++) {
        if (memcmp(bed->content.data + i, bytes, size) == 0) {
            return 1;
        }
    }
    return 0;
}

void handoff_bed_fini(struct handoff_bed *bed)
{
    mir_handoff_opening_close(bed->opening);
    mir_buf_fini(&bed->content);
    mir_arena_fini(&bed->arena);
    memset(bed, 0, sizeof *bed);
}
