/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/reports.c - relays, receipts, and the statements that do not count;
 * protocol/control.md 5.4.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Of concurrent words on one relay "not in use" counts; the address is that of the newest. */
static int list_relays(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_RELAY];
    struct mir_membership *out = strata->out;
    struct mir_words words = { NULL, 0, NULL };
    words.items = mir_arena_alloc(&strata->scratch, list->count, sizeof *words.items);
    out->relays = mir_arena_alloc(strata->keep, list->count, sizeof *out->relays);
    if (words.items == NULL || out->relays == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (mir_strata_is_admin(strata, mir_said_by(strata, list->items[i]))) {
            struct mir_word *word = &words.items[words.count++];
            word->subject = mir_said_what(strata, list->items[i])->relay.identity;
            word->value = mir_said_what(strata, list->items[i])->relay.in_use != 0;
            word->said = list->items[i];
        }
    }
    if (!mir_words_sort(strata, &words)) {
        return 0;
    }
    for (size_t i = 0; i < words.count; i++) {
        const struct mir_word *word = &words.items[i];
        if (i > 0 && mir_key_compare(&words.items[i - 1].subject, &word->subject) == 0) {
            continue;
        }
        struct mir_relay *relay = &out->relays[out->relay_count++];
        relay->identity = word->subject;
        relay->url = mir_said_what(strata, word->said)->relay.url;
        relay->in_use = mir_words_lowest(strata, &words, &word->subject, 0, 0);
    }
    return 1;
}

/* By chain and reader, the highest first. */
static int compare_receipts(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_receipt *left = a;
    const struct mir_receipt *right = b;
    int order = mir_key_compare(&left->head.device, &right->head.device);
    if (order == 0) {
        order = compare_numbers(left->head.compartment, right->head.compartment);
    }
    if (order == 0) {
        order = mir_key_compare(&left->reader, &right->reader);
    }
    if (order == 0) {
        order = compare_numbers(right->head.seq, left->head.seq);
    }
    return order != 0 ? order : mir_key_compare(&left->head.id, &right->head.id);
}

static int same_chain(const struct mir_receipt *a, const struct mir_receipt *b)
{
    return a->head.compartment == b->head.compartment &&
           mir_key_compare(&a->head.device, &b->head.device) == 0 &&
           mir_key_compare(&a->reader, &b->reader) == 0;
}

static int list_receipts(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_RECEIPT];
    struct mir_membership *out = strata->out;
    size_t listed = 0;
    size_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        listed += mir_said_what(strata, list->items[i])->receipt.head_count;
    }
    struct mir_receipt *all = mir_arena_alloc(strata->keep, listed, sizeof *all);
    if (all == NULL) {
        return 0;
    }
    listed = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        const mirsal_hash *reader = mir_said_by(strata, list->items[i]);
        for (size_t h = 0; h < what->receipt.head_count; h++) {
            if (mir_membership_can_read(out, reader, what->receipt.heads[h].compartment)) {
                all[listed].reader = *reader;
                all[listed++].head = what->receipt.heads[h];
            }
        }
    }
    mir_sort(all, listed, sizeof *all, compare_receipts, NULL);
    for (size_t i = 0; i < listed; i++) {
        const struct mir_receipt *last = kept > 0 ? &all[kept - 1] : NULL;
        if (last != NULL && same_chain(last, &all[i]) &&
            (last->head.seq > all[i].head.seq ||
                mir_key_compare(&last->head.id, &all[i].head.id) == 0)) {
            continue;
        }
        all[kept++] = all[i];
    }
    out->receipts = all;
    out->receipt_count = kept;
    return 1;
}

int mir_strata_reports(struct mir_strata *strata)
{
    return list_relays(strata) && list_receipts(strata);
}

static enum mir_reason judge_join(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *device = mir_said_by(strata, said);
    uint32_t grant = mir_causal_find(strata->causal, &what->join.grant);
    if (said.at != 0 || mir_said_fact(strata, said)->seq != 1) {
        return MIR_REASON_NOT_ALLOWED;
    }
    for (size_t i = 0; grant != NOBODY && i < strata->causal->facts[grant]->statement_count; i++) {
        if (strata->causal->facts[grant]->statements[i].kind == MIR_STATEMENT_RETIRE) {
            return MIR_REASON_UNRESOLVED;
        }
    }
    if (grant == NOBODY) {
        return MIR_REASON_AUTHORITY;
    }
    if (mir_strata_invite(strata, &what->join.grant) == NULL || !what->join.proof_ok) {
        return MIR_REASON_NOT_ALLOWED;
    }
    const struct mir_member *member = mir_membership_device(strata->out, device);
    return member != NULL && member->member ? MIR_REASON_NONE : MIR_REASON_ADMIT;
}

static enum mir_reason judge_admit(const struct mir_strata *strata, struct mir_said said)
{
    const mirsal_hash *author = mir_said_by(strata, said);
    const struct mir_member *member = mir_membership_device(strata->out, author);
    if (mir_strata_is_admin(strata, author)) {
        return MIR_REASON_NONE;
    }
    if (member == NULL || !member->member || member->role != MIR_ROLE_COORDINATOR ||
        mir_said_what(strata, said)->admit.confirmed) {
        return MIR_REASON_NOT_ALLOWED;
    }
    return member->settled ? MIR_REASON_NONE : MIR_REASON_ADMIT;
}

static enum mir_reason judge_role(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *author = mir_said_by(strata, said);
    int touches_admin =
        what->role.role == MIR_ROLE_ADMIN || mir_strata_is_admin(strata, &what->role.device);
    int allowed = mir_strata_is_root(strata, author) ||
                  (mir_strata_is_admin(strata, author) && !touches_admin);
    return allowed ? MIR_REASON_NONE : MIR_REASON_NOT_ALLOWED;
}

static enum mir_reason judge_invite(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_control *fact = mir_said_fact(strata, said);
    for (uint32_t i = 0; i < said.at; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_INVITE) {
            return MIR_REASON_NOT_ALLOWED;
        }
    }
    return mir_strata_invite(strata, &fact->id) != NULL ? MIR_REASON_NONE : MIR_REASON_NOT_ALLOWED;
}

/* Who may say it at all, where that alone decides: 1 members, 2 coordinators, 3 admins, 4 root. */
static int least_author(enum mir_statement_kind kind)
{
    switch (kind) {
    case MIR_STATEMENT_UNFREEZE:
    case MIR_STATEMENT_RECOVERY:
        return 4;
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
    case MIR_STATEMENT_ADOPT:
        return 2;
    case MIR_STATEMENT_EPOCH_KEY:
    case MIR_STATEMENT_EPOCH_OK:
    case MIR_STATEMENT_RECEIPT:
    case MIR_STATEMENT_RETIRE:
    case MIR_STATEMENT_PURGE_DONE:
    case MIR_STATEMENT_RESIDUE:
    case MIR_STATEMENT_FORK_PROOF:
        return 1;
    case MIR_STATEMENT_GENESIS:
    case MIR_STATEMENT_ADMIT:
    case MIR_STATEMENT_JOIN:
    case MIR_STATEMENT_ROLE:
    case MIR_STATEMENT_INVITE:
    case MIR_STATEMENT_UNKNOWN:
        break;
    }
    return 0;
}

static int root_may(enum mir_statement_kind kind)
{
    return kind == MIR_STATEMENT_CUT || kind == MIR_STATEMENT_UNFREEZE ||
           kind == MIR_STATEMENT_POLICY || kind == MIR_STATEMENT_PURGE ||
           kind == MIR_STATEMENT_UNPURGE || kind == MIR_STATEMENT_RECOVERY;
}

/* control.md 5.8: what this build keeps and shows but does not evaluate. */
static int is_evaluated(enum mir_statement_kind kind)
{
    return kind != MIR_STATEMENT_POLICY && kind != MIR_STATEMENT_CUT &&
           kind != MIR_STATEMENT_FREEZE && kind != MIR_STATEMENT_UNFREEZE &&
           kind != MIR_STATEMENT_ADOPT && kind != MIR_STATEMENT_RETIRE &&
           kind != MIR_STATEMENT_PURGE && kind != MIR_STATEMENT_UNPURGE &&
           kind != MIR_STATEMENT_PURGE_DONE && kind != MIR_STATEMENT_RESIDUE;
}

static enum mir_reason judge_plain(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *author = mir_said_by(strata, said);
    const struct mir_member *member = mir_membership_device(strata->out, author);
    int standing = member != NULL && member->member ? 1 : 0;
    if (standing && member->role == MIR_ROLE_COORDINATOR) {
        standing = 2;
    }
    if (mir_strata_is_admin(strata, author)) {
        standing = 3;
    }
    if (mir_strata_is_root(strata, author)) {
        standing = root_may(what->kind) ? 4 : 0;
    }
    if (standing < least_author(what->kind)) {
        /* A device that waits to be admitted may be right in the end. */
        return member != NULL && !member->member && least_author(what->kind) == 1
                   ? MIR_REASON_ADMIT
                   : MIR_REASON_NOT_ALLOWED;
    }
    if (what->kind == MIR_STATEMENT_COMPARTMENT &&
        (what->compartment.number == MIR_COMPARTMENT_MAIN ||
            what->compartment.number >= MIR_COMPARTMENT_CONTROL)) {
        return MIR_REASON_NOT_ALLOWED;
    }
    return is_evaluated(what->kind) ? MIR_REASON_NONE : MIR_REASON_UNRESOLVED;
}

static enum mir_reason judge_statement(const struct mir_strata *strata, struct mir_said said)
{
    switch (mir_said_what(strata, said)->kind) {
    case MIR_STATEMENT_GENESIS:
        return said.fact == strata->genesis && said.at == 0 ? MIR_REASON_NONE
                                                            : MIR_REASON_NOT_ALLOWED;
    case MIR_STATEMENT_JOIN:
        return judge_join(strata, said);
    case MIR_STATEMENT_ADMIT:
        return judge_admit(strata, said);
    case MIR_STATEMENT_ROLE:
        return judge_role(strata, said);
    case MIR_STATEMENT_INVITE:
        return judge_invite(strata, said);
    case MIR_STATEMENT_INVITE_REVOKE:
    case MIR_STATEMENT_COMPARTMENT:
    case MIR_STATEMENT_EPOCH:
    case MIR_STATEMENT_EPOCH_KEY:
    case MIR_STATEMENT_EPOCH_OK:
    case MIR_STATEMENT_SCHEMA:
    case MIR_STATEMENT_POLICY:
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
        return judge_plain(strata, said);
    case MIR_STATEMENT_UNKNOWN:
        break;
    }
    return MIR_REASON_UNRESOLVED;
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
                    reason = judge_statement(strata, (struct mir_said){ place, at });
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
