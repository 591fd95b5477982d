/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relayaccept.c - what a relay takes into its log: protocol/sync.md 6.
 *
 * In this order: held before; what entrance.h judges; quota. Whether a changeset counts is not
 * judged here: every replica does that.
 */
#include "entrance.h"
#include "env.h"
#include "members.h"
#include "relaylogin.h"

#include <string.h>

/* A device's second row of `usage`. */
#define USED_PAST_CUT(device) (-(device))
#define WAITING_QUOTA         ((uint64_t)1 << 20) /* of a device that is not admitted yet */

/* Past what the cuts held leave of its chain (sync.md 6.5). */
static int is_past_cut(const struct mir_relay_log *log, const struct mir_changeset *changeset)
{
    const struct mir_header *header = &changeset->fields;
    uint64_t left = 0;
    return log->served.members != NULL &&
           mir_membership_cut_at(
               &left, &log->served.members->membership, &header->device, header->compartment) &&
           header->seq > left;
}

static mirsal_code judge_cut(struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    int64_t device,
    uint64_t size,
    mirsal_error *err)
{
    uint64_t used = 0;
    mirsal_code rc = mir_relay_usage(&used, log, USED_PAST_CUT(device), err);
    if (rc == MIRSAL_OK && log->quota.cut != 0 && used + size > log->quota.cut) {
        answer->code = MIR_REJECT_ADMISSION;
        answer->text = "its device was cut";
    }
    return rc;
}

static mirsal_code judge_quota(struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_relay_quota *quota = &log->quota;
    uint64_t size = changeset->header.size + changeset->signature.size + changeset->body.size;
    uint64_t bound = answer->waiting ? WAITING_QUOTA : quota->device;
    uint64_t used = 0;
    uint64_t team_used = 0;
    int64_t device = 0;
    mirsal_code rc = mir_device_no(&device, log->sql, &changeset->fields.device, 0, err);
    if (rc == MIRSAL_OK && device != 0) {
        rc = mir_relay_usage(&used, log, device, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_usage(&team_used, log, 0, err);
    }
    if (rc == MIRSAL_OK && ((bound != 0 && used + size > bound) ||
                               (quota->team != 0 && team_used + size > quota->team))) {
        answer->code = MIR_REJECT_ADMISSION;
        answer->text = "quota";
        return rc;
    }
    return rc == MIRSAL_OK && is_past_cut(log, changeset)
               ? judge_cut(answer, log, device, size, err)
               : rc;
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

static mirsal_code take(uint64_t *arrival,
    struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_verdict held = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    struct mir_chain_row row;
    int forks = 0;
    mirsal_code rc =
        mir_chain_insert(&row, &forks, log->sql, changeset, mir_now_ms(log->env), held, err);
    if (rc == MIRSAL_OK && changeset->residue) {
        int stored = 0;
        rc = mir_relay_take_residue(&stored, answer, log, &row, changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_tree_append(log, (uint64_t)row.no, &row.id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_usage(log, row.device, row.size, err);
    }
    if (rc == MIRSAL_OK && is_past_cut(log, changeset)) {
        rc = add_usage(log, USED_PAST_CUT(row.device), row.size, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_usage(log, 0, row.size, err);
    }
    if (rc == MIRSAL_OK) {
        *arrival = (uint64_t)row.no;
        if (forks) {
            answer->code = MIR_REJECT_FORK;
            answer->text = "another one has this place";
        }
    }
    return rc;
}

/*
 * By which clock an invite's expiry is judged (6.3): 0, none, where a coordinator or admin brings
 * the join of another device. It came in somewhere else, and a relay that is new must not lose it.
 */
static mirsal_code expiry_clock(uint64_t *now_ms,
    struct mir_relay_log *log,
    const mirsal_hash *sender,
    const struct mir_header *header,
    mirsal_error *err)
{
    const struct mir_membership *membership = NULL;
    *now_ms = mir_now_ms(log->env);
    if (sender == NULL || header->compartment != MIR_COMPARTMENT_CONTROL || header->seq != 1 ||
        mir_hash_equal(sender, &header->device)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_served_members(&membership, &log->served, err);
    if (rc == MIRSAL_OK) {
        const struct mir_member *carrier = mir_membership_device(membership, sender);
        if (carrier != NULL && carrier->member && !carrier->ended &&
            carrier->role >= MIR_ROLE_COORDINATOR) {
            *now_ms = 0;
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
    struct mir_entrance_answer answer;
    struct mir_chain_row row;
    uint64_t now_ms = 0;
    *taken = 0;
    *arrival = 0;
    memset(reject, 0, sizeof *reject);
    mir_arena_reset(&log->served.arena);
    memset(&answer, 0, sizeof answer);
    mirsal_code rc = mir_chain_find(&row, log->sql, &changeset->id, err);
    if (rc == MIRSAL_OK && row.no != 0 && !changeset->residue) {
        *taken = 1;
        return MIRSAL_OK;
    }
    if (rc == MIRSAL_OK && changeset->residue) {
        rc = mir_relay_take_residue(taken, &answer, log, &row, changeset, err);
    } else if (rc == MIRSAL_OK && changeset->fields.compartment != MIR_COMPARTMENT_CONTROL) {
        rc = mir_relay_judge_purged(&answer, log, changeset, err);
    }
    if (rc != MIRSAL_OK || *taken) {
        return rc;
    }
    if (answer.code == 0) {
        rc = expiry_clock(&now_ms, log, sender, &changeset->fields, err);
    }
    if (rc == MIRSAL_OK && answer.code == 0) {
        rc = mir_entrance_judge(&answer, &log->served, changeset, now_ms, err);
    }
    if (rc == MIRSAL_OK && answer.code == 0) {
        rc = judge_quota(&answer, log, changeset, err);
    }
    if (rc == MIRSAL_OK && answer.code == 0) {
        *taken = 1;
        rc = take(arrival, &answer, log, changeset, err);
    }
    if (rc == MIRSAL_OK && answer.code != 0) {
        mir_entrance_reject(reject, changeset, &answer);
    }
    return rc;
}
