/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/edit.c - add, insert, edit, update; see the header.
 */
#include "edit.h"

#include "apply.h"
#include "assign.h"
#include "compartments.h"
#include "fail.h"
#include "fields.h"
#include "record_in.h"
#include "text.h"
#include "work.h"

#include <string.h>

static mirsal_code find_type(const struct mir_schema_type **out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err)
{
    *out = mir_schema_type_by_name(store->schema, name);
    return *out != NULL ? MIRSAL_OK
                        : mir_fail_field(err, MIRSAL_UNKNOWN_TYPE, "type", "no such record type");
}

/* By name or number; NULL: the type's own, -1. */
static mirsal_code find_compartment(int *out,
    struct mir_store *store,
    const struct mir_schema_type *type,
    const char *name,
    mirsal_error *err)
{
    uint32_t number = 0;
    *out = -1;
    if (name == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_compartment_find(&number, store, name, err);
    if (rc == MIRSAL_OK && !mir_schema_type_allows(type, number)) {
        rc = mir_fail_field(
            err, MIRSAL_BAD_VALUE, "compartment", "records of this type do not stand there");
    }
    *out = (int)number;
    return rc;
}

/*
 * A write-only device does not know its own records any more once they are sent: a whole id and a
 * source id are taken at their word.
 */
static mirsal_code add_forgotten(struct mir_entry *entry,
    struct mir_work *work,
    const char *parent,
    const mirsal_error *why,
    mirsal_error *err)
{
    mirsal_id id;
    size_t size = strlen(parent);
    if (!mir_uuid_parse(&id, parent, size) && (parent[0] != '@' || size < 2)) {
        if (err != NULL) {
            *err = *why;
        }
        return MIRSAL_NOT_FOUND;
    }
    return mir_entry_parent_named(
        entry, &work->values, (struct mir_bytes){ (const uint8_t *)parent, size }, err);
}

static mirsal_code add_parent(struct mir_entry *entry,
    struct mir_work *work,
    const char *parent,
    mirsal_error *err)
{
    mirsal_id id;
    struct mir_bytes none = { NULL, 0 };
    const struct mir_schema_field *field = entry->type->parent;
    mirsal_error why = { 0 };
    if (parent == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc =
        mir_record_named(&id, work->store, field == NULL ? 0 : field->shape.refers, parent, &why);
    if (rc == MIRSAL_NOT_FOUND && work->store->write_only && field != NULL) {
        return add_forgotten(entry, work, parent, &why, err);
    }
    if (rc != MIRSAL_OK && err != NULL) {
        *err = why;
    }
    return rc != MIRSAL_OK ? rc : mir_entry_parent(entry, &work->values, &id, none, err);
}

mirsal_code mir_record_add(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const struct mir_add *add,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_entry entry = { 0 };
    int compartment = -1;
    mir_work_begin(&work, store, add->language);
    mirsal_code rc = find_type(&entry.type, store, add->type, err);
    if (rc == MIRSAL_OK) {
        rc = find_compartment(&compartment, store, entry.type, add->compartment, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_assign(&entry, &work.values, add->assignments, add->count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_parent(&entry, &work, add->parent, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_settle(&entry, &work.values, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_refuse_purged(&entry, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_create(out, &entry, txn, compartment, err);
    }
    mir_work_end(&work);
    return rc;
}

static mirsal_code check_new(struct mir_entries *entries, struct mir_work *work, mirsal_error *err)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct mir_entry *entry = &entries->items[i];
        uint32_t held = 0;
        mirsal_code rc = mir_entry_settle(entry, &work->values, NULL, err);
        if (rc == MIRSAL_OK && entry->has_id) {
            rc = mir_read_type(&held, work->store, &entry->id, err);
        }
        if (rc == MIRSAL_OK && held != 0) {
            rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "id", "the record is there already");
        }
        if (rc == MIRSAL_OK) {
            rc = mir_entry_refuse_purged(entry, work->store, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_record_insert(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *json,
    size_t size,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_entries entries = { 0 };
    struct mir_record_in options = { 0 };
    struct json_t *loaded = NULL;
    mirsal_id *ids = NULL;
    mir_work_begin(&work, store, NULL);
    mirsal_code rc = mir_json_load(&loaded, json, size, err);
    if (rc == MIRSAL_OK) {
        rc = mir_record_parse(&entries, &work.values, loaded, &options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_new(&entries, &work, err);
    }
    if (rc == MIRSAL_OK) {
        ids = mir_arena_alloc(&work.arena, entries.count, sizeof *ids);
        rc = ids == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                         : mir_entries_create(ids, &entries, 0, &work.values, txn, err);
    }
    if (rc == MIRSAL_OK) {
        *out = ids[0];
    }
    mir_json_drop(loaded);
    mir_work_end(&work);
    return rc;
}

/* The record that a text names, and an entry for its type. */
static mirsal_code open_record(struct mir_record *current,
    struct mir_entry *entry,
    struct mir_work *work,
    const char *record,
    mirsal_error *err)
{
    mirsal_id id;
    mirsal_code rc = mir_record_named(&id, work->store, 0, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_read_record(current, &work->arena, work->store, &id, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (current->state == MIR_RECORD_PURGED) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "the record is purged");
    }
    entry->type = mir_schema_type_by_id(work->store->schema, current->type);
    return entry->type != NULL
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_UNKNOWN_TYPE, "the record's type is not in the schema");
}

static mirsal_code finish_edit(struct mir_edited *out,
    struct mir_entry *entry,
    struct mir_work *work,
    struct mir_txn *txn,
    const struct mir_record *current,
    mirsal_error *err)
{
    mirsal_code rc = mir_work_may_edit(work->store, current, err);
    if (rc == MIRSAL_OK) {
        rc = mir_entry_settle(entry, &work->values, current, err);
    }
    if (rc == MIRSAL_OK) {
        mir_entry_drop_equal(entry, current, 0);
        rc = mir_entry_edit(out, entry, work, txn, current, err);
    }
    return rc;
}

mirsal_code mir_record_edit(struct mir_edited *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *record,
    const char *const *assignments,
    size_t count,
    const char *language,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_record current = { 0 };
    struct mir_entry entry = { 0 };
    mir_work_begin(&work, store, language);
    mirsal_code rc = open_record(&current, &entry, &work, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_assign(&entry, &work.values, assignments, count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = finish_edit(out, &entry, &work, txn, &current, err);
    }
    mir_work_end(&work);
    return rc;
}

mirsal_code mir_record_update(struct mir_edited *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *record,
    const char *json,
    size_t size,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_record current = { 0 };
    struct mir_entry entry = { 0 };
    struct json_t *loaded = NULL;
    mir_work_begin(&work, store, NULL);
    mirsal_code rc = open_record(&current, &entry, &work, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_json_load(&loaded, json, size, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_fields_parse(&entry, &work.values, loaded, err);
    }
    if (rc == MIRSAL_OK) {
        rc = finish_edit(out, &entry, &work, txn, &current, err);
    }
    mir_json_drop(loaded);
    mir_work_end(&work);
    return rc;
}
