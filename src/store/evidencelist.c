/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/evidencelist.c - reading the words of relays that are held: for others, for people, for
 * verify; see evidence.h.
 */
#include "evidence.h"

#include "chains.h"
#include "fail.h"
#include "mir_limits.h"

#include <string.h>

/* Columns of a word: kind's own ones are NULL for the other. */
#define CHECKPOINT_COLUMNS   "relay, epoch, size, time, signature, root"
#define ACKNOWLEDGED_COLUMNS "relay, epoch, size, time, signature, device, heads"

static int copy_exact(void *out, size_t size, struct mir_bytes from)
{
    if (from.size != size) {
        return 0;
    }
    memcpy(out, from.data, size);
    return 1;
}

/* The row as a word; heads are the statement's. */
static mirsal_code read_row(struct mir_relay_word *out,
    enum mir_word_kind kind,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct mir_checkpoint *checkpoint = &out->checkpoint;
    struct mir_acknowledgement *given = &out->acknowledgement;
    memset(out, 0, sizeof *out);
    out->kind = kind;
    int whole = copy_exact(out->identity.bytes, 32, mir_sql_column(statement, 0));
    if (kind == MIR_WORD_CHECKPOINT) {
        whole = whole && copy_exact(checkpoint->store_epoch, 8, mir_sql_column(statement, 1)) &&
                copy_exact(checkpoint->signature, 64, mir_sql_column(statement, 4)) &&
                copy_exact(checkpoint->root.bytes, 32, mir_sql_column(statement, 5));
        checkpoint->size = (uint64_t)mir_sql_column_int(statement, 2);
        checkpoint->time_ms = (uint64_t)mir_sql_column_int(statement, 3);
    } else {
        whole = whole && copy_exact(given->store_epoch, 8, mir_sql_column(statement, 1)) &&
                copy_exact(given->signature, 64, mir_sql_column(statement, 4)) &&
                copy_exact(given->device.bytes, 32, mir_sql_column(statement, 5));
        given->size = (uint64_t)mir_sql_column_int(statement, 2);
        given->time_ms = (uint64_t)mir_sql_column_int(statement, 3);
        given->heads = mir_sql_column(statement, 6);
    }
    return whole ? MIRSAL_OK : mir_fail(err, MIRSAL_CORRUPT, "a relay's word is damaged");
}

/* Each row of a query as a word, to visit. */
typedef mirsal_code (
    *visit_word)(void *context, const struct mir_relay_word *word, mirsal_error *err);

static mirsal_code visit_rows(struct mir_store *store,
    enum mir_word_kind kind,
    const char *text,
    visit_word visit,
    void *context,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        struct mir_relay_word word;
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = read_row(&word, kind, find, err);
        if (rc == MIRSAL_OK) {
            rc = visit(context, &word, err);
        }
    }
    mir_sql_release(find);
    return rc;
}

struct giver {
    struct mir_buf bytes;
    mir_evidence_sink sink;
    void *context;
};

static mirsal_code give_word(void *context, const struct mir_relay_word *word, mirsal_error *err)
{
    struct giver *giver = context;
    mir_buf_reset(&giver->bytes);
    mir_relay_word_write(&giver->bytes, word);
    mirsal_code rc = mir_buf_finish(&giver->bytes, err);
    return rc == MIRSAL_OK ? giver->sink(giver->context, mir_buf_bytes(&giver->bytes), err) : rc;
}

mirsal_code mir_evidence_give(struct mir_store *store,
    mir_evidence_sink sink,
    void *context,
    mirsal_error *err)
{
    static const char checkpoints[] =
        "SELECT " CHECKPOINT_COLUMNS " FROM checkpoint AS c WHERE NOT EXISTS (SELECT 1 FROM"
        " checkpoint AS o WHERE o.relay = c.relay AND o.epoch = c.epoch AND (o.size > c.size OR"
        " (o.size = c.size AND o.time < c.time))) ORDER BY relay, epoch, hash";
    static const char acknowledged[] =
        "SELECT " ACKNOWLEDGED_COLUMNS " FROM acknowledged AS a WHERE NOT EXISTS (SELECT 1 FROM"
        " acknowledged AS o WHERE o.relay = a.relay AND o.epoch = a.epoch AND o.device = a.device"
        " AND (o.size > a.size OR (o.size = a.size AND o.no > a.no)))"
        " ORDER BY relay, epoch, device";
    static const char evidence[] = "SELECT one FROM contradiction UNION"
                                   " SELECT other FROM contradiction WHERE length(other) > 0";
    struct giver giver = { .sink = sink, .context = context };
    sqlite3_stmt *find = NULL;
    int row = 0;
    mir_buf_init(&giver.bytes, store->env, MIR_RELAY_WORD_SIZE_MAX);
    mirsal_code rc = visit_rows(store, MIR_WORD_CHECKPOINT, checkpoints, give_word, &giver, err);
    if (rc == MIRSAL_OK) {
        rc = visit_rows(store, MIR_WORD_ACKNOWLEDGEMENT, acknowledged, give_word, &giver, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&find, store->sql, evidence, err);
    }
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = sink(context, mir_sql_column(find, 0), err);
    }
    mir_sql_release(find);
    mir_buf_fini(&giver.bytes);
    return rc;
}

static mirsal_code copy_column(struct mir_bytes *out,
    struct mir_arena *arena,
    sqlite3_stmt *statement,
    int at,
    mirsal_error *err)
{
    struct mir_bytes column = mir_sql_column(statement, at);
    out->size = column.size;
    out->data = mir_arena_copy(arena, column.data, column.size);
    return out->data != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

mirsal_code mir_evidence_list(struct mir_evidence **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t above,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT c.no, c.relay, c.kind, c.one, c.other, c.found,"
        " EXISTS (SELECT 1 FROM peer AS p WHERE p.identity = c.relay AND p.store_epoch <> c.epoch),"
        " (SELECT count(*) FROM contradiction),"
        " (SELECT url FROM peer AS p WHERE p.identity = c.relay LIMIT 1)"
        " FROM contradiction AS c WHERE c.no > ?1 ORDER BY c.no";
    sqlite3_stmt *find = NULL;
    int row = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(find, 1, above);
    }
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        if (*out == NULL) {
            *out = mir_arena_alloc(arena, (size_t)mir_sql_column_int(find, 7), sizeof **out);
        }
        if (*out == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            break;
        }
        struct mir_evidence *item = &(*out)[*count];
        memset(item, 0, sizeof *item);
        item->no = mir_sql_column_int(find, 0);
        item->kind = (enum mir_contradiction)mir_sql_column_int(find, 2);
        item->found_ms = (uint64_t)mir_sql_column_int(find, 5);
        item->former = mir_sql_column_int(find, 6) != 0;
        if (!copy_exact(item->identity.bytes, 32, mir_sql_column(find, 1))) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a relay's identity is damaged");
        }
        if (rc == MIRSAL_OK) {
            rc = copy_column(&item->one, arena, find, 3, err);
        }
        if (rc == MIRSAL_OK) {
            rc = copy_column(&item->other, arena, find, 4, err);
        }
        if (rc == MIRSAL_OK) {
            rc = copy_column(&item->url, arena, find, 8, err);
        }
        *count += rc == MIRSAL_OK;
    }
    mir_sql_release(find);
    return rc;
}

/* A number that a query gives for a relay, and for one of its logs where epoch is not NULL. */
static mirsal_code read_number(int64_t *out,
    struct mir_store *store,
    const char *text,
    const mirsal_hash *identity,
    const uint8_t *epoch,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (identity != NULL) {
        mir_sql_bind_blob(find, 1, identity->bytes, sizeof identity->bytes);
    }
    if (epoch != NULL) {
        mir_sql_bind_blob(find, 2, epoch, 8);
    }
    rc = mir_sql_step(&row, store->sql, find, err);
    if (rc == MIRSAL_OK && row) {
        *out = mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_evidence_last(int64_t *out, struct mir_store *store, mirsal_error *err)
{
    return read_number(
        out, store, "SELECT coalesce(max(no), 0) FROM contradiction", NULL, NULL, err);
}

mirsal_code mir_evidence_against(int *out,
    struct mir_store *store,
    const mirsal_hash *identity,
    const uint8_t store_epoch[8],
    mirsal_error *err)
{
    static const char text[] = "SELECT kind FROM contradiction WHERE relay = ?1 AND epoch = ?2"
                               " ORDER BY no LIMIT 1";
    int64_t kind = 0;
    mirsal_code rc = read_number(&kind, store, text, identity, store_epoch, err);
    *out = (int)kind;
    return rc;
}

mirsal_code mir_evidence_logs(uint64_t *out,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT count(*) FROM (SELECT epoch FROM checkpoint WHERE relay = ?1"
        " UNION SELECT epoch FROM acknowledged WHERE relay = ?1"
        " UNION SELECT store_epoch FROM peer WHERE identity = ?1 AND store_epoch NOT NULL)";
    int64_t logs = 0;
    mirsal_code rc = read_number(&logs, store, text, identity, NULL, err);
    *out = (uint64_t)logs;
    return rc;
}

/* Rows of one relay follow one another: the first of each is its earliest. */
static mirsal_code add_first(struct mir_acknowledged *out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    sqlite3_stmt *find,
    mirsal_error *err)
{
    struct mir_relay_word word;
    struct mir_buf bytes;
    mirsal_code rc = read_row(&word, MIR_WORD_ACKNOWLEDGEMENT, find, err);
    if (rc != MIRSAL_OK ||
        (*count > 0 && mir_hash_equal(&out[*count - 1].identity, &word.identity))) {
        return rc;
    }
    mir_buf_init(&bytes, store->env, MIR_RELAY_WORD_SIZE_MAX);
    mir_relay_word_write(&bytes, &word);
    rc = mir_buf_finish(&bytes, err);
    if (rc == MIRSAL_OK) {
        struct mir_acknowledged *item = &out[*count];
        item->identity = word.identity;
        item->time_ms = word.acknowledgement.time_ms;
        item->word.size = bytes.size;
        item->word.data = mir_arena_copy(arena, bytes.data, bytes.size);
        rc = item->word.data != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        if (rc == MIRSAL_OK) {
            rc = mir_evidence_against(
                &item->against, store, &word.identity, word.acknowledgement.store_epoch, err);
        }
        *count += rc == MIRSAL_OK;
    }
    mir_buf_fini(&bytes);
    return rc;
}

mirsal_code mir_evidence_of(struct mir_acknowledged **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    /* Of a chain that forks at or below it, only what names the changeset itself. */
    static const char text[] =
        "SELECT a.relay, a.epoch, a.size, a.time, a.signature, a.device, a.heads,"
        " (SELECT count(DISTINCT relay) FROM acknowledged)"
        " FROM acknowledged AS a JOIN acknowledged_head AS h ON h.acknowledged = a.no"
        " JOIN device AS d ON d.key = a.device WHERE d.no = ?1 AND h.compartment = ?2"
        " AND h.seq >= ?3 AND (?4 = 0 OR h.id = ?5) ORDER BY a.relay, a.time, a.no";
    struct mir_chain_row row;
    sqlite3_stmt *find = NULL;
    uint64_t fork = 0;
    int more = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_chain_row(&row, store->sql, changeset, err);
    if (rc != MIRSAL_OK || row.no == 0) {
        return rc;
    }
    rc = mir_chain_fork(&fork, store->sql, row.device, row.compartment, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&find, store->sql, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, row.device);
    mir_sql_bind_int(find, 2, row.compartment);
    mir_sql_bind_int(find, 3, (int64_t)row.seq);
    mir_sql_bind_int(find, 4, fork != 0 && row.seq >= fork);
    mir_sql_bind_blob(find, 5, row.id.bytes, sizeof row.id.bytes);
    for (;;) {
        rc = mir_sql_step(&more, store->sql, find, err);
        if (rc != MIRSAL_OK || !more) {
            break;
        }
        if (*out == NULL) {
            *out = mir_arena_alloc(arena, (size_t)mir_sql_column_int(find, 7), sizeof **out);
        }
        rc = *out == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                          : add_first(*out, count, arena, store, find, err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_evidence_doubt(struct mir_checkpoint *out,
    int *has,
    struct mir_store *store,
    const mirsal_hash *identity,
    const uint8_t store_epoch[8],
    mirsal_error *err)
{
    static const char text[] =
        "SELECT size, root, time, signature FROM checkpoint AS c WHERE relay = ?1 AND epoch = ?2"
        " AND via <> 1 AND proven = 0 AND NOT EXISTS (SELECT 1 FROM checkpoint AS o WHERE"
        " o.relay = ?1 AND o.epoch = ?2 AND o.size = c.size"
        " AND (o.proven = 1 OR o.root <> c.root)) ORDER BY size DESC LIMIT 1";
    sqlite3_stmt *find = NULL;
    memset(out, 0, sizeof *out);
    *has = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_blob(find, 2, store_epoch, 8);
    rc = mir_sql_step(has, store->sql, find, err);
    if (rc == MIRSAL_OK && *has) {
        struct mir_bytes root = mir_sql_column(find, 1);
        struct mir_bytes signature = mir_sql_column(find, 3);
        memcpy(out->store_epoch, store_epoch, sizeof out->store_epoch);
        out->size = (uint64_t)mir_sql_column_int(find, 0);
        out->time_ms = (uint64_t)mir_sql_column_int(find, 2);
        if (root.size == sizeof out->root && signature.size == sizeof out->signature) {
            memcpy(out->root.bytes, root.data, root.size);
            memcpy(out->signature, signature.data, signature.size);
        } else {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a checkpoint is damaged");
        }
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_evidence_proven(struct mir_store *store,
    const mirsal_hash *identity,
    const struct mir_checkpoint *checkpoint,
    int shown,
    mirsal_error *err)
{
    static const char text[] = "UPDATE checkpoint SET proven = ?5"
                               " WHERE relay = ?1 AND epoch = ?2 AND size = ?3 AND root = ?4";
    sqlite3_stmt *update = NULL;
    mirsal_code rc = mir_sql_prepare(&update, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(update, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_blob(update, 2, checkpoint->store_epoch, 8);
    mir_sql_bind_int(update, 3, (int64_t)checkpoint->size);
    mir_sql_bind_blob(update, 4, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
    mir_sql_bind_int(update, 5, shown ? 1 : 2);
    return mir_sql_done(store->sql, update, err);
}

struct verifier {
    const struct mir_store *store;
    uint64_t words;
    uint64_t bad;
};

static mirsal_code verify_word(void *context, const struct mir_relay_word *word, mirsal_error *err)
{
    struct verifier *verifier = context;
    (void)err;
    verifier->words++;
    verifier->bad += !mir_relay_word_verify(word, &verifier->store->team);
    return MIRSAL_OK;
}

mirsal_code mir_evidence_verify(uint64_t *words,
    uint64_t *bad,
    struct mir_store *store,
    mirsal_error *err)
{
    struct verifier verifier = { .store = store };
    mirsal_code rc = visit_rows(store, MIR_WORD_CHECKPOINT,
        "SELECT " CHECKPOINT_COLUMNS " FROM checkpoint", verify_word, &verifier, err);
    if (rc == MIRSAL_OK) {
        rc = visit_rows(store, MIR_WORD_ACKNOWLEDGEMENT,
            "SELECT " ACKNOWLEDGED_COLUMNS " FROM acknowledged", verify_word, &verifier, err);
    }
    *words = verifier.words;
    *bad = verifier.bad;
    return rc;
}
