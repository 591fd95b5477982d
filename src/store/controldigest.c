/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/controldigest.c - the evaluated rights, devices, epochs, cuts, policies and schema as
 * bytes; protocol/control.md 6.2.
 */
#include "controldigest.h"

#include "changeset.h"
#include "fail.h"
#include "hash.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

#define PARTS 10u

static void write_hash(struct mir_buf *out, const mirsal_hash *hash)
{
    mir_mp_write_bin(out, hash->bytes, sizeof hash->bytes);
}

static int may_read(const struct mir_member *member, uint32_t compartment)
{
    return (member->granted[compartment / 64] >> (compartment % 64) & 1u) != 0;
}

static void write_device(struct mir_buf *out, const struct mir_member *member)
{
    static const mirsal_hash nobody;
    uint32_t readable = 0;
    for (uint32_t number = 0; number < MIR_COMPARTMENT_CONTROL; number++) {
        readable += may_read(member, number) != 0;
    }
    mir_mp_write_array(out, 8);
    write_hash(out, &member->key);
    mir_mp_write_uint(out, member->role);
    mir_mp_write_array(out, readable);
    for (uint32_t number = 0; number < MIR_COMPARTMENT_CONTROL; number++) {
        if (may_read(member, number)) {
            mir_mp_write_uint(out, number);
        }
    }
    mir_mp_write_uint(out, member->write_only != 0);
    mir_mp_write_uint(out, member->settled != 0);
    mir_mp_write_uint(out, member->vouched != 0);
    mir_mp_write_uint(out, (uint64_t)member->ended);
    if (mir_hash_equal(&member->replaces, &nobody)) {
        mir_mp_write_nil(out);
    } else {
        write_hash(out, &member->replaces);
    }
}

static void write_devices(struct mir_buf *out, const struct mir_membership *membership)
{
    uint32_t count = 0;
    for (size_t i = 0; i < membership->member_count; i++) {
        count += membership->members[i].member != 0;
    }
    mir_mp_write_array(out, count);
    for (size_t i = 0; i < membership->member_count; i++) {
        if (membership->members[i].member) {
            write_device(out, &membership->members[i]);
        }
    }
}

static void write_epochs(struct mir_buf *out, const struct mir_membership *membership)
{
    mir_mp_write_array(out, (uint32_t)membership->epoch_count);
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        mir_mp_write_array(out, 4);
        mir_mp_write_uint(out, epoch->name.compartment);
        mir_mp_write_uint(out, epoch->name.number);
        write_hash(out, &epoch->name.public_key);
        mir_mp_write_uint(out, epoch->usable != 0);
    }
}

/* Rows of bytes: from and up to. */
struct row {
    const uint8_t *data;
    size_t size;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    (void)context;
    const struct row *left = a;
    const struct row *right = b;
    size_t common = left->size < right->size ? left->size : right->size;
    int order = memcmp(left->data, right->data, common);
    return order != 0 ? order : left->size < right->size ? -1 : left->size > right->size;
}

/* Appends an array of the rows, ascending by their bytes, each once. */
static mirsal_code write_sorted(struct mir_buf *out,
    struct mir_buf *bytes,
    size_t *ends,
    size_t count,
    mirsal_error *err)
{
    uint32_t kept = 0;
    mirsal_code rc = mir_buf_finish(bytes, err);
    struct row *rows = NULL;
    struct mir_arena arena;
    mir_arena_init(&arena, out->env, SIZE_MAX);
    if (rc == MIRSAL_OK) {
        rows = mir_arena_alloc(&arena, count + 1, sizeof *rows);
        rc = rows == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        size_t from = i == 0 ? 0 : ends[i - 1];
        rows[i].data = bytes->data + from;
        rows[i].size = ends[i] - from;
    }
    if (rc == MIRSAL_OK) {
        mir_sort(rows, count, sizeof *rows, compare_rows, NULL);
        for (size_t i = 0; i < count; i++) {
            if (kept == 0 || compare_rows(&rows[kept - 1], &rows[i], NULL) != 0) {
                rows[kept++] = rows[i];
            }
        }
        mir_mp_write_array(out, kept);
        for (uint32_t i = 0; i < kept; i++) {
            mir_buf_append(out, rows[i].data, rows[i].size);
        }
    }
    mir_arena_fini(&arena);
    return rc;
}

static void write_cut(struct mir_buf *out, const struct mir_statement_cut *cut)
{
    mir_mp_write_array(out, 3);
    write_hash(out, &cut->device);
    mir_mp_write_uint(out, cut->reason);
    mir_mp_write_array(out, (uint32_t)cut->places.count);
    for (size_t i = 0; i < cut->places.count; i++) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, cut->places.items[i].compartment);
        mir_mp_write_uint(out, cut->places.items[i].seq);
        write_hash(out, &cut->places.items[i].id);
    }
}

static void write_freeze(struct mir_buf *out, const struct mir_freeze *freeze)
{
    mir_mp_write_array(out, 3);
    write_hash(out, &freeze->device);
    mir_mp_write_uint(out, freeze->seq);
    write_hash(out, &freeze->id);
}

/* Cuts, then freezes. */
static mirsal_code write_rows(struct mir_buf *out,
    const struct mir_membership *membership,
    mirsal_error *err)
{
    size_t most = membership->cut_count + membership->freeze_count + 1;
    mirsal_code rc = MIRSAL_OK;
    for (int freezes = 0; rc == MIRSAL_OK && freezes < 2; freezes++) {
        size_t count = freezes ? membership->freeze_count : membership->cut_count;
        struct mir_arena arena;
        struct mir_buf bytes;
        mir_arena_init(&arena, out->env, SIZE_MAX);
        mir_buf_init(&bytes, out->env, SIZE_MAX / 2);
        size_t *ends = mir_arena_alloc(&arena, most, sizeof *ends);
        if (ends == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
            if (freezes) {
                write_freeze(&bytes, &membership->freezes[i]);
            } else {
                write_cut(&bytes, membership->cuts[i].what);
            }
            ends[i] = bytes.size;
        }
        if (rc == MIRSAL_OK) {
            rc = write_sorted(out, &bytes, ends, count, err);
        }
        mir_buf_fini(&bytes);
        mir_arena_fini(&arena);
    }
    return rc;
}

static void write_purges(struct mir_buf *out, const struct mir_membership *membership)
{
    const struct mir_purges *purges = &membership->purges;
    uint32_t count = 0;
    for (size_t i = 0; i < purges->count; i++) {
        count += purges->items[i].level != MIR_PURGE_NONE;
    }
    mir_mp_write_array(out, count);
    for (size_t i = 0; i < purges->count; i++) {
        if (purges->items[i].level != MIR_PURGE_NONE) {
            mir_mp_write_array(out, 2);
            write_hash(out, &purges->items[i].id);
            mir_mp_write_uint(out, purges->items[i].level);
        }
    }
}

mirsal_code mir_control_state(struct mir_buf *out,
    const struct mir_membership *membership,
    const mirsal_hash *team,
    mirsal_error *err)
{
    mir_mp_write_array(out, PARTS);
    mir_mp_write_uint(out, 1);
    write_hash(out, team);
    write_devices(out, membership);
    write_epochs(out, membership);
    mirsal_code rc = write_rows(out, membership, err);
    mir_mp_write_array(out, (uint32_t)membership->adopt_count);
    for (size_t i = 0; i < membership->adopt_count; i++) {
        write_hash(out, &membership->adopts[i]);
    }
    mir_mp_write_array(out, MIR_TEAM_POLICIES);
    for (size_t i = 0; i < MIR_TEAM_POLICIES; i++) {
        mir_mp_write_int(out, membership->policies[i]);
    }
    write_hash(out, &membership->schema.hash);
    write_purges(out, membership);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

mirsal_code mir_control_digest(mirsal_hash *out,
    const struct mir_membership *membership,
    const mirsal_hash *team,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_buf bytes;
    mir_buf_init(&bytes, env, SIZE_MAX / 2);
    mirsal_code rc = mir_control_state(&bytes, membership, team, err);
    if (rc == MIRSAL_OK) {
        mir_hash_bytes(out, MIR_CONTEXT_STATE, bytes.data, bytes.size);
    }
    mir_buf_fini(&bytes);
    return rc;
}
