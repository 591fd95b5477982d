/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/work.h - the memory and the lookups of one call on a store, ended together; and what
 * this device may write.
 */
#ifndef MIR_WORK_H
#define MIR_WORK_H

#include "find.h"

#define MIR_WORK_MEMORY_MAX ((size_t)256 << 20)

struct mir_work {
    struct mir_store *store;
    struct mir_arena arena;
    struct mir_buf scratch;
    struct mir_lookup lookup;
    struct mir_values values; /* of the members above: do not copy the struct */
};

void mir_work_begin(struct mir_work *work, struct mir_store *store, const char *language);
/* Releases what values have taken, for the next record. */
void mir_work_reset(struct mir_work *work);
void mir_work_end(struct mir_work *work); /* accepts a zeroed struct */

/* 1 when this device is a coordinator or above. */
int mir_work_resolves(const struct mir_store *store);
/* NOT_ALLOWED unless the record is this device's own, or it is a coordinator or above. */
mirsal_code mir_work_may_write(const struct mir_store *store,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The field `origin` of the record's type where the record has it, else NULL. */
const struct mir_shown *mir_work_origin(const struct mir_store *store,
    const struct mir_record *record);
/* mir_work_may_write, and NOT_ALLOWED where the record is another team's: an import of it alone
 * changes it. */
mirsal_code mir_work_may_edit(const struct mir_store *store,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
