/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffcerts.c - see the header.
 *
 * A queue of devices, each wanted in one of three ways: as one who vouches (what root says of it is
 * enough), as one that joined, or with its role. What is found is judged by the rule that readers
 * judge by, so that nothing is handed over that they would refuse.
 */
#include "handoffcerts.h"

#include "chains.h"
#include "fail.h"
#include "members.h"
#include "mir_limits.h"
#include "sort.h"

#include <string.h>

enum want { WANT_VOUCHER, WANT_JOINED, WANT_ROLE };
struct wanted {
    mirsal_hash device;
    enum want want;
};

struct search {
    struct mir_store *store;
    const struct mir_members *members;
    struct mir_buf ids;   /* mirsal_hash, each once */
    struct mir_buf queue; /* struct wanted, each once */
};

static int same(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void add_id(struct search *search, const mirsal_hash *id)
{
    const mirsal_hash *ids = (const mirsal_hash *)(const void *)search->ids.data;
    for (size_t i = 0; i < search->ids.size / sizeof *ids; i++) {
        if (same(&ids[i], id)) {
            return;
        }
    }
    mir_buf_append(&search->ids, id->bytes, sizeof id->bytes);
}

static void want_device(struct search *search, const mirsal_hash *device, enum want want)
{
    const struct wanted *queue = (const struct wanted *)(const void *)search->queue.data;
    struct wanted wanted;
    for (size_t i = 0; i < search->queue.size / sizeof *queue; i++) {
        if (same(&queue[i].device, device) && queue[i].want == want) {
            return;
        }
    }
    memset(&wanted, 0, sizeof wanted);
    wanted.device = *device;
    wanted.want = want;
    mir_buf_append(&search->queue, &wanted, sizeof wanted);
}

static const struct mir_control *find_control(const struct search *search, const mirsal_hash *id)
{
    for (size_t i = 0; i < search->members->count; i++) {
        if (same(&search->members->facts[i].id, id)) {
            return &search->members->facts[i];
        }
    }
    return NULL;
}

/* What root last said to make the device admin. */
static void add_voucher(struct search *search, const mirsal_hash *device)
{
    const struct mir_membership *membership = &search->members->membership;
    const struct mir_control *newest = NULL;
    for (size_t i = 0; i < search->members->count; i++) {
        const struct mir_control *control = &search->members->facts[i];
        for (size_t k = 0;
             same(&control->device, &membership->root) && k < control->statement_count; k++) {
            const struct mir_statement *said = &control->statements[k];
            if (said->kind == MIR_STATEMENT_ROLE && said->role.role == MIR_ROLE_ADMIN &&
                same(&said->role.device, device) &&
                (newest == NULL || newest->seq < control->seq)) {
                newest = control;
            }
        }
    }
    if (newest != NULL) {
        add_id(search, &newest->id);
    }
}

/* The join and what it stands on. *in_person is that of its invite. */
static void add_join(struct search *search, const struct mir_member *member, int *in_person)
{
    const struct mir_control *join = find_control(search, &member->join);
    if (join == NULL || join->statement_count == 0 ||
        join->statements[0].kind != MIR_STATEMENT_JOIN) {
        return;
    }
    const struct mir_control *grant = find_control(search, &join->statements[0].join.grant);
    add_id(search, &join->id);
    if (grant == NULL) {
        return;
    }
    add_id(search, &grant->id);
    for (size_t i = 0; i < grant->statement_count; i++) {
        if (grant->statements[i].kind == MIR_STATEMENT_INVITE) {
            *in_person = grant->statements[i].invite.in_person;
            want_device(search, &grant->device, WANT_VOUCHER);
            return;
        }
    }
    want_device(search, &grant->device, WANT_JOINED);
}

static int is_role_of(const struct search *search,
    const struct mir_control *control,
    size_t statement,
    const mirsal_hash *device)
{
    const struct mir_statement *said = &control->statements[statement];
    return said->kind == MIR_STATEMENT_ROLE && same(&said->role.device, device) &&
           mir_membership_counts(&search->members->membership, &control->id, statement);
}

/* 1 when another role statement on the device knows this one. */
static int is_known(const struct search *search,
    const struct mir_control *control,
    const mirsal_hash *device)
{
    for (size_t i = 0; i < search->members->count; i++) {
        const struct mir_control *other = &search->members->facts[i];
        for (size_t k = 0; k < other->statement_count; k++) {
            if (is_role_of(search, other, k, device) &&
                mir_membership_knows(&search->members->membership, &other->id, &control->id)) {
                return 1;
            }
        }
    }
    return 0;
}

/* The newest role statements on the device; gives how many. */
static size_t add_roles(struct search *search, const mirsal_hash *device)
{
    size_t count = 0;
    for (size_t i = 0; i < search->members->count; i++) {
        const struct mir_control *control = &search->members->facts[i];
        for (size_t k = 0; k < control->statement_count; k++) {
            if (!is_role_of(search, control, k, device) || is_known(search, control, device)) {
                continue;
            }
            add_id(search, &control->id);
            if (!same(&control->device, &search->members->membership.root)) {
                want_device(search, &control->device, WANT_VOUCHER);
            }
            count++;
        }
    }
    return count;
}

/* Of the admits that count, an admin's before a coordinator's, then the one that says least. */
static void add_admit(struct search *search, const struct mir_member *member)
{
    const struct mir_membership *membership = &search->members->membership;
    const struct mir_control *best = NULL;
    int best_is_admin = 0;
    for (size_t i = 0; i < search->members->count; i++) {
        const struct mir_control *control = &search->members->facts[i];
        for (size_t k = 0; k < control->statement_count; k++) {
            const struct mir_statement *said = &control->statements[k];
            if (said->kind != MIR_STATEMENT_ADMIT || !same(&said->admit.device, &member->key) ||
                !same(&said->admit.join, &member->join) ||
                !mir_membership_counts(membership, &control->id, k)) {
                continue;
            }
            const struct mir_member *by = mir_membership_device(membership, &control->device);
            int is_admin = by != NULL && by->role == MIR_ROLE_ADMIN;
            if (best == NULL || is_admin > best_is_admin ||
                (is_admin == best_is_admin && control->statement_count < best->statement_count)) {
                best = control;
                best_is_admin = is_admin;
            }
        }
    }
    if (best != NULL) {
        add_id(search, &best->id);
        want_device(search, &best->device, best_is_admin ? WANT_VOUCHER : WANT_ROLE);
    }
}

static void look_for(struct search *search, const struct wanted *wanted)
{
    const struct mir_membership *membership = &search->members->membership;
    const struct mir_member *member = mir_membership_device(membership, &wanted->device);
    int in_person = 0;
    if (same(&wanted->device, &membership->founder) || member == NULL) {
        return;
    }
    if (wanted->want == WANT_VOUCHER ||
        (wanted->want == WANT_ROLE && member->role == MIR_ROLE_ADMIN)) {
        add_voucher(search, &wanted->device);
        return;
    }
    add_join(search, member, &in_person);
    if (wanted->want == WANT_ROLE && add_roles(search, &wanted->device) == 0 && !in_person) {
        add_admit(search, member);
    }
}

static void add_genesis(struct search *search)
{
    for (size_t i = 0; i < search->members->count; i++) {
        const struct mir_control *control = &search->members->facts[i];
        if (control->statement_count > 0 && control->statements[0].kind == MIR_STATEMENT_GENESIS &&
            control->statements[0].genesis.is_team &&
            same(&control->device, &search->members->membership.root)) {
            add_id(search, &control->id);
            return;
        }
    }
}

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_hash));
}

static mirsal_code load(struct mir_handoff_certs *out,
    struct mir_arena *arena,
    struct search *search,
    mirsal_error *err)
{
    struct mir_buf lone;
    struct mir_store *store = search->store;
    mirsal_code rc = MIRSAL_OK;
    out->count = search->ids.size / sizeof *out->ids;
    out->ids = mir_arena_copy(arena, search->ids.data, search->ids.size);
    out->lone = mir_arena_alloc(arena, out->count + 1, sizeof *out->lone);
    if (out->ids == NULL || out->lone == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    if (out->count > MIR_HANDOFF_CONTROL_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too many authors for one handoff");
    }
    mir_sort(out->ids, out->count, sizeof *out->ids, compare_ids, NULL);
    mir_buf_init(&lone, store->env, SIZE_MAX / 2);
    for (size_t i = 0; i < out->count && rc == MIRSAL_OK; i++) {
        struct mir_chain_row row;
        struct mir_changeset changeset;
        mir_buf_reset(&lone);
        rc = mir_chain_find(&row, store->sql, &out->ids[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_chain_load(&changeset, arena, store->sql, row.no, err);
        }
        if (rc == MIRSAL_OK) {
            mir_changeset_encode(&lone, &changeset);
            rc = mir_buf_finish(&lone, err);
        }
        if (rc == MIRSAL_OK) {
            uint8_t *kept = mir_arena_copy(arena, lone.data, lone.size);
            out->lone[i] = (struct mir_bytes){ kept, lone.size };
            rc = kept != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
    }
    mir_buf_fini(&lone);
    return rc;
}

mirsal_code mir_handoff_certs(struct mir_handoff_certs *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *devices,
    size_t count,
    mirsal_error *err)
{
    struct search search = { .store = store, .members = store->members };
    memset(out, 0, sizeof *out);
    mir_buf_init(&search.ids, store->env, SIZE_MAX / 2);
    mir_buf_init(&search.queue, store->env, SIZE_MAX / 2);
    add_genesis(&search);
    for (size_t i = 0; i < count; i++) {
        want_device(&search, &devices[i], WANT_ROLE);
    }
    for (size_t at = 0; (at + 1) * sizeof(struct wanted) <= search.queue.size; at++) {
        struct wanted wanted = ((const struct wanted *)(const void *)search.queue.data)[at];
        look_for(&search, &wanted);
    }
    mirsal_code rc = mir_buf_finish(&search.ids, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&search.queue, err);
    }
    if (rc == MIRSAL_OK) {
        rc = load(out, arena, &search, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_chain(
            &out->shown, &out->shown_count, arena, &store->team, out->lone, out->count, err);
    }
    mir_buf_fini(&search.queue);
    mir_buf_fini(&search.ids);
    return rc;
}
