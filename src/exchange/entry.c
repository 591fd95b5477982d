/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/entry.c - see the header.
 */
#include "entry.h"

#include "compound.h"
#include "fail.h"
#include "pack.h"

#include <string.h>

static const uint8_t packed_present[1] = { 1 };
static const uint8_t packed_absent[1] = { 0 };

static mirsal_code out_of_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
}

const struct mir_shown *mir_shown_find(const struct mir_record *record,
    uint32_t field,
    struct mir_bytes key)
{
    for (size_t i = 0; i < record->register_count; i++) {
        const struct mir_shown *shown = &record->registers[i];
        if (shown->field == field && mir_bytes_equal(shown->key, key)) {
            return shown;
        }
    }
    return NULL;
}

static struct mir_entry_write *find_write(const struct mir_entry *entry,
    const struct mir_schema_field *field,
    struct mir_bytes key)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->writes[i].field == field && mir_bytes_equal(entry->writes[i].key, key)) {
            return &entry->writes[i];
        }
    }
    return NULL;
}

const struct mir_entry_write *mir_entry_find(const struct mir_entry *entry,
    const struct mir_schema_field *field,
    struct mir_bytes key)
{
    return find_write(entry, field, key);
}

mirsal_code mir_entry_put(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct mir_entry_write *write = find_write(entry, field, key);
    if (field->policy == MIR_POLICY_DERIVED) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, field->name, "%s is computed", field->name);
    }
    if (write == NULL && entry->count == entry->capacity) {
        size_t capacity = entry->capacity == 0 ? 16 : 2 * entry->capacity;
        write = mir_arena_alloc(values->arena, capacity, sizeof *write);
        if (write == NULL) {
            return out_of_memory(err);
        }
        if (entry->count > 0) {
            memcpy(write, entry->writes, entry->count * sizeof *write);
        }
        entry->writes = write;
        entry->capacity = capacity;
        write = NULL;
    }
    if (write == NULL) {
        write = &entry->writes[entry->count++];
    }
    *write = (struct mir_entry_write){ field, key, value };
    return MIRSAL_OK;
}

mirsal_code mir_entry_part(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    int component,
    struct mir_entry_part part,
    mirsal_error *err)
{
    struct mir_entry_parts *parts = entry->parts;
    while (parts != NULL && parts->field != field) {
        parts = parts->next;
    }
    if (parts == NULL) {
        parts = mir_arena_alloc(values->arena, 1, sizeof *parts);
        if (parts == NULL) {
            return out_of_memory(err);
        }
        parts->field = field;
        parts->next = entry->parts;
        entry->parts = parts;
    }
    MIR_ASSERT(component >= 0 && (uint32_t)component < MIR_ENTRY_COMPONENTS);
    if (part.given >= parts->parts[component].given) {
        parts->parts[component] = part;
    }
    return MIRSAL_OK;
}

mirsal_code mir_entry_replace(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes language,
    mirsal_error *err)
{
    struct mir_entry_replaced *replaced = mir_arena_alloc(values->arena, 1, sizeof *replaced);
    if (replaced == NULL) {
        return out_of_memory(err);
    }
    *replaced = (struct mir_entry_replaced){ field, language, entry->replaced };
    entry->replaced = replaced;
    return MIRSAL_OK;
}

/* What the field will hold: what the entry puts, else what stands. */
static int number_after(int64_t *out,
    const struct mir_entry *entry,
    const struct mir_record *current,
    const struct mir_schema_field *field)
{
    const struct mir_bytes none = { NULL, 0 };
    const struct mir_entry_write *write = mir_entry_find(entry, field, none);
    const struct mir_shown *shown =
        write == NULL && current != NULL ? mir_shown_find(current, field->id, none) : NULL;
    struct mir_packed item = { 0 };
    if (write != NULL) {
        item = mir_packed_of(write->value);
    } else if (shown != NULL) {
        item = mir_packed_of(shown->value);
    }
    *out = item.number;
    return item.kind == MIR_PACKED_INT;
}

static int is_number(const struct mir_schema_field *field)
{
    return field->shape.kind == MIR_KIND_INT || field->shape.kind == MIR_KIND_DAY;
}

/* protocol/schema.md 2.6. */
static mirsal_code judge_bounds(const struct mir_entry *entry,
    const struct mir_record *current,
    mirsal_error *err)
{
    for (uint32_t i = 0; i < entry->type->field_count; i++) {
        const struct mir_schema_field *low = &entry->type->fields[i];
        for (uint32_t k = i; is_number(low) && k < entry->type->field_count; k++) {
            const struct mir_schema_field *high = &entry->type->fields[k];
            int64_t min = 0;
            int64_t max = 0;
            if (is_number(high) && mir_compound_bounds(low->name, high->name) &&
                number_after(&min, entry, current, low) &&
                number_after(&max, entry, current, high) && min > max) {
                return mir_fail_field(
                    err, MIRSAL_MIN_ABOVE_MAX, low->name, "%s is above %s", low->name, high->name);
            }
        }
    }
    return MIRSAL_OK;
}

/* The first part of a key of names. */
static int is_language(struct mir_bytes key, struct mir_bytes language)
{
    struct mir_reader reader;
    mir_reader_init(&reader, key.data, key.size);
    (void)mir_packed_next(&reader);
    return language.size == 0 || mir_bytes_equal(mir_packed_next(&reader).bytes, language);
}

static mirsal_code settle_replaced(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_record *current,
    const struct mir_entry_replaced *replaced,
    mirsal_error *err)
{
    const struct mir_schema_field *field = replaced->field;
    for (size_t i = 0; i < current->register_count; i++) {
        const struct mir_shown *shown = &current->registers[i];
        if (shown->field != field->id || !is_language(shown->key, replaced->language) ||
            mir_entry_find(entry, field, shown->key) != NULL) {
            continue;
        }
        mirsal_code rc = mir_entry_put(
            entry, values, field, shown->key, (struct mir_bytes){ packed_absent, 1 }, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

/* A new record has nothing to take an element from. */
static void drop_absent(struct mir_entry *entry)
{
    size_t kept = 0;
    for (size_t i = 0; i < entry->count; i++) {
        const struct mir_entry_write *write = &entry->writes[i];
        int absent = mir_schema_key_form(write->field) == MIR_KEY_SET && write->value.size == 1 &&
                     write->value.data[0] == 0;
        if (!absent) {
            entry->writes[kept++] = *write;
        }
    }
    entry->count = kept;
}

mirsal_code mir_entry_settle(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_record *current,
    mirsal_error *err)
{
    const struct mir_bytes none = { NULL, 0 };
    mirsal_code rc = MIRSAL_OK;
    for (const struct mir_entry_parts *parts = entry->parts; parts != NULL && rc == MIRSAL_OK;
         parts = parts->next) {
        const struct mir_shown *shown =
            current == NULL ? NULL : mir_shown_find(current, parts->field->id, none);
        struct mir_bytes value = none;
        rc = mir_compound_value(&value, values, parts, shown == NULL ? none : shown->value, err);
        if (rc == MIRSAL_OK) {
            rc = mir_entry_put(entry, values, parts->field, none, value, err);
        }
    }
    for (const struct mir_entry_replaced *replaced = entry->replaced;
         current != NULL && replaced != NULL && rc == MIRSAL_OK; replaced = replaced->next) {
        rc = settle_replaced(entry, values, current, replaced, err);
    }
    if (rc == MIRSAL_OK) {
        rc = judge_bounds(entry, current, err);
    }
    if (rc == MIRSAL_OK && current == NULL) {
        drop_absent(entry);
    }
    return rc;
}

static int stands_so(const struct mir_entry_write *write, const struct mir_shown *shown)
{
    if (mir_schema_key_form(write->field) == MIR_KEY_SET) {
        return (write->value.data[0] != 0) == (shown != NULL);
    }
    return shown != NULL && mir_bytes_equal(write->value, shown->value);
}

void mir_entry_drop_equal(struct mir_entry *entry, const struct mir_record *current, int all)
{
    size_t kept = 0;
    for (size_t i = 0; i < entry->count; i++) {
        const struct mir_entry_write *write = &entry->writes[i];
        const struct mir_shown *shown = mir_shown_find(current, write->field->id, write->key);
        int queued = shown != NULL && shown->conflict && !all;
        if (!stands_so(write, shown) || queued) {
            entry->writes[kept++] = *write;
        }
    }
    entry->count = kept;
}

int mir_entry_once(const struct mir_entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->writes[i].field->policy == MIR_POLICY_ONCE) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code put_reference(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_bytes packed = { NULL, 0 };
    mir_buf_reset(values->scratch);
    mir_pack_bin(values->scratch, id->bytes, sizeof id->bytes);
    mirsal_code rc = mir_values_keep(&packed, values, values->scratch, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (mir_schema_key_form(field) == MIR_KEY_SET) {
        return mir_entry_put(
            entry, values, field, packed, (struct mir_bytes){ packed_present, 1 }, err);
    }
    return mir_entry_put(entry, values, field, (struct mir_bytes){ NULL, 0 }, packed, err);
}

mirsal_code mir_entry_supersede(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_record *current,
    mirsal_error *err)
{
    int component = 0;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < current->register_count && rc == MIRSAL_OK; i++) {
        const struct mir_shown *shown = &current->registers[i];
        const struct mir_schema_field *field = mir_schema_field_by_id(values->schema, shown->field);
        int copied = field != NULL && field->policy != MIR_POLICY_DERIVED &&
                     field->shape.kind != MIR_KIND_WITHDRAWAL;
        if (copied && mir_entry_find(entry, field, shown->key) == NULL) {
            rc = mir_entry_put(entry, values, field, shown->key, shown->value, err);
        }
    }
    const struct mir_schema_field *supersedes =
        mir_schema_field_by_name(&component, entry->type, "supersedes");
    if (rc == MIRSAL_OK && supersedes != NULL) {
        rc = put_reference(entry, values, supersedes, &current->id, err);
    }
    drop_absent(entry);
    return rc;
}

/* A list of references with one more, in the order of their bytes. */
static mirsal_code add_to_list(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_schema_field *field,
    struct mir_bytes added,
    struct mir_bytes dropped,
    mirsal_error *err)
{
    const struct mir_bytes none = { NULL, 0 };
    const struct mir_entry_write *write = mir_entry_find(entry, field, none);
    struct mir_buf items = { 0 };
    struct mir_reader reader;
    size_t count = 1;
    int placed = 0;
    struct mir_bytes value = none;
    mir_buf_init(&items, values->scratch->env, values->scratch->size_max);
    mir_reader_init(
        &reader, write == NULL ? NULL : write->value.data, write == NULL ? 0 : write->value.size);
    size_t left = write == NULL ? 0 : mir_packed_next(&reader).count;
    for (; left > 0; left--) {
        struct mir_bytes item = mir_packed_whole(&reader);
        int order = mir_bytes_compare(item, added);
        if (order == 0 || mir_bytes_equal(item, dropped)) {
            continue;
        }
        if (order > 0 && !placed) {
            mir_buf_append(&items, added.data, added.size);
            placed = 1;
        }
        mir_buf_append(&items, item.data, item.size);
        count++;
    }
    if (!placed) {
        mir_buf_append(&items, added.data, added.size);
    }
    mir_buf_reset(values->scratch);
    mir_pack_array(values->scratch, count);
    mir_buf_append(values->scratch, items.data, items.size);
    mirsal_code rc = mir_buf_finish(&items, err);
    if (rc == MIRSAL_OK) {
        rc = mir_values_keep(&value, values, values->scratch, err);
    }
    mir_buf_fini(&items);
    return rc != MIRSAL_OK ? rc : mir_entry_put(entry, values, field, none, value, err);
}

mirsal_code mir_entry_parent(struct mir_entry *entry,
    struct mir_values *values,
    const mirsal_id *parent,
    struct mir_bytes parent_source,
    mirsal_error *err)
{
    const struct mir_schema_field *field = entry->type->parent;
    struct mir_bytes dropped = { NULL, 0 };
    struct mir_bytes added = { NULL, 0 };
    if (field == NULL) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, "parent", "%s has no parent", entry->type->name);
    }
    if (field->shape.kind != MIR_KIND_LIST) {
        return put_reference(entry, values, field, parent, err);
    }
    mir_buf_reset(values->scratch);
    mir_pack_text(values->scratch, parent_source.data, parent_source.size);
    mirsal_code rc = mir_values_keep(&dropped, values, values->scratch, err);
    mir_buf_reset(values->scratch);
    mir_pack_bin(values->scratch, parent->bytes, sizeof parent->bytes);
    if (rc == MIRSAL_OK) {
        rc = mir_values_keep(&added, values, values->scratch, err);
    }
    return rc != MIRSAL_OK ? rc : add_to_list(entry, values, field, added, dropped, err);
}

mirsal_code mir_entry_parent_named(struct mir_entry *entry,
    struct mir_values *values,
    struct mir_bytes parent,
    mirsal_error *err)
{
    const struct mir_bytes none = { NULL, 0 };
    const struct mir_schema_field *field = entry->type->parent;
    struct mir_bytes reference = none;
    if (field == NULL) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, "parent", "%s has no parent", entry->type->name);
    }
    mir_buf_reset(values->scratch);
    mirsal_code rc =
        mir_reference_text(values->scratch, values, field->shape.refers, field->name, parent, err);
    if (rc == MIRSAL_OK) {
        rc = mir_values_keep(&reference, values, values->scratch, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    return field->shape.kind == MIR_KIND_LIST
               ? add_to_list(entry, values, field, reference, none, err)
               : mir_entry_put(entry, values, field, none, reference, err);
}
