/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/states.c - the state of each statement, and the list of those that do not count;
 * protocol/control.md 5.10.
 */
#include "strata.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static enum mir_reason judge_join(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *device = mir_said_by(strata, said);
    uint32_t at = strata->joined_by_fact[said.fact];
    if (said.at != 0 || mir_said_fact(strata, said)->seq != 1 ||
        mir_strata_is_root(strata, device) || mir_key_compare(device, &strata->out->founder) == 0) {
        return MIR_REASON_NOT_ALLOWED;
    }
    if (mir_causal_find(strata->causal, &what->join.grant) == NOBODY) {
        return MIR_REASON_AUTHORITY;
    }
    if (at == 0 || !strata->joined[at - 1].valid) {
        return MIR_REASON_NOT_ALLOWED;
    }
    const struct mir_member *member = mir_membership_device(strata->out, device);
    return member != NULL && member->member &&
                   mir_key_compare(&member->join, &mir_said_fact(strata, said)->id) == 0
               ? MIR_REASON_NONE
               : MIR_REASON_ADMIT;
}

static int root_may(enum mir_statement_kind kind)
{
    return kind == MIR_STATEMENT_ROLE || kind == MIR_STATEMENT_CUT ||
           kind == MIR_STATEMENT_UNFREEZE || kind == MIR_STATEMENT_POLICY ||
           kind == MIR_STATEMENT_PURGE || kind == MIR_STATEMENT_UNPURGE ||
           kind == MIR_STATEMENT_SCHEMA || kind == MIR_STATEMENT_RECOVERY;
}

/* A second order in one changeset would have no name; namings need none. */
static int is_first_purge(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    return what->kind != MIR_STATEMENT_PURGE || mir_purge_is_naming(&what->purge) ||
           mir_strata_first(strata, said.fact, MIR_STATEMENT_PURGE) == what;
}

/* What is kept and shown and not evaluated. */
static enum mir_reason judge_meaning(const struct mir_strata *strata,
    const struct mir_statement *what)
{
    switch (what->kind) {
    case MIR_STATEMENT_UNKNOWN:
        return MIR_REASON_UNRESOLVED;
    case MIR_STATEMENT_POLICY:
        return mir_policy_is_known(what) ? MIR_REASON_NONE : MIR_REASON_UNRESOLVED;
    case MIR_STATEMENT_EPOCH:
        return mir_strata_reaches(strata, &what->epoch.name) ? MIR_REASON_NONE
                                                             : MIR_REASON_UNRESOLVED;
    case MIR_STATEMENT_GENESIS:
    case MIR_STATEMENT_ADMIT:
    case MIR_STATEMENT_JOIN:
    case MIR_STATEMENT_ROLE:
    case MIR_STATEMENT_INVITE:
    case MIR_STATEMENT_INVITE_REVOKE:
    case MIR_STATEMENT_COMPARTMENT:
    case MIR_STATEMENT_EPOCH_KEY:
    case MIR_STATEMENT_EPOCH_OK:
    case MIR_STATEMENT_SCHEMA:
    case MIR_STATEMENT_RECEIPT:
    case MIR_STATEMENT_RELAY:
    case MIR_STATEMENT_CUT:
    case MIR_STATEMENT_FREEZE:
    case MIR_STATEMENT_UNFREEZE:
    case MIR_STATEMENT_ADOPT:
    case MIR_STATEMENT_RETIRE:
    case MIR_STATEMENT_PURGE:
    case MIR_STATEMENT_PURGE_DONE:
    case MIR_STATEMENT_UNPURGE:
    case MIR_STATEMENT_RESIDUE:
    case MIR_STATEMENT_FORK_PROOF:
    case MIR_STATEMENT_RECOVERY:
        break;
    }
    return MIR_REASON_NONE;
}

/* Who may say it at all: 1 members, 2 coordinators, 3 admins, 4 root. */
static int least_author(const struct mir_statement *what)
{
    switch (what->kind) {
    case MIR_STATEMENT_UNFREEZE:
    case MIR_STATEMENT_RECOVERY:
    case MIR_STATEMENT_GENESIS:
    case MIR_STATEMENT_UNKNOWN:
        return 4;
    case MIR_STATEMENT_ROLE:
    case MIR_STATEMENT_INVITE:
    case MIR_STATEMENT_INVITE_REVOKE:
    case MIR_STATEMENT_COMPARTMENT:
    case MIR_STATEMENT_EPOCH:
    case MIR_STATEMENT_SCHEMA:
    case MIR_STATEMENT_POLICY:
    case MIR_STATEMENT_RELAY:
    case MIR_STATEMENT_CUT:
    case MIR_STATEMENT_FREEZE:
    case MIR_STATEMENT_PURGE:
    case MIR_STATEMENT_UNPURGE:
        return 3;
    case MIR_STATEMENT_ADMIT:
        return what->admit.confirmed ? 3 : 2;
    case MIR_STATEMENT_ADOPT:
    case MIR_STATEMENT_RESIDUE:
        return 2;
    case MIR_STATEMENT_JOIN:
    case MIR_STATEMENT_EPOCH_KEY:
    case MIR_STATEMENT_EPOCH_OK:
    case MIR_STATEMENT_RECEIPT:
    case MIR_STATEMENT_RETIRE:
    case MIR_STATEMENT_PURGE_DONE:
    case MIR_STATEMENT_FORK_PROOF:
        break;
    }
    return 1;
}

/* What an admin may not say although admins may say its kind; what nobody may say twice. */
static int is_barred(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    switch ((int)what->kind) {
    case MIR_STATEMENT_ROLE:
        return what->role.role == MIR_ROLE_ADMIN || mir_strata_is_admin(strata, &what->role.device);
    case MIR_STATEMENT_CUT:
        return mir_strata_is_admin(strata, &what->cut.device);
    case MIR_STATEMENT_INVITE:
        return what->invite.role > MIR_ROLE_COORDINATOR ||
               mir_strata_first(strata, said.fact, MIR_STATEMENT_INVITE) != what;
    case MIR_STATEMENT_COMPARTMENT:
        return what->compartment.number == MIR_COMPARTMENT_MAIN ||
               what->compartment.number >= MIR_COMPARTMENT_CONTROL;
    case MIR_STATEMENT_RETIRE:
        return (strata->marks[said.fact] & (MIR_MARK_RETIRES | MIR_MARK_FROZEN)) == 0 ||
               mir_strata_first(strata, said.fact, MIR_STATEMENT_RETIRE) != what;
    case MIR_STATEMENT_PURGE:
        return !is_first_purge(strata, said);
    default:
        return 0;
    }
}

/* 5.3: what a frozen admin still says. */
static int is_suspended(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    if ((strata->marks[said.fact] & MIR_MARK_FROZEN) == 0) {
        return 0;
    }
    if (what->kind == MIR_STATEMENT_INVITE) {
        return what->invite.role > MIR_ROLE_MONITOR || what->invite.protected_;
    }
    return what->kind != MIR_STATEMENT_ADMIT || mir_strata_admit_is_suspended(strata, said);
}

static enum mir_reason judge_member(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    const struct mir_member *member = mir_membership_device(strata->out, mir_said_by(strata, said));
    uint32_t bottom = strata->bottom[said.fact];
    int standing = 3;
    if ((strata->marks[said.fact] & MIR_MARK_CUT) != 0) {
        return MIR_REASON_CUT;
    }
    if ((strata->marks[said.fact] & MIR_MARK_ADMIN) == 0) {
        if (member == NULL || !member->valid) {
            return MIR_REASON_NOT_ALLOWED;
        }
        if (!member->member ||
            (!member->founder &&
                (bottom == NOBODY ||
                    mir_key_compare(&strata->causal->facts[bottom]->id, &member->join) != 0))) {
            return MIR_REASON_ADMIT;
        }
        standing = strata->roles_of[said.fact] == (int)MIR_ROLE_COORDINATOR ? 2 : 1;
    }
    if (standing < least_author(what) || is_barred(strata, said)) {
        return MIR_REASON_NOT_ALLOWED;
    }
    if (what->kind == MIR_STATEMENT_ADMIT && standing == 2 && !member->settled) {
        return MIR_REASON_ADMIT;
    }
    return is_suspended(strata, said) ? MIR_REASON_FROZEN : judge_meaning(strata, what);
}

enum mir_reason mir_said_state(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    if (what->kind == MIR_STATEMENT_GENESIS) {
        return said.fact == strata->genesis && said.at == 0 ? MIR_REASON_NONE
                                                            : MIR_REASON_NOT_ALLOWED;
    }
    if (what->kind == MIR_STATEMENT_JOIN) {
        return judge_join(strata, said);
    }
    if (mir_strata_is_root(strata, mir_said_by(strata, said))) {
        return root_may(what->kind) && is_first_purge(strata, said) ? judge_meaning(strata, what)
                                                                    : MIR_REASON_NOT_ALLOWED;
    }
    return judge_member(strata, said);
}

int mir_strata_faults(struct mir_strata *strata)
{
    const struct mir_causal *causal = strata->causal;
    struct mir_membership *out = strata->out;
    for (int fill = 0; fill < 2; fill++) {
        size_t count = 0;
        for (uint32_t place = 0; place < causal->count; place++) {
            const struct mir_control *fact = causal->facts[place];
            int unseen = causal->after_unseen[place];
            for (uint32_t at = 0; at < fact->statement_count; at++) {
                enum mir_statement_kind kind = fact->statements[at].kind;
                enum mir_reason reason = MIR_REASON_UNRESOLVED;
                unseen |= kind == MIR_STATEMENT_UNKNOWN;
                if (!causal->stands[place] && kind != MIR_STATEMENT_INVITE) {
                    reason = MIR_REASON_PREV;
                } else if (!unseen) {
                    reason = mir_said_state(strata, (struct mir_said){ place, at });
                }
                if (reason != MIR_REASON_NONE && fill) {
                    out->faults[count].changeset = fact->id;
                    out->faults[count].statement = at;
                    out->faults[count].reason = reason;
                }
                count += reason != MIR_REASON_NONE;
            }
        }
        if (!fill) {
            out->faults = mir_arena_alloc(strata->keep, count, sizeof *out->faults);
            if (out->faults == NULL) {
                return 0;
            }
        }
        out->fault_count = count;
    }
    return 1;
}
