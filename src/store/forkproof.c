/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/forkproof.c - chains that fork, and what proves it; see the header.
 */
#include "forkproof.h"

#include "chains.h"
#include "fail.h"
#include "members.h"
#include "statement.h"

#include <string.h>

static int same_chain(const struct mir_fork *a, const struct mir_fork *b)
{
    return a->compartment == b->compartment && mir_hash_equal(&a->device, &b->device);
}

static int compare_chains(const struct mir_fork *a, const struct mir_fork *b)
{
    int order = memcmp(a->device.bytes, b->device.bytes, sizeof a->device.bytes);
    return order != 0 ? order
                      : (a->compartment > b->compartment) - (a->compartment < b->compartment);
}

/* One changeset of a place, in the order of chains and ids: the third of a place is left out. */
static mirsal_code take_row(struct mir_buf *forks, sqlite3_stmt *statement, mirsal_error *err)
{
    struct mir_fork now;
    struct mir_bytes key = mir_sql_column(statement, 0);
    struct mir_bytes id = mir_sql_column(statement, 3);
    size_t count = forks->size / sizeof now;
    struct mir_fork *last = count > 0 ? (struct mir_fork *)(void *)forks->data + (count - 1) : NULL;
    memset(&now, 0, sizeof now);
    if (key.size != sizeof now.device.bytes || id.size != sizeof now.ids[0].bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a changeset's row is damaged");
    }
    memcpy(now.device.bytes, key.data, key.size);
    now.compartment = (uint32_t)mir_sql_column_int(statement, 1);
    now.seq = (uint64_t)mir_sql_column_int(statement, 2);
    if (last == NULL || !same_chain(last, &now)) {
        memcpy(now.ids[0].bytes, id.data, id.size);
        now.held[0] = mir_sql_column_int(statement, 4);
        mir_buf_append(forks, &now, sizeof now);
    } else if (last->held[1] == 0) {
        memcpy(last->ids[1].bytes, id.data, id.size);
        last->held[1] = mir_sql_column_int(statement, 4);
    }
    return mir_buf_finish(forks, err);
}

static mirsal_code list_held(struct mir_buf *forks, struct mir_store *store, mirsal_error *err)
{
    static const char text[] =
        "SELECT d.key, c.compartment, c.seq, c.id, c.no FROM fork AS f"
        " JOIN device AS d ON d.no = f.device"
        " JOIN changeset AS c ON c.device = f.device AND c.compartment = f.compartment"
        " AND c.seq = f.seq WHERE d.key <> ?1 ORDER BY d.key, c.compartment, c.id";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, store->membership->root.bytes, 32);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = take_row(forks, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}

/* What a proof shows, into the list: the lower place of one chain stays. */
static mirsal_code add_proof(struct mir_buf *forks,
    const struct mir_data_header *two,
    mirsal_error *err)
{
    int first = memcmp(two[0].id.bytes, two[1].id.bytes, sizeof two[0].id.bytes) < 0 ? 0 : 1;
    struct mir_fork shown = { .device = two[0].device,
        .compartment = two[0].compartment,
        .seq = two[0].seq,
        .ids = { two[first].id, two[1 - first].id },
        .proven = 1 };
    struct mir_fork *items = (struct mir_fork *)(void *)forks->data;
    size_t count = forks->size / sizeof shown;
    size_t at = 0;
    while (at < count && compare_chains(&items[at], &shown) < 0) {
        at++;
    }
    if (at < count && same_chain(&items[at], &shown)) {
        if (shown.seq < items[at].seq) {
            items[at] = shown;
        }
        items[at].proven |= shown.seq == items[at].seq;
        return MIRSAL_OK;
    }
    mir_buf_append(forks, &shown, sizeof shown);
    mirsal_code rc = mir_buf_finish(forks, err);
    if (rc == MIRSAL_OK) {
        items = (struct mir_fork *)(void *)forks->data;
        memmove(&items[at + 1], &items[at], (count - at) * sizeof shown);
        items[at] = shown;
    }
    return rc;
}

mirsal_code mir_forks(struct mir_fork **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_buf forks;
    *out = NULL;
    *count = 0;
    mir_buf_init(&forks, store->env, SIZE_MAX / 2);
    mirsal_code rc = list_held(&forks, store, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        for (size_t j = 0; rc == MIRSAL_OK && j < fact->statement_count; j++) {
            const struct mir_statement *what = &fact->statements[j];
            if (what->kind == MIR_STATEMENT_FORK_PROOF && what->fork_proof.two != NULL) {
                rc = add_proof(&forks, what->fork_proof.two, err);
            }
        }
    }
    if (rc == MIRSAL_OK && forks.size > 0) {
        *out = (struct mir_fork *)mir_arena_copy(arena, forks.data, forks.size);
        *count = forks.size / sizeof **out;
        rc = *out != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_buf_fini(&forks);
    return rc;
}

static mirsal_code prove(struct mir_buf *says,
    const struct mir_fork *fork,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_say say = { .kind = MIR_SAY_FORK_PROOF };
    mirsal_code rc = MIRSAL_OK;
    for (int i = 0; rc == MIRSAL_OK && i < 2; i++) {
        struct mir_changeset changeset;
        rc = mir_chain_load_header(&changeset, arena, store->sql, fork->held[i], err);
        say.act.headers[i] = changeset.header;
        say.act.signatures[i] = changeset.signature;
    }
    say.act.header_count = 2;
    if (rc == MIRSAL_OK) {
        mir_buf_append(says, &say, sizeof say);
        rc = mir_buf_finish(says, err);
    }
    return rc;
}

mirsal_code mir_forks_prove(struct mir_buf *says,
    size_t max,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_fork *forks = NULL;
    size_t count = 0;
    size_t done = 0;
    mirsal_code rc = mir_forks(&forks, &count, arena, store, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count && done < max; i++) {
        if (!forks[i].proven && forks[i].held[1] != 0 &&
            forks[i].compartment != MIR_COMPARTMENT_CONTROL) {
            rc = prove(says, &forks[i], arena, store, err);
            done++;
        }
    }
    return rc;
}
