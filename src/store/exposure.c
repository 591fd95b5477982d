/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/exposure.c - what whoever holds a device can read; see the header.
 */
#include "exposure.h"

#include "changeset.h"
#include "fail.h"
#include "members.h"
#include "sql.h"
#include "statements.h"

#include <string.h>

#define STATEMENT_MAX ((size_t)8 << 20)

/* Which of membership->epochs the device holds, and since when; parallel to them. */
struct held {
    unsigned char *has;
    uint64_t *since;
};

static mirsal_code read_stamp(uint64_t *out,
    struct mir_store *store,
    const mirsal_hash *id,
    mirsal_error *err)
{
    struct mir_control_body body = { .stamp = 0 };
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, STATEMENT_MAX);
    mirsal_code rc = mir_statements_read(&body, &arena, store, id, err);
    *out = body.stamp;
    mir_arena_fini(&arena);
    return rc;
}

/* The fact gives the device that private half: genesis to the founder, an epoch to its author, an
 * envelope to whom it names. */
static int gives(const struct mir_control *fact,
    const struct mir_statement *what,
    const struct mir_epoch *epoch,
    const struct mir_member *member)
{
    if (what->kind == MIR_STATEMENT_GENESIS) {
        return what->genesis.is_team && epoch->from_genesis &&
               mir_hash_equal(&what->genesis.founder, &member->key);
    }
    if (what->kind == MIR_STATEMENT_EPOCH) {
        return mir_hash_equal(&what->epoch.name.public_key, &epoch->name.public_key) &&
               mir_hash_equal(&fact->device, &member->key);
    }
    return what->kind == MIR_STATEMENT_EPOCH_KEY &&
           mir_hash_equal(&what->epoch_key.name.public_key, &epoch->name.public_key) &&
           mir_hash_equal(&what->epoch_key.device, &member->key);
}

static mirsal_code note_fact(struct held *held,
    struct mir_store *store,
    const struct mir_control *fact,
    const struct mir_member *member,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < fact->statement_count; i++) {
        for (size_t j = 0; rc == MIRSAL_OK && j < membership->epoch_count; j++) {
            uint64_t stamp = 0;
            if (!gives(fact, &fact->statements[i], &membership->epochs[j], member)) {
                continue;
            }
            rc = read_stamp(&stamp, store, &fact->id, err);
            if (!held->has[j] || (stamp != 0 && stamp < held->since[j])) {
                held->since[j] = stamp;
            }
            held->has[j] = 1;
        }
    }
    return rc;
}

/* An epoch that carries the one before opens that as well. */
static void reach_back(struct held *held, const struct mir_membership *membership)
{
    for (size_t i = membership->epoch_count; i-- > 0;) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        for (size_t j = 0; held->has[i] && epoch->has_previous && j < i; j++) {
            const struct mir_epoch_name *name = &membership->epochs[j].name;
            if (name->compartment == epoch->name.compartment &&
                name->number + 1 == epoch->name.number) {
                held->since[j] = held->has[j] && held->since[j] < held->since[i] ? held->since[j]
                                                                                 : held->since[i];
                held->has[j] = 1;
            }
        }
    }
}

static void note_epoch(struct mir_exposure *exposure,
    const struct mir_membership *membership,
    const struct held *held,
    size_t at)
{
    const struct mir_epoch *epoch = &membership->epochs[at];
    const struct mir_epoch *writing =
        mir_membership_epoch_for_writing(membership, epoch->name.compartment);
    if (exposure->highest == 0) {
        exposure->lowest = epoch->name.number;
        exposure->since = held->since[at];
    }
    exposure->compartment = epoch->name.compartment;
    exposure->highest = epoch->name.number;
    exposure->since = held->since[at] < exposure->since ? held->since[at] : exposure->since;
    if (writing != NULL && mir_hash_equal(&writing->name.public_key, &epoch->name.public_key)) {
        exposure->turn = 1;
        exposure->writing = epoch->name.number;
    }
}

/* Data sealed to the epochs between. */
static mirsal_code count_data(struct mir_exposure *exposure,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "SELECT t.header FROM changeset AS c JOIN content AS t"
                               " ON t.no = c.no WHERE c.compartment = ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, exposure->compartment);
    for (;;) {
        struct mir_header header;
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        if (mir_header_decode(&header, mir_sql_column(statement, 0), NULL) == MIRSAL_OK &&
            header.epoch >= exposure->lowest && header.epoch <= exposure->highest) {
            exposure->changesets++;
        }
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_exposure(struct mir_exposure **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_member *member,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    size_t room = membership->epoch_count + 1;
    struct held held = { mir_arena_alloc(arena, room, 1),
        mir_arena_alloc(arena, room, sizeof *held.since) };
    mirsal_code rc = MIRSAL_OK;
    *count = 0;
    *out = mir_arena_alloc(arena, room, sizeof **out);
    if (held.has == NULL || held.since == NULL || *out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(held.has, 0, room);
    memset(held.since, 0, room * sizeof *held.since);
    memset(*out, 0, room * sizeof **out);
    for (size_t i = 0; rc == MIRSAL_OK && i < store->members->count; i++) {
        rc = note_fact(&held, store, &store->members->facts[i], member, err);
    }
    reach_back(&held, membership);
    for (size_t i = 0; i < membership->epoch_count; i++) {
        if (held.has[i]) {
            if (*count > 0 &&
                (*out)[*count - 1].compartment != membership->epochs[i].name.compartment) {
                (*count)++;
            }
            *count = *count == 0 ? 1 : *count;
            note_epoch(&(*out)[*count - 1], membership, &held, i);
        }
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < *count; i++) {
        rc = count_data(&(*out)[i], store, err);
    }
    return rc;
}
