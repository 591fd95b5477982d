/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_log.c - log (answers.h): each changeset held, in order of arrival, with what it
 * wrote where it was opened; of one record or one changeset with what became of it.
 */
#include "answers.h"

#include "affected.h"
#include "epocholder.h"
#include "history.h"
#include "json_out.h"
#include "members.h"
#include "reach.h"
#include "tell.h"
#include "timeline.h"

#include <string.h>

#define CONTROL 255u

static void write_writes(struct mir_buf *out,
    const struct mir_writings *written,
    const struct mir_schema *schema)
{
    mir_json_key(out, "writes");
    mir_json_open(out, '[');
    for (size_t i = 0; i < written->count; i++) {
        const struct mir_written *write = &written->writes[i];
        const struct mir_schema_field *field = mir_schema_field_by_id(schema, write->field);
        char name[96];
        if (write->reason == MIR_WRITE_PURGED) {
            continue;
        }
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "record");
        mir_json_uuid(out, &write->record);
        mir_json_key(out, "field");
        if (field == NULL) {
            mir_json_uint(out, write->field);
        } else {
            mir_register_name(name, field, write->key);
            mir_json_text(out, name);
        }
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

/* Of what a write-only device has forgotten: who has it, and what is left of it here. What a purge
 * left: that it did. */
static mirsal_code write_receipt(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_reach_row *row,
    mirsal_error *err)
{
    enum mir_reach custody = MIR_REACH_DEVICE;
    if (row->kept == MIR_KEPT_RESIDUE) {
        mir_json_key(out, "kept");
        mir_json_text(out, "residue");
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_reach_of(&custody, tell->work.store, row->no, err);
    mir_json_key(out, "custody");
    mir_json_text(out, mir_reach_name(custody));
    mir_json_key(out, "kept");
    mir_json_text(out, row->kept == MIR_KEPT_SEALED ? "sealed" : "header");
    return rc;
}

/* What every line is told by. */
struct logging {
    const struct mir_record *record; /* whose timeline it is, or NULL */
    int timeline;
    struct mir_older older;
    struct mir_affected affected;
};

/* Whose cut, loss, retire or freeze holds it back. */
static mirsal_code write_by(struct mir_buf *out,
    struct mir_tell *tell,
    const mirsal_hash *by,
    mirsal_error *err)
{
    struct mir_store *store = tell->work.store;
    struct mir_chain_row row;
    mirsal_hash device;
    mirsal_code rc = mir_chain_find(&row, store->sql, by, err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_key(&device, store->sql, row.device, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_key(out, "by");
    mir_json_open(out, '{');
    mir_json_key(out, "changeset");
    mir_json_hash(out, by);
    mir_json_key(out, "device");
    mir_json_hash(out, &device);
    mir_json_key(out, "label");
    rc = mir_tell_label(out, tell, &device, err);
    mir_json_close(out, '}');
    return rc;
}

/* The first that does not count, at or behind which others of that changeset stand. */
static size_t find_fault(const struct mir_membership *membership, const mirsal_hash *changeset)
{
    size_t low = 0;
    size_t high = membership->fault_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(membership->faults[middle].changeset.bytes, changeset->bytes,
                sizeof changeset->bytes) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Statements of a control changeset that do not count, by number, and why. */
static void write_faults(struct mir_buf *out,
    const struct mir_membership *membership,
    const mirsal_hash *changeset)
{
    size_t from = find_fault(membership, changeset);
    size_t at = from;
    for (; at < membership->fault_count &&
           mir_hash_equal(&membership->faults[at].changeset, changeset);
         at++) {
        if (at == from) {
            mir_json_key(out, "faults");
            mir_json_open(out, '[');
        }
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "statement");
        mir_json_uint(out, membership->faults[at].statement);
        mir_json_key(out, "reason");
        mir_json_text(out, mir_reason_name(membership->faults[at].reason));
        mir_json_close(out, '}');
    }
    if (at > from) {
        mir_json_close(out, ']');
    }
}

/* A cut or a freeze that counts. */
static int is_measure(const struct mir_membership *membership, const mirsal_hash *changeset)
{
    for (size_t i = 0; i < membership->cut_count; i++) {
        if (mir_hash_equal(&membership->cuts[i].id, changeset)) {
            return 1;
        }
    }
    for (size_t i = 0; i < membership->freeze_count; i++) {
        if (mir_hash_equal(&membership->freezes[i].said, changeset)) {
            return 1;
        }
    }
    return 0;
}

/* Who holds it back; of control what of it does not count, and how much else it holds back. */
static mirsal_code write_effects(struct mir_buf *out,
    struct mir_tell *tell,
    const struct logging *logging,
    const struct mir_reach_row *row,
    mirsal_error *err)
{
    const struct mir_store *store = tell->work.store;
    const mirsal_hash *by = mir_affected_by(&logging->affected, &row->id);
    mirsal_code rc = by != NULL ? write_by(out, tell, by, err) : MIRSAL_OK;
    if (rc != MIRSAL_OK || row->compartment != CONTROL) {
        return rc;
    }
    uint64_t count = mir_affected_count(&logging->affected, &row->id);
    write_faults(out, store->membership, &row->id);
    if (count > 0 || is_measure(store->membership, &row->id)) {
        mir_json_key(out, "affects");
        mir_json_uint(out, count);
    }
    return MIRSAL_OK;
}

static mirsal_code log_line(struct mir_tell *tell,
    const struct logging *logging,
    const struct mir_reach_row *row,
    mirsal_error *err)
{
    struct mir_writings written = { 0 };
    struct mir_buf *out = &tell->line;
    int sent = (row->kept == MIR_KEPT_SEALED || row->kept == MIR_KEPT_HEADER) &&
               row->state == MIR_STATE_ACCEPTED;
    int flagged = 0;
    mirsal_code rc = MIRSAL_OK;
    mir_work_reset(&tell->work);
    mir_json_open(out, '{');
    mir_json_key(out, "changeset");
    mir_json_hash(out, &row->id);
    mir_json_key(out, "device");
    mir_json_hash(out, &row->device);
    mir_json_key(out, "label");
    rc = mir_tell_label(out, tell, &row->device, err);
    mir_json_key(out, "seq");
    mir_json_uint(out, row->seq);
    mir_json_key(out, "compartment");
    mir_json_uint(out, row->compartment);
    mir_json_key(out, "kind");
    mir_json_text(out, row->compartment == CONTROL ? "control" : "data");
    mir_json_key(out, "stamp");
    if (row->stamp == 0) {
        mir_json_null(out);
    } else {
        mir_json_stamp(out, row->stamp);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_tell_bracket(out, tell, row->no, row->stamp, err);
    }
    mir_json_key(out, "state");
    mir_json_text(out, sent ? "sent" : mir_state_name(row->state));
    if (row->reason != MIR_REASON_NONE) {
        mir_json_key(out, "reason");
        mir_json_text(out, mir_reason_name(row->reason));
    }
    if (rc == MIRSAL_OK) {
        rc = write_effects(out, tell, logging, row, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_older_flag(&flagged, &logging->older, tell->work.store, row->no, err);
    }
    if (flagged) {
        mir_json_key(out, "older_epoch");
        mir_json_bool(out, 1);
    }
    if (rc == MIRSAL_OK && row->kept != MIR_KEPT_WHOLE) {
        rc = write_receipt(out, tell, row, err);
    }
    if (rc == MIRSAL_OK && row->compartment != CONTROL && row->state == MIR_STATE_ACCEPTED) {
        rc = mir_history_changeset(&written, &tell->work.arena, tell->work.store, row->no, err);
    }
    if (logging->record != NULL) {
        mir_json_key(out, "event");
        mir_json_text(
            out, mir_timeline_event(logging->record, &written, row->no, tell->work.store->schema));
    }
    write_writes(out, &written, tell->work.store->schema);
    mir_json_close(out, '}');
    if (rc == MIRSAL_OK) {
        rc = mir_tell_line(tell, err);
    }
    return rc == MIRSAL_OK && logging->timeline ? mir_timeline_changeset(tell, row, err) : rc;
}

static mirsal_code begin_log(struct logging *logging,
    struct mir_arena *found,
    struct mir_store *store,
    mirsal_error *err)
{
    mirsal_code rc = mir_older_load(&logging->older, found, store, err);
    return rc == MIRSAL_OK ? mir_affected_load(&logging->affected, found, store, err) : rc;
}

mirsal_code mir_answer_log(struct mir_store *store,
    const mirsal_id *record,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_arena found = { 0 };
    struct logging logging = { .timeline = record != NULL };
    struct mir_reach_row row = { 0 };
    struct mir_record of = { 0 };
    int64_t *numbers = NULL;
    size_t count = 0;
    mir_tell_begin(&tell, store, line, context);
    mir_arena_init(&found, store->env, MIR_WORK_MEMORY_MAX);
    mirsal_code rc = begin_log(&logging, &found, store, err);
    if (rc == MIRSAL_OK && record != NULL) {
        rc = mir_history_changesets(&numbers, &count, &found, store, record, err);
    }
    if (rc == MIRSAL_OK && record != NULL) {
        rc = mir_read_record(&of, &found, store, record, err);
        logging.record = rc == MIRSAL_OK ? &of : NULL;
        rc = rc == MIRSAL_NOT_FOUND ? MIRSAL_OK : rc;
    }
    for (size_t i = 0; rc == MIRSAL_OK && (record == NULL || i < count); i++) {
        int64_t no = record == NULL ? (int64_t)i + 1 : numbers[i];
        rc = mir_reach_changeset(&row, store, no, err);
        if (rc != MIRSAL_OK || row.no == 0) {
            break;
        }
        rc = log_line(&tell, &logging, &row, err);
    }
    if (rc == MIRSAL_OK && record != NULL) {
        rc = mir_timeline_record(&tell, record, err);
    }
    if (rc == MIRSAL_OK && record != NULL) {
        rc = mir_timeline_handed(&tell, record, err);
    }
    mir_arena_fini(&found);
    mir_tell_end(&tell);
    return rc;
}

mirsal_code mir_answer_log_changeset(struct mir_store *store,
    int64_t changeset,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_arena found = { 0 };
    struct logging logging = { .timeline = 1 };
    struct mir_reach_row row = { 0 };
    mir_tell_begin(&tell, store, line, context);
    mir_arena_init(&found, store->env, MIR_WORK_MEMORY_MAX);
    mirsal_code rc = begin_log(&logging, &found, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_reach_changeset(&row, store, changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = log_line(&tell, &logging, &row, err);
    }
    mir_arena_fini(&found);
    mir_tell_end(&tell);
    return rc;
}
