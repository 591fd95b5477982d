/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/disclose.c - see the header.
 */
#include "disclose.h"

#include "fail.h"
#include "pack.h"

#include <string.h>

#define PARENTS_MEMORY_MAX ((size_t)256 << 20)
#define SEEN_MAX           256u /* of one record's ancestors */
#define PROTECTED          1u   /* the compartment */

/* Ids of the vocabulary `consent`. */
enum consent {
    CONSENT_NONE = 0,
    CONSENT_NOT_ASKED = 1,
    CONSENT_REFUSED = 2,
    CONSENT_INTERNAL = 3,
    CONSENT_PARTNERS = 4,
    CONSENT_COURTS = 5,
    CONSENT_PUBLIC = 6,
    CONSENT_WITHDRAWN = 7,
};

enum mir_release mir_release_of(const char *name)
{
    static const char *const names[] = { "public", "partners", "organisation", "team", "sealed" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum mir_release)(i + 1);
        }
    }
    return (enum mir_release)0;
}

/* The number a plain field shows (a code's id, a day); 0 when it says nothing. */
static int64_t number_of(const struct mir_disclosure *disclosure,
    const struct mir_record *record,
    const char *name)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(disclosure->schema, record->type);
    int component = -1;
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, name);
    const struct mir_shown *shown =
        field == NULL ? NULL : mir_record_find(record, field->id, (struct mir_bytes){ NULL, 0 });
    struct mir_packed item = { 0 };
    if (shown != NULL) {
        item = mir_packed_of(shown->value);
    }
    return item.kind == MIR_PACKED_INT ? item.number : 0;
}

/* 1 when the people whom the record tells of agreed to this audience. */
static int is_consented(const struct mir_disclosure *disclosure, int64_t consent)
{
    switch (consent) {
    case CONSENT_PUBLIC:
        return 1;
    case CONSENT_PARTNERS:
        return disclosure->release >= MIR_RELEASE_PARTNERS;
    case CONSENT_COURTS:
        return disclosure->courts ||
               (!disclosure->outside && disclosure->release >= MIR_RELEASE_ORGANISATION);
    case CONSENT_INTERNAL:
        return !disclosure->outside && disclosure->release >= MIR_RELEASE_ORGANISATION;
    default:
        return 0;
    }
}

/* 1 when the record as a whole tells of people: its type does, or it was made protected. */
static int is_personal(const struct mir_disclosure *disclosure, const struct mir_record *record)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(disclosure->schema, record->type);
    return record->compartment == PROTECTED || (type != NULL && type->compartment == PROTECTED);
}

enum mir_withheld mir_disclose_record(const struct mir_disclosure *disclosure,
    const struct mir_record *record)
{
    int64_t level = number_of(disclosure, record, "release_level");
    int64_t restriction = number_of(disclosure, record, "restriction");
    int64_t until = number_of(disclosure, record, "release_until");
    int64_t consent = number_of(disclosure, record, "consent");
    level = restriction > level ? restriction : level;
    if (level > (int64_t)disclosure->release || (until != 0 && until < disclosure->today)) {
        return MIR_WITHHELD_RELEASE;
    }
    if (disclosure->personal || is_consented(disclosure, consent)) {
        return MIR_DISCLOSED;
    }
    int denied = consent != CONSENT_NONE && consent != CONSENT_NOT_ASKED;
    return denied || is_personal(disclosure, record) ? MIR_WITHHELD_CONSENT : MIR_DISCLOSED;
}

enum mir_withheld mir_disclose_field(const struct mir_disclosure *disclosure,
    const struct mir_record *record,
    const struct mir_schema_field *field)
{
    if (field->sensitivity >= 3) {
        return disclosure->sensitive ? MIR_DISCLOSED : MIR_WITHHELD_SENSITIVE;
    }
    if (field->sensitivity == 2 && !disclosure->personal &&
        !is_consented(disclosure, number_of(disclosure, record, "consent"))) {
        return MIR_WITHHELD_CONSENT;
    }
    return MIR_DISCLOSED;
}

/* Ids that are still to be read, each once. */
struct ancestors {
    mirsal_id ids[SEEN_MAX];
    size_t count;
};

static mirsal_code add_ancestor(struct ancestors *ancestors,
    struct mir_store *store,
    const struct mir_schema_field *parent,
    struct mir_bytes reference,
    int64_t changeset,
    mirsal_error *err)
{
    mirsal_id id;
    int found = 0;
    mirsal_code rc =
        mir_read_reference(&id, &found, store, parent->shape.refers, reference, changeset, err);
    if (rc != MIRSAL_OK || !found) {
        return rc;
    }
    for (size_t i = 0; i < ancestors->count; i++) {
        if (memcmp(&ancestors->ids[i], &id, sizeof id) == 0) {
            return MIRSAL_OK;
        }
    }
    if (ancestors->count == SEEN_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "a record hangs from more than %u others", SEEN_MAX);
    }
    ancestors->ids[ancestors->count++] = id;
    return MIRSAL_OK;
}

/* What the record's parent field names: one reference, a list of them, or a set's elements. */
static mirsal_code add_parents(struct ancestors *ancestors,
    struct mir_store *store,
    const struct mir_schema *schema,
    const struct mir_record *record,
    mirsal_error *err)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, record->type);
    const struct mir_schema_field *parent = type == NULL ? NULL : type->parent;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; parent != NULL && rc == MIRSAL_OK && i < record->register_count; i++) {
        const struct mir_shown *shown = &record->registers[i];
        struct mir_reader reader;
        if (shown->field != parent->id || mir_packed_unknown(shown->value)) {
            continue;
        }
        if (shown->key.size > 0) {
            rc = add_ancestor(ancestors, store, parent, shown->key, shown->changeset, err);
            continue;
        }
        mir_reader_init(&reader, shown->value.data, shown->value.size);
        size_t count = 1;
        if (parent->shape.kind == MIR_KIND_LIST) {
            count = mir_packed_next(&reader).count;
        }
        for (size_t k = 0; k < count && rc == MIRSAL_OK; k++) {
            rc = add_ancestor(
                ancestors, store, parent, mir_packed_whole(&reader), shown->changeset, err);
        }
    }
    return rc;
}

mirsal_code mir_disclose_whole(enum mir_withheld *out,
    const struct mir_disclosure *disclosure,
    struct mir_store *store,
    const struct mir_record *record,
    mirsal_error *err)
{
    struct ancestors ancestors = { .count = 0 };
    struct mir_arena arena;
    struct mir_record above = { 0 };
    *out = mir_disclose_record(disclosure, record);
    mir_arena_init(&arena, store->env, PARENTS_MEMORY_MAX);
    mirsal_code rc = add_parents(&ancestors, store, disclosure->schema, record, err);
    for (size_t i = 0; rc == MIRSAL_OK && *out == MIR_DISCLOSED && i < ancestors.count; i++) {
        mir_arena_reset(&arena);
        rc = mir_read_record(&above, &arena, store, &ancestors.ids[i], err);
        if (rc == MIRSAL_OK) {
            *out = mir_disclose_record(disclosure, &above);
            rc = add_parents(&ancestors, store, disclosure->schema, &above, err);
        }
    }
    mir_arena_fini(&arena);
    return rc;
}
