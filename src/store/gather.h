/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/gather.h - one body being gathered: creates and writes of one compartment, each register
 * once, found again by record, field and key.
 */
#ifndef MIR_GATHER_H
#define MIR_GATHER_H

#include "body.h"

struct mir_gather_slot {
    uint64_t hash;  /* never 0 in a used one */
    uint32_t index; /* into creates where field is 0, else into writes */
    uint32_t field;
};

struct mir_gather {
    const mirsal_env *env;
    struct mir_arena arena; /* keys, values, parents of the open body */
    struct mir_buf creates; /* struct mir_create */
    struct mir_buf writes;  /* struct mir_write */
    struct mir_gather_slot *slots;
    size_t slot_count; /* used */
    size_t slot_capacity;
    struct mir_meter meter;
};

#define MIR_GATHER_NONE 0xffffffffu

void mir_gather_init(struct mir_gather *gather, const mirsal_env *env);
void mir_gather_fini(struct mir_gather *gather); /* accepts a zeroed struct */
/* After sealing: an empty body, the meter's experience kept. */
void mir_gather_reset(struct mir_gather *gather);

size_t mir_gather_create_count(const struct mir_gather *gather);
size_t mir_gather_write_count(const struct mir_gather *gather);
struct mir_create *mir_gather_creates(const struct mir_gather *gather);
struct mir_write *mir_gather_writes(const struct mir_gather *gather);

/* Places in the open body, or MIR_GATHER_NONE. */
uint32_t mir_gather_find_create(const struct mir_gather *gather, const mirsal_id *record);
uint32_t mir_gather_find_write(const struct mir_gather *gather,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key);

mirsal_code mir_gather_create(struct mir_gather *gather,
    const struct mir_create *create,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Adds a write, record given also where it is created here; copies key, value, parents. */
mirsal_code mir_gather_write(struct mir_gather *gather,
    const struct mir_write *write,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Another value for a write that is there. */
mirsal_code mir_gather_replace(struct mir_gather *gather,
    uint32_t index,
    struct mir_bytes value,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
