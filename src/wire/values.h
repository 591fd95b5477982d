/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/values.h - domain values and keys of a body, and the short references inside them.
 *
 * protocol/changeset.md 3.4 and 3.5. In memory references are long; short ones exist in bytes only.
 */
#ifndef MIR_VALUES_H
#define MIR_VALUES_H

#include "arena.h"
#include "body.h"
#include "reader.h"

/* The records created in one body, found by id. Borrows creates; lives in an arena. */
struct mir_created {
    const struct mir_create *creates;
    uint32_t count;
    uint32_t *by_id; /* places, ascending by id */
};

/* 0 when memory is out. */
int mir_created_init(struct mir_created *created,
    struct mir_arena *arena,
    const struct mir_create *creates,
    uint32_t count);
/* The record's place among the creates, or MIR_NO_CREATE. */
uint32_t mir_created_find(const struct mir_created *created, const uint8_t id[16]);

/*
 * Appends a value (long references) in its form on the wire. MALFORMED when it is not one whole
 * canonical value other than nil that a body may hold, LIMIT.
 */
mirsal_code mir_value_shorten(struct mir_buf *out,
    struct mir_bytes value,
    const struct mir_created *created) MIRSAL_MUST_USE;
/* Reads a value other than nil from the wire; gives it with long references: borrowed, or in arena.
 */
struct mir_bytes mir_value_read(struct mir_reader *reader,
    const struct mir_created *created,
    struct mir_arena *arena);

#endif
