/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chainjudge.c - data chains judged; see the header.
 */
#include "chainjudge.h"

#include "changeset.h"
#include "fail.h"
#include "judge.h"
#include "line.h"
#include "sort.h"

#include <string.h>

struct reading {
    struct mir_chain_judge *judge;
    struct mir_arena *arena;
    struct mir_data_header *headers;
    size_t count;
    int causes; /* wanted */
};

static mirsal_code count_chain(size_t *count,
    const struct mir_chain_judge *judge,
    struct mir_sql *sql,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT count(*) FROM changeset WHERE device = ?1 AND compartment = ?2";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, judge->device);
    mir_sql_bind_int(statement, 2, judge->compartment);
    rc = mir_sql_step(&row, sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *count = (size_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code read_header(struct mir_data_header *out,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_header header;
    if (mir_header_decode(&header, bytes, NULL) != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_CORRUPT, "a changeset's header is damaged");
    }
    mir_changeset_id(&out->id, bytes);
    out->device = header.device;
    out->prev = header.prev;
    out->authority = header.authority;
    out->compartment = header.compartment;
    out->seq = header.seq;
    return MIRSAL_OK;
}

static mirsal_code read_chain(struct reading *reading, struct mir_sql *sql, mirsal_error *err)
{
    static const char text[] =
        "SELECT c.no, t.header FROM changeset AS c JOIN content AS t ON t.no = c.no"
        " WHERE c.device = ?1 AND c.compartment = ?2 ORDER BY c.seq, c.no";
    struct mir_chain_judge *judge = reading->judge;
    sqlite3_stmt *statement = NULL;
    size_t at = 0;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, judge->device);
    mir_sql_bind_int(statement, 2, judge->compartment);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, sql, statement, err);
        if (rc != MIRSAL_OK || !row || at == reading->count) {
            break;
        }
        judge->judged[at].no = mir_sql_column_int(statement, 0);
        rc = read_header(&reading->headers[at], mir_sql_column(statement, 1), err);
        at++;
    }
    mir_sql_release(statement);
    judge->count = at;
    return rc;
}

static int compare_judged(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_judged *left = a;
    const struct mir_judged *right = b;
    return left->no < right->no ? -1 : left->no > right->no;
}

static mirsal_code judge_whole(struct reading *reading, struct mir_store *store, mirsal_error *err)
{
    struct mir_chain_judge *judge = reading->judge;
    mirsal_code rc = count_chain(&reading->count, judge, store->sql, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    size_t room = reading->count + 1;
    judge->judged = mir_arena_alloc(reading->arena, room, sizeof *judge->judged);
    reading->headers = mir_arena_alloc(reading->arena, room, sizeof *reading->headers);
    struct mir_verdict *verdicts = mir_arena_alloc(reading->arena, room, sizeof *verdicts);
    mirsal_hash *causes =
        reading->causes ? mir_arena_alloc(reading->arena, room, sizeof *causes) : NULL;
    if (judge->judged == NULL || reading->headers == NULL || verdicts == NULL ||
        (reading->causes && causes == NULL)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    rc = read_chain(reading, store->sql, err);
    if (rc == MIRSAL_OK) {
        rc = mir_line_causes(
            verdicts, causes, store->membership, reading->headers, judge->count, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < judge->count; i++) {
        judge->judged[i].verdict = verdicts[i];
        judge->judged[i].cause =
            causes != NULL && verdicts[i].reason == MIR_REASON_CUT ? &causes[i] : NULL;
    }
    if (rc == MIRSAL_OK) {
        mir_sort(judge->judged, judge->count, sizeof *judge->judged, compare_judged, NULL);
    }
    return rc;
}

mirsal_code mir_chain_judge_begin(struct mir_chain_judge *judge,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err)
{
    struct reading reading = { .judge = judge, .arena = arena };
    uint64_t fork = 0;
    memset(judge, 0, sizeof *judge);
    judge->compartment = compartment;
    mirsal_code rc = mir_device_key(&judge->key, store->sql, device, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_fork(&fork, store->sql, device, compartment, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    judge->device = device;
    judge->whole = fork != 0 || !mir_line_is_plain(store->membership, &judge->key);
    return judge->whole ? judge_whole(&reading, store, err) : MIRSAL_OK;
}

mirsal_code mir_chain_causes(struct mir_chain_judge *judge,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err)
{
    struct reading reading = { .judge = judge, .arena = arena, .causes = 1 };
    memset(judge, 0, sizeof *judge);
    judge->device = device;
    judge->compartment = compartment;
    judge->whole = 1;
    mirsal_code rc = mir_device_key(&judge->key, store->sql, device, err);
    return rc == MIRSAL_OK ? judge_whole(&reading, store, err) : rc;
}

static const struct mir_judged *find_judged(const struct mir_chain_judge *judge, int64_t no)
{
    size_t low = 0;
    size_t high = judge->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (judge->judged[middle].no == no) {
            return &judge->judged[middle];
        }
        if (judge->judged[middle].no < no) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* The chain below is held. */
static mirsal_code prev_held(int *held,
    struct mir_store *store,
    const struct mir_chain_row *row,
    const mirsal_hash *prev,
    mirsal_error *err)
{
    struct mir_chain_row before;
    *held = row->seq == 1;
    if (*held) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_chain_find(&before, store->sql, prev, err);
    if (rc == MIRSAL_OK) {
        *held = before.no != 0 && before.device == row->device &&
                before.compartment == row->compartment && before.seq + 1 == row->seq &&
                !(before.state == MIR_STATE_WAITING && before.reason == MIR_REASON_PREV);
    }
    return rc;
}

mirsal_code mir_chain_judge_one(struct mir_verdict *out,
    const struct mir_chain_judge *judge,
    struct mir_store *store,
    const struct mir_chain_row *row,
    const mirsal_hash *prev,
    mirsal_error *err)
{
    struct mir_data_facts facts = { .device = judge->key, .compartment = judge->compartment };
    struct mir_chain_row authority;
    const struct mir_judged *found = find_judged(judge, row->no);
    if (found != NULL) {
        *out = found->verdict;
        return MIRSAL_OK;
    }
    mirsal_code rc = prev_held(&facts.prev_held, store, row, prev, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_find(&authority, store->sql, &row->authority, err);
    }
    if (rc == MIRSAL_OK) {
        facts.authority_held =
            authority.no != 0 && authority.compartment == MIR_COMPARTMENT_CONTROL;
        *out = mir_judge_plain(store->membership, &facts);
    }
    return rc;
}
