/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffopen.h - a handoff's content as records: read by wire/handoff.h, judged by the
 * schema that it carries; protocol/handoff.md 7. Needs no store.
 */
#ifndef MIR_HANDOFFOPEN_H
#define MIR_HANDOFFOPEN_H

#include "handoff.h"
#include "read.h"
#include "schema.h"

/* One record as handed over. */
struct mir_handoff_item {
    struct mir_record record;  /* id, type and registers; of a register changeset is no number */
    uint32_t author;           /* 1 to author_count; 0 in mode attested */
    uint64_t claimed;          /* the stamp its author claims; 0 in mode attested */
    const uint32_t *authors;   /* of each register; NULL in mode attested */
    const mirsal_hash *leaves; /* of each register: its leaf hash */
    const struct mir_handoff_record *entry;
};

/* All of it lives as long as the opening. */
struct mir_handoff_opened {
    const struct mir_handoff_manifest *manifest;
    mirsal_hash manifest_hash;
    const struct mir_schema *schema;
    struct mir_bytes compiled; /* the schema as it came */
    const struct mir_handoff_item *items;
    size_t count;
};

struct mir_handoff_opening;

/* reading's sink is not read. */
mirsal_code mir_handoff_opening_begin(struct mir_handoff_opening **out,
    const struct mir_handoff_reading *reading,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The content, in any pieces. Refusals of handoff.md 7. */
mirsal_code mir_handoff_opening_feed(struct mir_handoff_opening *opening,
    struct mir_bytes content,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *out is given only when everything verified; borrowed from opening. */
mirsal_code mir_handoff_opening_end(const struct mir_handoff_opened **out,
    struct mir_handoff_opening *opening,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_handoff_opening_close(struct mir_handoff_opening *opening); /* accepts NULL */

#endif
