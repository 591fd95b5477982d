/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/world.h - a projection without chains: bodies are made by hand and applied.
 *
 * Devices are named by small numbers; a changeset's id is drawn from its own number, so that the
 * same draft has the same id in every world.
 */
#ifndef WORLD_H
#define WORLD_H

#include "projection.h"
#include "test_env.h"

struct world {
    struct test_env test;
    struct mir_store store;
    struct mir_schema schema;
    struct mir_arena arena; /* of the schema */
    int64_t arrivals;
    uint8_t roles[16]; /* by device */
};

/* An in-memory database with the default schema, prepared. Device 0 is this store's. */
void world_open(struct world *world);
void world_close(struct world *world);

/* A changeset being made. Memory is the arena's. */
struct draft {
    struct mir_arena *arena;
    const struct mir_schema *schema;
    uint32_t number; /* names the changeset and its records */
    int64_t device;
    uint8_t compartment;
    mirsal_hash id;
    struct mir_body body;
    uint32_t creates_max;
    uint32_t writes_max;
};
void draft_begin(struct draft *draft,
    struct mir_arena *arena,
    const struct mir_schema *schema,
    uint32_t number,
    int64_t device);
void draft_room(struct draft *draft, uint32_t creates, uint32_t writes);
/* A new record: its place among the creates; its id is draft_id(number, place). */
uint32_t draft_create(struct draft *draft, const char *type);
mirsal_id draft_id(uint32_t number, uint32_t place);
/* To a created record, "type.field". key empty: none. */
void draft_set(struct draft *draft,
    uint32_t place,
    const char *field,
    struct mir_bytes key,
    struct mir_bytes value);
/* To a record that exists. parents: numbers of drafts, ended by 0. */
void draft_edit(struct draft *draft,
    const mirsal_id *record,
    const char *field,
    struct mir_bytes key,
    struct mir_bytes value,
    const uint32_t *parents);
/* The order of the wire. */
void draft_end(struct draft *draft);
/* Asserts success; gives the conflicts opened. */
uint32_t world_apply(struct world *world, const struct draft *draft);
/* draft_begin with the world's arena and schema. */
void world_begin(struct world *world, struct draft *draft, uint32_t number, int64_t device);
/* One incident with a place in words and a number: draft 1 by device 1. */
mirsal_id world_incident(struct world *world);
/* Its place in words written again, by who had seen draft 1. */
void world_edit(struct world *world,
    uint32_t number,
    int64_t device,
    const mirsal_id *id,
    const char *value);
/* The number in the first row of a query; -1 without rows. */
int64_t world_count(struct world *world, const char *text);
uint32_t field_id(const struct mir_schema *schema, const char *field);
mirsal_hash draft_changeset(uint32_t number);

/* Encoded values; memory is the arena's. */
struct mir_bytes v_none(void);
struct mir_bytes v_int(struct mir_arena *arena, int64_t value);
struct mir_bytes v_text(struct mir_arena *arena, const char *text);
struct mir_bytes v_ref(struct mir_arena *arena, const mirsal_id *id);
struct mir_bytes v_refs(struct mir_arena *arena, const mirsal_id *ids, uint32_t count);
/* INT64_MIN is nil. */
struct mir_bytes v_ints(struct mir_arena *arena, const int64_t *values, uint32_t count);
struct mir_bytes v_name(struct mir_arena *arena, const char *language, const char *name);
struct mir_bytes v_withdrawal(struct mir_arena *arena,
    const char *reason,
    const uint32_t *seen,
    uint32_t count);
struct mir_bytes v_code(struct mir_arena *arena,
    const struct mir_schema *schema,
    const char *field,
    const char *code);

#endif
