/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/verify.c - every signature, chain and root that is held; see the header.
 */
#include "verify.h"

#include "accept.h"
#include "epochkeys.h"
#include "evidence.h"
#include "hash.h"
#include "members.h"
#include "project.h"
#include "statement.h"
#include "vault.h"

#include <stdio.h>
#include <string.h>

struct verifying {
    struct mir_verify_result *out;
    struct mir_store *store;
    struct mir_arena arena;
};

static void problem(struct verifying *verifying, const mirsal_hash *changeset, const char *text)
{
    struct mir_verify_result *out = verifying->out;
    size_t room = sizeof out->problems / sizeof out->problems[0];
    if (out->problem_count < room) {
        struct mir_verify_problem *one = &out->problems[out->problem_count];
        memset(one, 0, sizeof *one);
        (void)snprintf(one->text, sizeof one->text, "%s", text);
        if (changeset != NULL) {
            one->changeset = *changeset;
        }
    }
    out->problem_count++;
}

/* The row says of the changeset what its header says, and the one before it stands below it. */
static mirsal_code verify_place(struct verifying *verifying,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_store *store = verifying->store;
    struct mir_chain_row before;
    mirsal_hash device;
    mirsal_code rc = mir_device_key(&device, store->sql, row->device, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (!mir_hash_equal(&device, &changeset->fields.device) ||
        row->compartment != changeset->fields.compartment || row->seq != changeset->fields.seq ||
        !mir_hash_equal(&row->authority, &changeset->fields.authority)) {
        problem(verifying, &row->id, "its row differs from its header");
    }
    int waits = row->state == MIR_STATE_WAITING && row->reason == MIR_REASON_PREV;
    if (row->seq == 1 || waits) {
        return MIRSAL_OK;
    }
    rc = mir_chain_find(&before, store->sql, &changeset->fields.prev, err);
    if (rc == MIRSAL_OK &&
        (before.no == 0 || before.device != row->device || before.seq + 1 != row->seq ||
            before.compartment != row->compartment)) {
        problem(verifying, &row->id, "the one before it in its chain is missing");
    }
    return rc;
}

static mirsal_code verify_content(struct verifying *verifying,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_control_body body;
    struct mir_opened opened;
    enum mir_opening how = MIR_OPENING_NO_KEY;
    if (row->compartment == MIR_COMPARTMENT_CONTROL) {
        mirsal_code rc = mir_control_body_read(&body, &verifying->arena, changeset->body, err);
        if (mirsal_code_class(rc) == MIRSAL_CLASS_PEER) {
            problem(verifying, &row->id, "its control body does not parse");
            return MIRSAL_OK;
        }
        return rc;
    }
    if (row->state != MIR_STATE_ACCEPTED ||
        !(mir_members_reads(verifying->store, row->compartment) ||
            mir_members_opens(verifying->store))) {
        return MIRSAL_OK;
    }
    mirsal_code rc =
        mir_epoch_open(&opened, &how, &verifying->arena, verifying->store, changeset, err);
    if (rc == MIRSAL_OK && how == MIR_OPENED) {
        verifying->out->opened++;
    } else if (rc == MIRSAL_OK && how == MIR_OPENING_BAD) {
        problem(verifying, &row->id, "its content does not match its root");
    }
    return rc;
}

/*
 * Only data of a write-only device is forgotten. That a reader has a body that is gone is not asked
 * for: her word may have ceased to count since.
 */
static void verify_forgotten(struct verifying *verifying, const struct mir_chain_row *row)
{
    const struct mir_store *store = verifying->store;
    int sealed = row->kept == MIR_KEPT_SEALED;
    verifying->out->sealed_only += sealed ? 1u : 0u;
    verifying->out->headers_only += sealed ? 0u : 1u;
    if (!store->write_only || row->compartment == MIR_COMPARTMENT_CONTROL || row->projected) {
        problem(verifying, &row->id, "it was forgotten by a device that reads it");
    }
}

/* Without the body: what is left is what was signed. */
static mirsal_code verify_header(struct verifying *verifying,
    const struct mir_chain_row *row,
    const struct mir_changeset *held,
    mirsal_error *err)
{
    if (!mir_hash_equal(&held->id, &row->id) || held->body.size != 0) {
        problem(verifying, &row->id, "its bytes are not the ones signed");
        return MIRSAL_OK;
    }
    if (!mir_hash_equal(&held->fields.team, &verifying->store->team) ||
        mir_changeset_verify(held, NULL) != MIRSAL_OK) {
        problem(verifying, &row->id, "its signature does not verify");
        return MIRSAL_OK;
    }
    return verify_place(verifying, row, held, err);
}

/* 1 when some order, lifted since or not, names the changeset. */
static int is_named(const struct mir_store *store, const mirsal_hash *id)
{
    const struct mir_purges *purges = &store->membership->purges;
    for (size_t i = 0; i < purges->count; i++) {
        for (size_t j = 0; j < purges->items[i].changeset_count; j++) {
            if (mir_hash_equal(&purges->items[i].changesets[j], id)) {
                return 1;
            }
        }
    }
    return 0;
}

/* A body that was purged: its header stands, and its residue where it is read here. */
static mirsal_code verify_left(struct verifying *verifying,
    const struct mir_chain_row *row,
    struct mir_changeset *held,
    mirsal_error *err)
{
    struct mir_changeset header = *held;
    header.body = (struct mir_bytes){ 0 };
    verifying->out->purged++;
    if (!is_named(verifying->store, &row->id)) {
        problem(verifying, &row->id, "its body is gone and no purge names it");
    }
    mirsal_code rc = verify_header(verifying, row, &header, err);
    return rc == MIRSAL_OK && held->body.size > 0 ? verify_content(verifying, row, held, err) : rc;
}

static mirsal_code verify_row(struct verifying *verifying,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_changeset held;
    struct mir_changeset read;
    mir_arena_reset(&verifying->arena);
    mirsal_code rc = mir_chain_load(&held, &verifying->arena, verifying->store->sql, row->no, err);
    if (rc == MIRSAL_CORRUPT) {
        problem(verifying, &row->id, "its bytes are damaged");
        return MIRSAL_OK;
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    verifying->out->changesets++;
    if (row->kept == MIR_KEPT_RESIDUE) {
        return verify_left(verifying, row, &held, err);
    }
    if (row->kept != MIR_KEPT_WHOLE) {
        verify_forgotten(verifying, row);
    }
    if (row->kept == MIR_KEPT_HEADER) {
        return verify_header(verifying, row, &held, err);
    }
    if (mir_changeset_read(&read, held.header, held.signature, held.body, NULL) != MIRSAL_OK ||
        !mir_hash_equal(&read.id, &row->id)) {
        problem(verifying, &row->id, "its bytes are not the ones signed");
        return MIRSAL_OK;
    }
    if (!mir_hash_equal(&read.fields.team, &verifying->store->team) ||
        mir_changeset_verify(&read, NULL) != MIRSAL_OK) {
        problem(verifying, &row->id, "its signature does not verify");
        return MIRSAL_OK;
    }
    rc = verify_place(verifying, row, &read, err);
    return rc == MIRSAL_OK ? verify_content(verifying, row, &read, err) : rc;
}

static mirsal_code verify_rows(struct verifying *verifying, mirsal_error *err)
{
    static const char text[] = "SELECT " MIR_CHAIN_COLUMNS " FROM changeset ORDER BY no";
    sqlite3_stmt *statement = NULL;
    struct mir_chain_row row;
    int more = 0;
    mirsal_code rc = mir_sql_prepare(&statement, verifying->store->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&more, verifying->store->sql, statement, err);
        if (rc != MIRSAL_OK || !more) {
            break;
        }
        if (mir_chain_read_row(&row, statement, NULL) != MIRSAL_OK) {
            problem(verifying, NULL, "a changeset's row is damaged");
            continue;
        }
        rc = verify_row(verifying, &row, err);
    }
    mir_sql_release(statement);
    return rc;
}

static void note_damage(void *context, const struct mir_vault_damage *damage)
{
    struct verifying *verifying = context;
    char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    mir_vault_damage_text(text, sizeof text, damage);
    problem(verifying, NULL, text);
    verifying->out->damaged_pages++;
}

/* Free pages and frames that SQLite would not read are read too. */
static mirsal_code verify_vault(struct verifying *verifying, mirsal_error *err)
{
    struct mir_store *store = verifying->store;
    if (store->vault == NULL) {
        return MIRSAL_OK;
    }
    return mir_vault_check(store->vault, mir_sql_handle(store->sql), note_damage, verifying, err);
}

/* What was met on the way, where not every page was read. */
static void note_met(struct verifying *verifying)
{
    struct mir_vault_damage damage;
    if (verifying->store->vault == NULL || verifying->out->damaged_pages > 0) {
        return;
    }
    mir_vault_damage(&damage, verifying->store->vault);
    if (damage.role != 0) {
        note_damage(verifying, &damage);
    }
}

static mirsal_code verify_pages(struct verifying *verifying, mirsal_error *err)
{
    static const char text[] = "PRAGMA integrity_check(1)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, verifying->store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, verifying->store->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        struct mir_bytes word = mir_sql_column(statement, 0);
        if (!row || word.size != 2 || memcmp(word.data, "ok", 2) != 0) {
            problem(verifying, NULL, "the database's pages are damaged");
        }
    }
    mir_sql_release(statement);
    return rc;
}

static const uint32_t compartments[] = { MIR_COMPARTMENT_MAIN, MIR_COMPARTMENT_PROTECTED };
#define COMPARTMENTS (sizeof compartments / sizeof compartments[0])

static mirsal_code take_digests(mirsal_hash *out,
    struct verifying *verifying,
    mirsal_code (*take)(mirsal_hash *, struct mir_store *, uint32_t, mirsal_error *),
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < COMPARTMENTS; i++) {
        rc = take(&out[i], verifying->store, compartments[i], err);
    }
    return rc;
}

static void compare_digests(struct verifying *verifying,
    const mirsal_hash *kept,
    const mirsal_hash *made,
    const char *text)
{
    for (size_t i = 0; i < COMPARTMENTS; i++) {
        if (!mir_hash_equal(&kept[i], &made[i])) {
            problem(verifying, NULL, text);
        }
    }
}

/* What a row of r_<type> shows: its id and cells; numbers given here are not compared. */
static void add_row(mirsal_hash *sum, struct mir_buf *room, sqlite3_stmt *statement)
{
    mirsal_hash one;
    mir_buf_reset(room);
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        const char *name = sqlite3_column_name(statement, i);
        if (name == NULL || (name[0] != 'f' && strcmp(name, "id") != 0)) {
            continue;
        }
        struct mir_bytes cell = mir_sql_column(statement, i);
        mir_buf_append_be64(room, cell.size);
        mir_buf_append(room, cell.data, cell.size);
    }
    mir_hash_bytes(&one, MIR_CONTEXT_DIGEST, room->data, room->size);
    for (size_t i = 0; i < sizeof one.bytes; i++) {
        sum->bytes[i] ^= one.bytes[i];
    }
}

/* One hash over all that the typed tables show, whatever the order of their rows. */
static mirsal_code sum_tables(mirsal_hash *out, struct mir_store *store, mirsal_error *err)
{
    struct mir_buf room;
    mirsal_code rc = MIRSAL_OK;
    memset(out, 0, sizeof *out);
    mir_buf_init(&room, store->env, SIZE_MAX / 2);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < store->schema->type_count; i++) {
        char text[64];
        sqlite3_stmt *statement = NULL;
        int row = 0;
        (void)snprintf(text, sizeof text, "SELECT * FROM r_%u", store->schema->types[i].id);
        rc = mir_sql_prepare_once(&statement, store->sql, text, err);
        while (rc == MIRSAL_OK) {
            rc = mir_sql_step(&row, store->sql, statement, err);
            if (rc != MIRSAL_OK || !row) {
                break;
            }
            add_row(out, &room, statement);
        }
        mir_sql_finalize(statement);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&room, err);
    }
    mir_buf_fini(&room);
    return rc;
}

/* Projects anew inside the caller's transaction, which is rolled back. */
static mirsal_code verify_tables(struct verifying *verifying, mirsal_error *err)
{
    mirsal_hash kept[COMPARTMENTS];
    mirsal_hash made[COMPARTMENTS];
    mirsal_hash shown;
    mirsal_hash shown_anew;
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = take_digests(kept, verifying, mir_project_digest, err);
    if (rc == MIRSAL_OK) {
        rc = take_digests(made, verifying, mir_project_digest_recompute, err);
    }
    if (rc == MIRSAL_OK) {
        rc = sum_tables(&shown, verifying->store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    compare_digests(verifying, kept, made, "a digest is not that of its tables");
    rc = mir_accept_reproject(&counts, verifying->store, err);
    if (rc == MIRSAL_OK) {
        rc = take_digests(made, verifying, mir_project_digest, err);
    }
    if (rc == MIRSAL_OK) {
        rc = sum_tables(&shown_anew, verifying->store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    compare_digests(verifying, kept, made, "the registers are not those of the chains");
    if (!mir_hash_equal(&shown, &shown_anew)) {
        problem(verifying, NULL, "the tables are not those of the chains");
    }
    return MIRSAL_OK;
}

/* What relays signed, and nobody signs again. */
static mirsal_code verify_words(struct verifying *verifying, mirsal_error *err)
{
    uint64_t words = 0;
    uint64_t bad = 0;
    mirsal_code rc = mir_evidence_verify(&words, &bad, verifying->store, err);
    if (rc == MIRSAL_OK && bad > 0) {
        problem(verifying, NULL, "a relay's signature that was kept does not verify");
    }
    return rc;
}

mirsal_code mir_verify(struct mir_verify_result *out,
    struct mir_store *store,
    int deep,
    mirsal_error *err)
{
    struct verifying verifying = { .out = out, .store = store };
    void (*on_change)(void *, const mirsal_id *, uint32_t) = store->on_change;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    store->on_change = NULL; /* nothing that is projected here stays */
    mir_arena_init(&verifying.arena, store->env, MIR_BODY_MEMORY_MAX);
    rc = deep ? verify_vault(&verifying, err) : MIRSAL_OK;
    if (rc == MIRSAL_OK) {
        rc = verify_rows(&verifying, err);
    }
    if (rc == MIRSAL_OK) {
        rc = verify_words(&verifying, err);
    }
    if (rc == MIRSAL_OK && deep && out->damaged_pages == 0) {
        rc = verify_pages(&verifying, err);
    }
    if (rc == MIRSAL_OK && deep) {
        rc = verify_tables(&verifying, err);
    }
    note_met(&verifying);
    if (rc == MIRSAL_CORRUPT && out->damaged_pages > 0) {
        rc = MIRSAL_OK;
    }
    mir_arena_fini(&verifying.arena);
    mir_store_rollback(store);
    store->on_change = on_change;
    return rc;
}
