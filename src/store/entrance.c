/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/entrance.c - what may come in; see the header. In this order: team, form of a control body,
 * signature; place in the chain; author.
 */
#include "entrance.h"

#include "chains.h"
#include "env.h"
#include "fail.h"
#include "hash.h"
#include "sign.h"
#include "statement.h"

#include <stdio.h>
#include <string.h>

/* One changeset on its way in. */
struct entrance {
    struct mir_served *served;
    const struct mir_changeset *changeset;
    const struct mir_membership *membership;
    struct mir_control_body control; /* of a control changeset */
    uint64_t now_ms;                 /* 0: no invite expires */
    struct mir_entrance_answer *answer;
};

static mirsal_code turn_away(struct entrance *entrance, enum mir_reject_code code, const char *text)
{
    entrance->answer->code = code;
    entrance->answer->text = text;
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
    if (!mir_hash_equal(&changeset->fields.team, &entrance->served->team)) {
        return turn_away(entrance, MIR_REJECT_MALFORMED, "of another team");
    }
    if (is_control(entrance)) {
        mirsal_code rc = mir_control_body_read(
            &entrance->control, &entrance->served->arena, changeset->body, NULL);
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
        rc = mir_chain_find(&row, entrance->served->sql, &header->prev, err);
        if (rc == MIRSAL_OK && row.no == 0) {
            return turn_away(entrance, MIR_REJECT_GAP, "the one before is not held");
        }
        if (rc == MIRSAL_OK) {
            rc = mir_device_key(&key, entrance->served->sql, row.device, err);
        }
        if (rc == MIRSAL_OK &&
            (row.compartment != header->compartment || row.seq + 1 != header->seq ||
                !mir_hash_equal(&key, &header->device))) {
            return turn_away(entrance, MIR_REJECT_MALFORMED, "prev is of another place");
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_find(&row, entrance->served->sql, &header->authority, err);
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
    mirsal_code rc = mir_chain_find(&row, entrance->served->sql, id, err);
    if (rc != MIRSAL_OK || row.no == 0 || row.compartment != MIR_COMPARTMENT_CONTROL) {
        return rc;
    }
    rc = mir_chain_load(&changeset, &entrance->served->arena, entrance->served->sql, row.no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_control_body_read(&body, &entrance->served->arena, changeset.body, err);
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
    mir_buf_init(&message, entrance->served->env, 1024);
    mir_join_message(&message, &entrance->served->team, &entrance->changeset->fields.device, join);
    rc = mir_buf_finish(&message, err);
    if (rc == MIRSAL_OK &&
        !mir_sign_verify(join->proof, MIR_CONTEXT_JOIN, message.data, message.size, grant.key)) {
        rc = turn_away(entrance, MIR_REJECT_ADMISSION, "the join is not the grant's");
    } else if (rc == MIRSAL_OK && grant.expires_ms != 0 && grant.expires_ms < entrance->now_ms) {
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
static mirsal_code judge_author(struct entrance *entrance, mirsal_error *err)
{
    const struct mir_header *header = &entrance->changeset->fields;
    const struct mir_member *member;
    if (mir_hash_is_zero(&header->authority)) {
        mirsal_hash team;
        mir_hash_bytes(&team, MIR_CONTEXT_TEAM, entrance->changeset->body.data,
            entrance->changeset->body.size);
        return mir_hash_equal(&team, &entrance->served->team)
                   ? MIRSAL_OK
                   : turn_away(entrance, MIR_REJECT_ADMISSION, "another team's genesis");
    }
    mirsal_code rc = mir_served_members(&entrance->membership, entrance->served, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (mir_hash_equal(&entrance->membership->root, &header->device)) {
        return MIRSAL_OK;
    }
    member = mir_membership_device(entrance->membership, &header->device);
    if (member == NULL) {
        entrance->answer->waiting = 1;
        return is_join(entrance)
                   ? judge_join(entrance, err)
                   : turn_away(entrance, MIR_REJECT_ADMISSION, "its device has not joined");
    }
    entrance->answer->waiting = !member->member;
    return MIRSAL_OK;
}

mirsal_code mir_entrance_judge(struct mir_entrance_answer *out,
    struct mir_served *served,
    const struct mir_changeset *changeset,
    uint64_t now_ms,
    mirsal_error *err)
{
    struct entrance entrance = {
        .served = served, .changeset = changeset, .now_ms = now_ms, .answer = out
    };
    memset(out, 0, sizeof *out);
    mirsal_code rc = judge_itself(&entrance, err);
    if (rc == MIRSAL_OK && out->code == 0) {
        rc = judge_place(&entrance, err);
    }
    if (rc == MIRSAL_OK && out->code == 0) {
        rc = judge_author(&entrance, err);
    }
    return rc;
}

void mir_entrance_reject(struct mir_reject *out,
    const struct mir_changeset *changeset,
    const struct mir_entrance_answer *answer)
{
    memset(out, 0, sizeof *out);
    out->device = changeset->fields.device;
    out->compartment = changeset->fields.compartment;
    out->seq = changeset->fields.seq;
    out->code = answer->code;
    (void)snprintf(out->text, sizeof out->text, "%s", answer->text);
}
