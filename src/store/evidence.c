/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/evidence.c - keeping relays' words and comparing them; see the header. What is read of them
 * is in evidencelist.c.
 */
#include "evidence.h"

#include "chains.h"
#include "env.h"
#include "fail.h"
#include "frames.h"
#include "identity.h"
#include "members.h"
#include "mir_limits.h"
#include "stamp.h"

#include <string.h>

#define CONTROL 255

const char *mir_contradiction_name(enum mir_contradiction kind)
{
    switch (kind) {
#define MIR_CONTRADICTION_CASE(name, number, text)                                                 \
    case MIR_CONTRADICTION_##name:                                                                 \
        return text;
        MIR_CONTRADICTIONS(MIR_CONTRADICTION_CASE)
#undef MIR_CONTRADICTION_CASE
    }
    return "";
}

static mirsal_code write_word(struct mir_buf *out,
    const struct mir_relay_word *word,
    mirsal_error *err)
{
    if (word != NULL) {
        mir_relay_word_write(out, word);
    }
    return mir_buf_finish(out, err);
}

/* What was shown unsigned says no more, once the relay signed the same. */
static mirsal_code drop_unsigned(struct mir_store *store,
    enum mir_contradiction kind,
    const mirsal_hash *identity,
    struct mir_bytes one,
    mirsal_error *err)
{
    static const char text[] = "DELETE FROM contradiction WHERE relay = ?1 AND kind = ?2"
                               " AND one = ?3 AND length(other) = 0";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_int(statement, 2, (int64_t)kind);
    mir_sql_bind_blob(statement, 3, one.data, one.size);
    return mir_sql_done(store->sql, statement, err);
}

mirsal_code mir_evidence_contradicts(struct mir_store *store,
    enum mir_contradiction kind,
    const struct mir_relay_word *one,
    const struct mir_relay_word *other,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO contradiction (relay, epoch, kind, one, other, found)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM contradiction"
        " WHERE relay = ?1 AND kind = ?3 AND one = ?4 AND (other = ?5 OR length(?5) = 0))";
    const uint8_t *epoch = one->kind == MIR_WORD_CHECKPOINT ? one->checkpoint.store_epoch
                                                            : one->acknowledgement.store_epoch;
    struct mir_buf first;
    struct mir_buf second;
    sqlite3_stmt *insert = NULL;
    mir_buf_init(&first, store->env, MIR_RELAY_WORD_SIZE_MAX);
    mir_buf_init(&second, store->env, MIR_RELAY_WORD_SIZE_MAX);
    mirsal_code rc = write_word(&first, one, err);
    if (rc == MIRSAL_OK) {
        rc = write_word(&second, other, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&insert, store->sql, text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(insert, 1, one->identity.bytes, sizeof one->identity.bytes);
        mir_sql_bind_blob(insert, 2, epoch, 8);
        mir_sql_bind_int(insert, 3, (int64_t)kind);
        mir_sql_bind_blob(insert, 4, first.data, first.size);
        mir_sql_bind_blob(insert, 5, second.data, second.size);
        mir_sql_bind_int(insert, 6, (int64_t)mir_now_ms(store->env));
        rc = mir_sql_done(store->sql, insert, err);
    }
    if (rc == MIRSAL_OK && second.size > 0) {
        rc = drop_unsigned(store, kind, &one->identity, mir_buf_bytes(&first), err);
    }
    mir_buf_fini(&second);
    mir_buf_fini(&first);
    return rc;
}

/* ---- checkpoints ---- */

static void bind_log(sqlite3_stmt *statement, const mirsal_hash *identity, const uint8_t epoch[8])
{
    mir_sql_bind_blob(statement, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_blob(statement, 2, epoch, 8);
}

/* Two roots for one size of one log. */
static mirsal_code compare_faces(struct mir_store *store,
    const struct mir_relay_word *word,
    mirsal_error *err)
{
    static const char text[] = "SELECT root, time, signature FROM checkpoint WHERE relay = ?1"
                               " AND epoch = ?2 AND size = ?3 AND root <> ?4 LIMIT 1";
    struct mir_relay_word other = *word;
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_log(find, &word->identity, word->checkpoint.store_epoch);
    mir_sql_bind_int(find, 3, (int64_t)word->checkpoint.size);
    mir_sql_bind_blob(find, 4, word->checkpoint.root.bytes, sizeof(mirsal_hash));
    rc = mir_sql_step(&row, store->sql, find, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes root = mir_sql_column(find, 0);
        struct mir_bytes signature = mir_sql_column(find, 2);
        if (root.size != sizeof other.checkpoint.root ||
            signature.size != sizeof other.checkpoint.signature) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a checkpoint is damaged");
        } else {
            memcpy(other.checkpoint.root.bytes, root.data, root.size);
            memcpy(other.checkpoint.signature, signature.data, signature.size);
            other.checkpoint.time_ms = (uint64_t)mir_sql_column_int(find, 1);
        }
    }
    mir_sql_release(find);
    return rc == MIRSAL_OK && row
               ? mir_evidence_contradicts(store, MIR_CONTRADICTION_FACES, &other, word, err)
               : rc;
}

/* *kept = 1 when it was not held. */
static mirsal_code insert_checkpoint(int *kept,
    struct mir_store *store,
    const struct mir_relay_word *word,
    enum mir_evidence_via via,
    mirsal_error *err)
{
    static const char find_text[] = "SELECT 1 FROM checkpoint WHERE hash = ?1";
    static const char text[] =
        "INSERT INTO checkpoint (hash, relay, epoch, size, root, time, signature, via)"
        " VALUES (?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8)";
    const struct mir_checkpoint *checkpoint = &word->checkpoint;
    mirsal_hash hash;
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *kept = 0;
    mir_checkpoint_hash(&hash, checkpoint, &word->identity, &store->team);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, find_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, hash.bytes, sizeof hash.bytes);
    rc = mir_sql_step(&row, store->sql, statement, err);
    mir_sql_release(statement);
    if (rc != MIRSAL_OK || row) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_log(statement, &word->identity, checkpoint->store_epoch);
    mir_sql_bind_blob(statement, 3, hash.bytes, sizeof hash.bytes);
    mir_sql_bind_int(statement, 4, (int64_t)checkpoint->size);
    mir_sql_bind_blob(statement, 5, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
    mir_sql_bind_int(statement, 6, (int64_t)checkpoint->time_ms);
    mir_sql_bind_blob(statement, 7, checkpoint->signature, sizeof checkpoint->signature);
    mir_sql_bind_int(statement, 8, (int64_t)via);
    *kept = 1;
    return mir_sql_done(store->sql, statement, err);
}

/* ---- acknowledgements ---- */

static mirsal_code insert_heads(struct mir_store *store,
    int64_t no,
    const struct mir_acknowledgement *given,
    mirsal_error *err)
{
    static const char text[] = "INSERT OR IGNORE INTO acknowledged_head"
                               " (acknowledged, compartment, seq, id) VALUES (?1, ?2, ?3, ?4)";
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&reader, given->heads.data, given->heads.size);
    uint32_t count = mir_acknowledged_begin(&reader);
    for (uint32_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        struct mir_head head = { .compartment = 0 };
        sqlite3_stmt *insert = NULL;
        mir_acknowledged_next(&reader, &head);
        rc = mir_sql_prepare(&insert, store->sql, text, err);
        if (rc == MIRSAL_OK) {
            mir_sql_bind_int(insert, 1, no);
            mir_sql_bind_int(insert, 2, head.compartment);
            mir_sql_bind_int(insert, 3, (int64_t)head.seq);
            mir_sql_bind_blob(insert, 4, head.id.bytes, sizeof head.id.bytes);
            rc = mir_sql_done(store->sql, insert, err);
        }
    }
    return rc;
}

/* *no = 0 when it was held. */
static mirsal_code insert_acknowledged(int64_t *no,
    struct mir_store *store,
    const struct mir_relay_word *word,
    enum mir_evidence_via via,
    mirsal_error *err)
{
    static const char find_text[] = "SELECT 1 FROM acknowledged WHERE signature = ?1";
    static const char text[] =
        "INSERT INTO acknowledged (relay, epoch, size, time, device, heads, signature, via)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const struct mir_acknowledgement *given = &word->acknowledgement;
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *no = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, find_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, given->signature, sizeof given->signature);
    rc = mir_sql_step(&row, store->sql, statement, err);
    mir_sql_release(statement);
    if (rc != MIRSAL_OK || row) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_log(statement, &word->identity, given->store_epoch);
    mir_sql_bind_int(statement, 3, (int64_t)given->size);
    mir_sql_bind_int(statement, 4, (int64_t)given->time_ms);
    mir_sql_bind_blob(statement, 5, given->device.bytes, sizeof given->device.bytes);
    mir_sql_bind_blob(statement, 6, given->heads.data, given->heads.size);
    mir_sql_bind_blob(statement, 7, given->signature, sizeof given->signature);
    mir_sql_bind_int(statement, 8, (int64_t)via);
    rc = mir_sql_done(store->sql, statement, err);
    if (rc == MIRSAL_OK) {
        *no = sqlite3_last_insert_rowid(mir_sql_handle(store->sql));
        rc = insert_heads(store, *no, given, err);
    }
    return rc;
}

/* 1 in *known: the relay served it here, or this device gave it to the relay. */
static mirsal_code is_known(int *known,
    struct mir_store *store,
    const mirsal_hash *identity,
    const mirsal_hash *device,
    const struct mir_head *head,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT 1 FROM peer_head AS h JOIN peer AS p ON p.no = h.peer"
        " JOIN device AS d ON d.no = h.device WHERE p.identity = ?1 AND d.key = ?2"
        " AND h.compartment = ?3 AND h.seq >= ?4 LIMIT 1";
    sqlite3_stmt *find = NULL;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_blob(find, 2, device->bytes, sizeof device->bytes);
    mir_sql_bind_int(find, 3, head->compartment);
    mir_sql_bind_int(find, 4, (int64_t)head->seq);
    rc = mir_sql_step(known, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

/* 1 in *whole: this device read all of the compartment at the relay when it asked last. */
static mirsal_code reads_whole(int *whole,
    struct mir_store *store,
    const mirsal_hash *identity,
    uint8_t compartment,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT 1 FROM peer_cursor AS c JOIN peer AS p ON p.no = c.peer"
        " WHERE p.identity = ?1 AND c.compartment = ?2 AND (c.whole = 1 OR ?2 = 255)";
    sqlite3_stmt *find = NULL;
    *whole = 0;
    if (compartment != CONTROL && !mir_members_reads(store, compartment)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_int(find, 2, compartment);
    rc = mir_sql_step(whole, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

/* What the relay acknowledged to another device, and did not serve here with all below `served`. */
static mirsal_code judge_served(struct mir_store *store,
    const struct mir_relay_word *word,
    uint64_t served,
    mirsal_error *err)
{
    const struct mir_acknowledgement *given = &word->acknowledgement;
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    if (given->size > served || mir_identity_is_own(store, &given->device)) {
        return MIRSAL_OK;
    }
    mir_reader_init(&reader, given->heads.data, given->heads.size);
    uint32_t count = mir_acknowledged_begin(&reader);
    for (uint32_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        struct mir_head head = { .compartment = 0 };
        int whole = 0;
        int known = 0;
        mir_acknowledged_next(&reader, &head);
        rc = reads_whole(&whole, store, &word->identity, head.compartment, err);
        if (rc == MIRSAL_OK && whole) {
            rc = is_known(&known, store, &word->identity, &given->device, &head, err);
        }
        if (rc == MIRSAL_OK && whole && !known) {
            return mir_evidence_contradicts(store, MIR_CONTRADICTION_WITHHELD, word, NULL, err);
        }
    }
    return rc;
}

/* How much of the log in this store epoch the relay claims to have served whole. */
static mirsal_code read_served(uint64_t *served,
    struct mir_store *store,
    const mirsal_hash *identity,
    const uint8_t epoch[8],
    mirsal_error *err)
{
    static const char text[] = "SELECT served FROM peer WHERE identity = ?1 AND store_epoch = ?2";
    sqlite3_stmt *find = NULL;
    int row = 0;
    *served = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_log(find, identity, epoch);
    rc = mir_sql_step(&row, store->sql, find, err);
    if (rc == MIRSAL_OK && row) {
        *served = (uint64_t)mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    return rc;
}

/* 1 in *full: words of relays that nobody here knows are kept as many as may be. */
static mirsal_code is_full(int *full,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT NOT EXISTS (SELECT 1 FROM peer WHERE identity = ?1) AND ?2 <="
        " (SELECT count(*) FROM checkpoint WHERE relay NOT IN (SELECT identity FROM peer)) +"
        " (SELECT count(*) FROM acknowledged WHERE relay NOT IN (SELECT identity FROM peer))";
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, identity->bytes, sizeof identity->bytes);
    mir_sql_bind_int(find, 2, MIR_RELAY_WORDS_STRANGE_MAX);
    rc = mir_sql_step(&row, store->sql, find, err);
    *full = rc == MIRSAL_OK && row && mir_sql_column_int(find, 0) != 0;
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_evidence_keep(struct mir_store *store,
    const struct mir_relay_word *word,
    enum mir_evidence_via via,
    mirsal_error *err)
{
    uint64_t served = 0;
    int64_t no = 0;
    int kept = 0;
    mirsal_code rc = MIRSAL_OK;
    if (word->checkpoint.size > INT64_MAX || word->checkpoint.time_ms > MIR_STAMP_MS_MAX ||
        word->acknowledgement.size > INT64_MAX ||
        word->acknowledgement.time_ms > MIR_STAMP_MS_MAX) {
        return mir_fail(err, MIRSAL_MALFORMED, "a relay's word: a number out of range");
    }
    int full = 0;
    if (via != MIR_VIA_RELAY) {
        rc = is_full(&full, store, &word->identity, err);
    }
    if (rc != MIRSAL_OK || full) {
        return rc;
    }
    if (word->kind == MIR_WORD_CHECKPOINT) {
        rc = insert_checkpoint(&kept, store, word, via, err);
        return rc == MIRSAL_OK && kept ? compare_faces(store, word, err) : rc;
    }
    rc = insert_acknowledged(&no, store, word, via, err);
    if (rc == MIRSAL_OK && no != 0) {
        rc = read_served(&served, store, &word->identity, word->acknowledgement.store_epoch, err);
    }
    return rc == MIRSAL_OK && no != 0 ? judge_served(store, word, served, err) : rc;
}

mirsal_code mir_evidence_take(struct mir_store *store,
    struct mir_bytes bytes,
    enum mir_evidence_via via,
    mirsal_error *err)
{
    struct mir_relay_word word;
    mirsal_code rc = mir_relay_word_read(&word, bytes, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (!mir_relay_word_verify(&word, &store->team)) {
        return mir_fail(err, MIRSAL_BAD_SIGNATURE, "a relay's word: signature does not verify");
    }
    return mir_evidence_keep(store, &word, via, err);
}

mirsal_code mir_evidence_take_any(struct mir_store *store,
    struct mir_bytes word,
    enum mir_evidence_via via,
    mirsal_error *err)
{
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_evidence_take(store, word, via, err);
    if (rc == MIRSAL_MALFORMED || rc == MIRSAL_LIMIT || rc == MIRSAL_BAD_SIGNATURE) {
        rc = MIRSAL_OK;
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

/* ---- what a relay shows of itself ---- */

/* One row of `acknowledged` as a word; its heads are the statement's. */
static int read_acknowledged(struct mir_relay_word *out, sqlite3_stmt *statement)
{
    struct mir_acknowledgement *given = &out->acknowledgement;
    struct mir_bytes relay = mir_sql_column(statement, 0);
    struct mir_bytes epoch = mir_sql_column(statement, 1);
    struct mir_bytes device = mir_sql_column(statement, 4);
    struct mir_bytes signature = mir_sql_column(statement, 6);
    memset(out, 0, sizeof *out);
    if (relay.size != 32 || epoch.size != 8 || device.size != 32 || signature.size != 64) {
        return 0;
    }
    out->kind = MIR_WORD_ACKNOWLEDGEMENT;
    memcpy(out->identity.bytes, relay.data, relay.size);
    memcpy(given->store_epoch, epoch.data, epoch.size);
    given->size = (uint64_t)mir_sql_column_int(statement, 2);
    given->time_ms = (uint64_t)mir_sql_column_int(statement, 3);
    memcpy(given->device.bytes, device.data, device.size);
    given->heads = mir_sql_column(statement, 5);
    memcpy(given->signature, signature.data, signature.size);
    return 1;
}

/* 1 when one of the heads that STATE names is at that place of its chain or above. */
static int reaches(const struct mir_state *state, int64_t compartment, int64_t seq)
{
    for (uint32_t i = 0; i < state->head_count; i++) {
        if (state->heads[i].compartment == compartment && (int64_t)state->heads[i].seq >= seq) {
            return 1;
        }
    }
    return 0;
}

mirsal_code mir_evidence_reaches(struct mir_store *store,
    const struct mir_relay_word *signed_word,
    const mirsal_hash *identity,
    const struct mir_state *state,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT a.relay, a.epoch, a.size, a.time, a.device, a.heads, a.signature, a.no,"
        " h.compartment, h.seq"
        " FROM acknowledged AS a JOIN acknowledged_head AS h ON h.acknowledged = a.no"
        " WHERE a.relay = ?1 AND a.epoch = ?2 AND a.device = ?3 ORDER BY a.size DESC, a.no DESC";
    sqlite3_stmt *find = NULL;
    int64_t newest = 0;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_log(find, identity, state->store_epoch);
    mir_sql_bind_blob(find, 3, mir_store_device(store)->bytes, sizeof(mirsal_hash));
    for (;;) {
        struct mir_relay_word before;
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row || (newest != 0 && mir_sql_column_int(find, 7) != newest)) {
            break;
        }
        newest = mir_sql_column_int(find, 7);
        if (reaches(state, mir_sql_column_int(find, 8), mir_sql_column_int(find, 9))) {
            continue;
        }
        rc = read_acknowledged(&before, find)
                 ? mir_evidence_contradicts(
                       store, MIR_CONTRADICTION_DENIED, &before, signed_word, err)
                 : mir_fail(err, MIRSAL_CORRUPT, "an acknowledgement is damaged");
        break;
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code judge_all(struct mir_store *store,
    int64_t peer,
    uint64_t size,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT a.relay, a.epoch, a.size, a.time, a.device, a.heads, a.signature"
        " FROM acknowledged AS a JOIN peer AS p ON p.identity = a.relay"
        " AND p.store_epoch = a.epoch WHERE p.no = ?1 AND a.via <> 1 AND a.size <= ?2";
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, peer);
    mir_sql_bind_int(find, 2, (int64_t)size);
    for (;;) {
        struct mir_relay_word word;
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = read_acknowledged(&word, find)
                 ? judge_served(store, &word, size, err)
                 : mir_fail(err, MIRSAL_CORRUPT, "an acknowledgement is damaged");
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_evidence_served(struct mir_store *store,
    int64_t peer,
    uint64_t size,
    mirsal_error *err)
{
    static const char text[] = "UPDATE peer SET served = ?2 WHERE no = ?1";
    sqlite3_stmt *update = NULL;
    mirsal_code rc = mir_sql_prepare(&update, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(update, 1, peer);
    mir_sql_bind_int(update, 2, (int64_t)size);
    rc = mir_sql_done(store->sql, update, err);
    return rc == MIRSAL_OK ? judge_all(store, peer, size, err) : rc;
}
