/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_review.c - conflicts (answers.h): what stands in the review queue, why, and the
 * command that settles it.
 */
#include "answers.h"

#include "decide.h"
#include "fail.h"
#include "json_out.h"
#include "review_out.h"
#include "tell.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static void write_why(struct mir_buf *out, const struct mir_review *item, const char *name)
{
    const char *why = "";
    switch (item->kind) {
    case MIR_REVIEW_VALUES:
        mir_buf_append_format(out,
            "\"Different values stand beside each other for %s; the first "
            "is the one that is shown.\"",
            name);
        return;
    case MIR_REVIEW_WITHDRAWN:
        why = "Something was written to the record that the one who withdrew it had not seen.";
        break;
    case MIR_REVIEW_SUGGESTION:
        why = "A monitor asks for what a coordinator decides; it does not count yet.";
        break;
    case MIR_REVIEW_ORPHAN:
        why = "Something was written to a record that is not here, or does not count.";
        break;
    case MIR_REVIEW_ONCE:
        mir_buf_append_format(out,
            "\"%s is written once, with its record; a later write to it "
            "does not count.\"",
            name);
        return;
    case MIR_REVIEW_ROOT_SOURCE:
        why = "One source gives different figures, and none supersedes the other.";
        break;
    case MIR_REVIEW_SUBSET:
        why = "The parts of a figure exceed the whole.";
        break;
    case MIR_REVIEW_MEDIAN:
        why = "The figure is more than twice what the other sources say.";
        break;
    case MIR_REVIEW_ACTORS:
        why = "More than one actor is named as the one who did it.";
        break;
    case MIR_REVIEW_DUPLICATE:
        why = "The records look like the same event.";
        break;
    case MIR_REVIEW_VICTIM:
        why = "The same name stands twice in one incident; it may be one person or two.";
        break;
    case MIR_REVIEW_TOLL:
        why = "The source's own toll lies outside of what the records add up to.";
        break;
    case MIR_REVIEW_SECRET:
        why = "A text that others may read looks as if it held a number, an account or a place "
              "to protect.";
        break;
    case MIR_REVIEW_GRADING:
        why = "The grading differs from what the sources suggest.";
        break;
    }
    mir_json_text(out, why);
}

/* A command with the ids in it; N, TEXT and VALUE are for the person. */
static void write_settle(struct mir_buf *out, const struct mir_review *item, const char *name)
{
    char id[MIR_UUID_TEXT_SIZE];
    char other[MIR_UUID_TEXT_SIZE] = "ID";
    mirsal_id second;
    mir_uuid_format(id, &item->record);
    if (item->others.size >= sizeof second.bytes) {
        memcpy(second.bytes, item->others.data, sizeof second.bytes);
        mir_uuid_format(other, &second);
    }
    switch (item->kind) {
    case MIR_REVIEW_VALUES:
    case MIR_REVIEW_WITHDRAWN:
        mir_buf_append_format(out, "\"mirsal resolve %s %s --pick N --reason TEXT\"", id,
            name[0] == '\0' ? "withdrawn" : name);
        break;
    case MIR_REVIEW_SUGGESTION:
        mir_buf_append_format(out, "\"mirsal withdraw %s --reason TEXT\"", id);
        break;
    case MIR_REVIEW_ORPHAN:
        mir_buf_append_text(out, "\"mirsal sync\"");
        break;
    case MIR_REVIEW_ONCE:
        mir_buf_append_format(out, "\"mirsal edit %s %s=VALUE\"", id, name);
        break;
    case MIR_REVIEW_ROOT_SOURCE:
    case MIR_REVIEW_SUBSET:
    case MIR_REVIEW_MEDIAN:
    case MIR_REVIEW_TOLL:
    case MIR_REVIEW_ACTORS:
        mir_buf_append_format(
            out, "\"mirsal assess %s --field FIELD --value VALUE --reason TEXT\"", id);
        break;
    case MIR_REVIEW_DUPLICATE:
    case MIR_REVIEW_VICTIM:
        mir_buf_append_format(out, "\"mirsal link %s %s\"", id, other);
        break;
    case MIR_REVIEW_SECRET:
        mir_buf_append_format(
            out, "\"mirsal edit %s %s=VALUE\"", id, name[0] == '\0' ? "FIELD" : name);
        break;
    case MIR_REVIEW_GRADING:
        mir_buf_append_format(out, "\"mirsal edit %s grading=VALUE\"", id);
        break;
    }
}

static mirsal_code write_pick(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_schema_field *field,
    const struct mir_written *write,
    size_t number,
    mirsal_error *err)
{
    struct mir_shown shown = { .field = write->field,
        .key = write->key,
        .value = write->value,
        .changeset = write->author.changeset };
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "pick");
    mir_json_uint(out, number);
    mir_json_key(out, "value");
    mirsal_code rc = mir_shown_write(out, &tell->form, field, &shown, err);
    if (rc == MIRSAL_OK) {
        rc = mir_tell_author(out, tell, &write->author, err);
    }
    mir_json_key(out, "winner");
    mir_json_bool(out, write->winner);
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code write_values(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_review *item,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    struct mir_writings picks = { 0 };
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, "values");
    mir_json_open(out, '[');
    if (field != NULL && item->kind == MIR_REVIEW_ONCE) {
        rc = mir_history_register(&picks, &tell->work.arena, tell->work.store, &item->record,
            item->field, item->key, err);
    } else if (field != NULL) {
        rc = mir_decide_picks(&picks, &tell->work, &item->record, item->field, item->key, err);
    }
    for (size_t i = 0; i < picks.count && rc == MIRSAL_OK; i++) {
        rc = write_pick(out, tell, field, &picks.writes[i], i + 1, err);
    }
    mir_json_close(out, ']');
    return rc;
}

static void write_others(struct mir_buf *out, struct mir_bytes others)
{
    mirsal_id id;
    if (others.size == 0) {
        return;
    }
    mir_json_key(out, "others");
    mir_json_open(out, '[');
    for (size_t at = 0; at + sizeof id.bytes <= others.size; at += sizeof id.bytes) {
        memcpy(id.bytes, others.data + at, sizeof id.bytes);
        mir_json_item(out);
        mir_json_uuid(out, &id);
    }
    mir_json_close(out, ']');
}

mirsal_code mir_review_write(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_review *item,
    mirsal_error *err)
{
    const struct mir_schema *schema = tell->work.store->schema;
    const struct mir_schema_type *type =
        item->type == 0 ? NULL : mir_schema_type_by_id(schema, item->type);
    const struct mir_schema_field *field =
        item->field == 0 ? NULL : mir_schema_field_by_id(schema, item->field);
    char name[96] = "";
    if (field != NULL) {
        mir_register_name(name, field, item->key);
    }
    mir_json_open(out, '{');
    mir_json_key(out, "id");
    mir_json_uuid(out, &item->record);
    mir_json_key(out, "type");
    mir_json_text(out, type == NULL ? "unknown" : type->name);
    mir_json_key(out, "field");
    if (field == NULL) {
        mir_json_null(out);
    } else {
        mir_json_text(out, field->name);
    }
    if (field != NULL && strcmp(name, field->name) != 0) {
        mir_json_key(out, "language");
        mir_json_text(out, name + strlen(field->name) + 1);
    }
    mir_json_key(out, "kind");
    mir_json_text(out, mir_review_kind_name(item->kind));
    mir_json_key(out, "severity");
    mir_json_int(out, mir_review_severity(item->kind));
    mir_json_key(out, "why");
    write_why(out, item, name);
    mir_json_key(out, "settle");
    write_settle(out, item, name);
    write_others(out, item->others);
    mirsal_code rc = write_values(out, tell, item, field, err);
    mir_json_close(out, '}');
    return rc;
}

mirsal_code mir_answer_conflicts(struct mir_store *store,
    const mirsal_id *record,
    int all,
    mir_line line,
    void *context,
    mirsal_error *err)
{
    struct mir_tell tell;
    struct mir_arena found = { 0 };
    struct mir_review *items = NULL;
    size_t count = 0;
    mir_tell_begin(&tell, store, line, context);
    mir_arena_init(&found, store->env, MIR_WORK_MEMORY_MAX);
    mirsal_code rc = mir_review_list(&items, &count, &found, store, record, all, err);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mir_work_reset(&tell.work);
        rc = mir_review_write(&tell.line, &tell, &items[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_tell_line(&tell, err);
        }
    }
    mir_arena_fini(&found);
    mir_tell_end(&tell);
    return rc;
}
