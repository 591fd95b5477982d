/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema_decode.c - reads a schema's compiled form, strictly; protocol/schema.md 6.
 *
 * This file reads the arrays; what the items must fulfil is the builder's to judge.
 */
#include "schema_decode.h"

#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "schema_default.h"

#include <string.h>

#define FORM              1u
#define VOCABULARY_LENGTH 3u
#define CODE_LENGTH       6u
#define TYPE_LENGTH       7u
#define FIELD_LENGTH      13u
#define COMPONENT_LENGTH  8u

/* One reading: the first error of either side ends it. */
struct reading {
    struct mir_reader reader;
    struct mir_schema *schema;
    mirsal_error *err;
    mirsal_code built; /* what the builder said last */
};

static int is_good(const struct reading *reading)
{
    return mir_reader_ok(&reading->reader) && reading->built == MIRSAL_OK;
}

static struct mir_bytes read_text(struct reading *reading)
{
    return mir_mp_read_str(&reading->reader, MIR_SCHEMA_SIZE_MAX);
}

static uint32_t read_u32(struct reading *reading)
{
    return (uint32_t)mir_mp_read_uint_max(&reading->reader, UINT32_MAX);
}

static uint32_t read_count(struct reading *reading)
{
    return mir_mp_read_array(&reading->reader, MIR_SCHEMA_ITEMS_MAX);
}

static struct mir_schema_words read_words(struct reading *reading)
{
    struct mir_schema_words words = { 0 };
    words.name = read_text(reading);
    words.en = read_text(reading);
    words.ar = read_text(reading);
    return words;
}

static int64_t read_bound(int *has, struct reading *reading)
{
    *has = !mir_mp_read_nil_if(&reading->reader);
    return *has ? mir_mp_read_int(&reading->reader) : 0;
}

static void read_bounds(struct mir_schema_shape *shape, struct reading *reading)
{
    shape->min = read_bound(&shape->has_min, reading);
    shape->max = read_bound(&shape->has_max, reading);
}

static void read_code(struct reading *reading)
{
    mir_mp_read_array_exact(&reading->reader, CODE_LENGTH);
    uint32_t id = read_u32(reading);
    struct mir_schema_words words = read_words(reading);
    uint32_t rank = read_u32(reading);
    uint32_t aliases = read_count(reading);
    if (is_good(reading)) {
        reading->built =
            mir_schema_add_code(reading->schema, id, rank, &words, aliases, reading->err);
    }
    for (uint32_t i = 0; i < aliases && is_good(reading); i++) {
        struct mir_bytes alias = read_text(reading);
        if (is_good(reading)) {
            reading->built = mir_schema_add_alias(reading->schema, alias, reading->err);
        }
    }
}

static void read_vocabulary(struct reading *reading)
{
    mir_mp_read_array_exact(&reading->reader, VOCABULARY_LENGTH);
    uint32_t id = read_u32(reading);
    struct mir_bytes name = read_text(reading);
    uint32_t codes = read_count(reading);
    if (is_good(reading)) {
        reading->built = mir_schema_add_vocabulary(reading->schema, id, name, codes, reading->err);
    }
    for (uint32_t i = 0; i < codes && is_good(reading); i++) {
        read_code(reading);
    }
}

static void read_component(struct reading *reading)
{
    struct mir_schema_shape shape = { 0 };
    mir_mp_read_array_exact(&reading->reader, COMPONENT_LENGTH);
    struct mir_schema_words words = read_words(reading);
    shape.kind = (enum mir_kind)mir_mp_read_uint_max(&reading->reader, MIR_KIND_WITHDRAWAL);
    shape.vocabulary_id = read_u32(reading);
    shape.refers = read_u32(reading);
    read_bounds(&shape, reading);
    if (is_good(reading)) {
        reading->built = mir_schema_add_component(reading->schema, &words, &shape, reading->err);
    }
}

static void read_field(struct reading *reading)
{
    struct mir_schema_field_given given = { 0 };
    mir_mp_read_array_exact(&reading->reader, FIELD_LENGTH);
    given.id = read_u32(reading);
    given.words = read_words(reading);
    given.shape.kind = (enum mir_kind)mir_mp_read_uint_max(&reading->reader, MIR_KIND_WITHDRAWAL);
    given.shape.element =
        (enum mir_kind)mir_mp_read_uint_max(&reading->reader, MIR_KIND_WITHDRAWAL);
    given.shape.vocabulary_id = read_u32(reading);
    given.shape.refers = read_u32(reading);
    given.policy = (enum mir_policy)mir_mp_read_uint_max(&reading->reader, MIR_POLICY_DERIVED);
    given.sensitivity = read_u32(reading);
    read_bounds(&given.shape, reading);
    given.component_count = read_count(reading);
    if (is_good(reading)) {
        reading->built = mir_schema_add_field(reading->schema, &given, reading->err);
    }
    for (uint32_t i = 0; i < given.component_count && is_good(reading); i++) {
        read_component(reading);
    }
}

static void read_type(struct reading *reading)
{
    struct mir_schema_type given = { 0 };
    mir_mp_read_array_exact(&reading->reader, TYPE_LENGTH);
    given.id = read_u32(reading);
    struct mir_schema_words words = read_words(reading);
    given.compartment = read_u32(reading);
    given.parent_id = read_u32(reading);
    uint32_t fields = read_count(reading);
    if (is_good(reading)) {
        reading->built = mir_schema_add_type(reading->schema, &given, &words, fields, reading->err);
    }
    for (uint32_t i = 0; i < fields && is_good(reading); i++) {
        read_field(reading);
    }
}

/* The counts of types and phrases stand behind what comes before them; begin wants them first. */
static struct mir_schema_counts look_ahead(struct mir_reader reader)
{
    struct mir_schema_counts counts = { 0 };
    uint32_t *const places[] = { &counts.vocabularies, &counts.types, &counts.phrases };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct mir_reader whole = reader;
        *places[i] = mir_mp_read_array(&whole, MIR_SCHEMA_ITEMS_MAX);
        mir_mp_read_value(&reader, MIR_SCHEMA_SIZE_MAX);
    }
    return counts;
}

static void read_items(struct reading *reading, struct mir_schema_counts counts)
{
    read_count(reading);
    for (uint32_t i = 0; i < counts.vocabularies && is_good(reading); i++) {
        read_vocabulary(reading);
    }
    read_count(reading);
    for (uint32_t i = 0; i < counts.types && is_good(reading); i++) {
        read_type(reading);
    }
    read_count(reading);
    for (uint32_t i = 0; i < counts.phrases && is_good(reading); i++) {
        struct mir_bytes phrase = read_text(reading);
        if (is_good(reading)) {
            reading->built = mir_schema_add_phrase(reading->schema, phrase, reading->err);
        }
    }
}

mirsal_code mir_schema_decode(struct mir_schema *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct reading reading = { .schema = out, .err = err };
    *out = (struct mir_schema){ .arena = arena };
    if (bytes.size > MIR_SCHEMA_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "schema of %zu bytes", bytes.size);
    }
    mir_reader_init(&reading.reader, bytes.data, bytes.size);
    mir_mp_read_array_exact(&reading.reader, 6);
    uint64_t form = mir_mp_read_uint(&reading.reader);
    if (mir_reader_ok(&reading.reader) && form != FORM) {
        return mir_fail(err, MIRSAL_VERSION, "a schema compiled in another form");
    }
    struct mir_bytes name = read_text(&reading);
    uint32_t version = read_u32(&reading);
    struct mir_schema_counts counts = look_ahead(reading.reader);
    if (is_good(&reading)) {
        reading.built = mir_schema_begin(out, arena, name, version, counts, err);
    }
    if (is_good(&reading)) {
        read_items(&reading, counts);
    }
    mirsal_code rc = reading.built;
    if (rc == MIRSAL_OK) {
        rc = mir_reader_finish(&reading.reader, "schema", err);
    }
    return rc == MIRSAL_OK ? mir_schema_finish(out, err) : rc;
}

struct mir_bytes mir_schema_default_bytes(void)
{
    return (struct mir_bytes){ mir_schema_default, sizeof mir_schema_default };
}

void mir_schema_hash(mirsal_hash *out, struct mir_bytes bytes)
{
    mir_hash_bytes(out, MIR_CONTEXT_POLICY, bytes.data, bytes.size);
}

static void append_word(struct mir_buf *words, const char *word)
{
    mir_buf_append_text(words, word);
    mir_buf_append_u8(words, ' ');
}

static void append_words(struct mir_buf *words, const struct mir_schema *schema)
{
    for (uint32_t i = 0; i < schema->vocabulary_count; i++) {
        for (uint32_t j = 0; j < schema->vocabularies[i].code_count; j++) {
            append_word(words, schema->vocabularies[i].codes[j].en);
            append_word(words, schema->vocabularies[i].codes[j].ar);
        }
    }
    for (uint32_t i = 0; i < schema->type_count; i++) {
        append_word(words, schema->types[i].en);
        append_word(words, schema->types[i].ar);
        for (uint32_t j = 0; j < schema->types[i].field_count; j++) {
            append_word(words, schema->types[i].fields[j].en);
            append_word(words, schema->types[i].fields[j].ar);
        }
    }
    for (uint32_t i = 0; i < schema->phrase_count; i++) {
        append_word(words, schema->phrases[i]);
    }
}

mirsal_code mir_schema_dictionary(struct mir_buf *out,
    const struct mir_schema *schema,
    mirsal_error *err)
{
    struct mir_buf words;
    mir_buf_init(&words, schema->arena->env, MIR_SCHEMA_MEMORY_MAX);
    append_words(&words, schema);
    mirsal_code rc = mir_buf_finish(&words, err);
    if (rc == MIRSAL_OK && words.size > MIR_DICTIONARY_SIZE_MAX) {
        mir_buf_consume(&words, words.size - MIR_DICTIONARY_SIZE_MAX);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(out, words.data, words.size);
        rc = mir_buf_finish(out, err);
    }
    mir_buf_fini(&words);
    return rc;
}
