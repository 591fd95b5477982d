/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/tell.c - see the header.
 */
#include "tell.h"

#include "bracket.h"
#include "fail.h"
#include "json_out.h"
#include "policy.h"
#include "reach.h"
#include "team.h"

#include <string.h>

#define LINE_MAX_SIZE ((size_t)256 << 20)

void mir_tell_begin(struct mir_tell *tell, struct mir_store *store, mir_line give, void *context)
{
    memset(tell, 0, sizeof *tell);
    mir_work_begin(&tell->work, store, NULL);
    tell->form =
        (struct mir_record_out){ store->schema, &tell->work.arena, mir_reference_as_id, store };
    mir_arena_init(&tell->kept, store->env, (size_t)16 << 20);
    mir_buf_init(&tell->line, store->env, LINE_MAX_SIZE);
    tell->give = give;
    tell->context = context;
}

void mir_tell_end(struct mir_tell *tell)
{
    mir_buf_fini(&tell->line);
    mir_arena_fini(&tell->kept);
    mir_work_end(&tell->work);
}

mirsal_code mir_tell_line(struct mir_tell *tell, mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(&tell->line, err);
    if (rc == MIRSAL_OK &&
        tell->give(tell->context, (const char *)tell->line.data, tell->line.size) != 0) {
        rc = mir_fail(err, MIRSAL_CANCELLED, "stopped");
    }
    mir_buf_reset(&tell->line);
    return rc;
}

static mirsal_code find_label(struct mir_bytes *out,
    struct mir_tell *tell,
    const mirsal_hash *device,
    mirsal_error *err)
{
    struct mir_invite_facts facts = { 0 };
    for (size_t i = 0; i < tell->label_count; i++) {
        if (memcmp(&tell->labels[i].device, device, sizeof *device) == 0) {
            *out = tell->labels[i].label;
            return MIRSAL_OK;
        }
    }
    mirsal_code rc = mir_device_facts(&facts, &tell->kept, tell->work.store, device, err);
    if (rc == MIRSAL_NOT_FOUND) {
        rc = MIRSAL_OK;
        facts.label = (struct mir_bytes){ NULL, 0 };
    }
    *out = facts.label;
    if (rc == MIRSAL_OK && tell->label_count < MIR_TELL_LABELS) {
        tell->labels[tell->label_count++] = (struct mir_tell_label){ *device, facts.label };
    }
    return rc;
}

mirsal_code mir_tell_label(struct mir_buf *out,
    struct mir_tell *tell,
    const mirsal_hash *device,
    mirsal_error *err)
{
    struct mir_bytes label = { NULL, 0 };
    mirsal_error inner = { 0 };
    mirsal_code rc = find_label(&label, tell, device, &inner);
    if (rc != MIRSAL_OK) {
        return mir_fail(err, rc, "%s", inner.message);
    }
    if (label.size == 0) {
        mir_json_null(out);
    } else {
        mir_json_bytes(out, label);
    }
    return MIRSAL_OK;
}

mirsal_code mir_tell_author(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_author *author,
    mirsal_error *err)
{
    mir_json_key(out, "device");
    mir_json_hash(out, &author->device);
    mir_json_key(out, "label");
    mirsal_code rc = mir_tell_label(out, tell, &author->device, err);
    mir_json_key(out, "role");
    mir_json_text(out, mir_role_name((enum mir_role)author->role));
    mir_json_key(out, "stamp");
    mir_json_stamp(out, author->stamp);
    mir_json_key(out, "changeset");
    mir_json_hash(out, &author->id);
    return rc;
}

static void put_time(struct mir_buf *out, const char *key, int has, uint64_t time_ms)
{
    mir_json_key(out, key);
    if (has) {
        mir_json_time(out, (int64_t)time_ms, 0, 1);
    } else {
        mir_json_null(out);
    }
}

mirsal_code mir_tell_bracket(struct mir_buf *out,
    struct mir_tell *tell,
    int64_t changeset,
    uint64_t stamp,
    mirsal_error *err)
{
    struct mir_bracket bracket;
    mirsal_code rc = mir_bracket_of(&bracket, tell->work.store, changeset, stamp, err);
    put_time(out, "after", bracket.has_after, bracket.after_ms);
    put_time(out, "before", bracket.has_before, bracket.before_ms);
    mir_json_key(out, "clock");
    if (stamp == 0) {
        mir_json_null(out);
    } else {
        mir_json_text(out, bracket.suspect ? "suspect" : "ok");
    }
    return rc;
}

mirsal_code mir_tell_record(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_record *record,
    mirsal_error *err)
{
    mir_json_open(out, '{');
    mirsal_code rc = mir_record_write(out, &tell->form, record, err);
    mir_json_key(out, "meta");
    mir_json_open(out, '{');
    mir_json_key(out, "state");
    mir_json_text(out, mir_record_state_name(record->state));
    if (record->state == MIR_RECORD_PURGED) {
        mir_json_close(out, '}');
        return rc;
    }
    mir_json_key(out, "updated");
    mir_json_stamp(out, record->updated.stamp);
    mir_json_key(out, "conflicts");
    mir_json_uint(out, record->conflicts);
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code least_custody(enum mir_reach *least,
    struct mir_tell *tell,
    int64_t changeset,
    mirsal_error *err)
{
    enum mir_reach custody = MIR_REACH_DEVICE;
    mirsal_code rc = mir_reach_of(&custody, tell->work.store, changeset, err);
    if (rc == MIRSAL_OK && custody < *least) {
        *least = custody;
    }
    return rc;
}

mirsal_code mir_tell_custody(struct mir_buf *out,
    struct mir_tell *tell,
    const struct mir_record *record,
    mirsal_error *err)
{
    enum mir_reach least = MIR_REACH_READERS;
    int64_t last = 0;
    mirsal_code rc = least_custody(&least, tell, record->created.changeset, err);
    if (rc == MIRSAL_OK) {
        rc = least_custody(&least, tell, record->updated.changeset, err);
    }
    for (size_t i = 0; i < record->register_count && rc == MIRSAL_OK; i++) {
        int64_t changeset = record->registers[i].changeset;
        if (changeset != last && changeset != record->created.changeset) {
            rc = least_custody(&least, tell, changeset, err);
        }
        last = changeset;
    }
    mir_json_text(out, mir_reach_name(least));
    return rc;
}
