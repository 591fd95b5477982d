/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/gather.c - one body being gathered; see the header.
 */
#include "gather.h"

#include "env.h"
#include "fail.h"
#include "mir_limits.h"

#include <string.h>

#define SLOTS_MIN 256u

void mir_gather_init(struct mir_gather *gather, const mirsal_env *env)
{
    memset(gather, 0, sizeof *gather);
    gather->env = env;
    mir_arena_init(&gather->arena, env, MIR_BODY_MEMORY_MAX);
    mir_buf_init(&gather->creates, env, MIR_LEAVES_MAX * sizeof(struct mir_create));
    mir_buf_init(&gather->writes, env, MIR_LEAVES_MAX * sizeof(struct mir_write));
    mir_meter_init(&gather->meter);
}

void mir_gather_fini(struct mir_gather *gather)
{
    if (gather->env == NULL) {
        return;
    }
    mir_release(gather->env, gather->slots, gather->slot_capacity * sizeof *gather->slots);
    mir_buf_fini(&gather->writes);
    mir_buf_fini(&gather->creates);
    mir_arena_fini(&gather->arena);
    memset(gather, 0, sizeof *gather);
}

void mir_gather_reset(struct mir_gather *gather)
{
    mir_arena_reset(&gather->arena);
    mir_buf_reset(&gather->creates);
    mir_buf_reset(&gather->writes);
    if (gather->slots != NULL) {
        memset(gather->slots, 0, gather->slot_capacity * sizeof *gather->slots);
    }
    gather->slot_count = 0;
}

size_t mir_gather_create_count(const struct mir_gather *gather)
{
    return gather->creates.size / sizeof(struct mir_create);
}

size_t mir_gather_write_count(const struct mir_gather *gather)
{
    return gather->writes.size / sizeof(struct mir_write);
}

struct mir_create *mir_gather_creates(const struct mir_gather *gather)
{
    return (struct mir_create *)(void *)gather->creates.data;
}

struct mir_write *mir_gather_writes(const struct mir_gather *gather)
{
    return (struct mir_write *)(void *)gather->writes.data;
}

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

static uint64_t hash_of(const mirsal_id *record, uint32_t field, struct mir_bytes key)
{
    uint64_t hash = mix(UINT64_C(0xCBF29CE484222325), record->bytes, sizeof record->bytes);
    hash = mix(hash, &field, sizeof field);
    hash = mix(hash, key.data, key.size);
    return (hash ^ (hash >> 29)) | 1u;
}

static int same(const struct mir_gather *gather,
    const struct mir_gather_slot *slot,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key)
{
    if (slot->field != field) {
        return 0;
    }
    if (field == 0) {
        const struct mir_create *create = &mir_gather_creates(gather)[slot->index];
        return memcmp(create->record.bytes, record->bytes, sizeof record->bytes) == 0;
    }
    const struct mir_write *write = &mir_gather_writes(gather)[slot->index];
    return memcmp(write->record.bytes, record->bytes, sizeof record->bytes) == 0 &&
           mir_bytes_equal(write->key, key);
}

static uint32_t find(const struct mir_gather *gather,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key)
{
    if (gather->slot_capacity == 0) {
        return MIR_GATHER_NONE;
    }
    uint64_t hash = hash_of(record, field, key);
    for (size_t at = (size_t)hash;; at++) {
        const struct mir_gather_slot *slot = &gather->slots[at & (gather->slot_capacity - 1)];
        if (slot->hash == 0) {
            return MIR_GATHER_NONE;
        }
        if (slot->hash == hash && same(gather, slot, record, field, key)) {
            return slot->index;
        }
    }
}

uint32_t mir_gather_find_create(const struct mir_gather *gather, const mirsal_id *record)
{
    return find(gather, record, 0, (struct mir_bytes){ NULL, 0 });
}

uint32_t mir_gather_find_write(const struct mir_gather *gather,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key)
{
    return find(gather, record, field, key);
}

static void place(struct mir_gather_slot *slots,
    size_t capacity,
    const struct mir_gather_slot *slot)
{
    size_t at = (size_t)slot->hash;
    while (slots[at & (capacity - 1)].hash != 0) {
        at++;
    }
    slots[at & (capacity - 1)] = *slot;
}

static mirsal_code grow(struct mir_gather *gather, mirsal_error *err)
{
    if (gather->slot_count * 2 < gather->slot_capacity) {
        return MIRSAL_OK;
    }
    size_t capacity = gather->slot_capacity == 0 ? SLOTS_MIN : gather->slot_capacity * 2;
    struct mir_gather_slot *slots = mir_alloc(gather->env, capacity * sizeof *slots);
    if (slots == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < gather->slot_capacity; i++) {
        if (gather->slots[i].hash != 0) {
            place(slots, capacity, &gather->slots[i]);
        }
    }
    mir_release(gather->env, gather->slots, gather->slot_capacity * sizeof *slots);
    gather->slots = slots;
    gather->slot_capacity = capacity;
    return MIRSAL_OK;
}

static mirsal_code too_large(mirsal_code code, mirsal_error *err)
{
    return code == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "too much in one transaction")
                                : code;
}

mirsal_code mir_gather_create(struct mir_gather *gather,
    const struct mir_create *create,
    mirsal_error *err)
{
    struct mir_gather_slot slot = { 0, (uint32_t)mir_gather_create_count(gather), 0 };
    slot.hash = hash_of(&create->record, 0, (struct mir_bytes){ NULL, 0 });
    mirsal_code rc = grow(gather, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_append(&gather->creates, create, sizeof *create);
    rc = mir_buf_finish(&gather->creates, err);
    if (rc != MIRSAL_OK) {
        return too_large(rc, err);
    }
    place(gather->slots, gather->slot_capacity, &slot);
    gather->slot_count++;
    mir_meter_add_record(&gather->meter);
    return MIRSAL_OK;
}

mirsal_code mir_gather_write(struct mir_gather *gather,
    const struct mir_write *write,
    mirsal_error *err)
{
    struct mir_write copy = *write;
    struct mir_gather_slot slot = { 0, (uint32_t)mir_gather_write_count(gather), write->field };
    slot.hash = hash_of(&write->record, write->field, write->key);
    mirsal_code rc = grow(gather, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    copy.key.data = mir_arena_copy(&gather->arena, write->key.data, write->key.size);
    copy.value.data = mir_arena_copy(&gather->arena, write->value.data, write->value.size);
    copy.parents = mir_arena_copy(
        &gather->arena, write->parents, write->parents_count * sizeof *write->parents);
    if (copy.key.data == NULL || copy.value.data == NULL || copy.parents == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too much in one transaction");
    }
    mir_buf_append(&gather->writes, &copy, sizeof copy);
    rc = mir_buf_finish(&gather->writes, err);
    if (rc != MIRSAL_OK) {
        return too_large(rc, err);
    }
    place(gather->slots, gather->slot_capacity, &slot);
    gather->slot_count++;
    mir_meter_add_write(&gather->meter, &copy);
    return MIRSAL_OK;
}

mirsal_code mir_gather_replace(struct mir_gather *gather,
    uint32_t index,
    struct mir_bytes value,
    mirsal_error *err)
{
    const uint8_t *copy = mir_arena_copy(&gather->arena, value.data, value.size);
    if (copy == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too much in one transaction");
    }
    mir_gather_writes(gather)[index].value = (struct mir_bytes){ copy, value.size };
    return MIRSAL_OK;
}
