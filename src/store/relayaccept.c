/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relayaccept.c - what a relay takes into its log: protocol/sync.md 6.
 *
 * In this order: held before; place in the chain; authority; signature; form of a control body;
 * admission; quota. Whether a changeset counts is not judged here: every replica does that.
 */
#include "env.h"
#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "relaylogin.h"
#include "sign.h"
#include "statement.h"

#include <stdio.h>
#include <string.h>

#define WAITING_QUOTA ((uint64_t)1 << 20) /* of a device that is not admitted yet */

/* One changeset on its way in. code 0: to be taken. */
struct entrance {
    struct mir_relay_log *log;
    const struct mir_changeset *changeset;
    const struct mir_membership *membership;
    struct mir_control_body control; /* of a control changeset */
    enum mir_reject_code code;
    const char *text;
};

static mirsal_code turn_away(struct entrance *entrance, enum mir_reject_code code, const char *text)
{
    entrance->code = code;
    entrance->text = text;
    return MIRSAL_OK;
}

static int is_control(const struct entrance *entrance)
{
    return entrance->changeset->fields.compartment == MIR_COMPARTMENT_CONTROL;
}

static int says(const struct entrance *entrance, enum mir_say_kind kind)
{
    for (uint32_t i = 0; is_control(entrance) && i < entrance->control.say_count; i++) {
        if (entrance->control.says[i].kind == (uint64_t)kind) {
            return 1;
        }
    }
    return 0;
}

/* Its own part: team, signature, form. */
static mirsal_code judge_itself(struct entrance *entrance, mirsal_error *err)
{
    const struct mir_changeset *changeset = entrance->changeset;
    if (!mir_hash_equal(&changeset->fields.team, &entrance->log->team)) {
        return turn_away(entrance, MIR_REJECT_MALFORMED, "of another team");
    }
    if (is_control(entrance)) {
        mirsal_code rc =
            mir_control_body_read(&entrance->control, &entrance->log->arena, changeset->body, NULL);
        if (rc == MIRSAL_NO_MEMORY) {
            return mir_fail(err, rc, "a control body");
        }
        if (rc != MIRSAL_OK) {
            return turn_away(entrance, MIR_REJECT_MALFORMED, "control body");
        }
    }
    if (mir_changeset_verify(changeset, NULL) != MIRSAL_OK) {
        return turn_away(entrance, MIR_REJECT_SIGNATURE, "signature");
    }
    return MIRSAL_OK;
}

/* Its place: prev and authority are held; an invite's may be missing (6.4). */
static mirsal_code judge_place(struct entrance *entrance, mirsal_error *err)
{
    const struct mir_header *header = &entrance->changeset->fields;
    struct mir_chain_row row;
    mirsal_hash key;
    mirsal_code rc = MIRSAL_OK;
    if (says(entrance, MIR_SAY_INVITE) || mir_hash_is_zero(&header->authority)) {
        return MIRSAL_OK;
    }
    if (header->seq > 1) {
        rc = mir_chain_find(&row, entrance->log->sql, &header->prev, err);
        if (rc == MIRSAL_OK && row.no == 0) {
            return turn_away(entrance, MIR_REJECT_GAP, "the one before is not held");
        }
        if (rc == MIRSAL_OK) {
            rc = mir_device_key(&key, entrance->log->sql, row.device, err);
        }
        if (rc == MIRSAL_OK &&
            (row.compartment != header->compartment || row.seq + 1 != header->seq ||
                !mir_hash_equal(&key, &header->device))) {
            return turn_away(entrance, MIR_REJECT_MALFORMED, "prev is of another place");
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_find(&row, entrance->log->sql, &header->authority, err);
    }
    if (rc == MIRSAL_OK && (row.no == 0 || row.compartment != MIR_COMPARTMENT_CONTROL)) {
        return turn_away(entrance, MIR_REJECT_AUTHORITY, "its authority is not held");
    }
    return rc;
}

/*
 * What proves a join: an invite's key, or that of a device which retires into the one that joins.
 */
struct grant {
    uint8_t key[32];
    uint64_t expires_ms; /* 0: never */
};

static int take_grant(struct grant *out,
    const struct mir_say *say,
    const struct mir_header *from,
    const mirsal_hash *joining)
{
    if (say->kind == MIR_SAY_INVITE) {
        memcpy(out->key, say->invite.key.bytes, sizeof out->key);
        out->expires_ms = say->invite.expires_ms;
        return 1;
    }
    if (say->kind == MIR_SAY_RETIRE && mir_hash_equal(&say->act.subject, joining)) {
        memcpy(out->key, from->device.bytes, sizeof out->key);
        return 1;
    }
    return 0;
}

/* Out of the log. *found = 0 when it is not held or is none. */
static mirsal_code find_grant(struct grant *out,
    int *found,
    struct entrance *entrance,
    const mirsal_hash *id,
    mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_changeset changeset;
    struct mir_control_body body;
    *found = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_chain_find(&row, entrance->log->sql, id, err);
    if (rc != MIRSAL_OK || row.no == 0 || row.compartment != MIR_COMPARTMENT_CONTROL) {
        return rc;
    }
    rc = mir_chain_load(&changeset, &entrance->log->arena, entrance->log->sql, row.no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_control_body_read(&body, &entrance->log->arena, changeset.body, err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body.say_count && !*found; i++) {
        *found =
            take_grant(out, &body.says[i], &changeset.fields, &entrance->changeset->fields.device);
    }
    return rc;
}

/* A first control changeset that joins: its grant is held, the proof verifies, in time. */
static mirsal_code judge_join(struct entrance *entrance, mirsal_error *err)
{
    const struct mir_say_join *join = &entrance->control.says[0].join;
    struct grant grant;
    struct mir_buf message;
    int found = 0;
    mirsal_code rc = find_grant(&grant, &found, entrance, &join->grant, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (!found) {
        return turn_away(entrance, MIR_REJECT_ADMISSION, "its grant is not held");
    }
    mir_buf_init(&message, entrance->log->env, 1024);
    mir_join_message(&message, &entrance->log->team, &entrance->changeset->fields.device, join);
    rc = mir_buf_finish(&message, err);
    if (rc == MIRSAL_OK &&
        !mir_sign_verify(join->proof, MIR_CONTEXT_JOIN, message.data, message.size, grant.key)) {
        rc = turn_away(entrance, MIR_REJECT_ADMISSION, "the join is not the grant's");
    } else if (rc == MIRSAL_OK && grant.expires_ms != 0 &&
               grant.expires_ms < mir_now_ms(entrance->log->env)) {
        rc = turn_away(entrance, MIR_REJECT_ADMISSION, "the invite has expired");
    }
    mir_buf_fini(&message);
    return rc;
}

static int is_join(const struct entrance *entrance)
{
    return is_control(entrance) && entrance->changeset->fields.seq == 1 &&
           entrance->control.says[0].kind == MIR_SAY_JOIN;
}

/* Who wrote it: root, a device whose join verifies, or it is that join. */
static mirsal_code judge_author(struct entrance *entrance, int *waiting, mirsal_error *err)
{
    const struct mir_header *header = &entrance->changeset->fields;
    const struct mir_member *member;
    *waiting = 0;
    if (mir_hash_is_zero(&header->authority)) {
        mirsal_hash team;
        mir_hash_bytes(&team, MIR_CONTEXT_TEAM, entrance->changeset->body.data,
            entrance->changeset->body.size);
        return mir_hash_equal(&team, &entrance->log->team)
                   ? MIRSAL_OK
                   : turn_away(entrance, MIR_REJECT_ADMISSION, "another team's genesis");
    }
    mirsal_code rc = mir_relay_members(&entrance->membership, entrance->log, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (mir_hash_equal(&entrance->membership->root, &header->device)) {
        return MIRSAL_OK;
    }
    member = mir_membership_device(entrance->membership, &header->device);
    if (member == NULL) {
        *waiting = 1;
        return is_join(entrance)
                   ? judge_join(entrance, err)
                   : turn_away(entrance, MIR_REJECT_ADMISSION, "its device has not joined");
    }
    *waiting = !member->member;
    return MIRSAL_OK;
}

static mirsal_code judge_quota(struct entrance *entrance, int waiting, mirsal_error *err)
{
    const struct mir_changeset *changeset = entrance->changeset;
    const struct mir_relay_quota *quota = &entrance->log->quota;
    uint64_t size = changeset->header.size + changeset->signature.size + changeset->body.size;
    uint64_t bound = waiting ? WAITING_QUOTA : quota->device;
    uint64_t used = 0;
    uint64_t team_used = 0;
    int64_t device = 0;
    mirsal_code rc = mir_device_no(&device, entrance->log->sql, &changeset->fields.device, 0, err);
    if (rc == MIRSAL_OK && device != 0) {
        rc = mir_relay_usage(&used, entrance->log, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_usage(&team_used, entrance->log, 0, err);
    }
    if (rc == MIRSAL_OK && ((bound != 0 && used + size > bound) ||
                               (quota->team != 0 && team_used + size > quota->team))) {
        rc = turn_away(entrance, MIR_REJECT_ADMISSION, "quota");
    }
    return rc;
}

static mirsal_code add_usage(struct mir_relay_log *log,
    int64_t device,
    uint64_t size,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO usage (device, bytes) VALUES (?1, ?2)"
                               " ON CONFLICT (device) DO UPDATE SET bytes = bytes + excluded.bytes";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, device);
    mir_sql_bind_int(statement, 2, (int64_t)size);
    return mir_sql_done(log->sql, statement, err);
}

static mirsal_code judge(struct entrance *entrance, mirsal_error *err)
{
    int waiting = 0;
    mirsal_code rc = judge_itself(entrance, err);
    if (rc == MIRSAL_OK && entrance->code == 0) {
        rc = judge_place(entrance, err);
    }
    if (rc == MIRSAL_OK && entrance->code == 0) {
        rc = judge_author(entrance, &waiting, err);
    }
    if (rc == MIRSAL_OK && entrance->code == 0) {
        rc = judge_quota(entrance, waiting, err);
    }
    return rc;
}

static mirsal_code take(uint64_t *arrival, struct entrance *entrance, mirsal_error *err)
{
    const struct mir_verdict held = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    struct mir_relay_log *log = entrance->log;
    struct mir_chain_row row;
    int forks = 0;
    mirsal_code rc = mir_chain_insert(
        &row, &forks, log->sql, entrance->changeset, mir_now_ms(log->env), held, err);
    if (rc == MIRSAL_OK) {
        rc = mir_relay_tree_append(log, (uint64_t)row.no, &row.id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_usage(log, row.device, row.size, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_usage(log, 0, row.size, err);
    }
    if (rc == MIRSAL_OK) {
        *arrival = (uint64_t)row.no;
        if (forks) {
            rc = turn_away(entrance, MIR_REJECT_FORK, "another one has this place");
        }
    }
    return rc;
}

mirsal_code mir_relay_log_append(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    struct mir_relay_log *log,
    const mirsal_hash *sender,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct entrance entrance = { .log = log, .changeset = changeset };
    struct mir_chain_row row;
    (void)sender; /* what a changeset is worth depends on who wrote it, not on who carries it */
    *taken = 0;
    *arrival = 0;
    memset(reject, 0, sizeof *reject);
    mir_arena_reset(&log->arena);
    mirsal_code rc = mir_chain_find(&row, log->sql, &changeset->id, err);
    if (rc != MIRSAL_OK || row.no != 0) {
        *taken = rc == MIRSAL_OK;
        return rc;
    }
    rc = judge(&entrance, err);
    if (rc == MIRSAL_OK && entrance.code == 0) {
        *taken = 1;
        rc = take(arrival, &entrance, err);
    }
    if (rc == MIRSAL_OK && entrance.code != 0) {
        reject->device = changeset->fields.device;
        reject->compartment = changeset->fields.compartment;
        reject->seq = changeset->fields.seq;
        reject->code = entrance.code;
        (void)snprintf(reject->text, sizeof reject->text, "%s", entrance.text);
    }
    return rc;
}
