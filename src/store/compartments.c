/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/compartments.c - a team's compartments; see the header.
 *
 * The number of a new one is drawn among those that are free: two admins who do not know of each
 * other would both take the lowest, and share a compartment that neither meant.
 */
#include "compartments.h"

#include "accept.h"
#include "changeset.h"
#include "duties.h"
#include "env.h"
#include "epochkeys.h"
#include "epochturn.h"
#include "fail.h"
#include "members.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)8 << 20)
#define OWN_FIRST 2u /* main and protected come before */
#define OWN_COUNT (MIR_COMPARTMENT_CONTROL - OWN_FIRST)

int mir_compartment_exists(const struct mir_store *store, uint32_t compartment)
{
    return compartment < MIR_COMPARTMENT_CONTROL &&
           (store->membership->compartments[compartment / 64] >> compartment % 64 & 1) != 0;
}

static mirsal_code need_admin(const struct mir_store *store, mirsal_error *err)
{
    return mir_members_self(store, MIR_ROLE_ADMIN) != NULL
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_NOT_ALLOWED, "only an admin sees to compartments");
}

/* The newest of its statements that names it, by stamp, then by id. */
static mirsal_code own_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    const mirsal_hash *best = NULL;
    uint64_t best_stamp = 0;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        struct mir_control_body body = { .says = NULL };
        for (size_t j = 0; rc == MIRSAL_OK && j < fact->statement_count; j++) {
            if (fact->statements[j].kind != MIR_STATEMENT_COMPARTMENT ||
                !mir_membership_counts(store->membership, &fact->id, j)) {
                continue;
            }
            if (body.says == NULL) {
                rc = mir_statements_read(&body, arena, store, &fact->id, err);
            }
            if (rc != MIRSAL_OK || j >= body.say_count || !body.says[j].compartment.name.has ||
                body.says[j].compartment.number != compartment) {
                continue;
            }
            int newer = body.stamp > best_stamp ||
                        (body.stamp == best_stamp && best != NULL &&
                            memcmp(fact->id.bytes, best->bytes, sizeof best->bytes) > 0);
            if (best == NULL || newer) {
                best = &fact->id;
                best_stamp = body.stamp;
                rc = mir_statements_open_text(
                    out, arena, store, &body.says[j].compartment.name, err);
            }
        }
    }
    return rc;
}

mirsal_code mir_compartment_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    static const uint8_t names[2][10] = { "main", "protected" };
    *out = (struct mir_bytes){ NULL, 0 };
    if (compartment < OWN_FIRST) {
        *out = (struct mir_bytes){ names[compartment], compartment == 0 ? 4 : 9 };
        return MIRSAL_OK;
    }
    return own_name(out, arena, store, compartment, err);
}

static int parse_number(uint32_t *out, const char *text)
{
    size_t size = strspn(text, "0123456789");
    *out = 0;
    for (size_t i = 0; i < size && size <= 3; i++) {
        *out = *out * 10 + (uint32_t)(text[i] - '0');
    }
    return size > 0 && size <= 3 && text[size] == '\0';
}

/* How many compartments have that name; *out is the last of them. */
static mirsal_code count_named(uint32_t *count,
    uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err)
{
    struct mir_bytes sought = { (const uint8_t *)name, strlen(name) };
    struct mir_arena arena;
    mirsal_code rc = MIRSAL_OK;
    *count = 0;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENT_CONTROL; c++) {
        struct mir_bytes held;
        if (!mir_compartment_exists(store, c)) {
            continue;
        }
        mir_arena_reset(&arena);
        rc = mir_compartment_name(&held, &arena, store, c, err);
        if (rc == MIRSAL_OK && held.size > 0 && mir_bytes_equal(held, sought)) {
            ++*count;
            *out = c;
        }
    }
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_compartment_find(uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err)
{
    uint32_t count = 0;
    if (parse_number(out, name)) {
        return mir_compartment_exists(store, *out)
                   ? MIRSAL_OK
                   : mir_fail_field(err, MIRSAL_BAD_VALUE, "compartment", "no such compartment");
    }
    mirsal_code rc = count_named(&count, out, store, name, err);
    if (rc == MIRSAL_OK && count == 0) {
        /* Their names are sealed to the readers of main. */
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "compartment",
            mir_members_reads(store, MIR_COMPARTMENT_MAIN)
                ? "no such compartment"
                : "no such compartment, or one whose name this device cannot read: say its number");
    } else if (rc == MIRSAL_OK && count > 1) {
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "compartment",
            "two compartments have that name: say its number");
    }
    return rc;
}

static mirsal_code pick_number(uint32_t *out, const struct mir_store *store, mirsal_error *err)
{
    uint8_t drawn = 0;
    mir_random(store->env, &drawn, sizeof drawn);
    for (uint32_t i = 0; i < OWN_COUNT; i++) {
        *out = OWN_FIRST + (drawn + i) % OWN_COUNT;
        if (!mir_compartment_exists(store, *out)) {
            return MIRSAL_OK;
        }
    }
    return mir_fail(err, MIRSAL_LIMIT, "a team has 253 compartments of its own at most");
}

/* Says, settles, and writes the envelopes that follow. */
static mirsal_code say_and_deliver(struct mir_store *store,
    const struct mir_say *says,
    uint32_t count,
    mirsal_error *err)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_statements_say(NULL, store, says, count, err);
    return rc == MIRSAL_OK ? mir_accept_settle(&counts, store, err) : rc;
}

static mirsal_code finish(struct mir_store *store, mirsal_code rc, mirsal_error *err)
{
    uint32_t wrote = 0;
    if (rc == MIRSAL_OK) {
        rc = mir_duties_run(&wrote, store, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static mirsal_code check_name(struct mir_store *store, const char *name, mirsal_error *err)
{
    uint32_t number = 0;
    uint32_t count = 0;
    size_t size = strlen(name);
    if (size == 0 || size > MIR_COMPARTMENT_NAME_MAX || parse_number(&number, name)) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "name", "that names no compartment");
    }
    mirsal_code rc = count_named(&count, &number, store, name, err);
    return rc == MIRSAL_OK && count > 0
               ? mir_fail_field(err, MIRSAL_BAD_VALUE, "name", "a compartment has that name")
               : rc;
}

mirsal_code mir_compartment_add(uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err)
{
    const struct mir_reader_grant grant = { *mir_store_device(store), 1 };
    struct mir_say says[2] = { { .kind = MIR_SAY_COMPARTMENT } };
    struct mir_arena arena;
    mirsal_code rc = need_admin(store, err);
    if (rc == MIRSAL_OK) {
        rc = check_name(store, name, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_arena_init(&arena, store->env, ARENA_MAX);
    rc = pick_number(out, store, err);
    says[0].compartment.number = (uint8_t)*out;
    says[0].compartment.grants = &grant;
    says[0].compartment.grant_count = 1;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(&says[0].compartment.name, &arena, store, name, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_epoch_make(&says[1], store, *out, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = say_and_deliver(store, says, 2, err);
    }
    mir_arena_fini(&arena);
    return finish(store, rc, err);
}

mirsal_code mir_compartment_grant(struct mir_store *store,
    uint32_t compartment,
    const mirsal_hash *device,
    int readable,
    mirsal_error *err)
{
    const struct mir_reader_grant grant = { *device, readable };
    struct mir_say say = { .kind = MIR_SAY_COMPARTMENT };
    const struct mir_member *member = mir_membership_device(store->membership, device);
    mirsal_code rc = need_admin(store, err);
    if (rc == MIRSAL_OK && compartment == MIR_COMPARTMENT_MAIN) {
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "compartment", "main goes by role");
    }
    if (rc == MIRSAL_OK && !mir_compartment_exists(store, compartment)) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such compartment");
    }
    if (rc == MIRSAL_OK && (member == NULL || !member->member)) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such member");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    say.compartment.number = (uint8_t)compartment;
    say.compartment.grants = &grant;
    say.compartment.grant_count = 1;
    rc = say_and_deliver(store, &say, 1, err);
    if (rc == MIRSAL_OK && !readable && mir_members_reads(store, compartment)) {
        rc = mir_epoch_turn(NULL, store, compartment, 1, err);
    }
    return finish(store, rc, err);
}
