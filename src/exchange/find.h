/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/find.h - records of a store by id, by a prefix of one, by source id.
 *
 * "id:UUID" is the source id that an export gives
 * to a record without one: where UUID is held, it is that record.
 */
#ifndef MIR_FIND_H
#define MIR_FIND_H

#include "read.h"
#include "scalar.h"

/*
 * What a source id means in this store: of several records the newest of a line of corrections
 * (`supersedes`), withdrawn or not; else one that is not withdrawn, one of this device, the lowest
 * id.
 */
mirsal_code mir_source_find(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* References find what the store holds. */
void mir_lookup_store(struct mir_lookup *out, struct mir_store *store);
/* References as ids, a source id that no record has as {"source_id":…}. context: struct mir_store.
 * For struct mir_record_out. */
mirsal_code mir_reference_as_id(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
