/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/apply.c - see the header.
 */
#include "apply.h"

#include "fail.h"
#include "fields.h"
#include "pack.h"
#include "parts.h"
#include "projection.h"
#include "text.h"
#include "work.h"

#include <string.h>

mirsal_code mir_entry_write(const struct mir_entry *entry,
    struct mir_txn *txn,
    const mirsal_id *record,
    mirsal_error *err)
{
    for (size_t i = 0; i < entry->count; i++) {
        const struct mir_entry_write *write = &entry->writes[i];
        mirsal_code rc =
            mir_txn_write(txn, record, write->field->id, write->key, write->value, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_entry_create(mirsal_id *out,
    const struct mir_entry *entry,
    struct mir_txn *txn,
    int compartment,
    mirsal_error *err)
{
    mirsal_id id;
    mirsal_code rc = mir_txn_create(&id, txn, entry->type->id, compartment, err);
    if (rc == MIRSAL_OK) {
        rc = mir_entry_write(entry, txn, &id, err);
    }
    if (rc == MIRSAL_OK) {
        *out = id;
    }
    return rc;
}

/* "id:UUID" of a record that is purged. */
static int names_purged(const struct mir_store *store, struct mir_bytes source_id)
{
    mirsal_id id;
    return source_id.size > 3 && memcmp(source_id.data, "id:", 3) == 0 &&
           mir_uuid_parse(&id, (const char *)source_id.data + 3, source_id.size - 3) &&
           mir_projection_is_purged(store, &id);
}

static int is_purged_reference(const struct mir_store *store, struct mir_bytes ref)
{
    struct mir_packed packed = mir_packed_of(ref);
    mirsal_id id;
    if (packed.kind != MIR_PACKED_BIN) {
        return names_purged(store, packed.bytes);
    }
    if (packed.bytes.size != sizeof id.bytes) {
        return 0;
    }
    memcpy(id.bytes, packed.bytes.data, sizeof id.bytes);
    return mir_projection_is_purged(store, &id);
}

mirsal_code mir_entry_refuse_purged(const struct mir_entry *entry,
    const struct mir_store *store,
    mirsal_error *err)
{
    int purged = (entry->has_id && mir_projection_is_purged(store, &entry->id)) ||
                 names_purged(store, entry->source_id);
    for (size_t i = 0; !purged && i < entry->count; i++) {
        struct mir_refs refs;
        struct mir_bytes ref;
        if (entry->writes[i].field != entry->type->parent) {
            continue;
        }
        mir_refs_begin(&refs, entry->type->parent, entry->writes[i].key, entry->writes[i].value);
        while (!purged && mir_refs_next(&refs, &ref)) {
            purged = is_purged_reference(store, ref);
        }
        if (purged) {
            return mir_fail_field(err, MIRSAL_NOT_ALLOWED, entry->type->parent->name,
                "the record that it hangs from is purged");
        }
    }
    return purged ? mir_fail_field(err, MIRSAL_NOT_ALLOWED, "id", "the record is purged")
                  : MIRSAL_OK;
}

mirsal_code mir_entry_edit(struct mir_edited *out,
    struct mir_entry *entry,
    struct mir_work *work,
    struct mir_txn *txn,
    const struct mir_record *current,
    mirsal_error *err)
{
    *out = (struct mir_edited){ .id = current->id, .old = current->id, .writes = entry->count };
    mirsal_code rc = mir_work_may_write(work->store, current, err);
    if (rc != MIRSAL_OK || entry->count == 0) {
        return rc;
    }
    if (!mir_entry_once(entry)) {
        return mir_entry_write(entry, txn, &current->id, err);
    }
    rc = mir_entry_supersede(entry, &work->values, current, err);
    if (rc == MIRSAL_OK) {
        rc = mir_entry_create(&out->id, entry, txn, (int)current->compartment, err);
    }
    out->superseded = rc == MIRSAL_OK;
    return rc;
}

/* A record with an id of elsewhere has the source id "id:UUID", unless it has one. */
mirsal_code mir_entry_name_by_id(struct mir_entry *entry,
    struct mir_values *values,
    mirsal_error *err)
{
    struct mir_bytes none = { NULL, 0 };
    int component = -1;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, entry->type, "source_id");
    if (entry->source_id.size == 0 || field == NULL || mir_entry_find(entry, field, none) != NULL) {
        return MIRSAL_OK;
    }
    mir_buf_reset(values->scratch);
    mir_pack_text(values->scratch, entry->source_id.data, entry->source_id.size);
    return mir_register_put(entry, values, field, err);
}

void mir_entry_drop_own_name(struct mir_entry *entry, const mirsal_id *id)
{
    char text[3 + MIR_UUID_TEXT_SIZE] = "id:";
    size_t kept = 0;
    mir_uuid_format(text + 3, id);
    if (entry->source_id.size != strlen(text) ||
        memcmp(entry->source_id.data, text, entry->source_id.size) != 0) {
        return;
    }
    for (size_t i = 0; i < entry->count; i++) {
        if (strcmp(entry->writes[i].field->name, "source_id") != 0) {
            entry->writes[kept++] = entry->writes[i];
        }
    }
    entry->count = kept;
}

mirsal_code mir_entries_create(mirsal_id *ids,
    const struct mir_entries *entries,
    size_t from,
    struct mir_values *values,
    struct mir_txn *txn,
    mirsal_error *err)
{
    for (size_t i = from; i < entries->count; i++) {
        struct mir_entry *entry = &entries->items[i];
        mirsal_code rc = mir_entry_name_by_id(entry, values, err);
        if (rc == MIRSAL_OK && i > 0) {
            rc = mir_entry_parent(
                entry, values, &ids[entry->parent], entries->items[entry->parent].source_id, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_entry_create(&ids[i], entry, txn, -1, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}
