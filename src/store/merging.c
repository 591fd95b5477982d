/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/merging.c - the chains of another store of the team; see the header.
 */
#include "merging.h"

#include "duties.h"
#include "evidence.h"
#include "fail.h"
#include "read.h"
#include "sql.h"

#include <string.h>

/* Writers wait for one batch, and one that is killed in it begins it anew. */
#define BATCH_CHANGESETS 1024u
#define BATCH_BYTES      ((size_t)128 << 10)
#define MEMORY_MAX       ((size_t)16 << 20) /* of one changeset */
#define TAKEN            1u /* shares of the work on a changeset: verifying, projecting */
#define PROJECTED        9u

struct merge {
    struct mir_store *store;
    struct mir_store *guest;
    const struct mir_merging *options;
    struct mir_merged *out;
    struct mir_arena arena;
    uint64_t done;
    uint64_t total;
    uint64_t told;
    uint32_t batch;
    size_t batch_bytes;
};

static const char count_text[] = "SELECT count(*) FROM changeset WHERE kept <> 2";
static const char control_text[] =
    "SELECT no, id FROM changeset WHERE kept <> 2 AND compartment = 255 ORDER BY no";
static const char data_text[] =
    "SELECT no, id FROM changeset WHERE kept <> 2 AND compartment <> 255 ORDER BY no";

static mirsal_code count(struct merge *merge, mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, merge->guest->sql, count_text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, merge->guest->sql, statement, err);
    }
    merge->total = rc == MIRSAL_OK && row ? (uint64_t)mir_sql_column_int(statement, 0) : 0;
    merge->total *= TAKEN + PROJECTED;
    mir_sql_release(statement);
    return rc;
}

static void tell(struct merge *merge, uint64_t done)
{
    merge->done = done < merge->total ? done : merge->total;
    if (merge->options->progress != NULL && merge->done > merge->told) {
        merge->told = merge->done;
        merge->options->progress(merge->options->progress_context, merge->done, merge->total);
    }
}

static void on_projected(void *context)
{
    struct merge *merge = context;
    tell(merge, merge->done + PROJECTED);
}

static mirsal_code end_batch(struct merge *merge, mirsal_error *err)
{
    if (merge->batch == 0) {
        return MIRSAL_OK;
    }
    merge->batch = 0;
    merge->batch_bytes = 0;
    mirsal_code rc = mir_accept_settle(&merge->out->counts, merge->store, err);
    if (rc == MIRSAL_OK) {
        return mir_store_commit(merge->store, err);
    }
    mir_store_rollback(merge->store);
    return rc;
}

/* As a peer's bytes are read: what that store's tables say of them counts for nothing. */
static mirsal_code put(enum mir_accepted *out,
    struct mir_store *store,
    const struct mir_changeset *stored,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    mirsal_code rc = stored->residue ? mir_changeset_read_left(&changeset, stored->header,
                                           stored->signature, stored->body, err)
                                     : mir_changeset_read(&changeset, stored->header,
                                           stored->signature, stored->body, err);
    return rc == MIRSAL_OK ? mir_accept_put(out, store, &changeset, err) : rc;
}

static mirsal_code take(struct merge *merge, int64_t no, mirsal_error *err)
{
    struct mir_changeset changeset;
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    mirsal_error why = { 0 };
    mir_arena_reset(&merge->arena);
    mirsal_code rc = mir_chain_load(&changeset, &merge->arena, merge->guest->sql, no, err);
    if (rc == MIRSAL_OK && changeset.residue && changeset.body.size == 0) {
        return MIRSAL_OK; /* purged, and what is left of it is elsewhere */
    }
    if (rc == MIRSAL_OK && merge->batch == 0) {
        rc = mir_store_begin(merge->store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = put(&accepted, merge->store, &changeset, &why);
    if (mirsal_code_class(rc) == MIRSAL_CLASS_PEER) {
        merge->out->refused++;
        rc = MIRSAL_OK;
    } else if (rc == MIRSAL_OK && accepted != MIR_ACCEPT_DUPLICATE) {
        merge->out->changesets++;
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(merge->store);
        merge->batch = 0;
        return mir_fail(err, rc, "%s", why.message);
    }
    merge->batch++;
    merge->batch_bytes += changeset.body.size;
    return merge->batch >= BATCH_CHANGESETS || merge->batch_bytes >= BATCH_BYTES
               ? end_batch(merge, err)
               : MIRSAL_OK;
}

static mirsal_code is_held(int *held,
    struct merge *merge,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_chain_row row;
    mirsal_hash id;
    *held = 0;
    if (bytes.size != sizeof id.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "that store names a changeset by no hash");
    }
    memcpy(id.bytes, bytes.data, sizeof id.bytes);
    mirsal_code rc = mir_chain_find(&row, merge->store->sql, &id, err);
    *held = rc == MIRSAL_OK && row.no != 0;
    return rc;
}

static mirsal_code take_all(struct merge *merge, const char *text, mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, merge->guest->sql, text, err);
    while (rc == MIRSAL_OK) {
        int row = 0;
        int held = 0;
        rc = mir_sql_step(&row, merge->guest->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = is_held(&held, merge, mir_sql_column(statement, 1), err);
        if (rc == MIRSAL_OK && !held) {
            rc = take(merge, mir_sql_column_int(statement, 0), err);
        }
        if (rc == MIRSAL_OK) {
            tell(merge, merge->done + (held ? TAKEN + PROJECTED : TAKEN));
        }
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK) {
        return end_batch(merge, err);
    }
    if (merge->batch > 0) {
        mir_store_rollback(merge->store);
        merge->batch = 0;
    }
    return rc;
}

/* One that does not verify is left, and the rest used. */
static mirsal_code take_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    mirsal_code rc = mir_evidence_take(context, word, MIR_VIA_PEER, err);
    return rc == MIRSAL_MALFORMED || rc == MIRSAL_LIMIT || rc == MIRSAL_BAD_SIGNATURE ? MIRSAL_OK
                                                                                      : rc;
}

/* What relays signed to the other device. */
static mirsal_code take_words(struct merge *merge, mirsal_error *err)
{
    mirsal_code rc = mir_store_begin(merge->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_evidence_give(merge->guest, take_word, merge->store, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(merge->store);
        return rc;
    }
    return mir_store_commit(merge->store, err);
}

mirsal_code mir_merge_chains(struct mir_merged *out,
    struct mir_store *store,
    struct mir_store *guest,
    const struct mir_merging *merging,
    mirsal_error *err)
{
    struct merge merge = { .store = store, .guest = guest, .options = merging, .out = out };
    struct mir_read_counts before = { 0 };
    struct mir_read_counts after = { 0 };
    uint32_t wrote = 0;
    memset(out, 0, sizeof *out);
    if (!mir_hash_equal(&store->team, &guest->team)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "a store of another team");
    }
    mir_arena_init(&merge.arena, store->env, MEMORY_MAX);
    store->on_projected = on_projected;
    store->projected_context = &merge;
    mirsal_code rc = mir_read_counts(&before, store, err);
    if (rc == MIRSAL_OK) {
        rc = count(&merge, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_all(&merge, control_text, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_all(&merge, data_text, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_words(&merge, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_duties_run(&wrote, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_read_counts(&after, store, err);
    }
    if (rc == MIRSAL_OK && after.records > before.records) {
        out->records = after.records - before.records;
    }
    /* Those of bodies that a key opened which came with the control are counted here alone. */
    if (rc == MIRSAL_OK && after.conflicts > before.conflicts + out->counts.conflicts_opened) {
        out->counts.conflicts_opened = (uint32_t)(after.conflicts - before.conflicts);
    }
    if (rc == MIRSAL_OK) {
        tell(&merge, merge.total);
    }
    store->on_projected = NULL;
    mir_arena_fini(&merge.arena);
    return rc;
}
