/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/entry.h - what is to be written to one record, gathered before any of it is.
 *
 * Values come in as registers, or as components of one register (a date's days, a point's degrees);
 * settling makes registers of the components, with what stands for those not given, and judges
 * what one value alone does not show. All memory is the arena's.
 */
#ifndef MIR_ENTRY_H
#define MIR_ENTRY_H

#include "read.h"
#include "scalar.h"

#define MIR_ENTRY_COMPONENTS 16u

struct mir_entry_write {
    const struct mir_schema_field *field;
    struct mir_bytes key;   /* encoded, empty for none */
    struct mir_bytes value; /* encoded; of a set 1 or 0 */
};

struct mir_entry_part {
    int given;              /* 2: said as such; 1: follows from another component's text */
    struct mir_bytes value; /* encoded; empty: known to be unknown */
};
struct mir_entry_parts {
    const struct mir_schema_field *field;
    struct mir_entry_part parts[MIR_ENTRY_COMPONENTS];
    struct mir_entry_parts *next;
};
struct mir_entry_replaced {
    const struct mir_schema_field *field;
    struct mir_bytes language; /* of names: only those of this language; empty: the whole set */
    struct mir_entry_replaced *next;
};

struct mir_entry {
    const struct mir_schema_type *type;
    struct mir_entry_write *writes;
    size_t count;
    size_t capacity;
    struct mir_entry_parts *parts;
    struct mir_entry_replaced *replaced;
    struct mir_bytes source_id; /* text; empty: none */
    int has_id;
    mirsal_id id;  /* said in JSON */
    size_t parent; /* its place in mir_entries; of the first its own */
};

/* A record with what belongs to it: parents come before their children. */
struct mir_entries {
    struct mir_entry *items;
    size_t count;
};

/* The register of a record that was read; NULL when nothing stands. key: empty for none. */
const struct mir_shown *mir_shown_find(const struct mir_record *record,
    uint32_t field,
    struct mir_bytes key);

/* A later value of the same register takes the place of an earlier one. key and value are borrowed
 * for the arena's life. TOO_LARGE. */
mirsal_code mir_entry_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_entry_part(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    struct mir_entry_part part,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The set (or its part of one language) holds what the entry puts, nothing else of what stands. */
mirsal_code mir_entry_replace(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes language,
    mirsal_error *err) MIRSAL_MUST_USE;
/* NULL when nothing was put. */
const struct mir_entry_write *mir_entry_find(const struct mir_entry *entry,
    const struct mir_schema_field *field,
    struct mir_bytes key);

/*
 * Components become registers, replaced sets lose what the entry does not name. current NULL: a new
 * record. BAD_VALUE, MIN_ABOVE_MAX.
 */
mirsal_code mir_entry_settle(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_record *current,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Drops what stands so already; of registers in the review queue only where all is set. */
void mir_entry_drop_equal(struct mir_entry *entry, const struct mir_record *current, int all);
/* 1 when it writes a field of policy `once`. */
int mir_entry_once(const struct mir_entry *entry);
/* Adds everything else that current shows, and current's id to `supersedes`. */
mirsal_code mir_entry_supersede(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_record *current,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The type's parent field names the parent. BAD_VALUE for a type without one. parent_source: the
 * parent's source id, which the child may have named instead. */
mirsal_code mir_entry_parent(struct mir_entry *entry,
    struct mir_values *values,
    const mirsal_id *parent,
    struct mir_bytes parent_source,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Likewise by the words for a record that may not be held: a whole id, or @SOURCE_ID. */
mirsal_code mir_entry_parent_named(struct mir_entry *entry,
    struct mir_values *values,
    struct mir_bytes parent,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
