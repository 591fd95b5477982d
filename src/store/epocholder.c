/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epocholder.c - data sealed to an older epoch; see the header.
 *
 * A chain cites few control changesets: what the first changeset that cites one knows, those above
 * it know. In a chain that forks the lowest place is taken for all branches.
 */
#include "epocholder.h"

#include "chains.h"
#include "fail.h"
#include "members.h"

#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)

static int knows_use(const struct mir_membership *membership,
    const struct mir_epoch *epoch,
    const mirsal_hash *authority)
{
    if (epoch->from_genesis || !epoch->usable ||
        !(mir_hash_equal(authority, &epoch->changeset) ||
            mir_membership_knows(membership, authority, &epoch->changeset))) {
        return 0;
    }
    for (size_t i = 0; !epoch->unasked && i < epoch->word_count; i++) {
        if (mir_hash_equal(authority, &epoch->words[i]) ||
            mir_membership_knows(membership, authority, &epoch->words[i])) {
            return 1;
        }
    }
    return epoch->unasked;
}

/* The highest epoch whose use the authority knows, 0: none. */
static uint32_t highest(const struct mir_membership *membership,
    uint32_t compartment,
    const mirsal_hash *authority)
{
    uint32_t number = 0;
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        if (epoch->name.compartment == compartment && epoch->name.number > number &&
            knows_use(membership, epoch, authority)) {
            number = epoch->name.number;
        }
    }
    return number;
}

static int turned(const struct mir_membership *membership)
{
    for (size_t i = 0; i < membership->epoch_count; i++) {
        if (!membership->epochs[i].from_genesis && membership->epochs[i].name.number > 1) {
            return 1;
        }
    }
    return 0;
}

mirsal_code mir_older_load(struct mir_older *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT d.key, c.compartment, c.authority, min(c.seq) FROM changeset AS c"
        " JOIN device AS d ON d.no = c.device WHERE c.compartment <> 255"
        " GROUP BY c.device, c.compartment, c.authority";
    sqlite3_stmt *statement = NULL;
    struct mir_buf marks;
    int more = 0;
    memset(out, 0, sizeof *out);
    if (!turned(store->membership)) {
        return MIRSAL_OK;
    }
    mir_buf_init(&marks, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&more, store->sql, statement, err)) == MIRSAL_OK &&
           more) {
        struct mir_older_mark mark = { .compartment = (uint32_t)mir_sql_column_int(statement, 1),
            .seq = (uint64_t)mir_sql_column_int(statement, 3) };
        struct mir_bytes key = mir_sql_column(statement, 0);
        mirsal_hash authority;
        memcpy(mark.device.bytes, key.data, key.size == 32 ? 32 : 0);
        struct mir_bytes cited = mir_sql_column(statement, 2);
        if (key.size != 32 || cited.size != 32) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a chain's row is damaged");
            break;
        }
        memcpy(authority.bytes, cited.data, 32);
        mark.number = highest(store->membership, mark.compartment, &authority);
        if (mark.number > 1) {
            mir_buf_append(&marks, &mark, sizeof mark);
        }
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&marks, err);
    }
    if (rc == MIRSAL_OK && marks.size > 0) {
        out->marks = mir_arena_copy(arena, marks.data, marks.size);
        out->count = out->marks != NULL ? marks.size / sizeof *out->marks : 0;
        rc = out->marks == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    }
    mir_buf_fini(&marks);
    return rc;
}

static int marked(const struct mir_older *older, const struct mir_header *header)
{
    for (size_t i = 0; i < older->count; i++) {
        const struct mir_older_mark *mark = &older->marks[i];
        if (mark->compartment == header->compartment && mark->seq <= header->seq &&
            mark->number > header->epoch && mir_hash_equal(&mark->device, &header->device)) {
            return 1;
        }
    }
    return 0;
}

mirsal_code mir_older_flag(int *out,
    const struct mir_older *older,
    struct mir_store *store,
    int64_t no,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    struct mir_arena arena;
    *out = 0;
    if (older->count == 0) {
        return MIRSAL_OK;
    }
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_chain_load_header(&changeset, &arena, store->sql, no, err);
    *out = rc == MIRSAL_OK && changeset.fields.compartment != MIR_COMPARTMENT_CONTROL &&
           marked(older, &changeset.fields);
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_older_count(uint64_t *out,
    const struct mir_older *older,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    static const char text[] = "SELECT c.no FROM changeset AS c JOIN device AS d ON d.no = c.device"
                               " WHERE d.key = ?1 AND c.compartment <> 255";
    sqlite3_stmt *statement = NULL;
    int more = 0;
    int concerns = 0;
    *out = 0;
    for (size_t i = 0; i < older->count; i++) {
        concerns |= mir_hash_equal(&older->marks[i].device, device);
    }
    if (!concerns) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, device->bytes, sizeof device->bytes);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&more, store->sql, statement, err)) == MIRSAL_OK &&
           more) {
        int flag = 0;
        rc = mir_older_flag(&flag, older, store, mir_sql_column_int(statement, 0), err);
        *out += (uint64_t)flag;
    }
    mir_sql_release(statement);
    return rc;
}
