/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/meter.c - when to close a body, from what was gathered and how well bodies before deflated.
 */
#include "body.h"
#include "mir_limits.h"

#define PER_RECORD  8u /* nils and heads, with room */
#define PER_WRITE   6u
#define PERMILLE    1000u
#define LEAVES_ROOM 1024u

void mir_meter_init(struct mir_meter *meter)
{
    *meter = (struct mir_meter){ .permille = PERMILLE };
}

void mir_meter_add_record(struct mir_meter *meter)
{
    meter->clear += PER_RECORD;
    meter->leaves += 1;
}

void mir_meter_add_write(struct mir_meter *meter, const struct mir_write *write)
{
    meter->clear += PER_WRITE + write->key.size + write->value.size;
    meter->leaves += 1;
    if (write->create == MIR_NO_CREATE) {
        meter->clear += sizeof write->record.bytes + (size_t)write->parents_count * MIR_REF_SIZE;
        meter->leaves += 1;
    }
}

size_t mir_meter_estimate(const struct mir_meter *meter)
{
    return (size_t)((uint64_t)meter->clear * meter->permille / PERMILLE);
}

int mir_meter_full(const struct mir_meter *meter, size_t sealed_size)
{
    return mir_meter_estimate(meter) >= sealed_size ||
           meter->clear >= (size_t)MIR_CLEAR_SIZE_MAX / 4 * 3 ||
           meter->leaves + LEAVES_ROOM >= MIR_LEAVES_MAX;
}

void mir_meter_sealed(struct mir_meter *meter, size_t sealed_size)
{
    if (meter->clear > 0) {
        uint64_t permille = (uint64_t)sealed_size * PERMILLE / meter->clear + 1;
        meter->permille = permille < PERMILLE ? (uint32_t)permille : PERMILLE;
    }
    meter->clear = 0;
    meter->leaves = 0;
}
