/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schema.h - types, fields, vocabularies and policies as plain structs; protocol/schema.md.
 *
 * A schema is built item by item (mir_schema_begin, add…, mir_schema_finish), which checks what the
 * text demands and names what breaks it. After finish nothing changes, and lookups take
 * logarithmic time. All memory is the arena's: a schema lives as long as its arena.
 */
#ifndef MIR_SCHEMA_H
#define MIR_SCHEMA_H

#include "arena.h"
#include "buf.h"
#include "keyform.h"
#include "policy.h"

/* NAME, number on the wire, name in JSON. */
#define MIR_KINDS(X)                                                                               \
    X(INT, 1, "int")                                                                               \
    X(CODE, 2, "code")                                                                             \
    X(TEXT, 3, "text")                                                                             \
    X(LANGTEXT, 4, "langtext")                                                                     \
    X(NAMES, 5, "names")                                                                           \
    X(SET, 6, "set")                                                                               \
    X(REF, 7, "ref")                                                                               \
    X(DATE, 8, "date")                                                                             \
    X(POINT, 9, "point")                                                                           \
    X(TUPLE, 10, "tuple")                                                                          \
    X(TIME, 11, "time")                                                                            \
    X(LIST, 12, "list")                                                                            \
    X(BYTES32, 13, "bytes32")                                                                      \
    X(FLAG, 14, "flag")                                                                            \
    X(DAY, 15, "day")                                                                              \
    X(WITHDRAWAL, 16, "withdrawal")

enum mir_kind {
    MIR_KIND_NONE = 0,
#define MIR_KIND_ENUM(name, number, text) MIR_KIND_##name = (number),
    MIR_KINDS(MIR_KIND_ENUM)
#undef MIR_KIND_ENUM
};

#define MIR_SCHEMA_DATE_COMPONENTS  3u /* start day, end day, precision */
#define MIR_SCHEMA_POINT_COMPONENTS 4u /* lat, lon, precision, basis */

struct mir_schema_code {
    uint32_t id;
    uint32_t rank; /* lowest role number whose write of this code counts */
    const char *code;
    const char *en;
    const char *ar;
    const char **aliases;
    uint32_t alias_count;
};

/* A spelling (code, label or alias, folded) of one code. */
struct mir_schema_spelling {
    const char *text;
    const struct mir_schema_code *code;
};

struct mir_schema_vocabulary {
    uint32_t id;
    const char *name;
    struct mir_schema_code *codes; /* ascending by id */
    uint32_t code_count;
    struct mir_schema_spelling *spellings; /* ascending by text */
    uint32_t spelling_count;
};

/* What a field, a component or an element may hold. */
struct mir_schema_shape {
    enum mir_kind kind;
    enum mir_kind element;  /* of set and list, else NONE */
    uint32_t vocabulary_id; /* of codes (of the element, of names' kind), else 0 */
    uint32_t refers;        /* type id that a reference must name, 0 any */
    const struct mir_schema_vocabulary *vocabulary;
    int has_min;
    int has_max;
    int64_t min;
    int64_t max;
};

struct mir_schema_component {
    const char *name;
    const char *en;
    const char *ar;
    struct mir_schema_shape shape;
};

struct mir_schema_type;

struct mir_schema_field {
    uint32_t id;
    const char *name;
    const char *en;
    const char *ar;
    struct mir_schema_shape shape;
    enum mir_policy policy;
    uint32_t sensitivity; /* 0 to 3 */
    struct mir_schema_component *components;
    uint32_t component_count;
    const struct mir_schema_type *type;
};

/* A name of a type's namespace: a field, or a component of one. */
struct mir_schema_name {
    const char *name;
    const struct mir_schema_field *field;
    int component; /* place in field->components, -1 the whole field */
};

struct mir_schema_type {
    uint32_t id;
    const char *name;
    const char *en;
    const char *ar;
    uint32_t compartment;                  /* 1: its records stand in protected; 0: anywhere */
    uint32_t parent_id;                    /* field that names the parent record, 0 none */
    const struct mir_schema_field *parent; /* NULL: may not be a child */
    struct mir_schema_field *fields;       /* ascending by id */
    uint32_t field_count;
    struct mir_schema_name *names; /* ascending by name */
    uint32_t name_count;
};

struct mir_schema {
    struct mir_arena *arena;
    const char *name;
    uint32_t version;
    struct mir_schema_vocabulary *vocabularies; /* ascending by id */
    uint32_t vocabulary_count;
    struct mir_schema_type *types; /* ascending by id */
    uint32_t type_count;
    const char **phrases;
    uint32_t phrase_count;
    const struct mir_schema_field **fields; /* all, ascending by id */
    uint32_t field_count;
    const struct mir_schema_type **types_by_name;
    uint32_t vocabulary_max, type_max, phrase_max;               /* announced to begin */
    uint32_t code_max, alias_max, type_field_max, component_max; /* announced for the newest */
    int finished;
};

/* Name (or code) and labels as they come in; the builder copies them. */
struct mir_schema_words {
    struct mir_bytes name;
    struct mir_bytes en;
    struct mir_bytes ar;
};

struct mir_schema_counts {
    uint32_t vocabularies;
    uint32_t types;
    uint32_t phrases;
};

struct mir_schema_field_given {
    uint32_t id;
    struct mir_schema_words words;
    struct mir_schema_shape shape; /* vocabulary is ignored, vocabulary_id counts */
    enum mir_policy policy;
    uint32_t sensitivity;
    uint32_t component_count;
};

/*
 * The builder. Each container announces how many items follow; items go to the newest container.
 * Errors: MALFORMED with the item's name in field, LIMIT, NO_MEMORY. After one the schema is void.
 */
mirsal_code mir_schema_begin(struct mir_schema *schema,
    struct mir_arena *arena,
    struct mir_bytes name,
    uint32_t version,
    struct mir_schema_counts counts,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_vocabulary(struct mir_schema *schema,
    uint32_t id,
    struct mir_bytes name,
    uint32_t code_count,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_code(struct mir_schema *schema,
    uint32_t id,
    uint32_t rank,
    const struct mir_schema_words *words,
    uint32_t alias_count,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_alias(struct mir_schema *schema,
    struct mir_bytes alias,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_type(struct mir_schema *schema,
    const struct mir_schema_type *given, /* id, compartment, parent_id; the rest is ignored */
    const struct mir_schema_words *words,
    uint32_t field_count,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_field(struct mir_schema *schema,
    const struct mir_schema_field_given *given,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_component(struct mir_schema *schema,
    const struct mir_schema_words *words,
    const struct mir_schema_shape *shape,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_schema_add_phrase(struct mir_schema *schema,
    struct mir_bytes phrase,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Checks the whole and builds the indexes. */
mirsal_code mir_schema_finish(struct mir_schema *schema, mirsal_error *err) MIRSAL_MUST_USE;

/* Lookups in a finished schema: NULL when there is none. Results are borrowed. */
const struct mir_schema_type *mir_schema_type_by_id(const struct mir_schema *schema, uint32_t id);
const struct mir_schema_type *mir_schema_type_by_name(const struct mir_schema *schema,
    const char *name);
const struct mir_schema_field *mir_schema_field_by_id(const struct mir_schema *schema, uint32_t id);
/* A field's name, or a component's; *component is its place, -1 for the whole field. May be NULL.
 */
const struct mir_schema_field *mir_schema_field_by_name(int *component,
    const struct mir_schema_type *type,
    const char *name);
const struct mir_schema_vocabulary *mir_schema_vocabulary_by_id(const struct mir_schema *schema,
    uint32_t id);
const struct mir_schema_vocabulary *mir_schema_vocabulary_by_name(const struct mir_schema *schema,
    const char *name);
const struct mir_schema_code *mir_schema_code_by_id(const struct mir_schema_vocabulary *vocabulary,
    uint32_t id);
/* By code, label or alias, whole, without regard to ASCII case. */
const struct mir_schema_code *mir_schema_code_by_text(
    const struct mir_schema_vocabulary *vocabulary,
    const char *text,
    size_t size);

enum mir_key_form mir_schema_key_form(const struct mir_schema_field *field);
/* Where a write of this field stands for a record created in record_compartment. */
uint32_t mir_schema_field_compartment(const struct mir_schema_field *field,
    uint32_t record_compartment);
/* 1 when records of this type may be created there. */
int mir_schema_type_allows(const struct mir_schema_type *type, uint32_t compartment);

const char *mir_kind_name(enum mir_kind kind);
const char *mir_policy_name(enum mir_policy policy);

#endif
