/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/decide.c - withdraw, resolve, assess (edit.h), and what they decide on.
 *
 * A resolution is an ordinary write that names all live writes as parents, which the transaction
 * sees to; its reason is a note on the record, made in the same transaction and compartment.
 */
#include "decide.h"

#include "apply.h"
#include "assign.h"
#include "edit.h"
#include "fail.h"
#include "fields.h"
#include "pack.h"
#include "sort.h"
#include "text.h"
#include "work.h"

#include <string.h>

static const struct mir_bytes no_bytes = { NULL, 0 };

static struct mir_bytes bytes_of(const char *text)
{
    return (struct mir_bytes){ (const uint8_t *)text, text == NULL ? 0 : strlen(text) };
}

/* The one register of a text in languages that is meant when no language is said. */
static mirsal_code only_language(struct mir_bytes *key,
    const struct mir_schema_field *field,
    const struct mir_record *record,
    mirsal_error *err)
{
    size_t queued = 0;
    size_t written = 0;
    const struct mir_shown *last = NULL;
    const struct mir_shown *last_queued = NULL;
    for (size_t i = 0; i < record->register_count; i++) {
        const struct mir_shown *shown = &record->registers[i];
        if (shown->field == field->id) {
            written++;
            last = shown;
            queued += shown->conflict != 0;
            last_queued = shown->conflict ? shown : last_queued;
        }
    }
    if (queued == 1 || (queued == 0 && written == 1)) {
        *key = queued == 1 ? last_queued->key : last->key;
        return MIRSAL_OK;
    }
    return mir_fail_field(err, MIRSAL_BAD_VALUE, field->name, "%s: name the language (%s:ar)",
        field->name, field->name);
}

mirsal_code mir_decide_register(const struct mir_schema_field **field,
    struct mir_bytes *key,
    struct mir_work *work,
    const struct mir_record *record,
    const char *name,
    mirsal_error *err)
{
    struct mir_assignment parsed = { 0 };
    int component = -1;
    const struct mir_schema_type *type = mir_schema_type_by_id(work->store->schema, record->type);
    *key = no_bytes;
    if (type == NULL) {
        return mir_fail(err, MIRSAL_UNKNOWN_TYPE, "the record's type is not in the schema");
    }
    mirsal_code rc = mir_assignment_name(&parsed, bytes_of(name), err);
    if (rc == MIRSAL_OK) {
        rc = mir_field_named(field, &component, type, parsed.name, err);
    }
    if (rc != MIRSAL_OK || (*field)->shape.kind != MIR_KIND_LANGTEXT) {
        return rc;
    }
    if (parsed.language.size == 0) {
        return only_language(key, *field, record, err);
    }
    mir_buf_reset(&work->scratch);
    mir_pack_text(&work->scratch, parsed.language.data, parsed.language.size);
    return mir_values_keep(key, &work->values, &work->scratch, err);
}

mirsal_code mir_decide_picks(struct mir_writings *out,
    struct mir_work *work,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err)
{
    mirsal_code rc = mir_history_register(out, &work->arena, work->store, record, field, key, err);
    size_t live = 0;
    for (size_t i = 0; rc == MIRSAL_OK && i < out->count; i++) {
        if (out->writes[i].live) {
            out->writes[live++] = out->writes[i];
        }
    }
    out->count = live;
    return rc;
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_hash));
}

mirsal_code mir_decide_withdrawal(struct mir_bytes *out,
    struct mir_work *work,
    const struct mir_record *record,
    struct mir_bytes reason,
    mirsal_error *err)
{
    struct mir_writings written = { 0 };
    size_t count = 0;
    mir_buf_reset(&work->scratch);
    if (reason.size == 0) {
        mir_pack_array(&work->scratch, 0);
        return mir_values_keep(out, &work->values, &work->scratch, err);
    }
    if (!mir_utf8_valid(reason.data, reason.size)) {
        return mir_fail_field(err, MIRSAL_NOT_UTF8, "reason", "the reason is not UTF-8");
    }
    mirsal_code rc = mir_history_record(&written, &work->arena, work->store, &record->id, err);
    mirsal_hash *seen = mir_arena_alloc(&work->arena, written.count + 1, sizeof *seen);
    if (rc != MIRSAL_OK || seen == NULL) {
        return rc != MIRSAL_OK ? rc : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    seen[count++] = record->created.id;
    for (size_t i = 0; i < written.count; i++) {
        if (written.writes[i].live) {
            seen[count++] = written.writes[i].author.id;
        }
    }
    mir_sort(seen, count, sizeof *seen, compare_hashes, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || memcmp(&seen[i], &seen[kept - 1], sizeof *seen) != 0) {
            seen[kept++] = seen[i];
        }
    }
    mir_pack_array(&work->scratch, 2);
    mir_pack_text(&work->scratch, reason.data, reason.size);
    mir_pack_array(&work->scratch, kept);
    for (size_t i = 0; i < kept; i++) {
        mir_pack_bin(&work->scratch, seen[i].bytes, sizeof seen[i].bytes);
    }
    return mir_values_keep(out, &work->values, &work->scratch, err);
}

static mirsal_code read_named(struct mir_record *out,
    struct mir_work *work,
    const char *record,
    mirsal_error *err)
{
    mirsal_id id;
    mirsal_code rc = mir_record_named(&id, work->store, 0, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_read_record(out, &work->arena, work->store, &id, err);
    }
    return rc == MIRSAL_OK && out->state == MIR_RECORD_PURGED
               ? mir_fail(err, MIRSAL_NOT_ALLOWED, "the record is purged")
               : rc;
}

static mirsal_code write_withdrawal(struct mir_work *work,
    struct mir_txn *txn,
    const struct mir_record *current,
    const char *reason,
    mirsal_error *err)
{
    const struct mir_schema_field *field = NULL;
    struct mir_bytes key = no_bytes;
    struct mir_bytes value = no_bytes;
    mirsal_code rc = mir_decide_register(&field, &key, work, current, "withdrawn", err);
    if (rc == MIRSAL_OK) {
        rc = mir_decide_withdrawal(&value, work, current, bytes_of(reason), err);
    }
    return rc == MIRSAL_OK ? mir_txn_write(txn, &current->id, field->id, key, value, err) : rc;
}

mirsal_code mir_record_withdraw(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const char *record,
    const char *reason,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_record current = { 0 };
    mir_work_begin(&work, store, NULL);
    mirsal_code rc = read_named(&current, &work, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_work_may_edit(store, &current, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_withdrawal(&work, txn, &current, reason, err);
    }
    if (rc == MIRSAL_OK) {
        *out = current.id;
    }
    mir_work_end(&work);
    return rc;
}

mirsal_code mir_record_take_back(struct mir_txn *txn,
    struct mir_store *store,
    const mirsal_id *record,
    const char *reason,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_record current = { 0 };
    mir_work_begin(&work, store, NULL);
    mirsal_code rc = mir_read_record(&current, &work.arena, store, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_work_may_write(store, &current, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_withdrawal(&work, txn, &current, reason, err);
    }
    mir_work_end(&work);
    return rc;
}

static mirsal_code assign_text(struct mir_entry *entry,
    struct mir_work *work,
    const char *name,
    const char *text,
    mirsal_error *err)
{
    struct mir_assignment assignment = { .value = bytes_of(text) };
    if (text == NULL || text[0] == '\0') {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_assignment_name(&assignment, bytes_of(name), err);
    return rc != MIRSAL_OK ? rc : mir_assign_one(entry, &work->values, &assignment, err);
}

static mirsal_code assign_id(struct mir_entry *entry,
    struct mir_work *work,
    const char *name,
    const mirsal_id *id,
    mirsal_error *err)
{
    char text[MIR_UUID_TEXT_SIZE];
    mir_uuid_format(text, id);
    return assign_text(entry, work, name, text, err);
}

/* A schema without notes keeps no reason. */
static mirsal_code note_reason(struct mir_work *work,
    struct mir_txn *txn,
    const mirsal_id *subject,
    uint32_t compartment,
    const char *reason,
    mirsal_error *err)
{
    struct mir_entry note = { .type = mir_schema_type_by_name(work->store->schema, "note") };
    mirsal_id id;
    if (note.type == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = assign_id(&note, work, "subject", subject, err);
    if (rc == MIRSAL_OK) {
        rc = assign_text(&note, work, "text", reason, err);
    }
    return rc != MIRSAL_OK ? rc : mir_entry_create(&id, &note, txn, (int)compartment, err);
}

/* What the register shall hold, as an entry: the n-th live value, or one in command line's form. */
static mirsal_code choose(struct mir_entry *entry,
    struct mir_work *work,
    const struct mir_resolve *resolve,
    const struct mir_record *current,
    const struct mir_schema_field *field,
    struct mir_bytes key,
    mirsal_error *err)
{
    struct mir_writings picks = { 0 };
    struct mir_assignment assignment = { .value = bytes_of(resolve->value) };
    if (resolve->pick == 0) {
        mirsal_code rc = mir_assignment_name(&assignment, bytes_of(resolve->field), err);
        if (rc == MIRSAL_OK && key.size > 0) {
            assignment.language = mir_packed_of(key).bytes;
        }
        if (rc == MIRSAL_OK) {
            rc = mir_assign_one(entry, &work->values, &assignment, err);
        }
        return rc != MIRSAL_OK ? rc : mir_entry_settle(entry, &work->values, current, err);
    }
    mirsal_code rc = mir_decide_picks(&picks, work, &current->id, field->id, key, err);
    if (rc == MIRSAL_OK && resolve->pick > picks.count) {
        rc = mir_fail_field(
            err, MIRSAL_NOT_FOUND, "pick", "there is no value %u", (unsigned)resolve->pick);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_put(
            entry, &work->values, field, key, picks.writes[resolve->pick - 1].value, err);
    }
    return rc;
}

/* A decision on a withdrawal saw all that is live now. */
static mirsal_code renew_withdrawal(struct mir_entry *entry,
    struct mir_work *work,
    const struct mir_record *current,
    mirsal_error *err)
{
    struct mir_reader reader;
    struct mir_entry_write *write = &entry->writes[0];
    if (entry->count != 1 || write->field->shape.kind != MIR_KIND_WITHDRAWAL) {
        return MIRSAL_OK;
    }
    mir_reader_init(&reader, write->value.data, write->value.size);
    (void)mir_packed_next(&reader);
    return mir_decide_withdrawal(&write->value, work, current, mir_packed_next(&reader).bytes, err);
}

mirsal_code mir_record_resolve(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const struct mir_resolve *resolve,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_record current = { 0 };
    struct mir_entry entry = { 0 };
    struct mir_edited edited = { 0 };
    const struct mir_schema_field *field = NULL;
    struct mir_bytes key = no_bytes;
    if (resolve->reason == NULL || resolve->reason[0] == '\0') {
        return mir_fail(err, MIRSAL_USAGE, "a resolution needs a reason");
    }
    if ((resolve->pick == 0) == (resolve->value == NULL)) {
        return mir_fail(err, MIRSAL_USAGE, "a resolution picks one value, or gives one");
    }
    if (!mir_work_resolves(store)) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "only a coordinator resolves");
    }
    mir_work_begin(&work, store, resolve->language);
    mirsal_code rc = read_named(&current, &work, resolve->record, err);
    if (rc == MIRSAL_OK && resolve->value != NULL) {
        rc = mir_work_may_edit(store, &current, err);
    }
    if (rc == MIRSAL_OK) {
        entry.type = mir_schema_type_by_id(store->schema, current.type);
        rc = mir_decide_register(&field, &key, &work, &current, resolve->field, err);
    }
    if (rc == MIRSAL_OK) {
        rc = choose(&entry, &work, resolve, &current, field, key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = renew_withdrawal(&entry, &work, &current, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_edit(&edited, &entry, &work, txn, &current, err);
    }
    if (rc == MIRSAL_OK) {
        rc = note_reason(&work, txn, &edited.id,
            mir_schema_field_compartment(field, current.compartment), resolve->reason, err);
    }
    if (rc == MIRSAL_OK) {
        *out = edited.id;
    }
    mir_work_end(&work);
    return rc;
}

/* CLAIM=REASON, as one more element of the list. */
static mirsal_code put_reject(struct mir_buf *list,
    struct mir_entry *entry,
    struct mir_work *work,
    const char *reject,
    mirsal_error *err)
{
    int component = -1;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, entry->type, "rejected");
    const char *equals = strrchr(reject, '=');
    mirsal_id claim;
    char name[256];
    if (field == NULL || field->component_count != 2 || equals == NULL ||
        (size_t)(equals - reject) >= sizeof name) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "reject", "a rejection is CLAIM=REASON");
    }
    memcpy(name, reject, (size_t)(equals - reject));
    name[equals - reject] = '\0';
    mirsal_code rc = mir_record_named(&claim, work->store, 0, name, err);
    if (rc == MIRSAL_OK) {
        mir_pack_array(list, 2);
        mir_pack_bin(list, claim.bytes, sizeof claim.bytes);
        rc = mir_scalar_text(
            list, &work->values, &field->components[1].shape, "reject", bytes_of(equals + 1), err);
    }
    return rc;
}

static mirsal_code put_rejects(struct mir_entry *entry,
    struct mir_work *work,
    const struct mir_assess *assess,
    mirsal_error *err)
{
    int component = -1;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, entry->type, "rejected");
    struct mir_buf list = { 0 };
    mirsal_code rc = MIRSAL_OK;
    if (assess->reject_count == 0) {
        return MIRSAL_OK;
    }
    mir_buf_init(&list, work->store->env, work->scratch.size_max);
    mir_pack_array(&list, assess->reject_count);
    for (size_t i = 0; i < assess->reject_count && rc == MIRSAL_OK; i++) {
        rc = put_reject(&list, entry, work, assess->rejects[i], err);
    }
    mir_buf_reset(&work->scratch);
    mir_buf_append(&work->scratch, list.data, list.size);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&list, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_register_put(entry, &work->values, field, err);
    }
    mir_buf_fini(&list);
    return rc;
}

/* Who did it is an actor, where the value names one. */
static mirsal_code put_judgement(struct mir_entry *entry,
    struct mir_work *work,
    const struct mir_assess *assess,
    mirsal_error *err)
{
    static const char *const of_actors[] = { "actor", "actors", "attribution", "perpetrator" };
    for (size_t i = 0; assess->value != NULL && i < sizeof of_actors / sizeof of_actors[0]; i++) {
        if (strcmp(assess->field, of_actors[i]) == 0) {
            return assign_text(entry, work, "actor", assess->value, err);
        }
    }
    mirsal_code rc = assign_text(entry, work, "value", assess->value, err);
    if (rc == MIRSAL_OK) {
        rc = assign_text(entry, work, "min", assess->min, err);
    }
    if (rc == MIRSAL_OK) {
        rc = assign_text(entry, work, "max", assess->max, err);
    }
    return rc != MIRSAL_OK ? rc : assign_text(entry, work, "best", assess->best, err);
}

static mirsal_code check_assess(const struct mir_assess *assess,
    const struct mir_store *store,
    mirsal_error *err)
{
    int figure = assess->min != NULL || assess->max != NULL || assess->best != NULL;
    if (assess->reason == NULL || assess->reason[0] == '\0' || assess->field == NULL) {
        return mir_fail(err, MIRSAL_USAGE, "an assessment names a field and a reason");
    }
    if ((assess->value != NULL && figure) ||
        (assess->value == NULL && !figure && assess->reject_count == 0)) {
        return mir_fail(err, MIRSAL_USAGE, "an assessment gives a value or figures");
    }
    return mir_work_resolves(store)
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_NOT_ALLOWED, "only a coordinator assesses");
}

mirsal_code mir_record_assess(mirsal_id *out,
    struct mir_txn *txn,
    struct mir_store *store,
    const struct mir_assess *assess,
    mirsal_error *err)
{
    struct mir_work work;
    struct mir_record subject = { 0 };
    struct mir_entry entry = { .type = mir_schema_type_by_name(store->schema, "assessment") };
    mirsal_code rc = check_assess(assess, store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (entry.type == NULL) {
        return mir_fail(err, MIRSAL_UNKNOWN_TYPE, "the schema has no assessments");
    }
    mir_work_begin(&work, store, NULL);
    rc = read_named(&subject, &work, assess->record, err);
    if (rc == MIRSAL_OK) {
        rc = assign_id(&entry, &work, "subject", &subject.id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = assign_text(&entry, &work, "field", assess->field, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put_judgement(&entry, &work, assess, err);
    }
    if (rc == MIRSAL_OK) {
        rc = put_rejects(&entry, &work, assess, err);
    }
    if (rc == MIRSAL_OK) {
        rc = assign_text(&entry, &work, "reason", assess->reason, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_settle(&entry, &work.values, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_entry_create(out, &entry, txn, (int)subject.compartment, err);
    }
    mir_work_end(&work);
    return rc;
}
